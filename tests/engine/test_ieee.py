"""Arithmetic on Python floats gives what IEEE 754 and C99 say, as NumPy does, and never raises."""

import inspect
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special

from twingrad.engine import ieee

NUMPY: dict[str, Callable] = {
    **{name: getattr(np, name) for name in ieee.__all__ if hasattr(np, name)},
    "div": np.divide,
    "erf": special.erf,
    "erfc": special.erfc,
}
UNARY = [name for name in ieee.__all__ if name not in {"atan2", "div", "hypot", "pow"}]
BINARY = ["atan2", "div", "hypot", "pow"]

POSITIVE = [
    *(0.0, 5e-324, 1e-310, 2.2250738585072014e-308, 1e-300, 1e-8, 1 / 3, 0.5, 1.0),
    *(math.nextafter(1, 0), math.nextafter(1, 2), 1.5, 2.0, 3.0, math.pi / 2, math.pi, 10.0),
    *(709.78, 709.79, 710.4, 710.5, 745.0, 1023.9, 1024.0, 1075.0, 1e4, 2.0**53, 1e15 + 0.5),
    *(1e22, 1e154, 1e155, 1e300, 1.7976931348623157e308, math.inf),
]
SPECIAL = [*POSITIVE, *[-x for x in POSITIVE], math.nan]

anything = st.floats()


ROUGH = {"erfc": 256}
"""SciPy's own error in the tail, in units in the last place; the formulas' tests are stricter."""


def same(got: float, expected: float, ulps: int = 4) -> bool:
    """Equal to a few units in the last place; nan, infinities and signs of zero exactly."""
    if expected == 0 or not math.isfinite(expected):
        return repr(got) == repr(expected)
    return abs(got - expected) <= ulps * math.ulp(expected)


def assert_as_numpy(name: str, *point: float) -> None:
    got = getattr(ieee, name)(*point)
    with np.errstate(all="ignore"):
        expected = float(NUMPY[name](*map(np.float64, point)))
    assert type(got) is float
    assert same(got, expected, ROUGH.get(name, 4)), (
        f"{name}{point} is {got!r}, and {expected!r} in NumPy"
    )


def test_every_function_is_compared() -> None:
    assert set(NUMPY) == set(ieee.__all__) == {*UNARY, *BINARY}


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_number_are_numpys_at_special_values(name: str) -> None:
    for x in SPECIAL:
        assert_as_numpy(name, x)


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_numbers_are_numpys_at_special_values(name: str) -> None:
    for a, b in itertools.product(SPECIAL, repeat=2):
        if name == "pow" and b == 0.5 and a <= 0:
            continue  # NumPy takes a square root there; C99's pow is tested below
        assert_as_numpy(name, a, b)


@pytest.mark.parametrize("name", UNARY)
@given(x=anything)
def test_functions_of_one_number_are_numpys_anywhere(name: str, x: float) -> None:
    assert_as_numpy(name, x)


@pytest.mark.parametrize("name", BINARY)
@given(a=anything, b=anything)
def test_functions_of_two_numbers_are_numpys_anywhere(name: str, a: float, b: float) -> None:
    assume(not (name == "pow" and b == 0.5 and a <= 0))
    assert_as_numpy(name, a, b)


@given(a=st.floats(-20, 20).map(round).map(float), b=st.floats(-400, 400).map(round).map(float))
def test_whole_powers_are_numpys(a: float, b: float) -> None:
    assert_as_numpy("pow", a, b)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (0.0, -1.0, math.inf),
        (-0.0, -1.0, -math.inf),
        (-0.0, -2.0, math.inf),
        (-0.0, 3.0, -0.0),
        (0.0, 0.0, 1.0),
        (0.0, 0.5, 0.0),
        (-0.0, 0.5, 0.0),
        (0.0, -0.5, math.inf),
        (-8.0, 1 / 3, math.nan),
        (-2.0, 0.5, math.nan),
        (-2.0, 3.0, -8.0),
        (-math.inf, 3.0, -math.inf),
        (-math.inf, 2.0, math.inf),
        (-math.inf, 0.5, math.inf),
        (-math.inf, -3.0, -0.0),
        (-10.0, 309.0, -math.inf),
        (-10.0, 310.0, math.inf),
        (-0.5, -1075.0, -math.inf),
        (math.nan, 0.0, 1.0),
        (1.0, math.nan, 1.0),
        (-1.0, math.inf, 1.0),
        (0.5, -math.inf, math.inf),
    ],
)
def test_powers_at_poles_and_limits(a: float, b: float, expected: float) -> None:
    assert repr(ieee.pow(a, b)) == repr(expected)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (1.0, 0.0, math.inf),
        (1.0, -0.0, -math.inf),
        (-1.0, 0.0, -math.inf),
        (-math.inf, -0.0, math.inf),
        (0.0, 0.0, math.nan),
        (math.nan, 0.0, math.nan),
        (math.inf, math.inf, math.nan),
        (1e308, 1e-308, math.inf),
    ],
)
def test_quotients_at_poles_and_limits(a: float, b: float, expected: float) -> None:
    assert repr(ieee.div(a, b)) == repr(expected)


@pytest.mark.parametrize("name", [name for name in ieee.__all__ if name in vars(ieee)])
def test_every_function_says_what_it_does(name: str) -> None:
    assert inspect.getdoc(getattr(ieee, name))
