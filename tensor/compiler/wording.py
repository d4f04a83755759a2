"""Values of a graph in words: what they are called, and the formulas that they come from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from math import prod

from ...engine.drawing.words import one_line
from ...engine.notation import number, parenthesised
from ...engine.shapes import Shape
from ..kernels.loops import INFIX as OPERATORS
from .graph import Graph, Value
from .strides import tight_strides

Name = Callable[[Value], str]

INFIX: Mapping[str, str] = OPERATORS | {"pow": "**"}
"""Steps that are written between their operands."""

BINDING: Mapping[str, int] = {
    "or": 1,
    "and": 2,
    "not": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "==": 4,
    "!=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "@": 6,
    "**": 8,
}
"""How tightly signs bind what stands beside them."""

_SIGN, _WHOLE = 7, 9
"""How tightly a sign in front binds, and what needs no parentheses anywhere."""

LONGEST = 60
"""Formulas that are longer are not written into others."""

PREFIX: Mapping[str, str] = {"neg": "-", "logical_not": "not "}
"""Steps that are written before their operand."""

SPELLED: Mapping[str, str] = {
    "**": "to_the",
    "+": "plus",
    "-": "minus",
    "*": "times",
    "/": "over",
    "1": "one",
    "2": "two",
}
"""Signs and numbers as parts of names."""

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


def identifier(label: str) -> str:
    """A label as a name in code; empty if it cannot be one.

    >>> identifier("m of weight0"), identifier("1 - beta1"), identifier("0.5 * (a + b)")
    ('m_of_weight0', 'one_minus_beta1', '')
    """
    words = re.findall(r"\*\*|[-+*/]|[\w.]+", label, re.ASCII)
    spelled = "_".join([SPELLED.get(word, word) for word in words]).replace(".", "_").strip("_")
    return spelled if spelled.isidentifier() and len(spelled) <= 40 else ""


def names_of(values: Iterable[Value], *, all_labels: bool = False) -> dict[int, str]:
    """What values are called, by number: leaves by their labels where these tell them apart.

    Everything else is called by its number in the graph, ``%12``, unless all labels are wanted;
    constants are written out.
    """
    values = [*values]
    labels = {
        value.number: _word(value.label)
        for value in values
        if all_labels or value.kind in ("argument", "captured", "number")
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


def _word(label: str) -> str:
    """A label as one word, without signs that formulas have."""
    word = "_".join(one_line(label).split())
    return word if re.fullmatch(r"[^-+*/=<>]*", word) else identifier(label) or word


def written_out(names: Mapping[int, str], own: Container[int]) -> Name:
    """A way to call values by which those that are nowhere else are written where they are used.

    Parameters
    ----------
    names : mapping of int to str
        What values are called, by number.
    own : container of int
        The numbers of values that stand somewhere; of others, views, places and steps are written
        out, unless that would take long.
    """
    texts: dict[int, str] = {}

    def name(value: Value) -> str:
        if value.number in own or value.kind not in ("view", "elementwise", "position"):
            return names[value.number]
        if value.number not in texts:
            text = formula(value, name)
            texts[value.number] = text if len(text) <= LONGEST else names[value.number]
        return texts[value.number]

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
            text = _bound(operands[0], _WHOLE)
            return seen(text, value.operands[0].shape, value.shape, *attributes)
        case "reduce":
            function, dims = attributes
            along = f", dim={_numbers(dims)}" if len(dims) < len(value.operands[0].shape) else ""
            return f"{REDUCTIONS.get(function, function)}({operands[0]}{along})"
        case "matmul":
            return _infix("@", operands)
        case "gemm":
            return _gemm(attributes[0], attributes[1], operands)
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
        return _infix(INFIX[function], factors)
    if function in PREFIX:
        return PREFIX[function] + _bound(factors[0], 3 if function == "logical_not" else _SIGN)
    if function == "cast":
        return f"{value.dtype}({operands[0]})"
    return f"{function}({', '.join(operands)})"


def _gemm(factor: float, is_turned: bool, operands: Sequence[str]) -> str:
    """A product in a sum.

    >>> _gemm(1.0, False, ["a", "b"]), _gemm(0.5, True, ["a", "b.T", "c"])
    ('a @ b', 'c + 0.5 * (b @ a.T)')
    """
    first, second, *others = operands
    if is_turned:
        first, second = _transposed(second), _transposed(first)
    text = _infix("@", [first, second])
    if factor != 1:
        text = _infix("*", [number(factor), text])
    return _infix("+", [*others, text])


def _transposed(text: str) -> str:
    """The formula of a transpose."""
    return text.removesuffix(".T") if text.endswith(".T") else f"{_bound(text, _WHOLE)}.T"


def _infix(sign: str, operands: Sequence[str]) -> str:
    """A step between its operands, which are in parentheses where they have to be.

    >>> _infix("*", ["a + b", "c * d"]), _infix("-", ["a - b", "c - d"])
    ('(a + b) * (c * d)', 'a - b - (c - d)')
    """
    binding = BINDING[sign]
    first, *others = operands
    least = binding + 1 if binding in (4, 8) else binding  # a < b < c and a ** b ** c are others
    return f" {sign} ".join([_bound(first, least), *[_bound(each, binding + 1) for each in others]])


def _bound(text: str, least: int) -> str:
    """A formula, in parentheses if its signs bind less tightly."""
    return text if _binding(text) >= least else f"({text})"


def _binding(text: str) -> int:
    """How tightly the loosest sign of a formula binds.

    >>> _binding("a + b * c"), _binding("sum(a + b)"), _binding("-a"), _binding("not a and b")
    (5, 9, 7, 2)
    """
    depth, outer = 0, []
    for character in text:
        depth -= character in ")]"
        if not depth:
            outer.append(character)
        depth += character in "(["
    words = "".join(outer).split(" ")
    found = [BINDING[word] for word in words if word in BINDING]
    return min([_SIGN if text.startswith("-") else _WHOLE, *found])


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
