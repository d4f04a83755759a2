"""Every row of the table is the function it says, with the derivatives it says."""

import itertools
import json
import math
import operator
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import twingrad
from support import references
from twingrad.engine import formulas
from twingrad.engine.expression import parse
from twingrad.engine.formula import Formula, number

ROWS = [row for row in vars(formulas).values() if isinstance(row, Formula)]
by_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

GOLDEN = json.loads(Path(__file__).with_name("golden").joinpath("formulas.json").read_text())

BESIDE = [math.nextafter(x, to) for x in (1, 3, 6) for to in (-math.inf, math.inf)]
MAGNITUDES = [
    *(1e-300, 1e-8, 0.1, 0.5, 1.0, 1.5, *BESIDE, 2.0, 3.0, 6.0, 10.0, 20.5, 26.0, 30.0, 38.0),
    *(40.0, 100.0, 700.0, 710.0, 745.0, 1e4),
]
LINE = [0.0, *MAGNITUDES, *[-x for x in MAGNITUDES]]
PLANE = [
    *(0.0, 1e-300, 1e-8, 0.1, 0.5, 1.0, math.nextafter(1, 2), 3.0, 20.5, 40.0, 745.0, 1e4),
    *(-1e-300, -0.1, -0.5, -1.0, -3.0, -6.0, -40.0, -710.0, -1e4),
]
SPACE = [-1e4, -3.0, -1.0, -0.1, 0.0, 0.5, 1.0, 6.0, 40.0]

STEEP_VALUES = {"celu", "gelu", "gelu_tanh", "logaddexp", "mish", "silu"}
STEEP_PARTIALS = {
    *("celu", "erf", "erfc", "gelu", "gelu_tanh", "hardswish", "logaddexp", "mish", "pow", "silu")
}
"""Where a row works through ``exp(-x*x)`` and the like, or crosses zero by a difference, the
rounding of what it computes first is felt as an error of the argument would be."""

BY_OUT = {"tanh": 1.0, "sigmoid": 1.0, "expm1": 1.0, "mish": 8.0}
"""Partials that save work by a difference from 1, right to an ulp of the number given here."""

draws = settings(
    deadline=None,
    max_examples=25,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much],  # a domain can be small
)
reals = (st.floats(-1.0, 1.0) | st.floats(-1e4, 1e4)).filter(lambda x: not 0 < abs(x) < 1e-150)


def test_every_row_has_a_reference_and_every_reference_a_row() -> None:
    library = {name for name, row in formulas.table.items() if row in ROWS}
    assert {row.name for row in ROWS} == library == set(references.definitions)


def points(row: Formula) -> Iterator[tuple[float, ...]]:
    """Points of the domain, edges among them."""
    grid = [LINE, PLANE, SPACE][len(row.arguments) - 1]
    for point in itertools.product(grid, repeat=len(row.arguments)):
        if row.is_defined(*point) and not overflows(row, point):
            yield point


def overflows(row: Formula, point: tuple[float, ...]) -> bool:
    """A negative alpha turns celu into an exponential, whose slope by alpha is inf - inf."""
    return row.name == "celu" and point[0] / point[1] > 700


def is_at_kink(row: Formula, point: tuple[float, ...]) -> bool:
    at = dict(zip(row.arguments, point, strict=True))
    return any(number(kink, at) == 0 for kink in row.kinks)


def ulps(got: float, exact: mpf, absolute: float = 0.0) -> float:
    """How many units in the last place of the exact number lie between the two."""
    rounded = float(exact)
    if got == rounded:
        return 0.0
    if not math.isfinite(got) or not math.isfinite(rounded):
        return math.inf
    return float(abs(mpf(got) - exact) / max(math.ulp(rounded), math.ulp(absolute)))


def condition(point: tuple[float, ...], exact: mpf, slopes: list[mpf]) -> float:
    """By how much a relative error of the arguments is magnified in the result."""
    moved = sum(abs(x * slope) for x, slope in zip(point, slopes, strict=True) if x)
    return float(moved / abs(exact)) if exact and mp.isfinite(moved) else 0.0


def check_value(row: Formula, point: tuple[float, ...]) -> None:
    exact = references.value(row.name, point)
    if mp.isnan(exact):
        return
    got = row(*point)
    error = ulps(got, exact)
    if error > 4 and row.name in STEEP_VALUES:
        slopes = [references.partial(row.name, point, k) for k in range(len(point))]
        error /= 1 + condition(point, exact, slopes)
    assert error <= 4, f"{row.name}{point} = {got}, not {float(exact)}: {error:.1f} ulp"


def check_partials(row: Formula, point: tuple[float, ...]) -> None:
    _, partials = row.linearize(*point)
    for k, got in enumerate(partials):
        exact = references.partial(row.name, point, k)
        if mp.isnan(exact):
            continue
        error = ulps(got, exact, BY_OUT.get(row.name, 0.0))
        if error > 4 and row.name in STEEP_PARTIALS:
            slopes = [references.second(row.name, point, k, j) for j in range(len(point))]
            magnified = condition(point, exact, slopes)
            if row.name == "pow":  # b - 1 is rounded, which a tiny b does not show
                magnified += abs(math.log(point[0]))
            if row.name == "celu" and k == 1:  # a difference of two numbers near x / alpha
                magnified += float(abs(point[0] / point[1] / exact))
            error /= 1 + magnified
        assert error <= 4, (
            f"d{row.name}/d{row.arguments[k]} at {point} = {got}, not {float(exact)}: "
            f"{error:.1f} ulp"
        )


@by_row
def test_value_is_right_to_four_ulp(row: Formula) -> None:
    for point in points(row):
        check_value(row, point)


@by_row
def test_partials_are_right_to_four_ulp(row: Formula) -> None:
    for point in points(row):
        if not is_at_kink(row, point):
            check_partials(row, point)


@by_row
@given(data=st.data())
@draws
def test_value_and_partials_are_right_wherever_hypothesis_looks(
    row: Formula, data: st.DataObject
) -> None:
    point = tuple(data.draw(reals, label=argument) for argument in row.arguments)
    assume(row.is_defined(*point) and not overflows(row, point))
    check_value(row, point)
    if not is_at_kink(row, point):
        check_partials(row, point)


@by_row
def test_partials_are_finite_far_out(row: Formula) -> None:
    for point in itertools.product((-1e4, 1e4), repeat=len(row.arguments)):
        if not row.is_defined(*point) or is_at_kink(row, point):
            continue
        for k, partial in enumerate(row.linearize(*point)[1]):
            exact = references.partial(row.name, point, k)
            if mp.isfinite(exact) and abs(exact) < 1e300:
                assert math.isfinite(partial), (point, row.arguments[k])


SECOND_LINE = [x for x in LINE if abs(x) != 1e-300]
SECOND_PLANE = [-1e4, -700.0, -20.5, -3.0, -1.0, -0.1, 0.0, 0.5, 1.0, 3.0, 40.0, 1e4]
SECOND_EXCEPTIONS = {
    # the slope of a**b by a is taken as 0 at b = 0, so that 0**0 has one; PyTorch does the same
    "pow": lambda a, b: b == 0,
    # the slope has a kink at 0
    "celu": lambda x, alpha: x == 0,
}


@by_row
def test_second_derivatives_are_right(row: Formula) -> None:
    grid = [SECOND_LINE, SECOND_PLANE, SPACE[::2]][len(row.arguments) - 1]
    count = len(row.arguments)
    for point in itertools.product(grid, repeat=count):
        if not row.is_defined(*point) or overflows(row, point) or is_at_kink(row, point):
            continue
        if SECOND_EXCEPTIONS.get(row.name, lambda *_: False)(*point):
            continue
        for first, second in itertools.product(range(count), repeat=2):
            exact = float(references.second(row.name, point, first, second))
            if math.isnan(exact):
                continue
            got = second_derivative(row, point, first, second)
            assert got == pytest.approx(exact, rel=1e-10, abs=1e-13), (point, first, second)


def second_derivative(row: Formula, point: tuple[float, ...], first: int, second: int) -> float:
    arguments = [twingrad.Value(x) for x in point]
    row(*arguments).backward(create_graph=True)
    slope = arguments[first].grad
    for argument in arguments:
        argument.grad = None
    if isinstance(slope, twingrad.Value) and slope.requires_grad:
        slope.backward()
    return arguments[second].grad or 0.0


def test_second_derivatives_of_logaddexp_are_right_at_a_tie() -> None:
    assert second_derivative(formulas.logaddexp, (0.7, 0.7), 0, 0) == pytest.approx(0.25)
    assert second_derivative(formulas.logaddexp, (0.7, 0.7), 0, 1) == pytest.approx(-0.25)


@by_row
def test_nan_in_is_nan_out(row: Formula) -> None:
    for position in range(len(row.arguments)):
        for other in (0.0, 1.0, -2.0):
            point = [other] * len(row.arguments)
            point[position] = math.nan
            if is_unused(row, point):
                continue
            assert math.isnan(row(*point)), point


def is_unused(row: Formula, point: list[float]) -> bool:
    """Whether the nan stands where the function does not look, or does not matter."""
    match row.name:
        case "where":  # any number but 0 is true, and one of the two is not looked at
            return math.isnan(point[0]) or math.isnan(point[2 if point[0] else 1])
        case "heaviside":
            return point[0] == point[0] != 0
        case "leaky_relu" | "elu" | "celu":
            return point[0] > 0
        case "hardtanh":  # as PyTorch's, which takes its bounds as plain numbers
            return point[0] == point[0]
        case "pow":  # C99: x**0 is 1 and 1**y is 1, whatever x and y are
            return point[1] == 0 or point[0] == 1
    return False


UNDERFLOWS = [
    ("exp", -745.0),
    ("exp", -745.2),
    ("exp", -720.0),
    ("exp2", -1074.0),
    ("exp2", -1075.5),
    ("sigmoid", -745.0),
    ("sigmoid", -740.0),
    ("softplus", -745.0),
    ("softplus", -740.0),
    ("erfc", 26.6),
    ("erfc", 27.3),
    ("square", 1e-162),
    ("square", 1e-163),
    ("tanh", 5e-324),
    ("sin", 5e-324),
    ("log1p", 5e-324),
    ("expm1", 5e-324),
    ("asinh", 5e-324),
    ("softsign", 5e-324),
]


@pytest.mark.parametrize(("name", "x"), UNDERFLOWS)
def test_what_underflows_is_correctly_rounded(name: str, x: float) -> None:
    with mp.workdps(50):
        assert formulas.table[name](x) == float(references.value(name, (x,)))


OVERFLOWS = [
    ("exp", (710.0,), math.inf),
    ("exp2", (1024.0,), math.inf),
    ("expm1", (710.0,), math.inf),
    ("sinh", (-711.0,), -math.inf),
    ("cosh", (-711.0,), math.inf),
    ("square", (-1e155,), math.inf),
    ("mul", (1e155, -1e155), -math.inf),
    ("pow", (-10.0, 309.0), -math.inf),
    ("pow", (-10.0, 310.0), math.inf),
    ("hypot", (1.7e308, 1.7e308), math.inf),
    ("reciprocal", (-5e-324,), -math.inf),
    ("div", (1.0, 5e-324), math.inf),
]


@pytest.mark.parametrize(("name", "point", "limit"), OVERFLOWS)
def test_what_overflows_is_infinite(name: str, point: tuple[float, ...], limit: float) -> None:
    assert formulas.table[name](*point) == limit


# Against PyTorch


BETTER_VALUES: dict[str, tuple[str, Callable[..., bool]]] = {
    "sign": ("nan is no whole number: nan, where PyTorch has 0", lambda x: x != x),
    "heaviside": ("nan is on neither side: nan, where PyTorch has 0", lambda x, _: x != x),
    "hardswish": ("0 at -inf, where PyTorch has -inf * 0 = nan", lambda x: x == -math.inf),
}
BETTER_PARTIALS: dict[str, tuple[str, Callable[..., bool]]] = {
    "acosh": ("nan outside the domain, where PyTorch has a slope", lambda x: x < 1),
    "clamp": (
        "1 along (0, 1, 1) below equal bounds, where PyTorch has no slope at all",
        lambda x, low=-math.inf, high=math.inf: x < low == high,
    ),
    "hypot": ("0 at the kink, where PyTorch has nan", lambda a, b: a == b == 0),
    "rsqrt": ("-0.0 is taken as an end of the domain too", lambda x: x == 0),
    "softsign": ("0 at the infinities, where PyTorch has nan", lambda x: abs(x) == math.inf),
}
SIGN_OF_ZERO = {  # why it is not PyTorch's
    "hardswish": "PyTorch's flat part is x * 0",
    "logsigmoid": "a limit from below is -0.0; PyTorch has 0.0",
}
ROUGH = {"hardsigmoid": 1e-7}
"""Rows that PyTorch computes in less than double precision."""


def test_every_row_is_compared_with_pytorch() -> None:
    assert set(GOLDEN) - {"torch"} == {row.name for row in ROWS}


@pytest.mark.parametrize("name", [name for name in GOLDEN if name != "torch"])
def test_values_at_the_edges_are_pytorchs(name: str) -> None:
    _, is_better = BETTER_VALUES.get(name, ("", lambda *_: False))
    for case in GOLDEN[name]:
        point = [float(x) for x in case["point"]]
        if is_better(*point):
            continue
        got, expected = formulas.table[name](*point), float(case["value"])
        assert got == pytest.approx(expected, rel=1e-12, abs=1e-15, nan_ok=True), point
        if got == expected == 0 and name not in SIGN_OF_ZERO:
            assert math.copysign(1, got) == math.copysign(1, expected), point


@pytest.mark.parametrize("name", [name for name in GOLDEN if name != "torch"])
def test_slopes_at_kinks_and_edges_are_pytorchs(name: str) -> None:
    row = formulas.table[name]
    _, is_better = BETTER_PARTIALS.get(name, ("", lambda *_: False))
    rel = ROUGH.get(name, 1e-12)
    for case in GOLDEN[name]:
        point = [float(x) for x in case["point"]]
        if is_better(*point):
            continue
        given = [*point, *[row.defaults[name] for name in row.arguments[len(point) :]]]
        for got, expected in zip(row.linearize(*given)[1], case["partials"], strict=False):
            if expected is None:
                continue
            # at nan, PyTorch's slope depends on the place in the array: any of its answers, or nan
            if any(map(math.isnan, point)) and math.isnan(got):
                continue
            assert got == pytest.approx(float(expected), rel=rel, abs=1e-15, nan_ok=True), point


@pytest.mark.parametrize("name", BETTER_VALUES)
def test_exceptions_to_pytorchs_values_are_still_needed(name: str) -> None:
    reason, is_better = BETTER_VALUES[name]
    points = [[float(x) for x in case["point"]] for case in GOLDEN[name]]
    theirs = [float(case["value"]) for case in GOLDEN[name]]
    pairs = [
        (formulas.table[name](*point), other)
        for point, other in zip(points, theirs, strict=True)
        if is_better(*point)
    ]
    assert pairs, reason
    for got, other in pairs:
        assert got != other, reason


@pytest.mark.parametrize("name", BETTER_PARTIALS)
def test_exceptions_to_pytorchs_slopes_are_still_needed(name: str) -> None:
    reason, is_better = BETTER_PARTIALS[name]
    row = formulas.table[name]
    differ = [
        any(
            own != float(theirs)
            for own, theirs in zip(
                row.linearize(*map(float, case["point"]))[1], case["partials"], strict=False
            )
        )
        for case in GOLDEN[name]
        if is_better(*map(float, case["point"]))
    ]
    assert any(differ), reason


# What a row looks like


@by_row
def test_printed_form_parses_back(row: Formula) -> None:
    name, arguments, value, partials, domain, kinks, *_ = str(row).split(" | ")
    assert (name, arguments) == (row.name, row.signature)
    cells = [(value, row.value), *zip(partials.split(" ; "), row.partials, strict=True)]
    if row.domain:
        cells.append((domain, row.domain))
    else:
        assert domain == "all reals"
    if row.kinks:
        printed = kinks.removeprefix("kinks where ").split(" ; ")
        cells += zip([kink.removesuffix(" = 0") for kink in printed], row.kinks, strict=True)
    else:
        assert kinks == "no kinks"
    grid = (-2.5, -1.0, 0.0, 0.3, 2.0)
    for point in itertools.product(grid, repeat=len(row.arguments)):
        at = dict(zip(row.arguments, point, strict=True))
        at["out"] = row(*point)
        for text, expression in cells:
            again, original = number(parse(text), at), number(expression, at)
            assert again == original or (again != again and original != original), (text, at)


@by_row
def test_latex_of_a_row_is_balanced(row: Formula) -> None:
    latex = row._repr_latex_()
    assert latex.count("{") == latex.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")
    assert latex.count(r"\begin{cases}") == latex.count(r"\end{cases}")


@by_row
def test_a_row_is_called_with_floats_and_gives_a_float(row: Formula) -> None:
    least, _ = row.arity
    assert type(row(*[1] * least)) is float
    out, partials = row.linearize(*[1.0] * len(row.arguments))
    assert type(out) is float
    assert [type(partial) for partial in partials] == [float] * len(row.arguments)


@by_row
def test_a_row_never_raises(row: Formula) -> None:
    grid = (0.0, -0.0, 1.0, -1.0, 0.5, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan)
    for point in itertools.product(grid, repeat=len(row.arguments)):
        out, partials = row.linearize(*point)
        assert reduce(operator.and_, [type(x) is float for x in (out, *partials)])


@by_row
def test_slopes_are_continuous_where_no_kink_is_declared(row: Formula) -> None:
    for value in (-6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0):
        point = (value, *[row.defaults.get(argument, 0.5) for argument in row.arguments[1:]])
        if not row.is_defined(*point) or is_at_kink(row, point):
            continue
        step = 1e-9
        sides = [(value - step, *point[1:]), (value + step, *point[1:])]
        if all(row.is_defined(*side) for side in sides):
            (_, left), (_, right) = (row.linearize(*side) for side in sides)
            assert left[0] == pytest.approx(right[0], rel=1e-6, abs=1e-6)
