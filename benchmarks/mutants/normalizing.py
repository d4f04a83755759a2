"""Bugs in the operations of normalizing modules."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .records import Mutant, bug, operation, real

_EPSILON = 1e-5
_BATCH, _FEATURES = 4, 3


def _statistics(xp: Any, x: Any, axis: int, count: int) -> tuple[Any, Any]:
    """The normalized numbers, and 1 / the standard deviation."""
    centred = x - xp.sum(x, axis, True) / count
    scale = 1.0 / xp.sqrt(xp.sum(centred * centred, axis, True) / count + _EPSILON)
    return centred * scale, scale


def _normalized(axis: int, count: int, xp: Any, x: Any, weight: Any, bias: Any) -> Any:
    return _statistics(xp, x, axis, count)[0] * weight + bias


def _vjp(
    axis: int,
    count: int,
    xp: Any,
    g: Any,
    out: Any,
    x: Any,
    weight: Any,
    bias: Any,
    *,
    mean: float = 1.0,
    variance: float = 1.0,
    divisor: int | None = None,
    weighted: bool = True,
    summed: int = 0,
) -> tuple[Any, ...]:
    """The derivative of a normalization, with the parts that mutants lack as arguments."""
    normal, scale = _statistics(xp, x, axis, count)
    to_normal = g * weight if weighted else g
    through_mean = xp.sum(to_normal, axis, True) / (divisor or count)
    through_variance = normal * (xp.sum(to_normal * normal, axis, True) / (divisor or count))
    to_x = scale * (to_normal - mean * through_mean - variance * through_variance)
    return to_x, xp.sum(g * normal, summed), xp.sum(g, summed)


def _rms(xp: Any, x: Any) -> Any:
    return xp.sqrt(xp.sum(x * x, 1, True) / _FEATURES + _EPSILON)


BATCH_NORM = operation(
    "BatchNorm",
    "module",
    {"x": real(_BATCH, _FEATURES), "weight": real(_FEATURES), "bias": real(_FEATURES)},
    partial(_normalized, 0, _BATCH),
    partial(_vjp, 0, _BATCH),
)
LAYER_NORM = operation(
    "LayerNorm",
    "module",
    {"x": real(3, 3), "weight": real(3), "bias": real(3)},
    partial(_normalized, 1, 3),
    partial(_vjp, 1, 3),
)
RMS_NORM = operation(
    "RMSNorm",
    "module",
    {"x": real(_BATCH, _FEATURES), "weight": real(_FEATURES)},
    lambda xp, x, weight: x / _rms(xp, x) * weight,
    lambda xp, g, out, x, weight: _rms_vjp(xp, g, x, weight),
)
FILM = operation(
    "scale and shift",
    "module",
    {"x": real(3, 4), "scale": real(3, 1), "shift": real(3, 1)},
    lambda xp, x, scale, shift: x * (1.0 + scale) + shift,
    lambda xp, g, out, x, scale, shift: (
        g * (1.0 + scale),
        xp.sum(g * x, 1, True),
        xp.sum(g, 1, True),
    ),
)


def _rms_vjp(
    xp: Any, g: Any, x: Any, weight: Any, *, through: float = 1.0, power: int = 1
) -> tuple[Any, ...]:
    size = _rms(xp, x)
    normal = x / size
    to_normal = g * weight
    share = xp.sum(to_normal * normal, 1, True) / _FEATURES
    return (to_normal - through * normal * share) / size, xp.sum(g * x / size**power, 0)


MUTANTS: tuple[Mutant, ...] = (
    bug("dropped", BATCH_NORM, partial(_vjp, 0, _BATCH, mean=0.0), "nothing through the mean"),
    bug(
        "dropped",
        BATCH_NORM,
        partial(_vjp, 0, _BATCH, variance=0.0),
        "nothing through the variance",
    ),
    bug(
        "off-by-one",
        BATCH_NORM,
        partial(_vjp, 0, _BATCH, divisor=_BATCH - 1),
        "the unbiased count on the way back",
    ),
    bug("operand", BATCH_NORM, partial(_vjp, 0, _BATCH, weighted=False), "g, not g * weight"),
    bug("factor", BATCH_NORM, partial(_vjp, 0, _BATCH, variance=0.9999), "1e-4 of the variance"),
    bug(
        "unbroadcast",
        LAYER_NORM,
        partial(_vjp, 1, 3, summed=1),
        "weight and bias are summed over features, not over the batch",
    ),
    bug("sign", LAYER_NORM, partial(_vjp, 1, 3, variance=-1.0), "the variance's part is added"),
    bug(
        "dropped",
        RMS_NORM,
        lambda xp, g, out, x, weight: _rms_vjp(xp, g, x, weight, through=0.0),
        "the root mean square is taken for a constant",
    ),
    bug(
        "off-by-one",
        RMS_NORM,
        lambda xp, g, out, x, weight: _rms_vjp(xp, g, x, weight, power=2),
        "the weight's gradient is divided by the square",
    ),
    bug(
        "dropped",
        FILM,
        lambda xp, g, out, x, scale, shift: (g * scale, xp.sum(g * x, 1, True), xp.sum(g, 1, True)),
        "the 1 of 1 + scale is missing",
    ),
    bug(
        "unbroadcast",
        FILM,
        lambda xp, g, out, x, scale, shift: (
            g * (1.0 + scale),
            xp.sum(g * x, 1, True),
            xp.constant(np.full((3, 1), 1.0 / 3.0)) * xp.sum(g),
        ),
        "the shift is summed over everything and spread",
    ),
)
