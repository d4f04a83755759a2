"""Numbers where derivatives go wrong, and dtypes to have them in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import ceil, copysign, floor, inf, isnan
from typing import Any, Literal

import numpy as np
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from ...engine.checks import checked_choice, ordered
from ...engine.operation import real_number

Regime = Literal["any", "mild", "ordinary"]
"""How far numbers may lie from where most functions can be judged."""

REGIMES: tuple[Regime, ...] = ("ordinary", "mild", "any")

_MILD = 100.0
"""No mild number is greater."""

_OFTEN = 8
"""-0.0 is drawn so many times as often as another kink: nobody thinks of it."""

KINKS = (0.0, 1.0, -1.0, 3.0, -3.0, 6.0, -6.0, 0.5, -0.5)
"""Where functions of neural networks have kinks: at 0, at 1 (huber, hinge), 3 and 6 (hardswish)."""

_WHOLE = ("int64", "int32", "int16", "int8", "uint8", "bool")


def dtypes(*, whole: bool = False) -> st.SearchStrategy[np.dtype[Any]]:
    """float64 and float32, the dtypes that there are derivatives of.

    Parameters
    ----------
    whole : bool
        Draw dtypes of whole numbers and of truth values instead, for indices and masks.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import find
    >>> find(strategies.dtypes(), lambda dtype: dtype.itemsize < 8)
    dtype('float32')
    """
    return st.sampled_from(_WHOLE if whole else ("float64", "float32")).map(np.dtype)


def values(
    dtype: DTypeLike = "float64",
    *,
    min_value: float | None = None,
    max_value: float | None = None,
    kinks: Iterable[float] = (),
    regime: Regime = "any",
    allow_nan: bool = False,
    allow_infinity: bool = False,
    allow_subnormal: bool = True,
) -> st.SearchStrategy[float]:
    """Numbers where derivatives go wrong, as Python floats that the dtype holds exactly.

    They are whole numbers, kinks (0.0 and -0.0 among them), their neighbours at any distance down
    to the last bit, ordinary numbers with a few digits, and numbers of any size: huge, tiny and
    denormal ones. They shrink to 0.0 and to numbers of few digits.

    Parameters
    ----------
    dtype : dtype
        float64 or float32.
    min_value, max_value : float, optional
        The range, its ends included: numbers at the ends are drawn on purpose.
    kinks : iterable of float
        Where the function to be tested has kinks, beside :data:`KINKS`.
    regime : {"any", "mild", "ordinary"}
        Mild numbers are none above 100 in size, nor any between 0 and 1e-12, with which most
        functions round or overflow so that nothing can be said of them; ordinary ones are not drawn
        at kinks on purpose, either.
    allow_nan, allow_infinity : bool
        Whether these are drawn too.
    allow_subnormal : bool
        Whether numbers too small for all their digits are.

    Raises
    ------
    TypeError
        If a number is none.
    ValueError
        For another dtype, and for an empty range.

    Examples
    --------
    >>> from twingrad.testing import strategies
    >>> from hypothesis import find
    >>> find(strategies.values(regime="ordinary"), lambda x: x > 99)
    99.1
    >>> find(strategies.values(kinks=[2.5]), lambda x: 2.4 < x < 2.6)
    2.5
    """
    checked_choice(regime, "values: regime", REGIMES)
    kind = _checked(dtype)
    range_ = _range(kind, min_value, max_value, regime)
    corners = tuple(real_number(kink, "values: kinks") for kink in kinks)
    found = _finite(kind, *range_, corners, regime, allow_subnormal)
    extremes = [inf, -inf] * allow_infinity + [float("nan")] * allow_nan
    fitting = [x for x in extremes if isnan(x) or _reaches(x, min_value, max_value)]
    return found | st.sampled_from(fitting) if fitting else found


def _checked(dtype: DTypeLike) -> np.dtype[Any]:
    kind = np.dtype(dtype)
    if kind not in (np.dtype("float64"), np.dtype("float32")):
        raise ValueError(
            f"values: dtype must be float64 or float32, got {kind}: there are derivatives of these"
        )
    return kind


def _range(
    kind: np.dtype[Any], min_value: float | None, max_value: float | None, regime: Regime
) -> tuple[float, float]:
    """The ends of the range of finite numbers, as the dtype holds them."""
    greatest = float(np.finfo(kind).max)
    limit = greatest if regime == "any" else _MILD
    least = -inf if min_value is None else real_number(min_value, "values: min_value")
    most = inf if max_value is None else real_number(max_value, "values: max_value")
    ordered("values", min_value=least, max_value=most)
    low = max(least, min(-limit, 2 * most), -greatest)
    high = min(most, max(limit, 2 * least), greatest)
    low, high = _inwards(kind, low, inf), _inwards(kind, high, -inf)
    if low > high:
        raise ValueError(
            f"values: min_value and max_value must have a finite {kind} between them, got "
            f"{min_value!r} and {max_value!r}: widen the range"
        )
    return low, high


def _inwards(kind: np.dtype[Any], bound: float, inside: float) -> float:
    """The bound, or the next number of the dtype towards ``inside`` of it."""
    nearest = float(kind.type(bound))
    if nearest < bound if inside > 0 else nearest > bound:
        return float(np.nextafter(kind.type(nearest), kind.type(inside)))
    return nearest


def _reaches(infinity: float, min_value: float | None, max_value: float | None) -> bool:
    """Whether a range has no end on the side of an infinity, or that infinity for its end."""
    bound = max_value if infinity > 0 else min_value
    return bound is None or bound == infinity


@lru_cache(maxsize=256)
def _finite(
    kind: np.dtype[Any],
    low: float,
    high: float,
    kinks: tuple[float, ...],
    regime: Regime,
    allow_subnormal: bool,
) -> st.SearchStrategy[float]:
    """Numbers of a range, by kinds, of which each is drawn as often."""
    sizes = ((100, 10), (10, 1000)) if regime == "ordinary" else ((10, 1), (10, 1000), (100, 10))
    kinds = [_fractions(kind, low, high, *size) for size in sizes]
    kinds = [each for each in kinds if not each.is_empty]
    if kinds and regime == "ordinary":
        return st.one_of(kinds)
    corners = _corners(kind, low, high, kinks)
    beside = _beside(kind, corners, low, high, regime)
    if kinds and regime == "mild":
        return st.one_of(*kinds, st.sampled_from(corners), beside)
    any_size = st.floats(
        low,
        high,
        width=32 if kind.itemsize == 4 else 64,
        allow_subnormal=None if allow_subnormal else False,
    )
    return st.one_of(*kinds, st.sampled_from(corners), beside, any_size)


def _fractions(
    kind: np.dtype[Any], low: float, high: float, most: int, per_one: int
) -> st.SearchStrategy[float]:
    """Whole numbers of up to ``most`` in size divided by a power of ten, which print shortly."""
    first, last = ceil(max(low, -most) * per_one), floor(min(high, most) * per_one)
    if first > last:
        return st.nothing()
    numbers = st.integers(first, last)
    if per_one == 1:
        return numbers.map(float)
    return numbers.map(lambda number: _held(kind, number / per_one, low, high))


def _corners(kind: np.dtype[Any], low: float, high: float, kinks: Iterable[float]) -> list[float]:
    """The kinks in a range, the simple ones first, and its ends; 0.0 with -0.0 beside it."""
    greatest = float(np.finfo(kind).max)
    ends = [end for end in (low, high) if abs(end) < greatest]
    held = [float(kind.type(each)) for each in (*kinks, *KINKS, *ends) if abs(each) <= greatest]
    found = dict.fromkeys(held)
    inside = [each + 0.0 for each in found if low <= each <= high]
    reaches_below = copysign(1.0, low) < 0 <= high
    return [*inside, *[-0.0] * _OFTEN] if reaches_below else inside or [low]


def _beside(
    kind: np.dtype[Any], corners: list[float], low: float, high: float, regime: Regime
) -> st.SearchStrategy[float]:
    """Numbers next to corners: at distances of powers of ten, down to the last bit."""
    digits = np.finfo(kind).precision
    distances = st.integers(1, digits + 1 if regime == "any" else digits - 3)
    return st.builds(
        lambda corner, distance, side: _held(
            kind, _apart(kind, corner, side * 10.0**-distance), low, high
        ),
        st.sampled_from(corners),
        distances,
        st.sampled_from((1, -1)),
    )


def _apart(kind: np.dtype[Any], corner: float, distance: float) -> float:
    """The number of the dtype at this distance of a corner, or the next one that is another."""
    there = kind.type(corner + distance)
    if there == corner:
        there = np.nextafter(kind.type(corner), kind.type(copysign(inf, distance)))
    return float(there)


def _held(kind: np.dtype[Any], number: float, low: float, high: float) -> float:
    return min(max(float(kind.type(number)), low), high)
