"""What losses are given: as operands of one twin, and refused where it does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.checks import number_within
from ...engine.formulas import where
from ...engine.shapes import Shape, broadcast_shape
from ..backend import first_of, may_hold, numbers_of, operands

TINY = float(np.float32(1e-12))
"""What keeps divisors from being 0: in single precision for every dtype, as in PyTorch."""


def paired(what: str, input: Any, target: Any) -> tuple[Any, Any]:
    """A prediction and what it should be, of one twin and one shape.

    Raises ``TypeError`` for a mix of twins, and ``ValueError`` for shapes that differ: PyTorch
    broadcasts some of them, which hides that a column was compared with a row.
    """
    input, target = operands(what, input=input, target=target)
    check_shape(target, input.shape, "target", what)
    return input, target


def check_shape(given: Any, shape: Shape, name: str, what: str) -> None:
    """Raise ``ValueError`` where an operand called ``name`` has another shape than the input."""
    if given.shape != shape:
        raise ValueError(
            f"{what}: {name} must have the shape of the input, {shape}, got {given.shape}: reshape "
            "or broadcast it first"
        )


def check_fits(weight: Any, shape: Shape, name: str, what: str) -> None:
    """Raise ``ValueError`` where weights do not broadcast to the shape of the input."""
    if weight.shape == shape:
        return
    if broadcast_shape([weight.shape, shape], f"{what}: {name} and input") != shape:
        raise ValueError(
            f"{what}: {name} must broadcast to the shape of the input, {shape}, got "
            f"{weight.shape}: give one weight for each element, or for each place along the last "
            "dimensions"
        )


def check_signs(target: Any, what: str) -> None:
    """Raise ``ValueError`` for a target with other elements than -1 and 1."""
    numbers = numbers_of(target)
    is_sign = np.abs(numbers) == 1
    if not np.logical_and.reduce(is_sign, axis=None):
        raise ValueError(
            f"{what}: target must hold -1 and 1 only, got {first_of(numbers, ~is_sign)}: write "
            "classes 0 and 1 as 2 * target - 1"
        )


def above_zero(number: Any, name: str, what: str) -> float:
    """A number above 0; ``ValueError`` for another one."""
    return number_within(number, f"{what}: {name}", "give a small one", above=0)


def lifted(operand: Any, least: float) -> Any:
    """The operand where it is at least ``least``, and ``least`` elsewhere, with slope 1 there too.

    A slope of 0 would keep what is too small from ever growing.
    """
    is_less = numbers_of(operand) < least
    if not may_hold(is_less):
        return operand
    return operand + where(is_less, least - operand.detach(), 0.0)
