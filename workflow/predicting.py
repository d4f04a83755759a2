"""``predict`` and ``evaluate``: what a trained model says of other data, and how good that is."""

from __future__ import annotations

import csv
import errno
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset, Table, load
from ..data.answers import Label
from ..data.wording import counted
from ..engine.files import told, write_text
from ..nn import Module
from .blueprint import Blueprint, read_blueprint
from .config import StrPath
from .folder import Folder, plain, read_config
from .inputs import read_inputs
from .material import digest_of
from .measures import answers, figures
from .models import load_model


@final
@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a model says of rows.

    Attributes
    ----------
    target : str
        What is predicted.
    rows : array of shape (N,)
        The numbers of the rows: from 1 in tables, as errors count them, from 0 in arrays.
    prediction : array of shape (N,) or (N, k)
        Labels of classes, or numbers in the unit of the target.
    classes : tuple or None
        The labels of all classes; None for numbers.
    probabilities : array of shape (N, K) or None
        Those of the classes; None for numbers, and from a model that gives none.
    """

    target: str
    rows: NDArray[Any]
    prediction: NDArray[Any]
    classes: tuple[Label, ...] | None
    probabilities: NDArray[np.float64] | None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def columns(self) -> dict[str, list[Any]]:
        """All of it as a table: ``row``, ``prediction``, and ``probability of`` each class.

        Of k numbers in a row, each has a column: ``prediction 1`` and so on.
        """
        found = {"row": self.rows.tolist()}
        if self.prediction.ndim == 1:
            found["prediction"] = self.prediction.tolist()
        else:
            found |= {
                f"prediction {k}": each.tolist() for k, each in enumerate(self.prediction.T, 1)
            }
        if self.probabilities is not None and self.classes is not None:
            for label, chances in zip(self.classes, self.probabilities.T, strict=True):
                found[f"probability of {label}"] = chances.tolist()
        return found

    def to_csv(self) -> str:
        """The table as the text of a CSV file, numbers in full."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = self.columns
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue()

    def save(self, path: StrPath) -> None:
        """Write the table to a CSV file, whole or not at all.

        Raises ``OSError`` where that is not possible; an existing file is as it was then.
        """
        try:
            write_text(path, self.to_csv())
        except OSError as error:
            rule = "predict: out must be where a file can be written"
            raise told(error, rule, path, "make room there, or choose another") from None


class _Loaded(NamedTuple):
    """A run that can be used: what it is, and its network."""

    blueprint: Blueprint
    model: Module


def predict(folder: StrPath, data: StrPath) -> Predictions:
    """What the model of a run says of rows.

    Columns are matched by name; the target need not be among them. Others than those of training
    are ignored, with a ``UserWarning``.

    Parameters
    ----------
    folder : str or path
        The folder of the run.
    data : str or path
        A file (CSV, Parquet, .npz, .npy, idx images), or the name of a data set.

    Returns
    -------
    Predictions

    Raises
    ------
    OSError
        If there is no run in the folder, or no such file; if a file cannot be read.
    TypeError, ValueError
        For files of a run that are damaged, and for rows of another kind than it was trained on:
        missing columns are named.

    Examples
    --------
    >>> import os, tempfile
    >>> from twingrad import workflow
    >>> folder = os.path.join(tempfile.mkdtemp(), "moons")
    >>> config = workflow.Config(data="moons", hidden=[8], epochs=1)
    >>> _ = workflow.train(config, folder, say=lambda sentence: None)
    >>> predictions = workflow.predict(folder, "moons")
    >>> predictions.to_csv().splitlines()[0]
    'row,prediction,probability of upper,probability of lower'
    """
    loaded = _loaded(folder, "predict")
    source = read_inputs(data)
    preparation = loaded.blueprint.preparation
    found = answers(
        loaded.model, preparation.inputs(source), preparation, loaded.blueprint.aim.loss
    )
    _check_finite(found.outputs)
    is_classes = preparation.classes is not None
    return Predictions(
        target=preparation.target,
        rows=source.numbers if isinstance(source, Table) else np.arange(len(source)),
        prediction=preparation.inverse_target(found.predicted) if is_classes else found.predicted,
        classes=preparation.classes,
        probabilities=found.probabilities,
    )


def evaluate(folder: StrPath, data: StrPath) -> dict[str, float | None]:
    """How good the model of a run is on other rows, whose target is known.

    A ``UserWarning`` tells if they are those that it was trained on.

    Parameters
    ----------
    folder, data : str or path
        As for :func:`predict`.

    Returns
    -------
    dict of str to float or None
        The figures by name; see :func:`twingrad.workflow.measures.figures`. None for what is not
        defined, such as R² of a single row.

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed.
    OSError, TypeError, ValueError
        As :func:`predict`, and for targets that are missing, or of no class that was trained on.
    """
    loaded = _loaded(folder, "evaluate")
    blueprint = loaded.blueprint
    source = _answered(Folder(folder), data)
    if digest_of(source) == blueprint.digest:
        warnings.warn(
            "evaluate: the model was trained on most of these rows, so the figures are too good: "
            "those of its test part are in metrics.json",
            stacklevel=2,
        )
    prepared = blueprint.preparation.apply(source)
    preparation, loss = blueprint.preparation, blueprint.aim.loss
    found = answers(loaded.model, prepared.x, preparation, loss)
    own: dict[str, float | None] = plain(figures(loaded.model, prepared, found, preparation, loss))
    return own


def _loaded(folder: StrPath, what: str) -> _Loaded:
    """A run that can be used.

    A ``UserWarning`` tells if it is not finished. Errors begin with ``what``, where no model was
    saved yet; see :func:`predict` for others.
    """
    place = Folder(folder)
    blueprint = read_blueprint(place)
    if blueprint.state == "diverged":
        raise ValueError(
            f"{what}: the run must have a model, got {str(place.path)!r}, whose training diverged: "
            "train another one"
        )
    if blueprint.weights is None:
        raise FileNotFoundError(
            errno.ENOENT,
            f"{what}: the run must have a model, got {str(place.path)!r}, which has none yet: go "
            f"on with {place.resuming}",
        )
    if not place.model.is_file():
        raise FileNotFoundError(
            errno.ENOENT,
            f"{what}: {str(place.model)!r} is missing: write it again with {place.resuming}",
        )
    if blueprint.state != "finished":
        warnings.warn(
            f"{what}: the run in {str(place.path)!r} is not finished: go on with {place.resuming}",
            stacklevel=3,
        )
    return _Loaded(blueprint, load_model(blueprint.architecture, place.model, blueprint.weights))


def _check_finite(outputs: NDArray[Any]) -> None:
    """Warn of rows that the network has no number for."""
    broken = int((~np.isfinite(outputs).reshape(len(outputs), -1).all(axis=1)).sum())
    if broken:
        warnings.warn(
            f"predict: {counted(broken, 'prediction')} of {len(outputs)} are not finite: the "
            "model is of no use for these rows",
            stacklevel=3,
        )


def _answered(place: Folder, data: StrPath) -> Table | Dataset:
    """Rows with their target, which in a table is the column that the run predicts."""
    config = read_config(place.path)
    is_archive = Path(data).suffix.lower() == ".npz"
    return load(data, config.target if config is not None and is_archive else None)
