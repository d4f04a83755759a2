"""What a function computes on numbers, as a list of elementary operations, each done once.

Everything that is linear is a sum of products: ``a + b`` is ``a*1 + b*1``, ``a - b`` is
``a*1 + b*(-1)``, a neuron is one sum, and so is every gradient, for it adds up what the edges of
the graph bring. IEEE 754 makes a product by 1 or -1 exact, so the sums round as the operations do
that they stand for. All else is a row of the table, or a partial derivative of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import final

from .operations import PRODUCTS, Step

Terms = Sequence[int]
"""The factors of a sum of products: ``(a1, b1, a2, b2, ...)``, by their numbers."""


@final
class Program:
    """Numbers, each an input, a constant, or computed from numbers before it.

    Attributes
    ----------
    steps : list of Step or None
        What computes each number; None for inputs and constants.
    operands : list of sequence of int
        What it is computed from.
    known : dict of int to float
        The constants.
    inputs : list of int
        What is set from outside before the program runs.
    """

    def __init__(self) -> None:
        self.steps: list[Step | None] = []
        self.operands: list[Sequence[int]] = []
        self.known: dict[int, float] = {}
        self.inputs: list[int] = []
        self._constants: dict[str, int] = {}
        self.one = self.constant(1.0)
        self.minus_one = self.constant(-1.0)

    def __len__(self) -> int:
        return len(self.steps)

    def input(self) -> int:
        """A number that is set from outside."""
        number = self._add(None, ())
        self.inputs.append(number)
        return number

    def constant(self, value: float) -> int:
        """A number that is always the same; 0 and -0 are two."""
        key = repr(value)
        if key not in self._constants:
            self._constants[key] = number = self._add(None, ())
            self.known[number] = value
        return self._constants[key]

    def apply(self, step: Step, operands: Sequence[int]) -> int:
        """The number that ``step`` computes; of constants alone it is computed here."""
        if all([operand in self.known for operand in operands]):
            return self.constant(step.evaluate(*[self.known[operand] for operand in operands]))
        return self._add(step, operands)

    def sum(self, terms: Terms) -> int:
        """``a1*b1 + a2*b2 + ...``, added from left to right."""
        if len(terms) == 2:
            if terms[1] == self.one:
                return terms[0]
            if terms[0] == self.one:
                return terms[1]
        return self.apply(PRODUCTS, terms)

    def _add(self, step: Step | None, operands: Sequence[int]) -> int:
        self.steps.append(step)
        self.operands.append(operands)
        return len(self.steps) - 1

    def needed(self, wanted: Iterable[int]) -> list[int]:
        """Everything that the numbers ``wanted`` are computed from, and they, in order."""
        is_needed = bytearray(len(self))
        for number in wanted:
            is_needed[number] = True
        for number in range(len(self) - 1, -1, -1):
            if is_needed[number]:
                for operand in self.operands[number]:
                    is_needed[operand] = True
        return [number for number, needed in enumerate(is_needed) if needed]

    def fused(self, wanted: Sequence[int]) -> dict[int, Sequence[int]]:
        """The operands of everything that is needed, with sums that only sums use merged.

        ``((b + w1*x1) + w2*x2) + w3*x3`` is one sum of four terms, added in the same order.
        """
        needed = self.needed(wanted)
        uses = [0] * len(self)
        for number in wanted:
            uses[number] = 2  # it is used outside, too, and must be there
        for number in needed:
            for operand in self.operands[number]:
                uses[operand] += 1
        found: dict[int, Sequence[int]] = {}
        for number in needed:
            operands = self.operands[number]
            if self.steps[number] is PRODUCTS:
                operands = self._merged(operands, found, uses)
            found[number] = operands
        return found

    def _merged(
        self, terms: Terms, found: dict[int, Sequence[int]], uses: Sequence[int]
    ) -> Sequence[int]:
        """The terms of a sum, with those of the sums in it in their place.

        A sum of several terms can only stand first: elsewhere its terms would be added in
        another order.
        """
        inner = [self._inner_sum(terms[k], terms[k + 1], uses) for k in range(0, len(terms), 2)]
        lengths = [len(found[number]) if number >= 0 else 2 for number in inner]
        if len(inner) == 2 and lengths[0] == 2 < lengths[1]:
            inner.reverse()  # b + a is a + b
            terms = (*terms[2:], *terms[:2])
        merged: list[int] = []
        for k, number in enumerate(inner):
            if number < 0 or (merged and len(found[number]) > 2):
                merged += terms[2 * k : 2 * k + 2]
            elif merged:
                merged += found.pop(number)
            else:  # it grows in place, for chains of sums may be long
                first = found.pop(number)
                merged = first if isinstance(first, list) else [*first]
        return merged

    def _inner_sum(self, a: int, b: int, uses: Sequence[int]) -> int:
        """The sum that a product by one is, if nothing else uses it; else -1."""
        inner = a if b == self.one else b if a == self.one else -1
        is_free = inner >= 0 and uses[inner] == 1 and self.steps[inner] is PRODUCTS
        return inner if is_free else -1
