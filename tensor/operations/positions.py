"""What an index means: positions counted from the front, masks as positions, views and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...engine.shapes import Shape
from ..coercion import array_from
from ..dtypes import bool_, int64, uint8
from ..primitive import PLAIN
from ..tracing import check_fixed, known, traced

EVERYTHING = slice(None)
"""The slice that leaves a dimension as it is."""


class Plan(NamedTuple):
    """An index, taken apart: first a view, then arrays of positions along its dimensions.

    Attributes
    ----------
    view : tuple or None
        The whole numbers, slices and None of the index, ending with an ellipsis; None where they
        leave the tensor as it is.
    dims : tuple of int
        The dimensions of the view that arrays stand for.
    arrays : tuple of arrays or Tensors
        The int64 positions, one for each of ``dims``.
    """

    view: tuple[Any, ...] | None
    dims: Shape
    arrays: tuple[Any, ...]


def planned(entries: Sequence[Any], shape: Shape) -> Plan:
    """The :func:`entries` of an index for a tensor of this shape, taken apart and checked.

    Raises ``IndexError`` for positions that are not there, and for too many entries.
    """
    counts = [_consumed(entry) for entry in entries]
    consumed = sum(counts)
    if consumed > len(shape) or sum([entry is Ellipsis for entry in entries]) > 1:
        raise IndexError(
            f"index must stand for at most the {len(shape)} dimensions of shape {shape} and hold "
            f"at most one '...', got an index for {consumed}: leave some of it out"
        )
    view: list[Any] = []
    dims: list[int] = []
    arrays: list[Any] = []
    dim = 0  # of the tensor: the one that the next entry stands for
    for entry, count in zip(entries, counts, strict=True):
        if entry is None:
            view.append(None)
        elif entry is Ellipsis:
            count = len(shape) - consumed
            view += [EVERYTHING] * count
        elif type(entry) is int:
            view.append(position(entry, shape[dim], dim))
        elif type(entry) is slice:
            view.append(checked_slice(entry, shape[dim]))
        else:
            found = _positions(entry, shape, dim)
            kept = sum([type(each) is not int for each in view])
            dims += range(kept, kept + len(found))
            arrays += found
            # True and False stand for no dimension: they add one, of length 1 or 0.
            view += [EVERYTHING if count else None] * len(found)
        dim += count
    is_whole = all([each is EVERYTHING for each in view])
    return Plan(None if is_whole else (*view, ...), tuple(dims), tuple(arrays))


def entries_of(index: Any) -> list[Any]:
    """The parts of an index: ints, slices, None, an ellipsis, arrays of bools, int64 positions.

    Raises ``TypeError`` for what is no index.
    """
    return [_entry(each) for each in (index if type(index) is tuple else (index,))]


def _entry(given: Any) -> Any:
    if given is None or given is Ellipsis or type(given) in (int, slice):
        return given
    found = _whole_or_truth(given, "index")
    return int(found.item()) if found.ndim == 0 and found.dtype == int64 else found


def as_positions(given: Any, what: str) -> Any:
    """Positions as an int64 array; a Tensor of int64 stays what it is.

    Raises ``TypeError`` where they are not whole numbers.
    """
    found = _whole_or_truth(given, what)
    if found.dtype != int64:
        raise TypeError(
            f"{what} must hold whole numbers, got dtype {found.dtype}: for a mask use "
            "masked_select(), or its nonzero()"
        )
    return found


def _whole_or_truth(given: Any, what: str) -> Any:
    """An array of bools, or int64 positions as an array or a Tensor.

    uint8 is refused, because it is a mask in one place and holds whole numbers in another.
    """
    given = known(given)
    array = getattr(given, "_data", given)
    if not isinstance(array, np.ndarray):
        if isinstance(given, str) or not isinstance(given, (list, tuple, *PLAIN)):
            raise TypeError(
                f"{what} must be made of whole numbers, slices, '...', None, masks and arrays of "
                f"positions, got {type(given).__name__} {given!r:.60}: convert it"
            )
        array = array_from(given, None, what)
        if not array.size and isinstance(given, list | tuple):
            array = array.astype(int64)
        given = array
    if array.dtype == int64:
        return given
    if array.dtype == bool_:
        return array
    if array.dtype.kind not in "iu" or array.dtype == uint8:
        raise TypeError(
            f"{what} must hold whole numbers or bools, got dtype {array.dtype}: convert positions "
            "with long(), and a mask with bool()"
        )
    return traced(array).astype(int64)


def _consumed(entry: Any) -> int:
    """How many dimensions one part of an index stands for; an ellipsis counts for none."""
    if entry is None or entry is Ellipsis:
        return 0
    return entry.ndim if is_mask(entry) else 1


def is_mask(entry: Any) -> bool:
    """Whether an entry is an array of bools."""
    return isinstance(entry, np.ndarray) and entry.dtype == bool_


def _positions(entry: Any, shape: Shape, dim: int) -> Sequence[Any]:
    """An array of positions as it is, a mask as arrays of the positions where it is true."""
    if not is_mask(entry):
        return (entry,)
    if not entry.ndim:
        return (np.zeros(int(entry), int64),)
    check_mask(entry, shape, dim)
    check_fixed(entry, "index: a mask", "use where(mask, x, 0), or masked_fill")
    found: Sequence[Any] = entry.nonzero()
    return found


def check_mask(mask: Any, shape: Shape, dim: int) -> None:
    """Raise ``IndexError`` where a mask does not cover the dimensions of ``shape`` from ``dim``."""
    if mask.shape != shape[dim : dim + mask.ndim]:
        raise IndexError(
            f"index: a mask must have the lengths of the dimensions that it stands for, got shape "
            f"{mask.shape} at dim {dim} of shape {shape}: compare the tensor itself, or reshape "
            "the mask"
        )


def position(index: int, length: int, dim: int) -> int:
    """A position counted from the front; ``IndexError`` for one that is not there."""
    if -length <= index < length:
        return index + length if index < 0 else index
    cure = f"count from 0 to {length - 1}, or from the end with negative numbers"
    raise IndexError(
        f"index {index} is out of range for dim {dim} of length {length}: "
        f"{cure if length else 'there are no elements'}"
    )


def checked_slice(given: slice, length: int) -> slice:
    """A slice with its bounds written out; ``ValueError`` where its step is not positive."""
    try:
        start, stop, step = given.indices(length)
    except TypeError:
        raise TypeError(
            f"index: the bounds of a slice must be whole numbers or None, got {given}: give ints"
        ) from None
    except ValueError:  # of Python, for a step of 0
        step = 0
    if step <= 0:
        raise ValueError(
            f"index: the step of a slice must be positive, got {given.step}: reverse with flip()"
        )
    return slice(start, stop, step)


def whole_number(given: Any, what: str) -> int:
    """A whole number as an int, also one in a tensor without dimensions."""
    if type(given) is int:
        return given
    found = _whole_or_truth(given, what)
    if found.dtype != int64 or found.ndim:
        raise TypeError(
            f"{what} must be one whole number, got {type(given).__name__} {given!r:.60}: give an "
            "int"
        )
    return int(found.item())


def check_positions(arrays: Sequence[Any], dims: Shape, shape: Shape) -> None:
    """Raise ``IndexError`` for a position that is not there, or arrays that do not broadcast."""
    plain = [getattr(array, "_data", array) for array in arrays]
    for array, dim in zip(plain, dims, strict=True):
        length = shape[dim]
        if array.size and (array.min() < -length or array.max() >= length):
            position(int(array[(array < -length) | (array >= length)][0]), length, dim)
    if len(plain) == 1:
        return
    try:
        np.broadcast_shapes(*[array.shape for array in plain])
    except ValueError:
        raise IndexError(
            "index: arrays of positions must broadcast against each other, got shapes "
            f"{' and '.join([str(array.shape) for array in plain])}: reshape them"
        ) from None
