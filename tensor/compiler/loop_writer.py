"""Loops as Python source: each unit of a schedule that is no call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import final

from .buffers import Buffers
from .fragments import INDENT, VARIABLES, nested, single
from .graph import Value
from .loop_shape import LoopShape
from .narrow import column, written_out
from .places import NOWHERE, Index, Place, at, in_rows, stretched, with_strides
from .reading import core, is_single, is_stretching, reduced_dims
from .schedule import Schedule, Unit
from .steps_in_code import Vocabulary


@final
@dataclass(slots=True)
class Block:
    """Lines of one loop body, and the names of what they have computed.

    Attributes
    ----------
    lines : list of str
        The lines, without the body's own indentation.
    known : dict
        The text of a value at an index, by both.
    stores : list of str
        Lines to come last: what they write over may be read by any line before.
    """

    lines: list[str] = field(default_factory=list)
    known: dict[tuple[Value, Index], str] = field(default_factory=dict)
    stores: list[str] = field(default_factory=list)

    def body(self) -> list[str]:
        """All lines."""
        return [*self.lines, *self.stores]


@final
class LoopWriter:
    """Writes one loop; see :class:`LoopShape` for rows, columns and phases."""

    def __init__(
        self,
        unit: Unit,
        schedule: Schedule,
        buffers: Buffers,
        words: Vocabulary,
        names: dict[Value, str],
    ) -> None:
        self._shape = LoopShape(unit, schedule, buffers)
        self._schedule = schedule
        self._buffers = buffers
        self._words = words
        self._names = names
        self._singles: dict[str, Value] = {}
        self._kept: dict[Value, str] = {}
        self._block = Block()
        self._phase = 0
        self._rows = Block()

    # The whole loop

    @property
    def shape(self) -> LoopShape:
        """What the loop goes through."""
        return self._shape

    @property
    def singles(self) -> dict[str, Value]:
        """The values of one element that the loop uses, by the names that it knows them by."""
        return self._singles

    def lines(self) -> list[str]:
        """The loop as lines of source."""
        unit, split = self._shape.unit, self._shape.split
        length = prod(unit.space[split:])
        for item in self._shape.kept():
            if self._shape.keeps_columns_in_variables:
                self._kept[item] = f"{self._names[item]}_row"
            else:
                self._kept[item] = self._words.scratch(self._names[item], length, item.dtype)
        lines = [*self._beginnings()]
        variables = [*VARIABLES[: len(self._shape.space)]]
        last = max(self._shape.phases.values(), default=0)
        rows, columns = variables[: self._shape.split], variables[self._shape.split :]
        body: list[str] = []
        for phase in range(last + 1):
            body += self._row_lines(phase)
            body += self._phase_lines(phase, columns)
        body += self._row_lines(last + 1)
        lines += nested(rows, unit.space[: self._shape.split], body) if rows else body
        for item in self._shape.narrow_sums():
            memory = self._memory(item)
            lines += [f"{memory}[{k}] = {column(memory, k)}" for k in range(item.size)]
        for item in unit.items:
            if is_single(item) and item in self._schedule.stored:
                memory = self._memory(item)
                lines.append(f"{memory}[0] = {self._names[item]}")
        return lines

    def _beginnings(self) -> list[str]:
        """What sums and extremes begin with, where they run on beyond a row."""
        lines: list[str] = []
        for item in self._shape.unit.items:
            if item.kind != "reduce" or self._shape.is_of_row(item):
                continue
            function, _ = item.attributes
            start = self._words.start(function, item.operands[0].dtype)
            if is_single(item):
                lines += self._started(item, start)
                continue
            buffer = self._buffers.of[item]
            if item in self._shape.narrow_sums():
                self._words.helper("any_order_add")
                memory = self._words.memory(buffer)
                lines += [f"{column(memory, k)} = {start}" for k in range(item.size)]
                continue
            variable = VARIABLES[0]
            lines.append(f"for {variable} in range({item.size}):")
            lines.append(f"{INDENT}{self._words.memory(buffer)}[{variable}] = {start}")
        return lines

    def _started(self, item: Value, start: str) -> list[str]:
        """A sum or an extreme that a local variable holds."""
        name = self._names[item]
        if item.attributes[0] in ("argmax", "argmin"):
            zero = self._words.constant(0, "int64")
            return [f"{name} = {zero}", f"{name}_value = {start}"]
        return [f"{name} = {start}"]

    def _phase_lines(self, phase: int, columns: Sequence[str]) -> list[str]:
        """One run along the columns of a row, or over everything where there are no rows."""
        items = [
            item
            for item in self._shape.unit.items
            if self._shape.phases[item] == phase and not self._shape.is_row_item(item)
        ]
        if not items:
            return []
        self._phase = phase
        self._block = Block(known=dict(self._rows.known))
        lines: list[str] = []
        for item in items:
            if item.kind == "reduce":
                if self._shape.is_of_row(item):
                    function, _ = item.attributes
                    start = self._words.start(function, item.operands[0].dtype)
                    lines += self._started(item, start)
                self._write_reduction(item)
            else:
                self._write_element(item)
        *outer, last = self._shape.space[self._shape.split :]
        if self._shape.is_narrow:
            sums = [self._memory(item) for item in self._shape.narrow_sums()]
            body = written_out(self._block.body(), columns[-1], last, [*self._kept.values()], sums)
            lines += nested(columns[:-1], outer, body)
        elif self._shape.is_shared:
            lines += nested(columns, ["start, stop"], self._block.body())
        else:
            lines += nested(
                columns,
                [*outer, self._words.length(last, is_only=not (outer or self._shape.split))],
                self._block.body(),
            )
        for item in items:
            if item.kind == "reduce" and self._shape.is_of_row(item):
                self._finish_row(item, lines)
        return lines

    def _finish_row(self, item: Value, lines: list[str]) -> None:
        """Note that what is summed along a row is known, and store it if others need it."""
        name = self._names[item]
        index = self._shape.row_index(item)
        self._rows.known[item, index] = name
        if item in self._schedule.stored:
            place = in_rows(index, item.shape)
            lines.append(f"{self._memory(item)}[{place}] = {name}")

    def _row_lines(self, phase: int) -> list[str]:
        """What is computed once a row, before the run along its columns."""
        if not self._shape.split:
            return []
        self._phase = phase
        self._block = Block(known=self._rows.known)
        for item in self._shape.unit.items:
            if self._shape.phases[item] == phase and self._shape.is_row_item(item):
                if item.kind == "reduce":
                    self._write_reduction(item)
                else:
                    self._write_element(item)
        return self._block.body()

    # Elements

    def _write_element(self, item: Value) -> None:
        index = self._shape.full_index(item)
        text = self._computed(item, index)
        buffer = self._buffers.of.get(item)
        if item in self._schedule.stored and buffer is not None:
            place = self._shape.where(index, item)
            self._block.stores.append(f"{self._words.memory(buffer)}[{place}] = {text}")
        if item in self._kept:
            self._line(f"{self._kept[item]}[{self._shape.column_place()}] = {text}")

    def _write_reduction(self, item: Value) -> None:
        function, _ = item.attributes
        operand = item.operands[0]
        index = self._shape.full_index(operand)
        text = self._read(operand, index)
        name = self._names[item]
        if not (is_single(item) or self._shape.is_of_row(item)):
            kept = [p for p, n in zip(index, operand.shape) if n != 1]
            dims = {*reduced_dims(item)}
            place = in_rows(
                tuple([p for d, p in enumerate(kept) if d not in dims]), core(item.shape)
            )
            target = f"{self._memory(item)}[{place}]"
            self._line(self._words.accumulated(function, target, text, operand.dtype, False))
            return
        if function in ("argmax", "argmin"):
            for line in self._words.found_extreme(function, name, text, self._walk(item, index)):
                self._line(line)
            return
        self._line(self._words.accumulated(function, name, text, operand.dtype, True))

    def _walk(self, item: Value, index: Index) -> Place:
        """How far a search for an extreme is along the dimensions that it runs through."""
        operand = item.operands[0]
        kept = [p for p, n in zip(index, operand.shape) if n != 1]
        dims = reduced_dims(item)
        lengths = tuple([core(operand.shape)[d] for d in dims])
        return in_rows(tuple([kept[d] for d in dims]), lengths)

    def _read(self, value: Value, index: Index) -> str:
        """The text of an element of a value: a name, or memory at a place."""
        if is_single(value):
            text = single(value, self._words, self._buffers, self._names)
            if text == self._names[value] and value.kind != "number":
                self._singles[text] = value
            return text
        if value.kind == "view" and not self._shape.is_in_memory(value):
            return self._read_view(value, index)
        key = (value, index)
        if key in self._block.known:
            return self._block.known[key]
        loaded = self._loaded(value, index)
        if loaded is None:
            return self._computed(value, index)
        name = self._words.local()
        self._line(f"{name} = {loaded}")
        self._block.known[key] = name
        return name

    def _loaded(self, value: Value, index: Index) -> str | None:
        """The memory that holds an element; None if it is to be computed here."""
        if value in self._kept and self._shape.phases[value] < self._phase:
            return f"{self._kept[value]}[{self._shape.column_place()}]"
        is_own = value in self._shape.unit.items
        if is_own and (self._shape.phases[value] >= self._phase or value not in self._buffers.of):
            return None
        buffer = self._buffers.of.get(value)
        if buffer is None:
            return None
        return f"{self._words.memory(buffer)}[{self._shape.where(index, value)}]"

    def _read_view(self, view: Value, index: Index) -> str:
        target = view.operands[0]
        strides, offset = view.attributes
        if self._shape.is_flat:
            return self._read(target, index)
        if is_stretching(view):
            places = iter([p for p, s in zip(index, strides) if s])
            own = tuple([NOWHERE if n == 1 else next(places) for n in target.shape])
            return self._read(target, own)
        key = (view, index)
        if key not in self._block.known:
            name = self._words.local()
            place = with_strides(index, strides, offset)
            self._line(f"{name} = {self._memory(target)}[{place}]")
            self._block.known[key] = name
        return self._block.known[key]

    def _computed(self, value: Value, index: Index) -> str:
        """The name of an element that is computed here."""
        key = (value, index)
        if key in self._block.known:
            return self._block.known[key]
        if value.kind == "position":
            text = str(index[value.attributes[0]])
            name = self._words.local()
            self._line(f"{name} = {text}")
        elif value.kind == "gather":
            name = self._gathered(value, index)
        elif value.kind == "random":
            name = self._words.local()
            texts = [self._read(each, ()) for each in value.operands]
            place = self._shape.where(index, value)
            drawn = self._words.drawn(value.attributes[0], value.dtype, texts, str(place))
            self._line(f"{name} = {drawn}")
        elif value.kind == "view":
            name = self._read_view(value, index)
        else:
            texts = [
                self._read(each, index if self._shape.is_flat else stretched(index, each.shape))
                for each in value.operands
            ]
            is_row = value in self._shape.unit.items and self._shape.is_row_item(value)
            name = self._names[value] if is_row else self._words.local()
            function = value.attributes[0]
            dtypes = [each.dtype for each in value.operands]
            constant = value.operands[-1] if value.operands[-1].kind == "constant" else None
            text = self._words.step(function, texts, value.dtype, dtypes, constant)
            if text == texts[0] and value not in self._shape.unit.items:
                name = text
            else:
                self._line(f"{name} = {text}")
        self._block.known[key] = name
        return name

    def _gathered(self, value: Value, index: Index) -> str:
        source, chosen = value.operands
        (dim,) = value.attributes
        where = self._read(chosen, stretched(index, chosen.shape))
        places = [at(where) if d == dim else place for d, place in enumerate(index)]
        places = [
            NOWHERE if n == 1 and d != dim else p
            for d, (n, p) in enumerate(zip(source.shape, places))
        ]
        return self._read(source, tuple(places))

    def _memory(self, value: Value) -> str:
        return self._words.memory(self._buffers.of[value])

    def _line(self, text: str) -> None:
        self._block.lines.append(text)
