"""Arrays that a network can be trained on: inputs, answers, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .finite import not_finite, place_of, row_number
from .mapped import Numbers, is_mapped, read, taken
from .rows import chosen_rows
from .wording import counted, listed

if TYPE_CHECKING:
    from .preparation import Preparation

Task = Literal["regression", "binary", "multiclass"]


@final
class Dataset:
    """Inputs ``x`` and answers ``y``, row by row, ready for a network.

    Parameters
    ----------
    x : array of shape (N, ...)
        Finite numbers: float32 stays as it is, all else becomes float64. A memory map
        (``numpy.load(path, mmap_mode="r")``) must be float32 or float64 and is not read here;
        rows that are chosen from it are read, and their numbers checked, batch by batch.
    y : array of shape (N,) or (N, k)
        Whole numbers or truth values are classes, counted from 0, of shape (N,). Floats are what
        a regression is to predict, k numbers for each row; float32 and float64 in a memory map
        are read as those of ``x``.
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
        Rows that were chosen from a memory map are a :class:`~twingrad.data.mapped.MappedRows`,
        which reads what it is asked for; ``numpy.asarray`` reads all.
    y : array of shape (N,) or (N, k)
        int64 for classes, else floats, in a memory map as ``x``.
    task : {"regression", "binary", "multiclass"}
        What is to be learned: numbers, one of two classes, or one of more.
    classes : tuple or None
        A label for each class; None in a regression.
    features : tuple of str
    target, name : str
    preparation : Preparation or None
        What has made it of a table or of other numbers: :meth:`Preparation.apply` notes itself.
    notes : tuple of str
        What there is to tell about where it was read, in sentences; a preparation tells it, too.

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

    x: Numbers
    y: Numbers
    task: Task
    classes: tuple[Any, ...] | None
    features: tuple[str, ...]
    target: str
    name: str
    preparation: Preparation | None = None
    notes: tuple[str, ...] = ()

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
            _check_inputs(np.asarray(self.x), self)
        if not is_mapped(self.y):
            _check_answers(np.asarray(self.y), self)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of ``x``: (N, ...)."""
        return self.x.shape

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Self:
        """A data set of some rows: a slice, their numbers, or truth values for all.

        A slice is a view. Rows of a memory map are not read: see :meth:`in_memory`.
        """
        chosen = chosen_rows(rows, len(self), "Dataset")
        return self._with(taken(self.x, chosen), taken(self.y, chosen))

    def in_memory(self) -> Self:
        """The same with ``x`` and ``y`` read from their memory maps, if they are in any.

        Raises ``ValueError`` for nan and infinity in what is read.

        Examples
        --------
        >>> import os, tempfile
        >>> import numpy as np
        >>> from twingrad.data import Dataset
        >>> path = os.path.join(tempfile.mkdtemp(), "x.npy")
        >>> np.save(path, np.arange(8.0).reshape(4, 2))
        >>> data = Dataset(np.load(path, mmap_mode="r"), [0, 0, 1, 1])[[3, 0]]
        >>> data
        Dataset: x (2, 2) float64 in a memory map, target 'target' with 2 classes: 0, 1
        >>> data.in_memory().x
        array([[6., 7.],
               [0., 1.]])
        """
        x, y = read(self.x), read(self.y)
        if is_mapped(self.x):
            _check_inputs(x, self)
        if is_mapped(self.y):
            _check_answers(y, self)
        return self._with(x, y)

    def astype(self, dtype: DTypeLike) -> Self:
        """The same with floats of another width: float32, as networks have it, or float64.

        Classes stay whole numbers, and what is in a memory map stays as it is. Raises
        ``ValueError`` for another dtype, and where a number is too great for it.

        Examples
        --------
        >>> from twingrad.data import toys
        >>> toys.moons(100).astype("float32")
        Dataset 'moons': x (100, 2) float32, target 'class' with 2 classes: upper, lower
        """
        try:
            wanted = np.dtype(dtype)
        except TypeError:
            raise ValueError(_no_float(repr(dtype))) from None
        if wanted not in (np.float32, np.float64):
            raise ValueError(_no_float(str(wanted)))
        with np.errstate(over="ignore"):
            x, y = _cast(self.x, wanted), _cast(self.y, wanted)
        if x is not self.x and not is_mapped(x):
            _check_inputs(np.asarray(x), self)
        if y is not self.y and not is_mapped(y):
            _check_answers(np.asarray(y), self)
        return self._with(x, y)

    def _with(self, x: Numbers, y: Numbers) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, x=x, y=y)
        return other

    def __repr__(self) -> str:
        name = f"Dataset {self.name!r}" if self.name else "Dataset"
        mapped = " in a memory map" if is_mapped(self.x) else ""
        if self.classes is None:
            answers = "" if self.y.ndim == 1 else f" of {counted(self.y.shape[1], 'number')}"
        else:
            answers = f" with {len(self.classes)} classes: {_labels(self.classes)}"
        return f"{name}: x {self.shape} {self.x.dtype}{mapped}, target {self.target!r}{answers}"


def real_array(given: Any, what: str) -> NDArray[Any]:
    """An array of real numbers, as it is; ``TypeError``, beginning with ``what``, for all else."""
    try:
        array = np.asarray(given)
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
    return array if _is_float(array) else array.astype(np.float64)


def _cast(numbers: Numbers, dtype: np.dtype[Any]) -> Numbers:
    """Floats in memory as another dtype; all else as it is."""
    if is_mapped(numbers) or not _is_float(numbers) or numbers.dtype == dtype:
        return numbers
    return np.asarray(numbers).astype(dtype)


def _no_float(dtype: str) -> str:
    return f"Dataset: dtype must be float32 or float64, got {dtype:.40}: give one"


def _is_float(array: Numbers) -> bool:
    return array.dtype in (np.float32, np.float64)


def _check_inputs(x: NDArray[Any], data: Dataset) -> None:
    place = not_finite(x)
    if place:
        row, *others = place
        where = data.features[others[0]] if data.features else tuple(others)
        cure = "leave the row out"
        if np.isnan(x[place]) and data.features:
            cure += ", or give a Table of the columns, whose missing numbers Preparation fills in"
        raise ValueError(
            f"Dataset: x must be finite, got {x[place]} in row {row_number(row, data.x)}, feature "
            f"{where!r}: {cure}"
        )


def _check_answers(y: NDArray[Any], data: Dataset) -> None:
    place = not_finite(y)
    if place:
        raise ValueError(
            f"Dataset: y must be finite, got {y[place]} in {place_of(place, data.y)}: leave the "
            "row out"
        )


def _inputs(given: Any) -> Numbers:
    array: Numbers = given if is_mapped(given) else real_array(given, "Dataset: x")
    if is_mapped(array) and not _is_float(array):
        raise TypeError(
            f"Dataset: x in a memory map must be float32 or float64, got {array.dtype}: save the "
            "file with x.astype(numpy.float32), as converting it here would read all of it"
        )
    if array.ndim < 2 or 0 in array.shape:
        raise ValueError(
            f"Dataset: x must have the shape (N, ...) with at least one row and one number in it, "
            f"got {array.shape}: write x.reshape(-1, 1) if each row is a single number"
        )
    return array if is_mapped(array) else as_floats(np.asarray(array))


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


def _answers(given: Any, classes: Sequence[Any] | None) -> tuple[Numbers, tuple[Any, ...] | None]:
    if is_mapped(given) and _is_float(given):
        array: Numbers = given
    else:
        array = real_array(given, "Dataset: y")
    if array.ndim not in (1, 2) or 0 in array.shape:
        raise ValueError(
            f"Dataset: y must have the shape (N,) or (N, k) with N and k at least 1, got "
            f"{array.shape}: give the answers row by row"
        )
    if array.dtype.kind == "f":
        return _numbers(array, classes), None
    return _classes(np.asarray(array), classes)


def _numbers(array: Numbers, classes: Sequence[Any] | None) -> Numbers:
    if classes is not None:
        raise TypeError(
            f"Dataset: y must be whole numbers where classes are given, got {array.dtype}: write "
            "y.astype(int), or leave classes out for a regression"
        )
    return array if is_mapped(array) else as_floats(np.asarray(array))


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
