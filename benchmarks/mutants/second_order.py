"""Bugs that show in second derivatives only: the first ones are right.

Most come of a backward pass that takes what it saved for a constant, as code does that computes on
the numbers of tensors; the others of a backward pass with a rule of its own, which is wrong.
"""

from __future__ import annotations

from typing import Any

from .arithmetic import SCALE, TWICE
from .layers import GATE, LINEAR, SQUARE_LINEAR
from .losses import CROSS_ENTROPY, GAUSSIAN
from .normalizing import BATCH_NORM
from .products import INVERSE, MATMUL
from .records import Mutant, Operation, Rule, bug, operation, real
from .reductions import SOFTMAX

CUBE = operation(
    "cube",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: x * x * x,
    lambda xp, g, out, x: (3.0 * g * x * x,),
)
EXP = operation(
    "exp",
    "primitive",
    {"x": real(3, 4)},
    lambda xp, x: xp.exp(x),
    lambda xp, g, out, x: (g * out,),
)
SWISH = operation(
    "x * sigmoid(x)",
    "user's function",
    {"x": real(3, 4)},
    lambda xp, x: x * xp.sigmoid(x),
    lambda xp, g, out, x: (g * xp.sigmoid(x) * (1.0 + x * xp.sigmoid(-x)),),
)
_STEEPNESS = Rule(
    lambda xp, x: 3.0 * x * x,
    lambda xp, g, out, x: (6.0006 * g * x,),
)
_SWISH_SLOPE = Rule(
    lambda xp, x: xp.sigmoid(x) * (1.0 + x * xp.sigmoid(-x)),
    lambda xp, g, out, x: (g * xp.where(x < -2.0, 0.0 * x, _curvature(xp, x)),),
)
_ABS_SQUARE = Rule(
    lambda xp, x: 3.0 * x * x,
    lambda xp, g, out, x: (6.0 * g * xp.abs(x),),
)
_STRETCHED = Rule(
    lambda xp, g, weight: g @ weight,
    lambda xp, h, out, g, weight: (h @ weight.T, h.T @ g),
)


def _curvature(xp: Any, x: Any) -> Any:
    share = xp.sigmoid(x)
    return share * (1.0 - share) * (2.0 + x * (1.0 - 2.0 * share))


def _constant(correct: Operation, why: str, *positions: int) -> Mutant:
    """The right ``vjp`` with inputs taken for constants; position -1 is the output."""
    rule = correct.make()
    if not isinstance(rule, Rule):
        raise TypeError(f"{correct.name} is a row")

    def vjp(xp: Any, g: Any, out: Any, *inputs: Any) -> tuple[Any, ...]:
        held = [
            xp.detach(each) if position in positions else each
            for position, each in enumerate(inputs)
        ]
        return rule.vjp(xp, g, xp.detach(out) if -1 in positions else out, *held)

    return bug("second", correct, vjp, why)


MUTANTS: tuple[Mutant, ...] = (
    _constant(CUBE, "x is taken for a constant", 0),
    _constant(EXP, "the output is taken for a constant", -1),
    _constant(SWISH, "x is taken for a constant", 0),
    _constant(MATMUL, "the right factor is taken for a constant", 1),
    _constant(SCALE, "the number is taken for a constant", 0),
    _constant(SOFTMAX, "the shares are taken for constants", -1),
    _constant(INVERSE, "the inverse is taken for a constant", -1),
    _constant(LINEAR, "the weight is taken for a constant", 1),
    _constant(GATE, "the gate's weights are taken for constants", 2),
    _constant(BATCH_NORM, "x is taken for a constant", 0),
    _constant(CROSS_ENTROPY, "the logits are taken for constants", 0),
    _constant(GAUSSIAN, "the spread is taken for a constant", 1),
    bug(
        "second",
        CUBE,
        lambda xp, g, out, x: (g * xp.custom(_STEEPNESS)(x),),
        "the slope of 3 * x**2 is off by 1e-4",
    ),
    bug(
        "second",
        CUBE,
        lambda xp, g, out, x: (g * xp.custom(_ABS_SQUARE)(x),),
        "the slope of 3 * x**2 has no sign",
    ),
    bug(
        "second",
        SWISH,
        lambda xp, g, out, x: (g * xp.custom(_SWISH_SLOPE)(x),),
        "the slope of the slope is cut off below -2",
    ),
    bug(
        "second",
        SQUARE_LINEAR,
        lambda xp, g, out, x, weight, bias: (
            xp.custom(_STRETCHED)(g, weight),
            g.T @ x,
            xp.sum(g, 0),
        ),
        "the weight's share of the second derivative is transposed",
    ),
    bug(
        "second",
        TWICE,
        lambda xp, g, out, x: (g * (xp.sin(x) + xp.detach(x) * xp.cos(x)),),
        "x as a factor is taken for a constant",
    ),
)
