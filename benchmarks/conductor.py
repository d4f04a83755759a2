"""Who measures: a process for each peer, turn about, on as many cores and threads as are asked for.

A peer has its process to itself, so that no library keeps the threads of another one waiting, and
so that its memory is its own. While one takes its turn, the others wait for a line to read.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Timer
from typing import Any, final

from .measure import disagreement
from .peers import PEERS
from .peers.base import Peer
from .results import LIMIT, Result
from .works import Work

Say = Callable[[str], None]

REFERENCE = "NumPy by hand"
"""Whose losses the others' are compared with, where it takes part."""

_PATIENCE = 600.0
"""Seconds after which a process that does not answer is ended."""

_TOLERANCE = 1e-3
"""How far losses may lie apart, relative to the largest."""

_THREADS = (
    *("MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
    *("VECLIB_MAXIMUM_THREADS",),
)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done for a figure.

    Attributes
    ----------
    rounds : int
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
    fill: float = 0.1
    pause: float = 0.05
    passes: int = 3
    warm: bool = True


QUICK = Effort(rounds=5, fill=0.05, pause=0.01, passes=2, warm=False)


_TUNING = re.compile(
    r"(ATEN|DNNL|GOMP|JAX|KMP|MKL|NUMBA|OMP|ONEDNN|OPENBLAS|TORCH|TORCHINDUCTOR|XLA)_[A-Z0-9_]+"
)
"""Variables that tune one library or another, such as OPENBLAS_CORETYPE."""


def tuned() -> list[str]:
    """The variables of this process that tune libraries, which no peer gets to see."""
    return sorted(filter(_TUNING.fullmatch, os.environ))


def environment(threads: int, caches: str) -> dict[str, str]:
    """What a process finds around it: its number of threads, and a folder for compiled code.

    All libraries are as they come: what tunes them is not passed on.
    """
    multiple = "true" if threads > 1 else "false"
    return {
        **{name: os.environ[name] for name in os.environ.keys() - tuned()},
        **dict.fromkeys(_THREADS, str(threads)),
        "JAX_PLATFORMS": "cpu",
        "NUMBA_CACHE_DIR": os.path.join(caches, "numba"),
        "TORCHINDUCTOR_CACHE_DIR": os.path.join(caches, "inductor"),
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={multiple}",
    }


def command(entry: str, *words: str) -> list[str]:
    """What runs ``entry``, a module of this folder and a function in it, without twingrad's import.

    The folder is a package of its own there: a peer's process must not pay for ours.
    """
    folder = Path(__file__).parent
    module, _, function = entry.rpartition(".")
    code = (
        f"import sys; sys.path.insert(0, {str(folder.parent)!r}); import {folder.name}; "
        f"del sys.path[0]; from {folder.name}.{module} import {function}; {function}()"
    )
    return [sys.executable, "-P", "-c", code, *words]


class PeerFailed(Exception):
    """A peer that cannot do a work, with the reason as its text."""


@final
class Process:
    """The process of a peer: requests go in, answers come out."""

    def __init__(self, peer: Peer, work: Work, threads: int, caches: str, shuffled: bool) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed by end()
        self._process = subprocess.Popen(
            command("worker.main"),
            env=environment(threads, caches),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        fields = {name: each for name, each in asdict(work).items() if name != "aims"}
        try:
            self.first = self.ask(peer=peer.name, work=fields, threads=threads, shuffled=shuffled)
        except BaseException:
            self.end()
            raise

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to a request; :class:`PeerFailed` if there is none."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process has no pipes")
        timer = Timer(_PATIENCE, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            raise PeerFailed(f"its process ended: {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise PeerFailed(" ".join(answer["failed"].split())[:300])
        return answer

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _last_words(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), f"exit code {code}")


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
        missing = self._peer.missing()
        if missing:
            raise PeerFailed(f"not installed: pip install {' '.join(missing)}")
        if self._peer.lacks and self._work.recipe is not None:
            raise PeerFailed(self._peer.lacks)
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

    def end(self) -> None:
        """Note the peak memory, and end the process."""
        if self._process is not None:
            if self.result.seconds:
                self.result.peak = self._ask(peak=True)["peak"]
            self._close()

    def fail(self, reason: str) -> None:
        """Take part no longer."""
        self.result.note, self.result.seconds = reason, []
        self._close()

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
        self._close()
        self._process = Process(self._peer, work, self._threads, self._caches, shuffled)

    def _close(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


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
            _try(contender, contender.prepare, effort)
        _exclude_who_disagrees(_left(contenders))
        for contender in _left(contenders):
            _try(contender, contender.calibrate, effort.fill)
        for _ in range(effort.rounds):
            for contender in _left(contenders):
                _try(contender, contender.take_turn, effort.pause)
    return [each.result for each in contenders]


def _try(contender: Contender, does: Callable[[Any], None], argument: Any) -> None:
    try:
        does(argument)
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
