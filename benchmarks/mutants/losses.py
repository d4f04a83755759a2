"""Bugs in losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from .records import Input, Mutant, Operation, bug, operation, positive, real, share

_LABELS = np.array([2, 0, 1])
_ONE_HOT = np.eye(4)[_LABELS]
_SIGNS = np.array([1.0, -1.0, -1.0, 1.0, 1.0, -1.0])


def _loss(name: str, inputs: dict[str, Input], forward: Any, vjp: Any) -> Operation:
    return operation(name, "loss", inputs, forward, vjp)


CROSS_ENTROPY = _loss(
    "cross-entropy",
    {"x": real(3, 4)},
    lambda xp, x: -xp.sum(_log_shares(xp, x) * xp.constant(_ONE_HOT)) / 3.0,
    lambda xp, g, out, x: (g * (xp.exp(_log_shares(xp, x)) - xp.constant(_ONE_HOT)) / 3.0,),
)
MSE = _loss(
    "mean squared error",
    {"x": real(6), "y": real(6)},
    lambda xp, x, y: xp.sum((x - y) * (x - y)) / 6.0,
    lambda xp, g, out, x, y: (g * (x - y) / 3.0, g * (y - x) / 3.0),
)
BCE = _loss(
    "binary cross-entropy of logits",
    {"x": real(6), "y": share(6)},
    lambda xp, x, y: xp.sum(xp.softplus(x) - x * y) / 6.0,
    lambda xp, g, out, x, y: (g * (xp.sigmoid(x) - y) / 6.0, -g * x / 6.0),
)
HUBER = _loss(
    "huber at 1",
    {"x": real(6)},
    lambda xp, x: xp.where(xp.abs(x) <= 1.0, 0.5 * x * x, xp.abs(x) - 0.5),
    lambda xp, g, out, x: (g * xp.where(xp.abs(x) <= 1.0, x, xp.sign(x)),),
)
HINGE = _loss(
    "hinge",
    {"x": real(6)},
    lambda xp, x: xp.maximum(1.0 - xp.constant(_SIGNS) * x, 0.0),
    lambda xp, g, out, x: (
        g * xp.where(xp.constant(_SIGNS) * x < 1.0, xp.constant(-_SIGNS), 0.0 * x),
    ),
)
GAUSSIAN = _loss(
    "negative log-likelihood of a Gaussian",
    {"mean": real(4), "spread": positive(4), "y": real(4)},
    lambda xp, mean, spread, y: (
        xp.log(spread) + 0.5 * ((y - mean) / spread) * ((y - mean) / spread)
    ),
    lambda xp, g, out, mean, spread, y: _gaussian_vjp(xp, g, mean, spread, y),
)
POISSON = _loss(
    "negative log-likelihood of Poisson",
    {"x": real(4), "y": positive(4)},
    lambda xp, x, y: xp.exp(x) - y * x,
    lambda xp, g, out, x, y: (g * (xp.exp(x) - y), -g * x),
)
KL = _loss(
    "Kullback-Leibler divergence",
    {"p": positive(4), "q": positive(4)},
    lambda xp, p, q: p * (xp.log(p) - xp.log(q)),
    lambda xp, g, out, p, q: (g * (xp.log(p) - xp.log(q) + 1.0), -g * p / q),
)
COSINE = _loss(
    "cosine distance",
    {"a": real(3), "b": real(3)},
    lambda xp, a, b: 1.0 - xp.sum(a * b) / (_length(xp, a) * _length(xp, b)),
    lambda xp, g, out, a, b: (
        -g * _cosine_slope(xp, a, b, 1.0 - out),
        -g * _cosine_slope(xp, b, a, 1.0 - out),
    ),
)
TRIPLET = _loss(
    "triplet",
    {"anchor": real(3), "near": real(3), "far": real(3)},
    lambda xp, a, n, f: xp.maximum(
        xp.sum((a - n) * (a - n)) - xp.sum((a - f) * (a - f)) + 1.0, 0.0
    ),
    lambda xp, g, out, a, n, f: (
        _active(xp, g, out) * 2.0 * (f - n),
        _active(xp, g, out) * 2.0 * (n - a),
        _active(xp, g, out) * 2.0 * (a - f),
    ),
)
FOCAL = _loss(
    "focal with exponent 2",
    {"x": real(6)},
    lambda xp, x: xp.sigmoid(-x) * xp.sigmoid(-x) * xp.softplus(-x),
    lambda xp, g, out, x: (_focal_vjp(xp, g, x, 1.0),),
)
DICE = _loss(
    "soft Dice",
    {"p": share(5), "y": share(5)},
    lambda xp, p, y: 1.0 - 2.0 * xp.sum(p * y) / (xp.sum(p) + xp.sum(y)),
    lambda xp, g, out, p, y: (_dice_slope(xp, g, p, y, 1.0), _dice_slope(xp, g, y, p, 1.0)),
)
PINBALL = _loss(
    "quantile 0.9",
    {"x": real(5), "y": real(5)},
    lambda xp, x, y: xp.maximum(0.9 * (y - x), 0.1 * (x - y)),
    lambda xp, g, out, x, y: (
        g * xp.where(y > x, -0.9, 0.1),
        g * xp.where(y > x, 0.9, -0.1),
    ),
)
LOG_COSH = _loss(
    "log-cosh",
    {"x": real(5)},
    lambda xp, x: xp.softplus(2.0 * x) - x - np.log(2.0),
    lambda xp, g, out, x: (g * xp.tanh(x),),
)
VARIATION = _loss(
    "smoothed total variation",
    {"x": real(6)},
    lambda xp, x: xp.sum(xp.hypot(1.0, x[1:] - x[:-1])),
    lambda xp, g, out, x: (g * _variation_slope(xp, x, 0),),
)
CONTRASTIVE = _loss(
    "contrastive",
    {"a": real(3, 3), "b": real(3, 3)},
    lambda xp, a, b: -xp.sum(_log_shares(xp, a @ b.T) * xp.constant(np.eye(3))),
    lambda xp, g, out, a, b: (
        g * _contrast(xp, a, b) @ b,
        g * _contrast(xp, a, b).T @ a,
    ),
)


def _log_shares(xp: Any, x: Any) -> Any:
    shifted = x - xp.detach(xp.amax(x, 1, True))
    return shifted - xp.log(xp.sum(xp.exp(shifted), 1, True))


def _gaussian_vjp(
    xp: Any, g: Any, mean: Any, spread: Any, y: Any, *, logarithm: float = 1.0, power: int = 3
) -> tuple[Any, ...]:
    residual = y - mean
    to_spread = logarithm / spread - residual * residual / spread**power
    return -g * residual / spread**2, g * to_spread, g * residual / spread**2


def _length(xp: Any, x: Any) -> Any:
    return xp.sqrt(xp.sum(x * x))


def _cosine_slope(xp: Any, a: Any, b: Any, cosine: Any) -> Any:
    unit_a, unit_b = a / _length(xp, a), b / _length(xp, b)
    return (unit_b - cosine * unit_a) / _length(xp, a)


def _active(xp: Any, g: Any, out: Any) -> Any:
    return g * xp.where(out > 0.0, 1.0, 0.0)


def _focal_vjp(xp: Any, g: Any, x: Any, weight: float) -> Any:
    miss = xp.sigmoid(-x)
    return -g * miss * miss * (weight * 2.0 * xp.sigmoid(x) * xp.softplus(-x) + miss)


def _dice_slope(xp: Any, g: Any, p: Any, y: Any, through: float) -> Any:
    total = xp.sum(p) + xp.sum(y)
    return -g * (2.0 * y / total - through * 2.0 * xp.sum(p * y) / (total * total))


def _variation_slope(xp: Any, x: Any, late: int) -> Any:
    step = x[1:] - x[:-1]
    slope = step / xp.hypot(1.0, step)
    zero = xp.constant(np.zeros(1))
    coming, going = xp.concat([zero, slope], 0), xp.concat([slope, zero], 0)
    return coming - going if not late else coming - xp.concat([going[late:], zero], 0)


def _contrast(xp: Any, a: Any, b: Any) -> Any:
    return xp.exp(_log_shares(xp, a @ b.T)) - xp.constant(np.eye(3))


MUTANTS: tuple[Mutant, ...] = (
    bug(
        "sign",
        CROSS_ENTROPY,
        lambda xp, g, out, x: (g * (xp.constant(_ONE_HOT) - xp.exp(_log_shares(xp, x))) / 3.0,),
        "targets minus shares",
    ),
    bug(
        "dropped",
        CROSS_ENTROPY,
        lambda xp, g, out, x: (g * (xp.exp(_log_shares(xp, x)) - xp.constant(_ONE_HOT)),),
        "the mean is not divided",
    ),
    bug(
        "off-by-one",
        CROSS_ENTROPY,
        lambda xp, g, out, x: (
            g * (xp.exp(_log_shares(xp, x)) - xp.constant(np.roll(_ONE_HOT, 1, 1))) / 3.0,
        ),
        "labels counted from 1",
    ),
    bug(
        "sign",
        MSE,
        lambda xp, g, out, x, y: (g * (x - y) / 3.0, g * (x - y) / 3.0),
        "the target gets the prediction's",
    ),
    bug(
        "factor",
        MSE,
        lambda xp, g, out, x, y: (0.3333 * g * (x - y), 0.3333 * g * (y - x)),
        "1 / 3 is typed with four digits",
    ),
    bug(
        "tail",
        BCE,
        lambda xp, g, out, x, y: (
            g * (xp.minimum(xp.maximum(xp.sigmoid(x), 0.01), 0.99) - y) / 6.0,
            -g * x / 6.0,
        ),
        "the probability is clipped in the gradient only",
    ),
    bug(
        "operand",
        BCE,
        lambda xp, g, out, x, y: (g * (xp.sigmoid(x) - y) / 6.0, -g * xp.sigmoid(x) / 6.0),
        "the target gets the probability, not the logit",
    ),
    bug(
        "tie",
        HUBER,
        lambda xp, g, out, x: (
            g * xp.where(xp.abs(x) < 1.0, x, xp.where(xp.abs(x) > 1.0, xp.sign(x), 0.0 * x)),
        ),
        "two masks leave out -1 and 1, where the slope is -1 and 1",
    ),
    bug(
        "zero",
        HUBER,
        lambda xp, g, out, x: (g * xp.where(xp.abs(x) <= 1.0, 2.0 * out / x, xp.sign(x)),),
        "2 * loss / x is 0 / 0 at both zeros",
    ),
    bug(
        "tie",
        HINGE,
        lambda xp, g, out, x: (
            g
            * xp.constant(-_SIGNS)
            * xp.where(
                xp.constant(_SIGNS) * x < 1.0,
                1.0,
                xp.where(xp.constant(_SIGNS) * x == 1.0, 2.0, 0.0),
            ),
        ),
        "on the margin the slope is twice the steeper one",
    ),
    bug(
        "dropped",
        GAUSSIAN,
        lambda xp, g, out, mean, spread, y: _gaussian_vjp(xp, g, mean, spread, y, logarithm=0.0),
        "the logarithm of the spread has no slope",
    ),
    bug(
        "off-by-one",
        GAUSSIAN,
        lambda xp, g, out, mean, spread, y: _gaussian_vjp(xp, g, mean, spread, y, power=2),
        "the exponent of the spread is not raised",
    ),
    bug(
        "operand",
        POISSON,
        lambda xp, g, out, x, y: (g * (xp.exp(x) - y), -g * xp.exp(x)),
        "the count gets the rate, not its logarithm",
    ),
    bug(
        "tail",
        POISSON,
        lambda xp, g, out, x, y: (g * (xp.exp(xp.minimum(x, 4.0)) - y), -g * x),
        "the rate is clipped in the gradient only",
    ),
    bug(
        "dropped",
        KL,
        lambda xp, g, out, p, q: (g * (xp.log(p) - xp.log(q)), -g * p / q),
        "the 1 of the product rule",
    ),
    bug(
        "operand",
        KL,
        lambda xp, g, out, p, q: (g * (xp.log(p) - xp.log(q) + 1.0), -g * q / p),
        "the quotient is turned over",
    ),
    bug(
        "dropped",
        COSINE,
        lambda xp, g, out, a, b: (
            -g * b / (_length(xp, a) * _length(xp, b)),
            -g * _cosine_slope(xp, b, a, 1.0 - out),
        ),
        "a's length is taken for a constant",
    ),
    bug(
        "operand",
        TRIPLET,
        lambda xp, g, out, a, n, f: (
            _active(xp, g, out) * 2.0 * (f - n),
            _active(xp, g, out) * 2.0 * (n - f),
            _active(xp, g, out) * 2.0 * (a - f),
        ),
        "near is compared with far, not with the anchor",
    ),
    bug("dropped", FOCAL, lambda xp, g, out, x: (_focal_vjp(xp, g, x, 0.0),), "the power's half"),
    bug(
        "factor", FOCAL, lambda xp, g, out, x: (_focal_vjp(xp, g, x, 1.0002),), "of the first half"
    ),
    bug(
        "dropped",
        DICE,
        lambda xp, g, out, p, y: (
            _dice_slope(xp, g, p, y, 0.0),
            _dice_slope(xp, g, y, p, 1.0),
        ),
        "the denominator is taken for a constant",
    ),
    bug(
        "tie",
        PINBALL,
        lambda xp, g, out, x, y: (
            g * xp.where(y > x, -0.9, xp.where(y < x, 0.1, 1.0)),
            g * xp.where(y > x, 0.9, xp.where(y < x, -0.1, -1.0)),
        ),
        "at a hit 1, where -0.9 to 0.1 is right",
    ),
    bug(
        "tail",
        LOG_COSH,
        lambda xp, g, out, x: (g * xp.where(xp.abs(x) > 4.0, xp.sign(x), xp.tanh(x)),),
        "taken as linear beyond 4, where tanh is 0.9993",
    ),
    bug("sign", VARIATION, lambda xp, g, out, x: (-g * _variation_slope(xp, x, 0),), "all of it"),
    bug(
        "off-by-one",
        VARIATION,
        lambda xp, g, out, x: (g * _variation_slope(xp, x, 1),),
        "each step is paired with the next one's end",
    ),
    bug(
        "transposed",
        CONTRASTIVE,
        lambda xp, g, out, a, b: (g * _contrast(xp, a, b) @ b, g * _contrast(xp, a, b) @ a),
        "b gets the rows, not the columns",
    ),
)
