"""Who measures: a process for each peer, turn about, on as many cores and threads as are asked for.

A peer has its process to itself, so that no library keeps the threads of another one waiting, and
so that its memory is its own. While one takes its turn, the others wait for a line to read.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, final

from .measure import disagreement
from .peers import PEERS
from .peers.base import Peer
from .processes import PeerFailed, Process
from .results import LIMIT, Result
from .works import Work

Say = Callable[[str], None]

REFERENCE = "NumPy by hand"
"""Whose losses the others' are compared with, where it takes part."""

_LEAST = 3
"""The least number of rounds."""

_TOLERANCE = 1e-3
"""How far losses may lie apart, relative to the largest."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done for a figure.

    Attributes
    ----------
    rounds : int
        Turns of each; fewer, but not below three, where they take more than ``limit`` seconds.
    limit : float
    fill : float
        Seconds of a turn.
    pause : float
        Seconds before a turn, in which the threads of the one before fall asleep.
    passes : int
        Passes through the data whose losses must agree.
    warm : bool
        Whether a process that finds the caches filled takes the turns, and one that finds them
        empty goes before it; else the first one takes the turns, too.
    """

    rounds: int = 15
    limit: float = 60.0
    fill: float = 0.1
    pause: float = 0.05
    passes: int = 3
    warm: bool = True


QUICK = Effort(rounds=5, limit=5.0, fill=0.05, pause=0.01, passes=2, warm=False)


@final
class Contender:
    """A peer on a work: its result, and the process that takes its turns."""

    def __init__(self, peer: Peer, work: Work, threads: int, caches: str) -> None:
        self.result = Result(work.name, peer.name, threads, peer.version())
        self.losses: list[float] = []
        self._peer, self._work, self._threads, self._caches = peer, work, threads, caches
        self._process: Process | None = None
        self._runs = 1

    def prepare(self, effort: Effort) -> None:
        """Find the losses to compare, and the times of the first passes; be ready for turns."""
        reason = self._peer.absence() or (self._peer.lacks if self._work.recipe else "")
        if reason:
            raise PeerFailed(reason)
        comparable = _without_dropout(self._work)
        self._start(comparable, shuffled=False)
        self.losses = [*self._answer["losses"], *self._ask(run=effort.passes - 1)["losses"]]
        self.result.imported, self.result.cold = self._answer["imported"], self._answer["first"]
        if not effort.warm:
            return
        if comparable != self._work:
            self._start(self._work, shuffled=True)
            self.result.cold = self._answer["first"]
        self._start(self._work, shuffled=True)
        self.result.warm = self._answer["first"]

    def calibrate(self, seconds: float) -> None:
        """Find out how many passes make a turn."""
        self._runs = self._ask(fill=seconds)["runs"]

    def take_turn(self, pause: float) -> None:
        """Take a turn, and note its time."""
        took = self._ask(turn=self._runs, pause=pause)["seconds"]
        self.result.seconds.append(took / self._work.batches)

    def note_peak(self) -> None:
        """Note the peak memory of the process."""
        self.result.peak = self._ask(peak=True)["peak"]

    def end(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def fail(self, reason: str) -> None:
        """Take part no longer."""
        self.result.note, self.result.seconds = reason, []
        self.end()

    @property
    def _answer(self) -> dict[str, Any]:
        return self._running.first

    @property
    def _running(self) -> Process:
        if self._process is None:
            raise PeerFailed("its process is not there")
        return self._process

    def _ask(self, **request: Any) -> dict[str, Any]:
        return self._running.ask(**request)

    def _start(self, work: Work, shuffled: bool) -> None:
        self.end()
        # each finds what was compiled for the same work before, and nothing else
        caches = os.path.join(self._caches, "own" if work == self._work else "comparable")
        self._process = Process(self._peer, work, self._threads, caches, shuffled)


def compare(
    work: Work, peers: Sequence[str], threads: int, effort: Effort, say: Say
) -> list[Result]:
    """Measure some peers on a work.

    Each is started with empty caches and makes a few passes through rows in their order, without
    dropout; who comes to other losses than the others is left out. Then all take turns.
    """
    with tempfile.TemporaryDirectory() as caches, ExitStack() as stack:
        contenders = []
        for place, name in enumerate(peers):
            say(f"{work.name}, {counted(threads)}: {name}")
            folder = os.path.join(caches, str(place))
            contender = Contender(PEERS[name], work, threads, folder)
            stack.callback(contender.end)
            contenders.append(contender)
            with _failing(contender):
                contender.prepare(effort)
        _exclude_who_disagrees(_left(contenders))
        _take_turns(contenders, effort)
        for contender in _left(contenders):
            with _failing(contender):
                contender.note_peak()
    return [each.result for each in contenders]


def _take_turns(contenders: Sequence[Contender], effort: Effort) -> None:
    for contender in _left(contenders):
        with _failing(contender):
            contender.calibrate(effort.fill)
    end = monotonic() + effort.limit
    for turn in range(effort.rounds):
        if turn >= _LEAST and monotonic() > end:
            return
        for contender in _left(contenders):
            with _failing(contender):
                contender.take_turn(effort.pause)


@contextmanager
def _failing(contender: Contender) -> Iterator[None]:
    """Let a contender that fails take part no longer."""
    try:
        yield
    except PeerFailed as error:
        contender.fail(str(error))


def _left(contenders: Sequence[Contender]) -> list[Contender]:
    return [each for each in contenders if not each.result.note]


def _exclude_who_disagrees(contenders: Sequence[Contender]) -> None:
    comparable = [each for each in contenders if PEERS[each.result.peer].agrees]
    comparable.sort(key=lambda each: each.result.peer != REFERENCE)
    for each in comparable[1:]:
        losses = {other.result.peer: other.losses for other in (comparable[0], each)}
        if said := disagreement(losses, _TOLERANCE):
            each.fail(f"left out: {said}")


def _without_dropout(work: Work) -> Work:
    if work.recipe is None:
        return work
    return replace(work, recipe=replace(work.recipe, dropout=0.0))


def peers_for(work: Work, *, quick: bool) -> list[str]:
    """Who can take part in a kind of work; in a hurry, without those who are slow."""
    return [
        name
        for name, peer in PEERS.items()
        if work.kind in peer.kinds and not (quick and peer.slow) and (work.limited or name != LIMIT)
    ]


def counted(threads: int) -> str:
    """A number of threads, in words.

    >>> counted(1), counted(2)
    ('1 thread', '2 threads')
    """
    return f"{threads} thread{'s' if threads > 1 else ''}"
