"""Places in memory as formulas of loop variables: ``16 * i + j``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from ...engine.shapes import Shape
from .strides import tight_strides


@final
@dataclass(frozen=True, slots=True)
class Place:
    """A whole number that is a sum of multiples of variables.

    Attributes
    ----------
    terms : tuple of (str, int)
        The variables and their factors.
    start : int
        What is added.
    """

    terms: tuple[tuple[str, int], ...] = ()
    start: int = 0

    def __add__(self, other: Place) -> Place:
        terms = dict(self.terms)
        for name, factor in other.terms:
            terms[name] = terms.get(name, 0) + factor
        return Place(tuple([each for each in terms.items() if each[1]]), self.start + other.start)

    def times(self, factor: int) -> Place:
        """The multiple of it."""
        if factor == 0:
            return NOWHERE
        return Place(tuple([(name, f * factor) for name, f in self.terms]), self.start * factor)

    def __str__(self) -> str:
        written = ""
        for name, factor in sorted(self.terms, key=lambda term: -abs(term[1])):
            sign = "-" if factor < 0 else "+"
            text = name if abs(factor) == 1 else f"{abs(factor)} * {name}"
            if written:
                written += f" {sign} {text}"
            else:
                written = text if factor > 0 else f"-{text}"
        if self.start or not written:
            sign = "-" if self.start < 0 else "+"
            written = f"{written} {sign} {abs(self.start)}" if written else str(self.start)
        return written


NOWHERE = Place()
"""The place 0."""

Index = tuple[Place, ...]
"""A place along each dimension."""


def at(name: str) -> Place:
    """The place that a variable holds."""
    return Place(((name, 1),))


def in_rows(index: Index, shape: Shape) -> Place:
    """Where an element is among those of an array of this shape, in their order."""
    return with_strides(index, tight_strides(shape), 0)


def with_strides(index: Index, strides: Sequence[int], offset: int) -> Place:
    """Where an element of a view is among those of what it is a view of."""
    found = Place((), offset)
    for place, stride in zip(index, strides, strict=True):
        found = found + place.times(stride)
    return found


def stretched(index: Index, shape: Shape) -> Index:
    """The index of an operand of this shape that is stretched to what ``index`` is of."""
    behind = len(index) - len(shape)
    return tuple([NOWHERE if n == 1 else index[behind + d] for d, n in enumerate(shape)])
