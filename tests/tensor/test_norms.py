"""Norms, variances and standard deviations, also where they have no derivative of their own."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support.golden import LAYOUTS, check_golden, golden_cases
from twingrad.tensor import Tensor, autograd
from twingrad.testing import gradcheck

matrices = hnp.arrays(np.float64, (3, 4), elements=st.floats(-3, 3))
POWERS = [-2, -1, -inf, 0.5, 1, 1.5, 2, "fro", 3, 4.5, inf]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", golden_cases("reductions", "norms"))
def test_values_and_gradients_are_those_of_pytorch(case, layout):
    check_golden(case, layout)


@pytest.mark.parametrize("dim", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("p", POWERS)
def test_gradients_of_norms_agree_with_differences(p, dim, generator):
    x = generator.uniform(0.5, 2, (3, 2)) * [1, -1]
    gradcheck(lambda x: x.norm(p, dim), x, order=2)
    gradcheck(lambda x: x.norm(p, dim, keepdim=True) * x, x, order=2)


@given(matrices, st.sampled_from([1, 2, 3, inf, -inf, 0, 0.5]))
def test_a_norm_is_numpys_vector_norm(data, p):
    found = Tensor(data).norm(p, 1).detach().numpy()
    np.testing.assert_allclose(found, np.linalg.norm(data, p, axis=1), rtol=1e-12)


@pytest.mark.parametrize("p", [*POWERS, 0])
def test_the_slope_of_a_norm_of_zeros_is_0_also_a_second_time(p):
    x = Tensor(np.zeros((2, 3)), requires_grad=True)
    norm = x.norm(p, 1)
    assert norm.detach().numpy().tolist() == [0, 0]
    if p == 0:
        assert not norm.requires_grad
        return
    (slope,) = autograd.grad(norm.sum(), x, create_graph=True)
    assert not slope.detach().numpy().any()
    if p in (2, 3):
        (again,) = autograd.grad(slope.sum(), x)
        assert not again.detach().numpy().any()


def test_a_nan_makes_a_norm_and_its_gradient_nan():
    x = Tensor([[nan, 1.0], [3.0, 4.0]], requires_grad=True)
    for p in (1, 2, 3, inf):
        norm = x.norm(p, 1)
        assert np.isnan(norm.detach().numpy()).tolist() == [True, False]
        assert np.isnan(autograd.grad(norm.sum(), x)[0].detach().numpy()[0, 0])


def test_norms_keep_float32_and_take_a_dtype():
    x = Tensor(np.ones((2, 2), np.float32), requires_grad=True)
    for p in (*POWERS, 0):
        assert x.norm(p).dtype == x.norm(p, 1).dtype == np.float32
    assert x.norm(dtype=np.float64).dtype == np.float64
    assert autograd.grad(x.norm(dtype=np.float64), x)[0].dtype == np.float32
    assert Tensor([3, 4]).norm(dtype=np.float64).item() == 5.0


def test_norms_that_there_are_not_are_refused():
    x = Tensor([[1.0, 2.0]])
    with pytest.raises(ValueError, match="p must be a number or 'fro', got 'nuc'"):
        x.norm("nuc")
    with pytest.raises(ValueError, match="p must be a number or 'fro', got None"):
        x.norm(None)
    with pytest.raises(TypeError, match=r"norm: the tensor must hold floating .* got dtype int64"):
        Tensor([1, 2]).norm()
    for p in (-1, inf, -inf):
        with pytest.raises(ValueError, match=r"at least one element.* got shape \(0,\)"):
            Tensor([]).norm(p)


@given(matrices, st.sampled_from([None, 0, 1, (0, 1)]), st.sampled_from([0, 1, 0.5]))
def test_a_variance_is_numpys(data, dim, correction):
    x = Tensor(data)
    kwargs = {"axis": dim, "ddof": correction}
    variance = x.var(dim, correction=correction).detach().numpy()
    np.testing.assert_allclose(variance, data.var(**kwargs), atol=1e-12)
    deviation = x.std(dim, correction=correction).detach().numpy()
    np.testing.assert_allclose(deviation, data.std(**kwargs), atol=1e-7)


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("name", ["var", "std"])
def test_gradients_of_variances_agree_with_differences(name, dim, keepdim, generator):
    x = generator.normal(size=(3, 4))
    gradcheck(lambda x: getattr(x, name)(dim, keepdim=keepdim).sin(), x, order=2)
    gradcheck(lambda x: getattr(x, name)(dim, False, keepdim).sin(), x, order=2)


@given(matrices, st.floats(-1e6, 1e6))
def test_a_variance_does_not_feel_where_the_numbers_lie(data, place):
    assume(data.std() > 1e-2)
    x = Tensor(data)
    np.testing.assert_allclose((x + place).var().item(), x.var().item(), rtol=1e-6)


@pytest.mark.parametrize("name", ["var", "std"])
def test_one_element_has_no_variance_and_equal_elements_no_slope(name):
    one = Tensor([3.0], requires_grad=True)
    spread = getattr(one, name)()
    spread.backward()
    assert np.isnan(spread.item())
    assert np.isnan(one.grad.numpy()).all()
    equal = Tensor([3.0, 3.0, 3.0], requires_grad=True)
    spread = getattr(equal, name)()
    spread.backward()
    assert spread.item() == 0
    assert not equal.grad.numpy().any()


def test_a_divisor_is_never_negative():
    assert Tensor([1.0, 2.0]).var(correction=5).item() == inf


def test_unbiased_is_correction_1_and_may_come_first():
    x = Tensor([1.0, 2.0, 4.0])
    assert x.var(False).item() == x.var(unbiased=False).item() == x.var(correction=0).item()
    assert x.std(True).item() == x.std(0, True).item() == x.std().item()
    for name in ("var", "std"):
        with pytest.raises(TypeError, match=f"{name}: give correction or unbiased, got both"):
            getattr(x, name)(unbiased=True, correction=0)
        with pytest.raises(TypeError, match=f"{name}: the tensor must hold floating"):
            getattr(Tensor([1, 2]), name)()
