"""Parameters side by side in flat arrays, so that one pass over them updates all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.value import Value
from ..nn.backend import Backend, backend_of
from ..nn.parameter import Place, place_of

LARGE = 16384
"""Elements from which on a parameter is updated where it lies: copying it would cost more."""


class Slot:
    """One parameter of an optimizer, with what is remembered of its updates.

    Attributes
    ----------
    operand : Tensor, Array or Value
        What stands for the parameter.
    updates : int
        How often it has been updated.
    state : dict of str to array
        The elementwise state by its name in the rule, in one dimension.
    kept : dict of str to float
        The scalar state by its name in the rule.
    """

    __slots__ = (
        "_flat",
        "_seen",
        "kept",
        "operand",
        "place",
        "shape",
        "size",
        "state",
        "twin",
        "updates",
    )

    def __init__(self, operand: Any) -> None:
        self.place: Place | None = None if isinstance(operand, Value) else place_of(operand)
        self.updates = 0
        self.state: dict[str, NDArray[Any]] = {}
        self.kept: dict[str, float] = {}
        self.stand(operand)

    def stand(self, operand: Any) -> None:
        """Let ``operand`` stand for the parameter from now on, with its dtype for the state."""
        twin = backend_of(operand)
        assert twin is not None
        self.operand = operand
        self.twin: Backend = twin
        numbers = twin.numbers(operand)
        self.shape = numbers.shape
        self.size = numbers.size
        self.state = {name: each.astype(numbers.dtype) for name, each in self.state.items()}
        self._seen: NDArray[Any] | None = None
        self._flat: NDArray[Any] | None = None

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """What a copy is made of: it finds its own memory."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return None, kept | {"_seen": None, "_flat": None}

    @property
    def has_moved(self) -> bool:
        """Whether something else stands for the parameter by now."""
        if self.place is None:
            return False
        stands = self.place.operand
        return stands is not self.operand and stands is not None

    @property
    def numbers(self) -> NDArray[Any]:
        """The numbers of the parameter, in one dimension; they may share its memory."""
        return self.twin.numbers(self.operand).reshape(-1)

    @property
    def memory(self) -> NDArray[Any] | None:
        """The memory of the parameter in one dimension; None if it has none in one piece."""
        numbers = self.twin.numbers(self.operand)
        if numbers is not self._seen:  # the same from update to update, as a rule
            memory = self.twin.memory(self.operand)
            self._seen, self._flat = numbers, None if memory is None else memory.reshape(-1)
        return self._flat

    @property
    def gradient(self) -> NDArray[Any] | None:
        """The gradient in one dimension; None: not computed."""
        gradient = self.operand.grad
        return None if gradient is None else self.twin.numbers(gradient).reshape(-1)


class Run(NamedTuple):
    """Neighbours in a pack that are updated together: they have been updated equally often."""

    slots: Sequence[Slot]
    start: int
    stop: int
    gradients: Sequence[NDArray[Any]]


class Pack:
    """Parameters whose numbers, gradients and state lie one behind the other in flat arrays."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = slots
        self.dtype = slots[0].numbers.dtype
        self.ends = np.cumsum([slot.size for slot in slots]).tolist()
        self._is_direct = len(slots) == 1 and slots[0].size >= LARGE
        self._state: dict[str, NDArray[Any]] = {}
        self._numbers: NDArray[Any] | None = None
        self._gradients: NDArray[Any] | None = None

    def runs(self) -> Iterator[Run]:
        """The parameters that have a gradient, in runs that are updated alike."""
        slots: list[Slot] = []
        gradients: list[NDArray[Any]] = []
        start = stop = 0
        for slot, end in zip(self.slots, self.ends):
            gradient = slot.gradient
            if slots and (
                gradient is None or slot.updates != slots[0].updates or slot.kept != slots[0].kept
            ):
                yield Run(slots, start, stop, gradients)
                slots, gradients = [], []
            if gradient is None:
                start = stop = end
                continue
            if not slots:
                start = end - slot.size
            slots.append(slot)
            gradients.append(gradient)
            stop = end
        if slots:
            yield Run(slots, start, stop, gradients)

    def numbers(self, run: Run) -> NDArray[Any]:
        """The numbers of a run in a row, to be changed and then given to :meth:`write`."""
        if self._is_direct:
            memory = self.slots[0].memory
            if memory is not None:
                return memory
        if self._numbers is None:
            self._numbers = np.empty(self.ends[-1], self.dtype)
        row = self._numbers[run.start : run.stop]
        np.concatenate(
            [slot.numbers if (at := slot.memory) is None else at for slot in run.slots], out=row
        )
        return row

    def gradients(self, run: Run) -> NDArray[Any]:
        """The gradients of a run in a row: read them only."""
        if self._is_direct:
            return np.ascontiguousarray(run.gradients[0])
        if self._gradients is None:
            self._gradients = np.empty(self.ends[-1], self.dtype)
        row = self._gradients[run.start : run.stop]
        np.concatenate(run.gradients, out=row)
        return row

    def has_state(self, name: str) -> bool:
        """Whether there is state of this name."""
        return name in self._state

    def add_state(self, name: str, initial: float) -> None:
        """Make room for state; it is ``initial`` for parameters that have none of it yet."""
        row = np.empty(self.ends[-1], self.dtype)
        for slot, end in zip(self.slots, self.ends, strict=True):
            part = row[end - slot.size : end]
            part[:] = slot.state.get(name, initial)
            slot.state[name] = part
        self._state[name] = row

    def state(self, name: str, run: Run) -> NDArray[Any]:
        """The state of a run in a row, to be changed."""
        return self._state[name][run.start : run.stop]

    def write(self, run: Run, numbers: NDArray[Any]) -> None:
        """Give the parameters of a run their new numbers."""
        start = 0
        for slot in run.slots:
            memory, stop = slot.memory, start + slot.size
            if memory is None:
                slot.twin.write(slot.operand, numbers[start:stop].reshape(slot.shape))
            else:
                if not self._is_direct:
                    memory[:] = numbers[start:stop]
                slot.twin.changed(slot.operand)
            start = stop


def packed(slots: Sequence[Slot]) -> list[Pack]:
    """The slots in packs: those of a dtype together, large ones alone."""
    packs = [Pack([slot]) for slot in slots if slot.size >= LARGE]
    small: dict[Any, list[Slot]] = {}
    for slot in slots:
        if 0 < slot.size < LARGE:
            small.setdefault(slot.numbers.dtype, []).append(slot)
    return packs + [Pack(each) for each in small.values()]
