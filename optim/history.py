"""What training has measured, epoch by epoch."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, final

import numpy as np

from ..data.wording import counted
from ..engine.files import write_text
from ..nn.tables import aligned, short

Row = dict[str, Any]


@final
class History:
    """One row of measures for each epoch.

    Attributes
    ----------
    rows : list of dict
        The measures by name, in the order of the epochs:

        - ``epoch``, counted from 1, and ``step``, the updates so far;
        - ``loss``, the mean loss of the training rows while the epoch went on, dropout and
          augmentation included, and ``penalty``, that of the regularizers behind its last step;
        - ``accuracy`` on the same rows where the targets are classes;
        - ``validation_loss``, ``validation_accuracy`` and ``validation_`` with other measures;
        - ``lr``, the learning rate of the last step; ``gradient_norm``, the length of its gradient
          before clipping; ``seconds``, what the epoch took.
    stopped : str or None
        Why training ended before all epochs were done.
    interrupted : bool
        Whether it ended for now only, and resuming goes on.

    Examples
    --------
    >>> from twingrad.optim import History
    >>> history = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    >>> history["loss"], len(history), history.best_epoch
    ([0.5, 0.25], 2, 2)
    >>> print(history)
    epoch  loss
        1   0.5
        2  0.25
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self.rows: list[Row] = [dict(row) for row in rows]
        self.stopped: str | None = None
        self.interrupted = False

    @property
    def names(self) -> list[str]:
        """The measures that any epoch has, in the order of their first appearance."""
        return names_of(self.rows)

    def __getitem__(self, name: str) -> list[Any]:
        """One measure of all epochs; None where an epoch does not have it.

        Raises ``KeyError`` for a measure that no epoch has.
        """
        if name not in self.names:
            raise KeyError(f"History: there is no {name!r}: there are {', '.join(self.names)}")
        return [row.get(name) for row in self.rows]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @property
    def best_epoch(self) -> int | None:
        """The epoch with the lowest validation loss, or training loss where there is no other."""
        name = "validation_loss" if "validation_loss" in self else "loss"
        known = [row for row in self.rows if row.get(name) is not None and isfinite(row[name])]
        return min(known, key=lambda row: float(row[name]))["epoch"] if known else None

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a table, one line for each epoch; raises ``OSError`` where that is not possible."""
        write_text(path, csv_text(self.rows))

    def to_jsonl(self, path: str | os.PathLike[str]) -> None:
        """Write a JSON object for each epoch on a line of its own; errors as :meth:`to_csv`."""
        write_text(path, "".join(map(json_line, self.rows)))

    def __str__(self) -> str:
        if not self.rows:
            return "no epochs"
        names = self.names
        rows = [[_cell(row.get(name)) for name in names] for row in self.rows]
        return "\n".join(aligned([names, *rows], ">" * len(names)))

    def __repr__(self) -> str:
        names = f": {', '.join(self.names)}" if self.rows else ""
        return f"<History of {counted(len(self.rows), 'epoch')}{names}>"


def names_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The measures that any row has, in the order of their first appearance."""
    return [*dict.fromkeys(name for row in rows for name in row)]


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a table with heads; what a row does not have is left empty."""
    names = names_of(rows)
    lines = [csv_line([row.get(name) for name in names]) for row in rows]
    return csv_line(names) + "".join(lines)


def csv_line(cells: Iterable[Any]) -> str:
    """A line of a table, in which None is left empty."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def json_line(row: Mapping[str, Any]) -> str:
    """A row as a line of JSON, which has neither nan nor infinity: they become null."""
    return json.dumps({name: _plain(value) for name, value in row.items()}, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """A measure as JSON has it: no number of NumPy's, and none that is not finite."""
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not isfinite(plain) else plain


def _cell(value: Any) -> str:
    return short(value) if isinstance(value, float) or value is None else str(value)
