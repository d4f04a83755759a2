"""Which columns can be predicted, and whether they are classes or numbers; checks of cells."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .columns import Column, is_missing, is_text, number_in
from .numerals import cure_of, likeness
from .wording import shortened

Wish = Literal["auto", "classification", "regression", "binary", "multiclass"]

FEW = 20
"""More different whole numbers than this are no classes, and in text they are numbers."""


def is_classes(column: Column, name: str, rows: NDArray[np.int64], wish: Wish = "auto") -> bool:
    """Whether a column is to be predicted as classes, and not as numbers.

    The rule is that of :class:`~twingrad.data.Preparation`; ``wish`` overrules it. Raises
    ``ValueError`` for missing cells and infinities, and for text that can be neither.
    """
    check_wish(wish)
    check_given(column, name, rows)
    if is_text(column):
        if wish == "auto":
            return _is_text_for_classes(column, name, rows)
        return wish != "regression"
    numbers = as_numbers(column, name, rows, "target")
    if wish != "auto":
        return wish != "regression"
    different = len(np.unique(numbers))
    return bool(different <= min(FEW, len(numbers) / 2) and (numbers % 1 == 0).all())


def check_given(column: Column, name: str, rows: NDArray[np.int64]) -> None:
    """Raise ``ValueError`` that names the first row where the target is missing."""
    missing = is_missing(column)
    if missing.any():
        raise ValueError(
            f"the target {name!r} must be given in each row, got {missing.sum()} missing, the "
            f"first in row {rows[missing.argmax()]}: leave these rows out"
        )


def as_numbers(
    column: Column, name: str, rows: NDArray[np.int64], noun: str
) -> NDArray[np.float64]:
    """A column as numbers, nan where they are missing; text may be numbers too.

    Raises ``ValueError`` that names the row of the first other text, or of an infinity.
    """
    if not is_text(column):
        numbers = column.astype(np.float64, copy=False)
    else:
        found = [np.nan if cell is None else number_in(cell) for cell in column.tolist()]
        if None in found:
            row = found.index(None)
            raise ValueError(
                f"the {noun} {name!r} must hold numbers, got {shortened(column.tolist()[row])} in "
                f"row {rows[row]}: {cure_of(column.tolist()[row])}"
            )
        numbers = np.array(found, dtype=np.float64)
    check_finite(numbers, name, rows, noun)
    return numbers


def check_finite(
    numbers: NDArray[np.float64], name: str, rows: NDArray[np.int64], noun: str
) -> None:
    """Raise ``ValueError`` that names the row of the first infinity; nan is let through."""
    infinite = np.isinf(numbers)
    if infinite.any():
        row = int(infinite.argmax())
        raise ValueError(
            f"the {noun} {name!r} must hold finite numbers, got {numbers[row]} in row "
            f"{rows[row]}: correct it, or leave the cell empty"
        )


def is_all_numbers(
    column: NDArray[np.object_], name: str, rows: NDArray[np.int64], noun: str
) -> bool:
    """Whether text is numbers, wherever it is not missing.

    Raises ``ValueError`` if most of it is: the first other cell is named.
    """
    present = [row for row, cell in enumerate(column) if cell is not None]
    other = [row for row in present if number_in(column[row]) is None]
    if 0 < 2 * len(other) <= len(present):
        raise ValueError(
            f"the {noun} {name!r} must hold numbers only, as most of its cells do, got "
            f"{shortened(column[other[0]])} in row {rows[other[0]]}: {cure_of(column[other[0]])}"
        )
    return not other


def check_wish(wish: str) -> None:
    """Raise ``ValueError`` for what is no kind of task."""
    if wish not in ("auto", "classification", "regression", "binary", "multiclass"):
        raise ValueError(
            "Preparation: task must be 'auto', 'classification', 'binary', 'multiclass' or "
            f"'regression', got {wish!r}: choose one"
        )


def _is_text_for_classes(column: NDArray[np.object_], name: str, rows: NDArray[np.int64]) -> bool:
    """Whether text is classes; not if it is many different numbers."""
    different = len(set(column))
    occurs_again = 2 * different <= len(column)
    if occurs_again and different <= FEW:
        return True
    if is_all_numbers(column, name, rows, "target"):
        return False
    if different > FEW and not occurs_again:
        like = likeness(column.tolist(), rows)
        raise ValueError(
            f"the target {name!r} must be classes that occur again and again, got {different} "
            f"different texts in {len(column)} rows"
            + (f", which {like}" if like else ": choose another column")
        )
    return True
