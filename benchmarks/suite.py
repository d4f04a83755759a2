"""The whole of ``twingrad bench``: which works, with how many threads, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence

from .conductor import QUICK, Effort, Say, compare, peers_for
from .results import Result
from .starting import STARTERS, compare_starts
from .works import WORKS, Work


def selected(names: Sequence[str], *, quick: bool) -> list[Work]:
    """The works of these names; all without any, in a hurry those that are meant for it."""
    if names:
        return [WORKS[name] for name in dict.fromkeys(names)]
    return [work for work in WORKS.values() if work.quick or not quick]


def measure_work(work: Work, threads: int, *, quick: bool, say: Say) -> list[Result]:
    """What all peers take for a work."""
    effort = QUICK if quick else Effort()
    if work.kind == "start":
        names = [name for name, each in STARTERS.items() if not (quick and each.slow)]
        return compare_starts(work, names, threads, effort, say)
    return compare(work, peers_for(work, quick=quick), threads, effort, say)
