"""Typed expressions: the graph they give, the numbers they take, the sentences they refuse with."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad.engine.expression import parse
from twingrad.engine.formula import number as evaluated
from twingrad.engine.typed import assignments, graph, looks_assigned, number


def leaves(root):
    return {node.label: node for node in root.steps().nodes if node.is_leaf and node.label}


def test_a_variable_used_twice_is_one_value():
    root = graph("x*x + x", {"x": 3.0})
    (x,) = leaves(root).values()
    root.backward()
    assert (root.data, x.grad) == (12.0, 7.0)


def test_every_leaf_carries_its_name():
    assert set(leaves(graph("tanh(w*x + b)", {"w": 1.0, "x": 2.0, "b": 3.0}))) == {"w", "x", "b"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a * b", "out"),
        ("out * b", "L"),
        ("out * L", "J"),
        ("out + L + J + y + root", "out1"),
    ],
)
def test_the_root_is_called_out_or_the_next_free_name(text, name):
    assert graph(text, dict.fromkeys(parse(text).variables, 2.0)).label == name


def test_a_variable_alone_is_its_own_root():
    assert graph("x", {"x": 2.0}).label == "x"


def test_what_is_made_of_constants_alone_is_one_constant():
    root = graph("x * (2 + sqrt(4))", {"x": 3.0})
    assert str(root.steps()[0]) == "out = x * 4.0 = 3.0 * 4.0 = 12.0"


@pytest.mark.parametrize(
    ("x", "value", "slope"), [(3.0, 9.0, 6.0), (-3.0, 3.0, -1.0), (0.0, 1.0, 0.0)]
)
def test_conditionals_are_decided_by_the_numbers(x, value, slope):
    root = graph("x**2 if x > 0 else -x if x != 0 and not x > 1 else x*x + 1", {"x": x})
    root.backward()
    assert (root.data, leaves(root)["x"].grad) == (value, slope)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("0 < x < 3", True),
        ("0 < x < 1", False),
        ("x == 2 or 1 / 0 < 0", True),
        ("x >= 2 and x <= 2", True),
        ("not x", False),
        ("tanh(x) - 1", True),
        ("x != x", False),
    ],
)
def test_a_condition_is_true_of_the_numbers_or_not(condition, holds):
    assert graph(f"x * (1 if {condition} else 0)", {"x": 2.0}).data == (2.0 if holds else 0.0)


def test_where_takes_a_condition():
    assert graph("where(x > 1, x*x, 0)", {"x": 2.0}).data == 4.0


def test_arithmetic_follows_ieee_754():
    assert graph("exp(x) / 0", {"x": 1000.0}).data == math.inf
    assert math.isnan(graph("x ** 0.5", {"x": -2.0}).data)


def test_a_variable_may_have_the_name_of_a_function():
    assert graph("2 * exp if exp > 0 else 0", {"exp": 1.5}).data == 3.0
    with pytest.raises(ValueError, match="exp is both a variable and a function in 'exp"):
        graph("exp(exp)", {"exp": 1.0})


def test_variables_may_be_called_like_what_the_generated_code_calls():
    assert graph("build * x", {"build": 2.0, "x": 3.0}).data == 6.0
    root = graph("x if div / x > 1 and pow**2 > 1 else 2 * x", {"div": 4.0, "x": 3.0, "pow": 2.0})
    assert root.data == 3.0


def test_a_choice_may_be_typed_as_a_call_of_where():
    root = graph("where(x > 1 and not x == 2, x, 3 * x)", {"x": 1.5})
    root.backward()
    assert (root.data, root.parents[1].grad) == (1.5, 1.0)
    assert graph("where(x > 1, x, 3 * x)", {"x": 1.0}).data == 3.0


@given(
    x=st.floats(-3, 3),
    text=st.recursive(
        st.sampled_from(["x", "2", "0.5", "pi"]),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(
                lambda parts: f"({' '.join(parts)})"
            ),
            inner.map(lambda part: f"tanh({part})"),
            inner.map(lambda part: f"-({part})"),
            inner.map(lambda part: f"({part} if {part} > 0 else sin({part}))"),
        ),
        max_leaves=8,
    ),
)
def test_the_value_is_that_of_the_expression(x, text):
    wanted = evaluated(parse(f"x*0 + {text}"), {"x": x})
    root = graph(f"x*0 + {text}", {"x": x})
    assert root.data == wanted or (math.isnan(root.data) and math.isnan(wanted))


@pytest.mark.parametrize(
    ("text", "values", "sentence"),
    [
        ("max(x, 0)", {"x": 1.0}, r"'max' \(the nearest is 'maximum'\): known functions are"),
        ("foo(x)", {"x": 1.0}, r"calls the unknown function 'foo'.*: known functions are .*tanh"),
        ("w * x", {"w": 1.0}, r"^x has no value: add x=\.\.\.$"),
        ("w * x + b", {"w": 1.0}, r"^x and b have no value: add x=\.\.\. b=\.\.\.$"),
        ("tanh * 2", {}, r"tanh has no value: .* call the function: tanh\(\.\.\.\)"),
        ("x", {"x": 1.0, "z": 2.0}, "z is given a number but does not occur in 'x'"),
        ("x ^ 2", {"x": 1.0}, r"'\^', which is not a power here: write '\*\*'"),
        ("x +", {"x": 1.0}, "is not a formula"),
        ("", {}, "is not a formula"),
        ("x.real", {"x": 1.0}, "'x.real', which is not allowed"),
        ("f(x)(x)", {"x": 1.0}, r"'f\(x\)\(x\)', which is not allowed"),
        ("x[0]", {"x": 1.0}, "which is not allowed"),
        ("tanh(x=1)", {"x": 1.0}, "calls by position"),
        ("'x'", {}, "which is not allowed"),
        ("tanh(x, x)", {"x": 1.0}, "calls tanh with 2 arguments: tanh takes 1"),
        ("2 + 3", {}, "does not depend on any variable"),
        ("1 if x > 0 else x", {"x": 1.0}, "the branch taken of .* does not depend on any variable"),
        ("x > 0", {"x": 1.0}, "uses the condition 'x > 0' as a number: write"),
        ("(x > 0) * x", {"x": 1.0}, "write '1 if x > 0 else 0'"),
        ("x and x", {"x": 1.0}, "uses the condition 'x and x' as a number"),
        ("x\udcff", {"x": 1.0}, "is not a formula"),
    ],
)
def test_what_is_no_graph_is_refused_with_a_sentence(text, values, sentence):
    with pytest.raises(ValueError, match=sentence):
        graph(text, values)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2.0),
        ("-1", -1.0),
        (" 1e-3 ", 0.001),
        ("1/3", 1 / 3),
        ("pi/2", math.pi / 2),
        ("-inf", -math.inf),
        ("sqrt(2)", math.sqrt(2)),
        ("1/0", math.inf),
        ("1 if 2 > 1 else 0", 1.0),
    ],
)
def test_numbers_may_be_written_as_expressions(text, value):
    assert number(text, "x") == value


def test_nan_is_a_number():
    assert math.isnan(number("nan", "x"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "x has no number behind '='"),
        ("abc", "x must be a number, got 'abc' .*: write a number such as"),
        ("2^3", r"x must be a number, got '2\^3' .*'\^'"),
        ("foo(1)", "x must be a number, got .*unknown function 'foo'"),
        ("1 < 2", "x must be a number, got '1 < 2'"),
        ("1, 2", "x must be a number"),
        ("__import__('os')", "x must be a number"),
    ],
)
def test_what_is_no_number_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        number(text, "x")


def test_assignments_give_numbers_by_name():
    assert assignments(["w=0.8", "b=-1", "x = 1/4"]) == {"w": 0.8, "b": -1.0, "x": 0.25}


def test_a_name_is_normalized_as_in_an_expression():
    # the micro sign is read as the Greek letter, here and in an expression
    values = assignments(["\N{MICRO SIGN}=2"])
    assert graph("\N{MICRO SIGN} * 3", values).data == 6.0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["x"], "'x' is not of the form NAME=VALUE"),
        (["2x=3"], "'2x=3' is not of the form NAME=VALUE"),
        (["=3"], "'=3' is not of the form NAME=VALUE"),
        (["x=1", "x=2"], "'x' is given a number twice, the second time by 'x=2'"),
        (["pi=3"], "'pi', which stands for 3.14159"),
        (["x=1=2"], "x must be a number, got '1=2'"),
    ],
)
def test_what_is_no_assignment_is_refused_with_a_sentence(words, sentence):
    with pytest.raises(ValueError, match=sentence):
        assignments(words)


@pytest.mark.parametrize("word", ["x=1", "x =1", "2x=3", "=3", "b=-1", "x=sqrt(2)", "x=1==2"])
def test_an_equals_sign_of_its_own_makes_an_assignment(word):
    assert looks_assigned(word)


@pytest.mark.parametrize("word", ["x", "x == 2", "x <= 2", "x >= 2", "x != 2", "f(x, a=2)"])
def test_a_comparison_is_no_assignment(word):
    assert not looks_assigned(word)
