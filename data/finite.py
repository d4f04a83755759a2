"""Where an array holds nan or infinity."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .mapped import MappedRows, Numbers


def not_finite(array: NDArray[Any]) -> tuple[int, ...]:
    """The place of the first number that is nan or infinite, if there is one."""
    finite = np.isfinite(array)
    if finite.all():
        return ()
    return tuple(map(int, np.unravel_index(int(np.argmin(finite)), array.shape)))


def row_number(row: int, array: Numbers) -> int:
    """The number of a row in the memory map that it was chosen from, if there is one."""
    return int(array.rows[row]) if isinstance(array, MappedRows) else row


def place_of(place: tuple[int, ...], array: Numbers) -> str:
    """A place in words: its row, and where in the row.

    >>> import numpy as np
    >>> place_of((5, 2), np.zeros((9, 3))), place_of((5,), np.zeros(9))
    ('row 5, column 2', 'row 5')
    """
    row, *others = place
    where = "" if not others else f", column {others[0] if len(others) == 1 else tuple(others)}"
    return f"row {row_number(row, array)}{where}"
