"""Running sums and products, and products with zeros among the factors."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import twingrad
from support.golden import LAYOUTS, check_golden, golden_cases
from twingrad.tensor import Tensor, autograd
from twingrad.testing import gradcheck

shapes = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)
arrays = hnp.arrays(np.float64, shapes, elements=st.floats(-3, 3))
RUNNING = {"cumsum": np.cumsum, "cumprod": np.cumprod, "logcumsumexp": np.logaddexp.accumulate}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", golden_cases("reductions", "cumulative"))
def test_values_and_gradients_are_those_of_pytorch(case, layout):
    check_golden(case, layout)


@given(arrays)
def test_running_results_are_numpys(data):
    for dim, (name, running) in itertools.product(range(-data.ndim, data.ndim), RUNNING.items()):
        found = getattr(Tensor(data), name)(dim)
        np.testing.assert_allclose(found.detach().numpy(), running(data, axis=dim), rtol=1e-12)


@given(arrays)
def test_a_product_is_the_last_of_the_running_products(data):
    for dim in range(data.ndim):
        product = Tensor(data).prod(dim)
        np.testing.assert_allclose(product.detach().numpy(), data.prod(axis=dim), rtol=1e-12)
    np.testing.assert_allclose(Tensor(data).prod().item(), data.prod(), rtol=1e-12)


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", [*RUNNING, "prod"])
def test_gradients_agree_with_differences(name, dim, generator):
    x = generator.uniform(-2, 2, (3, 2, 4))
    gradcheck(lambda x: getattr(x, name)(dim).sin(), x, order=2)


@pytest.mark.parametrize("zeros", [(), (0,), (3,), (1, 2), (0, 3), (0, 1, 3), (0, 1, 2, 3)])
@pytest.mark.parametrize("name", ["prod", "cumprod"])
def test_zeros_among_the_factors_have_right_gradients_of_every_order(name, zeros, generator):
    x = generator.uniform(1, 2, (2, 4))
    x[0, list(zeros)] = 0
    gradcheck(lambda x: getattr(x, name)(1), x, order=2)
    slope = twingrad.grad(lambda x: getattr(x, name)(1).sin().sum())
    gradcheck(slope, x, order=2)  # of which the second derivatives are the third ones
    if name == "prod":
        gradcheck(lambda x: x.prod(), x, order=2)
        gradcheck(lambda x: x.prod(0, keepdim=True), x, order=2)


def test_the_derivative_by_one_zero_is_the_product_of_the_others():
    x = Tensor([0.0, 2.0, 5.0], requires_grad=True)
    (slope,) = autograd.grad(x.prod(), x, create_graph=True)
    assert slope.detach().numpy().tolist() == [10, 0, 0]
    (again,) = autograd.grad(slope.sum(), x)
    assert again.detach().numpy().tolist() == [7, 5, 2]


def test_a_product_that_underflows_keeps_its_slopes():
    x = Tensor([1e-200, 1e-200, 3.0], requires_grad=True)
    x.prod().backward()
    assert x.grad.numpy()[:2] == pytest.approx([3e-200, 3e-200])


def test_all_elements_are_multiplied_with_every_dimension_kept():
    x = Tensor(np.full((2, 3), 2.0), requires_grad=True)
    product = x.prod(keepdim=True)
    assert product.shape == (1, 1)
    product.sum().backward()
    assert x.grad.numpy().tolist() == [[32.0] * 3] * 2


def test_long_running_sums_of_float32_lose_no_digits():
    x = Tensor(np.full(100_000, 0.1, np.float32))
    last = x.cumsum(0).detach().numpy()[-1]
    assert last.dtype == np.float32
    assert last == pytest.approx(10_000, rel=1e-6)


def test_logarithms_of_running_sums_do_not_overflow():
    x = Tensor([1e4, 1e4, -1e4, 2e4], requires_grad=True)
    running = x.logcumsumexp(0)
    np.testing.assert_allclose(
        running.detach().numpy(), [1e4, 1e4 + np.log(2), 1e4 + np.log(2), 2e4]
    )
    running.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [2, 1, 0, 1], rtol=1e-3)


@pytest.mark.parametrize("name", ["cumsum", "cumprod", "prod"])
def test_integers_and_bools_give_int64_and_a_dtype_is_converted_to(name):
    for dtype in ("bool", "uint8", "int32"):
        assert getattr(Tensor(np.ones(3, dtype)), name)(0).dtype == np.int64
    x = Tensor(np.ones(3, np.float32), requires_grad=True)
    wide = getattr(x, name)(0, dtype=np.float64)
    assert wide.dtype == np.float64
    assert autograd.grad(wide.sum(), x)[0].dtype == np.float32
    assert getattr(x, name)(0).dtype == np.float32
    assert getattr(Tensor([7]), name)(-1).dtype == np.int64


def test_dims_and_dtypes_are_checked():
    x = Tensor(np.ones((2, 3)))
    for name in (*RUNNING, "prod"):
        with pytest.raises(IndexError, match=f"{name}: dim must lie between -2 and 1"):
            getattr(x, name)(2)
        with pytest.raises(TypeError, match=f"{name}: dim must be a whole number"):
            getattr(x, name)((0, 1))
        with pytest.raises(IndexError, match=f"{name}: dim must lie between -1 and 0"):
            getattr(Tensor(1.0), name)(1)
    with pytest.raises(TypeError, match="logcumsumexp: the tensor must hold floating"):
        Tensor([1, 2]).logcumsumexp(0)


@pytest.mark.parametrize("name", [*RUNNING, "prod"])
def test_an_element_alone_is_its_own_total(name):
    x = Tensor(2.5, requires_grad=True)
    total = getattr(x, name)(-1)
    assert total.item() == 2.5
    total.backward()
    assert x.grad.item() == 1
    total = total.detach()
    total += 1
    assert x.item() == 2.5
