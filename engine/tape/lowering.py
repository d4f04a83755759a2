"""Operations of Values as steps of a program: their values, and what they pass on backward."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import final

from ..formula import Formula
from ..formulas import add, mul, neg, pos, square, sub
from ..operation import Operation
from ..primitives import DOT, SUM, Extreme
from .operations import EXTREMES, HIT, SHARE, slope, value_step
from .program import Program


@final
@dataclass(frozen=True, slots=True)
class Node:
    """An operation that has been put into a program, and can be differentiated.

    Attributes
    ----------
    operation : Operation
        The operation.
    inputs, out : sequence of int, int
        The numbers that it took, and the one that it gave.
    edges : tuple of (int, hashable)
        The positions of the operands that need a gradient, each with what knows the operand.
    """

    operation: Operation
    inputs: Sequence[int]
    out: int
    edges: tuple[tuple[int, Hashable], ...]


@final
class Lowering:
    """Puts operations into a program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._shares: dict[int, int] = {}

    def gradients(
        self, nodes: Iterable[tuple[Hashable, Node]], root: Hashable, start: int
    ) -> dict[Hashable, int]:
        """The derivative of ``root``, times ``start``, by all nodes and leaves under it.

        The nodes come from the root down, each with what knows it.
        """
        terms: dict[Hashable, list[int]] = {root: [start, self._program.one]}
        totals: dict[Hashable, int] = {}
        for key, node in nodes:
            if key not in terms:
                continue
            totals[key] = total = self._program.sum(terms.pop(key))
            for position, parent in node.edges:
                factors = self._edge(node, position, total)
                if parent in terms:
                    terms[parent] += factors
                else:
                    terms[parent] = [*factors]
        return totals | {leaf: self._program.sum(each) for leaf, each in terms.items()}

    def value(self, operation: Operation, inputs: Sequence[int]) -> int:
        """The number that an operation gives."""
        program = self._program
        one, minus_one = program.one, program.minus_one
        if operation is DOT:
            half = len(inputs) // 2
            bias = [factor for each in inputs[2 * half :] for factor in (each, one)]
            pairs = zip(inputs[:half], inputs[half : 2 * half])
            return program.sum([*bias, *[factor for pair in pairs for factor in pair]])
        if operation is SUM:
            return program.sum([factor for each in inputs for factor in (each, one)])
        if isinstance(operation, Extreme):
            return program.apply(EXTREMES[operation.exceeds], inputs)
        assert isinstance(operation, Formula)
        if operation is mul:
            return program.sum(inputs)
        if operation is add:
            return program.sum((inputs[0], one, inputs[1], one))
        if operation is sub:
            return program.sum((inputs[0], one, inputs[1], minus_one))
        if operation is neg:
            return program.sum((inputs[0], minus_one))
        if operation is square:
            return program.sum((inputs[0], inputs[0]))
        if operation is pos:
            return inputs[0]
        return program.apply(value_step(operation), inputs)

    def _edge(self, node: Node, position: int, total: int) -> tuple[int, int]:
        """What a node adds to the gradient of an operand, as two factors."""
        operation, inputs, out = node.operation, node.inputs, node.out
        one = self._program.one
        if operation is DOT:
            half = len(inputs) // 2
            if position == 2 * half:
                return total, one
            return total, inputs[position + half if position < half else position - half]
        if operation is SUM:
            return total, one
        if isinstance(operation, Extreme):
            if out not in self._shares:
                self._shares[out] = self._program.apply(SHARE, (out, *inputs))
            share = self._shares[out]
            return self._program.apply(HIT, (total, inputs[position], out, share)), one
        assert isinstance(operation, Formula)
        partial = slope(operation, position)
        if partial.constant is not None:
            return total, self._program.constant(partial.constant)
        numbers = (*inputs, out)
        if partial.place is not None:
            return total, numbers[partial.place]
        assert partial.step is not None
        operands = (total, *[numbers[place] for place in partial.places])
        return self._program.apply(partial.step, operands), one
