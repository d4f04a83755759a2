"""Which steps to take from where one is, for functions that are not known."""

from __future__ import annotations

from math import log2

import numpy as np

from .flat_function import Vector

_LARGEST = float(np.finfo(np.float64).max)
_TINY = float(np.finfo(np.float64).smallest_subnormal)


def scales(value: float, others: Vector) -> list[float]:
    """The sizes that a function may change on, the likeliest first.

    They are the number's own size, 1, and those of the smallest and the largest of the others.
    """
    size = abs(value)
    found = [1.0] if size == 0 or 2.0**-4 < size < 2.0**10 else [size, 1.0]
    known = np.sort(np.abs(others[np.isfinite(others) & (others != 0)]))
    candidates = [size]
    if known.size:
        candidates += [float(known[k]) for k in (0, -1, known.size // 2)]
    for each in candidates:
        if each > 0 and all(not 2.0**-9 < each / other < 2.0**9 for other in found):
            found.append(each)
    return found


def ladder(
    value: float, sizes: list[float], resolution: float, ratio: float, offset: float = 1.0
) -> list[float]:
    """Steps of a geometric ladder around each of some scales, the largest first.

    They go from twice a scale down to its last bits, and no further than the last bits of
    ``value``; scales that are near each other share a ladder.
    """
    least = max(abs(value) * resolution, 16 * _TINY)
    bits = -log2(resolution) - 2.0
    steps: list[float] = []
    for scale in sorted(sizes, reverse=True):
        top = min(scale, 0.25 * _LARGEST) * 2.0 * offset
        if steps:
            top = min(top, steps[-1] / ratio)
        span = log2(top) - log2(scale) + bits if top > 0 else -1.0
        found = [top * ratio**-k for k in range(int(span / log2(ratio)) + 1)]
        steps += [step for step in found if step >= least]
    return steps
