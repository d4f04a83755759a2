"""Tables as text."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    """The lines of a table, heads included.

    Parameters
    ----------
    rows : sequence of sequence of str
        The cells, as many in each row as there are columns.
    sides : str
        ``<`` for each column whose cells go to the left, ``>`` for each whose go to the right, as
        numbers do.

    Examples
    --------
    >>> for line in aligned([("layer", "norm"), ("0", "12.5"), ("10", "3")], "<>"):
    ...     print(line)
    layer  norm
    0      12.5
    10        3
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def short(number: float | None) -> str:
    """A number in three digits; a dash for None, which stands for "not measured"."""
    return "-" if number is None else f"{number:.3g}"
