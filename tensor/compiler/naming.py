"""What generated code calls its values, and the formulas that stand above its loops and calls."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from textwrap import wrap
from typing import final

from .buffers import Buffers
from .graph import Graph, Value
from .reading import GIVEN, is_single, is_stretching
from .schedule import Schedule
from .wording import formula, identifier

LONGEST = 60
"""A part of a formula that is longer is written on a line of its own."""

WIDTH = 94
"""The columns of a comment."""

_RESERVED = re.compile(
    r"(t|c|n|length_|result_|gradient_)\d+|t\d+_\d+|.*_column_\d+|.*_(memory|row|value|at|32|64)|found|k_chosen|opaque|t"
    r"|zero|half|one|two|infinity|minus_infinity|order|results|row|code|at"
)
"""Names that the writers of code make themselves, or import."""

_BEGINNINGS = ("all_", "any_order_")
"""How other names of theirs begin."""

_KINDS = {
    "captured": "memory",
    "matmul": "product",
    "gemm": "product",
    "position": "places",
    "gather": "gathered",
    "place": "placed",
    "join": "joined",
    "host": "from_host",
}

_STEPS = {"add": "sum", "sub": "difference", "mul": "multiple", "div": "quotient"}

_REDUCTIONS = {
    "add": "sum",
    "mul": "multiplied",
    "maximum": "greatest",
    "minimum": "smallest",
    "argmax": "place_of_greatest",
    "argmin": "place_of_smallest",
    "logical_or": "any",
    "logical_and": "all",
}


def names_of(schedule: Schedule, taken: Container[str]) -> dict[Value, str]:
    """A name for every value: its label, what it is for, or what it is and a number.

    Parameters
    ----------
    schedule : Schedule
    taken : container of str
        Names that generated code gives to something else.
    """
    graph = schedule.graph
    found: dict[Value, str] = {}
    functions = {each.attributes[0] for each in schedule.values if each.kind == "elementwise"}
    used: set[str] = {*functions}
    counts: dict[str, int] = {}
    given = [*graph.arguments, *[memory.before for memory in graph.memories]]
    converted = _converted(schedule)
    roles = _roles(graph)
    for value in dict.fromkeys([*given, *schedule.values]):
        stem, is_own = _stem(value, converted, roles, found)
        name = stem
        if _RESERVED.fullmatch(f"{stem}_1"):
            stem = f"{stem}_number"
        while name in used or name in taken or _RESERVED.fullmatch(name) or not is_own:
            counts[stem] = counts.get(stem, 0) + 1
            name, is_own = f"{stem}_{counts[stem]}", True
        used.add(name)
        found[value] = name
    return found


def _stem(
    value: Value,
    converted: dict[Value, Value],
    roles: dict[Value, tuple[str, Value | None]],
    names: dict[Value, str],
) -> tuple[str, bool]:
    """What a value may be called, and whether that is a name of its own, which needs no number."""
    label = identifier(value.label)
    if value in converted:  # a number of the host, in the dtype of the step
        label = identifier(converted[value].label)
    elif label and value in converted.values():
        label = f"{label}_given"
    if label:
        return (f"named_{label}" if label.startswith(_BEGINNINGS) else label), True
    if value in roles:
        role, memory = roles[value]
        return (role if memory is None else f"{role}_{names[memory]}"), True
    if value.kind == "elementwise":
        function = value.attributes[0]
        return _STEPS.get(function, function), False
    if value.kind == "reduce":
        return _REDUCTIONS[value.attributes[0]], False
    return _KINDS.get(value.kind, value.kind), False


def _converted(schedule: Schedule) -> dict[Value, Value]:
    """The numbers of the host by what they are converted to, if that is once."""
    found: dict[Value, Value] = {}
    for value in schedule.values:
        if value.kind == "elementwise" and value.attributes == ("cast",):
            (operand,) = value.operands
            if operand.kind == "number" and operand not in found.values():
                found[value] = operand
    return found


def _roles(graph: Graph) -> dict[Value, tuple[str, Value | None]]:
    """What becomes of values when the step is over, and of which memory."""
    found: dict[Value, tuple[str, Value | None]] = {}
    for memory in graph.memories:
        if memory.after is not memory.before:
            found[memory.after] = "new", memory.before
    for check in graph.checks:
        found[check.value] = "check", None
    for value in graph.results:
        found[value] = "result", None
    for position, value in graph.gradients.items():
        found[value] = "gradient_of", graph.memories[position].before
    return {value: role for value, role in found.items() if value.kind not in GIVEN}


@final
class Formulas:
    """Writes the comments of generated code.

    Parameters
    ----------
    schedule : Schedule
    buffers : Buffers
        Where values lie.
    names : dict of Value to str
        What they are called.
    """

    def __init__(self, schedule: Schedule, buffers: Buffers, names: dict[Value, str]) -> None:
        self._schedule = schedule
        self._names = names | _in_place(schedule, buffers)
        self._texts: dict[Value, str] = {}
        self._parts: list[str] = []

    def comment(self, items: Sequence[Value]) -> list[str]:
        """What a loop or a call computes, as lines of a comment."""
        return [line for item in items for line in self._lines(item)]

    def _lines(self, item: Value) -> Iterator[str]:
        self._parts, self._texts = [], {}
        text = f"{self._names[item]} = {formula(item, self._name)}"
        for each in [*self._parts, text]:
            yield from wrap(
                each,
                WIDTH,
                initial_indent="# ",
                subsequent_indent="#     ",
                break_long_words=False,
                break_on_hyphens=False,
            )

    def _name(self, value: Value) -> str:
        """How a formula calls a value: by its name, or by what it is if that has no name."""
        if value.kind == "constant":
            return formula(value, self._name)
        if value.kind == "view" and is_stretching(value):
            return self._name(value.operands[0])
        if value.kind in GIVEN or value in self._schedule.items or is_single(value):
            return self._names[value]
        if value not in self._texts:
            text = formula(value, self._name)
            if len(text) > LONGEST:
                self._parts.append(f"{self._names[value]} = {text}")
                text = self._names[value]
            self._texts[value] = text
        return self._texts[value]


def _in_place(schedule: Schedule, buffers: Buffers) -> dict[Value, str]:
    """The names of memory by the values that it takes, where nobody asks for its old ones then."""
    found = {}
    for memory in schedule.graph.memories:
        home = buffers.of.get(memory.after)
        if memory.after is memory.before or home is None or home.kind != "captured":
            continue
        items = schedule.units[schedule.position(memory.after)].items
        later = items[items.index(memory.after) + 1 :]
        if not _is_read(memory.before, later, schedule.items):
            found[memory.after] = home.name
    return found


def _is_read(memory: Value, readers: Sequence[Value], items: Container[Value]) -> bool:
    """Whether memory is read for some items, or for what is computed on the way to them."""
    seen: set[Value] = set()
    waiting = [operand for reader in readers for operand in reader.operands]
    while waiting:
        value = waiting.pop()
        if value is memory:
            return True
        if value not in seen and value not in items:
            seen.add(value)
            waiting.extend(value.operands)
    return False
