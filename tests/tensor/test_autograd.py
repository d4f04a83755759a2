"""The graph and the backward pass: what is accumulated, kept, freed, refused."""

import gc
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

from twingrad import Value, detect_anomaly, enable_grad, no_grad
from twingrad.tensor import Tensor, autograd


def leaf(*numbers, dtype="float64"):
    return Tensor(np.array(numbers, dtype), requires_grad=True)


def test_a_backward_pass_adds_to_leaves():
    x = leaf(2.0)
    (x**3).sum().backward()
    assert x.grad.item() == 12.0
    (x**3).sum().backward()
    assert x.grad.item() == 24.0


def test_a_retained_graph_starts_results_in_between_afresh():
    x = leaf(2.0)
    y = x**3
    y.retain_grad()
    root = y.sum()
    root.backward(retain_graph=True)
    root.backward()
    assert x.grad.item() == 24.0
    assert y.grad.item() == 1.0


def test_a_graph_that_was_used_up_is_refused():
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(
        RuntimeError, match=r"was used up by an earlier backward\(\): give that one"
    ):
        y.backward()
    assert x.grad.item() == 4.0


def test_a_graph_of_which_a_part_was_used_up_is_refused_before_anything_is_changed():
    x = leaf(2.0)
    shared = x * x
    first, second = shared.sum(), (shared + x).sum()
    first.backward()
    with pytest.raises(RuntimeError, match="through mul was used up"):
        second.backward()
    assert x.grad.item() == 4.0


def test_an_operand_used_twice_gets_both_contributions():
    x = leaf(3.0)
    (x + x).sum().backward()
    assert x.grad.item() == 2.0
    y = leaf(3.0)
    (y * y * y).sum().backward()
    assert y.grad.item() == 27.0


def test_a_leaf_is_its_own_root():
    x = leaf(3.0)
    x.backward()
    assert x.grad.item() == 1.0


def test_several_elements_need_a_gradient():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"gradient must be given for a tensor of shape \(2,\)"):
        (x * x).backward()
    (x * x).backward(np.array([1.0, 10.0]))
    assert x.grad.numpy().tolist() == [2.0, 40.0]
    with pytest.raises(
        RuntimeError, match=r"must have the shape of the tensor, \(2,\), got \(3,\)"
    ):
        (x * x).backward(Tensor(np.ones(3)))


def test_one_element_in_any_shape_needs_none():
    x = leaf(3.0)
    (x * x).backward()
    assert x.grad.numpy().tolist() == [6.0]


def test_what_does_not_require_a_gradient_is_refused():
    with pytest.raises(RuntimeError, match="does not depend on any that requires a gradient"):
        Tensor([1.0]).sum().backward()
    with no_grad():
        y = leaf(1.0) * 2.0
    with pytest.raises(RuntimeError, match="outside no_grad"):
        y.backward()


def test_modes_decide_what_is_recorded():
    x = leaf(1.0)
    with no_grad():
        assert not (x * x).requires_grad
        assert not x.sum().requires_grad
        with enable_grad():
            assert (x * x).requires_grad
            assert x.sum().requires_grad
    assert (x * x).requires_grad


def test_integers_have_no_gradient():
    with pytest.raises(RuntimeError, match="requires_grad needs floating point numbers, got dtype"):
        Tensor([1, 2], requires_grad=True)
    with pytest.raises(RuntimeError, match="there are no derivatives by integers"):
        Tensor([True]).requires_grad_()


def test_requires_grad_is_taken_from_leaves_only():
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match=r"computed by mul: use its detach\(\)"):
        (x * x).requires_grad = False
    with pytest.raises(TypeError, match="must be True or False"):
        x.requires_grad = 1


def test_a_gradient_has_memory_of_its_own():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    seed = np.ones(2)
    (a + b).backward(seed)
    a.grad.numpy()[0] = 7.0
    assert b.grad.numpy().tolist() == [1.0, 1.0]
    assert seed.tolist() == [1.0, 1.0]


def test_the_gradient_of_a_sum_is_written_out_in_full():
    x = Tensor(np.zeros((2, 3)), requires_grad=True)
    x.sum().backward()
    assert x.grad.shape == (2, 3)
    x.grad.numpy()[0, 0] = 5.0
    assert x.grad.numpy().sum() == 10.0


def test_only_the_inputs_asked_for_get_a_gradient():
    a, b = leaf(2.0), leaf(3.0)
    (a * b).backward(inputs=[a])
    assert a.grad.item() == 3.0
    assert b.grad is None


def test_grad_gives_derivatives_without_touching_leaves():
    x = leaf(3.0)
    y = x * x
    of_x, of_y = autograd.grad((y * 2.0).sum(), [x, y])
    assert (of_x.item(), of_y.item()) == (12.0, 2.0)
    assert x.grad is None


def test_grad_refuses_what_is_not_in_the_graph():
    x, other = leaf(3.0), leaf(1.0)
    with pytest.raises(RuntimeError, match="do not depend on input 1"):
        autograd.grad((x * x).sum(), [x, other])
    _, none = autograd.grad((x * x).sum(), [x, other], allow_unused=True)
    assert none is None
    with pytest.raises(RuntimeError, match="input 0 does not require a gradient"):
        autograd.grad((x * x).sum(), Tensor([1.0]))


def test_several_outputs_are_added_up():
    x = leaf(1.0, 2.0)
    (found,) = autograd.grad([x * x, x.sum()], x, [Tensor(np.ones(2)), None])
    assert found.numpy().tolist() == [3.0, 5.0]


def test_gradients_of_gradients():
    x = leaf(2.0)
    (first,) = autograd.grad(x**4, x, create_graph=True)
    (second,) = autograd.grad(first, x, create_graph=True)
    (third,) = autograd.grad(second, x, create_graph=True)
    (fourth,) = autograd.grad(third, x)
    assert [each.item() for each in (first, second, third, fourth)] == [32.0, 48.0, 48.0, 24.0]


def test_create_graph_leaves_a_gradient_with_a_history():
    x = leaf(3.0)
    (x**2).backward(create_graph=True)
    assert x.grad.requires_grad
    first, x.grad = x.grad, None
    first.backward()
    assert x.grad.item() == 2.0


def test_hooks_see_and_replace_gradients():
    x = leaf(2.0)
    y = x * x
    seen = []
    handle = y.register_hook(lambda gradient: seen.append(gradient.item()))
    doubled = x.register_hook(lambda gradient: gradient * 2.0)
    (y * 3.0).sum().backward(retain_graph=True)
    assert seen == [3.0]
    assert x.grad.item() == 24.0
    handle.remove()
    doubled.remove()
    handle.remove()
    x.grad = None
    (y * 3.0).sum().backward()
    assert seen == [3.0]
    assert x.grad.item() == 12.0


def test_a_hook_sees_the_sum_of_all_contributions_once():
    x = leaf(2.0)
    seen = []
    x.register_hook(lambda gradient: seen.append(gradient.item()))
    (x * x + x).sum().backward()
    assert seen == [5.0]


def test_wrong_hooks_are_refused():
    x = leaf(2.0)
    with pytest.raises(TypeError, match="hook must be a function"):
        x.register_hook(3)
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        Tensor([1.0]).register_hook(print)
    x.register_hook(lambda gradient: gradient.sum())
    with pytest.raises(RuntimeError, match=r"a tensor of the gradient's shape \(1,\), got \(\)"):
        (x * x).sum().backward()


def test_retain_grad_keeps_the_gradient_of_a_result():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    x.retain_grad()
    (y * 3.0).sum().backward()
    assert (y.grad.item(), x.grad.item()) == (3.0, 12.0)


def test_a_gradient_must_fit_its_tensor():
    x = leaf(1.0, 2.0)
    with pytest.raises(TypeError, match="grad must be a Tensor or None, got ndarray"):
        x.grad = np.zeros(2)
    with pytest.raises(ValueError, match="grad must have the shape"):
        x.grad = Tensor(np.zeros(3))


def test_nodes_tell_what_they_are():
    x = leaf(1.0)
    y = x.tanh().sum()
    assert y.grad_fn.name() == "sum"
    assert x.grad_fn is None
    assert x.is_leaf
    assert not y.is_leaf
    ((parent, _),) = y.grad_fn.next_functions
    assert parent.name() == "tanh"


def test_a_long_chain_neither_recurses_nor_keeps_memory():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + x
    y.backward()
    assert x.grad.item() == 100_001.0
    z = x
    for _ in range(100_000):
        z = z.tanh()
    del z


def test_a_graph_is_freed_without_the_garbage_collector():
    x = leaf(*np.ones(10))
    gc.disable()
    try:
        y = (x * x).tanh()
        node, total = weakref.ref(y.grad_fn), y.sum()
        total.backward()
        del y, total
        assert node() is None
    finally:
        gc.enable()


def test_what_no_derivative_needs_is_freed_at_once():
    x = Tensor(np.ones(100_000), requires_grad=True)
    tracemalloc.start()
    try:
        y = x
        for _ in range(20):
            y = y + 1.0
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 2 * x.numpy(force=True).nbytes


def test_a_backward_pass_frees_what_it_has_used():
    x = Tensor(np.ones(100_000), requires_grad=True)
    y = x
    for _ in range(20):
        y = y.tanh()
    tracemalloc.start()
    try:
        y.sum().backward()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * x.numpy(force=True).nbytes


def test_anomalies_are_named_forward_and_backward():
    x = leaf(0.0, 4.0)
    with detect_anomaly():
        with pytest.raises(FloatingPointError, match=r"log made the first inf, at index \(0,\)"):
            x.log()
        y = x.sqrt().sum()
        with pytest.raises(FloatingPointError, match="backward pass of sqrt made the first inf"):
            y.backward()
        nan = leaf(float("nan"))
        assert np.isnan((nan * 2.0).detach().numpy()).all()


def test_threads_do_not_disturb_each_other():
    failures = []

    def work(number):
        x = Tensor(np.full(50, float(number)), requires_grad=True)
        for _ in range(200):
            x.grad = None
            with no_grad():
                assert not (x * x).requires_grad
            (x * x + x).tanh().sum().backward()
            slope = (1 - np.tanh(number * number + number) ** 2) * (2 * number + 1)
            if not np.allclose(x.grad.numpy(), slope, atol=1e-12):
                failures.append(number)

    threads = [threading.Thread(target=work, args=(0.1 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_a_tensor_and_a_value_agree_on_a_neuron():
    w, x, b = (Value(number) for number in (0.8, 2.0, -1.0))
    (w * x + b).tanh().backward()
    tensors = [leaf(number) for number in (0.8, 2.0, -1.0)]
    (tensors[0] * tensors[1] + tensors[2]).tanh().sum().backward()
    assert [each.grad.item() for each in tensors] == pytest.approx(
        [w.grad, x.grad, b.grad], rel=1e-15
    )


def test_tensors_cannot_be_subclassed():
    with pytest.raises(TypeError, match="Own cannot be a subclass of Tensor"):
        type("Own", (Tensor,), {})


def test_what_a_hook_keeps_or_gives_stays_its_own():
    x, constant = leaf(1.0, 2.0), Tensor(np.array([5.0, 5.0]))
    x.register_hook(lambda gradient: constant)
    for _ in range(2):
        (x * 2.0).sum().backward()
    assert constant.tolist() == [5.0, 5.0]
    x, seen = leaf(1.0, 2.0), []
    x.register_hook(seen.append)
    for _ in range(2):
        (x * 2.0).sum().backward()
    assert [each.tolist() for each in seen] == [[2.0, 2.0], [2.0, 2.0]]


def test_a_retained_gradient_is_what_the_hooks_made_of_it():
    y = leaf(1.0) * 1.0
    y.retain_grad()
    y.register_hook(lambda gradient: gradient * 10.0)
    y.sum().backward()
    assert y.grad.item() == 10.0


def test_grad_leaves_alone_what_it_does_not_need():
    x, w = leaf(1.0, 2.0), leaf(1.0, 1.0)
    h = x * x
    (upstream,) = autograd.grad((h * h).sum(), h)
    (found,) = autograd.grad(h, x, upstream)
    assert found.tolist() == [4.0, 32.0]
    z = x * x
    z.sum().backward()
    (found,) = autograd.grad((z * w).sum(), w)
    assert found.tolist() == [1.0, 4.0]
    with pytest.raises(RuntimeError, match="was used up"):
        autograd.grad((z * w).sum(), x)


def test_backward_of_several_tensors():
    x = leaf(1.0, 2.0)
    autograd.backward([x * x, x.sum()], [Tensor(np.ones(2)), None])
    assert x.grad.tolist() == [3.0, 5.0]
    with pytest.raises(TypeError, match="grad: outputs must be a Tensor or several, got int 3"):
        autograd.grad(3, x)


def test_adding_in_place_is_watched_too():
    x = Tensor([3e38])
    with detect_anomaly(), pytest.raises(FloatingPointError, match="add made the first inf"):
        x.add_(x.clone())
