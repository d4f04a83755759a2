"""Bugs in rows of the formula table: another text in the place of their partial derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial

from twingrad.engine.formulas import table

from .records import Domain, Input, Mutant, Operation, Row

_SHAPE = (3, 4)
_DOMAINS: Mapping[str, Mapping[str, Domain]] = {
    "atanh": {"x": "share"},
    "log": {"x": "positive"},
    "log10": {"x": "positive"},
    "log1p": {"x": "positive"},
    "pow": {"a": "positive"},
    "sqrt": {"x": "positive"},
}
"""Which arguments of a row may not be any number."""

_RIGHT: Mapping[str, tuple[str, ...]] = {
    "clamp": (
        "1 if min <= x <= max else 0",
        "1 if x < min <= max else 0",
        "1 if x > max or min > max else 0",
    ),
}
"""Partials for which the table takes PyTorch's, which are wrong where both bounds are equal."""


@cache
def row_operation(name: str) -> Operation:
    """A row of the table, with its own partial derivatives."""
    row = table[name]
    partials = _RIGHT.get(name, tuple(each.text for each in row.partials))
    right = Row(row.arguments, row.value.text, partials)
    domains = _DOMAINS.get(name, {})
    inputs = {each: Input(_SHAPE, domains.get(each, "real")) for each in row.arguments}
    return Operation(name, "row", inputs, lambda: right)


def row_bug(
    kind: str, name: str, partials: str, why: str, helpers: Mapping[str, Row] | None = None
) -> Mutant:
    """A row of the table with other ``partials``, separated by semicolons."""
    right = row_operation(name).make()
    if not isinstance(right, Row):
        raise TypeError(f"{name} is no row")
    texts = tuple(each.strip() for each in partials.split(";"))
    wrong = Row(right.arguments, right.value, texts, helpers or {})
    return Mutant(kind, row_operation(name), lambda: wrong, why)


_SIGN = partial(row_bug, "sign")
_FACTOR = partial(row_bug, "factor")
_OPERAND = partial(row_bug, "operand")
_DROPPED = partial(row_bug, "dropped")
_TAIL = partial(row_bug, "tail")
_TIE = partial(row_bug, "tie")
_ZERO = partial(row_bug, "zero")
_SECOND = partial(row_bug, "second")

MUTANTS: tuple[Mutant, ...] = (
    _SIGN("cos", "sin(x)", "the minus of -sin(x) is lost"),
    _SIGN("sub", "1 ; 1", "b counts as if it were added"),
    _SIGN("reciprocal", "out * out", "the minus of -1 / x**2 is lost"),
    _SIGN("atan2", "b / (a * a + b * b) ; a / (a * a + b * b)", "the slope by b has no minus"),
    _SIGN("erfc", "2 / sqrt(pi) * exp(-x * x)", "the slope of erf in the place of erfc's"),
    _FACTOR("tanh", "1.0001 * (1 - out * out)", "all slopes are 1e-4 too large"),
    _FACTOR("sigmoid", "0.9999 * out * (1 - out)", "all slopes are 1e-4 too small"),
    _FACTOR("exp2", "out * 0.6931", "log(2) is typed with four digits"),
    _FACTOR("log10", "1 / (x * 2.303)", "log(10) is typed with four digits"),
    _FACTOR("erf", "1.1285 * exp(-x * x)", "2 / sqrt(pi) is mistyped in the last digit"),
    _FACTOR(
        "gelu",
        "0.5 * erfc(-x / sqrt(2)) + x * exp(-0.5 * x * x) / 2.507",
        "sqrt(2 * pi) is rounded to 2.507",
    ),
    _FACTOR("mul", "b ; 1.0001 * a", "only the slope by b is off"),
    _OPERAND("mul", "a ; b", "the factors are not exchanged"),
    _OPERAND("div", "1 / b ; -out / a", "the quotient rule divides by a"),
    _OPERAND("hypot", "b / out ; a / out", "the legs are exchanged"),
    _OPERAND("pow", "b * a**(b - 1) ; out * log(b * b) / 2", "the logarithm of b, not of a"),
    _OPERAND("logaddexp", "sigmoid(b - a) ; sigmoid(a - b)", "the shares are exchanged"),
    _DROPPED("silu", "sigmoid(x)", "the product rule's second half is missing"),
    _DROPPED("gelu", "0.5 * erfc(-x / sqrt(2))", "the density's half is missing"),
    _DROPPED(
        "gelu_tanh",
        "sigmoid(sqrt(8 / pi) * (x + 0.044715 * x * x * x))"
        " + out * sigmoid(-sqrt(8 / pi) * (x + 0.044715 * x * x * x)) * sqrt(8 / pi)",
        "the cubic term has no slope",
    ),
    _DROPPED("tan", "out * out", "the 1 of 1 + tan**2 is missing"),
    _DROPPED("mish", "tanh(softplus(x))", "x times the slope of tanh(softplus) is missing"),
    _TAIL("tanh", "0 if x < -3 else 1 - out * out", "taken as saturated below -3"),
    _TAIL("softplus", "1 if x > 5 else sigmoid(x)", "taken as the identity beyond 5"),
    _TAIL("logsigmoid", "1 if x < -4 else sigmoid(-x)", "taken as the identity below -4"),
    _TAIL("exp", "out if x < 6 else exp(6)", "the slope is clipped, the value is not"),
    _TAIL("sinh", "cosh(x) if abs(x) < 3 else abs(out)", "exp(-|x|) is left out in the tails"),
    _TAIL("atan", "1 / (1 + x * x) if abs(x) < 8 else 1 / (x * x)", "asymptotic too early"),
    _TAIL(
        "gelu",
        "1 if x > 3 else 0.5 * erfc(-x / sqrt(2)) + x * exp(-0.5 * x * x) / sqrt(2 * pi)",
        "taken as the identity beyond 3",
    ),
    _TAIL("log1p", "1 / (1 + x) if x < 50 else 1 / x", "the 1 is left out where x is large"),
    _TIE("maximum", "1 if a >= b else 0 ; 1 if b >= a else 0", "a tie gives 1 to both"),
    _TIE("minimum", "1 if a < b else 0 ; 1 if b < a else 0", "a tie gives nothing to either"),
    _TIE(
        "clamp",
        "1 if min <= x <= max else 0 ; 1 if x <= min and min <= max else 0 ;"
        " 1 if x >= max or min > max else 0",
        "at a bound both x and the bound get 1",
    ),
    _TIE("abs", "1 if x > 0 else -1 if x < 0 else 5", "5 at the kink, where -1 to 1 is right"),
    _TIE("relu", "1 if x > 0 else 0 if x < 0 else -1", "-1 at the kink, where 0 to 1 is right"),
    _TIE(
        "hardswish",
        "0 if x <= -3 else 1 if x > 3 else x / 3 + 0.5 if x < 3 else 0",
        "masks leave out 3, where 1 to 1.5 is right",
    ),
    _ZERO("square", "2 * out / x", "0 / 0 at both zeros, where the slope is 0"),
    _ZERO("silu", "out / x * (1 + x * sigmoid(-x))", "sigmoid as out / x is 0 / 0 at both zeros"),
    _ZERO("abs", "out / x", "0 / 0 at both zeros, which is no slope between -1 and 1"),
    _ZERO(
        "sin",
        "-1 if x == 0 and 1 / x < 0 else cos(x)",
        "-0.0 is taken for an odd multiple of pi",
    ),
    _ZERO(
        "softsign",
        "square(out / x) if 1 / x < 0 else 1 / square(1 + x)",
        "-0.0 falls into the branch of negative numbers: 0 / 0",
    ),
    _ZERO(
        "elu",
        "out / expm1(x) + out if 1 / x < 0 else 1 ; 0 if x > 0 else expm1(x)",
        "alpha as out / expm1(x) is 0 / 0 at -0.0",
    ),
    _SECOND(
        "tanh",
        "tanh_slope(x)",
        "the slope of tanh_slope has no minus",
        {"tanh_slope": Row(("x",), "1 - square(tanh(x))", ("2 * tanh(x) * out",))},
    ),
    _SECOND(
        "sigmoid",
        "bell(x)",
        "the slope of bell is off by 1e-4",
        {"bell": Row(("x",), "sigmoid(x) * sigmoid(-x)", ("1.0001 * out * (1 - 2 * sigmoid(x))",))},
    ),
    _SECOND(
        "erf",
        "bell(x)",
        "the slope of bell lacks its factor of 2",
        {"bell": Row(("x",), "2 / sqrt(pi) * exp(-x * x)", ("-x * out",))},
    ),
    _SECOND(
        "softplus",
        "share(x)",
        "the slope of share is cut off beyond 2.5",
        {"share": Row(("x",), "sigmoid(x)", ("0 if abs(x) > 2.5 else out * (1 - out)",))},
    ),
)
