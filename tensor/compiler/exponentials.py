"""Exponentials and hyperbolic functions of generated code, as plain arithmetic.

A multiple of log 2 is taken away from the argument, and put back as a power of two; of what is
left, at most 0.35 in size, the exponential is its Taylor series.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from .staging import FLOAT32, FLOAT64, Format, Number, Whole


@dataclass(frozen=True, slots=True)
class Constants:
    """What the formulas need to know of a format.

    Attributes
    ----------
    log_2, log_2_rest : float
        log(2) in two parts, the first with so many zeros at its end that its multiples by
        exponents are exact; from fdlibm.
    series : tuple of float
        1/2!, 1/3!, ..., the last first: as much of the exponential series as can be seen.
    shift : float
        Numbers lose their fractions when it is added: the last digit stands for 1.
    tiny : float
        Where x is smaller, x and sinh x are the same number.
    lowest, highest : float
        The exponential of lower numbers is 0, that of higher ones infinite.
    """

    log_2: float
    log_2_rest: float
    series: tuple[float, ...]
    shift: float
    tiny: float
    lowest: float
    highest: float


def _exponential_series(degree: int) -> tuple[float, ...]:
    return tuple([1 / math.factorial(k) for k in range(degree, 1, -1)])


CONSTANTS: Mapping[Format, Constants] = {
    FLOAT32: Constants(
        log_2=6.9313812256e-01,
        log_2_rest=9.0580006145e-06,
        series=_exponential_series(7),
        shift=1.5 * 2.0**23,
        tiny=2.0**-13,
        lowest=-104.0,
        highest=88.72283935546875,
    ),
    FLOAT64: Constants(
        log_2=6.93147180369123816490e-01,
        log_2_rest=1.90821492927058770002e-10,
        series=_exponential_series(13),
        shift=1.5 * 2.0**52,
        tiny=2.0**-27,
        lowest=-746.0,
        highest=709.782712893384,
    ),
}


def horner(x: Number, terms: tuple[float, ...]) -> Number:
    """``(terms[0] * x + terms[1]) * x + ...``."""
    total = x.constant(terms[0])
    for term in terms[1:]:
        total = total.times_plus(x, term)
    return total


def _power_of_two(exponent: Whole, format: Format) -> Number:
    """``2 ** exponent`` for the exponent of a number with all its digits."""
    return ((exponent + format.bias) << format.digits).as_bits(format)


def without_multiples(x: Number) -> tuple[Whole, Number, Number]:
    """``k``, ``r`` and a rest with ``x = k * log 2 + r + rest``, and ``r`` at most 0.35 in size."""
    constants = CONSTANTS[x.format]
    shifted = x.times_plus(1 / math.log(2), constants.shift)
    count = shifted - constants.shift
    high = count.times_plus(-constants.log_2, x)
    low = count * constants.log_2_rest
    r = high - low
    return shifted.bits() - x.constant(constants.shift).bits(), r, (high - r) - low


def small_expm1(x: Number, rest: Number | float = 0.0) -> Number:
    """``exp(x + rest) - 1`` where ``x`` is at most about 0.35 in size, and the rest tiny."""
    return horner(x, CONSTANTS[x.format].series).times_plus(x * x, rest) + x


def times_power(x: Number, exponent: Whole) -> Number:
    """``x * 2 ** exponent``, in two steps, because the power may be no number of the format."""
    half = exponent.halved()
    return x * _power_of_two(half, x.format) * _power_of_two(exponent - half, x.format)


def clamped(x: Number, lowest: float, highest: float) -> Number:
    """The nearest number between two others; nan for nan."""
    x = (x > highest).choose(x.constant(highest), x)
    return (x < lowest).choose(x.constant(lowest), x)


def exp(x: Number) -> Number:
    """``e**x``, off by up to 1.0 units of the last place."""
    constants = CONSTANTS[x.format]
    exponent, r, _ = without_multiples(clamped(x, constants.lowest, constants.highest + 1))
    return times_power(small_expm1(r) + 1.0, exponent)


def exp2(x: Number) -> Number:
    """``2**x``, off by up to 1.0 units of the last place."""
    bias, digits = x.format.bias, x.format.digits
    shift = CONSTANTS[x.format].shift
    x = clamped(x, -float(bias + digits + 1), float(bias + 1))
    shifted = x + shift
    exponent = shifted.bits() - x.constant(shift).bits()
    return times_power(small_expm1((x - (shifted - shift)) * math.log(2)) + 1.0, exponent)


def _quarter_expm1(x: Number) -> Number:
    """``(exp(x) - 1) / 4``, which is still finite where ``sinh(x)`` is."""
    constants = CONSTANTS[x.format]
    exponent, r, rest = without_multiples(clamped(x, -40.0, constants.highest + 0.75))
    power = _power_of_two(exponent - 2, x.format)
    return small_expm1(r, rest).times_plus(power, power - 0.25)


def expm1(x: Number) -> Number:
    """``e**x - 1``, off by up to 1.6 units of the last place."""
    is_itself = abs(x) < 2.0 ** -(x.format.digits + 2)
    return is_itself.choose(x, _quarter_expm1(x) * 4.0)


def sinh(x: Number) -> Number:
    """``h + h / (2h + 1)`` where ``h = (e**|x| - 1) / 2``, off by up to 2.0 units."""
    size = abs(x)
    half = _quarter_expm1(size) * 2.0
    result = (size > 40.0).choose(half, half + half / half.times_plus(2.0, 1.0))
    return (size < CONSTANTS[x.format].tiny).choose(x, result.with_sign_of(x))


def cosh(x: Number) -> Number:
    """``(h + 1/2) + 1/2 / (2h + 1)`` where ``h = (e**|x| - 1) / 2``, off by up to 1.5 units."""
    half = _quarter_expm1(abs(x)) * 2.0
    return (half + 0.5) + 0.5 / half.times_plus(2.0, 1.0)


def tanh(x: Number) -> Number:
    """``t / (t + 2)`` where ``t = e**(2 |x|) - 1``, with the sign of x, off by up to 2.3 units.

    For great x it is computed as ``1 - 2 / (t + 2)``.
    """
    t = expm1(abs(x) * 2.0)
    is_great = t > 2.0
    quotient = is_great.choose(x.constant(2.0), t) / (t + 2.0)
    return is_great.choose(1.0 - quotient, quotient).with_sign_of(x)
