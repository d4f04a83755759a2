"""Bugs in primitives that stretch their operands, and in those that use one of them twice."""

from __future__ import annotations

from typing import Any

import numpy as np

from .records import Mutant, bug, operation, real

_TORCH_SUMS = {"torch": "PyTorch sums a gradient that is too large by itself"}

ADD = operation(
    "add of (3, 4) and (4,)",
    "primitive",
    {"a": real(3, 4), "b": real(4)},
    lambda xp, a, b: a + b,
    lambda xp, g, out, a, b: (g, xp.sum(g, 0)),
)
MUL = operation(
    "mul of (3, 4) and (3, 1)",
    "primitive",
    {"a": real(3, 4), "b": real(3, 1)},
    lambda xp, a, b: a * b,
    lambda xp, g, out, a, b: (g * b, xp.sum(g * a, 1, True)),
)
SQUARE_MUL = operation(
    "mul of (4, 4) and (4,)",
    "primitive",
    {"a": real(4, 4), "b": real(4)},
    lambda xp, a, b: a * b,
    lambda xp, g, out, a, b: (g * b, xp.sum(g * a, 0)),
)
SCALE = operation(
    "a number times (3, 4)",
    "primitive",
    {"s": real(), "x": real(3, 4)},
    lambda xp, s, x: s * x,
    lambda xp, g, out, s, x: (xp.sum(g * x), g * s),
)
OUTER_SUM = operation(
    "add of (3, 1) and (1, 3)",
    "primitive",
    {"a": real(3, 1), "b": real(1, 3)},
    lambda xp, a, b: a + b,
    lambda xp, g, out, a, b: (xp.sum(g, 1, True), xp.sum(g, 0, True)),
)
SUB = operation(
    "sub of (2, 3, 4) and (3, 1)",
    "primitive",
    {"a": real(2, 3, 4), "b": real(3, 1)},
    lambda xp, a, b: a - b,
    lambda xp, g, out, a, b: (g, -xp.sum(xp.sum(g, 0), 1, True)),
)
TWICE = operation(
    "x * sin(x)",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: x * xp.sin(x),
    lambda xp, g, out, x: (g * (xp.sin(x) + x * xp.cos(x)),),
)
MATRIX_SQUARE = operation(
    "a @ a",
    "primitive",
    {"a": real(3, 3)},
    lambda xp, a: a @ a,
    lambda xp, g, out, a: (g @ a.T + a.T @ g,),
)
GRAM = operation(
    "x @ x.T",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: x @ x.T,
    lambda xp, g, out, x: ((g + g.T) @ x,),
)
POLYNOMIAL = operation(
    "x**3 - 2 * x**2 + x",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: x * x * x - 2.0 * x * x + x,
    lambda xp, g, out, x: (g * (3.0 * x * x - 4.0 * x + 1.0),),
)
PRODUCT = operation(
    "prod along 3",
    "primitive",
    {"x": real(4, 3)},
    lambda xp, x: x[:, 0] * x[:, 1] * x[:, 2],
    lambda xp, g, out, x: (
        g.reshape(4, 1) * xp.stack([x[:, 1] * x[:, 2], x[:, 0] * x[:, 2], x[:, 0] * x[:, 1]], 1),
    ),
)
CROSS = operation(
    "cross product",
    "primitive",
    {"a": real(3), "b": real(3)},
    lambda xp, a, b: _cross(xp, a, b),
    lambda xp, g, out, a, b: (_cross(xp, b, g), _cross(xp, g, a)),
)


def _cross(xp: Any, a: Any, b: Any) -> Any:
    first, second = xp.constant(np.array([1, 2, 0])), xp.constant(np.array([2, 0, 1]))
    return a[first] * b[second] - a[second] * b[first]


MUTANTS: tuple[Mutant, ...] = (
    bug(
        "unbroadcast",
        ADD,
        lambda xp, g, out, a, b: (g, g),
        "b gets the whole cotangent",
        _TORCH_SUMS,
    ),
    bug("unbroadcast", ADD, lambda xp, g, out, a, b: (g, g[0]), "b gets its first row only"),
    bug(
        "unbroadcast",
        MUL,
        lambda xp, g, out, a, b: (g * b, g * a),
        "b gets one number for each product",
        _TORCH_SUMS,
    ),
    bug(
        "unbroadcast",
        MUL,
        lambda xp, g, out, a, b: (g * b, xp.sum(g * a, 1, True) / 4.0),
        "b gets the mean, not the sum",
    ),
    bug(
        "unbroadcast",
        SQUARE_MUL,
        lambda xp, g, out, a, b: (g * b, xp.sum(g * a, 1)),
        "summed along the wrong dimension, which is as long",
    ),
    bug(
        "unbroadcast",
        SCALE,
        lambda xp, g, out, s, x: ((g * x)[0, 0], g * s),
        "the number gets the first element only",
    ),
    bug(
        "unbroadcast",
        OUTER_SUM,
        lambda xp, g, out, a, b: (xp.sum(g, 1, True), xp.sum(g, 1, True).T),
        "both are summed along the same dimension",
    ),
    bug(
        "unbroadcast",
        SUB,
        lambda xp, g, out, a, b: (g, -xp.sum(g[0], 1, True)),
        "one of two stretched dimensions is not summed",
    ),
    bug("overwrite", TWICE, lambda xp, g, out, x: (g * x * xp.cos(x),), "the sine's use remains"),
    bug("overwrite", MATRIX_SQUARE, lambda xp, g, out, a: (a.T @ g,), "the right use remains"),
    bug("overwrite", GRAM, lambda xp, g, out, x: (g.T @ x,), "the transposed use remains"),
    bug("operand", SCALE, lambda xp, g, out, s, x: (xp.sum(g * out), g * s), "out, not x"),
    bug("operand", CROSS, lambda xp, g, out, a, b: (_cross(xp, b, g), _cross(xp, g, b)), "b for a"),
    bug("sign", SUB, lambda xp, g, out, a, b: (g, xp.sum(xp.sum(g, 0), 1, True)), "b is added"),
    bug("sign", CROSS, lambda xp, g, out, a, b: (_cross(xp, g, b), _cross(xp, g, a)), "g x b"),
    bug(
        "transposed",
        GRAM,
        lambda xp, g, out, x: (2.0 * g @ x,),
        "as if the cotangent were symmetric",
    ),
    bug(
        "off-by-one",
        POLYNOMIAL,
        lambda xp, g, out, x: (g * (3.0 * x * x - 4.0 * x),),
        "the loop over coefficients stops one early",
    ),
    bug(
        "off-by-one",
        POLYNOMIAL,
        lambda xp, g, out, x: (g * (3.0 * x * x * x - 4.0 * x * x + x),),
        "exponents are not lowered by one",
    ),
    bug("zero", PRODUCT, lambda xp, g, out, x: ((g * out).reshape(4, 1) / x,), "0 / 0 at a zero"),
    bug(
        "zero",
        PRODUCT,
        lambda xp, g, out, x: (
            xp.where(x == 0.0, 0.0 * x, (g * out).reshape(4, 1) / xp.where(x == 0.0, 1.0 + x, x)),
        ),
        "the guard against a division by 0 gives 0, not the product of the others",
    ),
    bug(
        "factor",
        MATRIX_SQUARE,
        lambda xp, g, out, a: (g @ a.T + 1.0001 * (a.T @ g),),
        "one of two uses is off",
    ),
)
