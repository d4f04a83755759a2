"""Whole parts, remainders, repairs of nan: values of PyTorch, slopes of steps."""

import operator
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support.golden import LAYOUTS, check_golden, golden_cases
from twingrad.tensor import Tensor, autograd
from twingrad.testing import gradcheck

arrays = hnp.arrays(np.float64, (3,), elements=st.floats(-100, 100))
divisors = hnp.arrays(
    np.float64, (2, 1), elements=st.floats(-10, 10).filter(lambda b: abs(b) > 0.1)
)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", golden_cases("reductions", "rounding"))
def test_values_and_gradients_are_those_of_pytorch(case, layout):
    check_golden(case, layout)


@given(arrays, divisors)
def test_whole_parts_and_remainders_are_numpys(a, b):
    x, y = Tensor(a), Tensor(b)
    np.testing.assert_array_equal((x % y).detach().numpy(), np.remainder(a, b))
    np.testing.assert_array_equal((x // y).detach().numpy(), np.floor_divide(a, b))
    np.testing.assert_array_equal(x.fmod(y).detach().numpy(), np.fmod(a, b))
    np.testing.assert_array_equal(x.ceil().detach().numpy(), np.ceil(a))
    np.testing.assert_array_equal(x.trunc().detach().numpy(), np.trunc(a))
    np.testing.assert_array_equal(x.round(decimals=1).detach().numpy(), np.round(a, 1))
    np.testing.assert_array_equal(
        (x.trunc() + x.frac()).detach().numpy(), np.trunc(a) + (a - np.trunc(a))
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a % b * a,
        lambda a, b: a.remainder(b) * b,
        lambda a, b: a.fmod(b) * a,
        lambda a, b: a // b * a * b,
        lambda a, b: 7.3 % b + a % 0.7,
        lambda a, b: a.frac() * a + a.ceil() * b,
        lambda a, b: a.trunc() * a + b.round() * b,
    ],
)
def test_gradients_agree_with_differences(function):
    gradcheck(function, np.array([[5.3, -5.4, 1.2]]), np.array([[2.2], [-1.7]]), order=2)


@pytest.mark.parametrize("name", ["ceil", "trunc", "round"])
def test_a_step_has_slope_0_whatever_it_is_multiplied_with(name):
    x = Tensor([1.5, -0.25], requires_grad=True)
    (slope,) = autograd.grad((getattr(x, name)() * inf).sum(), x, create_graph=True)
    assert slope.detach().numpy().tolist() == [0, 0]


def test_a_quotient_rounded_down_has_slope_0_by_both():
    a, b = Tensor([5.0, 7.0], requires_grad=True), Tensor([[2.0], [3.0]], requires_grad=True)
    slopes = autograd.grad((a // b).sum(), (a, b))
    assert [slope.shape for slope in slopes] == [(2,), (2, 1)]
    assert not any(slope.detach().numpy().any() for slope in slopes)


def test_whole_numbers_are_rounded_already_and_copied():
    x = Tensor([1, -2])
    for name in ("ceil", "trunc", "round", "nan_to_num"):
        found = getattr(x, name)()
        assert found.dtype == np.int64
        assert found.detach().numpy().tolist() == [1, -2]
        found += 1
    assert x.detach().numpy().tolist() == [1, -2]
    with pytest.raises(TypeError, match="frac: the tensor must hold floating"):
        x.frac()


def test_decimals_may_be_negative():
    assert Tensor([125.0, 1349.0]).round(decimals=-2).detach().numpy().tolist() == [100, 1300]


def test_dtypes_are_promoted_and_kept():
    x = Tensor(np.array([5, 7], np.float32))
    for found in (
        x % 2,
        x // 2.5,
        x.fmod(Tensor([2, 3])),
        7 % x,
        x.ceil(),
        x.frac(),
        x.nan_to_num(),
    ):
        assert found.dtype == np.float32
    assert (Tensor([5]) % 2).dtype == (7 // Tensor([5])).dtype == np.int64
    assert (Tensor([5]) % 2.5).dtype == np.float32


@pytest.mark.parametrize("divide", [operator.mod, operator.floordiv, Tensor.fmod])
def test_integers_are_not_divided_by_0_and_bools_not_at_all(divide):
    with pytest.raises(ZeroDivisionError, match=r"must not be 0, got dtype int64 .* float\(\)"):
        divide(Tensor([1, 2]), Tensor([1, 0]))
    with pytest.raises(TypeError, match="operands must be numbers, got tensors of bools"):
        divide(Tensor([True]), Tensor([True]))
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\) do not broadcast"):
        divide(Tensor([1.0, 2.0]), Tensor([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match=r"a number must fit the dtype int8 .* got 1000"):
        divide(Tensor(np.array([1], np.int8)), 1000)
    with pytest.raises(TypeError, match="data must be real numbers"):
        divide(Tensor([1.0]), "2")


def test_repaired_numbers_have_no_slope_and_the_others_slope_1():
    x = Tensor([1.5, nan, inf, -inf], requires_grad=True)
    repaired = x.nan_to_num(nan=7, neginf=-3)
    assert repaired.detach().numpy().tolist() == [1.5, 7, np.finfo(np.float32).max, -3]
    assert autograd.grad(repaired.sum(), x)[0].detach().numpy().tolist() == [1, 0, 0, 0]
