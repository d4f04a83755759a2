"""Gradients stretched to the shape that they stand for, and summed to the shape they go to."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.shapes import Shape
from .sums import sum_along

NDArray = np.ndarray[Any, np.dtype[Any]]


def stretched(array: Any, shape: Shape) -> NDArray:
    """An array that stands for all of ``shape``, written out in that shape."""
    full = np.empty(shape, array.dtype)
    full[...] = array
    return full


def summed_dims(shape: Shape, target: Shape) -> Shape:
    """The dimensions of ``shape`` along which ``target`` was stretched to it."""
    extra = len(shape) - len(target)
    inner = [extra + d for d, length in enumerate(target) if length != shape[extra + d]]
    return (*range(extra), *inner)


def summed_to(array: Any, shape: Shape, target: Shape) -> NDArray:
    """The sum of an array, which stands for ``shape``, over what ``target`` was stretched to."""
    if array.shape != shape:
        array = stretched(array, shape)
    dims = summed_dims(shape, target)
    total: NDArray = sum_along(array, dims)
    return total.reshape(target)
