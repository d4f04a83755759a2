"""What every elementary function is, by its textbook definition, to hundreds of digits.

Written without a look at the table of formulas: plain definitions, nothing that is stable or
fast, because mpmath carries enough digits to be careless. Derivatives are central differences.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import mpmath
from mpmath import mp, mpf

Real = mpf | int

_DIGITS = 450
"""Digits carried: differences of numbers near 1 still show what is left of exp(-745)."""


def _normal(x: mpf) -> mpf:
    """P(Z <= x) for a standard normal Z; the tails in their own right, for speed."""
    return mp.erfc(-x / mp.sqrt(2)) / 2


def _mish(x: mpf) -> mpf:
    return x * mp.tanh(mp.log(1 + mp.exp(x)))


def _gelu_tanh(x: mpf) -> mpf:
    cubic = mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3)
    # (1 + tanh(u)) / 2 = 1 / (1 + exp(-2 u)), where 1 + tanh(u) would run out of digits
    return x / (1 + mp.exp(-2 * cubic))


_SCALE = mpf("1.0507009873554804934193349852946")
_ALPHA = mpf("1.6732632423543772848170429916717")

definitions: dict[str, Callable[..., Real]] = {
    "pos": lambda x: x,
    "neg": lambda x: 0 - x,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: mp.power(a, b),
    "reciprocal": lambda x: x**-1,
    "square": lambda x: x**2,
    "sqrt": lambda x: mp.sqrt(x),
    "rsqrt": lambda x: mp.power(x, mpf(-1) / 2),
    "abs": lambda x: mp.fabs(x),
    "sign": lambda x: mp.sign(x),
    "floor": lambda x: mp.floor(x),
    "hypot": lambda a, b: mp.sqrt(a**2 + b**2),
    "exp": lambda x: mp.exp(x),
    "exp2": lambda x: mp.power(2, x),
    "expm1": lambda x: mp.exp(x) - 1,
    "log": lambda x: mp.log(x),
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": lambda x: mp.log(x) / mp.log(10),
    "log1p": lambda x: mp.log(1 + x),
    "logaddexp": lambda a, b: mp.log(mp.exp(a) + mp.exp(b)),
    "sin": lambda x: mp.sin(x),
    "cos": lambda x: mp.cos(x),
    "tan": lambda x: mp.sin(x) / mp.cos(x),
    "asin": lambda x: mp.asin(x),
    "acos": lambda x: mp.acos(x),
    "atan": lambda x: mp.atan(x),
    "atan2": lambda a, b: mp.atan2(a, b),
    "sinh": lambda x: (mp.exp(x) - mp.exp(-x)) / 2,
    "cosh": lambda x: (mp.exp(x) + mp.exp(-x)) / 2,
    "tanh": lambda x: (mp.exp(2 * x) - 1) / (mp.exp(2 * x) + 1),
    "asinh": lambda x: mp.sign(x) * mp.log(abs(x) + mp.sqrt(x**2 + 1)),
    "acosh": lambda x: mp.log(x + mp.sqrt(x**2 - 1)),
    "atanh": lambda x: mp.log((1 + x) / (1 - x)) / 2,
    "erf": lambda x: mp.erf(x),
    "erfc": lambda x: mp.erfc(x),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "logsigmoid": lambda x: -mp.log(1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "relu": lambda x: max(x, 0),
    "relu6": lambda x: min(max(x, 0), 6),
    "leaky_relu": lambda x, slope: max(x, 0) + slope * min(x, 0),
    "elu": lambda x, alpha: max(x, 0) + alpha * (mp.exp(min(x, 0)) - 1),
    "selu": lambda x: _SCALE * (max(x, 0) + _ALPHA * (mp.exp(min(x, 0)) - 1)),
    "celu": lambda x, alpha: max(x, 0) + alpha * (mp.exp(min(x, 0) / alpha) - 1),
    "gelu": lambda x: x * _normal(x),
    "gelu_tanh": _gelu_tanh,
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "mish": _mish,
    "softsign": lambda x: x / (1 + abs(x)),
    "huber": lambda x, d: x * x / 2 if abs(x) <= d else d * (abs(x) - d / 2),
    "hardtanh": lambda x, low, high: min(max(x, low), high),
    "hardsigmoid": lambda x: min(max(x + 3, 0), 6) / mpf(6),
    "hardswish": lambda x: x * min(max(x + 3, 0), 6) / 6,
    "heaviside": lambda x, values: values if x == 0 else int(x > 0),
    "maximum": lambda a, b: (a + b + abs(a - b)) / 2,
    "minimum": lambda a, b: (a + b - abs(a - b)) / 2,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "where": lambda condition, a, b: b if condition == 0 else a,
}


@cache
def value(name: str, point: tuple[float, ...]) -> mpf:
    """The function at a point; nan where it is not a finite real number."""
    with mp.workdps(_digits(_tiniest(point))):
        return _evaluated(name, *map(mpf, point))


@cache
def partial(name: str, point: tuple[float, ...], position: int) -> mpf:
    """The derivative by one argument; nan where it does not exist in the reals."""
    step = _step(point, mpf("1e-80"))
    with mp.workdps(_digits(step)):
        before, after = _moved(point, position, -step), _moved(point, position, step)
        return (_evaluated(name, *after) - _evaluated(name, *before)) / (2 * step)


@cache
def second(name: str, point: tuple[float, ...], first: int, other: int) -> mpf:
    """The derivative by one argument and then by another one, or the same."""
    step = _step(point, mpf("1e-60"))
    with mp.workdps(_digits(step) + 60):
        total = mpf(0)
        for sign_first in (-1, 1):
            for sign_other in (-1, 1):
                moved = list(map(mpf, point))
                moved[first] += sign_first * step
                moved[other] += sign_other * step
                total += sign_first * sign_other * _evaluated(name, *moved)
        return total / (2 * step) ** 2


def _evaluated(name: str, *point: mpf) -> mpf:
    try:
        result = definitions[name](*point)
    except (ZeroDivisionError, ValueError):
        return mpf("nan")
    if not isinstance(result, (int, mpf)) or mp.isinf(result):
        return mpf("nan")
    return +mpf(result)


def _moved(point: tuple[float, ...], position: int, step: mpf) -> list[mpf]:
    moved = list(map(mpf, point))
    moved[position] += step
    return moved


def _tiniest(point: tuple[float, ...]) -> mpf:
    return min((mpf(abs(x)) for x in point if x), default=mpf(1))


def _step(point: tuple[float, ...], usual: mpf) -> mpf:
    """A step that is small beside every argument, so that it does not reach a kink."""
    smallest = mpf("1e-280") if 0 in point else _tiniest(point)
    return min(usual, smallest * mpf("1e-60"))


def _digits(smallest: mpf) -> int:
    """Digits enough to see the square of the smallest number beside 1."""
    return _DIGITS + max(0, -2 * int(mpmath.log10(smallest)) - 160)
