"""The author's derivatives along lines, in reverse or in forward mode."""

from __future__ import annotations

from typing import final

import numpy as np

from .flat_function import FlatFunction, Vector
from .lines import Line


@final
class Derivatives:
    """What the author says of a function's slopes along directions.

    Parameters
    ----------
    function : FlatFunction
    mode : str
        ``"reverse"`` or ``"forward"``.
    """

    def __init__(self, function: FlatFunction, mode: str) -> None:
        self.function = function
        self.mode = mode
        self._gradients: Vector | None = None

    def along(self, line: Line) -> Vector | None:
        """The derivatives of all outputs where the function is checked; None if there are none."""
        if self.mode == "forward":
            return self.function.pushed(self.function.point, line.direction)
        return line.slopes(self.gradients())

    def at(self, line: Line, position: Vector, output: int) -> float:
        """The derivative of one output, anywhere; nan if there is none."""
        if self.mode == "forward":
            derivatives = self.function.pushed(position, line.direction)
            return float("nan") if derivatives is None else float(derivatives[output])
        return float(line.slopes(self.function.pulled(position, one(output, line.center.size))))

    def gradients(self) -> Vector:
        """The gradients of all outputs where the function is checked, (outputs, inputs)."""
        if self._gradients is None:
            function, count = self.function, self.function.center.size
            rows = [function.pulled(function.point, one(k, count)) for k in range(count)]
            self._gradients = np.array(rows).reshape(count, function.size)
        return self._gradients


def one(position: int, size: int) -> Vector:
    """Zeros with a 1 in one place."""
    unit = np.zeros(size)
    unit[position] = 1.0
    return unit
