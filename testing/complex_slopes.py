"""Slopes by the complex step, where a function takes complex numbers."""

from __future__ import annotations

from typing import NamedTuple, final

import numpy as np

from .deciding import Decision
from .findings import Verdict
from .flat_function import FlatFunction, Vector
from .lines import Line
from .modes import Derivatives, one
from .quick import quick_slopes

_STEP = 1e-20
_SAME = 1e-10
"""The relative difference that is no mistake: a tenth of the smallest one that is found."""

_DIRECTIONS = 2
_PLACES = 8
_DISTANCE = 2.0**-7
"""How far apart, relatively, the places are at which a small mistake must be seen again."""


class ComplexSlopes(NamedTuple):
    """Derivatives of all outputs by all elements, and where they may be believed.

    Attributes
    ----------
    slopes : array (inputs, outputs)
        The imaginary part of `f(x + i h e_k)` over `h` (Squire and Trapp 1998), which subtracts
        nothing, and is right to all digits of a function that is differentiable there.
    trusted : array (outputs,) of bool
        Whether differences along random directions are the same.
    """

    slopes: Vector
    trusted: np.ndarray


@final
class ComplexStep:
    """Looks at derivatives by the complex step.

    Parameters
    ----------
    function : FlatFunction
    generator : numpy.random.Generator
        Of the directions, along which differences confirm the slopes.
    """

    def __init__(self, function: FlatFunction, generator: np.random.Generator) -> None:
        self.function = function
        self.generator = generator
        self.reverse = Derivatives(function, "reverse")

    def slopes(self, movable: list[int]) -> ComplexSlopes | None:
        """Those by the ``movable`` elements, nan for the others; None where they tell nothing."""
        function = self.function
        if function.is_coarse or not movable:
            return None
        slopes = np.full((function.size, function.center.size), np.nan)
        for coordinate in movable:
            found = self._slope(function.point, coordinate)
            if found is None:
                return None
            slopes[coordinate] = found
        return ComplexSlopes(slopes, self._confirmed(slopes, movable))

    def is_off(self, coordinate: int, output: int, analytic: float, slope: float) -> bool:
        """Whether a small difference from the slope is a mistake, and not rounding.

        A mistake is about as large, relatively, and of one sign, wherever one looks; what a
        formula loses by rounding is as often above as below.
        """
        function = self.function
        line = Line.along(function, coordinate)
        size = abs(float(function.point[coordinate])) or 1.0
        differences = [(analytic - slope) / slope]
        for place in self.generator.uniform(-1.0, 1.0, _PLACES):
            position = function.point + place * _DISTANCE * size * line.direction
            found = self._slope(position, coordinate)
            if found is None or not np.isfinite(found[output]) or found[output] == 0:
                return False
            number = self.reverse.at(line, position, output)
            differences.append((number - found[output]) / found[output])
        sizes = np.abs(differences)
        one_sign = abs(np.sign(differences).sum()) == len(differences)
        return bool(one_sign and sizes.min() > max(_SAME, 0.5 * sizes.max()))

    def _slope(self, position: Vector, coordinate: int) -> Vector | None:
        step = _STEP * min(abs(float(position[coordinate])) or 1.0, 1.0)
        if step < np.finfo(np.float64).tiny:
            return None
        values = self.function.complex_values(position, step * one(coordinate, position.size))
        return None if values is None else values.imag / step

    def _confirmed(self, slopes: Vector, movable: list[int]) -> np.ndarray:
        """Whether the slopes of each output are those of differences along some directions."""
        function = self.function
        sizes = np.abs(function.point[movable])
        lines = []
        for _ in range(_DIRECTIONS):
            direction = np.zeros(function.size)
            signs = self.generator.choice([-1.0, 1.0], len(movable))
            direction[movable] = signs * np.where(sizes > 0, np.minimum(sizes, 1.0), 1.0)
            lines.append(Line(function, direction))
        quick = quick_slopes(function, lines, [1.0 / np.sqrt(len(movable))] * _DIRECTIONS)
        expected = np.array([line.slopes(slopes.T) for line in lines])
        return np.asarray(quick.agrees(expected, function.closeness).all(axis=0))


def mistaken(slope: float) -> Decision:
    """The decision on a number that is not quite the slope."""
    error = 4.0 * float(np.finfo(np.float64).eps) * abs(slope)
    reason = "the slope is another one"
    return Decision(Verdict.WRONG, slope, error, _SAME * abs(slope), reason=reason)


def same(analytic: Vector, slopes: Vector) -> np.ndarray:
    """Where numbers are the slopes, as far as most formulas can give them."""
    found: np.ndarray = np.abs(analytic - slopes) <= 0.1 * _SAME * np.abs(slopes)
    return found
