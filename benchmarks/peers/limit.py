"""The machine's limit: the products of a step, and a copy of as many bytes as it must move.

No program that makes these products with a library, and goes through memory as rarely as the data
flow allows, is faster; what it adds is the time between and within its loops.
"""

from __future__ import annotations

from collections.abc import Callable
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

_LARGE = 1 << 20
"""From so many numbers on, all threads copy."""


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


def products(work: Work, threads: int) -> list[Call]:
    """The products of a step, by the fastest library that is there."""
    found = [_by_numpy(work)]
    if find_spec("torch") is not None:
        found.append(_by_torch(work, threads))
    return min(found, key=_seconds_of_all)


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


def _seconds_of_all(calls: list[Call]) -> float:
    def run(count: int) -> None:
        for _ in range(count):
            for call in calls:
                call()

    run(1)
    return min(measure.seconds_of(run, 5) for _ in range(7))


class LimitRunner(Runner):
    """The products of each step, and a copy."""

    def __init__(self, work: Work, problem: Problem, settings: Settings) -> None:
        self._batches = work.batches
        self._products = products(work, settings.threads)
        half = numbers_held(work) // 2
        to, source = np.ones(half, np.float32), np.ones(half, np.float32)
        whole, rest = divmod(numbers_moved(work) // 2, half)
        self._copies = [(to, source)] * whole + [(to[:rest], source[:rest])]
        self._parts = settings.threads if half >= _LARGE else 1
        self._threads = ThreadPoolExecutor(self._parts)

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        for _ in range(passes * self._batches):
            for product in self._products:
                product()
            for to, source in self._copies:
                self._copy(to, source)
        return [nan] * passes

    def _copy(self, to: Array, source: Array) -> None:
        if self._parts == 1:
            np.copyto(to, source)
        else:
            parts = (np.array_split(each, self._parts) for each in (to, source))
            list(self._threads.map(np.copyto, *parts))


PEERS = (Peer("limit", ("numpy",), ("epoch", "step"), LimitRunner, agrees=False),)
