"""The rows of the test part that went most wrong, on the page: as tables, or as images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...data.wording import counted
from ...engine.drawing.words import markup, shortened
from .choosing import confidence, errors_of, least_certain, said_and_true, worst
from .contents import Contents
from .numerals import ABSENT, are_numbers, cells, column, percent
from .tables import table
from .thumbnails import data_address, tones

_ROWS = 10
_IMAGES = 12
_INPUTS = 20
"""So many columns of the inputs are shown."""
_WIDEST = 32
"""Text of a cell is cut where it takes more columns than this."""


def examples(contents: Contents) -> str:
    """What went most wrong, and of classes what was least certain."""
    most = _IMAGES if contents.shows_images else _ROWS
    chosen = worst(contents, most)
    if contents.task == "regression":
        return _shown(contents, chosen, "The largest errors")
    parts = ["<p>Not one test row is answered wrong.</p>"]
    if chosen:
        wrong = int((contents.truth != contents.predicted).sum())
        some = "" if wrong == len(chosen) else f"{len(chosen)} of "
        is_sorted = wrong > 1 and contents.probabilities is not None
        order = ", the most certain first" if is_sorted else ""
        parts = [_shown(contents, chosen, f"{some}{counted(wrong, 'wrong answer')}{order}")]
    unsure = least_certain(contents, most)
    if unsure:
        parts.append(_shown(contents, unsure, "The least certain answers, right or wrong"))
    return "\n".join(parts)


def _shown(contents: Contents, places: Sequence[int], title: str) -> str:
    if contents.shows_images:
        return _images(contents, places, title)
    given = contents.inputs if np.ndim(contents.inputs) == 2 else np.empty((len(contents.rows), 0))
    columns = {"row": [str(row) for row in contents.rows[places]], **_answers(contents, places)}
    words = set() if contents.task == "regression" else {1, 2}
    heads = [*columns, *_names(contents, given.shape[1])[:_INPUTS]]
    texts = [*columns.values()]
    for values in given[places].T[:_INPUTS].tolist():
        if not are_numbers(values):
            words.add(len(texts))
        texts.append(cells(values))
    if given.shape[1] > _INPUTS:
        title += f"; the first {_INPUTS} of {given.shape[1]} inputs"
    rows = [[shortened(text, _WIDEST) for text in row] for row in zip(*texts)]
    return table(title, [shortened(head, _WIDEST) for head in heads], rows, words=words)


def _answers(contents: Contents, places: Sequence[int]) -> dict[str, list[str]]:
    """What is true of some rows and what was predicted, as columns by their heads."""
    if contents.task == "regression":
        return {
            "true": column(contents.truth[places].tolist()),
            "predicted": column(contents.predicted[places].tolist()),
            "error": column(errors_of(contents)[places].tolist()),
        }
    pairs = [said_and_true(contents, place) for place in places]
    return {
        "true": [true for _, true in pairs],
        "predicted": [said for said, _ in pairs],
        "probability": [
            ABSENT if np.isnan(each) else percent(each) for each in confidence(contents)[places]
        ],
    }


def _names(contents: Contents, count: int) -> Sequence[str]:
    if len(contents.features) == count:
        return contents.features
    return [f"x{k + 1}" for k in range(count)]


def _images(contents: Contents, places: Sequence[int], title: str) -> str:
    in_tones = tones(contents.inputs)
    sure = confidence(contents)
    items = []
    for place in places:
        said, true = (markup(shortened(each, 24)) for each in said_and_true(contents, place))
        row = markup(str(contents.rows[place]))
        share = "" if np.isnan(sure[place]) else f"{markup(percent(sure[place]))}, "
        items.append(
            f'<li><img src="{data_address(contents.inputs[place], in_tones)}" alt="row {row}">'
            f"<p>said <b>{said}</b>, is <b>{true}</b></p><p>{share}row {row}</p></li>"
        )
    return f'<h3>{markup(title)}</h3>\n<ul class="images">\n' + "\n".join(items) + "\n</ul>"
