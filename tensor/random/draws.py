"""Random arrays: what every function and method that draws is made of.

Each takes the generator, or None for the default one, and draws in the order of the elements.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...engine.shapes import Shape
from ..broadcasting import NDArray
from ..dtypes import DEFAULT, FLOATS, DType, bool_, checked, float32, float64, int64
from . import blocks, streams
from .generator import Generator, chosen

_HALVES = float(1 << 32)
_EXACT = {float32: 1 << 24, float64: 1 << 53}
"""Up to where a dtype holds every whole number."""


def float_dtype(dtype: Any, what: str) -> DType:
    """``dtype`` if it is one of floating point numbers, float32 for None; ``TypeError`` else."""
    found = DEFAULT if dtype is None else checked(dtype, what)
    if found not in FLOATS:
        raise TypeError(
            f"{what}: dtype must be float32 or float64, got {found}: draw whole numbers with "
            "randint, truth values with bernoulli, or convert what was drawn"
        )
    return found


def uniform(shape: Shape, dtype: DType, generator: Generator | None, what: str) -> NDArray:
    """Numbers from [0, 1)."""
    out = np.empty(shape, dtype)
    count = blocks.words_of_uniforms(out.size, dtype)
    blocks.uniform(chosen(generator, what).reserve(count), out.reshape(-1))
    return out


def normal(shape: Shape, dtype: DType, generator: Generator | None, what: str) -> NDArray:
    """Numbers from N(0, 1)."""
    out = np.empty(shape, dtype)
    count = blocks.words_of_normals(out.size, dtype)
    blocks.normal(chosen(generator, what).reserve(count), out.reshape(-1))
    return out


def exponential(shape: Shape, dtype: DType, generator: Generator | None, what: str) -> NDArray:
    """Numbers whose density is exp(-x)."""
    out = np.empty(shape, dtype)
    count = blocks.words_of_uniforms(out.size, dtype)
    blocks.exponential(chosen(generator, what).reserve(count), out.reshape(-1))
    return out


def bernoulli(probability: Any, shape: Shape, generator: Generator | None, what: str) -> NDArray:
    """Truth values that are true with a probability, a number or an array that broadcasts.

    32 random bits decide about each. Raises ``ValueError`` for a probability outside [0, 1].
    """
    chances = np.asarray(probability, np.float64)
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError(
            f"{what}: p must lie between 0 and 1, got {_outside(chances)}: clamp it first"
        )
    size = prod(shape)
    span = chosen(generator, what).reserve((size + 1) // 2)
    return np.less(blocks.halves(span, size).reshape(shape), chances * _HALVES)


def integers(
    low: int, high: int, shape: Shape, dtype: DType, generator: Generator | None, what: str
) -> NDArray:
    """Whole numbers from ``low`` to ``high - 1``.

    Raises ``ValueError`` where there are none, or where ``dtype`` cannot hold them.
    """
    if low >= high:
        raise ValueError(f"{what}: low must be less than high, got {low} and {high}: swap them")
    least, most = whole_range(dtype)
    if low < least or high - 1 > most:
        raise ValueError(
            f"{what}: low and high - 1 must lie between {least} and {most} for dtype {dtype}, got "
            f"{low} and {high - 1}: name another dtype"
        )
    count = prod(shape)
    found = blocks.below(chosen(generator, what).reserve(count), count, high - low)
    found += np.uint64(low & streams.MASK)
    return found.view(np.int64).astype(dtype, copy=False).reshape(shape)


def whole_range(dtype: DType) -> tuple[int, int]:
    """The whole numbers that a dtype holds without a gap: the least and the greatest."""
    if dtype == bool_:
        return 0, 1
    if dtype in FLOATS:
        return -_EXACT[dtype], _EXACT[dtype]
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def permutation(count: int, generator: Generator | None, what: str) -> NDArray:
    """The numbers from 0 to ``count - 1`` in random order.

    They are sorted by random words; a stream does not repeat its words, so there are no ties.
    """
    keys = blocks.words(chosen(generator, what).reserve(count), count)
    return np.argsort(keys).astype(int64, copy=False)


def choices(weights: NDArray, count: int, generator: Generator | None, what: str) -> NDArray:
    """For every row of weights, ``count`` positions, each drawn in proportion to its weight."""
    totals = np.cumsum(weights, axis=-1)
    points = uniform((*weights.shape[:-1], count), float64, generator, what) * totals[..., -1:]
    rows = [np.searchsorted(total, point, "right") for total, point in zip(totals, points)]
    return np.array(rows, np.int64).reshape(points.shape)


def distinct_choices(
    weights: NDArray, count: int, generator: Generator | None, what: str
) -> NDArray:
    """The same without drawing a position twice: the first arrivals at rates of the weights."""
    arrivals = exponential(weights.shape, float64, generator, what) / weights
    return np.argsort(arrivals, axis=-1, kind="stable")[..., :count].astype(int64, copy=False)


def _outside(chances: NDArray) -> float:
    """The first number that is no probability."""
    return float(chances[~((chances >= 0) & (chances <= 1))].flat[0])
