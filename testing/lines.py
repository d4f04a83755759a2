"""A function along a straight line, and its values at steps to both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, final

import numpy as np

from .flat_function import FlatFunction, Vector


@final
class Line:
    """A function of one number: `h(t) = f(x + t v)`.

    Parameters
    ----------
    function : FlatFunction
    direction : array (inputs,)
        The v.
    base : array (inputs,), optional
        The x; by default where the function is checked.

    Attributes
    ----------
    center : array (outputs,)
        h(0).
    noise : float or array (outputs,)
        What rounding of the moved inputs may make of the values, beyond their own rounding.
    """

    def __init__(
        self, function: FlatFunction, direction: Vector, base: Vector | None = None
    ) -> None:
        self.function = function
        self.direction = direction
        self.noise: float | Vector = 0.0
        self.base = function.point if base is None else base
        self.center = function.center if base is None else function.values(base)
        self._moved = np.flatnonzero(direction)

    @classmethod
    def along(cls, function: FlatFunction, coordinate: int, base: Vector | None = None) -> Line:
        """The line on which one element of the inputs moves."""
        direction = np.zeros(function.size)
        direction[coordinate] = 1.0
        return cls(function, direction, base)

    def slopes(self, gradients: Vector) -> Vector:
        """The derivatives along the line, from gradients shaped (..., inputs)."""
        derivatives: Vector = gradients[..., self._moved] @ self.direction[self._moved]
        return derivatives

    def at(self, step: float) -> tuple[float, Vector]:
        """The step as rounding made it, and h there; nan where that is no number."""
        position = self.base.copy()
        position[self._moved] += step * self.direction[self._moved]
        position = self.function.representable(position)
        if not np.isfinite(position[self._moved]).all():
            return step, np.full(self.center.shape, np.nan)
        if self._moved.size == 1:
            coordinate = self._moved[0]
            moved = position[coordinate] - self.base[coordinate]
            step = float(moved / self.direction[coordinate])
        return step, self.function.values(position)


class Samples(NamedTuple):
    """A function's values on a line, from the largest step to the smallest.

    Attributes
    ----------
    center : array (outputs,)
    noise : float or array (outputs,)
        See :class:`Line`.
    size : float
        The largest number that is moved.
    right_steps, left_steps : array (steps,)
        How far the values are from the center, all positive.
    right, left : array (steps, outputs)
    """

    center: Vector
    noise: float | Vector
    size: float
    right_steps: Vector
    left_steps: Vector
    right: Vector
    left: Vector


def sampled(line: Line, steps: Sequence[float]) -> Samples:
    """The line's values at ``steps`` to both sides."""
    right = [line.at(step) for step in steps]
    left = [line.at(-step) for step in steps]
    return Samples(
        line.center,
        line.noise,
        float(np.abs(line.base[line.direction != 0]).max(initial=0.0)),
        np.array([step for step, _ in right]),
        np.array([-step for step, _ in left]),
        np.array([values for _, values in right]).reshape(len(steps), -1),
        np.array([values for _, values in left]).reshape(len(steps), -1),
    )
