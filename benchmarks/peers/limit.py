"""The machine's limit: the products of a step, and a copy of as many bytes as it must move.

No program that makes these products with a library, and goes through memory as rarely as the data
flow allows, is faster; what it adds is the time between and within its loops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import measure
from ..problem import Problem
from ..works import Work
from .base import Peer, Runner, Settings

Array = NDArray[Any]
Call = Callable[[], object]

STEPS = 5
"""The products of so many steps are made by each thread of one's own at once."""


def operands(work: Work) -> list[tuple[Array, Array]]:
    """The two factors of each matrix product in a step, forward and backward."""
    rng = np.random.default_rng(0)
    found: list[tuple[Array, Array]] = []
    for depth, (inputs, outputs) in enumerate(pairwise(work.sizes)):
        x = rng.standard_normal((work.batch, inputs), dtype=np.float32)
        w = rng.standard_normal((outputs, inputs), dtype=np.float32)
        slope = rng.standard_normal((work.batch, outputs), dtype=np.float32)
        found += [(x, w.T), (slope.T, x)]
        found += [(slope, w)] if depth else []
    return found


def numbers_moved(work: Work) -> int:
    """The numbers that a step reads and writes besides its products, each as rarely as can be.

    The update reads the gradient, and reads and writes the parameter and two moments. The rows of
    the batch are read and written. A hidden number is read and written on the way forward; its
    slope and itself are read and one slope is written on the way back. Batch normalization reads
    once more for its statistics, on both ways, and clipping once more for the norm.
    """
    extra = work.recipe is not None
    hidden = work.batch * sum(work.sizes[1:-1])
    rows = work.batch * work.sizes[0] if work.kind == "epoch" else 0
    scores = work.batch * work.sizes[-1]
    return (7 + extra) * work.parameters + 2 * rows + (5 + 3 * extra) * hidden + 2 * scores


def numbers_held(work: Work) -> int:
    """The numbers that a step has in memory at once, which decides about the caches they are in.

    A parameter comes with its gradient and two moments, a hidden number with its slope.
    """
    width = work.sizes[0] + 2 * sum(work.sizes[1:-1]) + work.sizes[-1]
    return 4 * work.parameters + work.batch * width


def products(work: Work, threads: ThreadPoolExecutor, count: int) -> tuple[Call, int]:
    """What makes the products of some steps as fast as can be here, and of how many steps.

    The fastest way counts, of a library's own threads, and of as many threads of one's own which
    make the products of one step each and never wait for each other: no sharing is better.
    """
    each = [_by_numpy(work) for _ in range(count)]
    found = [(partial(_all, each[0]), 1)]
    if find_spec("torch") is not None:
        found.append((partial(_all, _by_torch(work, count)), 1))
    if count > 1 and find_spec("threadpoolctl") is not None:
        found.append((partial(_at_once, threads, each), count * STEPS))
    return min(found, key=lambda each: _seconds(each[0]) / each[1])


def _all(calls: Sequence[Call]) -> None:
    for call in calls:
        call()


def _at_once(threads: ThreadPoolExecutor, each: list[list[Call]]) -> None:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        list(threads.map(_all, each * STEPS))


def _by_numpy(work: Work) -> list[Call]:
    calls: list[Call] = []
    for a, b in operands(work):
        out = np.empty((a.shape[0], b.shape[1]), np.float32)
        calls.append(partial(np.matmul, a, b, out=out))
    return calls


def _by_torch(work: Work, threads: int) -> list[Call]:
    import torch

    torch.set_num_threads(threads)
    calls: list[Call] = []
    for a, b in operands(work):
        first, second = torch.from_numpy(a), torch.from_numpy(b)
        out = torch.empty(a.shape[0], b.shape[1])
        calls.append(partial(torch.mm, first, second, out=out))
    return calls


def _seconds(call: Call) -> float:
    def run(count: int) -> None:
        for _ in range(count):
            call()

    run(1)
    return min(measure.seconds_of(run, 5) for _ in range(7))


class LimitRunner(Runner):
    """The products of each step, and a copy."""

    def __init__(self, work: Work, problem: Problem, settings: Settings) -> None:
        self._batches = work.batches
        self._threads = ThreadPoolExecutor(settings.threads)
        self._products, self._steps = products(work, self._threads, settings.threads)
        half = numbers_held(work) // 2
        to, source = np.ones(half, np.float32), np.ones(half, np.float32)
        whole, rest = divmod(numbers_moved(work) // 2, half)
        self._copies = [(to, source)] * whole + [(to[:rest], source[:rest])]
        ways = [partial(self._copy, parts) for parts in {1, settings.threads}]
        self._copying = min(ways, key=_seconds)

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        steps = passes * self._batches
        for _ in range(-(-steps // self._steps)):
            self._products()
        for _ in range(steps):
            self._copying()
        return [nan] * passes

    def _copy(self, parts: int) -> None:
        """Copy as much as a step moves, in one thread or in several."""
        for to, source in self._copies:
            if parts == 1:
                np.copyto(to, source)
            else:
                split = (np.array_split(each, parts) for each in (to, source))
                list(self._threads.map(np.copyto, *split))


PEERS = (Peer("limit", ("numpy",), ("epoch", "step"), LimitRunner, agrees=False),)
