"""Where training takes its batches from, and how they become operands of the model's twin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ...data import DataLoader, Dataset, Table
from ...data.mapped import is_mapped
from ...engine.checks import checked_count
from ...nn import Module
from ...nn.backend import Backend, numbers_of, twin_of
from .objective import Kind

BATCH_SIZE = 32
MEASURED_AT_ONCE = 1024
"""The rows of a batch that is only measured: few enough for the caches, many enough for BLAS."""


@final
class Form:
    """The form that a model wants its numbers in: operands of its twin, floats of its dtype."""

    def __init__(self, model: Module) -> None:
        first = next(iter(model.parameters()), None)
        self.twin: Backend = twin_of(first)
        self.dtype: Any = np.float64 if first is None else numbers_of(first).dtype

    def operand(self, given: Any) -> Any:
        """Numbers in this form; whole numbers stay what they are."""
        if type(given) in self.twin.kinds:
            dtype = numbers_of(given).dtype
            different = dtype.kind == "f" and dtype != self.dtype
            return self.twin.cast(given, self.dtype) if different else given
        numbers = numbers_of(given)
        return self.twin.moved(as_dtype(numbers, self.dtype))


class Batch(NamedTuple):
    """Inputs and targets of some rows, as operands of one twin, and the weights of the rows.

    In a compiled step the weights are a tensor too.
    """

    x: Any
    y: Any
    weights: Any

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return int(self.x.shape[0])


@final
class GivenBatches:
    """Batches that come from elsewhere, the first of which is known beforehand.

    Looking at it begins an iteration, and the first loop goes on with that: a loader that shuffles
    each time it is gone through would lose an epoch otherwise.
    """

    def __init__(self, source: Iterable[Any], what: str) -> None:
        self._source = source
        self._begun: Iterator[Any] | None = iter(source)
        try:
            self.first = next(self._begun)
        except StopIteration:
            raise ValueError(f"{what} must give at least one batch, got none: pass some") from None

    def __iter__(self) -> Iterator[Any]:
        begun, self._begun = self._begun, None
        if begun is None:
            yield from self._source
        else:
            yield self.first
            yield from begun

    def __repr__(self) -> str:
        return f"batches in a {type(self._source).__name__}"


@final
class Batches:
    """Batches to train on or to measure with, in the form of a model.

    Parameters
    ----------
    loader : DataLoader or iterable
        What gives pairs of inputs and targets, again and again.
    form : Form
        The form of the model.
    targets : array of shape (N, ...)
        Those of all rows, or of some where the loader is not one of ours.
    labels : tuple, optional
        What classes are called.
    weights : array of shape (N,), optional
        Weights of the rows.
    what : str
        What errors call the batches.

    Attributes
    ----------
    kind : {"classes", "numbers"}
        What the targets are.
    has_accuracy : bool
        Whether each row has one class, which is right or wrong.
    """

    def __init__(
        self,
        loader: Any,
        form: Form,
        targets: NDArray[Any],
        labels: Sequence[Any] | None = None,
        weights: NDArray[Any] | None = None,
        what: str = "fit: data",
    ) -> None:
        self.loader = loader
        self.form = form
        self.labels = labels
        self.kind: Kind = "classes" if targets.dtype.kind in "iub" else "numbers"
        self.has_accuracy = self.kind == "classes" and targets.ndim == 1
        self._weights = weights
        self._what = what

    @property
    def own_loader(self) -> DataLoader | None:
        """The loader, if it is one whose place in an epoch can be saved."""
        return self.loader if isinstance(self.loader, DataLoader) else None

    @property
    def preparation(self) -> dict[str, Any] | None:
        """How the data were prepared, as plain data, where they know it."""
        loader = self.own_loader
        if loader is None or not isinstance(loader.data, Dataset):
            return None
        return None if loader.data.preparation is None else loader.data.preparation.to_dict()

    @property
    def per_epoch(self) -> int | None:
        """The number of batches in an epoch, where it is known."""
        return None if self.own_loader is None else len(self.own_loader)

    def __iter__(self) -> Iterator[Batch]:
        weights = self._weights_of_batches()
        empty = True
        for given in self.loader:
            x, y = _pair(given, self._what)
            batch = Batch(self.form.operand(x), self.form.operand(_counted(y)), next(weights))
            _check_rows(batch, self._what)
            empty = False
            yield batch
        if empty and self.own_loader is None:
            raise ValueError(
                f"{self._what} must give batches each time it is gone through, got "
                f"{self.loader!r} that gave none: pass a list or a DataLoader"
            )

    def of_rows(self, rows: NDArray[Any]) -> Batch:
        """The batch of some rows of one's own loader, without augmentation."""
        loader = self.own_loader
        assert loader is not None
        x, y = loader.batch_of(rows)
        weights = None if self._weights is None else self._weights[rows]
        return Batch(self.form.operand(x), self.form.operand(_counted(y)), weights)

    def mass(self, rows: NDArray[Any]) -> Any:
        """How much some rows count: their number, or their weights."""
        return len(rows) if self._weights is None else self._weights[rows].sum()

    def _weights_of_batches(self) -> Iterator[NDArray[Any] | None]:
        """The weights of each batch; to be asked for once the loader has given it."""
        loader = self.own_loader
        if self._weights is None or loader is None:
            while True:
                yield None
        order = loader.order(loader.epoch)
        for position in range(loader.position - 1, len(loader)):
            start = position * loader.batch_size
            yield self._weights[order[start : start + loader.batch_size]]


def targets_of(data: Any, what: str) -> NDArray[Any]:
    """The targets of a data set, of a pair of arrays, of a loader, or of a first batch."""
    if isinstance(data, DataLoader):
        return targets_of(data.data, what)
    if isinstance(data, Dataset):
        return np.asarray(data.y)
    y = data[1] if isinstance(data, tuple) else _pair(data.first, what)[1]
    return numbers_of(_counted(y))


def labels_of(data: Any) -> tuple[Any, ...] | None:
    """What the classes are called, where that is known."""
    source = data.data if isinstance(data, DataLoader) else data
    return source.classes if isinstance(source, Dataset) else None


def checked_source(data: Any, what: str, dtype: DTypeLike) -> Any:
    """Data that batches can be taken from, with floats of the model's dtype where they are ours.

    Raises ``TypeError`` for what is none, and for tables, which are to be prepared first;
    ``ValueError`` for batches that are none.
    """
    if isinstance(data, Dataset):
        return data.astype(dtype)
    if isinstance(data, DataLoader):
        return data
    if isinstance(data, Table):
        raise TypeError(
            f"{what} must be numbers, got a Table: prepare it with "
            "Preparation.fit(train).apply(...)"
        )
    if isinstance(data, tuple) and len(data) == 2:
        return tuple([_array(each, dtype) for each in data])
    if not isinstance(data, Iterable) or isinstance(data, Iterator | str | bytes | dict | tuple):
        raise TypeError(
            f"{what} must be a Dataset, a pair (x, y), a DataLoader or a list of batches, got "
            f"{type(data).__name__}: write for example (x, y)"
        )
    return GivenBatches(data, what)


def checked_batch_size(given: Any, data: Any) -> int:
    """A number of rows; ``"all"`` is that of the data. Errors as those of ``fit``."""
    if isinstance(given, str) and given == "all":
        return len(data) if isinstance(data, Dataset) else len(data[0])
    if isinstance(given, str):
        raise ValueError(
            f"fit: batch_size must be a number of rows or 'all', got {given!r}: write for "
            "example batch_size=32"
        )
    return checked_count(given, "fit: batch_size", at_least=1)


def measured(data: Any, form: Form, what: str, batch_size: int = MEASURED_AT_ONCE) -> Batches:
    """Batches of data that is only measured, in the order of its rows."""
    source = checked_source(data, what, form.dtype)
    loader = source
    if isinstance(source, DataLoader) and source.augment is not None:
        raise ValueError(
            f"{what} must be measured as it is, got a DataLoader with augment={source.augment}: "
            "augment training batches only"
        )
    if isinstance(source, Dataset | tuple):
        loader = DataLoader(source, batch_size)
    return Batches(loader, form, targets_of(source, what), labels_of(source), what=what)


def as_dtype(numbers: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Floats as another dtype; whole numbers and truth values as they are."""
    if numbers.dtype.kind != "f":
        return numbers
    with np.errstate(over="ignore"):  # infinite then, as in any cast of tensors
        return numbers.astype(dtype, copy=False)


def _array(given: Any, dtype: DTypeLike) -> Any:
    return given if is_mapped(given) else as_dtype(numbers_of(given), dtype)


def _counted(y: Any) -> Any:
    """Targets, of which truth values are classes 0 and 1."""
    numbers = numbers_of(y)
    return numbers.astype(np.int64) if numbers.dtype == bool else y


def _pair(given: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(given, tuple | list) or len(given) != 2:
        length = f" of {len(given)}" if isinstance(given, tuple | list) else ""
        raise TypeError(
            f"{what} must give batches that are pairs of inputs and targets, got "
            f"{type(given).__name__}{length}: write a list of pairs, or the tuple (x, y) for all "
            "rows"
        )
    return given[0], given[1]


def _check_rows(batch: Batch, what: str) -> None:
    if not batch.x.shape or not batch.y.shape or batch.x.shape[0] != batch.y.shape[0]:
        raise ValueError(
            f"{what} must give batches with equally many rows of inputs and targets, got shapes "
            f"{batch.x.shape} and {batch.y.shape}: each row of x needs its target"
        )
