"""Logarithms of generated code, as plain arithmetic, by the formulas of fdlibm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..random.streams import LOG_TERMS, ROOT_HALF
from .exponentials import CONSTANTS, horner
from .staging import FLOAT32, FLOAT64, Condition, Format, Number

_TERMS: Mapping[Format, tuple[float, ...]] = {
    FLOAT32: (6.6666662693e-01, 4.0000972152e-01, 2.8498786688e-01, 2.4279078841e-01),
    FLOAT64: LOG_TERMS,
}
"""log((1 + s) / (1 - s)) = 2s + s * (z * (c0 + z * (c1 + ...))), z = s * s."""


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A positive number as ``2 ** exponent * (1 + fraction)``, about 0.7 to 1.4 times a power."""

    exponent: Number
    fraction: Number
    is_near_1: Condition


def _scaled(x: Number) -> _Scaled:
    digits = x.format.digits
    shift = x.constant(CONSTANTS[x.format].shift)
    bits = x.bits()
    exponent = (bits - x.constant(ROOT_HALF).bits()).halved(digits)
    mantissa = (bits - (exponent << digits)).as_bits(x.format)
    number = (exponent + shift.bits()).as_bits(x.format) - shift
    return _Scaled(number, mantissa - 1.0, exponent.equals(0))


def _scaled_normal(x: Number) -> _Scaled:
    """The same for a number that may be too small to have all its digits."""
    is_small = x < 2.0 ** (1 - x.format.bias)
    lift = x.format.digits + 2
    found = _scaled(is_small.choose(x * 2.0**lift, x))
    exponent = is_small.choose(found.exponent - float(lift), found.exponent)
    return _Scaled(exponent, found.fraction, found.is_near_1)


def _log_parts(f: Number) -> tuple[Number, Number]:
    """``log(1 + f)`` is ``f`` less the first of two parts and plus the second."""
    s = f / (f + 2.0)
    z = s * s
    square = f * f * 0.5
    series = horner(z, _TERMS[f.format][::-1]) * z
    return square, s * (square + series)


def _log_limits(x: Number, pole: float, result: Number) -> Number:
    """The logarithm's values at its pole, to the left of it, at infinity and at nan."""
    result = (x > pole).choose(result, math.nan)
    result = x.equals(pole).choose(x.constant(-math.inf), result)
    return x.equals(math.inf).choose(x, result)


def _sum_of_logs(exponent: Number, f: Number, correction: Number | float) -> Number:
    """``exponent * log(2) + log(1 + f)``, and something small."""
    constants = CONSTANTS[f.format]
    square, rest = _log_parts(f)
    small = exponent.times_plus(constants.log_2_rest, correction)
    return exponent.times_plus(constants.log_2, f - (square - (rest + small)))


def log(x: Number) -> Number:
    """The natural logarithm, off by up to 0.8 units of the last place."""
    scaled = _scaled_normal(x)
    return _log_limits(x, 0.0, _sum_of_logs(scaled.exponent, scaled.fraction, 0.0))


def log1p(x: Number) -> Number:
    """The logarithm of 1 + x, off by up to 0.8 units of the last place.

    It is corrected by what is lost when 1 + x is rounded.
    """
    whole = x + 1.0
    scaled = _scaled(whole)
    lost = (x > 1.0).choose(1.0 - (whole - x), x - (whole - 1.0))
    f = scaled.is_near_1.choose(x, scaled.fraction)
    correction = scaled.is_near_1.choose(x.constant(0.0), lost / whole)
    result = _log_limits(x, -1.0, _sum_of_logs(scaled.exponent, f, correction))
    return (abs(x) < 2.0 ** -(x.format.digits + 2)).choose(x, result)


@dataclass(frozen=True, slots=True)
class _Base:
    """What a logarithm to another base multiplies with, in two parts: log 2, and log e.

    As in FreeBSD's e_log2.c and e_log10.c; the first parts have zeros at their ends.
    """

    of_2: float
    of_2_rest: float
    of_e: float
    of_e_rest: float


_BASE_2: Mapping[Format, _Base] = {
    FLOAT32: _Base(1.0, 0.0, 1.4428710938e00, -1.7605285393e-04),
    FLOAT64: _Base(1.0, 0.0, 1.44269504072144627571e00, 1.67517131648865118353e-10),
}
_BASE_10: Mapping[Format, _Base] = {
    FLOAT32: _Base(3.0102920532e-01, 7.9034151668e-07, 4.3432617188e-01, -3.1689971365e-05),
    FLOAT64: _Base(
        *(3.01029995663611771306e-01, 3.69423907715893078616e-13),
        *(4.34294481878168880939e-01, 2.50829467116452752298e-11),
    ),
}


def _log_to_base(x: Number, base: _Base) -> Number:
    scaled = _scaled_normal(x)
    exponent, f = scaled.exponent, scaled.fraction
    square, rest = _log_parts(f)
    high = (f - square).high_part()
    low = (f - high) - square + rest
    main = exponent * base.of_2
    part = high * base.of_e
    small = exponent * base.of_2_rest + (low + high) * base.of_e_rest + low * base.of_e
    total = main + part
    return _log_limits(x, 0.0, total + (small + ((main - total) + part)))


def log2(x: Number) -> Number:
    """The logarithm to the base 2, off by up to 0.75 units of the last place."""
    return _log_to_base(x, _BASE_2[x.format])


def log10(x: Number) -> Number:
    """The logarithm to the base 10, off by up to 0.7 units of the last place."""
    return _log_to_base(x, _BASE_10[x.format])
