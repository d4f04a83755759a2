"""From a graph to units of work in their order: loops over memory, and calls such as products.

Elementwise values are not computed where they stand in the graph but inside the loops that use
them. What has to be in memory becomes an *item*: results, what products and other calls read,
sums, and what is costly and used more than once. Items over the same elements share a loop where
the flow of data allows it, so that memory is passed over as seldom as can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import final

from ...engine.shapes import Shape
from .accumulation import accumulated
from .graph import LEAVES, Graph, Value
from .reading import (
    CALLS,
    PRODUCTS,
    core,
    is_call,
    is_given,
    is_single,
    is_stretching,
    matrix,
    readings,
    row_split,
    space_of,
    stem,
)

COSTLY = frozenset(
    {
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "erf", "erfc",
        "exp", "exp2", "expm1", "hypot", "log", "log10", "log1p", "log2", "pow", "sin", "sinh",
        "tan", "tanh", "random",
    }
)  # fmt: skip
"""Steps that are rather kept than computed again."""

SHARED = 1 << 17
"""From so many elements on, threads share a loop."""

CHEAP = 8
"""How many steps that are not costly may be computed again."""


@final
@dataclass(slots=True, eq=False)
class Unit:
    """A loop over the elements of a shape, or one call.

    Attributes
    ----------
    space : tuple of int
        The lengths of the loop's dimensions; those of length 1 are left out.
    items : list of Value
        What it computes and others need.
    split : int or None
        How many of the dimensions are rows: what is summed along the others is known as soon as
        a row is done, and may be used in the same loop.
    reads : set of Value
        What it reads of what is in memory.
    """

    space: Shape
    items: list[Value] = field(default_factory=list)
    split: int | None = None
    reads: set[Value] = field(default_factory=set)

    @property
    def is_call(self) -> bool:
        """Whether it is one call."""
        return is_call(self.items[0])

    @property
    def may_be_shared(self) -> bool:
        """Whether threads may compute its elements in any order, and there are enough of them."""
        return (
            not self.is_call
            and not self.split
            and prod(self.space) >= SHARED
            and all(item.kind != "reduce" for item in self.items)
        )

    def __repr__(self) -> str:
        return f"<Unit {self.space} split {self.split}: {self.items}>"


@final
class Schedule:
    """The units of a graph in the order in which they run.

    Attributes
    ----------
    graph : Graph
        What is computed: the given graph, with products that are added to others.
    units : list of Unit
        The loops and calls.
    scalars : list of list of Value
        Values of one element each that are computed before the first unit, and behind each.
    stored : set of Value
        The items that others than their own unit need: they have to be in memory.
    """

    def __init__(self, graph: Graph) -> None:
        _copy_leaves(graph)
        self.graph = accumulated(graph)
        self.values = self.graph.needed()
        self.units: list[Unit] = []
        self.scalars: list[list[Value]] = [[]]
        self._at: dict[Value, int] = {}
        """The position of the unit of an item; for a scalar, of the unit that it comes behind."""
        self._uses = _uses(self.values)
        self._roots = {*self.graph.roots()}
        self.items = self._found_items()
        for value in self.values:
            if is_single(value):
                self._place_scalar(value)
            elif value in self.items:
                self._place_item(value)
        self.read_by_scalars = {
            source for group in self.scalars for each in group for source in self._sources(each)
        }
        self._plain_numbers = {v for v in self.values if v.kind in ("number", "constant")}
        self.stored = self._found_stored()

    # Which values are items

    def _found_items(self) -> set[Value]:
        found = {value for value in self._roots if not is_given(value)}
        for value in self.values:
            if is_call(value):
                found.add(value)
                for each in value.operands:
                    found.add(stem(each))
                    if each.kind == "view" and not (value.kind in PRODUCTS and matrix(each)):
                        found.add(each)
            elif value.kind == "reduce":
                found.add(value)
                self._mark_operands(value, value.operands, value.operands[0].shape, found)
            elif value.kind == "gather":
                found.add(stem(value.operands[0]))
                self._mark_operands(value, value.operands[1:], value.shape, found)
            elif value.kind == "elementwise":
                self._mark_operands(value, value.operands, value.shape, found)
            elif value.kind == "view" and not is_stretching(value):
                found.add(stem(value))
        found = {v for v in found if not (is_given(v) or v.kind in ("number", "constant"))}
        self._mark_costly(found)
        return found

    def _mark_operands(
        self, value: Value, operands: Iterable[Value], shape: Shape, found: set[Value]
    ) -> None:
        """Operands that are stretched are computed beforehand, not once for each element."""
        for operand in operands:
            own = stem(operand)
            if is_single(own) or own.kind in ("position", "constant", "number", "random"):
                continue
            if core(own.shape) != core(shape):
                found.add(own)

    def _mark_costly(self, found: set[Value]) -> None:
        """Values that several items use, and that cost too much to be computed for each."""
        users: dict[Value, int] = {}
        costs: dict[Value, float] = {}
        for value in self.values:
            if value in found or is_given(value) or is_single(value):
                costs[value] = 0
                continue
            costs[value] = sum(costs[operand] for operand in {*value.operands}) + _own_cost(value)
        for value in reversed(self.values):
            count = sum(
                1 if user in found or is_call(user) else users[user] for user in self._uses[value]
            )
            users[value] = count
            if (
                count > 1
                and value.kind in ("elementwise", "gather", "random")
                and value not in found
                and not is_single(value)
                and costs[value] > CHEAP
            ):
                found.add(value)
                users[value] = 1

    # Where items are computed

    def _place_scalar(self, value: Value) -> None:
        if value.kind in ("constant", "number") or is_given(value):
            return
        if (is_call(value) or value.kind == "reduce") and self._needs_loop(value):
            self._place_item(value)
            return
        position = max([self.position(each) for each in self._sources(value)], default=-1)
        self._at[value] = position
        self.scalars[position + 1].append(value)

    def _needs_loop(self, value: Value) -> bool:
        return is_call(value) or not is_single(value.operands[0])

    def _place_item(self, value: Value) -> None:
        sources = [*self._sources(value)]
        reads = {each for each in sources if not is_single(each) or is_call(each)}
        if is_call(value):
            self._append(Unit(core(value.shape), [value], None, {*sources}), value)
            return
        space = space_of(value)
        for position, unit in enumerate(self.units):
            if unit.is_call or not reads & (unit.reads | {*unit.items}):
                continue
            split = self._joint_split(unit, value, space, reads)
            if split is not None and all(
                self._is_ready(source, position) or self._is_known(source, value, unit, split)
                for source in sources
            ):
                unit.split = split if split else unit.split
                unit.items.append(value)
                unit.reads |= reads
                self._at[value] = position
                return
        self._append(Unit(space, [value], row_split(value), reads), value)

    def _append(self, unit: Unit, value: Value) -> None:
        self._at[value] = len(self.units)
        self.units.append(unit)
        self.scalars.append([])

    def _is_ready(self, source: Value, position: int) -> bool:
        """Whether a source is complete before the unit at this position begins."""
        return self._at.get(source, -1) < position

    def _joint_split(self, unit: Unit, value: Value, space: Shape, reads: set[Value]) -> int | None:
        """How a loop has to be split to compute a value too: 0 for not at all, None: it cannot."""
        own = unit.split or 0
        if space != unit.space:
            in_rows = own and space == unit.space[:own] and row_split(value) is None
            return own if in_rows and reads & {*unit.items} else None
        wanted = {row_split(each) or 0 for each in (value, *(reads & {*unit.items}))} - {0}
        wanted |= {own} - {0}
        return None if len(wanted) > 1 else next(iter(wanted), 0)

    def _is_known(self, source: Value, value: Value, unit: Unit, split: int) -> bool:
        """Whether a loop knows an item of its own where it computes another one."""
        if source not in unit.items:
            return False
        rows = tuple(range(split))
        dims = tuple(range(len(unit.space)))
        is_row = is_in_rows(source, unit, split)
        if is_row is None or (not is_row and space_of(value) != unit.space):
            return False
        return all(
            found == (rows if is_row else dims) for found in readings(value, source, self.items)
        )

    def _sources(self, value: Value) -> Iterator[Value]:
        """What a value reads of items, memory and scalars, through what is computed in place."""
        seen: set[Value] = set()
        waiting = [*value.operands]
        while waiting:
            source = waiting.pop()
            if source in seen:
                continue
            seen.add(source)
            if is_given(source) or source in self.items or is_single(source):
                if source.kind not in ("constant", "number"):
                    yield source
            else:
                waiting.extend(source.operands)

    # What has to be in memory

    def position(self, value: Value) -> int:
        """The position of the unit of an item; for a scalar, of the unit that it comes behind."""
        return self._at.get(value, -1)

    def is_variable(self, value: Value) -> bool:
        """Whether a value that is computed stands in a local variable for a while."""
        if is_single(value):
            return value.kind not in CALLS
        position = self.position(value)
        return (position >= 0 and space_of(value) != self.units[position].space) or (
            value.kind == "reduce" and row_split(value) is not None
        )

    def last_use(self, value: Value) -> int:
        """The position of the last unit that reads a value; behind all, for scalars that do."""
        if value in self.read_by_scalars:
            return len(self.units)
        return max(
            [at for at, unit in enumerate(self.units) if value in unit.reads],
            default=self.position(value),
        )

    def _found_stored(self) -> set[Value]:
        lasting = {*self.graph.results, *self.graph.gradients.values()}
        lasting |= {memory.after for memory in self.graph.memories}
        found = {value for value in lasting if value in self._at}
        for position, unit in enumerate(self.units):
            for item in unit.items:
                for source in self._sources(item):
                    is_read = unit.is_call or unit.may_be_shared or not is_single(source)
                    if is_read and self._at.get(source, position) != position:
                        found.add(source)
            if unit.is_call:
                found.add(unit.items[0])
                if unit.items[0].kind in (*PRODUCTS, "host"):
                    read = {each for each in unit.items[0].operands if each not in self.items}
                    found |= {*map(stem, read)} & self._plain_numbers
        found |= {each for each in self.read_by_scalars if not is_single(each)}
        return found - {value for value in found if is_given(value)}


def _copy_leaves(graph: Graph) -> None:
    """Let roots that are given be copies, which are computed like everything else."""

    def own(value: Value) -> Value:
        if stem(value).kind not in LEAVES:
            return value
        return graph.value("elementwise", (value,), ("copy",), value.shape, value.dtype)

    graph.results[:] = [own(value) for value in graph.results]
    graph.gradients.update({k: own(value) for k, value in graph.gradients.items()})
    for memory in graph.memories:
        if memory.after is not memory.before:
            memory.after = own(memory.after)


def _uses(values: Sequence[Value]) -> dict[Value, list[Value]]:
    found: dict[Value, list[Value]] = {value: [] for value in values}
    for value in values:
        for operand in {*value.operands}:
            found[operand].append(value)
    return found


def _own_cost(value: Value) -> float:
    if value.kind == "random" or (value.kind == "elementwise" and value.attributes[0] in COSTLY):
        return CHEAP + 1
    return 1 if value.kind in ("elementwise", "gather") else 0


def is_in_rows(item: Value, unit: Unit, split: int) -> bool | None:
    """Whether an item has one number a row, not one an element; None: it is known at the end."""
    if item.kind == "reduce":
        return True if split and space_of(item) == unit.space and row_split(item) else None
    return core(item.shape) != unit.space
