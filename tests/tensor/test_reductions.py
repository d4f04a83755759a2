"""Sums, means, counts: many elements to one, with gradients of first and second order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support.golden import LAYOUTS, check_golden, golden_cases
from twingrad.tensor import Tensor, autograd
from twingrad.testing import gradcheck

numbers = st.floats(-5, 5, width=32)
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
DIMS = [None, 0, -1, (0, 1), (1, -3), [2]]


@st.composite
def reduced(draw):
    """An array, some of its dimensions (none or None: all of them), and keepdim."""
    data = draw(hnp.arrays(np.float64, draw(shapes), elements=numbers))
    dims = st.sets(st.integers(0, data.ndim - 1)).map(tuple) if data.ndim else st.just(())
    return data, draw(st.none() | dims), draw(st.booleans())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", golden_cases("reductions", "reductions"))
def test_values_and_gradients_are_those_of_pytorch(case, layout):
    check_golden(case, layout)


@given(reduced())
def test_a_sum_is_numpys_and_its_gradient_goes_to_every_element(call):
    data, dim, keepdim = call
    axis = dim or None
    x = Tensor(data, requires_grad=True)
    total = x.sum(dim, keepdim)
    expected = data.sum(axis=axis, keepdims=keepdim)
    assert total.shape == expected.shape
    np.testing.assert_allclose(total.detach().numpy(), expected)
    weights = np.arange(1.0, expected.size + 1).reshape(expected.shape)
    total.backward(weights)
    kept = weights.reshape(data.sum(axis=axis, keepdims=True).shape)
    np.testing.assert_array_equal(x.grad.numpy(), np.broadcast_to(kept, data.shape))


@given(reduced())
def test_a_mean_is_a_sum_divided_by_the_number_of_elements(call):
    data, dim, keepdim = call
    x = Tensor(data, requires_grad=True)
    mean, total = x.mean(dim, keepdim), x.sum(dim, keepdim)
    assert mean.shape == total.shape
    if data.size:
        count = data.size // total.detach().numpy().size
        np.testing.assert_allclose(
            mean.detach().numpy() * count, total.detach().numpy(), atol=1e-12
        )
        of_mean, of_total = (
            autograd.grad(each.sum(), x)[0].detach().numpy() for each in (mean, total)
        )
        np.testing.assert_allclose(of_mean * count, of_total)


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", DIMS)
@pytest.mark.parametrize("name", ["sum", "mean", "nansum", "nanmean"])
def test_gradients_agree_with_differences(name, dim, keepdim, generator):
    x = generator.normal(size=(2, 3, 2))
    gradcheck(lambda x: getattr(x, name)(dim, keepdim).sin(), x, order=2)


def test_a_gradient_that_stands_for_a_greater_one_is_summed_right(generator):
    x = generator.normal(size=(2, 3, 2))
    gradcheck(lambda x: x.sum(0).sum(), x, order=2)
    gradcheck(lambda x: x.sum(1).mean(0).sum(), x, order=2)
    gradcheck(lambda x: (x.mean(1).sum(0, keepdim=True) * x.sum((0, 1))).mean(), x, order=2)
    gradcheck(lambda x: x.sum(-1).sum(0, keepdim=True).sum(1), x, order=2)


def test_a_sum_of_float32_is_float32_and_one_of_integers_int64():
    for dtype in ("float32", "float64"):
        x = Tensor(np.ones(3, dtype))
        assert x.sum().dtype == x.mean().dtype == x.nanmean().dtype == dtype
        assert x.mean(0, keepdim=True).dtype == dtype
    for dtype in ("int8", "int16", "int32", "int64", "uint8", "bool"):
        x = Tensor(np.ones(3, dtype))
        assert x.sum().dtype == x.nansum(0).dtype == x.count_nonzero().dtype == np.int64
    assert Tensor(np.full(300, 100, np.uint8)).sum().item() == 30_000


def test_a_dtype_is_converted_to_before_the_reduction_and_its_gradient_back():
    x = Tensor(np.ones((2, 2), np.float32), requires_grad=True)
    for reduce in (x.sum, x.mean, x.nansum, x.nanmean):
        total = reduce(dtype=np.float64)
        assert total.dtype == np.float64
        assert autograd.grad(total, x)[0].dtype == np.float32


@pytest.mark.parametrize("name", ["mean", "nanmean"])
def test_means_of_integers_are_refused(name):
    with pytest.raises(TypeError, match=f"{name}: the tensor must hold floating .* got dtype int"):
        getattr(Tensor([1, 2]), name)()
    with pytest.raises(TypeError, match=r"got dtype int64: ask for dtype='float32'"):
        getattr(Tensor([1, 2]), name)(dtype=np.int64)
    assert getattr(Tensor([1, 2]), name)(dtype=np.float32).item() == 1.5


@pytest.mark.parametrize("name", ["sum", "mean", "nansum", "nanmean", "all", "any"])
def test_dims_that_are_not_there_or_named_twice_are_refused(name):
    x = Tensor(np.ones((2, 3)))
    with pytest.raises(IndexError, match=r"dim must lie between -2 and 1 for 2 .* got 2"):
        getattr(x, name)(2)
    with pytest.raises(ValueError, match=r"dim must name each dimension once, got \(0, -2\)"):
        getattr(x, name)((0, -2))
    with pytest.raises(TypeError, match=r"dim must be a whole number, got float 1\.0"):
        getattr(x, name)(1.0)
    with pytest.raises(IndexError, match="got 1"):
        getattr(Tensor(1.0), name)(1)


def test_what_counts_as_true_has_no_gradient():
    x = Tensor([[0.0, float("nan")], [1.0, 0.0]], requires_grad=True)
    for found in (x.all(0), x.any(0), x.count_nonzero(0)):
        assert not found.requires_grad
    assert x.all(0).detach().numpy().tolist() == [False, False]
    assert x.any(0).detach().numpy().tolist() == [True, True]
    assert x.count_nonzero().item() == 2


def test_the_mean_of_nothing_is_nan_and_the_sum_0():
    nothing = Tensor(np.zeros((2, 0)), requires_grad=True)
    assert nothing.sum().item() == 0
    assert np.isnan(nothing.mean(1).detach().numpy()).tolist() == [True, True]
    nothing.mean().backward()
    assert nothing.grad.shape == (2, 0)


def test_a_mean_of_nothing_but_nan_is_nan_and_has_no_slope():
    x = Tensor([[float("nan"), float("nan")], [1.0, float("nan")]], requires_grad=True)
    mean = x.nanmean(1)
    assert np.isnan(mean.detach().numpy()).tolist() == [True, False]
    assert autograd.grad(x.nansum(), x)[0].detach().numpy().tolist() == [[0, 0], [1, 0]]
