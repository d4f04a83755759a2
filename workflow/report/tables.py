"""Tables of a page, as HTML whose every text is escaped."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ...engine.drawing.words import markup


def table(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    words: Collection[int] = (0,),
    marked: Collection[int] = (),
) -> str:
    """A table whose first column names its rows; a wide one scrolls by itself.

    Parameters
    ----------
    caption : str
        What it shows.
    heads : sequence of str
        The heads of the columns.
    rows : sequence of sequence of str
        The cells, as many in each row as there are heads.
    words : collection of int
        The columns of text, which go to the left, as numbers do to the right.
    marked : collection of int
        The places of rows that stand out.
    """
    kinds = ["" if k in words else ' class="number"' for k in range(len(heads))]
    top = [f'<th scope="col"{kind}>{markup(head)}</th>' for head, kind in zip(heads, kinds)]
    lines = []
    for place, row in enumerate(rows):
        first, *others = map(markup, row)
        cells = [f"<td{kind}>{text}</td>" for text, kind in zip(others, kinds[1:])]
        mark = ' class="marked"' if place in marked else ""
        head = f'<th scope="row"{kinds[0]}>{first}</th>'
        lines.append(f"<tr{mark}>{head}{''.join(cells)}</tr>")
    return framed(caption, "".join(top), lines)


def framed(caption: str, top: str, lines: Sequence[str], kind: str = "plain") -> str:
    """A table of finished markup: the cells of its head, and whole rows."""
    label = markup(caption)
    return (
        f'<figure class="table"><figcaption>{label}</figcaption>\n'
        f'<div class="scroll" role="region" aria-label="{label}" tabindex="0">\n'
        f'<table class="{kind}" aria-label="{label}">\n<thead><tr>{top}</tr></thead>\n'
        "<tbody>\n" + "\n".join(lines) + "\n</tbody></table></div></figure>"
    )
