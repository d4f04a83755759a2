"""Rows of a data set, chosen by a slice, by their numbers, or by truth values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = slice | NDArray[np.intp] | NDArray[np.bool_]


def chosen_rows(rows: Any, count: int, what: str) -> Rows:
    """What an array of ``count`` rows can be indexed with; at least one row is chosen.

    Raises ``TypeError`` for what does not choose rows, ``IndexError`` for rows that are not there,
    and ``ValueError`` for no row: sentences that begin with ``what``.
    """
    if isinstance(rows, slice):
        found: Rows = rows
        number = len(range(*rows.indices(count)))
    else:
        found = _array(rows, count, what)
        number = int(found.sum()) if found.dtype == bool else len(found)
    if number == 0:
        raise ValueError(
            f"{what}: rows must choose at least one, got none of {count}: nothing can be learned "
            "from no row"
        )
    return found


def _array(rows: Any, count: int, what: str) -> NDArray[np.intp] | NDArray[np.bool_]:
    given = np.asarray(rows)
    if given.ndim != 1 or (given.dtype.kind not in "biu" and given.size):
        raise TypeError(
            f"{what}: rows must be a slice, whole numbers or truth values, got "
            f"{type(rows).__name__} {rows!r:.40}: write {_single(rows)} for a single row"
        )
    if given.dtype == bool:
        if len(given) != count:
            raise IndexError(
                f"{what}: truth values must be one for each of {count} rows, got {len(given)}: "
                "make them from all rows"
            )
        return given
    beyond = (given < -count) | (given >= count)
    if beyond.any():
        raise IndexError(
            f"{what}: rows must lie between {-count} and {count - 1}, got {given[beyond][0]}: "
            "count rows from 0"
        )
    return given.astype(np.intp)


def _single(row: Any) -> str:
    """How to choose one row: the one that was asked for, if it was."""
    if not isinstance(row, int | np.integer) or isinstance(row, bool):
        return "data[5:6]"
    return "data[-1:]" if row == -1 else f"data[{row}:{row + 1}]"
