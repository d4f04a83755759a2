"""Softmax, its logarithm and logsumexp: sums to one, no overflow, PyTorch's edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support.golden import LAYOUTS, check_golden, golden_cases
from twingrad import Array
from twingrad.tensor import Tensor, autograd
from twingrad.testing import gradcheck

matrices = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=4), elements=st.floats(-1e4, 1e4)
)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", golden_cases("reductions", "softmax"))
def test_values_and_gradients_are_those_of_pytorch(case, layout):
    check_golden(case, layout)


@given(matrices)
def test_a_softmax_adds_up_to_one_and_does_not_feel_a_shift(data):
    for dim in range(data.ndim):
        shares = Tensor(data).softmax(dim).detach().numpy()
        np.testing.assert_allclose(shares.sum(dim), 1)
        np.testing.assert_allclose(
            Tensor(data + 7).softmax(dim).detach().numpy(), shares, rtol=1e-9
        )


@given(matrices)
def test_the_three_belong_together_and_are_finite(data):
    x = Tensor(data)
    for dim in range(-data.ndim, 0):
        logarithms = x.log_softmax(dim)
        assert np.isfinite(logarithms.detach().numpy()).all()
        np.testing.assert_allclose(
            logarithms.exp().detach().numpy(), x.softmax(dim).detach().numpy(), atol=1e-12
        )
        total = x.logsumexp(dim, keepdim=True)
        np.testing.assert_allclose(
            (x - total).detach().numpy(), logarithms.detach().numpy(), rtol=1e-9, atol=1e-9
        )
        expected = np.logaddexp.reduce(data, axis=dim, keepdims=True)
        np.testing.assert_allclose(total.detach().numpy(), expected, rtol=1e-12, atol=1e-12)


rows_with_infinities = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=3, max_side=3),
    elements=st.floats(-5, 5) | st.sampled_from([-1e4, 1e4, -np.inf]),
)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
@given(rows_with_infinities)
def test_both_twins_give_the_same_values_and_gradients(name, data):
    for dim in range(-data.ndim, data.ndim):
        x, a = Tensor(data, requires_grad=True), Array(data)
        expected, found = getattr(x, name)(dim), getattr(a, name)(dim)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found.data, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
        weights = np.arange(1.0, expected.numel() + 1).reshape(expected.shape)
        (expected * weights).sum().backward()
        (found * weights).sum().backward()
        np.testing.assert_allclose(a.grad, x.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_a_row_of_minus_infinities_has_no_shares_and_the_logsumexp_of_nothing_is_minus_infinity():
    data = [[-np.inf, -np.inf], [0.0, -np.inf]]
    for x in (Tensor(data), Array(data)):
        np.testing.assert_array_equal(x.softmax(1).numpy(), [[np.nan, np.nan], [1, 0]])
        np.testing.assert_array_equal(x.log_softmax(1).numpy(), [[np.nan, np.nan], [0, -np.inf]])
        np.testing.assert_array_equal(x.logsumexp(1).numpy(), [-np.inf, 0])
        assert x[:, :0].logsumexp(1).tolist() == [-np.inf, -np.inf]
        assert x[:, :0].softmax(1).shape == (2, 0)


@pytest.mark.parametrize("dim", [(0, 1), (0, -1), (), None])
@pytest.mark.parametrize("keepdim", [False, True])
def test_both_twins_take_several_dims_for_logsumexp(dim, keepdim, generator):
    data = generator.normal(size=(3, 2, 2))
    expected = Tensor(data).logsumexp(dim, keepdim)
    found = Array(data).logsumexp(dim, keepdim)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.data, expected.numpy(), rtol=1e-12)


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_gradients_agree_with_differences(name, dim, generator):
    x = generator.normal(size=(3, 2, 4))
    gradcheck(lambda x: getattr(x, name)(dim).sin(), x, order=2)


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [(0, 1), (0, -1), ()])
def test_logsumexp_takes_several_dims(dim, keepdim, generator):
    gradcheck(lambda x: x.logsumexp(dim, keepdim).sin(), generator.normal(size=(3, 2, 2)), order=2)


def test_the_gradient_of_logsumexp_is_the_softmax():
    x = Tensor([[1e4, 1e4, -1e4], [0.0, 1.0, 2.0]], requires_grad=True)
    (slope,) = autograd.grad(x.logsumexp(1).sum(), x)
    np.testing.assert_allclose(slope.detach().numpy(), x.softmax(1).detach().numpy(), rtol=1e-6)


def test_float32_stays_finite_where_exponentials_overflow():
    x = Tensor(np.array([[1e4, 0.0, -1e4]], np.float32), requires_grad=True)
    for name in ("softmax", "log_softmax", "logsumexp"):
        found = getattr(x, name)(1)
        assert found.dtype == np.float32
        assert np.isfinite(found.detach().numpy()).all()
        (slope,) = autograd.grad(found.sum(), x)
        assert slope.dtype == np.float32
        assert np.isfinite(slope.detach().numpy()).all()


def test_sums_near_the_limit_of_float32_stay_finite():
    x = Tensor(np.full((3, 2), 3e38, np.float32))
    np.testing.assert_array_equal(x.logsumexp(1).detach().numpy(), np.full(3, 3e38, np.float32))


def test_integers_are_refused_unless_a_dtype_is_given():
    x = Tensor([[1, 2], [3, 4]])
    for name in ("softmax", "log_softmax"):
        with pytest.raises(TypeError, match=f"{name}: the tensor must hold floating .* int64"):
            getattr(x, name)(1)
        assert getattr(x, name)(1, dtype=np.float64).dtype == np.float64
    assert x.logsumexp(1).dtype == np.float32


@pytest.mark.parametrize("kind", [Array, Tensor])
def test_dims_are_checked(kind):
    x = kind(np.ones((2, 3)))
    for name in ("softmax", "log_softmax", "logsumexp"):
        with pytest.raises(IndexError, match=f"{name}: dim must lie between -2 and 1"):
            getattr(x, name)(-3)
        with pytest.raises(IndexError, match=f"{name}: dim must lie between -1 and 0"):
            getattr(kind(1.0), name)(1)
    for dim in ((0, 1), None, True):
        with pytest.raises(TypeError, match="softmax: dim must be a whole number, got "):
            x.softmax(dim)


@pytest.mark.parametrize("kind", [Tensor, Array])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_the_logarithms_at_some_positions_are_those_that_gather_picks(kind, scale):
    numbers = scale * np.random.default_rng(0).standard_normal((4, 3))
    index = np.array([[2], [0], [0], [1]])
    x, y = kind(numbers, requires_grad=True), kind(numbers, requires_grad=True)
    picked, gathered = x.log_softmax_at(1, index), y.log_softmax(1).gather(1, index)
    np.testing.assert_allclose(picked.detach().numpy(), gathered.detach().numpy(), rtol=1e-12)
    picked.sum().backward()
    gathered.sum().backward()
    np.testing.assert_allclose(np.asarray(x.grad), np.asarray(y.grad), rtol=1e-12, atol=1e-14)
