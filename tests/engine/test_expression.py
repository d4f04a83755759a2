"""The whitelist: what a formula may hold, what is refused and how, and what its code computes."""

import ast
import itertools
import linecache
import math
import re
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad import Value
from twingrad.engine import ieee
from twingrad.engine.expression import check_is_number, check_names, parse
from twingrad.engine.formula import number
from twingrad.engine.formulas import table
from twingrad.engine.source import define, graph_source, scalar_source

NOT_ALLOWED = [
    "x.real",
    "x.__class__",
    "().__class__",
    "x[0]",
    "x[1:2]",
    "[x]",
    "(x, x)",
    "{x}",
    "{x: x}",
    "lambda: x",
    "(lambda y: y)(x)",
    "[y for y in x]",
    "sum(y for y in x)",
    "f'{x}'",
    "'text'",
    "b'bytes'",
    "...",
    "(y := x)",
    "f(*x)",
    "f(**x)",
    "f(x, y=1)",
    "f(x)(x)",
    "x.f(x)",
    "__import__('os')",
    "1j",
    "x + 2j",
    "True",
    "None",
    "x if True else 0",
    "x & 1",
    "x | 1",
    "x << 1",
    "x >> 1",
    "~x",
    "x @ x",
    "x // 2",
    "x % 2",
    "x is x",
    "x is not x",
    "x in x",
    "x not in x",
    "await x",
    "yield",
]


@pytest.mark.parametrize("text", NOT_ALLOWED)
def test_what_is_no_calculus_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expression .*(not allowed: write only|: write )"):
        parse(text)


@pytest.mark.parametrize("text", NOT_ALLOWED)
def test_it_is_refused_wherever_it_stands(text: str) -> None:
    for around in ("1 + ({})", "sin({})", "1 if ({}) > 0 else 2", "({}) if x > 0 else 1", "-({})"):
        with pytest.raises(ValueError, match=r"^expression "):
            parse(around.format(text))


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "x +", "(x", "x)", "x y", "1x", "x = 1", "x; y", "x\ny", "if x: y", "return x"),
        *(
            "import os",
            "def f(): 0",
            "x if y",
            "2 ** ** 3",
            "x # \n + 1 1",
            "x\\",
            "$x",
            "x?",
            "`x`",
        ),
        *("x − 1", "2×3", "x²", "√2", "x…", "“x”"),  # noqa: RUF001
        *("x\0y", "\ud800", "x + \udfff"),
    ],
)
def test_what_does_not_parse_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expression .* is not a formula \(.*\): write numbers"):
        parse(text)


def test_the_power_sign_of_other_languages_is_named() -> None:
    with pytest.raises(ValueError, match=r"'x\^2' uses '\^', which is not a power here: write"):
        parse("x^2")


@pytest.mark.parametrize("text", [None, 1, 2.5, b"x", ["x"], ast.Name("x")])
def test_what_is_not_text_is_refused(text: object) -> None:
    with pytest.raises(TypeError, match=r"expression must be text such as 'a \* b', got .*: write"):
        parse(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["1" + "0" * 400, "-" + "9" * 310, "0x1" + "0" * 300])
def test_integers_beyond_floats_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expression .*integer beyond 2\*\*1023: write it as a"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "x" + ")" * 5000,
        "-" * 100_000 + "x",
        "+".join("x" * 5000),
        "sin(" * 150 + "x" + ")" * 150,
        "x" + "**x" * 5000,
        "x if x > 0 else " * 3000 + "x",
        "[" * 150 + "x" + "]" * 150,
        "9" * 10_000,
    ],
)
def test_what_is_endless_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expression .*: (split|write) "):
        parse(text)


def test_the_sentence_begins_with_what_is_wrong() -> None:
    with pytest.raises(
        ValueError, match=r"^formula 'cube': value 'x\.y' holds 'x.y', which is not"
    ):
        parse("x.y", "formula 'cube': value")


def test_nothing_is_executed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        parse("print('executed')")
    harmless = parse("print(1)")  # a call of an unknown function, refused by its name
    with pytest.raises(ValueError, match="calls the unknown function 'print'"):
        check_names(harmless, (), {}, "expression")
    assert capsys.readouterr().out == ""


def test_code_has_no_builtins() -> None:
    _, namespace = scalar_source(parse("x + 1"), {})
    assert namespace["__builtins__"] == {}
    _, namespace = graph_source(parse("x + 1"), {})
    assert namespace["__builtins__"] == {}


def test_names_are_listed_as_they_appear() -> None:
    expression = parse("tanh(w*x + b) if sin(x) > pi else w + inf + exp(c)")
    assert expression.variables == ("w", "x", "b", "c")
    assert expression.functions == ("tanh", "sin", "exp")


def test_names_that_look_alike_are_told_apart() -> None:
    lookalike = parse("x + х")  # noqa: RUF001
    assert len(lookalike.variables) == 2
    with pytest.raises(ValueError, match="uses the unknown name 'х': known names are x, pi, inf"):  # noqa: RUF001
        check_names(lookalike, ["x"], {}, "expression")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x + y", r"it 'x \+ y' uses the unknown name 'y': known names are x, pi, inf$"),
        (
            "foo(x)",
            r"it 'foo\(x\)' calls the unknown function 'foo' \(the nearest is 'floor'\): known",
        ),
        ("x(x)", "calls the unknown function 'x'"),
        ("pi(x)", "calls the unknown function 'pi'"),
        ("sin()", "calls sin with 0 arguments: sin takes 1$"),
        ("sin(x, x)", "calls sin with 2 arguments: sin takes 1$"),
        ("elu(x, x, x)", "calls elu with 3 arguments: elu takes 1 to 2$"),
        ("1 + (2 if hypot(x) > 0 else 3)", "calls hypot with 1 argument: hypot takes 2$"),
    ],
)
def test_unknown_names_and_wrong_calls_are_refused(text: str, message: str) -> None:
    arities = {row.name: row.arity for row in table.values()}
    with pytest.raises(ValueError, match=message):
        check_names(parse(text), ["x"], arities, "it")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("x > 0", "x > 0"),
        ("(x > 0) * 2", "x > 0"),
        ("1 + (x == 0)", "x == 0"),
        ("sin(not x)", "not x"),
        ("x or 1", "x or 1"),
        ("-(x and 1)", "x and 1"),
        ("(x < 1) if x > 0 else 2", "x < 1"),
    ],
)
def test_conditions_are_no_numbers(text: str, condition: str) -> None:
    message = f"uses the condition {condition!r} as a number: write '1 if"
    with pytest.raises(ValueError, match=re.escape(message)):
        check_is_number(parse(text), "it")


def test_conditions_are_conditions() -> None:
    check_is_number(parse("1 if not (x > 0 and (x == 1 or x < y)) else sin(x)"), "it")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 / 0", math.inf),
        ("-1 / 0", -math.inf),
        ("0 / 0", math.nan),
        ("x * (0 / 0)", math.nan),
        ("inf - inf + x", math.nan),
        ("(inf - inf) * 2 ** 3", math.nan),
        ("sqrt(-1) + x", math.nan),
        ("1 / -0.0", -math.inf),
        ("(-8) ** (1 / 3)", math.nan),
        ("10 ** 400", math.inf),
        ("2 ** 5000 * x", math.inf),
        ("exp(1000)", math.inf),
        ("log(0)", -math.inf),
        ("1e999", math.inf),
        ("-1e999 + x", -math.inf),
        ("(-2) ** x", -8.0),
        ("-2 ** x", -8.0),
        ("-2 ** 2 + x", -1.0),
        ("2 ** -x", 0.125),
        ("(-2) ** 2 * x", 12.0),
        ("(1 - 3) ** 2", 4.0),
        ("x - -1", 4.0),
        ("0x10 + 1_000", 1016.0),
        ("1 if x else 2", 1.0),
        ("1 if 0 < x <= 3 else 2", 1.0),
        ("1 if x < 2 or not x == 3 else 2", 2.0),
        ("pi", math.pi),
        ("1 if 0 / 0 == 0 / 0 else 2", 2.0),
        ("max_of", 7.0),
    ],
)
def test_a_number_and_a_graph_follow_ieee_alike(text: str, expected: float) -> None:
    expression = parse(text)
    values = {"x": 3.0, "max_of": 7.0}
    assert number(expression, values) == pytest.approx(expected, nan_ok=True)
    rows = {name: table[name] for name in expression.functions}
    source, namespace = graph_source(expression, rows)
    function = define("f", f"def f(x, max_of):\n    return {source}\n", namespace, "test")
    assert float(function(Value(3.0), Value(7.0))) == pytest.approx(expected, nan_ok=True)


def test_constants_are_computed_once() -> None:
    source, _ = scalar_source(parse("x * sqrt(8 / pi) / 2"), {"sqrt": ieee.sqrt})
    assert source == f"x * {math.sqrt(8 / math.pi)} / 2.0"
    source, _ = graph_source(parse("x * sqrt(8 / pi)"), {"sqrt": table["sqrt"]})
    assert source == f"x * {math.sqrt(8 / math.pi)}"


def test_scalar_code_of_plain_arithmetic_is_plain() -> None:
    for text, source in [
        ("a * b", "a * b"),
        ("0 if x <= 0 else 1", "0.0 if x <= 0.0 else 1.0"),
        ("1 - out * out", "1.0 - out * out"),
        ("x / 2", "x / 2.0"),
        ("a / b", "__div__(a, b)"),
        ("a ** 2", "__pow__(a, 2.0)"),
    ]:
        assert scalar_source(parse(text), {})[0] == source


def test_tracebacks_show_generated_code() -> None:
    function = define("f", "def f(x):\n    return x.missing\n", {}, "shown")
    with pytest.raises(AttributeError) as failed:
        function(1.0)
    shown = "".join(traceback.format_exception(failed.value))
    assert "<twingrad shown>" in shown
    assert "return x.missing" in shown
    assert "<twingrad shown>" in linecache.cache


@given(st.text(alphabet="xy01.+-*/() <>=ifelsandor,e_[]{}'\":;!@#%^&~\n\0λ", max_size=30))
def test_any_text_is_parsed_or_refused_in_one_sentence(text: str) -> None:
    try:
        expression = parse(text)
    except ValueError:
        with pytest.raises(ValueError, match=r"(?s)^expression .*: (write|split) "):
            parse(text)
    else:
        assert set(map(type, ast.walk(expression.tree))) <= ALLOWED


ALLOWED = {
    *(ast.Constant, ast.Name, ast.Load, ast.Call, ast.IfExp, ast.BinOp, ast.UnaryOp, ast.BoolOp),
    *(ast.Compare, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.UAdd, ast.Lt),
    *(ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.And, ast.Or, ast.Not),
}


def test_white_space_and_comments_do_not_matter() -> None:
    for before, after in itertools.product(("", " ", "\t", "\n"), ("", " ", "\n", "  # comment")):
        assert number(parse(f"{before}(1 +\n 2){after}"), {}) == 3.0
