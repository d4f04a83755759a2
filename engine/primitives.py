"""Sums and products of many numbers: the operations of a Value that have no fixed arity.

A neuron's ``w1*x1 + ... + wn*xn + b`` is one node with 2n + 1 parents, not 2n nodes: it is what
a textbook calls z, and its local derivatives are dz/dw = x, dz/dx = w and dz/db = 1.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add, gt, lt, mul
from typing import Any

from .expression import Expression, parse, variable
from .operation import Notation, Operation

_LONGEST = 8
"""Terms of a sum that are written out; beyond, it is written as a call."""


class Sum(Operation):
    """``x1 + x2 + ... + xn``, added from left to right, as one node."""

    name = "sum"
    symbol = "sum"

    def linearize(self, *inputs: float) -> tuple[float, Sequence[float]]:
        return reduce(add, inputs), (1.0,) * len(inputs)

    def differentiate(self, position: int, parents: Sequence[Any], out: Any) -> Any:
        return 1.0

    def notation(self, inputs: Sequence[float], out: float) -> Notation:
        names = _numbered("x", len(inputs))
        total = _joined("sum", names, names)
        return Notation(names, total, total, [parse("1")] * len(names))


class Dot(Operation):
    """``a1*b1 + ... + an*bn``, or that plus a bias, as one node.

    Its parents are ``(a1, ..., an, b1, ..., bn)`` or ``(a1, ..., an, b1, ..., bn, bias)``. The
    bias comes first in the sum, as in micrograd.
    """

    name = "dot"
    symbol = "dot"

    def linearize(self, *inputs: float) -> tuple[float, Sequence[float]]:
        half = len(inputs) // 2
        a, b, bias = inputs[:half], inputs[half : 2 * half], inputs[2 * half :]
        return reduce(add, map(mul, a, b), *bias), (*b, *a, *(1.0,) * len(bias))

    def differentiate(self, position: int, parents: Sequence[Any], out: Any) -> Any:
        half = len(parents) // 2
        if position == 2 * half:
            return 1.0
        return parents[position + half if position < half else position - half]

    def notation(self, inputs: Sequence[float], out: float) -> Notation:
        half = len(inputs) // 2
        a, b = _numbered("a", half), _numbered("b", half)
        bias = ["bias"] * (len(inputs) % 2)
        names = [*a, *b, *bias]
        products = [f"{first}*{second}" for first, second in zip(a, b, strict=True)]
        partials = [*map(variable, b), *map(variable, a), *[parse("1")] * len(bias)]
        total = _joined("dot", [*products, *bias], names)
        return Notation(names, total, total, partials)


class Extreme(Operation):
    """The greatest or the smallest of ``x1, ..., xn``; equal ones share the derivative equally.

    nan is more extreme than any number.
    """

    def __init__(self, name: str, symbol: str, exceeds: Callable[[float, float], bool]) -> None:
        self.name = name
        self.symbol = symbol
        self.exceeds = exceeds

    def linearize(self, *inputs: float) -> tuple[float, Sequence[float]]:
        found = inputs[0]
        for x in inputs:
            if x != x or self.exceeds(x, found):
                found = x
        hits = _hits(inputs, found)
        share = 1.0 / sum(hits)
        return found, tuple(share if hit else 0.0 for hit in hits)

    def differentiate(self, position: int, parents: Sequence[Any], out: Any) -> Any:
        return out.local_derivatives[position]  # a step function of the operands

    def notation(self, inputs: Sequence[float], out: float) -> Notation:
        names = _numbered("x", len(inputs))
        hits = _hits(inputs, out)
        share = parse("1" if sum(hits) == 1 else f"1 / {sum(hits)}")
        none = parse("0")
        partials = [share if hit else none for hit in hits]
        found = parse(f"{self.symbol}({', '.join(names)})")
        return Notation(names, found, found, partials)


def _hits(inputs: Sequence[float], found: float) -> list[bool]:
    """Which inputs are the extreme one; nan is told by being unequal to itself."""
    return [x == found or (x != x and found != found) for x in inputs]


def _numbered(letter: str, count: int) -> list[str]:
    return [f"{letter}{k}" for k in range(1, count + 1)]


def _joined(name: str, terms: Sequence[str], arguments: Sequence[str]) -> Expression:
    text = " + ".join(terms) if len(terms) <= _LONGEST else f"{name}({', '.join(arguments)})"
    return parse(text)


SUM = Sum()
DOT = Dot()
AMAX = Extreme("amax", "max", gt)
AMIN = Extreme("amin", "min", lt)
