"""Positions along a dimension, as ``gather`` and its kin take them on either twin: checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .shapes import Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray


def check_gather_index(index: NDArray[np.int64], shape: Shape, dim: int, what: str) -> None:
    """Raise what is wrong with an index that names elements along ``dim`` of ``shape``.

    ``ValueError`` for another number of dimensions, and where it is longer along other ones;
    ``IndexError`` for a position that is not there.
    """
    if max(index.ndim, 1) != len(shape):
        raise ValueError(
            f"{what}: index must have the {len(shape)} dimensions of the tensor, got shape "
            f"{index.shape} for {shape}: add dimensions with unsqueeze()"
        )
    if any([n > m for d, (n, m) in enumerate(zip(index.shape, shape)) if d != dim]):
        raise ValueError(
            f"{what}: index must be no longer than the tensor but along dim {dim}, got shape "
            f"{index.shape} for {shape}: leave some positions out"
        )
    check_from_zero(index, shape[dim], dim, what)


def check_from_zero(index: Any, length: int, dim: int, what: str) -> None:
    """Raise ``IndexError`` for a position that is negative or not there."""
    # Read without a sign, negative numbers are greater than any length: one pass finds both.
    if index.size and np.maximum.reduce(index.view(np.uint64), axis=None) >= length:
        worst = index[(index < 0) | (index >= length)][0]
        raise IndexError(
            f"{what}: index {worst} is out of range for dim {dim} of length {length}: positions "
            f"count from 0 to {length - 1}, and not from the end"
        )
