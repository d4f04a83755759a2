"""grad, value_and_grad and hessian of plain functions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad import Array, Value, grad, hessian, no_grad, value_and_grad


def cube(x):
    return x**3


@given(st.floats(-5, 5))
def test_grad_of_grad_of_grad(x):
    assert grad(cube)(x) == pytest.approx(3 * x**2, abs=1e-12)
    assert grad(grad(cube))(x) == pytest.approx(6 * x, abs=1e-12)
    assert grad(grad(grad(cube)))(x) == pytest.approx(6.0, abs=1e-12)


def test_numbers_in_are_numbers_out_and_values_in_are_values_out():
    assert type(grad(cube)(2)) is float
    x = Value(2.0)
    slope = grad(cube)(x)
    assert type(slope) is Value
    slope.backward()
    assert x.grad == 12.0


def test_it_does_not_write_to_what_it_is_given():
    x = Value(2.0)
    grad(cube)(x)
    assert x.grad is None
    closed_over = Value(3.0)
    grad(lambda x: x * closed_over)(2.0)
    assert closed_over.grad is None


def test_nested_variables_are_kept_apart():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x + y)(x))(1.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(3.0) == 12.0  # d/dx (2 * x * x)


def test_an_inner_derivative_may_use_the_outer_variable_without_being_passed_it():
    assert grad(lambda x: x * grad(lambda y: x * y)(1.0))(1.0) == 2.0
    assert grad(lambda x: hessian(lambda y: x * y * y)(1.0) + 0 * x)(3.0) == 2.0
    assert grad(lambda x: value_and_grad(lambda y: x * y)(5.0)[0])(2.0) == 5.0
    closed_over = Value(3.0)
    assert type(grad(lambda x: closed_over * x)(2.0)) is float
    w = np.array([1.0, 2.0])
    assert grad(lambda x: x * grad(lambda w: (w * w * x).sum())(w)[0])(3.0) == 12.0
    assert grad(lambda x: x * hessian(lambda w: (w * w * x).sum())(w)[0, 0])(3.0) == 12.0


def test_several_arguments_and_the_forms_they_have():
    def f(w, x):
        return w[0] * x + w[1]

    assert grad(f)([3.0, 1.0], 5.0) == [5.0, 1.0]
    assert grad(f, argnums=1)((3.0, 1.0), 5.0) == 3.0
    assert grad(f, argnums=(0, 1))((3.0, 1.0), 5.0) == ((5.0, 1.0), 3.0)
    assert grad(f, argnums=-1)((3.0, 1.0), 5.0) == 3.0
    assert value_and_grad(f)([3.0, 1.0], 5.0) == (16.0, [5.0, 1.0])


def test_keyword_arguments_are_passed_on():
    assert grad(lambda x, power=2: x**power)(3.0, power=3) == 27.0


def test_arrays_in_are_arrays_out():
    slope = grad(lambda a: (a * a).sum())(np.array([[1.0, 2.0]]))
    assert type(slope) is np.ndarray
    np.testing.assert_array_equal(slope, [[2, 4]])
    slope = grad(lambda a: (a * a).sum())(Array([1.0, 2.0]))
    assert type(slope) is Array
    assert slope.tolist() == [2.0, 4.0]


def test_what_does_not_matter_has_slope_zero():
    assert grad(lambda x: Value(3.0))(1.0) == 0.0
    assert grad(lambda v: v[0] * 2)([1.0, 5.0]) == [2.0, 0.0]
    assert grad(grad(lambda x: x * 3.0))(1.0) == 0.0


def test_it_works_inside_no_grad():
    with no_grad():
        assert grad(cube)(2.0) == 12.0


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_the_hessian_is_the_matrix_of_second_derivatives(x, y):
    def f(v):
        return (v[0] * v[1]).sin() + v[0] ** 2

    a, b = math.cos(x * y), math.sin(x * y)
    expected = [[2 - y * y * b, a - x * y * b], [a - x * y * b, -x * x * b]]
    np.testing.assert_allclose(hessian(f)([x, y]), expected, atol=1e-12)
    np.testing.assert_allclose(hessian(f)(np.array([x, y])), expected, atol=1e-12)


def test_the_hessian_of_one_number_and_of_several_arguments():
    assert hessian(cube)(2.0) == 12.0
    assert hessian(lambda x, y: x * x * y, argnums=(0, 1))(3.0, 2.0) == ((4.0, 6.0), (6.0, 0.0))
    second = hessian(lambda a: (a * a * a).sum())(Array([1.0, 2.0]))
    assert second.tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert hessian(lambda x: x * 2.0)(1.0) == 0.0
    mixed = hessian(lambda a, y: (a * y).sum(), argnums=(0, 1))(Array([1.0, 2.0]), 2.0)
    assert mixed[0][1].tolist() == [1.0, 1.0]
    assert mixed[1][0].tolist() == [1.0, 1.0]
    assert hessian(lambda a: (a * a).sum())(np.zeros(0)).shape == (0,)


def test_the_hessian_of_rosenbrock_at_its_minimum():
    def rosenbrock(v):
        return (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2

    assert hessian(rosenbrock)([1.0, 1.0]) == [[802.0, -400.0], [-400.0, 200.0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: grad(lambda x: 3.0)(1.0), "must give one Value .* got float 3.0"),
        (lambda: grad(lambda x: [x])(1.0), "must give one Value .* got list"),
        (lambda: grad(3.0), "function must be callable, got float 3.0"),
        (lambda: grad(cube, argnums="x"), "argnums must be the position of an argument"),
        (lambda: grad(cube, argnums=()), "argnums must be the position of an argument"),
        (lambda: grad(cube, argnums=1)(1.0), "argnums 1 needs 2 positional arguments, got 1"),
        (lambda: grad(cube)("a"), "must be a real number, got str 'a'"),
        (lambda: hessian(lambda a: a)(np.ones(2)), "must give one Value .* got Array"),
    ],
)
def test_bad_calls_are_refused_with_a_sentence(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_what_no_grad_surrounds_is_constant_to_an_outer_derivative():
    def f(x):
        with no_grad():
            y = grad(lambda s: s**3)(x)
        return y * x

    assert grad(f)(2.0) == 12.0
    with no_grad():
        value, slope = value_and_grad(lambda s: s**2)(Value(3.0))
    assert (value.data, slope.data) == (9.0, 6.0)
    assert not value.requires_grad
    assert not slope.requires_grad
