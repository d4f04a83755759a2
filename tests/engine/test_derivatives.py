"""Derivatives of functions of numbers, Values and Arrays."""

import math
from collections import OrderedDict
from functools import partial
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twingrad
from twingrad import Array, Value, no_grad
from twingrad.engine.derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp


class Line(NamedTuple):
    slope: Any
    offset: Any


def cube(x):
    return x**3


@given(st.floats(-5, 5))
def test_grad_of_grad_of_grad(x):
    assert grad(cube)(x) == pytest.approx(3 * x**2, abs=1e-12)
    assert grad(grad(cube))(x) == pytest.approx(6 * x, abs=1e-12)
    assert grad(grad(grad(cube)))(x) == pytest.approx(6.0, abs=1e-12)


def test_a_power_has_its_mixed_second_derivative_where_the_exponent_is_0():
    by_base = grad(lambda a, b: a**b)
    assert grad(lambda b: by_base(4.0, b))(0.0) == 0.25
    assert by_base(0.0, 0.0) == 0.0
    assert by_base(5e-324, 0.0) == 0.0


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
    assert hessian(lambda a: (a * a).sum())(np.zeros(0)).shape == (0, 0)


def test_the_hessian_of_lists_comes_in_blocks():
    second = hessian(lambda v, w: v[0] * v[1] * w[0], argnums=(0, 1))([2.0, 3.0], [5.0])
    by_v, mixed = [[0.0, 5.0], [5.0, 0.0]], [[3.0], [2.0]]
    assert second == ((by_v, mixed), ([[3.0, 2.0]], [[0.0]]))
    assert hessian(lambda v: 1.0 * Value(2.0))([]) == []


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
        (lambda: grad(cube, argnums=-2)(1.0), "argnums -2 needs 2 positional arguments, got 1"),
        (
            lambda: grad(cube, has_aux=True)(1.0),
            r"cube must give a pair \(output, aux\), got Value",
        ),
        (lambda: grad(lambda p: p["a"])({"a": "b"}), "grad: argument 0 must be a real number"),
        (lambda: vjp(3.0, 1.0), "function must be callable"),
        (lambda: vjp(lambda x: [x, 3.0], 1.0), "must give Values, .* got float 3.0"),
        (lambda: vjp(lambda x: None, 1.0), "must give Values, .* got NoneType"),
        (lambda: vjp(lambda x: [x, x], 1.0)[1](1.0), "vjp: cotangents .* list of 2 .* got a float"),
        (lambda: vjp(cube, 1.0)[1]("a"), "vjp: cotangent 0 must be a real number"),
        (lambda: jvp(cube, (1.0,), (1.0, 2.0)), "jvp: tangents .* tuple of 1 .* got a tuple of 2"),
        (
            lambda: hvp(lambda p: p["a"] ** 2, {"a": 1.0}, {"b": 1.0}),
            r"a dict with keys \['a'\] was",
        ),
        (lambda: hvp(lambda x: [x], 1.0, 1.0), "must give one Value .* got list"),
        (lambda: jacobian(lambda x: "x")(1.0), "must give Values, .* got str 'x'"),
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


def test_a_direction_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"cotangent 0 must have the shape \(2,\).* got \(3,\)"):
        vjp(lambda a: a * a, np.ones(2))[1](np.ones(3))


def test_the_hessian_inside_no_grad_is_constant():
    with no_grad():
        second = hessian(cube)(Value(2.0))
        block = hessian(lambda a: (a**3).sum())(Array([1.0, 2.0]))
    assert type(second) is Value
    assert second.data == 12.0
    assert not second.requires_grad
    assert block.tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert not block.requires_grad


def test_results_inside_no_grad_are_constants():
    x = Value(2.0)
    with no_grad():
        output, pullback = vjp(cube, x)
        slope = jacobian(cube)(x)
        value, product = hvp(cube, x, 1.0)
        pushed = jvp(cube, x, 1.0)
        (pulled,) = pullback(1.0)
    found = [output, pulled, slope, value, product, *pushed]
    assert [each.data for each in found] == [8.0, 12.0, 12.0, 8.0, 12.0, 8.0, 12.0]
    assert not any(each.requires_grad for each in found)


def test_arguments_may_be_named_tuples_and_dictionaries():
    def f(line):
        return line.slope * 3.0 + line.offset * line.slope

    assert grad(f)(Line(2.0, 5.0)) == Line(8.0, 2.0)
    assert hessian(f)(Line(2.0, 5.0)) == Line(Line(0.0, 1.0), Line(1.0, 0.0))
    slope = grad(lambda p: p["w"][0] * p["w"][1] + p["b"])(OrderedDict(w=(2.0, 3.0), b=1.0))
    assert type(slope) is OrderedDict
    assert slope == {"w": (3.0, 2.0), "b": 1.0}


def test_none_stands_for_nothing():
    assert grad(lambda p: p["w"] ** 2)({"w": 3.0, "b": None}) == {"w": 6.0, "b": None}


class Cubic:
    """A callable that is no function, with attributes of its own."""

    def __init__(self):
        self.__name__ = 3
        self.power = 3

    def __call__(self, x):
        return x**self.power


@pytest.mark.parametrize("derivative", [grad, value_and_grad, jacobian, hessian])
@pytest.mark.parametrize(
    "function", [partial(lambda power, x: x**power, 3), Cubic(), Cubic().__call__, cube]
)
def test_anything_callable_can_be_differentiated(derivative, function):
    derived = derivative(function)
    assert derived(2.0) in (12.0, (8.0, 12.0))
    assert list(signature(derived).parameters) == ["x"]
    assert "power" not in vars(derived)


def test_a_derivative_has_the_name_and_the_text_of_its_function():
    assert grad(cube).__name__ == "cube"
    assert grad(twingrad.tanh).__doc__ == twingrad.tanh.__doc__


def test_what_is_given_back_beside_the_output_is_not_differentiated():
    def f(x):
        return x * x, {"twice": 2.0 * x, "text": "as it is"}

    aux = {"twice": 6.0, "text": "as it is"}
    assert grad(f, has_aux=True)(3.0) == (6.0, aux)
    assert value_and_grad(f, has_aux=True)(3.0) == ((9.0, aux), 6.0)
    assert jacobian(f, has_aux=True)(3.0) == (6.0, aux)
    assert jvp(f, 3.0, 1.0, has_aux=True) == (9.0, 6.0, aux)
    output, pullback, given = vjp(f, 3.0, has_aux=True)
    assert (output, pullback(1.0), given) == (9.0, (6.0,), aux)
    assert grad(lambda x: grad(f, has_aux=True)(x)[1]["twice"])(3.0) == 2.0


def test_a_pullback_can_be_called_many_times():
    output, pullback = vjp(lambda x, y: (x * y, [x + y]), 2.0, 3.0)
    assert output == (6.0, [5.0])
    for _ in range(2):
        assert pullback(1.0, [0.0]) == (3.0, 2.0)
        assert pullback((1.0, [10.0])) == (13.0, 12.0)
    assert pullback(0.0, [0.0]) == (0.0, 0.0)


def test_a_pullback_can_be_differentiated_by_its_cotangents():
    _, pullback = vjp(lambda a: a * a, np.array([1.0, 2.0]))
    matrix = jacobian(lambda c: pullback(c)[0])(np.array([5.0, 7.0]))
    np.testing.assert_array_equal(matrix, [[2.0, 0.0], [0.0, 4.0]])
    weight = Value(3.0)
    (slope,) = vjp(cube, 2.0)[1](weight)
    slope.backward()
    assert weight.grad == 12.0


def test_jvp_can_be_differentiated_by_primals_and_tangents():
    assert grad(lambda x: jvp(cube, x, 1.0)[1])(2.0) == 12.0
    assert grad(lambda t: jvp(cube, 2.0, t)[1])(1.0) == 12.0
    assert grad(lambda x: x * jvp(lambda y: x * y, 5.0, 1.0)[1])(3.0) == 6.0
    pushed = jvp(lambda x: jvp(cube, x, 1.0)[1], 2.0, 1.0)
    assert pushed == (12.0, 12.0)


def test_directions_may_be_values_and_arrays():
    output, tangent = jvp(lambda a: a * a, np.array([1.0, 2.0]), Array([1.0, 10.0]))
    assert type(output) is type(tangent) is Array
    assert tangent.tolist() == [2.0, 40.0]
    output, tangent = jvp(lambda a: a * a, np.array([1.0, 2.0]), [1.0, 10.0])
    assert type(output) is type(tangent) is np.ndarray
    assert type(jvp(cube, 2.0, Value(1.0))[1]) is Value


def test_the_jacobian_has_the_structures_of_the_output_and_of_the_argument():
    def f(v, w):
        return {"product": v[0] * w, "sum": [v[0] + v[1], 4.0 * v[1]]}

    assert jacobian(f)([2.0, 3.0], 5.0) == {"product": [5.0, 0.0], "sum": [[1.0, 1.0], [0.0, 4.0]]}
    both = jacobian(f, argnums=(0, 1))([2.0, 3.0], 5.0)
    assert both["product"] == ([5.0, 0.0], 2.0)
    assert both["sum"] == [([1.0, 1.0], 0.0), ([0.0, 4.0], 0.0)]


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_the_jacobian_of_a_matrix_product_is_the_matrix(rows):
    matrix = np.arange(3.0 * rows).reshape(rows, 3) + 1.0
    np.testing.assert_array_equal(jacobian(lambda x: matrix @ x)(np.ones(3)), matrix)
    by_numbers = jacobian(lambda x: list(matrix @ twingrad.stack(x)))([1.0, 1.0, 1.0])
    assert by_numbers == matrix.tolist()
    mixed = jacobian(lambda x: matrix @ twingrad.stack(x))([1.0, 1.0, 1.0])
    np.testing.assert_array_equal(np.stack(mixed, -1), matrix)


def test_the_jacobian_of_nothing_is_empty():
    assert jacobian(lambda a: a * 2.0)(np.zeros((0, 2))).shape == (0, 2, 0, 2)
    assert jacobian(lambda a: a.sum())(np.zeros(0)).shape == (0,)
    assert jacobian(lambda x: Array(np.zeros(0)) * x)(2.0).shape == (0,)


def test_the_jacobian_of_arrays_of_values_can_be_differentiated():
    x = Array([1.0, 2.0])
    matrix = jacobian(lambda a: a * a)(x)
    assert type(matrix) is Array
    (matrix * [[1.0, 9.0], [9.0, 10.0]]).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 20.0])


@given(st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_hvp_is_the_hessian_times_the_tangents(numbers):
    def f(x, y):
        return (x * y).sin() + x**2 * y

    primals, tangents = tuple(numbers[:2]), tuple(numbers[2:])
    value, product = hvp(f, primals, tangents)
    matrix = np.array(hessian(f, argnums=(0, 1))(*primals))
    np.testing.assert_allclose(product, matrix @ np.array(tangents), atol=1e-12)
    assert value == pytest.approx(math.sin(primals[0] * primals[1]) + primals[0] ** 2 * primals[1])
    assert grad(lambda x: hvp(cube, x, 2.0)[1])(5.0) == 12.0
