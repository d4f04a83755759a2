"""The streams of :mod:`.streams` on arrays: the same numbers, a block at a time.

A block is small enough for its intermediate results to stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ..broadcasting import NDArray
from ..dtypes import DType, float64
from . import streams

BLOCK = 1 << 13
"""How many words are computed at once."""

_GAMMA = np.uint64(streams.GAMMA)
_FACTORS = ((30, np.uint64(streams.FIRST_FACTOR)), (27, np.uint64(streams.SECOND_FACTOR)))
_STEPS = np.arange(BLOCK, dtype=np.uint64) * _GAMMA
_ROOT_HALF_BITS = np.float64(streams.ROOT_HALF).view(np.int64)
_SIGN = np.uint64(1 << 63)


class Span(NamedTuple):
    """Consecutive places of a stream: its key, and the place of the first word."""

    first: int
    second: int
    start: int


def words(span: Span, count: int) -> NDArray:
    """``count`` words of 64 random bits."""
    found = np.empty(count, np.uint64)
    for place in range(0, count, BLOCK):
        _fill(found[place : place + BLOCK], span, place)
    return found


def halves(span: Span, count: int) -> NDArray:
    """``count`` words of 32 random bits."""
    return _halves(words(span, (count + 1) // 2))[:count]


def uniform(span: Span, out: NDArray) -> None:
    """Fill a row of floats with numbers from [0, 1): 24 binary digits in float32, 53 in float64."""
    if out.dtype == float64:
        for place, bits in _blocks(span, out.size):
            bits >>= np.uint64(11)
            np.multiply(bits.view(np.int64), 2.0**-53, out=out[place : place + BLOCK])
    else:
        for place, bits in _blocks(span, (out.size + 1) // 2):
            target = out[2 * place : 2 * (place + BLOCK)]
            small = _halves(bits)[: target.size]
            small >>= np.uint32(8)
            target[...] = small.view(np.int32)
            target *= out.dtype.type(2.0**-24)


def exponential(span: Span, out: NDArray) -> None:
    """Fill a row of floats with numbers whose density is exp(-x), as ``-log`` of a uniform one."""
    per_word = values_per_word(out.dtype)
    for place, bits in _blocks(span, -(-out.size // per_word)):
        target = out[per_word * place : per_word * (place + BLOCK)]
        if per_word == 1:
            numbers = _positive64(bits)
        else:
            numbers = _halves(bits)[: target.size].astype(np.float64)
            numbers += 1.0
            numbers *= 2.0**-32
        np.negative(_logarithm(numbers), out=target, casting="same_kind")
        target += 0.0  # -log(1) is 0, not -0


def normal(span: Span, out: NDArray) -> None:
    """Fill a row of floats with numbers from N(0, 1), in pairs."""
    words_of_pair = 2 if out.dtype == float64 else 1
    pairs = (out.size + 1) // 2
    for place, bits in _blocks(span, words_of_pair * pairs):
        both = _normal_pairs64(bits) if words_of_pair == 2 else _normal_pairs32(bits)
        start = 2 * place // words_of_pair
        target = out[start : start + both.size]
        target[...] = both[: target.size]


def below(span: Span, count: int, limit: int) -> NDArray:
    """``count`` whole numbers from 0 to ``limit - 1`` as uint64; see :func:`.streams.below`."""
    found = words(span, count)
    mask, shift = np.uint64(streams.LOW_HALF), np.uint64(32)
    limit_high, limit_low = np.uint64(limit >> 32), np.uint64(limit & streams.LOW_HALF)
    for place in range(0, count, BLOCK):
        block = found[place : place + BLOCK]
        low = block & mask
        block >>= shift
        middle = low * limit_low
        middle >>= shift
        middle += block * limit_low
        low *= limit_high
        low += middle & mask
        low >>= shift
        middle >>= shift
        block *= limit_high
        block += middle
        block += low
    return found


def words_of_uniforms(count: int, dtype: DType) -> int:
    """How many words ``count`` uniform or exponential numbers take."""
    return -(-count // values_per_word(dtype))


def words_of_normals(count: int, dtype: DType) -> int:
    """How many words ``count`` normal numbers take: one a pair in float32, two in float64."""
    pairs = (count + 1) // 2
    return 2 * pairs if dtype == float64 else pairs


def values_per_word(dtype: DType) -> int:
    """How many uniform or exponential numbers a word gives."""
    return 1 if dtype == float64 else 2


def _blocks(span: Span, count: int) -> Iterator[tuple[int, NDArray]]:
    """The words in blocks, in memory that the next block takes again, each with its place."""
    memory = np.empty(min(count, BLOCK), np.uint64)
    for place in range(0, count, BLOCK):
        block = memory[: count - place]
        _fill(block, span, place)
        yield place, block


def _fill(block: NDArray, span: Span, place: int) -> None:
    """Write the words from ``place`` of a span on."""
    start = span.first + (span.start + place) * streams.GAMMA
    np.add(_STEPS[: block.size], np.uint64(start & streams.MASK), out=block)
    spare = np.empty_like(block)
    _mix(block, spare)
    block ^= np.uint64(span.second)
    _mix(block, spare)


def _mix(z: NDArray, spare: NDArray) -> None:
    for shift, factor in _FACTORS:
        np.right_shift(z, np.uint64(shift), out=spare)
        z ^= spare
        z *= factor
    np.right_shift(z, np.uint64(31), out=spare)
    z ^= spare


def _halves(block: NDArray) -> NDArray:
    """Every word as two of 32 bits, the low one first on any machine."""
    found: NDArray = block.astype("<u8", copy=False).view("<u4")
    return found


def _positive64(bits: NDArray) -> NDArray:
    numbers: NDArray = (bits >> np.uint64(11)).view(np.int64).astype(np.float64)
    numbers += 1.0
    numbers *= 2.0**-53
    return numbers


def _logarithm(u: NDArray) -> NDArray:
    """The logarithms of positive numbers, step by step as :func:`.streams.logarithm` does it."""
    bits = u.view(np.int64)
    exponent = (bits - _ROOT_HALF_BITS) >> 52
    f: NDArray = (bits - (exponent << 52)).view(np.float64)
    f -= 1.0
    s = f + 2.0
    np.divide(f, s, out=s)
    series = _series(s * s, streams.LOG_TERMS)
    np.subtract(f, series, out=series)
    series *= s
    f -= series
    result: NDArray = exponent * streams.LOG_2
    result += f
    return result


def _series(z: NDArray, terms: tuple[float, ...]) -> NDArray:
    """``z * (c0 + z * (c1 + ...))``."""
    total: NDArray = z * terms[-1]
    for term in terms[-2::-1]:
        total += term
        total *= z
    return total


def _normal_pairs32(bits: NDArray) -> NDArray:
    u = (bits >> np.uint64(32)).view(np.int64).astype(np.float64)
    u += 1.0
    u *= 2.0**-32
    t = (bits & np.uint64(streams.LOW_31)).view(np.int64) * 2.0**-31
    return _normal_pairs(u, t, bits << np.uint64(32))


def _normal_pairs64(bits: NDArray) -> NDArray:
    more = bits[1::2]
    t = ((more & np.uint64(streams.LOW_63)) >> np.uint64(10)).view(np.int64) * 2.0**-53
    return _normal_pairs(_positive64(bits[::2]), t, more)


def _normal_pairs(u: NDArray, t: NDArray, mirrored: NDArray) -> NDArray:
    """Pairs of normal numbers in a row; see :func:`.streams.normal_pair`.

    The highest bit of ``mirrored`` is the sign of the radius.
    """
    radius = _logarithm(u)
    radius *= -2.0
    np.sqrt(radius, out=radius)
    signs: Any = radius.view(np.uint64)
    signs ^= mirrored & _SIGN
    t -= 0.5
    t *= streams.QUARTER_TURN
    sine = _series(t * t, streams.SINE_TERMS)
    sine *= t
    sine += t
    square = sine * sine
    cosine = 1.0 - square
    np.sqrt(cosine, out=cosine)
    sine *= 2.0
    sine *= cosine
    square *= 2.0
    np.subtract(1.0, square, out=square)
    both = np.empty((u.size, 2))
    np.multiply(radius, square, out=both[:, 0])
    np.multiply(radius, sine, out=both[:, 1])
    return both.reshape(-1)
