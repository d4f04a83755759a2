"""Hooks: functions around a module's forward, and in the backward pass through it."""

import copy
import gc
import weakref

import numpy as np
import pytest

import twingrad
from twingrad import Tensor, nn


class Add(nn.Module):
    def forward(self, a, b=0.0):
        return a + b


class Split(nn.Module):
    """Two outputs of two inputs; the second input has no influence on the first output."""

    def forward(self, a, b):
        return a * 2, a * b


def leaf(*data):
    return Tensor(np.array(data)).requires_grad_()


def lists(gradients):
    return tuple(None if each is None else each.tolist() for each in gradients)


def test_hooks_see_arguments_and_output_in_order_of_registration():
    module, seen = Add(), []
    module.register_forward_hook(lambda m, args, out: seen.append(("behind", m, args, out)))
    module.register_forward_pre_hook(lambda m, args: seen.append(("before", m, args)))
    assert module(1, b=2) == 3
    assert seen == [("before", module, (1,)), ("behind", module, (1,), 3)]


def test_hooks_may_replace_arguments_and_output():
    module = Add()
    module.register_forward_pre_hook(lambda m, args: 10)
    assert module(1, 2) == 10
    module.register_forward_pre_hook(lambda m, args: (*args, 5))
    module.register_forward_hook(lambda m, args, out: out * 2)
    assert module(1) == 30


def test_hooks_may_see_and_replace_keyword_arguments():
    module, seen = Add(), []
    module.register_forward_pre_hook(lambda m, a, k: (a, {"b": k["b"] + 1}), with_kwargs=True)
    module.register_forward_hook(lambda m, a, k, out: seen.append((a, k, out)), with_kwargs=True)
    assert module(1, b=2) == 4
    assert seen == [((1,), {"b": 3}, 4)]
    module.register_forward_pre_hook(lambda m, a, k: (7, k), with_kwargs=True)
    assert module(1, b=2) == 10


def test_a_hook_with_keyword_arguments_gives_both_or_none():
    module = Add()
    module.register_forward_pre_hook(lambda m, a, k: a, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"must give None or a tuple \(args, kwargs\), got tup"):
        module(1)


def test_a_hook_may_be_called_before_the_others():
    module, seen = Add(), []
    for name, prepend in [("a", False), ("b", False), ("c", True)]:
        module.register_forward_hook(
            lambda m, args, out, name=name: seen.append(name), prepend=prepend
        )
    module(1)
    assert "".join(seen) == "cab"


def test_a_hook_is_taken_away_by_its_handle_even_while_it_runs():
    module, seen = Add(), []
    handle = module.register_forward_hook(lambda *given: (seen.append(1), handle.remove())[2:])
    with module.register_forward_pre_hook(lambda m, args: seen.append(2)):
        module(1)
    module(1)
    assert seen == [2, 1]
    handle.remove()


def test_hooks_are_copied_with_their_module():
    module, seen = Add(), []
    handle = module.register_forward_hook(lambda m, args, out: seen.append(m))
    copied = copy.deepcopy(module)
    handle.remove()
    module(1)
    copied(1)
    assert seen == [copied]


@pytest.mark.parametrize(
    "method",
    [
        "register_forward_pre_hook",
        "register_forward_hook",
        "register_full_backward_pre_hook",
        "register_full_backward_hook",
    ],
)
def test_a_hook_is_a_function(method):
    with pytest.raises(TypeError, match=f"{method}: hook must be a function, got str 'f'"):
        getattr(Add(), method)("f")


def test_a_backward_hook_gets_the_gradients_of_this_call_alone():
    module, seen = Split(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((m, lists(gi), lists(go))))
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    first, second = module(a, b)
    (first * 5 + second + a * 100).sum().backward()
    assert seen == [(module, ([13.0, 14.0], [1.0, 2.0]), ([5.0, 5.0], [1.0, 1.0]))]
    assert a.grad.tolist() == [113.0, 114.0]
    assert b.grad.tolist() == [1.0, 2.0]


def test_an_output_without_influence_has_no_gradient_and_an_input_has_gradient_zero():
    module, seen = Split(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((lists(gi), lists(go))))
    a, b = leaf(1.0), leaf(3.0)
    module(a, b)[0].sum().backward()
    assert seen == [(([2.0], [0.0]), ([1.0], None))]
    assert b.grad is None


def test_what_is_no_tensor_has_no_gradient():
    module, seen = Add(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((lists(gi), lists(go))))
    a = leaf(1.0)
    module(3.0, a).sum().backward()
    module(a, b=leaf(2.0)).sum().backward()
    assert seen == [((None, [1.0]), ([1.0],)), (([1.0],), ([1.0],))]


def test_backward_hooks_may_replace_gradients():
    module = nn.Linear(2, 1).double()
    handle = module.register_full_backward_hook(lambda m, gi, go: (gi[0] * 10,))
    module.register_full_backward_pre_hook(lambda m, go: go[0] * 3)
    x = leaf(1.0, 2.0)
    module(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 30 * module.weight.detach().numpy()[0])
    assert module.weight.grad.tolist() == [[3.0, 6.0]]
    handle.remove()
    x.grad = None
    module.register_full_backward_hook(lambda m, gi, go: (None,))
    module(x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_backward_hooks_are_called_one_after_the_other():
    module, seen = Add(), []
    for factor, prepend in [(2, False), (3, False), (5, True)]:

        def scale(m, gi, go, factor=factor):
            seen.append(gi[0].item())
            return (gi[0] * factor,)

        module.register_full_backward_hook(scale, prepend)
    module(leaf(1.0)).sum().backward()
    assert seen == [1.0, 5.0, 10.0]


def test_a_backward_hook_is_called_where_no_input_wants_a_gradient():
    module, seen = nn.Linear(2, 1), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((lists(gi), lists(go))))
    module(twingrad.ones(1, 2)).sum().backward()
    assert seen == [((None,), ([[1.0]],))]


def test_backward_hooks_are_called_in_every_pass_and_not_without_one():
    module, seen = Split(), []
    module.register_full_backward_hook(lambda m, gi, go: seen.append(lists(go)))
    a, b = leaf(1.0), leaf(3.0)
    first, second = module(a, b)
    first.sum().backward(retain_graph=True)
    second.sum().backward(retain_graph=True)
    twingrad.autograd.grad(first.sum() + second.sum(), a)
    with twingrad.no_grad():
        module(a, b)
    assert seen == [([1.0], None), (None, [1.0]), ([1.0], [1.0])]


def test_gradients_that_a_backward_hook_gets_can_be_differentiated_again():
    module = Split()
    module.register_full_backward_hook(lambda m, gi, go: (gi[0] * 3, gi[1]))
    a, b = leaf(2.0), leaf(5.0)
    output = module(a, b)[1] ** 2  # (a b)^2, whose slope by a is 2 a b^2
    (slope,) = twingrad.autograd.grad(output.sum(), a, create_graph=True)
    assert slope.item() == 3 * 2 * 2 * 25
    (curvature,) = twingrad.autograd.grad(slope.sum(), b)
    assert curvature.item() == pytest.approx(3 * 4 * 2 * 5)


def test_an_identity_with_a_backward_hook_is_told_apart_from_its_surroundings():
    model, seen = nn.Sequential(nn.Identity(), nn.Identity()), []
    for factor, module in zip([2.0, 7.0], model, strict=True):
        module.register_full_backward_hook(
            lambda m, gi, go, factor=factor: (seen.append(gi[0].item()), gi[0] * factor)[1:]
        )
    x = leaf(1.0)
    (model(x) + x).sum().backward()
    assert seen == [1.0, 7.0]
    assert x.grad.tolist() == [15.0]


@pytest.mark.parametrize(
    ("given", "got"), [((1, 2), "got 2 of them"), ([1], "got list"), ((), "got 0 of them")]
)
def test_a_backward_hook_gives_one_gradient_for_each(given, got):
    for register in ("register_full_backward_hook", "register_full_backward_pre_hook"):
        module = Add()
        getattr(module, register)(lambda *seen: given)
        message = f"{register}: a hook must give None or a tuple of 1 gradients, {got}"
        with pytest.raises(RuntimeError, match=message):
            module(leaf(1.0)).sum().backward()


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_graph_with_backward_hooks_is_freed_with_its_result(create_graph):
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh()).double()
    for module in model:
        module.register_full_backward_hook(lambda m, gi, go: None)
        module.register_full_backward_pre_hook(lambda m, go: None)
    held = []
    model[1].register_forward_hook(lambda m, args, out: held.append(weakref.ref(out.grad_fn)))
    gc.collect()
    gc.disable()
    try:
        x = leaf([1.0, 2.0])
        output = model(x)
        twingrad.autograd.grad(output.sum(), x, None, True, create_graph)
        assert held[0]() is not None
        del output
        assert held[0]() is None
    finally:
        gc.enable()


def test_the_scalar_twin_has_no_backward_hooks():
    module = nn.Linear(2, 1, backend="scalar")
    module.register_full_backward_hook(print)
    with pytest.raises(RuntimeError, match=r"must be on the tensor twin, got Array .* steps\(\)"):
        module([[1.0, 2.0]])
    with pytest.raises(RuntimeError, match="must be on the tensor twin"):
        module(module.weight)
    assert module.to("tensor")([[1.0, 2.0]]).shape == (1, 1)
