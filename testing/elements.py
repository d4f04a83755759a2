"""The whole Jacobian of a small function, element by element."""

from __future__ import annotations

from functools import partial
from typing import Any, final

import numpy as np

from .complex_slopes import ComplexStep, mistaken, same
from .deciding import Decision
from .findings import Verdict
from .flat_function import FlatFunction, Vector
from .ladder import scales
from .lines import Line
from .modes import Derivatives, one
from .neighbourhood import Question, examine
from .quick import quick_slopes
from .recording import Recorder

_SAME = 1e-9
"""What rounding may leave between the numbers of reverse and forward mode, relatively."""


@final
class Elements:
    """Judges each element of the Jacobian by itself, then all inputs together along directions.

    The directions find what no element shows: at a tie of `max(a, b)` both slopes may be
    anything from 0 to 1, but along `a = b` they add to 1.
    """

    def __init__(
        self, function: FlatFunction, recorder: Recorder, generator: np.random.Generator
    ) -> None:
        self.function = function
        self.recorder = recorder
        self.generator = generator
        self.movable = _positions(np.isfinite(function.point))
        self.known = _positions(np.isfinite(function.center))
        self.verdicts = np.full((function.size, function.center.size), Verdict.UNKNOWN, object)
        self.kinks = np.zeros(self.verdicts.shape, bool)
        self.sizes = {
            i: scales(function.point[i], np.delete(function.point, i)) for i in self.movable
        }

    def judge(self) -> None:
        """Compare reverse mode with differences, then forward mode if there is one."""
        function = self.function
        shape = function.size, function.center.size
        analytic = np.full(shape, np.nan)
        for output in self.known if self.movable else ():
            analytic[:, output] = function.pulled(function.point, one(output, shape[1]))
        misshapen = set(self.recorder.misshapen("reverse").tolist())
        self.movable = [i for i in self.movable if i not in misshapen]
        open_elements = np.zeros(shape, bool)
        open_elements[np.ix_(self.movable, self.known)] = True
        self.recorder.count(Verdict.UNKNOWN, open_elements.size - int(open_elements.sum()))
        self._complex_look(analytic, open_elements)
        self._first_look(analytic, open_elements)
        self._second_look("reverse", analytic, open_elements)
        self._directions(analytic)
        self._forward(analytic)

    def _complex_look(self, analytic: Vector, open_elements: np.ndarray) -> None:
        """Settle what the complex step can, to nearly all digits."""
        step = ComplexStep(self.function, self.generator)
        found = step.slopes(self.movable)
        if found is None:
            return
        trusted = open_elements & found.trusted
        agreed = trusted & same(analytic, found.slopes)
        size = np.maximum(np.abs(analytic), np.abs(found.slopes))
        apart = np.abs(analytic - found.slopes)
        self.recorder.differs(float((apart / size).max(initial=0.0, where=agreed & (size > 0))))
        self.recorder.count(Verdict.OK, int(agreed.sum()))
        self.verdicts[agreed] = Verdict.OK
        open_elements[agreed] = False
        suspected = trusted & ~agreed & (apart <= self.function.closeness * np.abs(found.slopes))
        for i, output in np.argwhere(suspected):
            number, slope = analytic[i, output], float(found.slopes[i, output])
            if not self.recorder.has_enough and step.is_off(int(i), int(output), number, slope):
                self.recorder.element("reverse", int(i), int(output), number, mistaken(slope))
                self.verdicts[i, output] = Verdict.WRONG
                open_elements[i, output] = False

    def _first_look(self, analytic: Vector, open_elements: np.ndarray) -> None:
        for attempt in range(2):
            chosen = [
                i for i in self.movable if len(self.sizes[i]) > attempt and open_elements[i].any()
            ]
            if not chosen:
                break
            lines = [Line.along(self.function, i) for i in chosen]
            quick = quick_slopes(self.function, lines, [self.sizes[i][attempt] for i in chosen])
            agreed = quick.agrees(analytic[chosen], self.function.closeness) & open_elements[chosen]
            relative = np.where(agreed, quick.difference(analytic[chosen]), 0.0)
            self.recorder.differs(float(relative.max(initial=0.0)))
            self.recorder.count(Verdict.OK, int(agreed.sum()))
            rows, outputs = np.nonzero(agreed)
            self.verdicts[np.array(chosen)[rows], outputs] = Verdict.OK
            open_elements[chosen] &= ~agreed

    def _second_look(self, mode: str, analytic: Vector, open_elements: np.ndarray) -> None:
        for i in _positions(open_elements.any(axis=1)):
            outputs = _positions(open_elements[i])
            if self.recorder.has_enough:
                self.recorder.count(Verdict.UNKNOWN, len(outputs))
                continue
            question = self._question(mode, i)
            decisions = examine(question, analytic[i], outputs)
            excused = self._spoiled(analytic[i], dict(zip(outputs, decisions)))
            for output, decision in zip(outputs, decisions):
                if excused and decision.is_wrong and not np.isfinite(analytic[i, output]):
                    decision = Decision(Verdict.UNKNOWN, reason=excused)
                self.verdicts[i, output] = decision.verdict
                self.kinks[i, output] |= decision.is_kink
                self.recorder.element(mode, i, output, analytic[i, output], decision)

    def _spoiled(self, analytic: Vector, decisions: dict[int, Decision]) -> str:
        """Why a derivative that is no number may be none: 0 times the infinite one of another."""
        function = self.function
        finite = len(self.known) == function.center.size and len(self.movable) == function.size
        infinite = [each for each in decisions if not np.isfinite(analytic[each])]
        if finite and all(decisions[each].is_wrong for each in infinite):
            return ""
        return "another number is not finite here, and 0 times it is nan"

    def _question(self, mode: str, coordinate: int) -> Question:
        line = Line.along(self.function, coordinate)
        return Question(
            line,
            abs(float(self.function.point[coordinate])),
            float(self.function.input_resolution[coordinate]),
            self.sizes[coordinate],
            partial(Derivatives(self.function, mode).at, line),
        )

    def _directions(self, analytic: Vector) -> None:
        """Move all the elements at once that have kinks, or are equal to one that has.

        Their slopes must fit together.
        """
        point = self.function.point
        equal = np.isin(point, point[self.kinks.any(axis=1)])
        moved = np.array([i for i in self.movable if equal[i]], int)
        fine = ((self.verdicts == Verdict.OK) | (self.verdicts == Verdict.KINK))[moved].all(axis=0)
        outputs = _positions(self.kinks.any(axis=0) & fine)
        if moved.size < 2 or not outputs:
            return
        draws = self.generator.choice([-1.0, -0.5, 0.5, 1.0], (2, moved.size))
        noise = (self.function.input_resolution * np.abs(point))[moved] @ np.abs(analytic[moved])
        lines = []
        for weights in (np.ones(moved.size), *draws):
            direction = np.zeros(point.size)
            direction[moved] = weights
            lines.append(Line(self.function, direction))
            lines[-1].noise = np.nan_to_num(noise)
        slopes = np.array([line.slopes(analytic.T) for line in lines])
        quick = quick_slopes(self.function, lines, [1.0] * len(lines))
        agreed = quick.agrees(slopes, self.function.closeness)
        for line, slope, settled in zip(lines, slopes, agreed):
            left = [j for j in outputs if not settled[j]]
            if left and not self.recorder.has_enough:
                self._direction(line, slope, left)

    def _direction(self, line: Line, analytic: Vector, outputs: list[int]) -> None:
        sizes = np.abs(self.function.point[line.direction != 0])
        question = Question(
            line,
            float(sizes.min()),
            float(self.function.input_resolution.max()),
            scales(float(np.sort(sizes)[sizes.size // 2]), sizes),
            partial(Derivatives(self.function, "reverse").at, line),
        )
        names = ", ".join(self.function.subject.input_names)
        for output, decision in zip(outputs, examine(question, analytic, outputs)):
            if decision.is_wrong:
                reason = f"along a direction, {decision.reason}: the elements do not fit together"
                told = decision._replace(reason=reason)
                self.recorder.derivative("reverse", names, None, output, analytic[output], told)

    def _forward(self, reverse: Vector) -> None:
        function = self.function
        analytic = np.full(reverse.shape, np.nan)
        for i in self.movable:
            derivatives = function.pushed(function.point, one(i, function.size))
            if derivatives is None:
                return
            analytic[i] = derivatives
        size = np.maximum(np.abs(analytic), np.abs(reverse))
        same = (np.abs(analytic - reverse) <= _SAME * size) | (analytic == reverse)
        same |= ~np.isfinite(analytic) & ~np.isfinite(reverse)
        open_elements = np.zeros(reverse.shape, bool)
        open_elements[np.ix_(self.movable, self.known)] = True
        for verdict in Verdict:
            alike = open_elements & same & (self.verdicts == verdict)
            self.recorder.count(verdict, int(alike.sum()))
        self._second_look("forward", analytic, open_elements & ~same)


def _positions(chosen: Any) -> list[int]:
    return [int(each) for each in np.flatnonzero(chosen)]
