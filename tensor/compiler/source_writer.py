"""A whole step as the source of a module that Numba compiles."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import final

from .buffers import ALIGNMENT, Buffer, Buffers
from .call_writer import CallWriter
from .fragments import INDENT, VARIABLES, nested, single
from .graph import Graph, Value
from .loop_writer import LoopWriter
from .naming import WIDTH, Formulas, names_of
from .reading import PRODUCTS, is_single
from .scalar_writer import ScalarWriter
from .schedule import COSTLY, Schedule, Unit
from .steps_in_code import Vocabulary

FIRST_ADDRESSES = ("sgemm", "dgemm", "temporary", "sizes", "shares", "crew", "function")
"""What stands in front of the addresses of memory."""

ARGUMENTS = (
    *("memory", "numbers_memory", "words_memory", "order_memory", "results_memory", "steps"),
    *("job", "tile"),
)
"""What the compiled function takes: addresses, the number of steps, and which tile of which job.

It takes a step, or many of them, where the job is 0.
"""

RANGE = 1 << 15
"""The elements of a loop that a thread takes at a time."""

CODES = 1 << 20
"""More than there are checks: what a run of many steps returns says which step and which check."""

_TAKEN = frozenset(
    {
        *keyword.kwlist, *keyword.softkwlist, *VARIABLES, *dir(builtins), *COSTLY,
        *FIRST_ADDRESSES, "sqrt", "floor", "ceil", "trunc", "rint", "maximum", "minimum",
        "float32", "float64", "int64", "int32", "int16", "int8", "uint8", "uint64", "bool_",
        "at", "row", "order", "results", "job", "tile", "start", "stop", "shared", "code", "step",
        "steps", "njit", "addresses", "numbers", "words", "memory", "kernel", "gemm", "moved",
        "called",
    }
)  # fmt: skip


@final
@dataclass(frozen=True, slots=True)
class Source:
    """The code of a step.

    Attributes
    ----------
    text : str
        The source of a module with a function ``kernel``.
    is_shared : bool
        Whether threads share some of the work.
    hosts : list of Value
        What Python functions compute in between, in the order of their addresses.
    buffers : Buffers
        Where values lie.
    schedule : Schedule
        The loops and calls.
    temporary : int
        The bytes of temporary memory that the function works in.
    address : callable
        The place of the address of a buffer among the addresses.
    """

    text: str
    is_shared: bool
    hosts: list[Value]
    buffers: Buffers
    schedule: Schedule
    temporary: int
    address: Callable[[Buffer], int]


@final
class SourceWriter:
    """Writes the code of a graph."""

    def __init__(self, graph: Graph, title: str) -> None:
        self._title = title
        self._schedule = Schedule(graph)
        self._graph = graph = self._schedule.graph
        self._names = names_of(self._schedule, _TAKEN)
        self._buffers = Buffers(self._schedule, self._names)
        self._formulas = Formulas(self._schedule, self._buffers, self._names)
        self._gradients = {k: order for order, k in enumerate(graph.gradients)}
        self._first = _first_addresses(graph)
        self._words = Vocabulary(self._first["host"])
        self._calls = CallWriter(self._buffers, self._words, self._names)
        self._scalars = ScalarWriter(self._schedule, self._buffers, self._words, self._names)
        self._checked: set[int] = set()
        self._jobs: list[Sequence[str]] = []

    def source(self) -> Source:
        """The code of one step."""
        return self._source([])

    def source_of_epochs(self) -> Source:
        """The code of many steps on rows that are chosen from all there are."""
        return self._source(self._epoch())

    def _source(self, opening: Sequence[str]) -> Source:
        lines = self._function(opening)
        text = "\n".join(
            [
                f'"""{self._title}"""',
                "",
                *self._imports(),
                "",
                *self._constants(),
                "",
                "",
                *lines,
                "",
            ]
        )
        return Source(
            text,
            bool(self._jobs),
            self._words.hosts,
            self._buffers,
            self._schedule,
            self._temporary,
            self.address,
        )

    def _function(self, opening: Sequence[str]) -> list[str]:
        """The step as a function, with what it does before."""
        body = self._body()
        declared = self._declared()
        jobs: list[str] = []
        pointers = ["addresses = int64_at(memory)"]
        self._words.helper("int64_at")
        for table, dtype in (("numbers", "float64"), ("words", "uint64")):
            if any((v.dtype == "uint64") == (table == "words") for v in self._graph.numbers):
                self._words.helper(f"{dtype}_at")
                pointers.append(f"{table} = {dtype}_at({table}_memory)")
        for job, tile in enumerate(self._jobs, 1):
            block = [*tile, "return 0"]
            jobs += [f"if job == {job}:", *[INDENT + line for line in block], ""]
        lines = [pointers[0], *opening, *pointers[1:], *declared, *jobs, *body, "return 0"]
        head = f"def kernel({', '.join(ARGUMENTS)}):"
        return [head, *[INDENT + line if line else "" for line in lines]]

    def _epoch(self) -> list[str]:
        """Many steps, each on the next rows in an order: the step is called for each of them."""
        graph = self._graph
        pointers = ["order = int64_at(order_memory)", "results = float64_at(results_memory)"]
        for dtype in ("int64", "float64"):
            self._words.helper(f"{dtype}_at")
        gather: list[str] = []
        for position, value in enumerate(graph.arguments):
            name = self._names[value]
            self._words.helper(f"{value.dtype}_at")
            own, whole = self._first["argument"] + position, self._first["source"] + position
            pointers.append(f"{name} = {value.dtype}_at(addresses[{own}])")
            pointers.append(f"all_{name} = {value.dtype}_at(addresses[{whole}])")
            width = value.size // max(value.shape[0], 1)
            if width == 1:
                gather.append(f"{name}[i] = all_{name}[row]")
            else:
                line = f"{name}[{width} * i + j] = all_{name}[{width} * row + j]"
                gather += nested("j", [width], [line])
        kept = []
        count = len(graph.results)
        for position, value in enumerate(graph.results):
            self._words.helper(f"{value.dtype}_at")
            address = self._first["result"] + position
            pointers.append(f"result_{position} = {value.dtype}_at(addresses[{address}])")
            kept.append(f"results[{count} * at + {position}] = result_{position}[0]")
        words = sum(each.dtype == "uint64" for each in graph.numbers)
        floats = len(graph.numbers) - words
        self._words.teamwork.add("called")
        given = [f"addresses[{FIRST_ADDRESSES.index('function')}]", "memory"]
        for table, width in (("numbers_memory", 8 * floats), ("words_memory", 8 * words)):
            given.append(f"{table} + {width} * at" if width else table)
        rows = graph.arguments[0].shape[0]
        body = [
            *nested("i", [rows], [f"row = order[{rows} * at + i]", *gather]),
            f"code = called({', '.join(given)}, 0, 0)",
            "if code:",
            f"{INDENT}return at * {CODES} + code % {CODES}",
            *kept,
        ]
        return [
            "if steps:",
            *[INDENT + line for line in pointers],
            f"{INDENT}for at in range(steps):",
            *[2 * INDENT + line for line in body],
            f"{INDENT}return -1",
            "",
        ]

    # The function

    def _body(self) -> list[str]:
        lines = self._scalar_lines(0)
        for position, unit in enumerate(self._schedule.units):
            lines += ["", *self._unit_lines(unit)]
            lines += self._scalar_lines(position + 1)
        if self._buffers.copies:
            lines += ["", "# what stays when the step is over", *self._copies()]
        return lines

    def _unit_lines(self, unit: Unit) -> list[str]:
        comment = self._formulas.comment(unit.items)
        if unit.is_call:
            tiles = self._calls.tiles(unit.items[0])
            if tiles:
                return [*comment, self._shared(self._calls.tile(unit.items[0]), tiles)]
            return [*comment, *self._calls.lines(unit.items[0])]
        writer = LoopWriter(unit, self._schedule, self._buffers, self._words, self._names)
        lines = writer.lines()
        if not writer.shape.is_shared:
            return [*comment, *lines]
        known = [
            f"{name} = {self._words.memory(self._buffers.of[value])}[0]"
            for name, value in writer.singles.items()
        ]
        ends = [f"start = {RANGE} * tile", f"stop = min(start + {RANGE}, {writer.shape.size})"]
        tiles = -(-writer.shape.size // RANGE)
        return [*comment, self._shared([*known, *ends, *lines], tiles)]

    def _shared(self, lines: Sequence[str], tiles: int) -> str:
        """The call that has threads share tiles, each of which these lines compute."""
        self._jobs.append(lines)
        self._words.teamwork.add("shared")
        crew, function = (FIRST_ADDRESSES.index(name) for name in ("crew", "function"))
        given = f"addresses[{crew}], addresses[{function}], memory, numbers_memory, words_memory"
        return f"shared({given}, {len(self._jobs)}, {tiles})"

    def _scalar_lines(self, group: int) -> list[str]:
        lines = []
        for value in self._schedule.scalars[group]:
            lines += self._scalars.lines(value)
        for order, check in enumerate(self._graph.checks):
            if order not in self._checked and self._is_known(check.value, group):
                self._checked.add(order)
                text = self._single(check.value)
                lines.append(f"if {'not ' if check.expected else ''}{text}:")
                lines.append(f"{INDENT}return {order + 1}")
        return lines

    def _is_known(self, value: Value, group: int) -> bool:
        return self._schedule.position(value) < group

    def _single(self, value: Value) -> str:
        return single(value, self._words, self._buffers, self._names)

    def _copies(self) -> list[str]:
        lines = []
        for value, buffer in self._buffers.copies:
            target = self._words.memory(buffer)
            if is_single(value):
                lines.append(f"{target}[0] = {self._single(value)}")
            else:
                source = self._words.memory(self._buffers.of[value])
                lines += nested("i", [value.size], [f"{target}[i] = {source}[i]"])
        return lines

    # What stands in front

    def _declared(self) -> list[str]:
        """The names of memory and numbers."""
        lines = []
        multiplied = {each.dtype for each in self._schedule.values if each.kind in PRODUCTS}
        for position, (name, dtype) in enumerate(zip(FIRST_ADDRESSES, ("float32", "float64"))):
            if dtype in multiplied:
                lines.append(f"{name} = addresses[{position}]")
        for value in self._schedule.values:
            if value.kind == "number":
                source = "words" if value.dtype == "uint64" else "numbers"
                position = self._number_position(value)
                name = self._names[value]
                remark = "" if value.label.isidentifier() else f"  # {value.label}".rstrip(" #")
                lines.append(f"{name} = {source}[{position}]{remark}")
        stored = [
            f"{self._words.memory(self._buffers.of[value])}[0] = {self._single(value)}"
            for value in self._schedule.values
            if value.kind in ("number", "constant") and value in self._schedule.stored
        ]
        known: dict[tuple[str, str], str] = {}
        for buffer in self._words.used.values():
            pointer = self._pointer(buffer)
            # one pointer for one place: loops over it are vectorized only then
            lines.append(f"{buffer.name} = {known.setdefault((pointer, buffer.dtype), pointer)}")
            known[pointer, buffer.dtype] = buffer.name
        self._temporary = self._buffers.temporary
        lines += stored
        lines += [f"{name} = opaque({length})" for name, length in self._words.hidden.items()]
        for name, (length, dtype) in self._words.scratches.items():
            self._words.helper(f"{dtype}_at")
            lines.append(f"{name} = {dtype}_at(addresses[2] + {self._temporary})")
            self._temporary += -(-length * 8 // ALIGNMENT) * ALIGNMENT
        return lines

    def _number_position(self, value: Value) -> int:
        """Where a number is among those of its kind: words, or floats."""
        is_word = value.dtype == "uint64"
        before = self._graph.numbers[: value.attributes[0]]
        return sum((each.dtype == "uint64") == is_word for each in before)

    def _pointer(self, buffer: Buffer) -> str:
        self._words.helper(f"{buffer.dtype}_at")
        if buffer.kind == "temporary":
            return f"{buffer.dtype}_at(addresses[2] + {buffer.position})"
        return f"{buffer.dtype}_at(addresses[{self.address(buffer)}])"

    def address(self, buffer: Buffer) -> int:
        """The place of the address of memory that is not temporary."""
        position = buffer.position
        if buffer.kind == "gradient":
            position = self._gradients[position]
        return self._first[buffer.kind] + position

    def _imports(self) -> list[str]:
        words = self._words
        plain = {dtype for dtype, _ in words.constants} | words.numpy_names
        lines = []
        if plain:
            lines += _import("numpy", plain)
        for module, names in (
            ("intrinsics", words.helpers),
            ("mathematics", words.functions),
            ("randomness", words.draws),
            ("teamwork", words.teamwork),
        ):
            if names:
                lines += _import(f"twingrad.tensor.compiler.{module}", names)
        return lines

    def _constants(self) -> list[str]:
        return [
            f'{name} = {dtype}("{text}")' for (dtype, text), name in self._words.constants.items()
        ]


def _import(module: str, names: Iterable[str]) -> list[str]:
    """The lines that import names, none of them too long to read."""
    head = f"from {module} import "
    listed = wrap(", ".join(sorted(names)), WIDTH - len(head))
    return [head + each.rstrip(",") for each in listed]


def _first_addresses(graph: Graph) -> dict[str, int]:
    """Where the addresses of each kind of memory begin; those of sources come last."""
    hosts = sum(value.kind == "host" for value in graph.needed())
    counts = {
        "argument": len(graph.arguments),
        "captured": len(graph.memories),
        "result": len(graph.results),
        "gradient": len(graph.gradients),
        "host": hosts,
        "source": len(graph.arguments),
    }
    found, first = {}, len(FIRST_ADDRESSES)
    for kind, count in counts.items():
        found[kind] = first
        first += count
    return found
