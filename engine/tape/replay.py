"""A recorded function, run again for other numbers."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any, final

import numpy as np

from ..changes import changes
from ..value import Value
from .arguments import Arguments
from .outcome import Outcome
from .part import Part
from .program import Program
from .recorder import Recorder
from .schedule import Schedule
from .writer import kernel, kernel_source

if TYPE_CHECKING:
    from numpy.typing import NDArray


@final
class Selection:
    """Some Values: those that a function uses directly, and those that it is given."""

    def __init__(self, values: Iterable[Value], given: dict[Value, int]) -> None:
        values = [*values]
        self.own = [value for value in values if value not in given]
        self.positions = [given[value] for value in values if value in given]
        self.in_order = [*self.own, *(value for value in values if value in given)]

    def of(self, given: Sequence[Value]) -> list[Value]:
        """The Values, where the function is given these."""
        if not self.positions:
            return self.own
        return [*self.own, *[given[position] for position in self.positions]]


@dataclass(frozen=True, slots=True)
class _Step:
    """A part of the program with all that is read before it and written behind it."""

    data: Selection
    gradients: Selection
    without_gradient: Selection
    draws: Sequence[Callable[[], NDArray[np.float64]]]
    end: int
    new_data: Selection
    data_places: NDArray[np.intp]
    new_gradients: Selection
    gradient_places: NDArray[np.intp]
    cleared: Selection
    action: Callable[[], object] | None


@final
class Tape:
    """What a function did on one kind of arguments, ready to be done again.

    Parameters
    ----------
    recorder : Recorder
        What was noted.
    given : Arguments
        What the function was given.
    stand_ins : sequence of Value
        What stood for the Values among it.
    outcome : Outcome
        What the function gave.
    """

    def __init__(
        self, recorder: Recorder, given: Arguments, stand_ins: Sequence[Value], outcome: Outcome
    ) -> None:
        self._kept = given.kept
        self._outcome = outcome
        self._given = {value: k for k, value in enumerate(stand_ins)}
        self._captured = [*recorder.captured]
        self._captured_set = recorder.captured.keys()
        self._require_gradients = [value._requires_grad for value in self._captured]
        self.inputs = [*recorder.number_arguments, *_inputs(recorder.parts, self._given)]
        self.recorded = np.array([recorder.recorded[number] for number in self.inputs])
        self._program: Program | None = recorder.program
        self._parts, self._ends = recorder.parts, recorder.ends
        self._made = recorder.made_values()
        if outcome.derivatives is not None:
            outcome.derivatives.inputs = self.inputs
        self._watches = recorder.watches
        self._followed = [*recorder.followed.values()]
        self._changes = changes.count
        self._first = _step(recorder.parts[0], self._given)
        self._steps: list[_Step] = []
        self._lock = RLock()
        self._is_running = False
        self.schedule: Schedule | None = None
        self.source = ""

    def fits(self, given: Arguments) -> bool:
        """Whether the function would do the same on these arguments as it did."""
        if self._changes != changes.count:
            if not all([is_kept() for _, is_kept in self._followed]):
                return False
            self._changes = changes.count
        first = self._first
        return (
            [value._requires_grad for value in self._captured] == self._require_gradients
            and all([value._grad is not None for value in first.gradients.of(given.values)])
            and all([value._grad is None for value in first.without_gradient.of(given.values)])
            and all([is_same() for is_same in self._watches])
        )

    def is_outlived(self) -> bool:
        """Whether Values that the function made are still there, so that it may use them again."""
        if any([value() is not None for value in self._made]):
            gc.collect()  # what only refers to itself is not used again
        return any([value() is not None for value in self._made])

    def prepare(self) -> Schedule:
        """Compile it, unless that has been done."""
        if self.schedule is None:
            program = self._program
            assert program is not None
            wanted = [*self._outcome.numbers]
            for part in self._parts:
                wanted += part.new_data.values()
                wanted += [number for number in part.new_gradients.values() if number is not None]
            schedule = Schedule(program, wanted, self.inputs, self._ends)
            self._steps = [
                _step(part, self._given, schedule, end)
                for part, end in zip(self._parts, schedule.ends, strict=True)
            ]
            self._result_places = schedule.places(self._outcome.numbers)
            self.source = kernel_source(schedule.steps)
            self._kernel = kernel(self.source)
            self._program, self._parts, self._made = None, [], []
            self.schedule = schedule
        return self.schedule

    def explain(self) -> str:
        """How much is computed at each call, as text."""
        schedule = self.schedule
        if schedule is None:
            return "  recorded; the next call compiles it"
        codes, counts, widths = (schedule.groups[:, k] for k in (0, 1, 4))
        lines = []
        for code, step in enumerate(schedule.steps):
            own = codes == code
            count = int(counts[own].sum())
            if code == 0:
                terms = int((counts[own] * widths[own]).sum()) // 2
                lines.append(f"  {count} sums of {terms} products")
            elif count:
                lines.append(f"  {count} times {step.title}")
        size = schedule.numbers.nbytes + schedule.operands.nbytes + schedule.groups.nbytes
        return "\n".join(
            [
                f"  {len(self.inputs)} numbers are read, {len(schedule.numbers)} are kept",
                *lines,
                f"  in {len(schedule.groups)} loops, with {size / 1e6:.2f} MB of numbers and "
                "places",
            ]
        )

    def run(self, given: Arguments) -> Any:
        """Do it again for the numbers of other arguments; gives what the function would give."""
        if given.values and not self._captured_set.isdisjoint(given.values):
            shared = next(value for value in given.values if value in self._captured_set)
            raise RuntimeError(
                f"{shared!r} is an argument of a compiled function that uses it directly, too: "
                "pass it, or use it, but not both"
            )
        with self._lock:
            schedule = self.schedule or self.prepare()
            # an action in between may call the function again
            numbers = schedule.numbers.copy() if self._is_running else schedule.numbers
            self._is_running, was_running = True, self._is_running
            try:
                self._run_parts(schedule, numbers, given)
            finally:
                self._is_running = was_running
            found = numbers[self._result_places].tolist()
            inputs = numbers[: len(self.inputs)].copy()
        return self._outcome.built(found, given.values, inputs)

    def _run_parts(
        self, schedule: Schedule, numbers: NDArray[np.float64], given: Arguments
    ) -> None:
        """Read, compute and write, part by part."""
        filled = len(given.numbers)
        numbers[:filled] = given.numbers
        begin = 0
        for step in self._steps:
            filled = _read(step, given.values, numbers, filled, is_first=step is self._steps[0])
            self._kernel(numbers, schedule.groups[begin : step.end], schedule.operands)
            begin = step.end
            _write(step, given.values, numbers)
            if step.action is not None:
                step.action()


def _inputs(parts: Iterable[Part], given: dict[Value, int]) -> Iterable[int]:
    """The numbers that are read before every part, in the order in which they are."""
    for part in parts:
        yield from [part.data[value] for value in Selection(part.data, given).in_order]
        yield from [part.gradients[value] for value in Selection(part.gradients, given).in_order]
        for _, numbers in part.draws:
            yield from numbers


def _step(
    part: Part, given: dict[Value, int], schedule: Schedule | None = None, end: int = 0
) -> _Step:
    """A part, ready to run; without a schedule, what is read before it alone."""
    set_to = {value: number for value, number in part.new_gradients.items() if number is not None}
    new_data, new_gradients = Selection(part.new_data, given), Selection(set_to, given)
    nowhere = np.zeros(0, dtype=np.intp)
    data_places = gradient_places = nowhere
    if schedule is not None:
        data_places = schedule.places([part.new_data[each] for each in new_data.in_order])
        gradient_places = schedule.places([set_to[each] for each in new_gradients.in_order])
    return _Step(
        data=Selection(part.data, given),
        gradients=Selection(part.gradients, given),
        without_gradient=Selection(part.without_gradient, given),
        draws=[action for action, _ in part.draws],
        end=end,
        new_data=new_data,
        data_places=data_places,
        new_gradients=new_gradients,
        gradient_places=gradient_places,
        cleared=Selection([v for v, number in part.new_gradients.items() if number is None], given),
        action=part.action,
    )


def _read(
    step: _Step,
    given: Sequence[Value],
    numbers: NDArray[np.float64],
    filled: int,
    *,
    is_first: bool,
) -> int:
    """Read the numbers that a part needs; gives how many inputs there are by now."""
    found = [value._data for value in step.data.of(given)]
    gradients: list[Any] = [value._grad for value in step.gradients.of(given)]
    if not is_first and (
        None in gradients
        or any([value._grad is not None for value in step.without_gradient.of(given)])
    ):
        raise RuntimeError(
            "a compiled function found gradients where there were none when it was recorded, or "
            "none where there were some, behind what runs uncompiled in it: call the function "
            "that was compiled, .function"
        )
    found += [each._data if type(each) is Value else each for each in gradients]
    for draw in step.draws:
        found += draw().ravel().tolist()
    numbers[filled : filled + len(found)] = found
    return filled + len(found)


def _write(step: _Step, given: Sequence[Value], numbers: NDArray[np.float64]) -> None:
    """Write what a part has computed to the Values."""
    found = numbers[step.data_places].tolist()
    for value, number in zip(step.new_data.of(given), found):
        value._data = number
    found = numbers[step.gradient_places].tolist()
    for value, number in zip(step.new_gradients.of(given), found):
        value._grad = number
    for value in step.cleared.of(given):
        value._grad = None
