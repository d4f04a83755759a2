"""The confusion of classes on the page: a coloured matrix, or the mistakes that matter."""

from __future__ import annotations

import numpy as np

from ...data.wording import counted
from ...engine.drawing.words import markup
from .confusion import (
    MOST_CLASSES,
    counted_pairs,
    most_confused,
    shares_of_rows,
    strength,
)
from .contents import Contents
from .labels import cut
from .numerals import ABSENT, percent, whole_percent
from .tables import framed, table

_PAIRS = 20
_ROOMY = 14
"""The cells of more classes than this are narrow."""


def confusion_table(contents: Contents) -> str:
    """The matrix of up to 26 classes; of more, the classes that are confused most."""
    labels = contents.labels
    counts = counted_pairs(contents.truth, contents.predicted, len(labels))
    if len(labels) > MOST_CLASSES:
        return _pairs(counts, labels)
    shares, of_answers = shares_of_rows(counts), shares_of_rows(counts.T)
    names = [markup(cut(label, 20)) for label in labels]
    lines = []
    for i, name in enumerate(names):
        cells = [_cell(counts[i, j], shares[i, j], right=i == j) for j in range(len(names))]
        ends = (
            f'<td class="edge">{_share(shares[i, i])}</td><td class="edge">{counts[i].sum()}</td>'
        )
        lines.append(f'<tr><th scope="row">{name}</th>{"".join(cells)}{ends}</tr>')
    below = [f'<td class="edge">{_share(of_answers[j, j])}</td>' for j in range(len(names))]
    lines.append(
        f'<tr class="last"><th scope="row" class="edge">precision</th>{"".join(below)}'
        f'<td class="edge"></td><td class="edge">{counts.sum()}</td></tr>'
    )
    top = [f'<th scope="col"><span>{name}</span></th>' for name in names]
    edge = '<th scope="col" class="edge">'
    top = ["<td>true \\ predicted</td>", *top, f"{edge}recall</th>", f"{edge}rows</th>"]
    caption = (
        "Test rows: each line is a true class, each column what was predicted. Shares are of the "
        "line; recall is the share of a class that is found, precision the share of answers that "
        "are right."
    )
    kinds = ["matrix"]
    if len(labels) > _ROOMY:
        kinds.append("dense")
    if max(map(len, labels)) > (2 if len(labels) > _ROOMY else 6) and len(labels) > 4:
        kinds.append("turned")
    return framed(caption, "".join(top), lines, " ".join(kinds))


def _cell(count: int, share: float, *, right: bool) -> str:
    if not count:
        return '<td class="none">0</td>'
    kind = "right" if right else "wrong"
    return (
        f'<td class="{kind}" style="--share: {strength(share):.3f}">{count}'
        f"<small>{markup(whole_percent(share))}</small></td>"
    )


def _share(share: float) -> str:
    return ABSENT if np.isnan(share) else markup(whole_percent(share))


def _pairs(counts: np.ndarray, labels: tuple[str, ...]) -> str:
    found = most_confused(counts, _PAIRS)
    rows = [
        [
            cut(labels[each.truth], 40),
            cut(labels[each.predicted], 40),
            str(each.rows),
            percent(each.share),
        ]
        for each in found
    ]
    if not rows:
        return f"<p>None of the {counted(int(counts.sum()), 'test row')} is answered wrong.</p>"
    return table(
        f"The classes that are confused most, of {len(labels)}: how many test rows, and which "
        "share of the rows of the true class",
        ["true", "predicted", "rows", "share"],
        rows,
        words=(0, 1),
    )
