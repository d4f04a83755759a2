"""Large functions along random directions; the guilty element is found by halving."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import final

import numpy as np

from .deciding import Decision
from .findings import Verdict
from .flat_function import FlatFunction, Vector
from .halving import isolated
from .ladder import scales
from .lines import Line
from .modes import Derivatives, one
from .neighbourhood import Question, examine
from .quick import quick_slopes
from .recording import Recorder

_SUMS = 2
_PICKED_RESULTS = 3
_PICKED_ELEMENTS = 2
_GUILTY_AT_MOST = 4
"""After so many wrong elements, of which every input has one at most, no others are looked for."""


@final
class Projections:
    """Judges sums of a function's results along directions in each of its inputs.

    A mistake is seen where it changes the slope along a direction by more than about 1e-5 of it
    (float64; more in float32). One wrong element among n that are alike changes it by about
    1 / sqrt(n) of its own error, so that a factor of 1.01 on one element is seen among some
    100,000 others, and one of 1.0001 among a hundred; on a whole input either is always seen.
    Mistakes in several elements may cancel along one direction, but hardly along all.

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
        self.reverse = Derivatives(self.function, "reverse")
        self.guilty = 0
        self.noise = function.output_resolution.max(initial=0.0) * (
            np.abs(self.sums[:, self.known]) @ np.abs(function.center[self.known])
        )

    def judge(self) -> None:
        """Compare the derivatives of each sum along each direction with differences."""
        function = self.function
        if not len(self.sums) or not function.size:
            return
        gradients = self.reverse.gradients()
        self.recorder.misshapen("reverse")
        for position, (start, end) in enumerate(pairwise(function.input_starts)):
            if position in function.misshapen:
                continue
            directions = list(self._directions(start, end, gradients))
            looks = [self._look(each) for each in directions]
            for derivatives in (self.reverse, Derivatives(function, "forward")):
                if looks and self.guilty < _GUILTY_AT_MOST:
                    self._compared(position, looks, derivatives)

    def _weights(self) -> Vector:
        """The sums of results that are looked at: all of them if they are few."""
        size, known = self.whole.center.size, self.known
        if known.size <= _SUMS + _PICKED_RESULTS:
            return np.eye(size)[known]
        weights = np.zeros((_SUMS + _PICKED_RESULTS, size))
        weights[:_SUMS, known] = self._draws((_SUMS, known.size))
        picked = self.generator.choice(known, _PICKED_RESULTS, replace=False)
        weights[np.arange(_SUMS, len(weights)), picked] = 1.0
        return weights

    def _draws(self, shape: tuple[int, ...]) -> Vector:
        sizes = self.generator.integers(33, 65, shape) / 64  # short numbers that seldom add to 0
        weights: Vector = sizes * self.generator.choice([-1.0, 1.0], shape)
        return weights

    def _directions(self, start: int, end: int, gradients: Vector) -> Iterator[Vector]:
        point = self.function.point
        movable = start + np.flatnonzero(np.isfinite(point[start:end]))
        if not movable.size:
            return
        for _ in range(self.count if movable.size > 1 else 0):
            direction = np.zeros(point.size)
            direction[movable] = self._draws((movable.size,))
            yield direction
        steepest = np.abs(gradients[:, movable]).max(axis=0)
        picked = {int(movable[np.argmax(steepest)]), int(movable[np.argmin(steepest)])}
        picked |= {int(each) for each in self.generator.choice(movable, _PICKED_ELEMENTS)}
        for coordinate in sorted(picked):
            yield one(coordinate, point.size)

    def _look(self, direction: Vector) -> tuple[Line, list[float]]:
        """A line with what rounding may do on it, and the scales of steps."""
        function = self.function
        line = Line(function, direction)
        moved = np.flatnonzero(direction)
        line.noise = self.noise
        if moved.size > 1:
            rounded = function.input_resolution[moved] * function.point[moved]
            gradients = self.reverse.gradients()[:, moved]
            felt = np.sqrt((gradients * rounded) ** 2 @ np.ones(moved.size))
            line.noise = self.noise + np.nan_to_num(felt)
        return line, self._sizes(line)

    def _compared(
        self, position: int, looks: list[tuple[Line, list[float]]], derivatives: Derivatives
    ) -> None:
        lines = [line for line, _ in looks]
        given = [derivatives.along(line) for line in lines]
        known = [each for each in given if each is not None]
        if len(known) < len(lines):
            return
        analytic = np.array(known)
        settled = np.zeros(analytic.shape, bool)
        for attempt in range(2):
            chosen = [sizes[min(attempt, len(sizes) - 1)] for _, sizes in looks]
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
            if outputs and self._doubted(position, line, numbers, outputs, derivatives):
                self.guilty += 1
                return  # one guilty element of an input is enough, and costs a lot to find

    def _sizes(self, line: Line) -> list[float]:
        """Scales of steps: those of single elements, made shorter the more of them move."""
        moved = np.flatnonzero(line.direction)
        values = np.abs(self.function.point[moved])
        typical = float(np.sqrt(np.mean(values**2))) if moved.size > 1 else float(values[0])
        found = scales(typical, np.empty(0))
        return [each / float(np.sqrt(moved.size)) for each in found]

    def _doubted(
        self,
        position: int,
        line: Line,
        analytic: Vector,
        outputs: list[int],
        derivatives: Derivatives,
    ) -> bool:
        """Tell of derivatives that a quick look did not settle; whether one of them is wrong."""
        if np.count_nonzero(line.direction) > 1:
            for output in outputs[:_SUMS]:
                if self._found(line, output, derivatives):
                    return True
        decisions = examine(self._question(line, derivatives), analytic, outputs)
        for output, decision in zip(outputs, decisions):
            self._told(position, line, output, float(analytic[output]), decision, derivatives.mode)
        return any(each.is_wrong for each in decisions)

    def _found(self, line: Line, output: int, derivatives: Derivatives) -> bool:
        """Whether one wrong element was found among those that a line moves, and told of."""
        coordinate = isolated(line.direction, output, derivatives, self._measured)
        if coordinate is None:
            return False
        alone, _ = self._look(one(coordinate, self.function.size))
        analytic = derivatives.along(alone)
        if analytic is None:
            return False
        (decision,) = examine(self._question(alone, derivatives), analytic, [output])
        if decision.is_wrong:
            number = float(analytic[output])
            result = self._result(output)
            self.recorder.element(derivatives.mode, coordinate, result, number, decision)
        return decision.is_wrong

    def _measured(self, direction: Vector) -> tuple[Line, float]:
        line, sizes = self._look(direction)
        return line, sizes[0]

    def _question(self, line: Line, derivatives: Derivatives) -> Question:
        moved = np.flatnonzero(line.direction)
        return Question(
            line,
            float(np.median(np.abs(self.function.point[moved]))),
            float(self.function.input_resolution[moved].max()),
            self._sizes(line),
            partial(derivatives.at, line),
        )

    def _told(
        self,
        position: int,
        line: Line,
        output: int,
        analytic: float,
        decision: Decision,
        mode: str,
    ) -> None:
        result = self._result(output)
        moved = np.flatnonzero(line.direction)
        if moved.size == 1:
            self.recorder.element(mode, int(moved[0]), result, analytic, decision)
            return
        name = self.function.subject.input_names[position]
        told = decision._replace(reason=f"along a random direction, {decision.reason}")
        self.recorder.derivative(mode, name, None, result, analytic, told)

    def _result(self, output: int) -> int | None:
        """The one result that a sum consists of; None if it is of several."""
        used = np.flatnonzero(self.sums[output])
        return int(used[0]) if used.size == 1 else None
