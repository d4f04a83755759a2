"""How arrays lie in memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .subject import FloatArray

Layout = Callable[[FloatArray], FloatArray]
"""Gives a copy of an array that lies in memory in a certain way."""


def in_order(array: FloatArray) -> FloatArray:
    """A copy, row by row."""
    return np.array(array, order="C")


def scattered(array: FloatArray) -> FloatArray:
    """A copy that is transposed and has gaps between its elements, if it has dimensions.

    >>> import numpy as np
    >>> scattered(np.zeros((2, 3))).strides
    (16, 64)
    """
    wide = np.zeros([2 * length for length in reversed(array.shape)], array.dtype)
    view = wide.T[(slice(None, None, 2),) * array.ndim or ...]
    view[...] = array
    return view
