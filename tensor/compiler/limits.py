"""What the machine can do at best with the work of a step: a short measurement.

Matrix products are taken by BLAS in the sizes of the step, and memory is copied, about as much as
the step moves. The best of several runs counts, as a limit is what nothing disturbs.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Any

import numpy as np

from ..broadcasting import NDArray
from .blas import address, limited_threads, threads

Prepare = Callable[[NDArray, NDArray, NDArray], Callable[[], Any]]
"""``prepare(a, b, out)`` of matrices, each in one piece, or the transpose of one."""

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
    budget: float = 0.25,
    prepare: Prepare | None = None,
    clock: Clock = perf_counter,
) -> Limits:
    """Measure what a step is made of.

    Parameters
    ----------
    products : collection of Product
        The products of the step, each once. They are taken with one thread and with all that
        BLAS uses; the better counts.
    moved : int
        How many bytes it reads and writes, which decides whether they fit into a cache.
    budget : float
        About how many seconds the measurement may take; the largest products come first.
    prepare : callable
        What makes a function that multiplies two matrices once, ``prepare(a, b, out)``; BLAS, by
        default. What such a call costs beside the work is measured with matrices of one number
        each, and taken off.
    clock : callable
        What tells the time, in seconds.

    Returns
    -------
    Limits
        The best of several runs each.
    """
    end = clock() + budget
    waiting = sorted(dict.fromkeys(products), key=lambda product: product.flops, reverse=True)
    counts = sorted({1, threads() or 1})
    seconds = dict.fromkeys(waiting, inf)
    for position, count in enumerate(counts):
        share = (end - clock()) / (len(counts) - position + 1)
        with limited_threads(count):
            found = _multiplying(waiting, share, prepare or through_blas, clock, position == 0)
        seconds |= {product: min(seconds[product], found[product]) for product in found}
    size = min(max(moved, SMALLEST), LARGEST) // 2
    source, target = np.ones(size, np.uint8), np.empty(size, np.uint8)
    copying = _best(lambda: np.copyto(target, source), end - clock(), clock)
    return Limits(seconds, 2 * size / copying)


def through_blas(a: NDArray, b: NDArray, out: NDArray) -> Callable[[], Any]:
    """A function that multiplies two matrices once, by the BLAS that compiled steps call.

    Each is in one piece, or the transpose of what is; ``out`` is in one piece.
    """
    real = ctypes.c_float if out.dtype == np.float32 else ctypes.c_double
    routine = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 13)(address(out.dtype))
    n, m, k = (ctypes.c_int64(length) for length in (*out.shape, a.shape[1]))
    one, zero = real(1), real(0)
    letters = [ctypes.c_char(b"N" if x.flags.c_contiguous else b"T") for x in (a, b)]
    rows = [ctypes.c_int64(x.shape[1] if x.flags.c_contiguous else x.shape[0]) for x in (a, b)]
    # in columns, as Fortran reads memory, it is the product of the transposes
    by_reference: list[Any] = [letters[1], letters[0], m, n, k, one]
    arguments = [ctypes.addressof(each) for each in by_reference]
    arguments += [b.ctypes.data, ctypes.addressof(rows[1]), a.ctypes.data]
    arguments += [ctypes.addressof(rows[0]), ctypes.addressof(zero), out.ctypes.data]
    arguments.append(ctypes.addressof(m))
    alive = (by_reference, rows, zero, a, b, out)

    def multiply() -> Any:
        routine(*arguments)
        return alive

    return multiply


def _multiplying(
    products: Sequence[Product], budget: float, prepare: Prepare, clock: Clock, to_the_end: bool
) -> dict[Product, float]:
    """The seconds that products take, without those of the call, all or those there is time for."""
    end = clock() + budget
    overheads: dict[str, float] = {}
    seconds = {}
    for position, product in enumerate(products):
        share = (end - clock()) / (len(products) - position)
        if share < 0 and not to_the_end:
            break
        if product.dtype not in overheads:
            smallest = prepare(*_matrices(Product(1, 1, 1, product.dtype)))
            overheads[product.dtype] = _best(smallest, share / 4, clock)
        seconds[product] = 0.0
        if product.flops:
            found = _best(prepare(*_matrices(product)), share, clock)
            seconds[product] = max(found - overheads[product.dtype], found / 10)
    return seconds


def _matrices(product: Product) -> tuple[NDArray, NDArray, NDArray]:
    """Two matrices of ones, and memory for their product."""
    n, m, k, dtype = product.n, product.m, product.k, product.dtype
    a = np.ones((k, n), dtype).T if product.turns_a else np.ones((n, k), dtype)
    b = np.ones((m, k), dtype).T if product.turns_b else np.ones((k, m), dtype)
    return a, b, np.empty((n, m), dtype)


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
