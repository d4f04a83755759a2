"""Tables as text."""

from collections.abc import Sequence


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows under their heads, in columns: the first to the left, numbers to the right."""
    columns = [*zip(heads, *rows, strict=True)]
    widths = [max(map(len, column)) for column in columns]
    lines = []
    for row in [heads, *rows]:
        cells = [
            cell.rjust(width) if _is_number(rows, k) else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def short(number: float) -> str:
    """A number in three digits; a dash for nan, which stands for "not measured"."""
    return "-" if number != number else f"{number:.3g}"


def _is_number(rows: Sequence[Sequence[str]], column: int) -> bool:
    cells = [row[column] for row in rows]
    return bool(cells) and all(cell[:1] in "0123456789-+i" and cell for cell in cells)
