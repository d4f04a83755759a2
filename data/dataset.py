"""Arrays that a network can be trained on: inputs, answers, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self, final

import numpy as np
from numpy.typing import NDArray

from .rows import chosen_rows
from .wording import counted, listed

Task = Literal["regression", "binary", "multiclass"]


@final
class Dataset:
    """Inputs ``x`` and answers ``y``, row by row, ready for a network.

    Parameters
    ----------
    x : array of shape (N, ...)
        Finite numbers: float32 stays as it is, all else becomes float64. A memory map
        (``numpy.load(path, mmap_mode="r")``) must be float32 or float64 and is not read here:
        its numbers are checked when rows are taken from it.
    y : array of shape (N,) or (N, k)
        Whole numbers or truth values are classes, counted from 0, of shape (N,). Floats are what
        a regression is to predict, k numbers for each row.
    features : sequence of str, optional
        The names of the columns of an ``x`` of shape (N, F); x1, x2 and so on, if not given.
        An ``x`` with more dimensions, such as images (N, H, W), has none.
    target : str
        What ``y`` is called.
    classes : sequence, optional
        The label of each class, by which a class may be absent from ``y``. If it is not given,
        each class from 0 to the last must occur, and is its own label.
    name : str
        What the whole is called.

    Attributes
    ----------
    x : array of shape (N, ...)
    y : array of shape (N,) or (N, k)
        int64 for classes, else floats.
    task : {"regression", "binary", "multiclass"}
        What is to be learned: numbers, one of two classes, or one of more.
    classes : tuple or None
        A label for each class; None in a regression.
    features : tuple of str
    target, name : str

    Raises
    ------
    TypeError
        If ``x`` or ``y`` are no real numbers.
    ValueError
        If there are no rows, or not equally many; for nan and infinity; for classes that are not
        0, 1 and so on, and for a single class.

    Examples
    --------
    >>> from twingrad.data import Dataset
    >>> data = Dataset([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 0, 1], name="both")
    >>> data
    Dataset 'both': x (3, 2) float64, target 'target' with 2 classes: 0, 1
    >>> data[1:].y
    array([0, 1])
    >>> data.task, len(data), data.features
    ('binary', 3, ('x1', 'x2'))
    """

    x: NDArray[Any]
    y: NDArray[Any]
    task: Task
    classes: tuple[Any, ...] | None
    features: tuple[str, ...]
    target: str
    name: str

    def __init__(
        self,
        x: Any,
        y: Any,
        *,
        features: Sequence[str] | None = None,
        target: str = "target",
        classes: Sequence[Any] | None = None,
        name: str = "",
    ) -> None:
        self.x = _inputs(x)
        self.features = _feature_names(features, self.x.shape)
        self.target = target
        self.name = name
        self.y, self.classes = _answers(y, classes)
        if len(self.x) != len(self.y):
            raise ValueError(
                f"Dataset: x and y must have equally many rows, got {len(self.x)} and "
                f"{len(self.y)}: each row of x needs its answer"
            )
        if self.classes is None:
            self.task = "regression"
        else:
            self.task = "binary" if len(self.classes) == 2 else "multiclass"
        if not is_mapped(self.x):
            self._check_finite()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of ``x``: (N, ...)."""
        return self.x.shape

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Self:
        """A data set of some rows: a slice, their numbers, or truth values for all.

        A slice is a view; of a memory map only chosen rows are read, and those of a slice later.
        """
        chosen = chosen_rows(rows, len(self), "Dataset")
        part = object.__new__(type(self))
        part.__dict__.update(self.__dict__, x=self.x[chosen], y=self.y[chosen])
        if is_mapped(self.x) and not is_mapped(part.x):
            part._check_finite()
        return part

    def __repr__(self) -> str:
        name = f"Dataset {self.name!r}" if self.name else "Dataset"
        mapped = " in a memory map" if is_mapped(self.x) else ""
        if self.classes is None:
            answers = "" if self.y.ndim == 1 else f" of {counted(self.y.shape[1], 'number')}"
        else:
            answers = f" with {len(self.classes)} classes: {_labels(self.classes)}"
        return f"{name}: x {self.shape} {self.x.dtype}{mapped}, target {self.target!r}{answers}"

    def _check_finite(self) -> None:
        finite = np.isfinite(self.x)
        if not finite.all():
            row, *place = np.unravel_index(int(np.argmin(finite)), self.shape)
            where = self.features[place[0]] if self.features else tuple(map(int, place))
            raise ValueError(
                f"Dataset: x must be finite, got {self.x[(row, *place)]} in row {row}, feature "
                f"{where!r}: leave the row out, or fill in missing numbers with Preparation"
            )


def is_mapped(array: NDArray[Any]) -> bool:
    """Whether an array lies in a file, to be read piece by piece."""
    return isinstance(array, np.memmap)


def real_array(given: Any, what: str) -> NDArray[Any]:
    """An array of real numbers, as it is; ``TypeError``, beginning with ``what``, for all else."""
    try:
        array = given if isinstance(given, np.memmap) else np.asarray(given)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{what} must be an array, got rows of different lengths: give each as many numbers"
        ) from None
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"{what} must be real numbers of at most 64 bits, got dtype {array.dtype}: turn text "
            "and missing entries into numbers with Preparation"
        )
    return array


def as_floats(array: NDArray[Any]) -> NDArray[Any]:
    """The array if it is float32 or float64 as this machine has them, else as float64."""
    if array.dtype in (np.float32, np.float64):
        return array
    return array.astype(np.float64)


def _inputs(given: Any) -> NDArray[Any]:
    array = real_array(given, "Dataset: x")
    if is_mapped(array) and array.dtype not in (np.float32, np.float64):
        raise TypeError(
            f"Dataset: x in a memory map must be float32 or float64, got {array.dtype}: save the "
            "file with x.astype(numpy.float32), as converting it here would read all of it"
        )
    if array.ndim < 2 or 0 in array.shape:
        raise ValueError(
            f"Dataset: x must have the shape (N, ...) with at least one row and one number in it, "
            f"got {array.shape}: write x.reshape(-1, 1) if each row is a single number"
        )
    return as_floats(array)


def _feature_names(given: Sequence[str] | None, shape: tuple[int, ...]) -> tuple[str, ...]:
    if given is None:
        return tuple(f"x{k + 1}" for k in range(shape[1])) if len(shape) == 2 else ()
    names = tuple(given)
    expected = shape[1] if len(shape) == 2 else 0
    if isinstance(given, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"Dataset: features must be names, got {given!r:.60}: give a list of text")
    if len(names) != expected:
        raise ValueError(
            f"Dataset: features must be {counted(expected, 'name')} for x of shape {shape}, got "
            f"{len(names)}: name each column of a table, and nothing else"
        )
    return names


def _answers(
    given: Any, classes: Sequence[Any] | None
) -> tuple[NDArray[Any], tuple[Any, ...] | None]:
    array = np.asarray(real_array(given, "Dataset: y"))
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise ValueError(
            f"Dataset: y must have the shape (N,) or (N, k) with N and k at least 1, got "
            f"{array.shape}: give the answers row by row"
        )
    if array.dtype.kind == "f":
        return _numbers(array, classes), None
    return _classes(array, classes)


def _numbers(array: NDArray[Any], classes: Sequence[Any] | None) -> NDArray[Any]:
    if classes is not None:
        raise TypeError(
            f"Dataset: y must be whole numbers where classes are given, got {array.dtype}: write "
            "y.astype(int), or leave classes out for a regression"
        )
    finite = np.isfinite(array)
    if not finite.all():
        row, *column = np.unravel_index(int(np.argmin(finite)), array.shape)
        where = f"row {row}" + "".join([f", column {each}" for each in column])
        raise ValueError(
            f"Dataset: y must be finite, got {array[(row, *column)]} in {where}: leave the row out"
        )
    return as_floats(array)


def _classes(
    array: NDArray[Any], labels: Sequence[Any] | None
) -> tuple[NDArray[Any], tuple[Any, ...]]:
    if array.ndim != 1:
        raise ValueError(
            f"Dataset: y must have the shape (N,) for classes, got {array.shape}: write "
            "y.argmax(1) for classes as rows of 0 and 1, y.astype(float) for a regression"
        )
    least, greatest = int(array.min()), int(array.max())
    count = greatest + 1 if labels is None else len(labels)
    # Checked before anything as long as the greatest class is made.
    if least < 0 or greatest >= count or (labels is None and greatest >= len(array)):
        raise ValueError(_not_counted(least, greatest, labels))
    found = array.astype(np.int64, copy=False)
    if labels is None and not np.bincount(found).all():
        raise ValueError(_not_counted(least, greatest, labels))
    if count < 2:
        raise ValueError(
            f"Dataset: y must hold at least two classes, got {count}: there is nothing to tell "
            "apart, or a regression was meant and y should be floats"
        )
    return found, tuple(range(count) if labels is None else labels)


def _not_counted(least: int, greatest: int, labels: Sequence[Any] | None) -> str:
    rule = "each of 0, 1, ..." if labels is None else f"0 to {len(labels) - 1} as classes say"
    cure = (
        "write classes, y = numpy.unique(y, return_inverse=True) and give both"
        if labels is None
        else "count classes from 0, and give a label for each"
    )
    return f"Dataset: y must be classes {rule}, got {least} to {greatest}: {cure}"


def _labels(classes: tuple[Any, ...]) -> str:
    return listed([*classes]).replace("'", "")
