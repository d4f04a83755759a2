"""The error function and its complement in generated code, as plain arithmetic.

The rational approximations are those of fdlibm's s_erf.c, one for each of four ranges of ``|x|``:

=========== =========== ================================================================
up to 0.84  ``s = x*x`` erf(x) = x + x * P(s)/Q(s)
up to 1.25  ``|x| - 1`` erf(x) = 0.845 + P(s)/Q(s)
up to 2.86  ``1/(x*x)`` erfc(x) = exp(-x*x - 0.5625 + P(s)/Q(s)) / x
beyond      ``1/(x*x)`` the same with other coefficients
=========== =========== ================================================================

All ranges share one pass through P and Q, whose coefficients are chosen number by number.
"""

from __future__ import annotations

from dataclasses import dataclass

from .exponentials import CONSTANTS, clamped, small_expm1, times_power, without_multiples
from .staging import Condition, Number

_ERF_1 = 8.45062911510467529297e-01
"""erf(1), with zeros at its end."""

_SHIFT = 0.5625
_ENDS = (0.84375, 1.25, 1 / 0.35)
_LARGEST = 30.0
"""From here on erfc is 0 in both formats."""

_NUMERATORS = (
    (
        *(1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02),
        *(-5.77027029648944159157e-03, -2.37630166566501626084e-05),
    ),
    (
        *(-2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01),
        *(3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02),
        -2.16637559486879084300e-03,
    ),
    (
        *(-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e01),
        *(-6.23753324503260060396e01, -1.62396669462573470355e02, -1.84605092906711035994e02),
        *(-8.12874355063065934246e01, -9.81432934416914548592e00),
    ),
    (
        *(-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e01),
        *(-1.60636384855821916062e02, -6.37566443368389627722e02, -1.02509513161107724954e03),
        -4.83519191608651397019e02,
    ),
)
_DENOMINATORS = (
    (
        *(1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02),
        *(5.08130628187576562776e-03, 1.32494738004321644526e-04, -3.96022827877536812320e-06),
    ),
    (
        *(1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01),
        *(7.18286544141962662868e-02, 1.26171219808761642112e-01, 1.36370839120290507362e-02),
        1.19844998467991074170e-02,
    ),
    (
        *(1.0, 1.96512716674392571292e01, 1.37657754143519042600e02),
        *(4.34565877475229228821e02, 6.45387271733267880336e02, 4.29008140027567833386e02),
        *(1.08635005541779435134e02, 6.57024977031928170135e00, -6.04244152148580987438e-02),
    ),
    (
        *(1.0, 3.03380607434824582924e01, 3.25792512996573918826e02),
        *(1.53672958608443695994e03, 3.19985821950859553908e03, 2.55305040643316442583e03),
        *(4.74528541206955367215e02, -2.24409524465858183362e01),
    ),
)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What both functions are made of.

    Attributes
    ----------
    quotient : Number
        P(s)/Q(s).
    tail : Number
        erfc(|x|), as far as it is for great x.
    is_small, is_great : Condition
        Whether ``|x|`` lies in the first range, or in the last two.
    """

    quotient: Number
    tail: Number
    is_small: Condition
    is_great: Condition


def erf(x: Number) -> Number:
    """The error function, off by up to 0.8 units of the last place."""
    parts = _parts(x)
    middle = parts.quotient + _ERF_1
    size = parts.is_great.choose(1.0 - parts.tail, middle).with_sign_of(x)
    return parts.is_small.choose(x * parts.quotient + x, size)


def erfc(x: Number) -> Number:
    """1 - erf(x), without loss where erf(x) is near 1; off by up to 2.1 units."""
    parts = _parts(x)
    product = x * parts.quotient
    small = (x < 0.25).choose(1.0 - (x + product), 0.5 - (product + (x - 0.5)))
    is_negative = x < 0.0
    middle = is_negative.choose(
        (parts.quotient + _ERF_1) + 1.0, x.constant(1.0 - _ERF_1) - parts.quotient
    )
    great = is_negative.choose(2.0 - parts.tail, parts.tail)
    return parts.is_small.choose(small, parts.is_great.choose(great, middle))


def _parts(x: Number) -> _Parts:
    size = clamped(abs(x), 0.0, _LARGEST)
    ranges = [size < end for end in _ENDS]
    s = ranges[0].choose(size * size, ranges[1].choose(size - 1.0, 1.0 / (size * size)))
    quotient = _chosen_polynomial(s, ranges, _NUMERATORS) / _chosen_polynomial(
        s, ranges, _DENOMINATORS
    )
    return _Parts(quotient, _tail(size, quotient), ranges[0], size >= _ENDS[1])


def _chosen_polynomial(
    s: Number, ranges: list[Condition], terms: tuple[tuple[float, ...], ...]
) -> Number:
    """The polynomial in ``s`` with the coefficients of the range that the number lies in."""
    degree = max([len(each) for each in terms])
    total = s.constant(0.0)
    for k in range(degree - 1, -1, -1):
        of_range = [s.constant(each[k] if k < len(each) else 0.0) for each in terms]
        chosen = of_range[3]
        for condition, term in zip(ranges[::-1], of_range[2::-1], strict=True):
            chosen = condition.choose(term, chosen)
        total = total.times_plus(s, chosen)
    return total


def _tail(size: Number, quotient: Number) -> Number:
    """``exp(-size * size - 0.5625 + quotient) / size``.

    The square is exact for the first half of the digits; what is lost in the sum of the exponents
    goes into the exponential separately.
    """
    high = size.high_part()
    great = high * -high - _SHIFT
    small = (high - size) * (high + size) + quotient
    total = great + small
    lost = (great - total) + small
    exponent, r, rest = without_multiples(clamped(total, CONSTANTS[size.format].lowest, 0.0))
    return times_power((small_expm1(r + (rest + lost)) + 1.0) / size, exponent)
