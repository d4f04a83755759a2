"""``Explanation``: what a call of a compiled step costs, beside what the machine can do at best."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import final

from .explaining import Work, explained, moved_by, products_of, works_of
from .limits import Limits, measured
from .steps import Bound

RUNS = 50
SECONDS = 0.3
"""A step is measured so often, and no longer than this."""


@final
@dataclass(frozen=True, repr=False)
class Explanation:
    """What a call of a compiled step costs; printed, it is a table.

    Attributes
    ----------
    works : list of Work
        The loops and calls of the step, with their operations and the bytes that they pass over.
    buffers : int
        How many pieces of temporary memory there are; where they take turns they count as one.
    temporary : int
        The bytes of temporary memory.
    seconds : float
        What a call of the compiled code takes here and now, the median of several.
    limits : Limits
        What this machine needs for the same products and the same bytes at best.
    """

    works: list[Work]
    buffers: int
    temporary: int
    seconds: float
    limits: Limits

    @property
    def passes(self) -> int:
        """How many loops and calls there are."""
        return len(self.works)

    @property
    def flops(self) -> int:
        """The operations on numbers."""
        return sum(work.flops for work in self.works)

    @property
    def bytes(self) -> int:
        """The bytes that are read and written, each loop's counted once."""
        return sum(work.bytes_read + work.bytes_written for work in self.works)

    @property
    def fraction(self) -> float:
        """The share of the machine's limit that is reached."""
        least = self.limits.multiplying(products_of(self.works))
        return (least + self.limits.moving(moved_by(self.works))) / self.seconds

    def __str__(self) -> str:
        table = explained(self.works, self.limits, self.seconds)
        return f"{table}\nTemporary memory: {self.temporary} bytes in {self.buffers} buffers."

    __repr__ = __str__


def explanation(bound: Bound) -> Explanation:
    """Measure a compiled step on copies of its memory."""
    schedule, buffers = bound.source.schedule, bound.source.buffers
    units = [(unit.items, unit.reads) for unit in schedule.units]
    works = works_of(schedule.graph, units, schedule.stored)
    places = {each.position for each in buffers.of.values() if each.kind == "temporary"}
    run = bound.rehearsal()
    times: list[float] = []
    end = perf_counter() + SECONDS
    while len(times) < RUNS and (perf_counter() < end or not times):
        began = perf_counter()
        run()
        times.append(perf_counter() - began)
    limits = measured(products_of(works), moved_by(works))
    return Explanation(works, len(places), bound.source.temporary, median(times), limits)
