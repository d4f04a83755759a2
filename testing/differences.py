"""Slopes of functions of one variable from their values, with errors, at many scales at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .flat_function import Vector
from .lines import Samples


class Slopes(NamedTuple):
    """A function's slopes at the center of a line, from steps of each size.

    All are arrays (sizes, outputs), from the largest steps to the smallest; errors are infinite
    where there is no slope.

    Attributes
    ----------
    sizes : array (sizes,)
        The steps.
    central, right, left : array
        Extrapolated slopes from both sides, and from one.
    central_error, right_error, left_error : array
        How far these may be from the truth.
    variation : array
        The steepest slope between the center and the steps' ends.
    constant : array of bool
        Whether all values were the same, but those at the largest of the steps.
    """

    sizes: Vector
    central: Vector
    right: Vector
    left: Vector
    central_error: Vector
    right_error: Vector
    left_error: Vector
    variation: Vector
    constant: np.ndarray


def slopes(samples: Samples, resolution: Vector) -> Slopes:
    """Slopes from each four neighbouring steps of a ladder.

    One-sided differences are extrapolated to step 0 in all powers of the step, central ones in
    its even powers (Richardson). An estimate's error is the largest change, in units of values,
    that a finer one saw from a size to the next, which is what is left of higher powers where
    the steps are large and the function's own noise where they are small; at least it is the
    rounding of values of ``resolution``.
    """
    center, right, left = samples.center, samples.right, samples.left
    right_steps, left_steps = samples.right_steps, samples.left_steps
    to_right = (right - center) / right_steps[:, None]
    to_left = (center - left) / left_steps[:, None]
    both = (right - left) / (right_steps + left_steps)[:, None]
    middle = 0.5 * (right_steps + left_steps)
    noise = _noise(samples, resolution)
    finest = middle[2:-1, None]
    rounding = 4.0 * noise / finest + 4.0 * np.finfo(np.float64).eps * _windows(to_right, to_left)
    estimates = [
        _estimated(to_right, right_steps, 1, rounding),
        _estimated(to_left, left_steps, 1, rounding),
        _estimated(both, middle, 2, rounding),
    ]
    (right_slope, right_error), (left_slope, left_error), (central, central_error) = estimates
    changes = np.maximum(np.abs(right - center), np.abs(left - center))
    return Slopes(
        middle[:-3],
        central,
        right_slope,
        left_slope,
        central_error,
        right_error,
        left_error,
        _windows(to_right, to_left),
        ~(_largest_of(np.vstack([changes[1:], changes[-1:]])) > 0),
    )


def _noise(samples: Samples, resolution: Vector) -> Vector:
    sizes = np.maximum(np.abs(samples.right), np.abs(samples.left))
    sizes = np.fmax(sizes, np.abs(samples.center))
    least = 4.0 * np.finfo(np.float64).smallest_subnormal
    noise: Vector = resolution * _largest_of(sizes) + samples.noise + least
    return noise


def _largest_of(array: Vector) -> Vector:
    """The largest of each four neighbours along the first dimension; nan is left out."""
    count = len(array) - 3
    parts = [array[k : k + count] for k in range(4)]
    largest: Vector = np.fmax.reduce(parts)
    return largest


def _windows(right: Vector, left: Vector) -> Vector:
    steepest = np.fmax(np.abs(right), np.abs(left))
    return _largest_of(np.where(np.isfinite(steepest), steepest, 0.0))


def _estimated(
    quotients: Vector, steps: Vector, power: int, rounding: Vector
) -> tuple[Vector, Vector]:
    """Neville's table for each three neighbours, and the errors of its last column."""
    once = _eliminated(quotients, steps, power, 1)
    twice = _eliminated(once, steps, power, 2)
    changes = np.abs(np.diff(twice, axis=0)) * steps[:-3, None]
    known = np.where(np.isfinite(changes), changes, 0.0)
    finer = np.maximum.accumulate(known[::-1], axis=0)[::-1]
    error = finer / steps[:-3, None] + rounding
    found = np.isfinite(changes) & np.isfinite(error)
    return twice[:-1], np.where(found, error, np.inf)


def _eliminated(column: Vector, steps: Vector, power: int, order: int) -> Vector:
    shrinking = (steps[order:, None] / steps[:-order, None]) ** power
    extrapolated: Vector = (column[1:] - shrinking * column[:-1]) / (1.0 - shrinking)
    return extrapolated
