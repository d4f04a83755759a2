"""The history of a training on disk, row by row while it goes on."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, final

from ..history import Row, csv_line, csv_text, json_line, names_of
from .appending import GrowingFile
from .base import Callback

if TYPE_CHECKING:
    from ..training.training import Training


class HistoryLog(Callback):
    """A file with a line for each epoch, which is written as soon as the epoch has ended."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = GrowingFile(path, type(self).__name__)
        self._last: list[Row] | None = None
        """The last row as it was written, if there is one; None if the file is not in order."""

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @abstractmethod
    def _text(self, rows: Sequence[Row]) -> str:
        """All that the file holds for these rows."""

    @abstractmethod
    def _line(self, row: Row) -> str | None:
        """What a row adds to what the file holds; None if that must change too."""

    def on_train_begin(self, training: Training) -> None:
        """Write the rows that training begins with, and nothing else."""
        self._write(training.history.rows, anew=True)

    def on_epoch_end(self, training: Training) -> None:
        """Write the row of the epoch."""
        rows = training.history.rows
        self._write(rows, anew=rows[-2:-1] != self._last)

    def on_train_end(self, training: Training) -> None:
        """Write what other callbacks have added to the last row."""
        rows = training.history.rows
        if self._last is not None and rows[-1:] != self._last:
            self._write(rows, anew=True)

    def _write(self, rows: Sequence[Row], anew: bool) -> None:
        """Write the last row, or all of them where that is not enough."""
        self._last = None
        line = None if anew else self._line(rows[-1])
        if line is None or not self._file.append(line.encode()):
            self._file.write(self._text(rows).encode())
        self._last = [dict(row) for row in rows[-1:]]


@final
class CSVLog(HistoryLog):
    """Keep the history as a table on disk while training goes on.

    There is a line for each epoch as soon as it has ended, with the columns of
    :class:`~twingrad.optim.History`. When training begins the file becomes what the history is
    then: a new training overwrites the file of another one; one that is resumed keeps the rows of
    its checkpoint, and no others that a killed process may have written, in full or in half.

    Parameters
    ----------
    path : str or path
        The file, in a folder that exists.

    Raises
    ------
    TypeError
        For what is no path.
    OSError
        While training runs, if the file cannot be written, as on a full disk: the rows before are
        still there.
    ValueError
        When training begins, if the path is that of a pipe or a device.

    Examples
    --------
    >>> import os, tempfile
    >>> import twingrad
    >>> from twingrad import data, nn, optim
    >>> log = optim.CSVLog(os.path.join(tempfile.mkdtemp(), "history.csv"))
    >>> model, points = nn.MLP(2, [4], 2), data.toys.moons(100)
    >>> history = twingrad.fit(model, points, epochs=3, callbacks=log)
    >>> lines = log.path.read_text().splitlines()
    >>> lines[0]
    'epoch,step,loss,accuracy,lr,gradient_norm,seconds'
    >>> len(lines)
    4
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path)
        self._columns: list[str] = []

    def _text(self, rows: Sequence[Row]) -> str:
        self._columns = names_of(rows)
        return csv_text(rows) if rows else ""

    def _line(self, row: Row) -> str | None:
        if not row.keys() <= {*self._columns}:
            return None
        return csv_line([row.get(name) for name in self._columns])


@final
class JSONLinesLog(HistoryLog):
    """Keep the history as JSON lines on disk while training goes on.

    As :class:`CSVLog` does, but each epoch is a JSON object on a line of its own, in which nan and
    infinities are null.

    Parameters
    ----------
    path : str or path
        The file, in a folder that exists.

    Raises
    ------
    TypeError, OSError, ValueError
        As :class:`CSVLog` does.

    Examples
    --------
    >>> import json, os, tempfile
    >>> import twingrad
    >>> from twingrad import data, nn, optim
    >>> log = optim.JSONLinesLog(os.path.join(tempfile.mkdtemp(), "history.jsonl"))
    >>> model, points = nn.MLP(2, [4], 2), data.toys.moons(100)
    >>> history = twingrad.fit(model, points, epochs=3, callbacks=log)
    >>> [json.loads(line)["epoch"] for line in log.path.read_text().splitlines()]
    [1, 2, 3]
    """

    def _text(self, rows: Sequence[Row]) -> str:
        return "".join(map(json_line, rows))

    def _line(self, row: Row) -> str:
        return json_line(row)
