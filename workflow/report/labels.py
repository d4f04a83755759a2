"""Names of classes where there is little room."""

from __future__ import annotations

from ...engine.drawing.words import cells, one_line, shortened


def cut(label: str, columns: int) -> str:
    """A label on one line that takes at most so many columns: its beginning and its end.

    The ends of names that begin alike tell them apart.

    >>> cut("setosa", 16), cut("a rather long name 17", 16)
    ('setosa', 'a rather…name 17')
    """
    label = one_line(label)
    if cells(label) <= columns:
        return label
    half = columns // 2
    end = shortened(label[::-1], half).removesuffix("…")[::-1].lstrip()
    return shortened(label, half + columns % 2 + 1) + end
