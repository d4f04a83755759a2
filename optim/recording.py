"""The steps of optimizers in a training step that is compiled.

The rule of an optimizer becomes part of the step, for each parameter: what it makes of the
parameter, its gradient and its state. The numbers that it needs, such as the learning rate and
what depends on the count of updates, are given anew before each run of the step, so that neither
a schedule nor the first update makes another step of it. Only where an option changes which lines
of the rule are left, as a momentum of 0 does, the step has to be recorded again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from ..engine.modes import no_grad
from .packing import Slot
from .variant import Decisions

if TYPE_CHECKING:
    from ..nn.backend import Recorder
    from .optimizer import Optimizer

_PLAIN = frozenset({bool, int, float})

_LAST = 1 << 16
"""How many counts can be taken back at most: as many as are made before steps are run."""
_NOTHING: Mapping[str, float] = {}


def record_step(optimizer: Optimizer, slots: Sequence[Sequence[Slot]], recorder: Recorder) -> None:
    """Update every parameter that has a gradient, now and whenever the step is run.

    Raises ``RuntimeError`` for parameters of the scalar twin.
    """
    what = type(optimizer).__name__
    recorder.watch(optimizer.composition, f"the parameters and hooks of {what}", counted=True)
    updates = [
        Updates(optimizer, position, members)
        for position, group in enumerate(slots)
        for members in _alike(group)
    ]
    for each in updates:
        each.record(recorder, what)


def _alike(slots: Sequence[Slot]) -> Iterator[list[Slot]]:
    """The parameters that have a gradient, those together that are updated by the same numbers."""
    remaining = [slot for slot in slots if slot.size and slot.operand.grad is not None]
    while remaining:
        first = remaining[0]
        yield [slot for slot in remaining if _are_alike(slot, first)]
        remaining = [slot for slot in remaining if not _are_alike(slot, first)]


def _are_alike(a: Slot, b: Slot) -> bool:
    return a.updates == b.updates and a.kept == b.kept


@final
class Updates:
    """The updates of parameters of one group that are updated alike.

    Called, they give the numbers of the next update, and count it.

    Parameters
    ----------
    optimizer : Optimizer
    position : int
        That of the group.
    slots : list of Slot
        The parameters.
    """

    def __init__(self, optimizer: Optimizer, position: int, slots: Sequence[Slot]) -> None:
        self._optimizer = optimizer
        self._position = position
        self._slots = slots
        self._chosen = _choosing(optimizer.option_names())
        self._seen: Any = None
        self._options: Sequence[float] = ()
        self._lasting: Decisions = ()
        self._kept_before: deque[dict[str, float]] = deque(maxlen=_LAST)
        self._keeps = len(optimizer.variants.scalars) > len(optimizer.rule.hyperparameters) + 1
        self._decided = self.decisions()
        self._variant = optimizer.variants.variant(self._decided)
        self._numbers = self._variant.numbers

    def record(self, recorder: Recorder, what: str) -> None:
        """Make them, and have them made whenever the step is run."""
        for slot in self._slots:
            if slot.twin.name == "scalar":
                raise RuntimeError(
                    f"{what}: the parameters of a compiled step must be tensors, got "
                    f"{type(slot.operand).__name__} of the scalar twin: move the model with "
                    "to('tensor')"
                )
        recorder.watch(self.decisions, f"the options of {what}")
        recorder.watch(self.are_alike, f"the state of {what}", counted=True)
        numbers = recorder.host(self, self.undo, self.several)
        variant = self._variant
        for number, text in zip(numbers, variant.texts, strict=True):
            recorder.value_of(number).label = text
        with no_grad():
            for slot in self._slots:
                own = recorder.labels.of(slot.operand)
                state = [
                    recorder.memory(partial(self._row, slot, name), f"{name} of {own or 'memory'}")
                    for name in variant.state
                ]
                targets = dict(zip(("w", *variant.state), (slot.operand, *state), strict=True))
                given = [slot.operand.detach(), slot.operand.grad.detach(), *state, *numbers]
                found = recorder.program(variant.program, given)
                for name, new in zip(variant.changed, found, strict=True):
                    recorder.write(targets[name], new)

    def decisions(self) -> Decisions:
        """What the options of the group decide."""
        self._read()
        return self._lasting

    def are_alike(self) -> bool:
        """Whether they still are updated by the same numbers."""
        return all([_are_alike(slot, self._slots[0]) for slot in self._slots])

    def __call__(self) -> Sequence[float]:
        """The numbers of the next update, which is counted.

        Raises ``RuntimeError`` where options decide otherwise than when the step began.
        """
        self._read()
        if self._lasting is not self._decided and self._lasting != self._decided:
            raise RuntimeError(
                f"{type(self._optimizer).__name__}: a scheduler that makes an option 0, or no "
                "longer 0, must come behind the optimizer in a compiled step: call its step() last"
            )
        first = self._slots[0]
        updates = first.updates + 1
        kept = self._kept_scalars()
        computed = self._numbers(*self._options, float(updates), *kept.values())
        if updates == 1:
            self._begin()
        for slot in self._slots:
            slot.updates = updates
        if not kept:
            return computed
        self._kept_before.append(first.kept)
        now = dict(zip(kept, computed))
        for slot in self._slots:
            slot.kept = now
        return computed[len(kept) :]

    def several(self, count: int) -> Sequence[Sequence[float]]:
        """The numbers of so many updates, which are counted; no option changes in between."""
        if self._keeps:
            return [self() for _ in range(count)]
        rows = [self()]
        done = self._slots[0].updates
        numbers, options = self._numbers, self._options
        rows += [numbers(*options, float(done + more)) for more in range(1, count)]
        for slot in self._slots:
            slot.updates = done + count - 1
        return rows

    def undo(self) -> None:
        """Take the last count back, and then the one before it."""
        kept = self._kept_before.pop() if self._keeps else {}
        for slot in self._slots:
            slot.updates -= 1
            slot.kept = kept

    def _read(self) -> None:
        """Read the options of the group, if they are not those that were read last."""
        group = self._optimizer.param_groups[self._position]
        chosen = self._chosen(group)
        if self._seen is not None and chosen == self._seen:
            return
        self._options = self._optimizer.hyperparameters(group)
        variants = self._optimizer.variants
        scalars = (*self._options, self._slots[0].updates + 1.0, *self._kept_scalars().values())
        self._lasting = variants.lasting(variants.decide(*scalars))
        # numbers in lists and tensors may change without being others
        self._seen = chosen if all(map(_stays, chosen)) else None

    def _kept_scalars(self) -> Mapping[str, float]:
        """The scalar state before the next update."""
        if not self._keeps:
            return _NOTHING
        return self._slots[0].kept or self._optimizer.initial_scalars(self._options)

    def _begin(self) -> None:
        """Set the state to what it is before the first update."""
        for slot in self._slots:
            for name in self._variant.state:
                self._row(slot, name)[...] = self._optimizer.initial(name, self._options)

    def _row(self, slot: Slot, name: str) -> NDArray[Any]:
        """The state of a parameter, in its shape."""
        if name not in slot.state:
            initial = self._optimizer.initial(name, self._options)
            slot.state[name] = np.full(slot.size, initial, slot.twin.numbers(slot.operand).dtype)
        return slot.state[name].reshape(slot.shape)


def _choosing(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What gives the options of these names of a group."""
    return itemgetter(*names, names[0]) if names else lambda group: ()


def _stays(option: Any) -> bool:
    """Whether an option is the same as long as it equals itself."""
    if type(option) is tuple:
        return all(map(_stays, option))
    return type(option) in _PLAIN
