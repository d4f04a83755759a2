"""What the machine can do at best with the work of a step: a short measurement.

Matrix products are taken by BLAS in the sizes of the step, and memory is copied, about as much as
the step moves. The best of several runs counts, as a limit is what nothing disturbs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Any

import numpy as np

Multiply = Callable[[Any, Any, Any], Any]
"""``multiply(a, b, out)`` of matrices, each in one piece, or the transpose of one."""

Clock = Callable[[], float]

SMALLEST, LARGEST = 1 << 14, 1 << 26
"""The least and the greatest number of bytes that are copied at once."""
LEAST_RUNS, RUNS = 1, 30
"""How often something is measured at least, and where there is the time."""
SHORT = 20e-6
"""The seconds within which something is called again before the clock is looked at."""
TICK = 1e-9
"""The least time that anything is said to take, in seconds."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product of matrices ``(n, k) @ (k, m)``.

    Attributes
    ----------
    n, m, k : int
        Its sizes.
    dtype : str
        What it is made of.
    turns_a, turns_b : bool
        Whether the first and the second matrix are the transposes of what lies in memory.
    """

    n: int
    m: int
    k: int
    dtype: str = "float32"
    turns_a: bool = False
    turns_b: bool = False

    @property
    def flops(self) -> int:
        """Its multiplications and additions."""
        return 2 * self.n * self.m * self.k


@dataclass(frozen=True, slots=True)
class Limits:
    """What was measured.

    Attributes
    ----------
    products : mapping of Product to float
        The seconds that each takes.
    bandwidth : float
        Bytes a second that one thread reads and writes, counted together.
    """

    products: Mapping[Product, float]
    bandwidth: float

    def multiplying(self, taken: Mapping[Product, int]) -> float:
        """The seconds that products take, each as often as is said."""
        return sum(self.products[product] * count for product, count in taken.items())

    def moving(self, moved: int) -> float:
        """The seconds that so many bytes take, read or written."""
        return moved / self.bandwidth


def measured(
    products: Collection[Product],
    moved: int,
    ways: Sequence[Multiply] = (np.dot,),
    budget: float = 0.25,
    clock: Clock = perf_counter,
) -> Limits:
    """Measure what a step is made of.

    Parameters
    ----------
    products : collection of Product
        The products of the step, each once.
    moved : int
        How many bytes it reads and writes, which decides whether they fit into a cache.
    ways : sequence of callable
        What multiplies matrices, ``multiply(a, b, out)``, such as with one thread and with all;
        the fastest counts. What a call costs beside the work is measured with matrices of one
        number each, and taken off.
    budget : float
        About how many seconds the measurement may take; the largest products come first, and
        everything is run three times at least.
    clock : callable
        What tells the time, in seconds.
    """
    end = clock() + budget
    waiting = sorted(products, key=lambda product: product.flops, reverse=True)
    overheads: dict[tuple[str, int], float] = {}
    seconds = dict.fromkeys(products, inf)
    for k, product in enumerate(waiting):
        share = (end - clock()) / ((len(waiting) - k + 1) * len(ways))
        for number, multiply in enumerate(ways):
            key = (product.dtype, number)
            if key not in overheads:
                smallest = _multiplying(Product(1, 1, 1, product.dtype), multiply)
                overheads[key] = _best(smallest, share / 4, clock)
            found = _best(_multiplying(product, multiply), share, clock)
            found = max(found - overheads[key], found / 10) if product.flops else 0.0
            seconds[product] = min(seconds[product], found)
    size = min(max(moved, SMALLEST), LARGEST) // 2
    source, target = np.ones(size, np.uint8), np.empty(size, np.uint8)
    copying = _best(lambda: np.copyto(target, source), end - clock(), clock)
    return Limits(seconds, 2 * size / copying)


def _multiplying(product: Product, multiply: Multiply) -> Callable[[], Any]:
    """A function that multiplies matrices of ones once."""
    n, m, k, dtype = product.n, product.m, product.k, product.dtype
    a = np.ones((k, n), dtype).T if product.turns_a else np.ones((n, k), dtype)
    b = np.ones((m, k), dtype).T if product.turns_b else np.ones((k, m), dtype)
    out = np.empty((n, m), dtype)
    return lambda: multiply(a, b, out)


def _best(function: Callable[[], Any], seconds: float, clock: Clock) -> float:
    """The shortest time that a function takes, of several runs within so many seconds.

    What is short is called several times between two looks at the clock.
    """
    function()  # the first call finds memory and code where they are not wanted yet
    begin = clock()
    function()
    best = max(clock() - begin, TICK)
    calls = max(1, min(1000, int(SHORT / best)))
    for run in range(RUNS):
        start = clock()
        if run >= LEAST_RUNS and start - begin > seconds:
            break
        for _ in range(calls):
            function()
        best = min(best, max(clock() - start, TICK) / calls)
    return best
