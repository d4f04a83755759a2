"""The elementary functions of generated code, for float32 and float64.

``exp(x)`` of a float32 is a float32. Exponentials, logarithms and hyperbolic functions are plain
arithmetic without branches, so that a loop over them is vectorized; the others come from the C
library. All follow C99 at the infinities, at zeros of either sign, and at nan, and are right where
results overflow or lose digits near 0.

Logarithms are those of fdlibm [1]_; exponentials are Taylor series, for which the arguments that
are left when a multiple of log 2 has been taken away, at most 0.35, are small enough.

References
----------
.. [1] Sun Microsystems, "Freely Distributable LIBM", 1993, https://www.netlib.org/fdlibm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from math import acos, acosh, asin, asinh, atan, atan2, atanh, cos, erf, erfc, hypot, pow, sin, tan
from types import MappingProxyType
from typing import Any

from ..random.streams import LOG_TERMS, ROOT_HALF
from .staging import FLOAT32, FLOAT64, Condition, Format, Number, Whole, staged


@dataclass(frozen=True, slots=True)
class _Constants:
    """What the formulas need to know of a format.

    Attributes
    ----------
    log_2, log_2_rest : float
        log(2) in two parts, the first with so many zeros at its end that its multiples by
        exponents are exact; from fdlibm.
    series : tuple of float
        1/2!, 1/3!, ..., the last first: as much of the exponential series as can be seen.
    log_terms : tuple of float
        log((1 + s) / (1 - s)) = 2s + s * (z * (c0 + z * (c1 + ...))), z = s * s; from fdlibm.
    shift : float
        Numbers lose their fractions when it is added: the last digit stands for 1.
    least_normal : float
        The smallest number with all its digits.
    tiny : float
        Where x is smaller, x and sinh x are the same number.
    lowest, highest : float
        The exponential of lower numbers is 0, that of higher ones infinite.
    """

    log_2: float
    log_2_rest: float
    series: tuple[float, ...]
    log_terms: tuple[float, ...]
    shift: float
    least_normal: float
    tiny: float
    lowest: float
    highest: float


def _exponential_series(degree: int) -> tuple[float, ...]:
    return tuple(1 / math.factorial(k) for k in range(degree, 1, -1))


_CONSTANTS: Mapping[Format, _Constants] = {
    FLOAT32: _Constants(
        log_2=6.9313812256e-01,
        log_2_rest=9.0580006145e-06,
        series=_exponential_series(7),
        log_terms=(6.6666662693e-01, 4.0000972152e-01, 2.8498786688e-01, 2.4279078841e-01),
        shift=1.5 * 2.0**23,
        least_normal=2.0**-126,
        tiny=2.0**-13,
        lowest=-104.0,
        highest=88.72283935546875,
    ),
    FLOAT64: _Constants(
        log_2=6.93147180369123816490e-01,
        log_2_rest=1.90821492927058770002e-10,
        series=_exponential_series(13),
        log_terms=LOG_TERMS,
        shift=1.5 * 2.0**52,
        least_normal=2.0**-1022,
        tiny=2.0**-27,
        lowest=-746.0,
        highest=709.782712893384,
    ),
}


def _horner(x: Number, terms: tuple[float, ...]) -> Number:
    """``(terms[0] * x + terms[1]) * x + ...``."""
    total = x.constant(terms[0])
    for term in terms[1:]:
        total = total.times_plus(x, term)
    return total


def _power_of_two(exponent: Whole, format: Format) -> Number:
    """``2 ** exponent`` for the exponent of a number with all its digits."""
    return ((exponent + format.bias) << format.digits).as_bits(format)


def _without_multiples(x: Number) -> tuple[Whole, Number, Number]:
    """``k``, ``r`` and a rest with ``x = k * log 2 + r + rest``, and ``r`` at most 0.35 in size."""
    constants = _CONSTANTS[x.format]
    shifted = x.times_plus(1 / math.log(2), constants.shift)
    count = shifted - constants.shift
    high = count.times_plus(-constants.log_2, x)
    low = count * constants.log_2_rest
    r = high - low
    return shifted.bits() - x.constant(constants.shift).bits(), r, (high - r) - low


def _small_expm1(x: Number, rest: Number | float = 0.0) -> Number:
    """``exp(x + rest) - 1`` where ``x`` is at most about 0.35 in size, and the rest tiny."""
    return _horner(x, _CONSTANTS[x.format].series).times_plus(x * x, rest) + x


def _times_power(x: Number, exponent: Whole) -> Number:
    """``x * 2 ** exponent``, in two steps, because the power may be no number of the format."""
    half = exponent.halved()
    return x * _power_of_two(half, x.format) * _power_of_two(exponent - half, x.format)


def _clamped(x: Number, lowest: float, highest: float) -> Number:
    """The nearest number between two others; nan for nan."""
    x = (x > highest).choose(x.constant(highest), x)
    return (x < lowest).choose(x.constant(lowest), x)


def _exp(x: Number) -> Number:
    constants = _CONSTANTS[x.format]
    exponent, r, _ = _without_multiples(_clamped(x, constants.lowest, constants.highest + 1))
    return _times_power(_small_expm1(r) + 1.0, exponent)


def _exp2(x: Number) -> Number:
    bias, digits = x.format.bias, x.format.digits
    shift = _CONSTANTS[x.format].shift
    x = _clamped(x, -float(bias + digits + 1), float(bias + 1))
    shifted = x + shift
    exponent = shifted.bits() - x.constant(shift).bits()
    return _times_power(_small_expm1((x - (shifted - shift)) * math.log(2)) + 1.0, exponent)


def _quarter_expm1(x: Number) -> Number:
    """``(exp(x) - 1) / 4``, which is still finite where ``sinh(x)`` is."""
    constants = _CONSTANTS[x.format]
    exponent, r, rest = _without_multiples(_clamped(x, -40.0, constants.highest + 0.75))
    power = _power_of_two(exponent - 2, x.format)
    return _small_expm1(r, rest).times_plus(power, power - 0.25)


def _expm1(x: Number) -> Number:
    is_itself = abs(x) < 2.0 ** -(x.format.digits + 2)
    return is_itself.choose(x, _quarter_expm1(x) * 4.0)


def _sinh(x: Number) -> Number:
    size = abs(x)
    half = _quarter_expm1(size) * 2.0
    result = (size > 40.0).choose(half, half + half / half.times_plus(2.0, 1.0))
    return (size < _CONSTANTS[x.format].tiny).choose(x, result.with_sign_of(x))


def _cosh(x: Number) -> Number:
    half = _quarter_expm1(abs(x)) * 2.0
    return (half + 0.5) + 0.5 / half.times_plus(2.0, 1.0)


def _tanh(x: Number) -> Number:
    """Two forms in ``t = exp(2 |x|) - 1``: ``t / (t + 2)``, and ``1 - 2 / (t + 2)`` for great x."""
    t = _expm1(abs(x) * 2.0)
    is_great = t > 2.0
    quotient = is_great.choose(x.constant(2.0), t) / (t + 2.0)
    return is_great.choose(1.0 - quotient, quotient).with_sign_of(x)


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A positive number as ``2 ** exponent * (1 + fraction)``, about 0.7 to 1.4 times a power."""

    exponent: Number
    fraction: Number
    is_near_1: Condition


def _scaled(x: Number) -> _Scaled:
    digits = x.format.digits
    shift = x.constant(_CONSTANTS[x.format].shift)
    bits = x.bits()
    exponent = (bits - x.constant(ROOT_HALF).bits()).halved(digits)
    mantissa = (bits - (exponent << digits)).as_bits(x.format)
    number = (exponent + shift.bits()).as_bits(x.format) - shift
    return _Scaled(number, mantissa - 1.0, exponent.equals(0))


def _scaled_normal(x: Number) -> _Scaled:
    """The same for a number that may be too small to have all its digits."""
    is_small = x < _CONSTANTS[x.format].least_normal
    lift = x.format.digits + 2
    found = _scaled(is_small.choose(x * 2.0**lift, x))
    exponent = is_small.choose(found.exponent - float(lift), found.exponent)
    return _Scaled(exponent, found.fraction, found.is_near_1)


def _log_parts(f: Number) -> tuple[Number, Number]:
    """``log(1 + f)`` is ``f`` less the first of two parts and plus the second."""
    s = f / (f + 2.0)
    z = s * s
    square = f * f * 0.5
    series = _horner(z, _CONSTANTS[f.format].log_terms[::-1]) * z
    return square, s * (square + series)


def _log_limits(x: Number, pole: float, result: Number) -> Number:
    """The logarithm's values at its pole, to the left of it, at infinity and at nan."""
    result = (x > pole).choose(result, math.nan)
    result = x.equals(pole).choose(x.constant(-math.inf), result)
    return x.equals(math.inf).choose(x, result)


def _sum_of_logs(exponent: Number, f: Number, correction: Number | float) -> Number:
    """``exponent * log(2) + log(1 + f)``, and something small."""
    constants = _CONSTANTS[f.format]
    square, rest = _log_parts(f)
    small = exponent.times_plus(constants.log_2_rest, correction)
    return exponent.times_plus(constants.log_2, f - (square - (rest + small)))


def _log(x: Number) -> Number:
    scaled = _scaled_normal(x)
    return _log_limits(x, 0.0, _sum_of_logs(scaled.exponent, scaled.fraction, 0.0))


def _log1p(x: Number) -> Number:
    """The logarithm of 1 + x, corrected by what is lost when 1 + x is rounded."""
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
    half_of_digits = -(1 << (32 if x.format is FLOAT64 else 12))
    high = ((f - square).bits() & half_of_digits).as_bits(x.format)
    low = (f - high) - square + rest
    main = exponent * base.of_2
    part = high * base.of_e
    small = exponent * base.of_2_rest + (low + high) * base.of_e_rest + low * base.of_e
    total = main + part
    return _log_limits(x, 0.0, total + (small + ((main - total) + part)))


def _log2(x: Number) -> Number:
    return _log_to_base(x, _BASE_2[x.format])


def _log10(x: Number) -> Number:
    return _log_to_base(x, _BASE_10[x.format])


exp = staged(_exp)
exp2 = staged(_exp2)
expm1 = staged(_expm1)
log = staged(_log)
log2 = staged(_log2)
log10 = staged(_log10)
log1p = staged(_log1p)
sinh = staged(_sinh)
cosh = staged(_cosh)
tanh = staged(_tanh)

functions: Mapping[str, Any] = MappingProxyType(
    {
        "exp": exp,
        "exp2": exp2,
        "expm1": expm1,
        "log": log,
        "log2": log2,
        "log10": log10,
        "log1p": log1p,
        "sin": sin,
        "cos": cos,
        "tan": tan,
        "asin": asin,
        "acos": acos,
        "atan": atan,
        "atan2": atan2,
        "sinh": sinh,
        "cosh": cosh,
        "tanh": tanh,
        "asinh": asinh,
        "acosh": acosh,
        "atanh": atanh,
        "erf": erf,
        "erfc": erfc,
        "pow": pow,
        "hypot": hypot,
    }
)
"""By the names of steps of a program; generated code imports them by these names."""
