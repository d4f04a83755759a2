"""IEEE 754 arithmetic on Python floats: the scalar meaning of every elementary function.

Python's own arithmetic raises or turns complex where IEEE 754 has an answer: ``exp(1000)``,
``1 / 0``, ``(-2) ** 0.5``. The functions here take floats, return floats, and never raise: an
overflow is a signed infinity, an undefined result is nan. Where the C library already does this
through :mod:`math`, the name is taken over unchanged.

The limits at infinity and at the poles are those of C99 Annex F, which NumPy and Numba follow too.
"""

import math
from collections.abc import Callable
from math import acosh as _acosh
from math import asinh, atan, atan2, erf, erfc, hypot, tanh
from math import fabs as abs

inf = math.inf
nan = math.nan

__all__ = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cos",
    "cosh",
    "div",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "pow",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]


def div(a: float, b: float) -> float:
    """``a / b``; a zero divisor gives a signed infinity, and 0/0 gives nan."""
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0 or a != a:
            return nan
        return math.copysign(inf, a) * math.copysign(1.0, b)


def pow(a: float, b: float) -> float:
    """``a ** b``; a negative base with a fractional power gives nan, never a complex number."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0 and _is_odd(b) else inf
    except ValueError:
        if a == 0:  # a pole: 0 ** negative
            return math.copysign(inf, a) if _is_odd(b) else inf
        return nan


def _is_odd(x: float) -> bool:
    return abs(math.fmod(x, 2.0)) == 1  # exact, where -0.9999999999999999 % 2 is 1.0


def _overflowing(function: Callable[[float], float]) -> Callable[[float], float]:
    """Give a function that grows without bound to the right its limit instead of an error."""

    def ieee(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return inf

    ieee.__doc__ = f"``{function.__name__}(x)``; inf on overflow."
    return ieee


def _partial(function: Callable[[float], float]) -> Callable[[float], float]:
    """Give a function that is not defined everywhere nan instead of an error."""

    def ieee(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return nan

    ieee.__doc__ = f"``{function.__name__}(x)``; nan outside the domain."
    return ieee


def _pole(function: Callable[[float], float], pole: float) -> Callable[[float], float]:
    """Give a logarithm -inf at its pole and nan to the left of it instead of an error."""

    def ieee(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return -inf if x == pole else nan

    ieee.__doc__ = f"``{function.__name__}(x)``; -inf at {pole:g}, nan below."
    return ieee


exp = _overflowing(math.exp)
exp2 = _overflowing(math.exp2)
expm1 = _overflowing(math.expm1)
cosh = _overflowing(math.cosh)

log = _pole(math.log, 0.0)
log2 = _pole(math.log2, 0.0)
log10 = _pole(math.log10, 0.0)
log1p = _pole(math.log1p, -1.0)

sqrt = _partial(math.sqrt)
sin = _partial(math.sin)
cos = _partial(math.cos)
tan = _partial(math.tan)
asin = _partial(math.asin)
acos = _partial(math.acos)
acosh = _partial(_acosh)


def sinh(x: float) -> float:
    """``sinh(x)``; a signed infinity on overflow."""
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(inf, x)


def atanh(x: float) -> float:
    """``atanh(x)``; a signed infinity at -1 and 1, nan beyond them."""
    try:
        return math.atanh(x)
    except ValueError:
        return math.copysign(inf, x) if abs(x) == 1 else nan


def floor(x: float) -> float:
    """``floor(x)`` as a float; infinities and nan pass through, and so does the sign of zero."""
    return float(math.floor(x)) if math.isfinite(x) and x else x
