"""What the report of a training run is made from: plain data, no model and no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final, get_args

import numpy as np
from numpy.typing import NDArray

from ...data.dataset import Task
from ...engine.checks import checked_choice

Numbers = NDArray[Any]
Floats = NDArray[np.float64]

_TASKS: tuple[Task, ...] = get_args(Task)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Boundary:
    """What a model with two inputs answers over a part of the plane, in the inputs' own units.

    Attributes
    ----------
    across, up : array
        The places of the grid along the first input, shape (W,), and along the second, shape
        (H,); both rise in even steps.
    answers : array
        What the model says at each place, shape (H, W): codes of classes, or numbers.
    probabilities : array or None
        Those of all classes, shape (H, W, K), for smooth borders and paler colours where the model
        is less certain; None if it gives none, and for numbers.
    points : array
        Training rows, shape (N, 2).
    targets : array
        What is true of them, shape (N,): codes of classes, or numbers.

    Raises ``ValueError`` for shapes that do not fit together.
    """

    across: Numbers
    up: Numbers
    answers: Numbers
    probabilities: Numbers | None = None
    points: Numbers
    targets: Numbers

    def __post_init__(self) -> None:
        shape = (len(self.up), len(self.across))
        if min(shape) < 2:
            raise ValueError(
                f"Boundary: across and up must be at least 2 places each, got {shape[1]} and "
                f"{shape[0]}: a grid of 100 by 100 makes a smooth picture"
            )
        _check_shape("Boundary: answers", self.answers, shape)
        if self.probabilities is not None:
            classes = np.shape(self.probabilities)[-1]
            _check_shape("Boundary: probabilities", self.probabilities, (*shape, classes))
        _check_shape("Boundary: points", self.points, (len(self.targets), 2))


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Contents:
    """All that a report tells.

    Attributes
    ----------
    title : str
        The heading, such as the name of the data.
    command : str
        The command that trains the same model again; may be empty.
    task : str
        ``"regression"``, ``"binary"`` or ``"multiclass"``.
    target : str
        The name of what is predicted.
    classes : tuple or None
        The labels of the classes by their codes; None for a regression.
    notes : sequence of str
        Sentences: what was decided, what leaks, why training stopped.
    parts : mapping of str to int
        The rows of each part of the data: ``"train"``, ``"validation"``, ``"test"``.
    model : str
        The table of the model's layers, as text.
    history : sequence of mappings
        A row for each epoch, as :class:`~twingrad.optim.History` has them: ``"epoch"``, ``"loss"``,
        ``"validation_loss"``, ``"accuracy"`` and others. An entry may be None, nan or infinite.
    best_epoch : int or None
        The epoch whose weights the model has; None if none was better than others.
    rates : sequence of float
        The learning rate of each step.
    metrics : mapping of str to mappings of str to float
        The part, then the name of the figure: ``{"test": {"accuracy": 0.97}}``.
    truth, predicted : array
        For each row of the test part, shape (N,): codes of classes, or numbers in the target's
        own unit. Both are empty if there is no test part.
    probabilities : array or None
        Those of the classes, shape (N, K); None if the model gives none.
    features : tuple of str
        The names of the inputs, as many as columns; empty for images.
    inputs : array
        The inputs of the test part as they were given, before scaling: cells, shape (N, F), of any
        kind, or images of grey or colour, shape (N, height, width) or (N, height, width, 3).
    rows : array
        The number of each row of the test part in its source, shape (N,).
    flow : sequence of (int, mapping of str to float)
        An epoch, and the norm of the gradient of each parameter at its end, by the parameter's
        name, from the input to the output.
    boundary : Boundary or None
        For two inputs: the answers over a part of the plane.
    facts : mapping of str to str
        What belongs at the end: seed, duration, versions.

    Raises ``ValueError`` for a task that is none, and for fields whose lengths differ.
    """

    title: str
    command: str = ""
    task: Task
    target: str
    classes: tuple[Any, ...] | None = None
    notes: Sequence[str] = ()
    parts: Mapping[str, int] = field(default_factory=dict)
    model: str = ""
    history: Sequence[Mapping[str, Any]] = ()
    best_epoch: int | None = None
    rates: Sequence[float] = ()
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    truth: Numbers
    predicted: Numbers
    probabilities: Numbers | None = None
    features: tuple[str, ...] = ()
    inputs: Numbers
    rows: Numbers
    flow: Sequence[tuple[int, Mapping[str, float]]] = ()
    boundary: Boundary | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checked_choice(self.task, "Contents: task", _TASKS)
        if (self.classes is None) != (self.task == "regression"):
            raise ValueError(
                f"Contents: classes must be the labels, and None for a regression, got "
                f"{self.classes!r:.40} for the task {self.task!r}: give what the Dataset has"
            )
        tested = len(self.truth)
        _check_shape("Contents: truth", self.truth, (tested,))
        _check_shape("Contents: predicted", self.predicted, (tested,))
        _check_shape("Contents: rows", self.rows, (tested,))
        if self.probabilities is not None:
            _check_shape("Contents: probabilities", self.probabilities, (tested, len(self.labels)))
        if len(self.inputs) != tested:
            raise ValueError(
                f"Contents: inputs must have {tested} rows, as truth has, got {len(self.inputs)}: "
                "give those of the test part"
            )
        if self.classes is not None:
            self._check_codes("truth", self.truth)
            self._check_codes("predicted", self.predicted)
        if self.classes is not None and self.boundary is not None:
            self._check_codes("boundary.answers", self.boundary.answers)
            self._check_codes("boundary.targets", self.boundary.targets)
            if self.boundary.probabilities is not None:
                shape = (*self.boundary.answers.shape, len(self.labels))
                what = "Contents: boundary.probabilities"
                _check_shape(what, self.boundary.probabilities, shape)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes as text; empty for a regression."""
        return tuple(map(str, self.classes or ()))

    @property
    def shows_images(self) -> bool:
        """Whether the inputs are images, of grey or of colour."""
        shape = np.shape(self.inputs)
        return len(shape) == 3 or (len(shape) == 4 and shape[3] == 3)

    def column(self, name: str) -> NDArray[np.float64]:
        """A column of the history as numbers; nan where there is none."""
        entries = [row.get(name) for row in self.history]
        return np.array([np.nan if each is None else float(each) for each in entries])

    def best_place(self) -> int | None:
        """The place of the best epoch in the history, if it is there."""
        epochs = [row.get("epoch") for row in self.history]
        is_known = self.best_epoch is not None and self.best_epoch in epochs
        return epochs.index(self.best_epoch) if is_known else None

    def has_column(self, name: str) -> bool:
        """Whether a row of the history has an entry of this name."""
        return any(row.get(name) is not None for row in self.history)

    def _check_codes(self, name: str, codes: Numbers) -> None:
        if codes.size and not (codes.min() >= 0 and codes.max() < len(self.labels)):
            raise ValueError(
                f"Contents: {name} must be codes from 0 to {len(self.labels) - 1}, as there are "
                f"{len(self.labels)} classes, got {codes.min()} to {codes.max()}: give places in "
                "classes, not labels"
            )


def _check_shape(what: str, array: Numbers, shape: tuple[int, ...]) -> None:
    if np.shape(array) != shape:
        raise ValueError(
            f"{what} must have the shape {shape}, got {np.shape(array)}: the fields belong together"
        )
