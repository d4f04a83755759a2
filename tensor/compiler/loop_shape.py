"""What a loop goes through: all elements in their order, or rows and their columns in phases."""

from __future__ import annotations

from math import prod
from typing import final

from .buffers import Buffers
from .fragments import VARIABLES
from .graph import Value
from .narrow import NARROW
from .places import NOWHERE, Index, Place, at, in_rows
from .reading import core, is_single, is_stretching, reduced_dims, space_of
from .schedule import Schedule, Unit, is_in_rows


@final
class LoopShape:
    """The form of the loop that computes a unit.

    Within a row, a loop runs along the columns once for each *phase*: what is summed along a row
    is known to the phases behind.

    Attributes
    ----------
    unit : Unit
        What the loop computes.
    split : int
        How many of its dimensions are rows; 0 if it is not gone through row by row.
    is_flat : bool
        Whether it goes through all elements in their order, with one variable.
    is_narrow : bool
        Whether there are so few columns that they are written out.
    space : tuple of int
        The lengths of the dimensions that it goes through.
    phases : dict of Value to int
        The phase in which each item is computed.
    """

    def __init__(self, unit: Unit, schedule: Schedule, buffers: Buffers) -> None:
        self.unit = unit
        self._schedule = schedule
        self._buffers = buffers
        self.split = unit.split or 0
        self.is_flat = self._can_be_flat()
        self.is_narrow = not self.is_flat and len(unit.space) > 1 and 0 < unit.space[-1] <= NARROW
        self.space = (prod(unit.space),) if self.is_flat else unit.space
        self.phases: dict[Value, int] = {}
        for item in unit.items:
            self.phases[item] = self._phase_of_item(item)

    @property
    def keeps_columns_in_variables(self) -> bool:
        """Whether what a row keeps for later phases stands in variables, not in memory."""
        return self.is_narrow and self.split == len(self.unit.space) - 1

    def kept(self) -> list[Value]:
        """The items that a later phase reads again, and that have no memory of their own."""
        found = []
        for item in self.unit.items:
            if item.kind == "reduce" or self.is_row_item(item) or item in self._buffers.of:
                continue
            if any(
                self.phases[other] > self.phases[item] and self.reads(other, item)
                for other in self.unit.items
            ):
                found.append(item)
        return found

    @property
    def is_shared(self) -> bool:
        """Whether threads share the loop, each taking a range of elements at a time."""
        return self.is_flat and self.unit.may_be_shared

    @property
    def size(self) -> int:
        """How many elements there are."""
        return prod(self.unit.space)

    def narrow_sums(self) -> list[Value]:
        """The sums along rows that have one element a column of a narrow loop."""
        if not self.is_narrow:
            return []
        return [
            item
            for item in self.unit.items
            if item.kind == "reduce"
            and item.attributes[0] == "add"
            and item.dtype in ("float32", "float64")
            and not is_single(item)
            and not self.is_of_row(item)
            and not self.is_row_item(item)
            and reduced_dims(item) == tuple(range(len(self.unit.space) - 1))
        ]

    def is_of_row(self, item: Value) -> bool:
        """Whether a reduction is known at the end of each row."""
        return bool(is_in_rows(item, self.unit, self.split)) and item.kind == "reduce"

    def is_row_item(self, item: Value) -> bool:
        """Whether an item is computed once a row, from what is known of the row."""
        return bool(self.split) and space_of(item) != self.unit.space

    def _phase_of_item(self, item: Value) -> int:
        return max([self._phase_of(each) for each in item.operands], default=0)

    def _phase_of(self, value: Value) -> int:
        """The first phase in which a value can be read."""
        if value in self.phases:
            return self.phases[value] + (1 if self.is_of_row(value) else 0)
        if self.is_in_memory(value) or is_single(value):
            return 0
        return max([self._phase_of(each) for each in value.operands], default=0)

    def is_in_memory(self, value: Value) -> bool:
        """Whether a value is read from memory, not computed in this loop."""
        return value in self._buffers.of and value not in self.unit.items

    def reads(self, reader: Value, item: Value) -> bool:
        waiting = [*reader.operands]
        while waiting:
            value = waiting.pop()
            if value is item:
                return True
            if value not in self._schedule.items and not self.is_in_memory(value):
                waiting.extend(value.operands)
        return False

    def _can_be_flat(self) -> bool:
        """Whether the loop can run through all elements in their order."""
        unit = self.unit
        if unit.split or len(unit.space) < 2:
            return False
        for item in unit.items:
            if item.kind == "reduce" and not is_single(item):
                return False
            if item.kind == "reduce" and item.attributes[0] in ("argmax", "argmin"):
                return False
            if not self._reads_in_order(item, item.kind == "reduce"):
                return False
        return True

    def _reads_in_order(self, value: Value, is_reduction: bool = False) -> bool:
        """Whether everything that a value is computed from has its shape, or is one number."""
        shape = value.operands[0].shape if is_reduction else value.shape
        if value.kind in ("gather", "position"):
            return False
        if value.kind == "view" and not self._is_same_in_order(value):
            return False
        for operand in value.operands:
            if is_single(operand):
                continue
            if core(operand.shape) != core(shape):
                return False
            target = operand
            if operand.kind == "view" and not self.is_in_memory(operand):
                if not self._is_same_in_order(operand):
                    return False
                target = operand.operands[0]
            is_read = self.is_in_memory(target) or target in self.unit.items
            if not is_read and not self._reads_in_order(target):
                return False
        return True

    def _is_same_in_order(self, view: Value) -> bool:
        return is_stretching(view) and core(view.shape) == core(view.operands[0].shape)

    def full_index(self, value: Value) -> Index:
        """The index of the element of the loop's space that is being computed."""
        if self.is_flat:
            return (at(VARIABLES[0]),)
        places = iter([at(name) for name in VARIABLES])
        return tuple([NOWHERE if n == 1 else next(places) for n in value.shape])

    def row_index(self, value: Value) -> Index:
        places = iter([at(name) for name in VARIABLES])
        return tuple([NOWHERE if n == 1 else next(places) for n in value.shape])

    def where(self, index: Index, value: Value) -> Place:
        return index[0] if self.is_flat else in_rows(index, value.shape)

    def column_place(self) -> Place:
        """The place within a row."""
        columns = self.unit.space[self.split :]
        index = tuple([at(VARIABLES[self.split + d]) for d in range(len(columns))])
        return in_rows(index, columns)
