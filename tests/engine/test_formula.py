"""Rows of one's own: what is declared works everywhere, what is refused leaves no trace."""

import copy
import math
import pickle
import re
from collections.abc import Iterator

import pytest

import twingrad
from twingrad import Value, formula
from twingrad.engine.formulas import table


@pytest.fixture(autouse=True)
def library_table() -> Iterator[None]:
    """No test leaves rows behind, and no refusal does."""
    before = dict(table)
    yield
    for row in reversed([row for name, row in table.items() if name not in before]):
        row.remove()
    assert dict(table) == before


def refused(match: str, *arguments: object, error: type[Exception] = ValueError, **named) -> None:
    before = dict(table)
    with pytest.raises(error, match=match):
        formula(*arguments, **named)
    assert dict(table) == before


def second_derivative(row, x: float) -> float:
    leaf = Value(x)
    row(leaf).backward(create_graph=True)
    slope, leaf.grad = leaf.grad, None
    slope.backward()
    return leaf.grad


def test_a_row_of_ones_own_is_a_function_of_floats_and_values() -> None:
    cube = formula("cube", "x", "x**3", "3 * x**2")
    assert cube(2) == 8.0
    x = Value(2.0)
    y = cube(x)
    y.backward()
    assert (y.data, x.grad) == (8.0, 12.0)
    assert second_derivative(cube, 2.0) == 12.0
    assert table["cube"] is cube


def test_it_can_be_called_in_another_row_and_in_its_own_partials() -> None:
    half = formula("gauss", "x", "exp(-0.5 * x * x)", "-x * gauss(x)")
    wave = formula("wave", "x", "gauss(x) * cos(x)", "-x * out - gauss(x) * sin(x)")
    assert half.linearize(0.5)[1][0] == pytest.approx(-0.5 * math.exp(-0.125))
    x = 0.7
    assert wave(x) == pytest.approx(math.exp(-0.5 * x * x) * math.cos(x))
    gauss = math.exp(-0.5 * x * x)
    expected = gauss * ((x * x - 2) * math.cos(x) + 2 * x * math.sin(x))
    assert second_derivative(wave, x) == pytest.approx(expected, rel=1e-12)
    assert second_derivative(half, x) == pytest.approx((x * x - 1) * gauss, rel=1e-12)


def test_defaults_stand_in_for_arguments() -> None:
    scaled = formula("scaled", "x, by=1/2, plus=-3", "x * by + plus", "by ; x ; 1")
    assert scaled.signature == "x, by=0.5, plus=-3"
    assert scaled(4.0) == -1.0
    assert scaled(4.0, plus=1) == 3.0
    assert scaled.arity == (1, 3)


@pytest.mark.parametrize(
    ("positional", "named"),
    [((), {}), ((1, 2, 3), {}), ((1,), {"x": 2}), ((1,), {"z": 2}), ((), {"y": 1})],
)
def test_calls_with_the_wrong_arguments_are_refused(positional: tuple, named: dict) -> None:
    sloped = formula("sloped", "x, y=2", "x * y", "y ; x")
    with pytest.raises(TypeError, match=r"^sloped takes \(x, y=2\), got .*: pass each argument"):
        sloped(*positional, **named)


def test_a_branch_is_taken_by_the_number() -> None:
    parts = formula("parts", "x", "x if x > 0 else 2 * x", "1 if x > 0 else 2", kinks="x")
    for x, slope in ((1.5, 1.0), (-1.5, 2.0), (0.0, 2.0)):
        leaf = Value(x)
        parts(leaf).backward()
        assert leaf.grad == slope


def test_constants_follow_ieee_in_every_derivative() -> None:
    powers = formula("powers", "x", "(-2) ** 2 * x * x", "(-2) ** 2 * 2 * x + 0 * (1 / 4)")
    assert powers(3) == 36.0
    assert second_derivative(powers, 3.0) == 8.0
    undefined = formula("undefined", "x", "x * (0 / 0)", "(-8) ** (1 / 3)")
    leaf = Value(1.0)
    undefined(leaf).backward(create_graph=True)
    assert math.isnan(undefined(1.0))
    assert math.isnan(float(leaf.grad))


@pytest.mark.parametrize(
    "name",
    ["", "2x", "a b", "a.b", "out", "if", "lambda", "None", "__debug__", "\uff43ube", 5, None],
)
def test_names_that_are_none_are_refused(name: object) -> None:
    refused(
        rf"^formula name must be a Python name other than 'out', got {re.escape(repr(name))}: "
        "choose one such as 'cube'$",
        *(name, "x", "x", "1"),
    )


@pytest.mark.parametrize("name", ["tanh", "mul", "relu"])
def test_names_of_the_library_are_taken(name: str) -> None:
    refused(
        rf"^formula '{name}' is in the table \({name} \| .*\) already: choose another name$",
        *(name, "x", "x", "1"),
    )


@pytest.mark.parametrize("name", ["pi", "inf"])
def test_names_of_constants_are_taken(name: str) -> None:
    refused(f"^formula '{name}' is a constant already: choose another", name, "x", "x", "1")


def test_a_name_is_taken_until_its_row_is_removed() -> None:
    first = formula("cube", "x", "x**3", "3 * x**2")
    refused("another name, or call its remove\\(\\) first$", "cube", "x", "x*x*x", "3 * x * x")
    first.remove()
    second = formula("cube", "x", "x*x*x", "3 * x * x")
    assert table["cube"] is second
    with pytest.raises(ValueError, match="'cube' cannot be removed: only rows added with"):
        first.remove()
    second.remove()
    with pytest.raises(ValueError, match=r"cannot be removed: .*, once$"):
        second.remove()
    assert first(2.0) == 8.0


@pytest.mark.parametrize("name", ["tanh", "where", "add"])
def test_rows_of_the_library_stay(name: str) -> None:
    with pytest.raises(ValueError, match=f"formula '{name}' cannot be removed: only rows added"):
        table[name].remove()
    assert name in table


def test_a_row_that_another_one_calls_stays() -> None:
    inner = formula("inner", "x", "x * x", "2 * x")
    outer = formula("outer", "x", "exp(inner(x))", "out * 2 * x")
    with pytest.raises(
        ValueError, match="'inner' cannot be removed: 'outer' calls it: remove 'out"
    ):
        inner.remove()
    outer.remove()
    inner.remove()
    with pytest.raises(LookupError, match="formula 'inner' is not in the table: declare it with"):
        outer(1.0)


@pytest.mark.parametrize(
    "arguments",
    [
        *("", " ", "1", "x,,y", "x y", "*x", "x, *y", "**x", "x, /", "*, x", "x, x", "x=1, y"),
        *("out", "x, pi", "inf", "if", "__debug__", "x: 0 #", "x: lambda y", "x=1: 0, lambda y"),
        *("x=y", "x=sin(y)", "x\0", "x.y", "(x, y)", "x=", "x:=1", "a" + "(" * 500),
        *(5, None, ["x"]),
    ],
)
def test_arguments_that_are_none_are_refused(arguments: object) -> None:
    refused(
        r"^formula 'cube': arguments must be Python names other than out, pi and inf, separated "
        r"by commas, with numbers as defaults, got .*: write for example 'x, slope=0\.01'$",
        *("cube", arguments, "1", "1"),
    )


@pytest.mark.parametrize("default", ["'a'", "None", "True", "[1]", "1j", "lambda: 0"])
def test_defaults_that_are_no_numbers_are_refused(default: str) -> None:
    refused("^formula 'cube': (default of 'x'|arguments must)", "cube", f"x={default}", "x", "1")


@pytest.mark.parametrize(
    ("match", "arguments", "named"),
    [
        (r"value 'x\+' is not a formula", ("x", "x+", "1"), {}),
        (r"value 'x\.y' holds 'x\.y', which is not allowed", ("x", "x.y", "1"), {}),
        (r"value 'y' uses the unknown name 'y': known names are x, pi, inf", ("x", "y", "1"), {}),
        (r"value 'out' uses the unknown name 'out'", ("x", "out", "1"), {}),
        (r"value 'foo\(x\)' calls the unknown function 'foo'", ("x", "foo(x)", "1"), {}),
        (r"value 'sin\(\)' calls sin with 0 arguments: sin takes 1", ("x", "sin()", "1"), {}),
        (r"value 'cube\(x\)' calls itself: write it with", ("x", "cube(x)", "1"), {}),
        (r"value '1 \+ cube\(x - 1\)' calls itself", ("x", "1 + cube(x - 1)", "1"), {}),
        (r"the condition 'x > 0' as a number: write '1 if x > 0 else 0'", ("x", "x > 0", "0"), {}),
        (r"the condition 'x == 1' as a number", ("x", "x", "1 + (x == 1)"), {}),
        (r"must hold one derivative per argument \(x, y\), got 1", ("x, y", "x * y", "y"), {}),
        (r"partials must hold one derivative per argument \(x\), got 2", ("x", "x", "1 ; 1"), {}),
        (r"partials must hold one derivative per argument \(x\), got 0", ("x", "x", ""), {}),
        (r"partials must hold one derivative per argument \(x\), got 0", ("x", "x", []), {}),
        (r"partials '' is not a formula", ("x, y", "x * y", "y ; "), {}),
        (r"partial 'z' uses the unknown name 'z': known names are x, out, pi", ("x", "x", "z"), {}),
        (r"partial 'cube\(x, x\)' calls cube with 2 arguments", ("x", "x", "cube(x, x)"), {}),
        (r"domain 'y > 0' uses the unknown name 'y'", ("x", "x", "1"), {"domain": "y > 0"}),
        (r"domain 'x = 0' is not a formula", ("x", "x", "1"), {"domain": "x = 0"}),
        (r"kinks 'out' uses the unknown name 'out'", ("x", "x", "1"), {"kinks": "x ; out"}),
        (r"kinks '\[x\]' holds '\[x\]', which is not", ("x", "x", "1"), {"kinks": "x ; [x]"}),
        (r"'sin' is both an argument and a function that it", ("sin", "sin(sin)", "1"), {}),
        (r"'sin' is both an argument", ("sin", "sin", "1"), {"domain": "sin(sin) > 0"}),
    ],
)  # fmt: skip
def test_rows_that_are_wrong_are_refused(match: str, arguments: tuple, named: dict) -> None:
    refused(f"^formula 'cube': .*{match}", "cube", *arguments, **named)


@pytest.mark.parametrize(
    ("what", "arguments", "named"),
    [
        ("value", ("x", 3, "1"), {}),
        ("value", ("x", None, "1"), {}),
        ("partials", ("x", "x", 1), {}),
        ("partials", ("x", "x", [1]), {}),
        ("partials", ("x", "x", None), {}),
        ("domain", ("x", "x", "1"), {"domain": 0}),
        ("kinks", ("x", "x", "1"), {"kinks": 5}),
        ("kinks", ("x", "x", "1"), {"kinks": [5]}),
        ("note", ("x", "x", "1"), {"note": 5}),
        ("reference", ("x", "x", "1"), {"reference": b"paper"}),
    ],
)
def test_what_is_not_text_is_refused(what: str, arguments: tuple, named: dict) -> None:
    match = f"^formula 'cube': {what} must be text.*, got (int|NoneType|bytes) .*: write it in quo"
    refused(match, "cube", *arguments, error=TypeError, **named)


def test_names_of_the_arithmetic_underneath_are_free() -> None:
    for name in ("math", "Callable", "nan", "copysign"):
        row = formula(name, "x", "2 * x", "2")
        assert row(3.0) == 6.0
        row.remove()
    refused("^formula 'math': value 'math\\(x\\)' calls itself", "math", "x", "math(x)", "1")


def test_rows_are_pickled_by_name() -> None:
    tanh = table["tanh"]
    assert pickle.loads(pickle.dumps(tanh)) is tanh
    assert copy.deepcopy(tanh) is tanh
    cube = formula("cube", "x", "x**3", "3 * x**2")
    pickled = pickle.dumps(cube)
    assert pickle.loads(pickled) is cube
    cube.remove()
    with pytest.raises(
        LookupError, match=r"'cube' is not in the table: declare it with twingrad\."
    ):
        pickle.loads(pickled)


def test_a_row_of_ones_own_is_printed_like_any_other() -> None:
    cube = formula(
        "cube",
        "x, by=2",
        "by * x**3",
        ["by * 3 * x**2", "x**3"],
        domain="by != 0",
        kinks=["by"],
        note="at 0 nothing.",
        reference="Euclid",
    )
    assert str(cube) == (
        "cube | x, by=2 | by * x**3 | by * 3 * x**2 ; x**3 | by != 0 | kinks where by = 0 | "
        "at 0 nothing. Euclid"
    )
    assert repr(cube) == "<formula cube(x, by=2)>"
    assert cube.is_defined(1.0, 2.0)
    assert not cube.is_defined(1.0, 0.0)


def test_the_table_cannot_be_written_to() -> None:
    with pytest.raises(TypeError, match="does not support item"):
        table["tanh"] = table["sin"]  # type: ignore[index]


@pytest.mark.parametrize("operand", ["1", None, [1.0], 1j, True])
def test_operands_that_are_no_numbers_are_refused_by_the_name_of_the_argument(
    operand: object,
) -> None:
    with pytest.raises(TypeError, match=r"^hypot: b must be a real number, got "):
        table["hypot"](1.0, operand)


def test_a_flag_is_a_number_where_it_is_wanted() -> None:
    assert twingrad.Value(3.0).where(True, 4.0).data == 3.0
    assert table["where"](False, 3.0, 4.0) == 4.0


@pytest.mark.parametrize("name", ["evaluate", "linearize", "differentiate"])
def test_a_row_may_be_called_like_a_method_of_rows(name):
    inner = twingrad.formula(name, "x", "x*x", "2*x")
    outer = twingrad.formula("outer", "x", f"{name}(x) + 1", f"2 * x + 0 * {name}(x)")
    try:
        x = Value(3.0)
        outer(x).backward(create_graph=True)
        assert (outer(3.0), x.grad.data) == (10.0, 6.0)
    finally:
        outer.remove()
        inner.remove()


def test_an_argument_may_be_called_like_an_operator_of_the_generated_code():
    row = twingrad.formula("inverse", "div", "1 / div", "-out / div")
    try:
        x = Value(2.0)
        row(x).backward(create_graph=True)
        assert (row(4.0), x.grad.data) == (0.25, -0.25)
    finally:
        row.remove()
