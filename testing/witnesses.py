"""Slopes at neighbours of a point, which say what is right at its kinks."""

from __future__ import annotations

from typing import NamedTuple, final

import numpy as np

from .flat_function import Vector
from .lines import Line
from .modes import one
from .quick import quick_slopes

_NEIGHBOURS = 16
_CANDIDATES = 32
_CHOSEN = 3
"""How many neighbours are looked at, of how many the author's gradient is asked, and how many of
these are then looked at, of the nearest and of the farthest slopes to each side."""

_STEPS = (0.125, 2.0, 16.0)
"""Scales of steps in units of the distance to neighbours: long ones may cross other kinks."""


class Hull(NamedTuple):
    """The slopes at neighbours.

    Attributes
    ----------
    low, high : float
        The least and the greatest; infinite where there are none.
    seen : int
        Of how many neighbours the slope is known.
    """

    low: float
    high: float
    seen: int

    def has(self, slope: float, tolerance: float) -> bool:
        """Whether a number is between the slopes."""
        return self.low - tolerance <= slope <= self.high + tolerance

    def joined(self, other: Hull) -> Hull:
        """The slopes of both."""
        low, high = min(self.low, other.low), max(self.high, other.high)
        return Hull(low, high, self.seen + other.seen)


@final
class Nearby:
    """Neighbours of a line, for the slope of one output.

    Parameters
    ----------
    line : Line
    output : int
    reach : float
        How far neighbours are, relatively.
    accuracy : float
        How well slopes must be known.
    """

    def __init__(self, line: Line, output: int, reach: float, accuracy: float) -> None:
        self.line = line
        self.output = output
        self.accuracy = accuracy
        self.moved = np.flatnonzero(line.direction)
        sizes = np.where(line.base == 0, 1.0, np.abs(line.base))
        self.own = reach * float(np.median(sizes[self.moved]))
        self.reaches = np.where(np.isfinite(sizes), reach * sizes, 0.0)

    def random(self) -> Hull:
        """Slopes at random neighbours, some of which are away on the line."""
        generator = np.random.default_rng(1)
        positions = []
        for k in range(_NEIGHBOURS):
            moves = generator.uniform(-1.0, 1.0, self.reaches.size)
            if k % 2 and self.moved.size == 1:
                moves[self.moved] = k / _NEIGHBOURS - 0.5
            positions.append(self._at(moves))
        return self._hull(positions)

    def sought(self, slope: float) -> Hull:
        """Slopes at neighbours where the author's gradient is below, at, or above a number.

        Where n numbers are equal, one in n neighbours has a given one of them in a given place.
        So each random neighbour has another one beside it, in which the element in question and
        one that has a slope there change places. What the author says only tells where to look.
        """
        generator = np.random.default_rng(2)
        gradient = self._gradient(self.line.base)
        questioned = self.moved[gradient[self.moved] != 0]
        questioned = questioned if questioned.size else self.moved
        found: list[tuple[float, Vector]] = []
        for k in range(_CANDIDATES):
            moves = generator.uniform(-1.0, 1.0, self.reaches.size)
            if k % 4 < 2:  # all above, or all below: by chance that is rare
                moves = np.abs(moves) * (-1.0) ** k
            gradient = self._gradient(self._at(moves))
            found.append((float(self.line.slopes(gradient)), self._at(moves)))
            felt = np.flatnonzero(gradient)
            one = questioned[k % questioned.size]
            other = generator.choice(felt if felt.size else self.moved)
            moves[[one, other]] = moves[[other, one]]
            position = self._at(moves)
            found.append((float(self.line.slopes(self._gradient(position))), position))
        return self._hull(self._chosen(found, slope))

    def _at(self, moves: Vector) -> Vector:
        position: Vector = self.line.base + moves * self.reaches
        return self.line.function.representable(position)

    def _gradient(self, position: Vector) -> Vector:
        cotangent = one(self.output, self.line.center.size)
        return self.line.function.pulled(position, cotangent)

    def _chosen(self, found: list[tuple[float, Vector]], slope: float) -> list[Vector]:
        """The positions with the nearest slopes to both sides, and those with the farthest."""
        slopes = np.array([each for each, _ in found])
        chosen: list[int] = []
        for distances in (slopes - slope, slope - slopes):
            order = np.argsort(np.where(distances >= 0, distances, np.inf), kind="stable")
            order = order[: int(np.count_nonzero(distances >= 0))]
            chosen += [*map(int, order[:_CHOSEN]), *map(int, order[-_CHOSEN:])]
        return [found[k][1] for k in dict.fromkeys(chosen)]

    def _hull(self, positions: list[Vector]) -> Hull:
        """Slopes from steps that are as short as rounding allows, where most are known."""
        if not positions:
            return Hull(np.inf, -np.inf, 0)
        line, output = self.line, self.output
        lines = [Line(line.function, line.direction, each) for each in positions]
        found = np.empty(0)
        for step in _STEPS:
            quick = quick_slopes(line.function, lines, [step * self.own] * len(lines))
            settled = quick.noise[:, output] + quick.bend[:, output] <= self.accuracy
            if np.count_nonzero(settled) > found.size:
                found = quick.slope[settled, output]
            if np.median(quick.noise[:, output]) <= 0.125 * self.accuracy:
                break
        low, high = found.min(initial=np.inf), found.max(initial=-np.inf)
        return Hull(float(low), float(high), found.size)
