"""Bugs in primitives that make few numbers of many: sums, means, norms, softmax, extremes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .records import Mutant, bug, operation, real

SUM = operation(
    "sum along 4 of a square",
    "primitive",
    {"x": real(4, 4)},
    lambda xp, x: xp.sum(x, 1),
    lambda xp, g, out, x: (g.reshape(4, 1) * xp.constant(np.ones((4, 4))),),
)
MEAN = operation(
    "mean along 4",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: xp.sum(x, 1) / 4.0,
    lambda xp, g, out, x: (g.reshape(3, 1) * xp.constant(np.full((3, 4), 0.25)),),
)
VARIANCE = operation(
    "unbiased variance",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: xp.sum(_centred(xp, x) * _centred(xp, x), 1) / 3.0,
    lambda xp, g, out, x: (2.0 / 3.0 * g.reshape(3, 1) * _centred(xp, x),),
)
SOFTMAX = operation(
    "softmax of a square",
    "primitive",
    {"x": real(4, 4)},
    lambda xp, x: _softmax(xp, x),
    lambda xp, g, out, x: (out * (g - xp.sum(g * out, 1, True)),),
)
LOG_SOFTMAX = operation(
    "log_softmax of a square",
    "primitive",
    {"x": real(4, 4)},
    lambda xp, x: x - _logsumexp(xp, x),
    lambda xp, g, out, x: (g - xp.exp(out) * xp.sum(g, 1, True),),
)
LOGSUMEXP = operation(
    "logsumexp",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: _logsumexp(xp, x),
    lambda xp, g, out, x: (g * xp.exp(x - out),),
)
NORM = operation(
    "norm",
    "primitive",
    {"x": real(2)},
    lambda xp, x: xp.hypot(x[0], x[1]),
    lambda xp, g, out, x: (g * x / xp.where(out == 0.0, 1.0 + 0.0 * out, out),),
)
NORMALIZE = operation(
    "x / |x|",
    "primitive",
    {"x": real(3)},
    lambda xp, x: x / xp.sqrt(xp.sum(x * x)),
    lambda xp, g, out, x: ((g - out * xp.sum(g * out)) / xp.sqrt(xp.sum(x * x)),),
)
AMAX = operation(
    "amax along 4",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: xp.amax(x, 1),
    lambda xp, g, out, x: (g.reshape(3, 1) * _shares(xp, x, out),),
)
SORT = operation(
    "sort",
    "primitive",
    {"x": real(5)},
    lambda xp, x: _order(xp, x) @ x,
    lambda xp, g, out, x: (_order(xp, x).T @ g,),
)
MEDIAN = operation(
    "median of 5",
    "primitive",
    {"x": real(5)},
    lambda xp, x: (_order(xp, x) @ x)[2],
    lambda xp, g, out, x: (g * _order(xp, x)[2],),
)
MAX_POOL = operation(
    "maximum of neighbours",
    "primitive",
    {"x": real(5)},
    lambda xp, x: xp.maximum(x[1:], x[:-1]),
    lambda xp, g, out, x: (_pooled(xp, g, x, "both"),),
)


def _centred(xp: Any, x: Any) -> Any:
    return x - xp.sum(x, 1, True) / 4.0


def _softmax(xp: Any, x: Any) -> Any:
    exponentials = xp.exp(x - xp.detach(xp.amax(x, 1, True)))
    return exponentials / xp.sum(exponentials, 1, True)


def _logsumexp(xp: Any, x: Any) -> Any:
    largest = xp.detach(xp.amax(x, 1, True))
    return xp.log(xp.sum(xp.exp(x - largest), 1, True)) + largest


def _hits(xp: Any, x: Any, out: Any) -> Any:
    return xp.where(x == out.reshape(3, 1), 1.0, 0.0)


def _shares(xp: Any, x: Any, out: Any) -> Any:
    return _hits(xp, x, out) / xp.sum(_hits(xp, x, out), 1, True)


def _order(xp: Any, x: Any, breaks_ties: bool = True) -> Any:
    """The permutation that sorts: 1 in row k, where the k-th smallest element is."""
    x = xp.detach(x)
    smaller = xp.where(x.reshape(1, 5) < x.reshape(5, 1), 1.0, 0.0)
    equal = xp.where(x.reshape(1, 5) == x.reshape(5, 1), 1.0, 0.0)
    before = xp.constant(np.tri(5, k=-1))
    ranks = xp.sum(smaller + (equal * before if breaks_ties else 0.0), 1)
    return xp.where(xp.constant(np.arange(5.0)).reshape(5, 1) == ranks.reshape(1, 5), 1.0, 0.0)


def _pooled(xp: Any, g: Any, x: Any, mode: str) -> Any:
    zero = xp.constant(np.zeros(1))
    right = xp.where(x[1:] > x[:-1], 1.0, xp.where(x[1:] == x[:-1], 0.5, 0.0))
    left = 1.0 - right
    if mode == "ties":
        left, right = xp.where(left > 0.0, 1.0, 0.0), xp.where(right > 0.0, 1.0, 0.0)
    if mode == "no ties":
        left, right = xp.where(left == 1.0, 1.0, 0.0), xp.where(right == 1.0, 1.0, 0.0)
    from_left = xp.concat([zero, g * right], 0)
    from_right = xp.concat([g * left, zero], 0)
    if mode == "last":
        taken = xp.concat([left, zero], 0) > 0.0
        return xp.where(taken, from_right, from_left)
    return from_left + from_right


MUTANTS: tuple[Mutant, ...] = (
    bug(
        "transposed",
        SUM,
        lambda xp, g, out, x: (g.reshape(1, 4) * xp.constant(np.ones((4, 4))),),
        "stretched along the other dimension",
    ),
    bug(
        "off-by-one",
        MEAN,
        lambda xp, g, out, x: (g.reshape(3, 1) * xp.constant(np.full((3, 4), 1.0 / 3.0)),),
        "divided by one less than there are",
    ),
    bug(
        "off-by-one",
        VARIANCE,
        lambda xp, g, out, x: (0.5 * g.reshape(3, 1) * _centred(xp, x),),
        "divided by 4 as if it were biased",
    ),
    bug(
        "dropped",
        VARIANCE,
        lambda xp, g, out, x: (2.0 / 3.0 * g.reshape(3, 1) * x,),
        "the mean is not taken off",
    ),
    bug(
        "dropped",
        SOFTMAX,
        lambda xp, g, out, x: (out * g * (1.0 - out),),
        "the diagonal of the Jacobian only",
    ),
    bug(
        "transposed",
        SOFTMAX,
        lambda xp, g, out, x: (out * (g - xp.sum(g * out, 0, True)),),
        "summed along the other dimension, which is as long",
    ),
    bug(
        "dropped",
        LOG_SOFTMAX,
        lambda xp, g, out, x: (g - xp.exp(out) * g,),
        "the sum over the cotangent is missing",
    ),
    bug(
        "operand",
        LOG_SOFTMAX,
        lambda xp, g, out, x: (g - out * xp.sum(g, 1, True),),
        "the logarithm, not the share itself",
    ),
    bug(
        "factor",
        LOGSUMEXP,
        lambda xp, g, out, x: (g * xp.exp(x - out - 1e-4),),
        "an epsilon of 1e-4 in the exponent against overflow",
    ),
    bug(
        "zero",
        NORM,
        lambda xp, g, out, x: (g * x / out,),
        "0 / 0 where all are 0, which is no subgradient",
    ),
    bug(
        "factor",
        NORMALIZE,
        lambda xp, g, out, x: ((g - 0.9999 * out * xp.sum(g * out)) / xp.sqrt(xp.sum(x * x)),),
        "the part along x is not quite taken off",
    ),
    bug(
        "dropped",
        NORMALIZE,
        lambda xp, g, out, x: (g / xp.sqrt(xp.sum(x * x)),),
        "the norm is taken for a constant",
    ),
    bug(
        "tie",
        AMAX,
        lambda xp, g, out, x: (g.reshape(3, 1) * _hits(xp, x, out),),
        "every one of several largest gets it all",
    ),
    bug(
        "tie",
        AMAX,
        lambda xp, g, out, x: (g.reshape(3, 1) * xp.where(_shares(xp, x, out) == 1.0, 1.0, 0.0),),
        "several largest get nothing",
    ),
    bug(
        "tie",
        SORT,
        lambda xp, g, out, x: (_order(xp, x, False).T @ g,),
        "equal elements share one rank: the next cotangent is lost",
    ),
    bug(
        "transposed",
        SORT,
        lambda xp, g, out, x: (_order(xp, x) @ g,),
        "the permutation in the place of its inverse",
    ),
    bug(
        "tie",
        MEDIAN,
        lambda xp, g, out, x: (g * xp.where(x == out, 1.0, 0.0),),
        "every element equal to the median gets it all",
    ),
    bug(
        "off-by-one",
        MEDIAN,
        lambda xp, g, out, x: (g * _order(xp, x)[3],),
        "the element one rank above the median gets it",
    ),
    bug(
        "overwrite",
        MAX_POOL,
        lambda xp, g, out, x: (_pooled(xp, g, x, "last"),),
        "the largest of two windows gets the share of one",
    ),
    bug(
        "tie",
        MAX_POOL,
        lambda xp, g, out, x: (_pooled(xp, g, x, "ties"),),
        "equal neighbours get all of it each",
    ),
)
