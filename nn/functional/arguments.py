"""What losses are given: as operands of one twin, and refused where it does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.operation import real_number
from ...engine.shapes import Shape, broadcast_shape
from ..backend import Backend, backend_of, operands


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
    if weight.shape != shape and broadcast_shape([weight.shape, shape], what) != shape:
        raise ValueError(
            f"{what}: {name} must broadcast to the shape of the input, {shape}, got "
            f"{weight.shape}: give one weight for each element, or for each place along the last "
            "dimensions"
        )


def numbers_of(operand: Any) -> NDArray[Any]:
    """The numbers of an operand of either twin, to be read only."""
    twin = backend_of(operand)
    return np.asarray(operand) if twin is None else twin.numbers(operand)


def signs(target: Any, what: str) -> NDArray[Any]:
    """The numbers of a target whose elements are -1 and +1; ``ValueError`` for others."""
    numbers = numbers_of(target)
    is_sign = numbers * numbers == 1
    if not np.logical_and.reduce(is_sign, axis=None):
        raise ValueError(
            f"{what}: target must hold -1 and 1 only, got {numbers[~is_sign].flat[0]}: write "
            "classes 0 and 1 as 2 * target - 1"
        )
    return numbers


def positive(number: Any, name: str, what: str) -> float:
    """A number above zero; ``ValueError`` for another one, ``TypeError`` for what is none."""
    found = real_number(number, f"{what}: {name}")
    if not found > 0:
        raise ValueError(f"{what}: {name} must be greater than 0, got {number}: give a small one")
    return found


def lifted(operand: Any, least: float) -> Any:
    """The operand where it is at least ``least``, and ``least`` elsewhere, with slope 1 there too.

    A slope of 0 would keep what is too small from ever growing.
    """
    gap = least - numbers_of(operand)
    return operand + np.maximum(gap, 0) if (gap > 0).any() else operand


def class_dim(input: Any, what: str) -> int:
    """The dimension of an input that runs over the classes: 0 of (C), 1 of (N, C, ...)."""
    if not input.ndim:
        raise ValueError(
            f"{what}: input must have shape (C), (N, C) or (N, C, ...) with C classes, got (): "
            "give one score for each class"
        )
    return 0 if input.ndim == 1 else 1


def class_weights(weight: Any, count: int, what: str) -> None:
    """Raise ``ValueError`` where there is not one weight for each class."""
    if weight.shape != (count,):
        raise ValueError(
            f"{what}: weight must hold one number for each of the {count} classes, got shape "
            f"{weight.shape}: give it the shape ({count},)"
        )


def classes(
    target: Any, input: Any, dim: int, twin: Backend, ignore_index: int | None, what: str
) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    """The classes in a target, and which of them count: None, if all do.

    A class that does not count, because it equals ``ignore_index``, is written as 0.

    Raises
    ------
    IndexError
        For a class that the input has no score for.
    TypeError
        For a target of other than whole numbers.
    ValueError
        For a target of another shape than the input has beside its classes.
    """
    found = twin.numbers(twin.integers(target, f"{what}: target"))
    shape = input.shape
    if found.shape != shape[:dim] + shape[dim + 1 :]:
        raise ValueError(
            f"{what}: target must have the shape {shape[:dim] + shape[dim + 1 :]} for an input of "
            f"shape {shape}, got {found.shape}: give one class for each row of scores"
        )
    index = found.astype(np.int64, copy=False)
    count = shape[dim]
    # Read without a sign, negative numbers are greater than any count: one pass finds both.
    fits = np.maximum.reduce(index.view(np.uint64), axis=None, initial=0) < max(count, 1)
    if fits and (ignore_index is None or not 0 <= ignore_index < count):
        return index, None
    kept = index != ignore_index
    wrong = index[kept & ((index < 0) | (index >= count))]
    if wrong.size:
        raise IndexError(
            f"{what}: target must hold classes from 0 to {count - 1}, as the input has {count}, "
            f"got {wrong[0]}: number the classes from 0, or give the input more scores"
        )
    return np.where(kept, index, 0), None if kept.all() else kept
