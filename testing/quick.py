"""A first look at all derivatives: few evaluations, which settle what is plainly right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np

from .flat_function import FlatFunction, Vector
from .lines import Line

_SHARE = 2.0**-6
_COARSE_SHARE = 2.0**-3
"""The first step, as a share of the scale, for float64 and for less."""

NATURAL = 4.0
"""Scales up to this one tell what is large for a function of numbers near 0; others are a guess."""


@final
class Quick(NamedTuple):
    """Slopes along some lines from two steps to both sides; arrays (lines, outputs).

    Attributes
    ----------
    slope : array
        Central differences, extrapolated once.
    noise : array
        What rounding of the values may make of it.
    bend : array
        By how much the slopes to both sides differ, beyond what curvature explains.
    variation : array
        The steepest slope to the steps' ends.
    natural : array (lines, 1) of bool
        Whether the steps are no larger than the moved numbers, or than natural ones.
    """

    slope: Vector
    noise: Vector
    bend: Vector
    variation: Vector
    natural: np.ndarray

    def agrees(self, analytic: Vector, close: float) -> np.ndarray:
        """Where the analytic numbers are these slopes, and the function is smooth."""
        with np.errstate(all="ignore"):
            size = np.abs(self.slope)
            scale = size + self.variation
            near = np.abs(analytic - self.slope) <= close * size + 2.0 * self.noise
            felt = np.where(self.natural, self.variation, 0.0)
            known = self.noise <= 10.0 * close * size + 1e-9 * felt
            smooth = self.bend <= 10.0 * close * scale + 8.0 * self.noise
            constant = (self.variation == 0) & (analytic == 0)
            agreed: np.ndarray = (near & known & smooth) | constant
        return agreed

    def difference(self, analytic: Vector) -> Vector:
        """The relative differences of the slopes that are known well; 0 for the others."""
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(self.slope), np.abs(analytic))
            known = (self.noise <= 1e-6 * size) & (self.bend <= 1e-4 * size)
            relative = np.abs(self.slope - analytic) / size
        found: Vector = np.where(known & np.isfinite(relative), relative, 0.0)
        return found


def quick_slopes(function: FlatFunction, lines: Sequence[Line], scales: Sequence[float]) -> Quick:
    """Slopes along each line from steps that are a small share of its scale."""
    count = len(lines)
    first = _SHARE if function.closeness < 1e-4 else _COARSE_SHARE
    steps = np.empty((count, 4, 1))
    values = np.empty((count, 4, function.center.size))
    for k, (line, scale) in enumerate(zip(lines, scales, strict=True)):
        for position, share in enumerate((first, 0.5 * first, -0.5 * first, -first)):
            steps[k, position, 0], values[k, position] = line.at(share * scale)
    center = np.array([line.center for line in lines]).reshape(count, 1, -1)
    quotients = (values - center) / steps
    far = (values[:, 0] - values[:, 3]) / (steps[:, 0] - steps[:, 3])
    near = (values[:, 1] - values[:, 2]) / (steps[:, 1] - steps[:, 2])
    bends = quotients[:, 0] - quotients[:, 3], quotients[:, 1] - quotients[:, 2]
    sizes = np.maximum(np.abs(values).max(axis=1, initial=0.0), np.abs(center[:, 0]))
    noise = np.array([np.broadcast_to(line.noise, function.center.shape) for line in lines])
    least = 4.0 * np.finfo(np.float64).smallest_subnormal
    rounding = function.output_resolution * sizes + noise + least
    return Quick(
        (4.0 * near - far) / 3.0,
        2.0 * rounding / np.abs(steps[:, 1]),
        np.abs(2.0 * bends[1] - bends[0]),
        np.abs(quotients).max(axis=1, initial=0.0),
        np.array([[_is_natural(*each)] for each in zip(lines, scales)]).reshape(count, 1),
    )


def _is_natural(line: Line, scale: float) -> bool:
    return scale <= max(NATURAL, float(np.abs(line.base[line.direction != 0]).max()))
