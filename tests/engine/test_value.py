"""Value: what it takes and refuses, its arithmetic, and how it compares, copies and prints."""

import copy
import math
import operator
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twingrad
from twingrad import Array, Value
from twingrad.engine.formulas import table

finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    "number", [3, 3.5, -0.0, Fraction(1, 4), np.float32(0.5), np.int8(3), np.float64(2.0), 1e308]
)
def test_a_leaf_keeps_any_real_number_as_a_float(number):
    value = Value(number)
    assert type(value.data) is float
    assert value.data == float(number)
    assert value.grad is None
    assert value.parents == ()
    assert value.is_leaf
    assert value.requires_grad


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("1.0", "str '1.0'"),
        (b"1", "bytes"),
        (1j, "complex 1j"),
        (True, "bool True"),
        (np.True_, "bool"),
        (None, "NoneType"),
        ([1.0], "list"),
        (np.array([1.0]), "ndarray"),
        (np.array(1.0), "ndarray"),
        (np.complex128(1), "complex128"),
        (Value(1.0), "Value"),
        (object(), "object"),
    ],
)
def test_a_leaf_that_is_not_a_real_number_is_refused(data, kind):
    with pytest.raises(TypeError, match=f"Value: data must be a real number, got {kind}.*: "):
        Value(data)
    leaf = Value(1.0)
    with pytest.raises(TypeError, match="Value: data must be a real number"):
        leaf.data = data
    assert leaf.data == 1.0


def test_an_integer_beyond_the_floats_is_refused():
    with pytest.raises(ValueError, match="must fit a 64-bit float, got int of more than 1023 bits"):
        Value(10**5000)


def test_a_label_must_be_text():
    with pytest.raises(TypeError, match="label must be text, got int 3"):
        Value(1.0, 3)
    x = Value(1.0)
    with pytest.raises(TypeError, match="label must be text, got NoneType None"):
        x.label = None
    assert x.label == ""


@pytest.mark.parametrize("bad", ["a", 1j, True, None, [1.0]])
@pytest.mark.parametrize("operation", [operator.add, operator.mul, operator.truediv, operator.pow])
def test_arithmetic_with_what_is_no_number_is_refused(operation, bad):
    with pytest.raises(TypeError, match="must be a real number, got"):
        operation(Value(1.0), bad)
    with pytest.raises(TypeError, match="must be a real number, got"):
        operation(bad, Value(1.0))


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
@given(a=finite, b=finite)
def test_ordering_compares_the_numbers(compare, a, b):
    assert compare(Value(a), Value(b)) is compare(a, b)
    assert compare(Value(a), b) is compare(a, b)
    assert compare(a, Value(b)) is compare(a, b)


def test_ordering_leaves_arrays_to_compare_their_elements():
    three = Value(3.0)
    assert (three < Array([2.0, 4.0])).tolist() == [False, True]
    assert (three >= np.array([2.0, 4.0])).tolist() == [True, False]


def test_ordering_refuses_what_is_no_number():
    with pytest.raises(TypeError, match="Value < other: other must be a real number, got str 'a'"):
        Value(1.0) < "a"  # noqa: B015


def test_equality_is_identity_so_that_nodes_can_be_keys():
    a, b = Value(1.0), Value(1.0)
    assert a != b
    assert len({a, b, a}) == 2


@pytest.mark.parametrize(
    "operation",
    [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow],
)
@given(a=st.floats(-10, 10), b=st.floats(-10, 10))
def test_operators_agree_with_their_rows_in_every_order(operation, a, b):
    row = {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow"}
    expected = table[row[operation.__name__]](a, b)
    for left, right in [(Value(a), Value(b)), (Value(a), b), (a, Value(b))]:
        result = operation(left, right).data
        assert result == expected or (math.isnan(result) and math.isnan(expected))


@given(a=st.floats(), b=st.floats())
def test_nothing_raises_and_nothing_turns_complex(a, b):
    for row in table.values():
        operands = [Value(x) for x in (a, b, a)[: row.arity[0]]]
        out = row(*operands)
        assert type(out.data) is float
        out.backward()
        assert all(type(x.grad) is float for x in operands)


def test_every_row_is_a_method_that_gives_what_the_row_gives():
    for name, row in table.items():
        numbers = [1.0 if name == "acosh" else 0.3, 0.7, 0.9][: row.arity[0]]
        first, *others = map(Value, numbers)
        method = getattr(Value, name)
        arguments = (numbers[0], others[1]) if name == "where" else others
        start = others[0] if name == "where" else first
        assert method(start, *arguments).data == row(*numbers)


def test_methods_take_their_parameters():
    x = Value(-2.0)
    assert x.leaky_relu(0.1).data == pytest.approx(-0.2)
    assert x.leaky_relu(negative_slope=0.2).data == pytest.approx(-0.4)
    assert x.elu(alpha=2.0).data == pytest.approx(2 * math.expm1(-2))
    assert x.clamp(-1, 1).data == -1.0
    assert x.clamp(max=-3).data == -3.0
    assert x.clamp(min=0).data == 0.0
    assert x.hardtanh(-0.5, 0.5).data == -0.5
    assert x.gelu(approximate="tanh").data == twingrad.gelu_tanh(-2.0)
    assert Value(3.0).where(x > 0, 4.0).data == 4.0
    assert twingrad.where(x < 0, 5.0, x).data == 5.0
    with pytest.raises(ValueError, match="approximate must be 'none' or 'tanh', got 'erf'"):
        x.gelu(approximate="erf")


def test_parents_are_ordered_and_duplicates_are_kept():
    a, b = Value(2.0), Value(3.0)
    assert (a - b).parents == (a, b)
    assert (b - a).parents == (b, a)
    both = a + a
    assert both.parents == (a, a)
    assert both.local_derivatives == (1.0, 1.0)
    assert (a * b).local_derivatives == (3.0, 2.0)


def test_a_number_in_a_formula_is_a_constant_without_a_gradient():
    x = Value(3.0)
    y = x * 2
    y.backward()
    constant = y.parents[1]
    assert (constant.data, constant.requires_grad, constant.label) == (2.0, False, "")
    assert x.grad == 2.0


def test_what_says_that_it_needs_no_gradient_gets_none():
    x, given = Value(3.0), Value(2.0, requires_grad=False)
    (x * given).backward()
    assert given.grad is None


def test_a_gradient_that_is_no_number_is_refused():
    x = Value(1.0)
    with pytest.raises(TypeError, match="Value: grad must be a real number, got str 'x'"):
        x.grad = "x"
    x.grad = 0
    (x * 2).backward()
    assert x.grad == 2.0


def test_it_has_no_subclasses():
    with pytest.raises(TypeError, match="Mine cannot be a subclass of Value"):

        class Mine(Value):
            pass


def test_requires_grad_can_be_switched_at_leaves_only():
    x = Value(3.0)
    x.requires_grad = False
    assert not (x * x).requires_grad
    x.requires_grad = True
    y = x * x
    with pytest.raises(RuntimeError, match=r"can be changed for leaves only, and Value.data=9.0"):
        y.requires_grad = False
    with pytest.raises(TypeError, match="requires_grad must be True or False, got str 'no'"):
        Value(1.0, requires_grad="no")


def test_what_depends_on_constants_only_is_a_constant():
    two = Value(2.0, requires_grad=False)
    four = two * two
    assert (four.data, four.requires_grad, four.parents) == (4.0, False, ())


def test_detach_gives_a_constant_leaf_with_the_same_number():
    x = Value(3.0, label="x")
    still = (x * x).detach()
    assert (still.data, still.requires_grad, still.is_leaf) == (9.0, False, True)
    (still * x).backward()
    assert x.grad == 9.0


@pytest.mark.parametrize(
    "number",
    [np.float64(2.0), np.float32(2.0), np.int64(2), np.int8(2)],
    ids=lambda x: type(x).__name__,
)
def test_numpy_scalars_mix_on_either_side(number):
    x = Value(3.0)
    for result in (x * number, number * x, x + number, number - x, x / number, number**x):
        assert type(result) is Value
    assert (number * x).data == 6.0


def test_numpy_arrays_of_objects_work_element_by_element():
    x = Value(3.0)
    products = np.array([1.0, 2.0]) * x
    assert [p.data for p in products] == [3.0, 6.0]
    assert [p.data for p in x * np.array([1.0, 2.0])] == [3.0, 6.0]
    assert np.dot(np.array([x, x]), np.array([1.0, 2.0])).data == 9.0


def test_a_function_refuses_a_numpy_array_beside_a_value():
    with pytest.raises(TypeError, match="maximum: b must be a real number, got ndarray"):
        Value(1.0).maximum(np.ones(2))


def test_it_prints_its_numbers_and_label():
    x = Value(2.0, label="x")
    assert repr(x) == "Value(data=2.0, grad=None, label='x')"
    (x * x).backward()
    assert repr(x) == "Value(data=2.0, grad=4.0, label='x')"
    assert repr(Value(1)) == "Value(data=1.0, grad=None)"
    assert f"{x:.3f}" == "2.000"
    assert f"{x}" == repr(x)
    assert float(x) == x.item() == int(x) == round(x) == 2.0
    assert round(Value(2.345), 1) == 2.3


def test_leaves_copy_and_pickle_and_graphs_refuse_to():
    x = Value(2.0, label="x", requires_grad=False)
    x.grad = 1.5
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin is not x
        assert (twin.data, twin.grad, twin.label, twin.requires_grad) == (2.0, 1.5, "x", False)
    with pytest.raises(TypeError, match="only leaves can be copied or pickled: use its detach"):
        copy.deepcopy(Value(1.0) * 2)


def test_micrograds_names_are_there():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    assert c._prev == (a, b)
    assert c._op == "*"
    assert (a + b)._op == "+"
    assert c.tanh()._op == "tanh"
    assert a._op == ""
