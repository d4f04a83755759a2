"""Backward passes in recordings: gradients of leaves, hooks, and gradients of gradients."""

import numpy as np
import pytest

import twingrad
from support.recordings import check_step, kinds, recorded, replayed
from twingrad.tensor import Tensor
from twingrad.tensor.compiler.recording import Recorder


def tensors(*shapes, seed=0, requires_grad=False):
    rng = np.random.default_rng(seed)
    return [twingrad.tensor(rng.standard_normal(s), requires_grad=requires_grad) for s in shapes]


def pairs(*shapes):
    return tensors(*shapes, seed=1), tensors(*shapes, seed=2)


def leaf(*shape, seed=0):
    return tensors(shape, seed=seed, requires_grad=True)[0]


def of_gradients(recorder):
    """What is watched of gradients."""
    return [each for each in recorder.watches if each.what == "whether a gradient is there"]


# The grad of leaves


def test_gradients_are_those_of_the_leaves_that_a_step_uses():
    w, b, unused = leaf(5, 4), leaf(5), leaf(2)

    def step(x):
        for each in (w, b, unused):
            each.grad = None
        ((x @ w.T + b).tanh() ** 2).sum().backward()

    found = check_step(step, *pairs((3, 4)))
    recorder = found.recorder
    leaves = [recorder.captured[k].tensor for k in recorder.graph.gradients]
    assert [each is w or each is b for each in leaves] == [True, True]
    assert [each is unused for each in recorder.cleared] == [True]
    assert not of_gradients(recorder)


def test_a_gradient_that_is_there_is_added_to_and_watched():
    w = leaf(4)
    (w * 3.0).sum().backward()
    before = w.grad

    def step(x):
        (x * w).sum().backward()

    first, second = pairs((3, 4))
    recorder = recorded(step, *first)
    (watch,) = of_gradients(recorder)
    assert watch.value is False
    present = w.grad.clone()
    assert w.grad is before
    found = replayed(recorder, *second)
    step(*second)
    place = next(k for k, each in enumerate(recorder.captured) if each.locate() is before._data)
    np.testing.assert_allclose(found.memories[place], w.grad.numpy(), rtol=1e-12)
    assert not np.array_equal(present.numpy(), w.grad.numpy())
    assert not recorder.graph.gradients
    w.grad = None
    assert watch.read() is not watch.value


def test_a_gradient_that_is_not_there_is_watched_unless_the_step_clears_it():
    w = leaf(4)
    (watch,) = of_gradients(recorded(lambda x: (x * w).sum().backward(), *tensors((3, 4))))
    assert watch.value is True
    assert watch.read() is False


def test_several_backward_passes_add_up():
    w = leaf(4)

    def step(x):
        w.grad = None
        (x * w).sum().backward()
        (x.exp() * w * w).mean().backward()

    check_step(step, *pairs((3, 4)))


def test_a_gradient_may_be_read_changed_and_replaced():
    w, v = leaf(4), leaf(4)

    def step(x):
        w.grad = v.grad = None
        (x * w * v).sum().backward()
        size = w.grad.norm()
        w.grad.mul_(1 / (size + 1))
        v.grad = v.grad.clamp(-0.5, 0.5)
        return size

    check_step(step, *pairs((3, 4)))


def test_a_leaf_that_is_a_part_of_other_memory_gets_its_own_gradient():
    memory = np.random.default_rng(0).standard_normal((3, 4))
    w = twingrad.from_numpy(memory)[1].detach().requires_grad_()

    def step(x):
        w.grad = None
        (x * w).sum().backward()
        with twingrad.no_grad():
            w.sub_(w.grad)

    check_step(step, *pairs((3, 4)))


def test_a_leaf_of_the_step_itself_has_a_gradient_to_go_on_with():
    def step(x):
        y = x.detach().clone().requires_grad_()
        (y * y * x).sum().backward()
        return y.grad

    check_step(step, *pairs((3, 4)))


def test_an_argument_cannot_be_given_a_gradient():
    x = leaf(3)
    with Recorder() as recorder:
        recorder.argument(x)
        (x * x).sum().backward()
    with pytest.raises(RuntimeError, match="cannot be given a gradient"):
        recorder.finish([])


def test_an_update_of_the_parameters_is_written_to_their_memory():
    w = leaf(4, 3)

    def step(x):
        w.grad = None
        loss = ((x @ w) ** 2).mean()
        loss.backward()
        with twingrad.no_grad():
            w.sub_(w.grad * 0.1).mul_(0.99)
            w.data -= 0.01 * w.grad
            w.data = w * 1.5
        return loss

    found = check_step(step, *pairs((3, 4)))
    (memory,) = found.recorder.graph.memories
    assert memory.after is not memory.before


def test_what_a_backward_pass_needs_may_not_be_changed_before():
    w = leaf(4)

    def step(x):
        y = w * 2
        z = y * y * x
        y += 1
        z.sum().backward()

    with pytest.raises(RuntimeError, match=r"was changed in place by add_"):
        recorded(step, *tensors((4,)))


def test_gradients_stay_short_where_eager_ones_do():
    w = leaf(4)

    def step(x):
        w.grad = None
        (x.sum(0) * w).sum().backward()

    found = check_step(step, *pairs((3, 4)))
    (gradient,) = found.recorder.graph.gradients.values()
    assert gradient.kind == "reduce"


# Hooks


def test_a_hook_is_called_with_a_tensor_and_recorded():
    w = leaf(4)
    seen = []

    def halve(gradient):
        seen.append(type(gradient))
        gradient += 1.0
        return gradient * 0.5

    w.register_hook(halve)

    def step(x):
        w.grad = None
        y = x * w
        y.register_hook(lambda gradient: gradient.clamp(max=0.5))
        y.register_hook(lambda gradient: None)
        (y * y).sum().backward()

    recorder = recorded(step, *tensors((3, 4), seed=1))
    assert seen == [Tensor]
    replayed(recorder, *tensors((3, 4), seed=2))
    assert seen == [Tensor]
    check_step(step, *pairs((3, 4)))


def test_gradients_in_between_can_be_retained():
    w = leaf(4)

    def step(x):
        w.grad = None
        y = x * w
        y.retain_grad()
        y.sum(0).exp().sum().backward()
        return y.grad

    check_step(step, *pairs((3, 4)))


def test_only_what_is_asked_for_gets_a_gradient():
    w, v = leaf(4), leaf(4)

    def step(x):
        w.grad = v.grad = None
        y = x * w
        (y * v).sum().backward(inputs=[w])
        return twingrad.autograd.grad((x * w * v).sum(), [v], retain_graph=True)

    recorder = check_step(step, *pairs((3, 4))).recorder
    assert [recorder.captured[k].tensor is w for k in recorder.graph.gradients] == [True]
    assert [each is v for each in recorder.cleared] == [True]


def test_gradients_may_be_given_to_begin_with():
    w = leaf(4)

    def step(x):
        w.grad = None
        (x * w).backward(x.exp())
        (w * 2).backward(twingrad.ones(4))

    check_step(step, *pairs((3, 4)))


# Gradients of gradients


def test_gradients_of_gradients():
    w = leaf(4, 4)

    def step(x):
        w.grad = None
        y = (x @ w).tanh()
        (slope,) = twingrad.autograd.grad((y * y).sum(), w, create_graph=True)
        (slope * slope).sum().backward()
        return slope

    check_step(step, *pairs((3, 4)))


def test_a_penalty_on_the_gradient_by_the_input():
    w = leaf(4, 1)

    def step(x):
        w.grad = None
        x = x.detach().requires_grad_()
        (slope,) = twingrad.autograd.grad((x @ w).relu().sum(), x, create_graph=True)
        ((slope.norm(dim=1) - 1) ** 2).mean().backward()

    check_step(step, *pairs((3, 4)))


@pytest.mark.parametrize("exponent", [2.0, 0.5, -1.0, 1.5])
def test_an_infinite_slope_in_the_branch_that_is_not_taken_does_not_count(exponent):
    def step(x):
        x = x.detach().requires_grad_()
        y = x ** twingrad.tensor([exponent], dtype="float64")
        (first,) = twingrad.autograd.grad(y.sum(), x, create_graph=True)
        (second,) = twingrad.autograd.grad(first.sum(), x)
        return first, second

    first = [twingrad.tensor([0.0, 1.0, 2.0, -1.5], dtype="float64")]
    second = [twingrad.tensor([3.0, 0.0, -2.0, 0.5], dtype="float64")]
    check_step(step, first, second)


def test_derivatives_of_functions():
    def step(x):
        slope = twingrad.grad(lambda t: (t**3).sum())(x)
        curved = twingrad.hessian(lambda t: (t.exp() * t[0]).sum())(x)
        return slope, curved

    check_step(step, *pairs((4,)))


# Primitives of one's own


class Scaled(twingrad.Primitive):
    arity = 2
    saves = (0, 1)

    def forward(self, x, scale):
        return np.ascontiguousarray(x) * scale

    def backward(self, gradient, call):
        x, scale = call.inputs
        return (np.multiply(gradient, scale), np.multiply(gradient, x).sum(0))


class Squashed(twingrad.Primitive):
    saves_out = True

    def forward(self, x, power):
        return np.tanh(x) ** power

    def backward(self, gradient, call):
        (power,) = call.parameters
        root = np.asarray(call.out) ** (1 / power)
        return (gradient * power * root ** (power - 1) * (1 - root**2),)


def test_a_primitive_of_ones_own_is_left_to_numpy():
    w = leaf(4)
    scaled, squashed = Scaled(), Squashed()

    def step(x):
        w.grad = None
        y = squashed(scaled(x, w) + 3.0, 3)
        y.sum().backward()
        return y

    found = check_step(step, *pairs((3, 4)))
    assert kinds(found.recorder).count("host") == 4


def test_a_formula_of_ones_own_is_recorded_like_all_others():
    cube = twingrad.formula("cubed_plus", "x, c=1", "x * x * x + c", "3 * x * x ; 1")
    try:
        w = leaf(4)

        def step(x):
            w.grad = None
            y = cube(x * w)
            y.sum().backward()
            return y

        assert {*kinds(check_step(step, *pairs((3, 4))).recorder)} == {"elementwise", "reduce"}
    finally:
        cube.remove()
