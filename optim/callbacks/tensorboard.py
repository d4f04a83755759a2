"""The history of a training, and its weights, as TensorBoard shows them."""

from __future__ import annotations

import io
import os
from numbers import Real
from time import time, time_ns
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from ...engine.checks import checked_count, checked_path
from ...engine.files import make_folder, told
from ...engine.optional import needed
from ...nn.backend import numbers_of
from ..history import Row
from .appending import GrowingFile
from .base import Callback

if TYPE_CHECKING:
    from ..training.training import Training

_BINS = 30
_VALIDATION = "validation_"
_PLACES = ("epoch", "step")


@final
class TensorBoard(Callback):
    """Write what training measures for TensorBoard, which draws it while training goes on.

    Each column of :class:`~twingrad.optim.History` becomes a curve over the steps, such as
    ``loss``, ``lr`` and ``gradient_norm``. Those of the validation data have the same names in a
    run of their own, so that both are drawn in one chart. Look at them with
    ``tensorboard --logdir folder``.

    A training that is resumed goes on with the curves of its checkpoint; a new one in a used
    folder takes the place of the one before.

    Parameters
    ----------
    folder : str or path
        Where the runs ``training`` and ``validation`` go; it is made if it is missing.
    histograms : int
        After how many epochs, again and again, the parameters are drawn as histograms; 0 for
        never.

    Raises
    ------
    ModuleNotFoundError
        If the package tensorboard is not installed; it comes with ``twingrad[tensorboard]``.
    TypeError, ValueError
        For arguments of other kinds, and out of range.
    OSError
        While training runs, if files cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import twingrad
    >>> from twingrad import data, nn, optim
    >>> model, points = nn.MLP(2, [4], 2), data.toys.moons(100)
    >>> board = optim.TensorBoard(tempfile.mkdtemp())  # doctest: +SKIP
    >>> history = twingrad.fit(model, points, callbacks=board)  # doctest: +SKIP
    """

    def __init__(self, folder: str | os.PathLike[str], *, histograms: int = 0) -> None:
        self.folder = checked_path(folder, "TensorBoard: folder")
        self._every = checked_count(histograms, "TensorBoard: histograms")
        self._records = _Records()
        self._files: dict[str, GrowingFile] = {}
        self._first_step = 0

    def on_train_begin(self, training: Training) -> None:
        """Begin new files, for what comes after the steps that are done."""
        rows = training.history.rows
        self._first_step = rows[-1]["step"] + 1 if rows else 0
        self._files = {}
        for run in ("training", "validation"):
            if (self.folder / run).exists():
                self._begin(run)

    def on_epoch_end(self, training: Training) -> None:
        """Write the row of the epoch, and the weights if it is their turn."""
        own, held_out = _curves(training.history.rows[-1])
        drawn = self._every and training.epoch % self._every == 0
        weights = training.model.named_parameters() if drawn else ()
        values = [self._records.scalar(name, value) for name, value in own.items()]
        values += [
            self._records.histogram(f"weights/{name}", numbers_of(each)) for name, each in weights
        ]
        self._write("training", training.step, values)
        values = [self._records.scalar(name, value) for name, value in held_out.items()]
        self._write("validation", training.step, values)

    def _write(self, run: str, step: int, values: list[Any]) -> None:
        """Add values to the file of a run, which is begun with the first of them."""
        if not values:
            return
        record = self._records.values(step, values)
        if run not in self._files or not self._files[run].append(record):
            self._begin(run, record)

    def _begin(self, run: str, record: bytes = b"") -> None:
        """Begin a file, with a record if there is one yet."""
        folder = self.folder / run
        try:
            make_folder(folder)
        except OSError as error:
            rule = "TensorBoard: folder must be one that can be written to"
            raise told(error, rule, folder, "choose another") from None
        seconds, nanoseconds = divmod(time_ns(), 10**9)  # files are read in the order of names
        name = f"events.out.tfevents.{seconds:010}.{nanoseconds:09}"
        self._files[run] = GrowingFile(folder / name, "TensorBoard")
        self._files[run].write(self._records.beginning(self._first_step) + record)


@final
class _Records:
    """What event files consist of, made with the package tensorboard."""

    def __init__(self) -> None:
        self._event, self._summary, self._writer = [
            needed(f"tensorboard.{module}", "TensorBoard", 'pip install "twingrad[tensorboard]"')
            for module in (
                "compat.proto.event_pb2",
                "compat.proto.summary_pb2",
                "summary.writer.record_writer",
            )
        ]

    def beginning(self, step: int) -> bytes:
        """The head of a file whose steps, from this one on, take the place of others before."""
        log = self._event.SessionLog
        return self._record(file_version="brain.Event:2") + self._record(
            step=step, session_log=log(status=log.START)
        )

    def values(self, step: int, values: list[Any]) -> bytes:
        """Values at a step."""
        return self._record(step=step, summary=self._summary.Summary(value=values))

    def scalar(self, name: str, value: float) -> Any:
        """A point of a curve."""
        return self._summary.Summary.Value(tag=name, simple_value=value)

    def histogram(self, name: str, numbers: NDArray[Any]) -> Any:
        """The distribution of numbers, of those that are finite."""
        finite = numbers[np.isfinite(numbers)].astype(np.float64)
        counts, edges = np.histogram(finite, _BINS)
        drawn = self._summary.HistogramProto(
            min=edges[0],
            max=edges[-1],
            num=len(finite),
            sum=finite.sum(),
            sum_squares=np.square(finite).sum(),
            bucket_limit=edges[1:],
            bucket=counts,
        )
        return self._summary.Summary.Value(tag=name, histo=drawn)

    def _record(self, **content: Any) -> bytes:
        file = io.BytesIO()
        event = self._event.Event(wall_time=time(), **content)
        self._writer.RecordWriter(file).write(event.SerializeToString())
        return file.getvalue()


def _curves(row: Row) -> tuple[dict[str, float], dict[str, float]]:
    """The measures of training and of validation, both by the names of the former."""
    numbers = {
        name: float(value)
        for name, value in row.items()
        if isinstance(value, Real) and name not in _PLACES
    }
    held_out = {
        name.removeprefix(_VALIDATION): value
        for name, value in numbers.items()
        if name.startswith(_VALIDATION)
    }
    own = {name: value for name, value in numbers.items() if not name.startswith(_VALIDATION)}
    return own, held_out
