"""Numbers for people: columns whose decimal points stand below each other, shares, axes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import floor, isfinite, log10
from numbers import Integral, Real
from typing import Any

import numpy as np

ABSENT = "\N{EN DASH}"
"""What stands where there is no number."""

_MOST_DECIMALS = 6
_GIVEN_DECIMALS = 4
_LARGE = 1e7


def column(values: Sequence[Any]) -> list[str]:
    """Numbers as text with equally many decimals, so that they align on the right.

    The greatest keeps at least four digits, the least other than 0 at least two. Where that takes
    more than six decimals, or the greatest is beyond ten million, all are in powers of ten.

    >>> column([2.302585, 0.0403125, None, float("nan")])
    ['2.303', '0.040', '–', 'nan']
    >>> column([12000, 3]), column([3e9, 0.5])
    (['12,000', '3'], ['3.00e+09', '5.00e-01'])
    """
    sizes = [abs(float(each)) for each in values if _is_finite(each) and each != 0]
    if all(float(each).is_integer() for each in values if _is_finite(each)) and (
        max(sizes, default=0) < 1e15
    ):
        form = ",.0f"
    else:
        decimals = max(3 - floor(log10(max(sizes))), 1 - floor(log10(min(sizes))), 0)
        plain = max(sizes) < _LARGE and decimals <= _MOST_DECIMALS
        form = f",.{decimals}f" if plain else ".2e"
    return [_written(each, form) for each in values]


def short(value: Any) -> str:
    """A number by itself, in three digits.

    >>> short(0.00031), short(1234567.0), short(58.125), short(None)
    ('0.00031', '1.23e+06', '58.1', '–')
    """
    number = _as_float(value)
    return _written(value, ",.0f" if 100 <= abs(number) < _LARGE / 10 else ".3g")


def percent(share: float) -> str:
    """A share in percent; only all of it is 100%, and only nothing is 0%.

    >>> percent(0.97222), percent(1.0), percent(0.99999), percent(0.0), percent(0.00001)
    ('97.2%', '100%', '>99.9%', '0%', '<0.1%')
    """
    if share in (0, 1):
        return f"{share:.0%}"
    text = f"{share:.1%}"
    return {"100.0%": ">99.9%", "0.0%": "<0.1%", "nan%": "nan"}.get(text, text)


def whole_percent(share: float) -> str:
    """A share in whole percent, for cells with little room.

    >>> whole_percent(0.972), whole_percent(0.998), whole_percent(0.004), whole_percent(0.0)
    ('97%', '>99%', '<1%', '0%')
    """
    text = f"{share:.0%}"
    if share in (0, 1):
        return text
    return {"100%": ">99%", "0%": "<1%"}.get(text, text)


def tick(value: float, _place: float | None = None) -> str:
    """A number on an axis, without the noise of rounding; millions have an M.

    >>> tick(0.1 + 0.2), tick(25000.0), tick(2.5e6), tick(1e-7), tick(3e9)
    ('0.3', '25,000', '2.5M', '1e-07', '3e+09')
    """
    size = abs(value)
    if size < 1e6:
        return f"{value:,.10g}"
    return f"{value / 1e6:,.6g}M" if size < 1e9 else f"{value:.6g}"


def cell(value: Any) -> str:
    """One cell of the data as it was given.

    >>> cell(0.1 + 0.2), cell(7), cell(" red "), cell(None), cell(float("nan"))
    ('0.3', '7', ' red ', 'missing', 'missing')
    """
    if value is None or (isinstance(value, Real) and value != value):
        return "missing"
    if isinstance(value, Integral) or not isinstance(value, Real):
        return str(value)
    return f"{float(value):.6g}"


def cells(values: Sequence[Any]) -> list[str]:
    """A column of the data as it was given, its numbers with equally many decimals.

    Numbers that go beyond four decimals are rounded as in :func:`column`.

    >>> cells([24.0, 26.85, None]), cells(["a", 0.5])
    (['24.00', '26.85', 'missing'], ['a', '0.5'])
    """
    texts = [cell(value) for value in values]
    plain = [re.fullmatch(r"-?\d+(?:\.(\d+))?", text) for text in texts]
    if not are_numbers(values) or not all(plain[k] for k, t in enumerate(texts) if t != "missing"):
        return texts
    decimals = max([len(found[1] or "") for found in plain if found], default=0)
    if decimals > _GIVEN_DECIMALS:
        rounded = column(values)
        return [new if found else old for old, new, found in zip(texts, rounded, plain)]
    return [f"{float(t):.{decimals}f}" if found else t for t, found in zip(texts, plain)]


def are_numbers(values: Sequence[Any]) -> bool:
    """Whether all are numbers or absent, and one is a number."""
    kinds = [isinstance(each, Real) for each in values if each is not None]
    return bool(kinds) and all(kinds)


def drawable(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Numbers that an axis can bear: nan for what is infinite or beyond 1e60, 0 below 1e-60.

    >>> drawable([1.0, float("inf"), 1e300, 1e-300])
    array([ 1., nan, nan,  0.])
    """
    array = np.asarray(values, dtype=np.float64)
    sizes = np.abs(array)
    return np.where(sizes <= 1e60, np.where(sizes >= 1e-60, array, 0.0), np.nan)


def _is_finite(value: Any) -> bool:
    return value is not None and isfinite(_as_float(value))


def _as_float(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _written(value: Any, form: str) -> str:
    if value is None:
        return ABSENT
    number = float(value)
    return format(number, form) if isfinite(number) else str(number)
