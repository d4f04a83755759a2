"""Bugs in primitives of linear algebra."""

from __future__ import annotations

from typing import Any

import numpy as np

from .records import Mutant, bug, operation, real

MATMUL = operation(
    "matmul of squares",
    "primitive",
    {"a": real(3, 3), "b": real(3, 3)},
    lambda xp, a, b: a @ b,
    lambda xp, g, out, a, b: (g @ b.T, a.T @ g),
)
QUADRATIC = operation(
    "x @ a @ x",
    "primitive",
    {"a": real(3, 3), "x": real(3)},
    lambda xp, a, x: xp.sum(x * (a @ x)),
    lambda xp, g, out, a, x: (g * x.reshape(3, 1) * x.reshape(1, 3), g * ((a + a.T) @ x)),
)
BILINEAR = operation(
    "x @ a @ y",
    "primitive",
    {"x": real(3), "a": real(3, 3), "y": real(3)},
    lambda xp, x, a, y: xp.sum(x * (a @ y)),
    lambda xp, g, out, x, a, y: (
        g * (a @ y),
        g * x.reshape(3, 1) * y.reshape(1, 3),
        g * (a.T @ x),
    ),
)
OUTER = operation(
    "outer product",
    "primitive",
    {"a": real(3), "b": real(3)},
    lambda xp, a, b: a.reshape(3, 1) * b.reshape(1, 3),
    lambda xp, g, out, a, b: (g @ b, g.T @ a),
)
TRANSPOSE = operation(
    "transpose of a square",
    "primitive",
    {"x": real(3, 3)},
    lambda xp, x: 1.0 * x.T,
    lambda xp, g, out, x: (g.T,),
)
RESHAPE = operation(
    "reshape of (3, 4) to (4, 3)",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: 1.0 * x.reshape(4, 3),
    lambda xp, g, out, x: (g.reshape(3, 4),),
)
INVERSE = operation(
    "inverse",
    "primitive",
    {"a": real(2, 2)},
    lambda xp, a: _cofactors(xp, a).T / _determinant(a),
    lambda xp, g, out, a: (-(out.T @ g @ out.T),),
)
DETERMINANT = operation(
    "determinant",
    "primitive",
    {"a": real(2, 2)},
    lambda xp, a: _determinant(a),
    lambda xp, g, out, a: (g * _cofactors(xp, a),),
)
TRACE = operation(
    "trace of a product",
    "primitive",
    {"a": real(3, 3), "b": real(3, 3)},
    lambda xp, a, b: xp.sum(a * b.T),
    lambda xp, g, out, a, b: (g * b.T, g * a.T),
)
LOWER = operation(
    "lower triangle",
    "primitive",
    {"x": real(4, 4)},
    lambda xp, x: x * xp.constant(np.tri(4)),
    lambda xp, g, out, x: (g * xp.constant(np.tri(4)),),
)
DISTANCES = operation(
    "squared distances",
    "primitive",
    {"x": real(3, 2), "y": real(3, 2)},
    lambda xp, x, y: xp.sum(_differences(x, y) * _differences(x, y), 2),
    lambda xp, g, out, x, y: (
        2.0 * xp.sum(g.reshape(3, 3, 1) * _differences(x, y), 1),
        -2.0 * xp.sum(g.reshape(3, 3, 1) * _differences(x, y), 0),
    ),
)


def _determinant(a: Any) -> Any:
    return a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]


def _cofactors(xp: Any, a: Any) -> Any:
    return xp.stack([xp.stack([a[1, 1], -a[1, 0]], 0), xp.stack([-a[0, 1], a[0, 0]], 0)], 0)


def _differences(x: Any, y: Any) -> Any:
    return x.reshape(3, 1, 2) - y.reshape(1, 3, 2)


MUTANTS: tuple[Mutant, ...] = (
    bug("transposed", MATMUL, lambda xp, g, out, a, b: (g @ b, a.T @ g), "b is not transposed"),
    bug("transposed", MATMUL, lambda xp, g, out, a, b: (g @ b.T, a @ g), "a is not transposed"),
    bug(
        "transposed",
        QUADRATIC,
        lambda xp, g, out, a, x: (g * x.reshape(3, 1) * x.reshape(1, 3), 2.0 * g * (a @ x)),
        "as if the matrix were symmetric",
    ),
    bug(
        "transposed",
        BILINEAR,
        lambda xp, g, out, x, a, y: (
            g * (a @ y),
            g * y.reshape(3, 1) * x.reshape(1, 3),
            g * (a.T @ x),
        ),
        "the matrix gets y x^T, not x y^T",
    ),
    bug("transposed", OUTER, lambda xp, g, out, a, b: (g.T @ b, g @ a), "the cotangent is"),
    bug("transposed", TRANSPOSE, lambda xp, g, out, x: (1.0 * g,), "the cotangent is not"),
    bug(
        "transposed",
        RESHAPE,
        lambda xp, g, out, x: (1.0 * g.T,),
        "the cotangent is transposed to the shape, not reshaped",
    ),
    bug("transposed", INVERSE, lambda xp, g, out, a: (-(out @ g @ out),), "the inverses are not"),
    bug(
        "transposed",
        DETERMINANT,
        lambda xp, g, out, a: (g * _cofactors(xp, a).T,),
        "the adjugate in the place of the cofactors",
    ),
    bug("transposed", TRACE, lambda xp, g, out, a, b: (g * b, g * a.T), "b is not transposed"),
    bug("sign", INVERSE, lambda xp, g, out, a: (out.T @ g @ out.T,), "no minus"),
    bug(
        "sign",
        DETERMINANT,
        lambda xp, g, out, a: (g * xp.abs(_cofactors(xp, a)),),
        "the cofactors have no signs",
    ),
    bug(
        "sign",
        DISTANCES,
        lambda xp, g, out, x, y: (
            2.0 * xp.sum(g.reshape(3, 3, 1) * _differences(x, y), 1),
            2.0 * xp.sum(g.reshape(3, 3, 1) * _differences(x, y), 0),
        ),
        "y gets the sign of x",
    ),
    bug(
        "factor",
        MATMUL,
        lambda xp, g, out, a, b: (g @ b.T, 1.0001 * (a.T @ g)),
        "only the gradient of b is off",
    ),
    bug("operand", OUTER, lambda xp, g, out, a, b: (g @ a, g.T @ a), "a's gradient is made of a"),
    bug("operand", MATMUL, lambda xp, g, out, a, b: (g @ a.T, a.T @ g), "a's is made of a"),
    bug(
        "dropped",
        QUADRATIC,
        lambda xp, g, out, a, x: (g * x.reshape(3, 1) * x.reshape(1, 3), g * (a @ x)),
        "x is used twice and gets one half",
    ),
    bug(
        "off-by-one",
        LOWER,
        lambda xp, g, out, x: (g * xp.constant(np.tri(4, k=-1)),),
        "the diagonal is left out",
    ),
)
