"""Formulas are printed as they are meant: what is printed reads back as the same formula."""

import ast
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad.engine import notation
from twingrad.engine.expression import Expression, parse
from twingrad.engine.formula import condition as holds
from twingrad.engine.formula import number
from twingrad.engine.formulas import table

NAMES = ("x", "y1", "w")
OPERATORS = ("+", "-", "*", "/", "**")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
numbers = st.one_of(
    st.integers(0, 12), st.floats(0, 1e12, allow_infinity=False), st.sampled_from([1e-9, 1e300])
)
leaves = st.one_of(numbers.map(repr), st.sampled_from([*NAMES, "pi", "inf"]))


def part(draw: st.DrawFn, depth: int) -> str:
    """An expression with parentheses around every part of it."""
    kind = draw(st.sampled_from(["leaf", *OPERATORS, "+x", "-x", "sin", "exp", "hypot", "if"]))
    if depth == 0 or kind == "leaf":
        return draw(leaves)
    first = part(draw, depth - 1)
    if kind in {"sin", "exp"}:
        return f"{kind}({first})"
    if kind in {"+x", "-x"}:
        return f"{kind[0]}({first})"
    other = part(draw, depth - 1)
    if kind == "hypot":
        return f"hypot({first}, {other})"
    if kind == "if":
        return f"({first}) if ({condition(draw, depth - 1)}) else ({other})"
    return f"({first}) {kind} ({other})"


def condition(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.sampled_from([*COMPARISONS, "chain", "and", "or", "not"]))
    if kind == "not" and depth:
        return f"not ({condition(draw, depth - 1)})"
    if kind in {"and", "or"} and depth:
        return f"({condition(draw, depth - 1)}) {kind} ({condition(draw, depth - 1)})"
    first, other = part(draw, depth // 2), part(draw, depth // 2)
    if kind == "chain":
        return f"({first}) < ({other}) <= ({draw(leaves)})"
    return f"({first}) {kind if kind in COMPARISONS else '=='} ({other})"


@st.composite
def whitelisted(draw: st.DrawFn) -> Expression:
    return parse(part(draw, draw(st.integers(0, 4))))


expressions = whitelisted()
points = st.fixed_dictionaries({name: st.floats(-1e3, 1e3) for name in NAMES})


def same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def decide_by(values: dict[str, float]) -> notation.Decide:
    return lambda test: holds(test, values)


@given(expressions)
def test_what_is_printed_reads_back_as_the_same_tree(expression: Expression) -> None:
    printed = notation.text(expression, {})
    assert ast.dump(parse(printed).tree) == ast.dump(expression.tree)


@given(expressions)
def test_printing_is_settled_after_one_turn(expression: Expression) -> None:
    printed = notation.text(expression, {})
    assert notation.text(parse(printed), {}) == printed


@given(expressions, points)
def test_numbers_in_place_of_names_give_the_same_result(
    expression: Expression, values: dict[str, float]
) -> None:
    written = {name: repr(value) for name, value in values.items()}
    expected = number(expression, values)
    for decide in (None, decide_by(values)):
        printed = notation.text(expression, written, decide)
        assert same(number(parse(printed), {}), expected), printed


@given(expressions, points)
def test_of_a_conditional_only_the_branch_taken_is_shown(
    expression: Expression, values: dict[str, float]
) -> None:
    printed = notation.text(expression, {}, decide_by(values))
    assert " if " not in printed
    latex = notation.latex(expression, {}, decide_by(values))
    assert "cases" not in latex


@given(expressions, points)
def test_latex_is_balanced(expression: Expression, values: dict[str, float]) -> None:
    for names in ({}, {name: notation.number(value) for name, value in values.items()}):
        latex = notation.latex(expression, names)
        assert_balanced(latex)


def assert_balanced(latex: str) -> None:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        depth += 1 if brace == "{" else -1
        assert depth >= 0, latex
    assert depth == 0, latex
    assert len(re.findall(r"\\left(?![a-z])", latex)) == len(re.findall(r"\\right(?![a-z])", latex))
    assert latex.count(r"\begin{cases}") == latex.count(r"\end{cases}")


@pytest.mark.parametrize(
    ("text", "names", "printed"),
    [
        ("a*b", {"a": "6.0", "b": "-2.0"}, "6.0 * (-2.0)"),
        ("a*b", {"a": "-6.0", "b": "2.0"}, "(-6.0) * 2.0"),
        ("a - b", {"a": "1.0", "b": "-2.0"}, "1.0 - (-2.0)"),
        ("a**b", {"a": "-1.0", "b": "-2.0"}, "(-1.0)**(-2.0)"),
        ("-a", {"a": "-1.0"}, "-(-1.0)"),
        ("sin(a)", {"a": "-1.0"}, "sin(-1.0)"),
        ("a < b", {"a": "-1.0", "b": "-2.0"}, "(-1.0) < (-2.0)"),
        ("a / b", {"a": "x + y", "b": "x*y"}, "(x + y) / (x*y)"),
        ("a * b", {"a": "w[0,1]", "b": "1e-09"}, "w[0,1] * 1e-09"),
        ("a - (b - c)", {}, "a - (b - c)"),
        ("(a - b) - c", {}, "a - b - c"),
        ("a / (b * c)", {}, "a / (b * c)"),
        ("a * b / c", {}, "a * b / c"),
        ("a * -b", {}, "a * (-b)"),
        ("-a * b", {}, "-a * b"),
        ("(-a) ** 2", {}, "(-a)**2"),
        ("-a ** 2", {}, "-a**2"),
        ("2 ** 3 ** a", {}, "2**(3**a)"),
        ("(a if b > 0 else c) * 2", {}, "(a if b > 0 else c) * 2"),
        ("a if b > 0 else c if b < 0 else 0", {}, "a if b > 0 else c if b < 0 else 0"),
        ("1 if not (a > 0 and b > 0) else 0", {}, "1 if not (a > 0 and b > 0) else 0"),
        ("sum(a, b, c, d, e, f, g, h, i)", {}, "sum(a, b, c, ..., i)"),
    ],
)
def test_text(text: str, names: dict[str, str], printed: str) -> None:
    assert notation.text(parse(text), names) == printed


def test_a_condition_that_is_not_decided_is_shown() -> None:
    expression = parse("a if b > 0 else (c if d > 0 else 1)")

    def decide(test: Expression) -> bool | None:
        return False if test.variables == ("b",) else None

    assert notation.text(expression, {}, decide) == "c if d > 0 else 1"


@pytest.mark.parametrize(
    ("text", "names", "printed"),
    [
        ("a / (1 + b**2)", {}, r"\frac{a}{1 + b^{2}}"),
        ("(a / b) ** 2", {}, r"\left(\frac{a}{b}\right)^{2}"),
        ("exp(a) ** 2", {}, r"\left(e^{a}\right)^{2}"),
        ("sqrt(a) ** 2", {}, r"\sqrt{a}^{2}"),
        ("a + -b", {}, r"a + \left(-b\right)"),
        ("a - (b + c)", {}, r"a - \left(b + c\right)"),
        ("a * (b + c)", {}, r"a \cdot \left(b + c\right)"),
        ("a * b", {"b": "1e-09"}, r"a \cdot \left(1 \times 10^{-9}\right)"),
        ("a * b", {"a": "-2.0"}, r"\left(-2.0\right) \cdot b"),
        ("alpha * pi", {}, r"\alpha \cdot \pi"),
        ("w12 + min_val", {}, r"w_{12} + \mathrm{min\_val}"),
        ("a", {"a": "-inf"}, r"-\infty"),
        ("a", {"a": "nan"}, r"\mathrm{nan}"),
        ("abs(a) + floor(b)", {}, r"\left|a\right| + \left\lfloor b\right\rfloor"),
        ("gelu_tanh(a)", {}, r"\operatorname{gelu\_tanh}\left(a\right)"),
        ("asin(a)", {}, r"\arcsin\left(a\right)"),
        (
            "1 if a <= 0 else b if a != 1 else 2",
            {},
            r"\begin{cases} 1 & \text{if } a \le 0 \\ b & \text{if } a \ne 1 \\ "
            r"2 & \text{otherwise} \end{cases}",
        ),
    ],
)
def test_latex(text: str, names: dict[str, str], printed: str) -> None:
    assert notation.latex(parse(text), names) == printed


@pytest.mark.parametrize("name", list(table))
def test_latex_of_a_row_is_balanced(name: str) -> None:
    assert_balanced(table[name]._repr_latex_())


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (6, "6.0"),
        (-12.0, "-12.0"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1 / 3, "0.333333"),
        (123456.0, "123456.0"),
        (1234567.0, "1.23457e+06"),
        (1e-9, "1e-09"),
        (5e-324, "4.94066e-324"),
        (0.1 + 0.2, "0.3"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_number(value: float, printed: str) -> None:
    assert notation.number(value) == printed


def test_number_has_as_many_digits_as_asked_for() -> None:
    assert notation.number(math.pi, 3) == "3.14"
    assert notation.number(math.pi, 17) == "3.1415926535897931"


@given(st.floats(allow_nan=False))
def test_number_is_a_float_again(value: float) -> None:
    printed = notation.number(value)
    assert not re.fullmatch(r"-?\d+", printed)
    assert float(notation.number(value, 17)) == value


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        *[(part, part) for part in ("x", "x1", "2.0", "1e-09", "inf", "w[0,1]")],
        *[(part, f"({part})") for part in ("-2.0", "a + b", "-inf", "sin(x)", "x.y", "")],
    ],
)
def test_factors_are_put_in_parentheses(text: str, printed: str) -> None:
    assert notation.parenthesised(text) == printed
