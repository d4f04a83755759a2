"""What was measured, and what follows from it: medians, spreads, ratios, and aims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from .measure import quartiles
from .works import WORKS, Aim, Work

LIMIT = "limit"
"""The name of the machine's limit, which is no peer to be faster than."""


@dataclass(slots=True)
class Result:
    """One peer on one work.

    Attributes
    ----------
    work, peer : str
    threads : int
    version : str
    seconds : list of float
        Of a step, in each round; of the whole where the work is no training step by step.
    imported, cold, warm : float, optional
        Seconds of the import, and of the first pass through the data with what comes before it:
        with empty caches, and with what a process before it has left in them.
    peak : float, optional
        Megabytes, of the whole process.
    note : str
        Why there are no figures.
    """

    work: str
    peer: str
    threads: int
    version: str = ""
    seconds: list[float] = field(default_factory=list)
    imported: float | None = None
    cold: float | None = None
    warm: float | None = None
    peak: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return median(self.seconds)

    def ratio(self, other: Result) -> float:
        """How many times faster this one is: the median of the rounds' ratios."""
        return median(b / a for a, b in zip(self.seconds, other.seconds))


def measured(results: Iterable[Result]) -> list[Result]:
    """Those with figures, the fastest first."""
    return sorted((each for each in results if each.seconds), key=lambda each: each.median)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An aim, and how far it is reached: ``found`` times is to be ``wanted`` or more.

    ``what`` is compared with that of the peer ``against``.
    """

    what: str
    wanted: float
    found: float
    against: str

    @property
    def reached(self) -> bool:
        """Whether it is reached."""
        return self.found >= self.wanted

    def __str__(self) -> str:
        said = "reached" if self.reached else "not reached"
        if self.against == LIMIT:
            return f"aim: {self.what}, {self.wanted:.0%} of the limit: {self.found:.1%}, {said}"
        times = f"{self.wanted:g} times " if self.wanted != 1.0 else ""
        aim = f"{self.what}, {times}better than that of {self.against}"
        return f"aim: {aim}: {times_in_words(self.found)} times, {said}"


def times_in_words(ratio: float) -> str:
    """A ratio with as many digits as mean something.

    >>> times_in_words(1.234), times_in_words(4751.7)
    ('1.23', '4752')
    """
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.2f}"


def verdicts(work: Work, results: Sequence[Result]) -> list[Verdict]:
    """How far the aims of a work are reached, of those whose peers were measured."""
    by_name = {each.peer: each for each in measured(results)}
    found = []
    for aim in work.aims:
        ours = by_name.get(aim.ours)
        others = _others(aim, by_name)
        if ours is not None and others:
            against = others[0]
            wanted = aim.times if aim.share is None else aim.share
            found.append(Verdict(f"speed of {aim.ours}", wanted, ours.ratio(against), against.peer))
    ours = by_name.get("twingrad")
    return found + ([] if ours is None else _memory(ours, [*by_name.values()]))


def _others(aim: Aim, by_name: dict[str, Result]) -> list[Result]:
    """Whom an aim is against, the fastest first."""
    if aim.share is not None:
        return [by_name[LIMIT]] if LIMIT in by_name else []
    peers = [name for name in by_name if not name.startswith("twingrad") and name != LIMIT]
    return [by_name[name] for name in peers if not aim.peers or name in aim.peers]


def _memory(ours: Result, results: list[Result]) -> list[Verdict]:
    """Whether less memory is taken than by PyTorch and JAX: how many times less."""
    others = [each for each in results if each.peer.startswith(("PyTorch", "JAX")) and each.peak]
    if ours.peak is None or not others:
        return []
    least = min(others, key=lambda each: each.peak or 0.0)
    return [Verdict("peak memory of twingrad", 1.0, (least.peak or 0.0) / ours.peak, least.peer)]


def as_data(machine: str, results: Sequence[Result]) -> dict[str, Any]:
    """All of it as plain data, for a file of JSON."""
    groups = grouped(results)
    return {
        "format": "twingrad-bench",
        "version": 1,
        "machine": machine,
        "works": {name: WORKS[name].title for name in dict.fromkeys(r.work for r in results)},
        "results": [_row(each) for each in results],
        "aims": [
            {"work": work.name, "threads": threads, **asdict(each), "reached": each.reached}
            for (work, threads), group in groups.items()
            for each in verdicts(work, group)
        ],
    }


def _row(result: Result) -> dict[str, Any]:
    row = asdict(result)
    if result.seconds:
        row |= {"median": result.median, "quartiles": quartiles(result.seconds)}
    return row


def grouped(results: Iterable[Result]) -> dict[tuple[Work, int], list[Result]]:
    """Results by work and number of threads, in the order in which they came."""
    groups: dict[tuple[Work, int], list[Result]] = {}
    for each in results:
        groups.setdefault((WORKS[each.work], each.threads), []).append(each)
    return groups
