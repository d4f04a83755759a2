"""Where each value of a schedule lies in memory, and which of them take turns in one place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from ...engine.shapes import Shape
from .graph import Graph, Value
from .reading import added_to, core, is_single, readings, space_of
from .schedule import Schedule, Unit

ALIGNMENT = 64
"""Bytes to a multiple of which temporary memory begins: a line of the processor's cache."""


@final
@dataclass(frozen=True, slots=True)
class Buffer:
    """A piece of memory.

    Attributes
    ----------
    name : str
        What the code calls it.
    kind : str
        ``argument``, ``captured``, ``result``, ``gradient`` or ``temporary``.
    position : int
        Which one of its kind; for temporary memory, the byte where it begins.
    shape : tuple of int
        The shape of what lies there.
    dtype : str
        Its dtype.
    """

    name: str
    kind: str
    position: int
    shape: Shape
    dtype: str

    @property
    def core(self) -> Shape:
        """The shape in the code, where dimensions of length 1 are left out."""
        return core(self.shape) or (1,)

    @property
    def bytes(self) -> int:
        """How much memory it is."""
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


@final
class Buffers:
    """The memory of a schedule.

    Attributes
    ----------
    of : dict of Value to Buffer
        Where values lie that are in memory.
    copies : list of (Value, Buffer)
        What is to be copied to a further place when everything is computed.
    temporary : int
        The bytes of temporary memory in all.
    """

    def __init__(self, schedule: Schedule, names: dict[Value, str]) -> None:
        self._schedule = schedule
        self._graph: Graph = schedule.graph
        self._names = names
        self.of: dict[Value, Buffer] = {}
        self.copies: list[tuple[Value, Buffer]] = []
        self.temporary = 0
        for value in self._graph.arguments:
            self.of[value] = self._buffer(value, "argument", value.attributes[0])
        for position, memory in enumerate(self._graph.memories):
            self.of[memory.before] = self._buffer(memory.before, "captured", position)
        self._give_homes()
        self._give_homes_to_terms()
        self.copies.sort(key=lambda copy: copy[1].kind == "captured")
        self._share_temporaries()

    def _buffer(self, value: Value, kind: str, position: int) -> Buffer:
        name = self._names[value]
        if kind == "captured":  # one name for one place: loops over it are vectorized only then
            name = self._names[self._graph.memories[position].before]
        elif kind != "argument" and self._schedule.is_variable(value):
            name = f"{name}_memory"
        return Buffer(name, kind, position, value.shape, value.dtype)

    def _give_homes(self) -> None:
        """Let values that outlive the step be computed where they are to stay, if that is safe."""
        graph = self._graph
        targets: list[tuple[Value, str, int]] = []
        for position, memory in enumerate(graph.memories):
            if memory.after is not memory.before:
                targets.append((memory.after, "captured", position))
        targets += [(value, "result", position) for position, value in enumerate(graph.results)]
        targets += [(value, "gradient", position) for position, value in graph.gradients.items()]
        for value, kind, position in targets:
            buffer = self._buffer(value, kind, position)
            is_late = kind != "captured" or self._may_overwrite(value, position)
            if value in self._schedule.stored and value not in self.of and is_late:
                self.of[value] = buffer
            else:
                if kind != "captured":
                    buffer = replace(buffer, name=f"{kind}_{position}")
                self.copies.append((value, buffer))

    def _give_homes_to_terms(self) -> None:
        """Let what products are added to lie where the sum is to stay."""
        for value in reversed(self._schedule.values):
            term = added_to(value)
            if term is not None and value in self.of:
                home = self.of[value]
                self.of[term] = self._buffer(term, home.kind, home.position)

    def _may_overwrite(self, value: Value, position: int) -> bool:
        """Whether nobody reads what memory held before when the new value is written there."""
        schedule = self._schedule
        before = self._graph.memories[position].before
        if added_to(value) is before:  # which is the case only where it is safe
            return True
        if is_single(value) or value.kind == "reduce":
            return False
        own = schedule.position(value)
        unit = schedule.units[own]
        if unit.split or unit.is_call or core(before.shape) != core(value.shape):
            return False
        if any(schedule.position(check.value) >= own for check in self._graph.checks):
            return False
        if before in schedule.read_by_scalars:
            return False
        for at, other in enumerate(schedule.units):
            if before in other.reads and (
                at > own or (at == own and not in_place(before, unit, schedule.items))
            ):
                return False
        return True

    def _share_temporaries(self) -> None:
        """Lay temporary memory out so that what is done with makes room for what comes."""
        schedule = self._schedule
        ends = {value: schedule.last_use(value) for value in schedule.stored}
        lasting = {value for value, _ in self.copies}
        free: list[tuple[int, int]] = []
        busy: list[tuple[int, int, int]] = []
        for position, unit in enumerate(schedule.units):
            for item in unit.items:
                if item not in schedule.stored or item in self.of:
                    continue
                heir = self._heir(item, unit, position, ends, lasting)
                end = len(schedule.units) if item in lasting else ends[item]
                if heir is not None:
                    start = self.of[heir].position
                    busy = [(e, s, n) for e, s, n in busy if s != start]
                    busy.append((end, start, self._length(item)))
                else:
                    start = self._room(self._length(item), free)
                    busy.append((end, start, self._length(item)))
                self.of[item] = self._buffer(item, "temporary", start)
            done = [(start, n) for end, start, n in busy if end <= position]
            busy = [each for each in busy if each[0] > position]
            free = _joined([*free, *done])
        for value in sorted(schedule.stored, key=lambda value: value.number):
            if value not in self.of:  # single numbers that a call reads
                self.of[value] = self._buffer(value, "temporary", self._room(ALIGNMENT, []))

    def _heir(
        self,
        item: Value,
        unit: Unit,
        position: int,
        ends: dict[Value, int],
        lasting: set[Value],
    ) -> Value | None:
        """A temporary value that the item may be written over, element by element."""
        term = added_to(item)
        if term is not None:
            return term
        if unit.is_call or unit.split or item.kind == "reduce" or is_single(item):
            return None
        taken = {self.of[each].position for each in unit.items if each in self.of}
        for read in sorted(unit.reads, key=lambda value: value.number):
            home = self.of.get(read)
            if (
                home is not None
                and home.kind == "temporary"
                and ends.get(read) == position
                and read not in lasting
                and home.position not in taken
                and read.dtype == item.dtype
                and read.shape == item.shape
                and in_place(read, unit, self._schedule.items)
            ):
                return read
        return None

    def _length(self, value: Value) -> int:
        return -(-self._buffer(value, "", 0).bytes // ALIGNMENT) * ALIGNMENT or ALIGNMENT

    def _room(self, length: int, free: list[tuple[int, int]]) -> int:
        """The start of a place of this length, the smallest free one that is large enough."""
        fitting = [each for each in free if each[1] >= length]
        if fitting:
            place = min(fitting, key=lambda each: each[1])
            free.remove(place)
            if place[1] > length:
                free.append((place[0] + length, place[1] - length))
            return place[0]
        start = self.temporary
        self.temporary += length
        return start


def in_place(read: Value, unit: Unit, items: set[Value]) -> bool:
    """Whether a loop reads a value only where it computes the same element."""
    own = tuple(range(len(unit.space)))
    return all(
        space_of(item) == unit.space and all(dims == own for dims in readings(item, read, items))
        for item in unit.items
    )


def _joined(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Free places, neighbours made one."""
    return [*_neighbours(sorted(places))]


def _neighbours(places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start, length = -1, 0
    for begin, size in places:
        if start + length == begin and length:
            length += size
            continue
        if length:
            yield start, length
        start, length = begin, size
    if length:
        yield start, length
