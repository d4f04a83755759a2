"""Several tensors joined to one, or brought to one shape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.expressions import (
    OF_JOINING,
    check_results,
    evaluated,
    golden_expressions,
    weighted_sum,
)
from twingrad import Value, no_grad
from twingrad.tensor import Tensor
from twingrad.tensor.operations.joining import (
    atleast_2d,
    broadcast_tensors,
    cat,
    hstack,
    meshgrid,
    stack,
    vstack,
)
from twingrad.testing import gradcheck

GOLDEN = golden_expressions("joining")


def leaves():
    found = {}
    for name, (data, dtype) in GOLDEN["inputs"].items():
        found[name] = Tensor(data, dtype, requires_grad=dtype.startswith("float"))
    return found


def labelled(case):
    return case["expression"]


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=labelled)
def test_values_dtypes_and_gradients_are_those_of_pytorch(case):
    inputs = leaves()
    results = evaluated(case["expression"], OF_JOINING | inputs)
    check_results(results, case["results"])
    if case["gradients"]:
        weighted_sum(results).backward()
    for name, gradient in case["gradients"].items():
        leaf = inputs[name]
        assert leaf.grad.dtype == leaf.dtype
        expected = np.array(gradient).reshape(leaf.shape)
        np.testing.assert_array_equal(leaf.grad.numpy(), expected)


@pytest.mark.parametrize("case", GOLDEN["refused"], ids=labelled)
def test_what_pytorch_refuses_is_refused_with_a_sentence(case):
    with pytest.raises((ValueError, TypeError, IndexError)) as refusal:
        evaluated(case["expression"], OF_JOINING | leaves())
    assert str(refusal.value).startswith(f"{case['expression'].partition('(')[0]}: ")
    if case["error"] == "IndexError":
        assert refusal.type is IndexError


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y, z: cat([x, y], 0),
        lambda x, y, z: cat([x, x * y, y], -1),
        lambda x, y, z: stack([x, y.tanh()], 1),
        lambda x, y, z: hstack([z, z * z]),
        lambda x, y, z: vstack([x, z[None]]),
        lambda x, y, z: meshgrid(z, z, indexing="xy"),
        lambda x, y, z: broadcast_tensors(x, z),
        lambda x, y, z: atleast_2d(z),
    ],
)
def test_gradients_of_first_and_second_order_are_those_of_differences(function):
    def cubed(*tensors):
        found = function(*tensors)
        found = found if isinstance(found, tuple) else (found,)
        return tuple(each * each * each for each in found)

    matrix = np.array([[0.5, -1.5, 2.0], [0.25, -0.75, 1.25]])
    gradcheck(cubed, matrix, matrix[::-1] + 0.125, matrix[0], order=2)


@given(st.data())
def test_what_is_split_can_be_joined_again(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    cuts = data.draw(st.lists(st.integers(0, shape[dim]), max_size=3).map(sorted))
    sizes = np.diff([0, *cuts, shape[dim]]).tolist()
    array = np.arange(float(np.prod(shape))).reshape(shape)
    x = Tensor(array, requires_grad=True)
    pieces = x.split(sizes, dim)
    assert [piece.shape[dim] for piece in pieces] == sizes
    joined = cat(pieces, dim)
    np.testing.assert_array_equal(joined.detach().numpy(), array)
    np.testing.assert_array_equal(stack(x.unbind(dim), dim).detach().numpy(), array)
    (joined * array).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), array)


@given(st.data())
def test_joining_agrees_with_numpy_in_any_layout(data):
    ndim = data.draw(st.integers(1, 3))
    dim = data.draw(st.integers(0, ndim - 1))
    shape = [3] * ndim
    arrays = []
    for k in range(data.draw(st.integers(1, 3))):
        shape[dim] = data.draw(st.integers(0, 3))
        array = np.arange(float(np.prod(shape))).reshape(shape) + 10 * k
        arrays.append(array[::-1] if data.draw(st.booleans()) else np.asfortranarray(array))
    joined = cat([Tensor.constant(array) for array in arrays], dim)
    np.testing.assert_array_equal(joined.detach().numpy(), np.concatenate(arrays, dim))


def test_arrays_and_numbers_are_joined_as_constants():
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    joined = cat([np.array([5.0]), x, [3, 4]])
    np.testing.assert_array_equal(joined.detach().numpy(), [5, 1, 2, 3, 4])
    joined.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 1])
    stacked = stack([x[0], 7.0, np.float32(2), 3])
    assert stacked.dtype == np.float64
    np.testing.assert_array_equal(stacked.detach().numpy(), [1, 7, 2, 3])


def test_what_is_joined_has_memory_of_its_own():
    x = Tensor([1.0, 2.0])
    for joined in (cat([x]), stack([x]), hstack([x]), vstack([x])):
        assert not np.shares_memory(joined.detach().numpy(), x.detach().numpy())


def test_grids_and_broadcasts_are_views_and_may_not_be_changed_in_place():
    x = Tensor([1.0, 2.0])
    for wide in (*meshgrid(x, x), *broadcast_tensors(x, np.zeros((3, 2), np.float32))[:1]):
        assert np.shares_memory(wide.detach().numpy(), x.detach().numpy())
        with pytest.raises(RuntimeError, match="stand for several elements"):
            wide.add_(1.0)


def test_a_part_that_needs_no_gradient_gets_none():
    x, constant = Tensor([1.0], requires_grad=True), Tensor([2.0])
    cat([x, constant, x]).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2])
    assert constant.grad is None
    with no_grad():
        assert not cat([x, constant]).requires_grad


def test_no_pieces_make_no_tensor_but_no_tensors_broadcast_to_none():
    assert broadcast_tensors() == ()
    assert Tensor(np.zeros((0, 2))).unbind() == ()


@pytest.mark.parametrize(
    ("refused", "error", "message"),
    [
        (lambda x: cat(x), TypeError, "cat: tensors must be a sequence of tensors, got Tensor"),
        (lambda x: stack(iter([x])), TypeError, "stack: tensors must be a sequence of tensors"),
        (lambda x: cat([[1.0], [2.0]]), TypeError, "cat: tensors must hold a Tensor, got list"),
        (lambda x: cat([x, Value(1.0)]), TypeError, "cat: operands must be of one twin"),
        (lambda x: cat([x, "a"]), TypeError, "cat: data must be real numbers or bools"),
        (lambda x: cat([x, x], 1.0), TypeError, "cat: dim must be a whole number, got float"),
        (lambda x: cat([x.sum(), x.sum()]), ValueError, r"must have a dimension.*use stack\(\)"),
        (lambda x: stack([x, x[:1]]), ValueError, r"equal shapes, got \(2,\) and \(1,\)"),
    ],
)
def test_other_refusals_name_the_argument_and_the_rule(refused, error, message):
    with pytest.raises(error, match=message):
        refused(Tensor([1.0, 2.0]))
