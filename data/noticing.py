"""What is worth telling about the columns of a table, in sentences."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from .columns import Column, is_text
from .numerals import likeness
from .table import Table
from .wording import counted, listed


def comma_notes(table: Table) -> list[str]:
    """Which columns of a file were read with decimal commas, and which perhaps should have been."""
    read = [name for name in table.names if name in table.decimal_commas]
    if not read:
        return []
    with_points = [
        name for name in table.names if name in table.unclear and not is_text(table.column(name))
    ]
    notes = [f"{counted(len(read), 'column')} with decimal commas, 1,5 for 1.5: {listed(read)}"]
    return notes + [
        f"column {name!r} has points and no comma, so 1.234 in it is 1.234: remove the points if "
        "1234 is meant"
        for name in with_points
    ]


def reread_notes(table: Table, commas: Collection[str]) -> list[str]:
    """Which columns are only read with decimal commas because those of training were."""
    names = [name for name in table.names if name in table.unclear and name in commas]
    if not names:
        return []
    return [
        f"{counted(len(names), 'column')} with decimal commas, as in training, 1,234 for 1.234 and "
        f"1.234 for 1234: {listed(names)}"
    ]


def text_note(column: NDArray[np.object_], name: str, rows: NDArray[np.int64], kept: bool) -> str:
    """That text is no categories, if it is not kept as such, and what it looks like."""
    different = len({cell for cell in column if cell is not None})
    like = likeness(column.tolist(), rows)
    if kept:
        return f"column {name!r} is taken for {different} categories, which {like}" if like else ""
    return (
        f"column {name!r} is left out: {different} different texts in {len(column)} rows are no "
        "categories" + (f", and {like}" if like else "")
    )


def missing_note(name: str, count: int, median: float, rest: str) -> str:
    """What becomes of missing numbers; ``rest`` goes on with the sentence."""
    cells = "1 missing cell becomes" if count == 1 else f"{count} missing cells become"
    return f"column {name!r}: {cells} the median {median:g}, {rest}"


def numbers_rows(column: Column, rows: NDArray[np.int64]) -> bool:
    """Whether a column is the number of each row in its file, from 0 or from 1."""
    if is_text(column) or len(rows) < 2:
        return False
    return bool((column == rows).all() or (column == rows - 1).all())
