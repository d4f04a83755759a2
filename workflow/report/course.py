"""The figures of a run on the page: its metrics by part, and its history by epoch."""

from __future__ import annotations

import numpy as np

from ...engine.drawing.words import shortened
from ..measures import NAMES, names_shown
from .contents import Contents
from .numerals import are_numbers, cell, column
from .tables import table

_ALL = 20
"""A history of more epochs than this is shown in parts."""
_ENDS, _BETWEEN = 3, 11
"""So many epochs are shown of a long history at either end, and between these."""
_WIDEST = 40
"""Text is cut where it takes more columns than this."""
_HEADS = {**NAMES, "lr": "learning rate"}


def metrics_table(contents: Contents) -> str:
    """How many rows each part of the data has, and each figure in it; nothing if none is known."""
    parts = [*dict.fromkeys([*contents.parts, *contents.metrics])]
    rows = [["rows", *column([contents.parts.get(part) for part in parts])]]
    for name in names_shown(contents.metrics):
        figures = [contents.metrics.get(part, {}).get(name) for part in parts]
        rows.append([_head(name), *column(figures)])
    return table("By part of the data", ["", *parts], rows) if parts else ""


def history_table(contents: Contents) -> str:
    """The epochs: all of a short history, those that matter of a long one."""
    history = contents.history
    if not history:
        return ""
    names = list(dict.fromkeys(name for row in history for name in row))
    best = contents.best_place()
    places = shown_epochs(len(history), best)
    columns = []
    for name in names:
        values = [history[place].get(name) for place in places]
        is_numeric = are_numbers(values)
        columns.append(column(values) if is_numeric else [_fitted(cell(each)) for each in values])
    caption = f"{len(history):,} epochs" if len(history) > 1 else "One epoch"
    if len(places) < len(history):
        caption = f"{len(places)} of {caption}; all are in history.csv"
    if best is not None:
        caption += ". The best is marked"
    marked = [places.index(best)] if best is not None else []
    heads = [_head(name) for name in names]
    return table(caption, heads, [*zip(*columns)], words=(), marked=marked)


def shown_epochs(count: int, best: int | None) -> list[int]:
    """The places of the epochs that a table shows.

    >>> shown_epochs(3, None), shown_epochs(1000, 777)[-6:]
    ([0, 1, 2], [797, 896, 996, 997, 998, 999])
    """
    if count <= _ALL:
        return [*range(count)]
    between = np.linspace(_ENDS, count - 1 - _ENDS, _BETWEEN).astype(int).tolist()
    chosen = {*range(_ENDS), *between, *range(count - _ENDS, count)}
    return sorted(chosen if best is None else chosen | {best})


def _head(name: str) -> str:
    """A name of a figure as people write it."""
    part, _, rest = name.partition("_")
    if part in ("validation", "train", "test") and rest:
        return f"{part} {_head(rest)}"
    return _fitted(_HEADS.get(name, name.replace("_", " ")))


def _fitted(text: str) -> str:
    return shortened(text, _WIDEST)
