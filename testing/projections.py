"""Large functions along random directions; the guilty element is found by halving."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import final

import numpy as np

from .deciding import Decision
from .findings import Verdict
from .flat_function import FlatFunction, Vector
from .ladder import scales
from .lines import Line
from .neighbourhood import Question, examine, suspect
from .quick import quick_slopes
from .recording import Recorder

_SUMS = 2
_PICKED_RESULTS = 3
_PICKED_ELEMENTS = 2


@final
class Projections:
    """Judges sums of a function's results along directions in each of its inputs.

    Parameters
    ----------
    function : FlatFunction
    recorder : Recorder
    generator : numpy.random.Generator
        Of the directions.
    count : int
        How many directions each input is moved along, besides single elements of it.
    """

    def __init__(
        self,
        function: FlatFunction,
        recorder: Recorder,
        generator: np.random.Generator,
        count: int,
    ) -> None:
        self.recorder = recorder
        self.generator = generator
        self.count = count
        self.known = np.flatnonzero(np.isfinite(function.center))
        self.whole = function
        self.sums = self._weights()
        self.function = function.projected(self.sums)
        self.noise = function.output_resolution.max(initial=0.0) * (
            np.abs(self.sums[:, self.known]) @ np.abs(function.center[self.known])
        )

    def judge(self) -> None:
        """Compare the derivatives of each sum along each direction with differences."""
        function = self.function
        if not len(self.sums) or not function.size:
            return
        unit = np.eye(len(self.sums))
        gradients = np.array([function.pulled(function.point, each) for each in unit])
        self.recorder.misshapen("reverse")
        for position, (start, end) in enumerate(pairwise(function.input_starts)):
            if position in function.misshapen:
                continue
            directions = list(self._directions(start, end, gradients))
            lines = [self._line(each, gradients) for each in directions]
            self._lines(position, lines, gradients)

    def _weights(self) -> Vector:
        """The sums of results that are looked at: all of them if they are few."""
        size, known = self.whole.center.size, self.known
        if known.size <= _SUMS + _PICKED_RESULTS:
            return np.eye(size)[known]
        weights = np.zeros((_SUMS + _PICKED_RESULTS, size))
        weights[:_SUMS, known] = self._signs((_SUMS, known.size))
        picked = self.generator.choice(known, _PICKED_RESULTS, replace=False)
        weights[np.arange(_SUMS, len(weights)), picked] = 1.0
        return weights

    def _signs(self, shape: tuple[int, ...]) -> Vector:
        return self.generator.choice([-1.0, -0.5, 0.5, 1.0], shape)

    def _directions(self, start: int, end: int, gradients: Vector) -> Iterator[Vector]:
        point = self.function.point
        movable = start + np.flatnonzero(np.isfinite(point[start:end]))
        if not movable.size:
            return
        for _ in range(self.count if movable.size > 1 else 0):
            direction = np.zeros(point.size)
            direction[movable] = self._signs((movable.size,))
            yield direction
        steepest = np.abs(gradients[:, movable]).max(axis=0)
        picked = {int(movable[np.argmax(steepest)]), int(movable[np.argmin(steepest)])}
        picked |= {int(each) for each in self.generator.choice(movable, _PICKED_ELEMENTS)}
        for coordinate in sorted(picked):
            direction = np.zeros(point.size)
            direction[coordinate] = 1.0
            yield direction

    def _line(self, direction: Vector, gradients: Vector) -> Line:
        function = self.function
        line = Line(function, direction)
        moved = np.flatnonzero(direction)
        rounded = function.input_resolution[moved] * function.point[moved]
        several = moved.size > 1
        felt = np.sqrt((gradients[:, moved] * rounded) ** 2 @ np.ones(moved.size))
        line.noise = self.noise + (np.nan_to_num(felt) if several else 0.0)
        return line

    def _lines(self, position: int, lines: list[Line], gradients: Vector) -> None:
        if not lines:
            return
        analytic = np.array([line.slopes(gradients) for line in lines])
        sizes = [self._sizes(line) for line in lines]
        settled = np.zeros(analytic.shape, bool)
        for attempt in range(2):
            chosen = [each[min(attempt, len(each) - 1)] for each in sizes]
            quick = quick_slopes(self.function, lines, chosen)
            agreed = quick.agrees(analytic, self.function.closeness)
            relative = np.where(agreed & ~settled, quick.difference(analytic), 0.0)
            self.recorder.differs(float(relative.max(initial=0.0)))
            settled |= agreed
            if settled.all():
                break
        self.recorder.count(Verdict.OK, int(settled.sum()))
        for line, numbers, done in zip(lines, analytic, settled):
            outputs = [int(each) for each in np.flatnonzero(~done)]
            if outputs:
                decisions = examine(self._question(line), numbers, outputs)
                for output, decision in zip(outputs, decisions):
                    self._told(position, line, output, float(numbers[output]), decision)
                if any(each.is_wrong for each in decisions):
                    return  # one guilty element of an input is enough, and costs a lot to find

    def _sizes(self, line: Line) -> list[float]:
        """Scales of steps: those of single elements, made shorter the more of them move."""
        moved = np.flatnonzero(line.direction)
        values = np.abs(self.function.point[moved])
        typical = float(np.sqrt(np.mean(values**2))) if moved.size > 1 else float(values[0])
        found = scales(typical, np.empty(0))
        return [each / float(np.sqrt(moved.size)) for each in found]

    def _question(self, line: Line) -> Question:
        moved = np.flatnonzero(line.direction)

        def at(position: Vector, output: int) -> float:
            cotangent = np.zeros(len(self.sums))
            cotangent[output] = 1.0
            gradient = self.function.pulled(position, cotangent)
            return float(line.slopes(gradient))

        return Question(
            line,
            float(np.median(np.abs(self.function.point[moved]))),
            float(self.function.input_resolution[moved].max()),
            self._sizes(line),
            at,
        )

    def _told(
        self, position: int, line: Line, output: int, analytic: float, decision: Decision
    ) -> None:
        result = self._result(output)
        moved = np.flatnonzero(line.direction)
        if decision.is_wrong and moved.size > 1:
            found = self._guilty(moved, output)
            if found is not None:
                self.recorder.element("reverse", found[0], result, found[1], found[2])
                return
        if moved.size == 1:
            self.recorder.element("reverse", int(moved[0]), result, analytic, decision)
            return
        name = self.function.subject.input_names[position]
        told = decision._replace(reason=f"along a random direction, {decision.reason}")
        self.recorder.derivative("reverse", name, None, result, analytic, told)

    def _result(self, output: int) -> int | None:
        """The one result that a sum consists of; None if it is of several."""
        used = np.flatnonzero(self.sums[output])
        return int(used[0]) if used.size == 1 else None

    def _guilty(self, moved: np.ndarray, output: int) -> tuple[int, float, Decision] | None:
        """One element whose derivative is wrong, by halving; None where halves do not show it."""
        cotangent = np.zeros(len(self.sums))
        cotangent[output] = 1.0
        gradient = self.function.pulled(self.function.point, cotangent)
        gradients = np.zeros((len(self.sums), gradient.size))
        gradients[output] = gradient
        while moved.size > 1:
            halves = np.array_split(moved, 2)
            moved = next(
                (each for each in halves if self._is_off(each, gradients, output)), moved[:0]
            )
        if not moved.size:
            return None
        coordinate = int(moved[0])
        line = self._line(_along(moved, gradient.size), gradients)
        (decision,) = examine(self._question(line), gradients[:, coordinate], [output])
        return (coordinate, float(gradient[coordinate]), decision) if decision.is_wrong else None

    def _is_off(self, moved: np.ndarray, gradients: Vector, output: int) -> bool:
        """Whether derivatives along a part of a direction are not settled by two steps."""
        line = self._line(_along(moved, gradients.shape[1]), gradients)
        analytic = line.slopes(gradients)
        for scale in self._sizes(line)[:2]:
            quick = quick_slopes(self.function, [line], [scale])
            if quick.agrees(analytic[None], self.function.closeness)[0, output]:
                return False
        return suspect(self._question(line), analytic, output)


def _along(moved: np.ndarray, size: int) -> Vector:
    """All the same: signs that differ might let several mistakes cancel."""
    direction = np.zeros(size)
    direction[moved] = 1.0
    return direction
