"""Loops as Python source: each unit of a schedule that is no call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

from .buffers import Buffers
from .graph import Value
from .narrow import NARROW, column, written_out
from .places import NOWHERE, Index, Place, at, in_rows, stretched, with_strides
from .schedule import (
    GIVEN,
    Schedule,
    Unit,
    core,
    is_call,
    is_in_rows,
    is_single,
    is_stretching,
    reduced_dims,
    space_of,
)
from .steps_in_code import Vocabulary

VARIABLES = "ijklmn"
INDENT = "    "


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
    """Writes one loop.

    Within a row, a loop runs along the columns once for each *phase*: what is summed along a row
    is known to the phases behind.
    """

    def __init__(
        self,
        unit: Unit,
        schedule: Schedule,
        buffers: Buffers,
        words: Vocabulary,
        names: dict[Value, str],
    ) -> None:
        self._unit = unit
        self._schedule = schedule
        self._buffers = buffers
        self._words = words
        self._names = names
        self._split = unit.split or 0
        self._singles: dict[str, Value] = {}
        self._is_flat = self._can_be_flat()
        self._is_narrow = not self._is_flat and len(unit.space) > 1 and 0 < unit.space[-1] <= NARROW
        self._space = (_product(unit.space),) if self._is_flat else unit.space
        self._phases: dict[Value, int] = {}
        self._kept: dict[Value, str] = {}
        self._block = Block()
        self._phase = 0
        self._rows = Block()
        for item in unit.items:
            self._phases[item] = self._phase_of_item(item)

    # The whole loop

    @property
    def is_shared(self) -> bool:
        """Whether threads share the loop, each taking a range of elements at a time."""
        return self._is_flat and self._unit.may_be_shared

    @property
    def size(self) -> int:
        """How many elements there are."""
        return _product(self._unit.space)

    @property
    def singles(self) -> dict[str, Value]:
        """The values of one element that the loop uses, by the names that it knows them by."""
        return self._singles

    def lines(self) -> list[str]:
        """The loop as lines of source."""
        unit = self._unit
        self._find_kept()
        lines = [*self._beginnings()]
        variables = [*VARIABLES[: len(self._space)]]
        last = max(self._phases.values(), default=0)
        rows, columns = variables[: self._split], variables[self._split :]
        body: list[str] = []
        for phase in range(last + 1):
            body += self._row_lines(phase)
            body += self._phase_lines(phase, columns)
        body += self._row_lines(last + 1)
        lines += nested(rows, unit.space[: self._split], body) if rows else body
        for item in self._narrow_sums():
            memory = self._words.memory(self._buffers.of[item])
            lines += [f"{memory}[{k}] = {column(memory, k)}" for k in range(item.size)]
        for item in unit.items:
            if is_single(item) and item in self._schedule.stored:
                memory = self._words.memory(self._buffers.of[item])
                lines.append(f"{memory}[0] = {self._names[item]}")
        return lines

    def _beginnings(self) -> list[str]:
        """What sums and extremes begin with, where they run on beyond a row."""
        lines: list[str] = []
        for item in self._unit.items:
            if item.kind != "reduce" or self._is_of_row(item):
                continue
            function, _ = item.attributes
            start = self._words.start(function, item.operands[0].dtype)
            if is_single(item):
                lines += self._started(item, start)
                continue
            buffer = self._buffers.of[item]
            if item in self._narrow_sums():
                self._words.helper("any_order_add")
                memory = self._words.memory(buffer)
                lines += [f"{column(memory, k)} = {start}" for k in range(item.size)]
                continue
            variable = VARIABLES[0]
            lines.append(f"for {variable} in range({item.size}):")
            lines.append(f"{INDENT}{self._words.memory(buffer)}[{variable}] = {start}")
        return lines

    def _narrow_sums(self) -> list[Value]:
        """The sums along rows that have one element a column of a narrow loop."""
        if not self._is_narrow:
            return []
        return [
            item
            for item in self._unit.items
            if item.kind == "reduce"
            and item.attributes[0] == "add"
            and item.dtype in ("float32", "float64")
            and not is_single(item)
            and not self._is_of_row(item)
            and not self._is_row_item(item)
            and reduced_dims(item) == tuple(range(len(self._unit.space) - 1))
        ]

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
            for item in self._unit.items
            if self._phases[item] == phase and not self._is_row_item(item)
        ]
        if not items:
            return []
        self._phase = phase
        self._block = Block(known=dict(self._rows.known))
        lines: list[str] = []
        for item in items:
            if item.kind == "reduce":
                if self._is_of_row(item):
                    function, _ = item.attributes
                    start = self._words.start(function, item.operands[0].dtype)
                    lines += self._started(item, start)
                self._write_reduction(item)
            else:
                self._write_element(item)
        *outer, last = self._space[self._split :]
        if self._is_narrow:
            sums = [self._words.memory(self._buffers.of[item]) for item in self._narrow_sums()]
            body = written_out(self._block.body(), columns[-1], last, [*self._kept.values()], sums)
            lines += nested(columns[:-1], outer, body)
        elif self.is_shared:
            lines += nested(columns, ["start, stop"], self._block.body())
        else:
            lines += nested(
                columns,
                [*outer, self._words.length(last, is_only=not (outer or self._split))],
                self._block.body(),
            )
        for item in items:
            if item.kind == "reduce" and self._is_of_row(item):
                self._finish_row(item, lines)
        return lines

    def _finish_row(self, item: Value, lines: list[str]) -> None:
        """Note that what is summed along a row is known, and store it if others need it."""
        name = self._names[item]
        index = self._row_index(item)
        self._rows.known[item, index] = name
        if item in self._schedule.stored:
            place = in_rows(index, item.shape)
            lines.append(f"{self._words.memory(self._buffers.of[item])}[{place}] = {name}")

    def _row_lines(self, phase: int) -> list[str]:
        """What is computed once a row, before the run along its columns."""
        if not self._split:
            return []
        self._phase = phase
        self._block = Block(known=self._rows.known)
        for item in self._unit.items:
            if self._phases[item] == phase and self._is_row_item(item):
                if item.kind == "reduce":
                    self._write_reduction(item)
                else:
                    self._write_element(item)
        return self._block.body()

    # Which item belongs where

    def _is_of_row(self, item: Value) -> bool:
        """Whether a reduction is known at the end of each row."""
        return bool(is_in_rows(item, self._unit, self._split)) and item.kind == "reduce"

    def _is_row_item(self, item: Value) -> bool:
        """Whether an item is computed once a row, from what is known of the row."""
        return bool(self._split) and space_of(item) != self._unit.space

    def _phase_of_item(self, item: Value) -> int:
        return max([self._phase_of(each) for each in item.operands], default=0)

    def _phase_of(self, value: Value) -> int:
        """The first phase in which a value can be read."""
        if value in self._phases:
            return self._phases[value] + (1 if self._is_of_row(value) else 0)
        if self._is_in_memory(value) or is_single(value):
            return 0
        return max([self._phase_of(each) for each in value.operands], default=0)

    def _is_in_memory(self, value: Value) -> bool:
        """Whether a value is read from memory, not computed in this loop."""
        return value in self._buffers.of and value not in self._unit.items

    def _find_kept(self) -> None:
        """Give what a later phase reads again a row's length of memory, if it has none."""
        for item in self._unit.items:
            if item.kind == "reduce" or self._is_row_item(item) or item in self._buffers.of:
                continue
            for other in self._unit.items:
                if self._phases[other] > self._phases[item] and self._reads(other, item):
                    length = _product(self._unit.space[self._split :])
                    is_in_variables = self._is_narrow and self._split == len(self._unit.space) - 1
                    self._kept[item] = (
                        f"{self._names[item]}_row"
                        if is_in_variables
                        else self._words.scratch(self._names[item], length, item.dtype)
                    )

    def _reads(self, reader: Value, item: Value) -> bool:
        waiting = [*reader.operands]
        while waiting:
            value = waiting.pop()
            if value is item:
                return True
            if value not in self._schedule.items and not self._is_in_memory(value):
                waiting.extend(value.operands)
        return False

    def _can_be_flat(self) -> bool:
        """Whether the loop can run through all elements in their order."""
        unit = self._unit
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
            if operand.kind == "view" and not self._is_in_memory(operand):
                if not self._is_same_in_order(operand):
                    return False
                target = operand.operands[0]
            is_read = self._is_in_memory(target) or target in self._unit.items
            if not is_read and not self._reads_in_order(target):
                return False
        return True

    def _is_same_in_order(self, view: Value) -> bool:
        return is_stretching(view) and core(view.shape) == core(view.operands[0].shape)

    # Elements

    def _full_index(self, value: Value) -> Index:
        """The index of the element of the loop's space that is being computed."""
        if self._is_flat:
            return (at(VARIABLES[0]),)
        places = iter([at(name) for name in VARIABLES])
        return tuple([NOWHERE if n == 1 else next(places) for n in value.shape])

    def _row_index(self, value: Value) -> Index:
        places = iter([at(name) for name in VARIABLES])
        return tuple([NOWHERE if n == 1 else next(places) for n in value.shape])

    def _write_element(self, item: Value) -> None:
        index = self._full_index(item)
        text = self._computed(item, index)
        buffer = self._buffers.of.get(item)
        if item in self._schedule.stored and buffer is not None:
            place = self._where(index, item)
            self._block.stores.append(f"{self._words.memory(buffer)}[{place}] = {text}")
        if item in self._kept:
            self._line(f"{self._kept[item]}[{self._column_place()}] = {text}")

    def _where(self, index: Index, value: Value) -> Place:
        return index[0] if self._is_flat else in_rows(index, value.shape)

    def _column_place(self) -> Place:
        """The place within a row."""
        columns = self._unit.space[self._split :]
        index = tuple([at(VARIABLES[self._split + d]) for d in range(len(columns))])
        return in_rows(index, columns)

    def _write_reduction(self, item: Value) -> None:
        function, _ = item.attributes
        operand = item.operands[0]
        index = self._full_index(operand)
        text = self._read(operand, index)
        name = self._names[item]
        if not (is_single(item) or self._is_of_row(item)):
            kept = [p for p, n in zip(index, operand.shape) if n != 1]
            dims = {*reduced_dims(item)}
            place = in_rows(
                tuple([p for d, p in enumerate(kept) if d not in dims]), core(item.shape)
            )
            target = f"{self._words.memory(self._buffers.of[item])}[{place}]"
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
        if value.kind == "view" and not self._is_in_memory(value):
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
        if value in self._kept and self._phases[value] < self._phase:
            return f"{self._kept[value]}[{self._column_place()}]"
        is_own = value in self._unit.items
        if is_own and (self._phases[value] >= self._phase or value not in self._buffers.of):
            return None
        buffer = self._buffers.of.get(value)
        if buffer is None:
            return None
        return f"{self._words.memory(buffer)}[{self._where(index, value)}]"

    def _read_view(self, view: Value, index: Index) -> str:
        target = view.operands[0]
        strides, offset = view.attributes
        if self._is_flat:
            return self._read(target, index)
        if is_stretching(view):
            places = iter([p for p, s in zip(index, strides) if s])
            own = tuple([NOWHERE if n == 1 else next(places) for n in target.shape])
            return self._read(target, own)
        key = (view, index)
        if key not in self._block.known:
            name = self._words.local()
            place = with_strides(index, strides, offset)
            self._line(f"{name} = {self._words.memory(self._buffers.of[target])}[{place}]")
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
            place = self._where(index, value)
            drawn = self._words.drawn(value.attributes[0], value.dtype, texts, str(place))
            self._line(f"{name} = {drawn}")
        elif value.kind == "view":
            name = self._read_view(value, index)
        else:
            texts = [
                self._read(each, index if self._is_flat else stretched(index, each.shape))
                for each in value.operands
            ]
            is_row = value in self._unit.items and self._is_row_item(value)
            name = self._names[value] if is_row else self._words.local()
            function = value.attributes[0]
            dtypes = [each.dtype for each in value.operands]
            constant = value.operands[-1] if value.operands[-1].kind == "constant" else None
            text = self._words.step(function, texts, value.dtype, dtypes, constant)
            if text == texts[0] and value not in self._unit.items:
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

    def _line(self, text: str) -> None:
        self._block.lines.append(text)


def single(value: Value, words: Vocabulary, buffers: Buffers, names: dict[Value, str]) -> str:
    """The text of a value of one element, outside of the loop that computes it."""
    if value.kind == "constant":
        return words.constant(value.attributes[0], value.dtype)
    if value.kind == "position":
        return "0"
    if value.kind in GIVEN or is_call(value):
        return f"{words.memory(buffers.of[value])}[0]"
    if value.kind == "view":
        if value in buffers.of:
            return f"{words.memory(buffers.of[value])}[0]"
        return seen_single(value, words, buffers, names)
    return names[value]


def seen_single(view: Value, words: Vocabulary, buffers: Buffers, names: dict[Value, str]) -> str:
    """The text of a view of one element, read from what it is a view of."""
    target = view.operands[0]
    if is_single(target):
        return single(target, words, buffers, names)
    return f"{words.memory(buffers.of[target])}[{view.attributes[1]}]"


def nested(
    variables: Sequence[str], lengths: Sequence[int | str], body: Sequence[str]
) -> list[str]:
    """A body in loops over these variables, one in the other."""
    lines = [*body]
    for variable, length in reversed([*zip(variables, lengths, strict=True)]):
        lines = [f"for {variable} in range({length}):", *[INDENT + line for line in lines]]
    return lines


def _product(lengths: Sequence[int]) -> int:
    found = 1
    for length in lengths:
        found *= length
    return found
