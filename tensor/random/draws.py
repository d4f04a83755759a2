"""Random arrays: what every function and method that draws is made of.

Each takes the generator, or None for the default one, and draws in the order of the elements.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np

from ...engine.shapes import Shape
from ..broadcasting import NDArray
from ..dtypes import DEFAULT, FLOATS, DType, bool_, checked, float32, float64, int64
from ..tracing import by_host, recorder, traced
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
    count = blocks.words_of_uniforms(prod(shape), dtype)
    return _filled("uniform", blocks.uniform, shape, dtype, chosen(generator, what), count)


def normal(shape: Shape, dtype: DType, generator: Generator | None, what: str) -> NDArray:
    """Numbers from N(0, 1)."""
    count = blocks.words_of_normals(prod(shape), dtype)
    return _filled("normal", blocks.normal, shape, dtype, chosen(generator, what), count)


def exponential(shape: Shape, dtype: DType, generator: Generator | None, what: str) -> NDArray:
    """Numbers whose density is exp(-x)."""
    count = blocks.words_of_uniforms(prod(shape), dtype)
    return _filled("exponential", blocks.exponential, shape, dtype, chosen(generator, what), count)


def _filled(
    name: str,
    fill: Callable[[blocks.Span, NDArray], None],
    shape: Shape,
    dtype: DType,
    generator: Generator,
    count: int,
) -> NDArray:
    """An array filled from so many words of a stream."""
    out = np.empty(shape, dtype)
    recording = recorder()
    if recording is None:
        fill(generator.reserve(count), out.reshape(-1))
        return out
    span, words = _recorded_span(recording, generator, count)
    fill(span, out.reshape(-1))
    drawn: NDArray = recording.random(name, out, words)
    return drawn


def _recorded_span(recording: Any, generator: Generator, count: int) -> tuple[blocks.Span, Any]:
    """The words that a draw takes now, and what stands for those that it will take later."""
    taken = partial(generator.reserve, count)
    found: tuple[blocks.Span, Any] = recording.span(taken, partial(generator.give_back, count))
    return found


def _drawn(
    name: str, draw: Callable[[blocks.Span], NDArray], generator: Generator, count: int
) -> NDArray:
    """What a function makes of so many words of a stream."""
    recording = recorder()
    if recording is None:
        return draw(generator.reserve(count))
    span, words = _recorded_span(recording, generator, count)

    def anew(*key: Any) -> NDArray:
        return draw(blocks.Span(*map(int, key)))

    drawn: NDArray = recording.drawn(anew, draw(span), words, name)
    return drawn


def bernoulli(probability: Any, shape: Shape, generator: Generator | None, what: str) -> NDArray:
    """Truth values that are true with a probability, a number or an array that broadcasts.

    32 random bits decide about each. Raises ``ValueError`` for a probability outside [0, 1].
    """
    chances = _chances(probability)
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError(
            f"{what}: p must lie between 0 and 1, got {_outside(chances)}: clamp it first"
        )
    count = (prod(shape) + 1) // 2
    halves = _filled("half", halves_of, shape, float64, chosen(generator, what), count)
    drawn: NDArray = np.less(halves, chances * _HALVES)
    return drawn


def halves_of(span: blocks.Span, out: NDArray) -> None:
    """Fill a row with whole numbers from 0 to 2**32 - 1."""
    out[...] = blocks.halves(span, out.size)


def _chances(probability: Any) -> NDArray:
    """Probabilities as float64."""
    if recorder() is None or not isinstance(probability, np.ndarray):
        return np.asarray(probability, np.float64)
    chances: NDArray = traced(probability).astype(np.float64)
    return chances


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

    def draw(span: blocks.Span) -> NDArray:
        found = blocks.below(span, count, high - low)
        found += np.uint64(low & streams.MASK)
        return found.view(np.int64).astype(dtype, copy=False).reshape(shape)

    return _drawn(what, draw, chosen(generator, what), count)


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

    def draw(span: blocks.Span) -> NDArray:
        return _order(blocks.words(span, count))

    return _drawn(what, draw, chosen(generator, what), count)


def _order(words: NDArray) -> NDArray:
    """The positions of distinct words in ascending order.

    Sorting words that carry their positions in the last bits takes half as long as ``argsort``.
    """
    mask = np.uint64((1 << max(len(words) - 1, 0).bit_length()) - 1)
    carried = (words & ~mask) | np.arange(len(words), dtype=np.uint64)
    carried.sort()
    if (carried[1:] ^ carried[:-1] <= mask).any():  # the bits that gave way would have decided
        return np.argsort(words).astype(int64, copy=False)
    return (carried & mask).astype(int64)


def choices(weights: NDArray, count: int, generator: Generator | None, what: str) -> NDArray:
    """For every row of weights, ``count`` positions, each drawn in proportion to its weight."""
    points = uniform((*weights.shape[:-1], count), float64, generator, what)
    found: NDArray = by_host(_chosen_points, [weights, points])
    return found


def _chosen_points(arrays: Sequence[NDArray]) -> NDArray:
    """The positions at which the running sums of weights pass points from [0, 1)."""
    weights, points = arrays
    totals = np.cumsum(weights, axis=-1)
    points = points * totals[..., -1:]
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
