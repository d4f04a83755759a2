"""Values of a graph in words: what they are called, and the formulas that they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from math import prod

from ...engine.drawing.words import one_line
from ...engine.notation import number, parenthesised
from ...engine.shapes import Shape
from .graph import Graph, Value, tight_strides

Name = Callable[[Value], str]

INFIX: Mapping[str, str] = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "pow": "**",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
    "logical_and": "and",
    "logical_or": "or",
}
"""Steps that are written between their operands."""

PREFIX: Mapping[str, str] = {"neg": "-", "logical_not": "not "}
"""Steps that are written before their operand."""

REDUCTIONS: Mapping[str, str] = {
    "add": "sum",
    "mul": "prod",
    "maximum": "amax",
    "minimum": "amin",
}
"""Reductions that a tensor calls by another name."""


def type_of(value: Value) -> str:
    """The dtype and shape of a value: ``float32[100,16]``."""
    return f"{value.dtype}[{','.join(map(str, value.shape))}]"


def names_of(values: Iterable[Value]) -> dict[int, str]:
    """What values are called, by number: leaves by their labels where these tell them apart.

    Everything else is called by its number in the graph, ``%12``; constants are written out.
    """
    values = [*values]
    labels = {
        value.number: "_".join(one_line(value.label).split())
        for value in values
        if value.kind in ("argument", "captured", "number")
    }
    counts = Counter(labels.values())
    found = {}
    for value in values:
        label = labels.get(value.number, "")
        if value.kind == "constant":
            found[value.number] = _constant(value)
        elif label and counts[label] == 1 and not label.startswith("%"):
            found[value.number] = label
        else:
            found[value.number] = f"%{value.number}"
    return found


def written_out(names: Mapping[int, str], own: Container[int]) -> Name:
    """A way to call values by which those that are nowhere else are written where they are used.

    Parameters
    ----------
    names : mapping of int to str
        What values are called, by number.
    own : container of int
        The numbers of values that stand somewhere; of others, views, places and steps are written
        out.
    """

    def name(value: Value) -> str:
        if value.number in own or value.kind not in ("view", "elementwise", "position"):
            return names[value.number]
        return formula(value, name)

    return name


def roles_of(graph: Graph, name: Name) -> dict[int, list[str]]:
    """What becomes of values when a step is over, by number: ``result``, ``becomes weight``."""
    found: dict[int, list[str]] = {}
    for position, value in enumerate(graph.results):
        count = "" if len(graph.results) == 1 else f" {position}"
        found.setdefault(value.number, []).append(f"result{count}")
    for position, value in graph.gradients.items():
        leaf = name(graph.memories[position].before)
        found.setdefault(value.number, []).append(f"gradient of {leaf}")
    for memory in graph.memories:
        if memory.after is not memory.before:
            found.setdefault(memory.after.number, []).append(f"becomes {name(memory.before)}")
    for check in graph.checks:
        found.setdefault(check.value.number, []).append(f"must be {check.expected}")
    return found


def formula(value: Value, name: Name) -> str:
    """What a value comes from, operands called by ``name``: ``%3 + bias``, ``sum(%5, dim=0)``."""
    operands = [name(operand) for operand in value.operands]
    attributes = value.attributes
    match value.kind:
        case "argument" | "captured" | "number":
            return f"{value.kind} {attributes[0]}"
        case "constant":
            return _constant(value)
        case "elementwise":
            return _step(value, operands)
        case "view":
            return seen(operands[0], value.operands[0].shape, value.shape, *attributes)
        case "reduce":
            function, dims = attributes
            along = f", dim={_numbers(dims)}" if len(dims) < len(value.operands[0].shape) else ""
            return f"{REDUCTIONS.get(function, function)}({operands[0]}{along})"
        case "matmul":
            return f"{operands[0]} @ {operands[1]}"
        case "place":
            there = seen("", value.shape, value.operands[0].shape, *attributes)
            return f"place({operands[0]}, at={there.lstrip('.')})"
        case "overwrite":
            there = seen("", value.shape, value.operands[1].shape, *attributes)
            return f"overwrite({', '.join(operands)}, at={there.lstrip('.')})"
        case "random":
            return f"{attributes[0]}(key={operands[0]}, {operands[1]}, place={operands[2]})"
        case "host":
            return f"{one_line(str(attributes[1]))}({', '.join(operands)})"
        case "gather" | "scatter" | "join" | "position":
            return f"{value.kind}({', '.join([*operands, f'dim={attributes[0]}'])})"
    return f"{value.kind}({', '.join([*operands, *map(str, attributes)])})"


def seen(name: str, source: Shape, shape: Shape, strides: Sequence[int], offset: int) -> str:
    """How a view is taken of something of the shape ``source``, as a reader would write it.

    >>> seen("x", (3, 4), (4, 3), (1, 4), 0), seen("x", (3, 4), (2, 4), (4, 1), 4)
    ('x.T', 'x[1:]')
    >>> seen("x", (4,), (3, 4), (0, 1), 0), seen("x", (9,), (3, 3), (1, 1), 0)
    ('x.expand(3, 4)', 'x.view(strides=(1, 1), offset=0)')
    """
    size = prod(shape)
    if size == prod(source) and not offset and tuple(strides) == tight_strides(shape):
        return f"{name}.reshape({', '.join(map(str, shape))})"
    order = _order(source, shape, strides)
    if order is not None and not offset:
        return f"{name}.T" if order == [1, 0] else f"{name}.permute({', '.join(map(str, order))})"
    steps = [(n, stride) for n, stride in zip(shape, strides) if n > 1]
    own = [(n, stride) for n, stride in zip(source, tight_strides(source)) if n > 1]
    if not offset and [(n, stride) for n, stride in steps if stride] == own:
        return f"{name}.expand({', '.join(map(str, shape))})"
    index = _index(source, steps, offset) if size else None
    if index is not None:
        return f"{name}[{index}]"
    return f"{name}.view(strides={_numbers(strides, always=True)}, offset={offset})"


def _step(value: Value, operands: Sequence[str]) -> str:
    (function,) = value.attributes
    factors = [
        parenthesised(text) if operand.kind == "constant" else text
        for operand, text in zip(value.operands, operands)
    ]
    if function in INFIX:
        return f" {INFIX[function]} ".join(factors)
    if function in PREFIX:
        return PREFIX[function] + factors[0]
    if function == "cast":
        return f"{value.dtype}({operands[0]})"
    return f"{function}({', '.join(operands)})"


def _constant(value: Value) -> str:
    found = value.attributes[0]
    return number(float(found)) if value.dtype.startswith("float") else str(found)


def _numbers(numbers: Sequence[int], always: bool = False) -> str:
    """One number as it is, several in parentheses."""
    if len(numbers) == 1 and not always:
        return str(numbers[0])
    return f"({', '.join(map(str, numbers))}{',' if len(numbers) == 1 else ''})"


def _order(source: Shape, shape: Shape, strides: Sequence[int]) -> list[int] | None:
    """The dimensions of the source in the order of a view that only changes their order."""
    own = tight_strides(source)
    if len(source) != len(shape):
        return None
    waiting = [*range(len(source))]
    order = []
    for n, stride in zip(shape, strides):
        d = next((d for d in waiting if (source[d], own[d]) == (n, stride)), None)
        if d is None:
            return None
        waiting.remove(d)
        order.append(d)
    return order


def _index(source: Shape, steps: Sequence[tuple[int, int]], offset: int) -> str | None:
    """The index, as in ``x[1:, ::2, 3]``, of a view that takes steps along dimensions in order."""
    waiting = [*steps]
    parts = []
    for length, own in zip(source, _natural(source)):
        start, offset = divmod(offset, own)
        n, step = waiting[0] if waiting else (0, 1)
        last = start + (n - 1) * step // own
        if waiting and step and step % own == 0 and 0 <= last < length:
            waiting.pop(0)
            parts.append(_slice(start, last, step // own, length))
        else:
            parts.append(":" if length == 1 else str(start))
    if waiting or offset:
        return None
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    return ", ".join(parts) if parts else None


def _slice(start: int, last: int, step: int, length: int) -> str:
    """A slice from one place to another, without what goes without saying."""
    stop = last + step
    first = "" if start == (0 if step > 0 else length - 1) else str(start)
    end = str(last + (1 if step > 0 else -1)) if 0 <= stop < length else ""
    return f"{first}:{end}" + (f":{step}" if step != 1 else "")


def _natural(shape: Shape) -> list[int]:
    """The strides of an array in one piece, those along dimensions of length 1 included."""
    return [prod(shape[d + 1 :]) for d in range(len(shape))]
