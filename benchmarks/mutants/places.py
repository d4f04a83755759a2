"""Bugs in primitives that move numbers: gather, scatter, shift, join, slide a window."""

from __future__ import annotations

from typing import Any

import numpy as np

from .records import Mutant, bug, operation, real

_ROWS = np.array([0, 2, 2, 1])
_PICKED = np.eye(3)[_ROWS]
"""Multiplied from the left, it gathers the rows; transposed, it adds them up where they were."""
_LAST = _PICKED * np.array([[1], [0], [1], [1]])
_FIRST = _PICKED * np.array([[1], [1], [0], [1]])

GATHER = operation(
    "x[[0, 2, 2, 1]]",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: xp.constant(_PICKED) @ x,
    lambda xp, g, out, x: (xp.constant(_PICKED.T) @ g,),
)
SCATTER_ADD = operation(
    "index_add",
    "primitive",
    {"x": real(3, 2), "source": real(4, 2)},
    lambda xp, x, source: x + xp.constant(_PICKED.T) @ source,
    lambda xp, g, out, x, source: (g, xp.constant(_PICKED) @ g),
)
CUMSUM = operation(
    "cumsum along 4",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: xp.cumsum(x, 1),
    lambda xp, g, out, x: (_from_behind(xp, g),),
)
DIFF = operation(
    "differences of neighbours",
    "primitive",
    {"x": real(6)},
    lambda xp, x: x[1:] - x[:-1],
    lambda xp, g, out, x: (_padded(xp, g, 1, 0) - _padded(xp, g, 0, 1),),
)
ROLL = operation(
    "roll by 1",
    "primitive",
    {"x": real(5)},
    lambda xp, x: xp.concat([x[4:], x[:4]], 0),
    lambda xp, g, out, x: (xp.concat([g[1:], g[:1]], 0),),
)
PAD = operation(
    "a zero on either side",
    "primitive",
    {"x": real(5)},
    lambda xp, x: _padded(xp, x, 1, 1),
    lambda xp, g, out, x: (g[1:-1],),
)
SLICE = operation(
    "x[2:]",
    "primitive",
    {"x": real(6)},
    lambda xp, x: 1.0 * x[2:],
    lambda xp, g, out, x: (_padded(xp, g, 2, 0),),
)
CONCAT = operation(
    "concat of equal lengths",
    "primitive",
    {"a": real(3), "b": real(3)},
    lambda xp, a, b: xp.concat([a, b], 0),
    lambda xp, g, out, a, b: (g[:3], g[3:]),
)
CONVOLUTION = operation(
    "correlation of 8 with 3 weights",
    "primitive",
    {"x": real(8), "w": real(3)},
    lambda xp, x, w: w[0] * x[0:6] + w[1] * x[1:7] + w[2] * x[2:8],
    lambda xp, g, out, x, w: (_spread(xp, g, w, (0, 1, 2)), _taps(xp, g, x, (0, 1, 2))),
)
UPSAMPLE = operation(
    "every element twice",
    "primitive",
    {"x": real(4)},
    lambda xp, x: xp.stack([x, x], 1).reshape(8),
    lambda xp, g, out, x: (xp.sum(g.reshape(4, 2), 1),),
)


def _from_behind(xp: Any, g: Any) -> Any:
    return xp.flip(xp.cumsum(xp.flip(g, 1), 1), 1)


def _padded(xp: Any, x: Any, before: int, after: int) -> Any:
    parts = [xp.constant(np.zeros(before)), x, xp.constant(np.zeros(after))]
    return xp.concat(parts, 0)


def _spread(xp: Any, g: Any, w: Any, taps: tuple[int, ...]) -> Any:
    """What the input of the correlation gets: the weight ``taps[k]`` goes to the shift k."""
    return sum(_padded(xp, w[tap] * g, k, 2 - k) for k, tap in enumerate(taps))


def _taps(xp: Any, g: Any, x: Any, shifts: tuple[int, ...]) -> Any:
    return xp.stack([xp.sum(g * x[shift : shift + 6]) for shift in shifts], 0)


MUTANTS: tuple[Mutant, ...] = (
    bug(
        "overwrite",
        GATHER,
        lambda xp, g, out, x: (xp.constant(_LAST.T) @ g,),
        "of a row that is taken twice, the last cotangent remains: x.grad[index] = g",
    ),
    bug(
        "overwrite",
        GATHER,
        lambda xp, g, out, x: (xp.constant(_FIRST.T) @ g,),
        "of a row that is taken twice, the first cotangent remains",
    ),
    bug(
        "overwrite",
        CONVOLUTION,
        lambda xp, g, out, x, w: (
            xp.concat([w[0] * g, (w[2] * g)[4:]], 0),
            _taps(xp, g, x, (0, 1, 2)),
        ),
        "an element under several windows gets the share of one",
    ),
    bug("overwrite", UPSAMPLE, lambda xp, g, out, x: (g.reshape(4, 2)[:, 1],), "the copy remains"),
    bug(
        "off-by-one",
        GATHER,
        lambda xp, g, out, x: (xp.constant(np.roll(_PICKED, 1, 1).T) @ g,),
        "the row behind the right one gets the cotangent",
    ),
    bug(
        "off-by-one",
        SCATTER_ADD,
        lambda xp, g, out, x, source: (g, xp.constant(np.roll(_PICKED, 1, 0)) @ g),
        "the indices are read one place late",
    ),
    bug(
        "off-by-one",
        CUMSUM,
        lambda xp, g, out, x: (_from_behind(xp, g) - g,),
        "the sum from behind leaves out the element itself",
    ),
    bug(
        "off-by-one",
        DIFF,
        lambda xp, g, out, x: (
            _padded(xp, g, 1, 0) - xp.concat([xp.constant(np.zeros(1)), g[1:], g[:1] * 0.0], 0),
        ),
        "the first element gets nothing, the others what is due",
    ),
    bug(
        "off-by-one",
        ROLL,
        lambda xp, g, out, x: (xp.concat([g[2:], g[:2]], 0),),
        "rolled back by 2",
    ),
    bug("off-by-one", PAD, lambda xp, g, out, x: (1.0 * g[:-2],), "starts at the padding"),
    bug(
        "off-by-one",
        SLICE,
        lambda xp, g, out, x: (_padded(xp, g, 1, 1),),
        "the cotangent begins at 1, not at 2",
    ),
    bug(
        "off-by-one",
        CONVOLUTION,
        lambda xp, g, out, x, w: (_spread(xp, g, w, (0, 1, 2)), _taps(xp, g, x, (0, 1, 1))),
        "the last weight is paired with the shift of the one before",
    ),
    bug("transposed", CUMSUM, lambda xp, g, out, x: (xp.cumsum(g, 1),), "summed from the front"),
    bug(
        "transposed",
        ROLL,
        lambda xp, g, out, x: (xp.concat([g[4:], g[:4]], 0),),
        "rolled on, not back",
    ),
    bug(
        "transposed",
        CONVOLUTION,
        lambda xp, g, out, x, w: (_spread(xp, g, w, (2, 1, 0)), _taps(xp, g, x, (0, 1, 2))),
        "the kernel is flipped",
    ),
    bug("sign", DIFF, lambda xp, g, out, x: (_padded(xp, g, 0, 1) - _padded(xp, g, 1, 0),), "both"),
    bug("operand", CONCAT, lambda xp, g, out, a, b: (1.0 * g[3:], 1.0 * g[:3]), "exchanged"),
    bug(
        "dropped",
        CONVOLUTION,
        lambda xp, g, out, x, w: (
            _padded(xp, w[0] * g, 0, 2) + _padded(xp, w[1] * g, 1, 1),
            _taps(xp, g, x, (0, 1, 2)),
        ),
        "the last weight sends nothing back",
    ),
)
