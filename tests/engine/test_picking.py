"""What picks elements of an Array: indices, positions, the greatest and the smallest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twingrad import Array, Tensor, Value


def arrays(shape):
    return hnp.arrays(np.float64, shape, elements=st.floats(-5, 5))


def test_any_element_is_a_value_that_can_be_labelled_and_stepped_through():
    w = Array([[1.0, 2.0], [3.0, 4.0]], label="w")
    assert type(w[0, 1]) is Value
    assert w[0, 1].label == "w[0,1]"
    assert w[-1, -1].data == 4.0
    assert [type(v) for v in Array([1.0, 2.0])] == [Value, Value]
    product = w[0, 1] * w[1, 0]
    product.backward()
    np.testing.assert_array_equal(w.grad, [[0, 3], [2, 0]])
    assert w[0, 0].grad is None


def test_slices_share_their_values():
    w = Array(np.arange(6.0).reshape(2, 3))
    assert w[1][2] is w[1, 2]
    assert w.T[2, 1] is w[1, 2]
    assert w.reshape(3, 2)[2, 1] is w[1, 2]
    assert w[:, ::-1][0, 0] is w[0, 2]


def test_ties_of_amax_share_the_gradient_equally_and_max_along_a_dimension_picks_one():
    a = Array([3.0, 1.0, 3.0, 3.0])
    for reduce, expected in [
        (lambda: a.amax(), [1 / 3, 0, 1 / 3, 1 / 3]),
        (lambda: a.max(), [1 / 3, 0, 1 / 3, 1 / 3]),
        (lambda: a.max(dim=0).values, [1, 0, 0, 0]),
        (lambda: a.amin(), [0, 1, 0, 0]),
        (lambda: a.min(dim=0).values, [0, 1, 0, 0]),
    ]:
        a.zero_grad()
        reduce().backward()
        np.testing.assert_allclose(a.grad, expected)


def test_nan_is_the_greatest_as_in_numpy():
    assert np.isnan(Array([1.0, np.nan, 2.0]).amax().item())
    assert Array([1.0, np.nan, 2.0]).argmax() == 1


@given(hnp.array_shapes(min_dims=1, max_dims=3, max_side=3).flatmap(arrays), st.data())
def test_max_and_min_along_a_dimension_agree_with_numpy(data, drawn):
    dim = drawn.draw(st.integers(-data.ndim, data.ndim - 1))
    keepdim = drawn.draw(st.booleans())
    values, indices = Array(data).max(dim, keepdim)
    np.testing.assert_array_equal(values.data, data.max(dim, keepdims=keepdim))
    np.testing.assert_array_equal(indices, data.argmax(dim, keepdims=keepdim))
    values, indices = Array(data).min(dim, keepdim)
    np.testing.assert_array_equal(values.data, data.min(dim, keepdims=keepdim))
    np.testing.assert_array_equal(indices, data.argmin(dim, keepdims=keepdim))


def test_the_greater_of_two_arrays_is_maximum():
    a = Array([1.0, 2.0])
    with pytest.raises(TypeError, match=r"max: dim must be .* got Array: use maximum"):
        a.max(a)


def test_nans_share_the_gradient_too():
    a = Array([np.nan, 1.0, np.nan])
    a.max().backward()
    assert a.grad.tolist() == [0.5, 0.0, 0.5]
    assert a.max().steps()[2].local.endswith("= 1 / 2 = 0.5")


def test_the_smallest_is_one_node():
    a = Array([3.0, 1.0], label="a")
    assert str(a.min().steps()[0]) == "v1 = min(a[0], a[1]) = min(3.0, 1.0) = 1.0"


@given(hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), st.data())
def test_gather_takes_what_a_tensor_would(shape, drawn):
    data = drawn.draw(arrays(shape))
    dim = drawn.draw(st.integers(-data.ndim, max(data.ndim - 1, 0)))
    axis = dim % data.ndim if data.ndim else 0
    sides = [st.integers(0, 4 if d == axis else n) for d, n in enumerate(shape)]
    positions = st.integers(0, shape[axis] - 1 if shape else 0)
    index = drawn.draw(hnp.arrays(np.int64, drawn.draw(st.tuples(*sides)), elements=positions))
    a, x = Array(data), Tensor(data, requires_grad=True)
    found, expected = a.gather(dim, index), x.gather(dim, index)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.data, expected.detach().numpy())
    if index.size:
        found.square().sum().backward()
        expected.square().sum().backward()
        np.testing.assert_allclose(a.grad, x.grad.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", [Array, Tensor])
@pytest.mark.parametrize(
    ("dim", "index", "error", "message"),
    [
        (1, [[3], [0]], IndexError, "gather: index 3 is out of range for dim 1 of length 3"),
        (1, [[-1], [0]], IndexError, "gather: index -1 is out of range .* and not from the end"),
        (2, [[0], [0]], IndexError, "gather: dim must lie between -2 and 1 for 2 dimensions"),
        (0, [0, 1], ValueError, "gather: index must have the 2 dimensions of the tensor"),
        (1, [[0]] * 3, ValueError, "gather: index must be no longer than the tensor but along"),
        (1, [[0.5], [1.0]], TypeError, "gather: index must hold whole numbers"),
        (1, [[True], [False]], TypeError, "gather: index must hold whole numbers"),
    ],
)
def test_positions_that_are_not_there_are_refused_on_both_twins(kind, dim, index, error, message):
    with pytest.raises(error, match=message):
        kind(np.ones((2, 3))).gather(dim, index)


def test_gather_of_no_positions_is_empty():
    assert Array(np.ones((2, 3))).gather(1, []).shape == (2, 0)
    assert Array(np.ones((2, 3))).gather(1, np.zeros((2, 0), np.int32)).shape == (2, 0)
    assert Array(3.0).gather(0, [0, 0]).tolist() == [3.0, 3.0]
    assert Array(3.0).gather(0, 0).tolist() == 3.0
