"""Derivatives of functions of tensors."""

import json
import weakref
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from twingrad import Array, Value, enable_grad, no_grad
from twingrad.engine.structures import leaves_of, mapped
from twingrad.tensor import Tensor, autograd
from twingrad.tensor.transforms import (
    TensorTwin,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)
from twingrad.testing import from_numpy, gradcheck

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "transforms.json").read_text())
TRANSFORMS = {"grad": grad, "jacobian": jacobian, "hessian": hessian}
x = np.array([0.5, -1.5, 2.0])
"""Numbers to differentiate at."""


class Layer(NamedTuple):
    weight: Any
    bias: Any


def tensor(data, **options):
    return Tensor(data, np.float64, **options)


def cube(x):
    return (x**3).sum()


def same(found, expected):
    """Whether two structures are of the same kinds, and hold the same numbers up to rounding."""
    if isinstance(expected, list | tuple):
        assert type(found) is type(expected)
        assert len(found) == len(expected)
        return all(same(*pair) for pair in zip(found, expected, strict=True))
    if isinstance(expected, dict):
        assert type(found) is type(expected)
        assert found.keys() == expected.keys()
        return all(same(found[key], expected[key]) for key in expected)
    if expected is None:
        return found is None
    found = found.detach().numpy() if isinstance(found, Tensor) else found
    expected = np.asarray(expected.detach().numpy() if isinstance(expected, Tensor) else expected)
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    return True


# Values


def test_grad_of_grad_of_grad():
    def total(derivative):
        return lambda x: derivative(x).sum()

    first = grad(cube)
    second = grad(total(first))
    third = grad(total(second))
    assert same(first(tensor(x)), 3 * x**2)
    assert same(second(tensor(x)), 6 * x)
    assert same(third(tensor(x)), np.full(3, 6.0))


def test_value_and_grad_gives_the_value_first():
    value, slope = value_and_grad(cube)(tensor(x))
    assert same(value, (x**3).sum())
    assert same(slope, 3 * x**2)
    assert not value.requires_grad
    assert not slope.requires_grad


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_a_value_of_one_element_keeps_its_shape(shape):
    value, slope = value_and_grad(lambda a: a * a)(tensor(np.full(shape, 3.0)))
    assert same(value, np.full(shape, 9.0))
    assert same(slope, np.full(shape, 6.0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_derivatives_are_of_the_dtype_of_their_argument(dtype):
    a, b = Tensor([1.0, 2.0], dtype), Tensor([3.0, 4.0], "float64")

    def f(a, b):
        return a * a * b

    assert grad(lambda a: f(a, b).sum())(a).dtype == dtype
    assert jacobian(f)(a, b).dtype == dtype
    assert jacobian(lambda s: s * b)(Tensor(2.0, dtype)).dtype == dtype
    assert hessian(lambda a: f(a, b).sum())(a).dtype == dtype
    assert vjp(f, a, b)[1](b)[0].dtype == dtype
    assert hvp(lambda a: f(a, b).sum(), a, b)[1].dtype == dtype
    assert jvp(f, (a, b), (a, b))[1].dtype == "float64"


# Structures

TREES = st.recursive(
    array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, st.none())
        | st.builds(Layer, inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.dictionaries(st.integers(), inner, max_size=2).map(OrderedDict)
    ),
    max_leaves=6,
)


def filled(tree, numbers):
    """A tree of shapes as one of tensors of random numbers."""
    if isinstance(tree, tuple) and all(type(each) is int for each in tree):
        return tensor(numbers.uniform(-2, 2, tree))
    if isinstance(tree, Layer):
        return Layer(*(filled(each, numbers) for each in tree))
    if isinstance(tree, list | tuple):
        return type(tree)(filled(each, numbers) for each in tree)
    if isinstance(tree, dict):
        return type(tree)((key, filled(each, numbers)) for key, each in tree.items())
    return tree


@given(TREES, st.integers(0, 2**32))
def test_derivatives_have_the_structure_of_their_argument(tree, seed):
    argument = filled(tree, np.random.default_rng(seed))

    def f(argument, scale):
        terms = [(leaf * leaf * leaf).sum() * scale for leaf in leaves_of(argument)]
        return sum(terms, start=tensor(0.0))

    scale = tensor(2.0)
    expected = mapped(lambda leaf: 6 * leaf.numpy() ** 2, argument)
    assert same(grad(f)(argument, scale), expected)
    assert same(grad(f, argnums=(0, 1))(argument, scale)[0], expected)
    _, product = hvp(f, (argument, scale), (argument, tensor(0.0)))
    assert same(product[0], mapped(lambda leaf: 12 * leaf.numpy() ** 2, argument))
    if not leaves_of(argument):
        return  # a function must give something to be differentiated
    squares = mapped(lambda leaf: leaf.numpy() ** 2, argument)
    doubled = mapped(lambda leaf: 2 * leaf.numpy() ** 2, argument)

    def squared(argument):
        return mapped(lambda leaf: leaf**2, argument)

    output, pullback = vjp(squared, argument)
    assert same(output, squares)
    assert same(pullback(argument), (doubled,))
    assert same(jvp(squared, (argument,), (argument,)), (squares, doubled))


def test_none_of_a_structure_stays_none():
    slope = grad(lambda p: (p["weight"] * p["weight"]).sum())({"weight": tensor(x), "bias": None})
    assert slope["bias"] is None
    assert same(slope["weight"], 2 * x)


def test_keyword_arguments_are_passed_on():
    assert same(grad(lambda x, *, power: (x**power).sum())(tensor(x), power=2.0), 2 * x)
    assert same(jacobian(lambda x, *, scale: x * scale)(tensor(2.0), scale=tensor(x)), x)


def test_a_position_may_be_named_from_the_end_or_twice():
    found = grad(lambda a, b: (a * b).sum(), argnums=(-1, 0, 1))(tensor(x), tensor(2 * x))
    assert same(found, (x, 2 * x, x))


def test_what_is_given_back_beside_the_output_is_not_differentiated():
    def f(a):
        return (a * a).sum(), {"twice": 2 * a, "text": "as it is"}

    slope, aux = grad(f, has_aux=True)(tensor(x))
    assert same(slope, 2 * x)
    assert same(aux["twice"], 2 * x)
    assert not aux["twice"].requires_grad
    assert aux["text"] == "as it is"
    (value, aux), slope = value_and_grad(f, has_aux=True)(tensor(x))
    assert same((value, slope, aux["twice"]), ((x * x).sum(), 2 * x, 2 * x))
    slope, aux = jacobian(f, has_aux=True)(tensor(x))
    assert same((slope, aux["twice"]), (2 * x, 2 * x))
    value, tangent, aux = jvp(f, tensor(x), tensor(x), has_aux=True)
    assert same((value, tangent, aux["twice"]), ((x * x).sum(), 2 * (x * x).sum(), 2 * x))
    value, pullback, aux = vjp(f, tensor(x), has_aux=True)
    assert same((pullback(1.0), aux["twice"]), ((2 * x,), 2 * x))


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['transform']} {case['function']}")
def test_numbers_and_structures_are_those_of_pytorch(case):
    function = eval(case["function"])
    argnums = tuple(case["argnums"]) if isinstance(case["argnums"], list) else case["argnums"]
    found = TRANSFORMS[case["transform"]](function, argnums)(*map(tensor, case["arguments"]))
    assert same(mapped(lambda leaf: leaf.numpy(), _as_lists(found)), _as_arrays(case["result"]))


def _as_lists(structure):
    """The structure with lists in the place of tuples, as JSON has it."""
    if isinstance(structure, list | tuple):
        return [_as_lists(each) for each in structure]
    if isinstance(structure, dict):
        return {key: _as_lists(each) for key, each in structure.items()}
    return structure


def _as_arrays(structure):
    """The structure with arrays in the place of ``{"array": numbers}``."""
    if isinstance(structure, list):
        return [_as_arrays(each) for each in structure]
    if structure.keys() == {"array", "shape"}:
        return np.array(structure["array"]).reshape(structure["shape"])
    return {key: _as_arrays(each) for key, each in structure.items()}


# Variables of their own


@pytest.mark.parametrize("modes", [(no_grad, enable_grad), (enable_grad, no_grad)])
def test_a_pullback_is_differentiable_under_the_mode_it_is_called_in(modes):
    a, c = tensor(x, requires_grad=True), tensor(x, requires_grad=True)
    outside, inside = modes
    with outside():
        _, pullback = vjp(lambda a: a * a, a)
    with inside():
        (slope,) = pullback(c)
    assert same(slope, 2 * x * x)
    assert slope.requires_grad == (inside is enable_grad)
    if slope.requires_grad:
        slope.sum().backward()
        assert same(c.grad, 2 * x)
        assert a.grad is None  # it was an argument inside no_grad


def test_nested_variables_are_kept_apart():
    one = tensor(1.0)
    assert same(grad(lambda x: x * grad(lambda y: x + y)(one))(one), 1.0)
    assert same(grad(lambda x: x * grad(lambda y: x + y)(x))(one), 1.0)
    assert same(grad(lambda x: grad(lambda y: x * y * y)(x))(tensor(3.0)), 12.0)


def test_an_inner_derivative_may_use_the_outer_variable_without_being_passed_it():
    def outer(inner):
        return grad(lambda x: inner(x) * x)(tensor(3.0))

    one = tensor(1.0)
    assert same(outer(lambda x: grad(lambda y: x * y)(one)), 6.0)
    assert same(outer(lambda x: hessian(lambda y: x * y * y)(one)), 12.0)
    assert same(outer(lambda x: value_and_grad(lambda y: x * y)(one)[0]), 6.0)
    assert same(outer(lambda x: jacobian(lambda y: x * y)(x.detach()).sum()), 6.0)
    assert same(outer(lambda x: jvp(lambda y: x * y, one, one)[1]), 6.0)
    assert same(outer(lambda x: vjp(lambda y: x * y, one)[1](one)[0]), 6.0)
    assert same(outer(lambda x: hvp(lambda y: x * y * y, one, one)[1]), 12.0)


def test_a_result_can_be_differentiated_by_what_the_function_closes_over():
    w = tensor([2.0, 3.0, 4.0], requires_grad=True)
    hidden = w * w
    value, slope = value_and_grad(lambda a: (hidden * a * a).sum())(tensor(x))
    assert value.requires_grad
    slope.sum().backward()  # also through the graph of hidden, which has not been used up
    assert same(w.grad, 4 * w.detach().numpy() * x)


def test_a_result_that_depends_on_nothing_else_is_a_constant():
    w = tensor(x, requires_grad=True)

    def f(a):
        inner = grad(lambda b: (w * a * b * b).sum())(tensor(1.0))  # has a variable of its own
        return (a * a).sum() + w.sum() + 0.0 * inner.detach()

    value, slope = value_and_grad(f)(tensor(x))
    assert value.requires_grad
    assert not slope.requires_grad
    inner = grad(lambda a: grad(lambda b: (a * b * b).sum())(tensor(1.0)))(tensor(x))
    assert not inner.requires_grad
    assert same(inner, np.full(3, 2.0))
    for result in [
        jacobian(cube)(tensor(x)),
        hessian(cube)(tensor(x)),
        *hvp(cube, *2 * [tensor(x)]),
    ]:
        assert not result.requires_grad


def test_arguments_that_require_a_gradient_are_outer_variables():
    a = tensor(x, requires_grad=True)
    slope = grad(cube)(a)
    slope.sum().backward()
    assert same(a.grad, 6 * x)
    a.grad = None
    (pulled,) = vjp(lambda b: b * b, tensor(x))[1](a)
    pulled.sum().backward()
    assert same(a.grad, 2 * x)


def test_results_inside_no_grad_are_constants():
    a = tensor(x, requires_grad=True)
    hidden = a * a
    with no_grad():
        output, pullback = vjp(lambda b: b * hidden, a)
        found = {
            "output": output,
            "vjp": pullback(a)[0],
            "grad": grad(cube)(a),
            "jacobian": jacobian(lambda b: b * hidden)(a),
            "hessian": hessian(cube)(a),
            "jvp": jvp(lambda b: b * hidden, a, a)[1],
            "hvp": hvp(cube, a, a)[1],
        }
    assert not any(each.requires_grad for each in found.values())
    assert same(found["hessian"], np.diag(6 * x))
    assert same(found["jacobian"], np.diag(x * x))
    hidden.sum().backward()
    assert same(a.grad, 2 * x)


def test_what_no_grad_surrounds_is_constant_to_an_outer_derivative():
    def f(a):
        with no_grad():
            slope = grad(cube)(a)
        return (slope * a).sum()

    assert same(grad(f)(tensor(x)), 3 * x**2)


def test_nothing_is_written_to_any_grad():
    a, w = tensor(x, requires_grad=True), tensor(x, requires_grad=True)
    hidden = w * w
    hidden.retain_grad()
    calls = []
    w.register_hook(calls.append)
    hidden.register_hook(calls.append)

    def f(a):
        return (hidden * a * a).sum()

    grad(f)(a)
    hessian(f)(a)
    hvp(f, a, a)
    jvp(f, a, a)
    jacobian(lambda a: a * hidden)(a)
    with no_grad():
        grad(f)(a)
    assert [each.grad for each in (a, w, hidden)] == [None] * 3
    assert calls == []


def test_a_graph_is_freed_with_its_derivative():
    made = []

    def f(a):
        hidden = a * a
        made.append(weakref.ref(hidden))
        return (hidden * hidden).sum()

    a = tensor(x)
    kept = [value_and_grad(f)(a), hessian(f)(a), hvp(f, a, a), jvp(f, a, a), jacobian(f)(a)]
    assert len(kept) == len(made) == 5
    assert [each() for each in made] == [None] * 5


def test_a_function_may_write_into_tensors_of_its_own():
    def f(a):
        buffer = a.clone()
        buffer[0] = 5.0 * a[1]
        buffer *= a
        return buffer.sum()  # 5 a0 a1 + a1**2 + a2**2

    a0, a1, a2 = x
    assert same(grad(f)(tensor(x)), np.array([5 * a1, 5 * a0 + 2 * a1, 2 * a2]))
    assert same(hessian(f)(tensor(x)), np.array([[0.0, 5, 0], [5, 2, 0], [0, 0, 2]]))


def test_an_argument_cannot_be_changed_in_place():
    a = tensor(x)

    def f(a):
        a += 1.0
        return a.sum()

    with pytest.raises(RuntimeError, match="cannot be changed in place"):
        grad(f)(a)
    assert same(a, x)


def test_a_pullback_notices_that_its_primal_was_changed():
    a = tensor(x)
    _, pullback = vjp(lambda a: a * a, a)
    a += 1.0
    with pytest.raises(RuntimeError, match="was changed in place by add_"):
        pullback(a)


# Products with the Jacobian and the Hessian


def test_a_pullback_can_be_called_many_times_and_in_two_ways():
    output, pullback = vjp(lambda a, b: (a * b, [a.sum()]), tensor(x), tensor(2 * x))
    assert same(output, (2 * x * x, [x.sum()]))
    for _ in range(2):
        assert same(pullback(tensor(x), [tensor(1.0)]), (2 * x * x + 1, x * x))
        assert same(pullback((x, [0.1])), (2 * x * x + 0.1, x * x))


FUNCTIONS = {
    "elementwise": lambda a: a.tanh() * a.exp(),
    "to one": lambda a: (a.sin() * a).sum(),
    "to many": lambda a: (a * a).sum() * tensor(np.arange(1.0, 6.0)),
    "outer": lambda a: a.reshape(-1, 1) * a.sin().reshape(1, -1),
    "constant": lambda a: tensor(np.ones(2)),
    "linear": lambda a: a * 3.0,
    "partly constant": lambda a: (a.cos() + 1.0 / (2.0 + a * a)).sum(),
}


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
@given(st.lists(st.floats(-2, 2), min_size=6, max_size=6))
def test_products_agree_with_the_jacobian(f, numbers):
    a, t = np.array(numbers[:3]), np.array(numbers[3:])
    matrix = jacobian(f)(tensor(a)).numpy()
    output, pushed = jvp(f, tensor(a), tensor(t))
    assert same(output, f(tensor(a)))
    assert same(pushed, matrix @ t)
    cotangent = np.cos(np.arange(output.numel())).reshape(output.shape)
    (pulled,) = vjp(f, tensor(a))[1](cotangent)
    assert same(pulled, np.tensordot(cotangent, matrix, output.ndim))


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_products_agree_with_differences(f):
    products = from_numpy(
        lambda a: f(tensor(a)).numpy(),
        vjp=lambda cotangent, a: vjp(f, tensor(a))[1](cotangent)[0].numpy(),
        jvp=lambda t, a: jvp(f, tensor(a), tensor(t))[1].numpy(),
    )
    gradcheck(products, x)


@given(st.lists(st.floats(-2, 2), min_size=6, max_size=6))
def test_hvp_is_the_hessian_times_the_tangents(numbers):
    a, t = np.array(numbers[:3]), np.array(numbers[3:])

    def f(a):
        return (a.sin() * a * a.sum()).sum()

    value, product = hvp(f, tensor(a), tensor(t))
    matrix = hessian(f)(tensor(a)).numpy()
    assert same(value, f(tensor(a)))
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    assert same(product, matrix @ t)


@pytest.mark.parametrize(
    "derivative",
    [
        lambda a, b: grad(lambda a: (a * b * a).sin().sum())(a),
        lambda a, b: jvp(lambda a: (a * b * a).sin(), a, b)[1],
        lambda a, b: jvp(lambda a: (a * a).sin(), a, b)[1],
        lambda a, b: vjp(lambda a: (a * b).sin(), a)[1](b)[0],
        lambda a, b: hvp(lambda a: (a * b * a).sin().sum(), a, b)[1],
        lambda a, b: jacobian(lambda a: (a * b).sin())(a),
        lambda a, b: jacobian(lambda s: (a * b * s).sin())(a.sum()),
    ],
)
def test_derivatives_can_be_differentiated(derivative):
    gradcheck(derivative, x, x[::-1] * 0.7, order=2)


def test_forward_over_reverse_and_reverse_over_forward_give_the_hessian():
    def along(a, k):
        return jvp(grad(cube), a, np.eye(3)[k])[1]

    expected = hessian(cube)(tensor(x)).numpy()
    assert same([along(tensor(x), k) for k in range(3)], list(expected))
    twice = jacobian(jacobian(lambda a: a * a * a))(tensor(x))
    assert twice.shape == (3, 3, 3)
    assert same(twice.sum((0, 1)), 6 * x)


# Jacobians and Hessians


@given(
    array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
    array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3),
)
def test_the_jacobian_has_the_shape_of_the_output_and_that_of_the_argument(rows, columns):
    a, b = tensor(np.ones(rows)), tensor(np.arange(np.prod(columns)).reshape(columns))

    def outer(a, b):
        return a.reshape(*rows, *[1] * len(columns)) * b * b

    by_a, by_b = jacobian(outer, argnums=(0, 1))(a, b)
    assert by_a.shape == rows + columns + rows
    assert by_b.shape == rows + columns + columns
    size = int(np.prod(columns))
    expected = np.zeros((int(np.prod(rows)), size, size))
    expected[:, range(size), range(size)] = 2.0 * np.arange(size)
    assert same(by_b, expected.reshape(rows + columns + columns))


@pytest.mark.parametrize(
    ("inputs", "outputs", "passes"), [(2, 5, 3), (5, 2, 2), (4, 4, 4), (1, 9, 2)]
)
def test_the_jacobian_takes_the_passes_of_its_smaller_side(monkeypatch, inputs, outputs, passes):
    made = []

    def counted(*arguments, **options):
        made.append(1)
        return run(*arguments, **options)

    run = autograd.grad
    monkeypatch.setattr(autograd, "grad", counted)
    matrix = np.arange(1.0, inputs * outputs + 1).reshape(outputs, inputs)
    found = jacobian(lambda a: (tensor(matrix) * a).sum(1))(tensor(np.ones(inputs)))
    assert same(found, matrix)
    assert len(made) == passes


def test_the_hessian_of_several_arguments_comes_in_blocks():
    def f(p, s):
        return (p["a"] * p["a"] * p["b"]).sum() * s

    second = hessian(f, argnums=(0, 1))({"a": tensor([1.0, 2.0]), "b": tensor(3.0)}, tensor(2.0))
    a = np.array([1.0, 2.0])
    mixed = {"a": 6 * a, "b": 5.0}
    by_p = {"a": {"a": 12 * np.eye(2), "b": 4 * a}, "b": {"a": 4 * a, "b": 0.0}}
    assert same(second, ((by_p, mixed), (mixed, 0.0)))


def test_the_hessian_of_a_matrix_has_four_dimensions():
    a = np.arange(6.0).reshape(2, 3)
    second = hessian(lambda a: (a.sum(0) * a.sum(0)).sum())(tensor(a))
    assert same(second, 2 * np.einsum("ik,jl->ijkl", np.ones((2, 2)), np.eye(3)))


def test_an_argument_may_be_given_back_as_it_is_and_twice():
    a, one = tensor(x), np.eye(3)
    assert same(jacobian(lambda a: (a, [a]))(a), (one, [one]))
    assert same(jvp(lambda a: (a, a), a, 2.0 * a), ((x, x), (2 * x, 2 * x)))
    assert same(vjp(lambda a: (a, a), a)[1](a, 3.0 * a), (4 * x,))
    assert same(grad(lambda a: a)(tensor(2.0)), 1.0)


def test_what_does_not_matter_has_slope_zero():
    a = tensor(x)
    assert same(grad(lambda a: tensor(3.0))(a), np.zeros(3))
    assert same(grad(lambda a: a.detach().sum())(a), np.zeros(3))
    assert same(grad(lambda a, b: a.sum(), argnums=1)(a, a), np.zeros(3))
    assert same(hessian(lambda a: a.sum())(a), np.zeros((3, 3)))
    assert same(jacobian(lambda a: [a, tensor(1.0)])(a), [np.eye(3), np.zeros(3)])
    assert same(jvp(lambda a: tensor(1.0), a, a), (1.0, 0.0))
    assert same(hvp(lambda a: tensor(1.0), a, a), (1.0, np.zeros(3)))


# The twins


TWIN_FUNCTIONS = {
    "product": lambda a, b: a * b,
    "powers": lambda a, b: (a * a + 1.0) ** b,
    "waves": lambda a, b: (a * b).sin() + a.tanh() / (b * b + 1.0),
    "kinks": lambda a, b: a.relu() + abs(b) + a.maximum(b),
}


def numbers_of(structure):
    return mapped(lambda leaf: getattr(leaf, "data", leaf), structure)


def on_both(derive, *numbers):
    """What a derivative gives on floats, on Values, and on tensors of float64."""
    tensors = derive(*map(tensor, numbers))
    assert same(tensors, derive(*numbers))
    assert same(tensors, numbers_of(derive(*map(Value, numbers))))


NUMBERS = st.floats(-2, 2, allow_subnormal=False) | st.just(0.0)


@pytest.mark.parametrize("f", TWIN_FUNCTIONS.values(), ids=TWIN_FUNCTIONS)
@given(NUMBERS, NUMBERS)
def test_the_twins_agree_on_numbers(f, a, b):
    on_both(grad(f, argnums=(0, 1)), a, b)
    on_both(value_and_grad(f), a, b)
    on_both(hessian(f, argnums=(0, 1)), a, b)
    on_both(jacobian(lambda a, b: [f(a, b), f(b, a)], argnums=(0, 1)), a, b)
    on_both(lambda a, b: jvp(f, (a, b), (b, a)), a, b)
    on_both(lambda a, b: vjp(f, a, b)[1](a), a, b)
    on_both(lambda a, b: hvp(f, (a, b), (b, a)), a, b)


@pytest.mark.parametrize("f", TWIN_FUNCTIONS.values(), ids=TWIN_FUNCTIONS)
def test_the_twins_agree_on_arrays(f):
    a, b = x, np.array([[1.5], [-0.5]])
    derivatives = [
        grad(lambda a, b: f(a, b).sum(), argnums=(0, 1)),
        hessian(lambda a, b: f(a, b).sum(), argnums=(0, 1)),
        jacobian(f, argnums=(0, 1)),
        lambda a, b: jvp(f, (a, b), (a, b)),
        lambda a, b: vjp(f, a, b)[1](np.arange(6.0).reshape(2, 3)),
        lambda a, b: hvp(lambda a, b: f(a, b).sum(), (a, b), (a, b)),
    ]
    for derive in derivatives:
        expected = derive(a, b)
        assert same(derive(tensor(a), tensor(b)), expected)
        assert same(numbers_of(derive(Array(a), Array(b))), expected)


def test_tensors_anywhere_in_the_arguments_choose_the_tensor_twin():
    constants = {"scale": [tensor(x)]}
    found = grad(lambda a, c: (a * c["scale"][0]).sum())(tensor(2.0), constants)
    assert isinstance(found, Tensor)
    with pytest.raises(TypeError, match="argument 0 must be made of tensors"):
        grad(lambda a, c: (a * c["scale"][0]).sum())(2.0, constants)


# Refusals


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: grad(lambda a: a)(a), r"one floating point tensor .* Tensor tensor.* a sum\(\)"),
        (lambda a: grad(lambda a: 3.0)(a), "must give one floating point tensor .* got float 3.0"),
        (lambda a: grad(lambda a: [a])(a), "must give one floating point tensor .* got list"),
        (lambda a: grad(lambda a: Tensor(3))(a), "must give one floating point tensor .* Tensor"),
        (lambda a: hessian(lambda a: a)(a), "must give one floating point tensor"),
        (lambda a: grad(cube)(Tensor([1, 2])), "argument 0 must .* floating point .* dtype int64"),
        (lambda a: grad(cube)({"a": a, "b": 2.0}), "made of tensors, .* got float 2.0"),
        (lambda a: grad(cube)({"a": a, "b": Value(2.0)}), "made of tensors, .* got Value"),
        (lambda a: grad(cube, argnums=1)(a), "argnums 1 needs 2 positional arguments, got 1"),
        (lambda a: grad(lambda a: a, has_aux=True)(a), r"give a pair \(output, aux\), got Tensor"),
        (lambda a: jacobian(lambda a: [a, 1])(a), "floating point tensors, .* got int 1"),
        (lambda a: jacobian(lambda a: {})(a), "floating point tensors, .* got dict"),
        (lambda a: vjp(lambda a: [a, a], a)[1](a), "cotangents .* a list of 2 was expected"),
        (lambda a: jvp(cube, (a,), (a, a)), "tangents .* a tuple of 1 was expected"),
        (lambda a: vjp(cube, a)[1](Value(1.0)), "cotangent 0 must be a tensor, .* got Value"),
    ],
)
def test_bad_calls_are_refused_with_a_sentence(call, message):
    with pytest.raises(TypeError, match=message):
        call(tensor(x))


def test_directions_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"vjp: cotangent 0 must have the shape \(3,\).* got \(\)"):
        vjp(lambda a: a * a, tensor(x))[1](tensor(1.0))
    with pytest.raises(ValueError, match=r"jvp: tangent 1 must have the shape \(\).* got \(3,\)"):
        jvp(lambda a, b: a * b, (tensor(x), tensor(1.0)), (tensor(x), tensor(x)))


def test_the_twin_is_chosen_by_kind():
    assert TensorTwin([]).is_output(tensor(x))
    assert not TensorTwin([]).is_output(Tensor([1]))
    assert not TensorTwin([]).is_output(Value(1.0))
