"""Bugs in functions that a person writes for a problem of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from .records import Input, Mutant, Operation, Row, bug, operation, positive, real, share

_KNOTS = np.array([-1.0, 0.0, 2.0])
_SLOPES = np.array([0.5, 1.5, -1.0])


def _users(name: str, inputs: dict[str, Input], forward: Any, vjp: Any) -> Operation:
    return operation(name, "user's function", inputs, forward, vjp)


ROTATION = _users(
    "rotation by an angle",
    {"angle": real(), "x": real(2)},
    lambda xp, angle, x: _turn(xp, angle) @ x,
    lambda xp, g, out, angle, x: (
        xp.sum(g * (_quarter(xp) @ out)),
        _turn(xp, angle).T @ g,
    ),
)
COMPLEX_PRODUCT = _users(
    "product of complex numbers",
    {"a": real(2), "b": real(2)},
    lambda xp, a, b: _times(xp, a, b),
    lambda xp, g, out, a, b: (_times(xp, g, _conjugate(xp, b)), _times(xp, g, _conjugate(xp, a))),
)
ROSENBROCK = _users(
    "Rosenbrock",
    {"x": real(4)},
    lambda xp, x: xp.sum(100.0 * _gap(x) * _gap(x) + (1.0 - x[:-1]) * (1.0 - x[:-1])),
    lambda xp, g, out, x: (g * _rosenbrock_slope(xp, x, 400.0, True),),
)
KERNEL = _users(
    "Gaussian kernel",
    {"x": real(3), "y": real(3), "width": positive()},
    lambda xp, x, y, width: xp.exp(-0.5 * xp.sum((x - y) * (x - y)) / (width * width)),
    lambda xp, g, out, x, y, width: _kernel_vjp(xp, g, out, x, y, width),
)
LENNARD_JONES = _users(
    "Lennard-Jones",
    {"r": positive(4)},
    lambda xp, r: 4.0 * (r**-12 - r**-6),
    lambda xp, g, out, r: (g * 24.0 * (r**-7 - 2.0 * r**-13),),
)
OPTION = _users(
    "price of a call option",
    {"spot": positive(3), "strike": positive(3), "spread": positive(3)},
    lambda xp, spot, strike, spread: (
        spot * _normal(xp, _first(xp, spot, strike, spread))
        - strike * _normal(xp, _first(xp, spot, strike, spread) - spread)
    ),
    lambda xp, g, out, spot, strike, spread: _option_vjp(xp, g, spot, strike, spread),
)
LOGISTIC_MAP = _users(
    "three steps of the logistic map",
    {"rate": real(), "x": share(4)},
    lambda xp, rate, x: _orbit(rate, x)[-1],
    lambda xp, g, out, rate, x: _map_vjp(xp, g, rate, x),
)
WEIGHTED_MEAN = _users(
    "weighted mean",
    {"x": real(5), "weight": positive(5)},
    lambda xp, x, weight: xp.sum(x * weight) / xp.sum(weight),
    lambda xp, g, out, x, weight: (g * weight / xp.sum(weight), g * (x - out) / xp.sum(weight)),
)
HORNER = _users(
    "polynomial of given coefficients",
    {"coefficients": real(4), "x": real(3)},
    lambda xp, c, x: ((c[3] * x + c[2]) * x + c[1]) * x + c[0],
    lambda xp, g, out, c, x: (
        xp.sum(g * _powers(xp, x), 1),
        g * ((3.0 * c[3] * x + 2.0 * c[2]) * x + c[1]),
    ),
)
MICHAELIS = _users(
    "Michaelis-Menten",
    {"most": positive(3), "half": positive(3), "dose": positive(3)},
    lambda xp, most, half, dose: most * dose / (half + dose),
    lambda xp, g, out, most, half, dose: (
        g * dose / (half + dose),
        -g * out / (half + dose),
        g * most * half / (half + dose) ** 2,
    ),
)
INTERPOLATION = _users(
    "piecewise linear curve",
    {"x": real(5)},
    lambda xp, x: (
        x + xp.sum(xp.constant(_SLOPES) * xp.maximum(x.reshape(5, 1) - xp.constant(_KNOTS), 0.0), 1)
    ),
    lambda xp, g, out, x: (g * _curve_slope(xp, x, "right"),),
)
SINC = Operation(
    "sin(x) / x",
    "user's function",
    {"x": real(5)},
    lambda: Row(("x",), _SINC, (f"{_SINC_SERIES} if abs(x) < 0.05 else {_SINC_SLOPE}",)),
)
_SINC = "1 - x * x / 6 + x**4 / 120 if abs(x) < 1e-3 else sin(x) / x"
_SINC_SERIES = "x * (-1 / 3 + x * x / 30 - x**4 / 840 + x**6 / 45360)"
_SINC_SLOPE = "(cos(x) - out) / x"
GROWTH = Operation(
    "(exp(x) - 1) / x",
    "user's function",
    {"x": real(5)},
    lambda: Row(("x",), _GROWTH, (f"{_GROWTH_SERIES} if abs(x) < 0.03 else {_GROWTH_SLOPE}",)),
)
_GROWTH = "1 + x / 2 + x * x / 6 if abs(x) < 1e-6 else expm1(x) / x"
_GROWTH_SERIES = "0.5 + x * (1 / 3 + x * (1 / 8 + x * (1 / 30 + x * (1 / 144 + x * (1 / 840)))))"
_GROWTH_SLOPE = "(exp(x) - out) / x"
DAMPED = Operation(
    "damped oscillation",
    "user's function",
    {"time": real(4)},
    lambda: Row(
        ("time",),
        "exp(-0.3 * time) * sin(2 * time)",
        ("exp(-0.3 * time) * (2 * cos(2 * time) - 0.3 * sin(2 * time))",),
    ),
)
SQUASHED = Operation(
    "a power that keeps the sign",
    "user's function",
    {"x": real(5)},
    lambda: Row(("x",), "x * abs(x)", ("2 * abs(x)",)),
)


def _turn(xp: Any, angle: Any) -> Any:
    cosine, sine = xp.cos(angle), xp.sin(angle)
    return xp.stack([xp.stack([cosine, -sine], 0), xp.stack([sine, cosine], 0)], 0)


def _quarter(xp: Any) -> Any:
    return xp.constant(np.array([[0.0, -1.0], [1.0, 0.0]]))


def _times(xp: Any, a: Any, b: Any) -> Any:
    return xp.stack([a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]], 0)


def _conjugate(xp: Any, a: Any) -> Any:
    return a * xp.constant(np.array([1.0, -1.0]))


def _gap(x: Any) -> Any:
    return x[1:] - x[:-1] * x[:-1]


def _rosenbrock_slope(xp: Any, x: Any, inner: float, both: bool) -> Any:
    zero = xp.constant(np.zeros(1))
    own = xp.concat([-inner * x[:-1] * _gap(x) - 2.0 * (1.0 - x[:-1]), zero], 0)
    return own + xp.concat([zero, 200.0 * _gap(x)], 0) if both else own


def _kernel_vjp(
    xp: Any, g: Any, out: Any, x: Any, y: Any, width: Any, *, power: int = 3, sign: float = -1.0
) -> tuple[Any, ...]:
    pull = g * out * (x - y) / (width * width)
    squares = xp.sum((x - y) * (x - y))
    return -pull, -sign * pull, g * out * squares / width**power


def _normal(xp: Any, x: Any) -> Any:
    return 0.5 * xp.erfc(-x / np.sqrt(2.0))


def _first(xp: Any, spot: Any, strike: Any, spread: Any) -> Any:
    return (xp.log(spot) - xp.log(strike)) / spread + 0.5 * spread


def _option_vjp(
    xp: Any, g: Any, spot: Any, strike: Any, spread: Any, *, late: float = 1.0, norm: float = 2.0
) -> tuple[Any, ...]:
    first = _first(xp, spot, strike, spread)
    second = first - late * spread
    density = xp.exp(-0.5 * first * first) / np.sqrt(norm * np.pi)
    return g * _normal(xp, first), -g * _normal(xp, second), g * spot * density


def _orbit(rate: Any, x: Any) -> list[Any]:
    states = [x]
    for _ in range(3):
        states.append(rate * states[-1] * (1.0 - states[-1]))
    return states


def _map_vjp(
    xp: Any, g: Any, rate: Any, x: Any, *, overwrites: bool = False, late: int = 0
) -> tuple[Any, ...]:
    states = _orbit(rate, x)
    parts = []
    for step in reversed(range(3)):
        before = states[step + late]
        parts.append(xp.sum(g * states[step] * (1.0 - states[step])))
        g = g * rate * (1.0 - 2.0 * before)
    return parts[0] if overwrites else sum(parts), g


def _powers(xp: Any, x: Any) -> Any:
    return xp.stack([1.0 + 0.0 * x, x, x * x, x * x * x], 0)


def _curve_slope(xp: Any, x: Any, at_knots: str) -> Any:
    gap = x.reshape(5, 1) - xp.constant(_KNOTS)
    at_knot = {"right": 0.0, "both": -1.0}[at_knots]
    used = xp.where(gap > 0.0, 1.0, xp.where(gap == 0.0, at_knot, 0.0))
    return 1.0 + xp.sum(xp.constant(_SLOPES) * used, 1)


def _row_bug(kind: str, correct: Operation, partial: str, why: str) -> Mutant:
    def make() -> Row:
        right = correct.make()
        if not isinstance(right, Row):
            raise TypeError(f"{correct.name} is no row")
        return Row(right.arguments, right.value, (partial,))

    return Mutant(kind, correct, make, why)


MUTANTS: tuple[Mutant, ...] = (
    bug(
        "sign",
        ROTATION,
        lambda xp, g, out, angle, x: (-xp.sum(g * (_quarter(xp) @ out)), _turn(xp, angle).T @ g),
        "the angle turns the other way",
    ),
    bug(
        "transposed",
        ROTATION,
        lambda xp, g, out, angle, x: (xp.sum(g * (_quarter(xp) @ out)), _turn(xp, angle) @ g),
        "turned on, not back",
    ),
    bug(
        "operand",
        ROTATION,
        lambda xp, g, out, angle, x: (xp.sum(g * (_quarter(xp) @ x)), _turn(xp, angle).T @ g),
        "the angle's gradient is made of x, not of what it became",
    ),
    bug(
        "sign",
        COMPLEX_PRODUCT,
        lambda xp, g, out, a, b: (_times(xp, g, b), _times(xp, g, _conjugate(xp, a))),
        "b is not conjugated",
    ),
    bug(
        "overwrite",
        ROSENBROCK,
        lambda xp, g, out, x: (g * _rosenbrock_slope(xp, x, 400.0, False),),
        "an element gets nothing as the neighbour of the one before",
    ),
    bug(
        "factor",
        ROSENBROCK,
        lambda xp, g, out, x: (g * _rosenbrock_slope(xp, x, 400.04, True),),
        "400.04 in the place of 400",
    ),
    bug(
        "off-by-one",
        KERNEL,
        lambda xp, g, out, x, y, width: _kernel_vjp(xp, g, out, x, y, width, power=2),
        "the exponent of the width is not raised",
    ),
    bug(
        "sign",
        KERNEL,
        lambda xp, g, out, x, y, width: _kernel_vjp(xp, g, out, x, y, width, sign=1.0),
        "both points are pulled the same way",
    ),
    bug(
        "off-by-one",
        LENNARD_JONES,
        lambda xp, g, out, r: (g * 24.0 * (r**-6 - 2.0 * r**-12),),
        "exponents are not lowered by one",
    ),
    bug(
        "factor",
        LENNARD_JONES,
        lambda xp, g, out, r: (g * 24.0 * (r**-7 - 2.0002 * r**-13),),
        "only the repulsion is off",
    ),
    bug(
        "operand",
        OPTION,
        lambda xp, g, out, spot, strike, spread: _option_vjp(xp, g, spot, strike, spread, late=0.0),
        "d1 for d2 in the gradient of the strike",
    ),
    bug(
        "factor",
        OPTION,
        lambda xp, g, out, spot, strike, spread: _option_vjp(
            xp, g, spot, strike, spread, norm=2.0004
        ),
        "the density's constant is off by 1e-4",
    ),
    bug(
        "overwrite",
        LOGISTIC_MAP,
        lambda xp, g, out, rate, x: _map_vjp(xp, g, rate, x, overwrites=True),
        "the rate gets the gradient of the last step only",
    ),
    bug(
        "off-by-one",
        LOGISTIC_MAP,
        lambda xp, g, out, rate, x: _map_vjp(xp, g, rate, x, late=1),
        "the state behind each step, not before it",
    ),
    bug(
        "dropped",
        WEIGHTED_MEAN,
        lambda xp, g, out, x, weight: (g * weight / xp.sum(weight), g * x / xp.sum(weight)),
        "the sum of weights is taken for a constant",
    ),
    bug(
        "off-by-one",
        HORNER,
        lambda xp, g, out, c, x: (
            xp.sum(g * x * _powers(xp, x), 1),
            g * ((3.0 * c[3] * x + 2.0 * c[2]) * x + c[1]),
        ),
        "the coefficients' powers begin at 1",
    ),
    bug(
        "transposed",
        HORNER,
        lambda xp, g, out, c, x: (
            xp.flip(
                xp.sum(g * _powers(xp, x), 1).reshape(1, 4),
                1,
            ).reshape(4),
            g * ((3.0 * c[3] * x + 2.0 * c[2]) * x + c[1]),
        ),
        "the coefficients' gradients come in the order of descending powers",
    ),
    bug(
        "operand",
        MICHAELIS,
        lambda xp, g, out, most, half, dose: (
            g * dose / (half + dose),
            -g * out / (half + dose),
            g * most * dose / (half + dose) ** 2,
        ),
        "the dose's gradient is made of the dose",
    ),
    bug(
        "tie",
        INTERPOLATION,
        lambda xp, g, out, x: (g * _curve_slope(xp, x, "both"),),
        "at a knot the change of slope is taken off, outside of both slopes",
    ),
    _row_bug("zero", SINC, f"0 if 1 / x == inf else {_SINC_SLOPE}", "-0.0 passes the guard: 0 / 0"),
    _row_bug(
        "zero",
        GROWTH,
        f"{_GROWTH_SERIES} if abs(x) < 0.03 and 1 / x > -inf else {_GROWTH_SLOPE}",
        "-0.0 goes past the series: 0 / 0",
    ),
    _row_bug(
        "dropped",
        DAMPED,
        "exp(-0.3 * time) * 2 * cos(2 * time)",
        "the damping has no slope",
    ),
    _row_bug(
        "factor",
        DAMPED,
        "exp(-0.3 * time) * (2.0002 * cos(2 * time) - 0.3 * sin(2 * time))",
        "2.0002 in the place of 2",
    ),
    _row_bug("zero", SQUASHED, "2 * out / x", "0 / 0 at both zeros, where the slope is 0"),
    _row_bug("sign", SQUASHED, "2 * x", "negative numbers get a negative slope"),
)
