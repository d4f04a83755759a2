"""Rows of a table, looked up by their numbers."""

from __future__ import annotations

from typing import Any

from ...engine import formulas
from ...engine.shapes import whole_numbers
from ..backend import common_backend


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """The rows ``weight[input]``: a vector for each of the whole numbers in ``input``.

    The gradient of a row that is looked up several times is the sum over all of them.

    Parameters
    ----------
    input : whole numbers
        Of any shape ``(...)``, from 0 to rows - 1.
    weight : operand
        Of shape ``(rows, length)``.
    padding_idx : int, optional
        A row that gets no gradient; a negative one counts from the end.

    Returns
    -------
    operand
        Of shape ``(..., length)``.

    Raises
    ------
    IndexError
        If a number in ``input``, or ``padding_idx``, names no row.
    TypeError
        If ``input`` does not hold whole numbers, or is of the other twin.
    ValueError
        If ``weight`` does not have two dimensions.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.embedding([2, 0], Array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).tolist()
    [[5.0, 6.0], [1.0, 2.0]]
    """
    twin = common_backend("embedding", weight=weight, input=input)
    weight = twin.operand(weight)
    positions = twin.integers(input, "embedding: input")
    numbers = twin.numbers(positions)
    if weight.ndim != 2:
        raise ValueError(
            f"embedding: weight must have shape (rows, length), got {weight.shape}: give one row "
            "for each number"
        )
    rows = weight.shape[0]
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < rows:
        raise IndexError(
            f"embedding: input must lie between 0 and {rows - 1}, got numbers from {numbers.min()} "
            f"to {numbers.max()}: number the rows from 0, or build the layer with more of them"
        )
    found = weight[positions]
    if padding_idx is None:
        return found
    is_padding = positions == row_number(padding_idx, rows, "embedding: padding_idx")
    return formulas.where(is_padding[..., None], found.detach(), found)


def row_number(index: int, rows: int, what: str) -> int:
    """The number of a row counted from the front; ``IndexError`` for one that is not there."""
    (number,) = whole_numbers([index], what)
    if not -rows <= number < rows:
        raise IndexError(
            f"{what} must lie between {-rows} and {rows - 1}, got {number}: it names one of {rows} "
            "rows"
        )
    return number % rows
