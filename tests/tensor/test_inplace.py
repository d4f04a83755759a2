"""Changes in place: what becomes of numbers, of histories, of views, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad import no_grad
from twingrad.tensor import Tensor
from twingrad.testing import gradcheck


def leaf(*numbers):
    return Tensor(np.array(numbers), requires_grad=True)


OPERATIONS = {
    "add_": (lambda t, o: t.add_(o), lambda t, o: t + o),
    "add_ alpha": (lambda t, o: t.add_(o, alpha=3.0), lambda t, o: t + 3.0 * o),
    "sub_": (lambda t, o: t.sub_(o), lambda t, o: t - o),
    "mul_": (lambda t, o: t.mul_(o), lambda t, o: t * o),
    "div_": (lambda t, o: t.div_(o), lambda t, o: t / o),
    "pow_": (lambda t, o: t.pow_(2.0), lambda t, o: t**2.0),
    "neg_": (lambda t, o: t.neg_(), lambda t, o: -t),
    "abs_": (lambda t, o: t.abs_(), lambda t, o: t.abs()),
    "exp_": (lambda t, o: t.exp_(), lambda t, o: t.exp()),
    "log_": (lambda t, o: t.log_(), lambda t, o: t.log()),
    "sqrt_": (lambda t, o: t.sqrt_(), lambda t, o: t.sqrt()),
    "square_": (lambda t, o: t.square_(), lambda t, o: t.square()),
    "reciprocal_": (lambda t, o: t.reciprocal_(), lambda t, o: t.reciprocal()),
    "tanh_": (lambda t, o: t.tanh_(), lambda t, o: t.tanh()),
    "sigmoid_": (lambda t, o: t.sigmoid_(), lambda t, o: t.sigmoid()),
    "relu_": (lambda t, o: t.relu_(), lambda t, o: t.relu()),
    "clamp_": (lambda t, o: t.clamp_(0.8, 1.9), lambda t, o: t.clamp(0.8, 1.9)),
    "addcmul_": (lambda t, o: t.addcmul_(o, o, value=2.0), lambda t, o: t + 2.0 * o * o),
    "addcdiv_": (lambda t, o: t.addcdiv_(o, o + 1.0), lambda t, o: t + o / (o + 1.0)),
    "lerp_": (lambda t, o: t.lerp_(o, 0.25), lambda t, o: t + 0.25 * (o - t)),
    "copy_": (lambda t, o: t.copy_(o), lambda t, o: t * 0.0 + o),
    "fill_": (lambda t, o: t.fill_(3.0), lambda t, o: t * 0.0 + 3.0),
    "zero_": (lambda t, o: t.zero_(), lambda t, o: t * 0.0),
}


def iadd(t, o):
    t += o
    return t


def isub(t, o):
    t -= o
    return t


def imul(t, o):
    t *= o
    return t


def itruediv(t, o):
    t /= o
    return t


def ipow(t, o):
    t **= o
    return t


OPERATIONS |= {
    "+=": (iadd, lambda t, o: t + o),
    "-=": (isub, lambda t, o: t - o),
    "*=": (imul, lambda t, o: t * o),
    "/=": (itruediv, lambda t, o: t / o),
    "**=": (ipow, lambda t, o: t**o),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_change_in_place_has_the_value_and_gradient_of_the_operation(name):
    in_place, plain = OPERATIONS[name]
    results = []
    for function in (in_place, plain):
        x, other = leaf(0.5, 1.5, 2.5), leaf(1.25, 0.75, 2.0)
        start = x * 1.0
        result = function(start, other)
        (result * result + other + x).sum().backward()
        results.append((result, x.grad, other.grad))
    for own, expected in zip(*results, strict=True):
        np.testing.assert_allclose(own.detach().numpy(), expected.detach().numpy(), rtol=1e-14)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_change_in_place_keeps_the_memory(name):
    in_place, _ = OPERATIONS[name]
    x = Tensor(np.array([0.5, 1.5, 2.5]))
    memory, before = x.numpy(), x._version
    assert in_place(x, Tensor(np.array([1.25, 0.75, 2.0]))) is x
    assert x.numpy() is memory
    assert x._version == before + 1


def test_a_leaf_is_not_changed_while_a_graph_is_recorded():
    x = leaf(1.0, 2.0)
    for change in (lambda: x.add_(1.0), x.zero_, lambda: x.broadcast_to(2).mul_(2.0)):
        with pytest.raises(RuntimeError, match="a leaf that requires a gradient cannot be changed"):
            change()
    assert x.detach().numpy().tolist() == [1.0, 2.0]
    with no_grad():
        x.sub_(leaf(0.5, 0.5))
        x -= 0.5
    assert x.detach().numpy().tolist() == [0.0, 1.0]
    assert x.is_leaf


def test_a_number_changed_between_forward_and_backward_is_caught_and_named():
    x = leaf(1.0, 2.0)
    y = x * 3.0
    z = y * y
    y += 1.0
    message = r"operand 1 of mul, of shape \(2,\), was changed in place by add_ after mul had been"
    with pytest.raises(RuntimeError, match=message):
        z.sum().backward()


def test_a_changed_result_is_caught_if_its_derivative_needs_it():
    x = leaf(1.0, 2.0)
    y = x.tanh()
    y.mul_(2.0)
    with pytest.raises(
        RuntimeError, match=r"the result of tanh, of shape .* changed in place by mul_"
    ):
        y.sum().backward()
    y = x + 1.0
    y.mul_(2.0)
    y.sum().backward()
    assert x.grad.numpy().tolist() == [2.0, 2.0]


def test_a_change_through_a_detached_tensor_is_caught():
    x = leaf(1.0, 2.0)
    y = x.exp()
    y.detach().zero_()
    with pytest.raises(RuntimeError, match="the result of exp"):
        y.sum().backward()


def test_a_leaf_changed_under_no_grad_is_caught():
    w = leaf(1.0, 2.0)
    loss = (w * w).sum()
    with no_grad():
        w -= 0.1
    with pytest.raises(RuntimeError, match="operand 1 of mul"):
        loss.backward()


def test_a_change_before_use_is_no_change():
    x = leaf(1.0, 2.0)
    y = x * 3.0
    y += 1.0
    (y * y).sum().backward()
    assert x.grad.numpy().tolist() == [24.0, 42.0]


def test_a_tensor_may_be_changed_by_itself():
    x = leaf(1.0, 2.0)
    y = x * 3.0
    y *= y
    y.sum().backward()
    assert x.grad.numpy().tolist() == [18.0, 36.0]


def test_changing_a_view_changes_the_history_of_its_source():
    x = leaf(1.0, 2.0, 3.0, 4.0)
    y = x * 1.0
    y[1:3].mul_(10.0)
    (y * y).sum().backward()
    assert y.detach().numpy().tolist() == [1.0, 20.0, 30.0, 4.0]
    assert x.grad.numpy().tolist() == [2.0, 400.0, 600.0, 8.0]


def test_changing_a_source_changes_the_history_of_its_views():
    x = leaf(1.0, 2.0, 3.0, 4.0)
    y = x * 1.0
    view = y[1:3]
    y.mul_(x)
    (view * 10.0).sum().backward()
    assert view.detach().numpy().tolist() == [4.0, 9.0]
    assert x.grad.numpy().tolist() == [0.0, 40.0, 60.0, 0.0]


def test_changing_a_view_of_a_view():
    x = leaf(*np.arange(6.0))
    y = x * 1.0
    table = y.reshape(2, 3)
    table[1][1:].mul_(5.0)
    (y * y).sum().backward()
    assert y.detach().numpy().tolist() == [0.0, 1.0, 2.0, 3.0, 20.0, 25.0]
    assert x.grad.numpy().tolist() == [0.0, 2.0, 4.0, 6.0, 200.0, 250.0]


def test_views_beside_a_changed_view_change_too():
    x = leaf(1.0, 2.0, 3.0)
    y = x * 1.0
    first, second = y[:2], y[1:]
    first.mul_(10.0)
    (second * second).sum().backward()
    assert second.detach().numpy().tolist() == [20.0, 3.0]
    assert x.grad.numpy().tolist() == [0.0, 400.0, 6.0]


def test_writing_what_requires_a_gradient_into_a_constant():
    x = leaf(1.0, 2.0)
    table = Tensor(np.zeros((3, 2)))
    row = table[1]
    row += x
    table[2].copy_(x * 3.0)
    (table * table).sum().backward()
    assert table.requires_grad
    assert x.grad.numpy().tolist() == [20.0, 40.0]


def test_augmented_assignment_to_a_part():
    x = leaf(1.0, 2.0)
    y = x * 1.0
    y[0] += 5.0
    y[1] *= 3.0
    (y * y).sum().backward()
    assert y.detach().numpy().tolist() == [6.0, 6.0]
    assert x.grad.numpy().tolist() == [12.0, 36.0]


def test_second_derivatives_through_a_changed_view():
    def function(a, b):
        y = a * 1.0
        y[:, 1].mul_(b)
        return y * y

    gradcheck(function, np.random.default_rng(0).normal(size=(3, 4)), np.ones(3) * 1.5, order=2)


def test_what_does_not_fit_is_refused_and_nothing_is_written():
    x = Tensor(np.zeros(2))
    with pytest.raises(ValueError, match=r"add_: what is written into a tensor of shape \(2,\)"):
        x += Tensor(np.ones((3, 2)))
    with pytest.raises(ValueError, match=r"must broadcast to that shape, got shape \(3,\)"):
        x += Tensor(np.ones(3))
    whole = Tensor([1, 2])
    with pytest.raises(RuntimeError, match="a result of dtype float32 cannot be written into"):
        whole += 0.5
    with pytest.raises(RuntimeError, match="cannot be written into"):
        whole /= 2
    assert x.numpy().tolist() == [0.0, 0.0]
    assert whole.numpy().tolist() == [1, 2]


def test_elements_that_share_memory_are_not_changed():
    x = Tensor(np.zeros(2)).broadcast_to(3, 2)
    with pytest.raises(RuntimeError, match="stand for several elements each"):
        x += 1.0


@given(st.lists(st.sampled_from(["whole", "part", "view"]), max_size=8), st.integers(0, 99))
def test_a_program_of_changes_has_the_gradient_of_the_same_without_changes(changes, seed):
    generator = np.random.default_rng(seed)
    start = generator.normal(size=(3, 4))
    factors = generator.uniform(0.5, 1.5, size=(len(changes), 3, 4))
    x = Tensor(start, requires_grad=True)
    y = x * 1.0
    view = y[1:]
    slopes = np.ones((3, 4))
    for change, factor in zip(changes, factors, strict=True):
        match change:
            case "whole":
                y.mul_(Tensor(factor))
                slopes *= factor
            case "part":
                y[:, 2].mul_(Tensor(factor[:, 2]))
                slopes[:, 2] *= factor[:, 2]
            case "view":
                view.mul_(Tensor(factor[1:]))
                slopes[1:] *= factor[1:]
    y.sum().backward(retain_graph=True)
    np.testing.assert_allclose(x.grad.numpy(), slopes, rtol=1e-13)
    x.grad = None
    view.sum().backward()
    slopes[0] = 0.0
    np.testing.assert_allclose(x.grad.numpy(), slopes, rtol=1e-13)


def test_data_that_are_assigned_are_written_and_noticed():
    w = leaf(1.0, 2.0)
    loss = (w * w).sum()
    w.data = Tensor([5.0, 6.0])
    assert w.detach().numpy().tolist() == [5.0, 6.0]
    assert w.is_leaf
    with pytest.raises(
        RuntimeError, match=r"operand 1 of mul, of shape .* changed in place by data"
    ):
        loss.backward()
    loss = (w * w).sum()
    w.data -= 1.0
    assert w.detach().numpy().tolist() == [4.0, 5.0]
    with pytest.raises(RuntimeError, match="changed in place by sub_"):
        loss.backward()
    with pytest.raises(ValueError, match=r"data must have the shape \(2,\) of the tensor, got"):
        w.data = [1.0, 2.0, 3.0]


@pytest.mark.parametrize("index", [..., (), None, (..., None)])
def test_a_number_is_overwritten_through_any_view(index):
    w = Tensor(np.array(2.0), requires_grad=True)
    y = w * 1.0
    y[index] = 3.5
    (y * y).backward()
    assert w.grad.item() == 0.0
    w.grad = None
    y = w * 1.0
    y.squeeze().mul_(3.0)
    (y * y).backward()
    assert w.grad.item() == 36.0


def test_a_view_that_was_made_a_leaf_is_one():
    w = Tensor(np.arange(4.0)).reshape(2, 2).requires_grad_()
    with pytest.raises(RuntimeError, match="mul_: a leaf that requires a gradient"):
        w.mul_(2.0)
    assert w.is_leaf


def test_a_view_made_without_recording_changes_the_history_of_its_source():
    x = leaf(1.0, 2.0)
    h = x * 2.0
    with no_grad():
        view = h[0]
    view.zero_()
    h.sum().backward()
    assert x.grad.tolist() == [0.0, 2.0]


def test_what_is_overwritten_with_a_constant_has_slope_0():
    x = leaf(1.0, 2.0)
    for change in (
        lambda y: y.zero_(),
        lambda y: y.fill_(3.0),
        lambda y: y.copy_(Tensor([1.0, 1.0])),
    ):
        y = change(x * 1.0)
        x.grad = None
        y.sum().backward()
        assert x.grad.tolist() == [0.0, 0.0]


def test_indices_that_are_changed_before_the_backward_pass_are_noticed():
    for pick in (
        lambda x: x.max(1),
        lambda x: x.sort(1),
        lambda x: x.topk(2),
        lambda x: x.median(1),
    ):
        x = Tensor(np.array([[1.0, 5.0, 2.0], [3.0, 0.0, 9.0]]), requires_grad=True)
        values, indices = pick(x)
        indices.zero_()
        with pytest.raises(RuntimeError, match="changed in place by zero_"):
            values.sum().backward()


def test_numpy_operands_are_not_changed_from_outside():
    x, factor = leaf(1.0, 2.0), np.ones(2)
    y = (x * factor).sum()
    factor[:] = 7.0
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_python_numbers_keep_their_digits_in_a_float64_tensor():
    x = Tensor(np.zeros(2))
    assert x.fill_(0.3).tolist() == [0.3, 0.3]
    assert x.copy_([0.1, 0.7]).tolist() == [0.1, 0.7]
    x.data = [0.1, 0.3]
    assert x.tolist() == [0.1, 0.3]
    x[0] = 0.7
    assert x.tolist() == [0.7, 0.3]
    assert Tensor([0, 0]).fill_(2.5).tolist() == [2, 2]
