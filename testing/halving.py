"""The one of many elements whose derivative is wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .flat_function import Vector
from .lines import Line
from .modes import Derivatives
from .quick import quick_slopes

_CLEAR = 32.0
"""How many times as large as its noise a difference should be: steps are no longer than that."""

_SHORTEST = 2.0**-20

Measured = Callable[[Vector], tuple[Line, float]]
"""The line along a direction, and the scale of steps on it."""


def isolated(
    direction: Vector, output: int, derivatives: Derivatives, measured: Measured
) -> int | None:
    """An element whose derivative is not the slope, out of those that a direction moves.

    What the derivative along a direction is off by is the sum of what its parts are off by, so
    that one half of the elements is off by half as much at least: two quick looks at each size.

    Returns
    -------
    int or None
        The element; None where differences do not show one.
    """
    function = derivatives.function
    moved = np.flatnonzero(direction)
    gap, rounding = np.inf, 0.0
    parts = [moved]
    while True:
        looks = [measured(_part(direction, each)) for each in parts]
        lines = [line for line, _ in looks]
        scales = [_shortened(scale, rounding, gap) for _, scale in looks]
        quick = quick_slopes(function, lines, scales)
        gaps = [
            _gap(derivatives.along(line), slope, output) for line, slope in zip(lines, quick.slope)
        ]
        worst = int(np.argmax(gaps))
        noise = float(quick.noise[worst, output])
        if not gaps[worst] > 2.0 * noise:
            return None
        moved, gap, rounding = parts[worst], gaps[worst], noise * scales[worst]
        if moved.size == 1:
            return int(moved[0])
        parts = np.array_split(moved, 2)


def _part(direction: Vector, moved: np.ndarray) -> Vector:
    part = np.zeros(direction.size)
    part[moved] = direction[moved]
    return part


def _shortened(scale: float, rounding: float, gap: float) -> float:
    """A scale on which the gap is still clear, and kinks are far."""
    if not np.isfinite(gap):
        return scale
    return min(scale, max(_CLEAR * rounding / gap, _SHORTEST * scale))


def _gap(analytic: Vector | None, slope: Vector, output: int) -> float:
    if analytic is None or not np.isfinite(slope[output]):
        return 0.0
    difference = abs(float(analytic[output] - slope[output]))
    return difference if np.isfinite(difference) else np.inf
