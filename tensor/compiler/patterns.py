"""Patterns in a graph that can be computed in a simpler way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .graph import Value


def picked(value: Value, dim: int) -> tuple[Value, Value] | None:
    """What stands at the one place along a dimension where a value is not 0, and that place."""
    if not is_step(value, "where"):
        return None
    test, chosen, other = value.operands
    is_place = (
        is_step(test, "equal")
        and test.operands[0].kind == "position"
        and test.operands[0].attributes == (dim,)
        and test.operands[0].shape == value.shape
    )
    if not is_place or not is_number(other, 0.0):
        return None
    index = test.operands[1]
    fits = len(index.shape) == len(value.shape) and index.shape[dim] == 1
    if not fits or len(chosen.shape) != len(value.shape) or chosen.shape[dim] != 1:
        return None
    return (chosen, index) if chosen.shape == index.shape else None


def share_of(value: Value) -> tuple[Value, Value] | None:
    """``a`` and ``log(s)`` of their difference, where s sums exp(a), and no a is above 0.

    Then ``exp(a - log(s))``, the backward pass of log_softmax, is ``exp(a) / s``.
    """
    if not is_step(value, "sub"):
        return None
    shifted, logarithm = value.operands
    if not (is_step(shifted, "sub") and is_step(seen(logarithm), "log")):
        return None
    total = seen(logarithm).operands[0]
    summed, greatest = seen(total), seen(shifted.operands[1])
    if not (summed.kind == "reduce" and summed.attributes[0] == "add"):
        return None
    added = summed.operands[0]
    if not (is_step(added, "exp") and added.operands[0] is shifted):
        return None
    is_greatest = (
        greatest.kind == "reduce"
        and greatest.attributes == ("maximum", summed.attributes[1])
        and greatest.operands[0] is shifted.operands[0]
    )
    return (shifted, logarithm) if is_greatest else None


def is_step(value: Value, function: str) -> bool:
    """Whether a value is this step of a program."""
    return value.kind == "elementwise" and value.attributes == (function,)


def seen(value: Value) -> Value:
    """What a view is of."""
    return value.operands[0] if value.kind == "view" else value


def is_number(value: Value, number: float) -> bool:
    """Whether a value is a constant number; 0 and -0 are two."""
    return value.kind == "constant" and repr(float(value.attributes[0])) == repr(number)
