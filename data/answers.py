"""The target as training rows had it: how answers become numbers to be learned, and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from .columns import Column, as_known_text, is_text
from .dataset import Dataset, Task, as_floats, real_array
from .mapped import Numbers
from .records import Record
from .scaling import Scale
from .targets import Wish, as_numbers, check_given, check_wish, is_classes
from .wording import listed, shortened

Label = str | int | float


class Target(ABC):
    """What is predicted."""

    name: str

    @property
    @abstractmethod
    def task(self) -> Task:
        """What is to be learned."""

    @property
    @abstractmethod
    def classes(self) -> tuple[Label, ...] | None:
        """The labels, in order: class k is ``classes[k]``. None in a regression."""

    @abstractmethod
    def encode(self, column: Column, rows: NDArray[np.int64]) -> NDArray[Any]:
        """A column as int64 classes, or as standardized numbers.

        Raises ``ValueError`` for labels that training had not, and text where numbers belong.
        """

    @abstractmethod
    def encode_dataset(self, dataset: Dataset) -> NDArray[Any]:
        """The answers of arrays: classes as they are, numbers standardized."""

    @abstractmethod
    def decode(self, predicted: NDArray[Any]) -> NDArray[Any]:
        """Predictions as a person reads them: labels of classes, numbers in their own unit."""

    @abstractmethod
    def described(self) -> str:
        """What it is, in a few words."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Plain data."""


@final
@dataclass(frozen=True, slots=True)
class ClassTarget(Target):
    """Classes, counted from 0 in the order of their labels."""

    name: str
    labels: tuple[Label, ...]

    @property
    def task(self) -> Task:
        """One of two classes, or of more."""
        return "binary" if len(self.labels) == 2 else "multiclass"

    @property
    def classes(self) -> tuple[Label, ...]:
        """The labels."""
        return self.labels

    def encode(self, column: Column, rows: NDArray[np.int64]) -> NDArray[Any]:
        """The class of each label."""
        check_given(column, self.name, rows)
        codes = {label: code for code, label in enumerate(self.labels)}
        if isinstance(self.labels[0], str):
            cells = as_known_text(column, codes)
        else:
            cells = as_numbers(column, self.name, rows, "target").tolist()
        found = [codes.get(cell, -1) for cell in cells]
        if -1 in found:
            row = found.index(-1)
            raise ValueError(
                f"the target {self.name!r} must be one of the classes that were trained on, "
                f"{listed(self.labels)}, got {shortened(cells[row])} in row {rows[row]}: leave the "
                "row out, or train with such rows"
            )
        return np.array(found, dtype=np.int64)

    def encode_dataset(self, dataset: Dataset) -> NDArray[Any]:
        """Classes as they are."""
        if dataset.classes != self.labels:
            raise ValueError(
                f"the target must be of the classes that were trained on, {listed(self.labels)}, "
                f"got {'numbers' if dataset.classes is None else listed(dataset.classes)}: prepare "
                "data of the same kind"
            )
        return np.asarray(dataset.y)

    def decode(self, predicted: NDArray[Any]) -> NDArray[Any]:
        """The label of each class."""
        if predicted.dtype.kind not in "biu":
            raise TypeError(
                "inverse_target: predicted must be classes as whole numbers, got "
                f"{predicted.dtype}: take the argmax of probabilities first"
            )
        if predicted.size and not 0 <= predicted.min() <= predicted.max() < len(self.labels):
            raise ValueError(
                f"inverse_target: predicted must be classes from 0 to {len(self.labels) - 1}, got "
                f"{predicted.min()} to {predicted.max()}: predict with the model that learned them"
            )
        labels: NDArray[Any] = np.array(self.labels)
        return labels[predicted.astype(np.int64)]

    def described(self) -> str:
        """The number of classes, and their labels."""
        return f"target {self.name!r}: {len(self.labels)} classes, {listed(self.labels)}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"kind": "classes", "name": self.name, "labels": [*self.labels]}


@final
@dataclass(frozen=True, slots=True)
class NumberTarget(Target):
    """Numbers, standardized."""

    name: str
    scale: Scale

    @property
    def task(self) -> Task:
        """A regression."""
        return "regression"

    @property
    def classes(self) -> None:
        """None."""
        return None

    def encode(self, column: Column, rows: NDArray[np.int64]) -> NDArray[Any]:
        """The numbers on the scale of the training rows."""
        check_given(column, self.name, rows)
        return self._scaled(as_numbers(column, self.name, rows, "target"))

    def encode_dataset(self, dataset: Dataset) -> NDArray[Any]:
        """The numbers on the scale of the training rows."""
        if dataset.classes is not None:
            raise ValueError(
                f"the target must be numbers, as in training, got classes "
                f"{listed(dataset.classes)}: make y floats"
            )
        return self._scaled(np.asarray(dataset.y))

    def _scaled(self, numbers: NDArray[Any]) -> NDArray[Any]:
        if numbers.shape[1:] != self.scale.mean.shape:
            raise ValueError(
                f"the target {self.name!r} must have rows of shape {self.scale.mean.shape}, as in "
                f"training, got {numbers.shape[1:]}: prepare data of the same kind"
            )
        return self.scale.apply(numbers)

    def decode(self, predicted: NDArray[Any]) -> NDArray[Any]:
        """Numbers in their own unit."""
        return self.scale.invert(as_floats(predicted))

    def described(self) -> str:
        """The range that numbers mostly lie in."""
        if self.scale.mean.ndim:
            return f"target {self.name!r}: {self.scale.mean.size} numbers for a regression"
        mean, std = float(self.scale.mean), float(self.scale.std)
        return f"target {self.name!r}: numbers for a regression, {mean:g} ± {std:g}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"kind": "numbers", "name": self.name, "scale": self.scale.to_dict()}


def target_of_column(
    column: Column, name: str, rows: NDArray[np.int64], wish: Wish
) -> ClassTarget | NumberTarget:
    """The target of a table; see :func:`twingrad.data.targets.is_classes` for the rule."""
    if not is_classes(column, name, rows, wish):
        return _numbers(as_numbers(column, name, rows, "target"), name)
    labels = sorted(set(column.tolist()))
    if not is_text(column) and all(label % 1 == 0 for label in labels):
        labels = [int(label) for label in labels]
    return _classes(tuple(labels), name, wish)


def target_of_dataset(dataset: Dataset, wish: Wish) -> ClassTarget | NumberTarget:
    """The target of arrays, whose dtype says whether it is classes."""
    check_wish(wish)
    if wish != "auto" and (wish == "regression") != (dataset.task == "regression"):
        raise ValueError(
            f"Preparation: task must be that of the data set, {dataset.task!r}, got {wish!r}: "
            "make y floats for a regression and whole numbers for classes"
        )
    if dataset.classes is None:
        return _numbers(dataset.y, dataset.target)
    return _classes(dataset.classes, dataset.target, wish)


def target_from(record: Record) -> ClassTarget | NumberTarget:
    """The target that ``to_dict`` told of."""
    name = record.text("name")
    if record.choice("kind", ("classes", "numbers")) == "numbers":
        return NumberTarget(name, Scale.from_record(record.record("scale")))
    labels = record.labels("labels")
    if len(labels) < 2:
        raise record.refused("labels", "at least two", [*labels])
    return ClassTarget(name, labels)


def decoded(target: Target, predicted: Any) -> NDArray[Any]:
    """Predictions as a person reads them."""
    return target.decode(real_array(predicted, "inverse_target: predicted"))


def _classes(labels: tuple[Label, ...], name: str, wish: Wish) -> ClassTarget:
    if len(labels) < 2:
        raise ValueError(
            f"the target {name!r} must have at least two classes, got {listed(labels)} in all "
            "rows: there is nothing to tell apart"
        )
    target = ClassTarget(name, labels)
    if wish in ("binary", "multiclass") and wish != target.task:
        raise ValueError(
            f"Preparation: task must fit the {len(labels)} classes of {name!r}, got {wish!r}: "
            f"choose {target.task!r}, or leave it out"
        )
    return target


def _numbers(numbers: Numbers, name: str) -> NumberTarget:
    scale = Scale.fit(numbers, f"the target {name!r}")
    if not scale.std.all():
        raise ValueError(
            f"the target {name!r} must differ between rows, got {numbers[0]} in all "
            f"{len(numbers)}: there is nothing to learn"
        )
    return NumberTarget(name, scale)
