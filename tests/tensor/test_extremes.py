"""The greatest and the smallest: ties, nan, indices, and who gets the gradient."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support.golden import LAYOUTS, check_golden, golden_cases
from twingrad.tensor import Tensor, autograd
from twingrad.testing import gradcheck

few = st.sampled_from([-1.0, 0.0, 2.0, 3.0])
matrices = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=3, max_side=4), elements=few
)
distinct = np.random.default_rng(3).permutation(24).reshape(2, 3, 4) / 5


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", golden_cases("reductions", "extremes"))
def test_values_indices_and_gradients_are_those_of_pytorch(case, layout):
    check_golden(case, layout)


@given(matrices, st.booleans())
def test_indices_are_those_of_the_first_and_lead_to_the_values(data, keepdim):
    x = Tensor(data)
    for dim in range(-data.ndim, data.ndim):
        for name, find in (("max", np.argmax), ("min", np.argmin)):
            values, indices = getattr(x, name)(dim, keepdim)
            expected = find(data, axis=dim, keepdims=keepdim)
            np.testing.assert_array_equal(indices.detach().numpy(), expected)
            np.testing.assert_array_equal(
                values.detach().numpy(), getattr(np, name)(data, dim, None, keepdim)
            )
            alone = getattr(x, f"arg{name}")(dim, keepdim)
            np.testing.assert_array_equal(alone.detach().numpy(), expected)
            assert indices.dtype == alone.dtype == np.int64


@given(matrices)
def test_ties_share_the_gradient_and_with_dim_the_first_gets_it(data):
    for name in ("amax", "amin", "max", "min"):
        x = Tensor(data, requires_grad=True)
        extreme = getattr(x, name)()
        (shares,) = autograd.grad(extreme, x)
        ties = data == extreme.item()
        np.testing.assert_allclose(shares.detach().numpy(), ties / ties.sum())
    x = Tensor(data, requires_grad=True)
    values, indices = x.max(-1)
    (shares,) = autograd.grad(values.sum(), x)
    expected = np.zeros(data.shape)
    np.put_along_axis(expected, indices.detach().numpy()[..., None], 1, -1)
    np.testing.assert_array_equal(shares.detach().numpy(), expected)


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [None, 0, -1, 1, (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("name", ["amax", "amin", "max", "min"])
def test_gradients_agree_with_differences(name, dim, keepdim):
    if name in ("max", "min") and dim is not None:
        if isinstance(dim, tuple):
            return
        gradcheck(lambda x: getattr(x, name)(dim, keepdim).values * x.mean(), distinct, order=2)
    else:
        gradcheck(lambda x: getattr(x, name)(dim, keepdim).sin() * x.mean(), distinct, order=2)


def test_both_extremes_at_once():
    x = Tensor(distinct)
    pair = x.aminmax(dim=1, keepdim=True)
    np.testing.assert_array_equal(pair.min.detach().numpy(), distinct.min(1, keepdims=True))
    np.testing.assert_array_equal(pair.max.detach().numpy(), distinct.max(1, keepdims=True))
    gradcheck(lambda x: (lambda pair: pair.max * pair.min)(x.aminmax()), distinct, order=2)


def test_a_tensor_in_the_place_of_dim_is_compared_with_element_by_element():
    x = Tensor([1.0, 5.0], requires_grad=True)
    assert x.max(Tensor([2.0, 2.0])).detach().numpy().tolist() == [2, 5]
    assert x.min(np.array([2.0, 2.0], np.float32)).detach().numpy().tolist() == [1, 2]
    assert x.max(x).requires_grad


def test_dtypes_are_kept_and_float32_gradients_stay_float32():
    for dtype in ("float32", "int8", "uint8", "bool"):
        x = Tensor(np.array([[1, 0], [1, 1]], dtype))
        assert x.amax().dtype == x.max().dtype == x.max(0).values.dtype == dtype
        assert x.amin(1).detach().numpy().tolist() == [0, 1]
    x = Tensor(np.ones((2, 3), np.float32), requires_grad=True)
    for extreme in (x.amax(1), x.min(), x.max(0).values):
        assert autograd.grad(extreme.sum(), x)[0].dtype == np.float32


def test_values_and_indices_can_be_taken_by_name_or_in_order():
    found = Tensor([[1.0, 4.0]]).max(dim=1)
    assert found.values is found[0]
    assert found.indices is found[1]
    assert not found.indices.requires_grad


def test_the_largest_of_nothing_is_refused_unless_nothing_is_asked_for():
    nothing = Tensor(np.zeros((0, 3)))
    for name in ("amax", "amin", "max", "min", "argmax", "argmin"):
        with pytest.raises(ValueError, match=rf"{name} needs at least one element .*\(0, 3\)"):
            getattr(nothing, name)()
        with pytest.raises(
            ValueError, match=rf"{name} needs at least one element along dim \(0,\)"
        ):
            getattr(nothing, name)(0)
    assert nothing.amax(1).shape == nothing.argmax(1).shape == (0,)
    assert nothing.max(1).values.shape == nothing.min(1, keepdim=True).indices.shape[:1] == (0,)


def test_dims_are_checked():
    x = Tensor(np.ones((2, 3)))
    for name in ("amax", "max", "argmin"):
        with pytest.raises(IndexError, match=f"{name}: dim must lie between -2 and 1"):
            getattr(x, name)(2)
        with pytest.raises(TypeError, match=f"{name}: dim must be a whole number, got str"):
            getattr(x, name)("rows")
    with pytest.raises(TypeError, match="max: dim must be a whole number, got tuple"):
        x.max((0, 1))
