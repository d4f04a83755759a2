"""The streams of :mod:`twingrad.tensor.random` in generated code: the same numbers, bit by bit.

Every function takes the halves of a key, the place where the draw starts, and the number of the
element, counted from 0; it gives the number that the element gets in an eager draw.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from ..random import streams
from .staging import FLOAT32, FLOAT64, Number, Whole, signature


def _mixed(z: Whole) -> Whole:
    z = (z ^ (z >> 30)) * streams.FIRST_FACTOR
    z = (z ^ (z >> 27)) * streams.SECOND_FACTOR
    return z ^ (z >> 31)


def _word(first: Whole, second: Whole, place: Whole) -> Whole:
    return _mixed(_mixed(first + place * streams.GAMMA) ^ second)


def _half(first: Whole, second: Whole, start: Whole, k: Whole) -> Whole:
    return (_word(first, second, start + (k >> 1)) >> ((k & 1) << 5)) & streams.LOW_HALF


def _series(z: Number, terms: tuple[float, ...]) -> Number:
    """``z * (c0 + z * (c1 + ...))``, every operation rounded."""
    total = z * terms[-1]
    for term in terms[-2::-1]:
        total = (total + term) * z
    return total


def _logarithm(u: Number) -> Number:
    bits = u.bits()
    exponent = (bits - u.constant(streams.ROOT_HALF).bits()).halved(FLOAT64.digits)
    f = (bits - (exponent << FLOAT64.digits)).as_bits(FLOAT64) - 1.0
    s = f / (f + 2.0)
    tail = f - s * (f - _series(s * s, streams.LOG_TERMS))
    return exponent.as_number(FLOAT64) * streams.LOG_2 + tail


def _positive32(bits: Whole) -> Number:
    return (bits.as_number(FLOAT64) + 1.0) * 2.0**-32


def _positive64(bits: Whole) -> Number:
    return ((bits >> 11).as_number(FLOAT64) + 1.0) * 2.0**-53


def _one_of_pair(u: Number, t: Number, is_mirrored: Whole, k: Whole) -> Number:
    """The first number of a pair for an even ``k``, the second for an odd one."""
    radius = (_logarithm(u) * -2.0).root()
    radius = is_mirrored.equals(1).choose(-radius, radius)
    x = (t - 0.5) * streams.QUARTER_TURN
    sine = _series(x * x, streams.SINE_TERMS) * x + x
    square = sine * sine
    first = 1.0 - square * 2.0
    second = sine * 2.0 * (1.0 - square).root()
    return radius * (k & 1).equals(0).choose(first, second)


def _uniform_32(first: Whole, second: Whole, start: Whole, k: Whole) -> Number:
    return (_half(first, second, start, k) >> 8).as_number(FLOAT32) * 2.0**-24


def _uniform_64(first: Whole, second: Whole, start: Whole, k: Whole) -> Number:
    return (_word(first, second, start + k) >> 11).as_number(FLOAT64) * 2.0**-53


def _exponential_32(first: Whole, second: Whole, start: Whole, k: Whole) -> Number:
    number = -_logarithm(_positive32(_half(first, second, start, k)))
    return number.converted(FLOAT32) + 0.0  # -log(1) is 0, not -0


def _exponential_64(first: Whole, second: Whole, start: Whole, k: Whole) -> Number:
    return -_logarithm(_positive64(_word(first, second, start + k))) + 0.0


def _normal_32(first: Whole, second: Whole, start: Whole, k: Whole) -> Number:
    bits = _word(first, second, start + (k >> 1))
    t = (bits & streams.LOW_31).as_number(FLOAT64) * 2.0**-31
    mirrored = (bits >> 31) & 1
    return _one_of_pair(_positive32(bits >> 32), t, mirrored, k).converted(FLOAT32)


def _normal_64(first: Whole, second: Whole, start: Whole, k: Whole) -> Number:
    place = start + (k >> 1) * 2
    more = _word(first, second, place + 1)
    t = ((more & streams.LOW_63) >> 10).as_number(FLOAT64) * 2.0**-53
    return _one_of_pair(_positive64(_word(first, second, place)), t, more >> 63, k)


def _half_64(first: Whole, second: Whole, start: Whole, k: Whole) -> Number:
    return _half(first, second, start, k).as_number(FLOAT64)


def _drawn(formula: Callable[[Whole, Whole, Whole, Whole], Number], result: types.Float) -> Any:
    """The function of generated code that a formula writes."""

    def write(context: Any, builder: Any, sig: Any, arguments: Any) -> Any:
        first, second, start, k = [Whole(builder, each) for each in arguments]
        return formula(first, second, start, k).value

    @intrinsic
    def function(typing: Any, first: Any, second: Any, start: Any, k: Any) -> Any:
        return signature(result, types.uint64, types.uint64, types.uint64, types.uint64), write

    return function


uniform_32 = _drawn(_uniform_32, types.float32)
uniform_64 = _drawn(_uniform_64, types.float64)
normal_32 = _drawn(_normal_32, types.float32)
normal_64 = _drawn(_normal_64, types.float64)
exponential_32 = _drawn(_exponential_32, types.float32)
exponential_64 = _drawn(_exponential_64, types.float64)
half_64 = _drawn(_half_64, types.float64)
