"""Columns of a table: numbers as float64 with nan, or text with None, for what is missing."""

from __future__ import annotations

from collections.abc import Container, Sequence
from math import isnan
from numbers import Real
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64] | NDArray[np.object_]

MISSING = frozenset(
    ["", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "nan", "NaN", "-nan", "null", "NULL", "None"]
)
"""How files write that a cell is missing."""


def is_text(column: Column) -> TypeGuard[NDArray[np.object_]]:
    """Whether a column holds text, and not numbers."""
    return column.dtype == object


def is_missing(column: Column) -> NDArray[np.bool_]:
    """Which cells of a column are missing."""
    if is_text(column):
        return np.array([cell is None for cell in column], dtype=np.bool_)
    return np.isnan(column.astype(np.float64, copy=False))


def column_from(cells: Any, name: str) -> Column:
    """Cells as a column: numbers if all that are there are numbers, text if all are text.

    Raises ``TypeError`` for other cells, and where numbers and text are mixed.
    """
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "iuf" and cells.ndim == 1:
        return cells.astype(np.float64)
    if isinstance(cells, str) or not isinstance(cells, Sequence | np.ndarray):
        raise TypeError(
            f"Table: column {name!r} must be a sequence of cells, got {cells!r:.40}: give a list"
        )
    found = [_cell(cell, name, row) for row, cell in enumerate(cells, 1)]
    kinds = {type(cell) for cell in found if cell is not None}
    if kinds <= {float}:
        return np.array([np.nan if cell is None else cell for cell in found], dtype=np.float64)
    if float in kinds:
        row = next(k for k, cell in enumerate(found, 1) if isinstance(cell, str))
        raise TypeError(
            f"Table: column {name!r} must be all numbers or all text, got {found[row - 1]!r:.40} "
            f"in row {row} among numbers: write None for what is missing"
        )
    return text_column(found)


def text_column(cells: Sequence[str | float | None]) -> NDArray[np.object_]:
    """Text as a column."""
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


def number_in(text: str) -> float | None:
    """The number that a text is, infinity included; None if it is none, or says nan."""
    try:
        number = float(text)
    except ValueError:
        return None
    return None if isnan(number) or "_" in text else number


def numbers_from(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """Cells of a file as numbers, nan where they are missing; None if one is neither."""
    if "_" in "".join(cells):  # which Python reads in numbers, and files mean as text
        return None
    try:
        return np.array(["nan" if cell in MISSING else cell for cell in cells], dtype=np.float64)
    except ValueError:
        return None


def numbers_as_text(column: Column) -> NDArray[np.object_]:
    """A column as text, whole numbers as files write them.

    >>> import numpy as np
    >>> numbers_as_text(np.array([12.0, 0.5, np.nan])).tolist()
    ['12', '0.5', None]
    """
    if is_text(column):
        return column
    texts = [None if isnan(cell) else repr(cell).removesuffix(".0") for cell in column.tolist()]
    return text_column(texts)


def as_known_text(column: Column, known: Container[Any]) -> list[Any]:
    """A column as text; a number that is known with a decimal comma is written with one.

    >>> import numpy as np
    >>> as_known_text(np.array([38.5, 39.0]), ["38,5", "39"])
    ['38,5', '39']
    """
    cells: list[Any] = numbers_as_text(column).tolist()
    if is_text(column):
        return cells
    commas = [cell and cell.replace(".", ",") for cell in cells]
    return [comma if comma in known else cell for cell, comma in zip(cells, commas, strict=True)]


def _cell(cell: Any, name: str, row: int) -> float | str | None:
    """A cell as a float, a text, or None; pandas' own signs of missing have no common class."""
    match cell:
        case None:
            return None
        case bool() | np.bool_():
            return str(bool(cell))
        case str():
            return str(cell)
        case Real():
            number = float(cell)
            return None if isnan(number) else number
    if type(cell).__name__ in ("NAType", "NaTType"):
        return None
    raise TypeError(
        f"Table: column {name!r} must be numbers or text, got {type(cell).__name__} "
        f"{cell!r:.40} in row {row}: turn it into one of them"
    )
