"""How far to go in a direction: a line search for the strong Wolfe conditions.

A step t along a direction d is good if the loss falls enough for its length,
``f(t) <= f(0) + 1e-4 * t * f'(0)``, and the slope has flattened,
``abs(f'(t)) <= 0.9 * abs(f'(0))``. The search takes longer steps until a good one lies between two
of them, then narrows the two (Nocedal and Wright 2006, "Numerical Optimization", algorithms 3.5
and 3.6). The next step to try is the minimum of the cubic with the same values and slopes at two
points, with the safeguards of Schmidt's minFunc, so that the steps are those of PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isnan, sqrt
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ..engine import ieee

_FALL = 1e-4
"""The part of the fall that the slope at the start promises."""

_FLATTENING = 0.9
"""The part of the slope at the start that may be left."""

_NARROW = 1e-9
"""Points that are nearer to each other than this, in any element, are not told apart."""

_MARGIN = 0.1
"""The part of the interval at its ends where a second try in turn is moved inside."""


class Point(NamedTuple):
    """What is known of the loss where a step along the direction ends.

    Attributes
    ----------
    step : float
        How often the direction has been gone.
    value : float
        The loss there.
    slope : float
        How fast it changes with the step: the gradient times the direction.
    gradient : array
        Its gradient there.
    """

    step: float
    value: float
    slope: float
    gradient: NDArray[Any]


def strong_wolfe(
    evaluate: Callable[[float], Point], start: Point, step: float, length: float, tries: int
) -> Point:
    """A point that meets the strong Wolfe conditions, or the lowest that was found.

    Parameters
    ----------
    evaluate : callable
        Gives the point of a step.
    start : Point
        That of the step 0; its slope is negative.
    step : float
        The first to try.
    length : float
        The greatest element of the direction, for what is near.
    tries : int
        How many further steps may be tried.

    Examples
    --------
    >>> from twingrad.optim.line_search import Point, strong_wolfe
    >>> def parabola(step):
    ...     return Point(step, (step - 3) ** 2, 2 * (step - 3), None)
    >>> strong_wolfe(parabola, parabola(0), step=0.1, length=1.0, tries=25).step
    1.0
    """
    low, high, tries = _bracket(evaluate, start, step, tries)
    return low if high is None else _narrowed(evaluate, start, low, high, length, tries)


def _falls_enough(point: Point, start: Point) -> bool:
    """Whether the loss is low enough for the length of the step; never if it is nan."""
    return point.value <= start.value + _FALL * point.step * start.slope


def _is_flat_enough(point: Point, start: Point) -> bool:
    return abs(point.slope) <= -_FLATTENING * start.slope


def _bracket(
    evaluate: Callable[[float], Point], start: Point, step: float, tries: int
) -> tuple[Point, Point | None, int]:
    """Two points with a good one between them, the lower first, or a good one alone.

    The last number is how many tries are left.
    """
    before, point = start, evaluate(step)
    for tried in range(tries):
        has_passed = not _falls_enough(point, start) or (tried > 1 and point.value >= before.value)
        if not has_passed and _is_flat_enough(point, start):
            return point, None, 0
        if has_passed or point.slope >= 0:
            return *_lower_first(before, point), tries - tried
        least = point.step + 0.01 * (point.step - before.step)
        further = cubic_minimum(before, point, least, 10 * point.step)
        before, point = point, evaluate(further)
    return *_lower_first(start, point), 0


def _narrowed(
    evaluate: Callable[[float], Point],
    start: Point,
    low: Point,
    high: Point,
    length: float,
    tries: int,
) -> Point:
    """A good point between two, or the lowest when they are too near or no tries are left."""
    was_near_end = False
    for _ in range(tries):
        left, right = sorted((low.step, high.step))
        if (right - left) * length < _NARROW:
            break
        step = cubic_minimum(low, high, left, right)
        step, was_near_end = _inside(step, left, right, was_near_end)
        point = evaluate(step)
        if not _falls_enough(point, start) or point.value >= low.value:
            low, high = _lower_first(low, point)
        elif _is_flat_enough(point, start):
            return point
        else:
            if point.slope * (high.step - low.step) >= 0:
                high = low
            low = point
    return low


def _lower_first(a: Point, b: Point) -> tuple[Point, Point]:
    return (b, a) if b.value < a.value else (a, b)


def _inside(step: float, left: float, right: float, was_near_end: bool) -> tuple[float, bool]:
    """A step that is not near an end for the second time in turn; whether it is near one."""
    margin = _MARGIN * (right - left)
    if min(right - step, step - left) >= margin:
        return step, False
    if was_near_end or not left < step < right:
        is_right = abs(step - right) < abs(step - left)
        return right - margin if is_right else left + margin, False
    return step, True


def cubic_minimum(a: Point, b: Point, least: float, most: float) -> float:
    """Where the cubic with the values and slopes of two points has its minimum.

    It is kept between two bounds; their middle is given where the cubic has no minimum.

    References
    ----------
    Nocedal and Wright 2006, equation 3.59.
    """
    left, right = (a, b) if a.step <= b.step else (b, a)
    chord = ieee.div(left.value - right.value, left.step - right.step)
    d1 = left.slope + right.slope - 3 * chord
    square = d1 * d1 - left.slope * right.slope
    if square >= 0:
        d2 = sqrt(square)
        part = ieee.div(right.slope + d2 - d1, right.slope - left.slope + 2 * d2)
        step = right.step - (right.step - left.step) * part
        if not isnan(step):
            return min(max(step, least), most)
    return (least + most) / 2
