"""Mini-batches: a data set in a new order every epoch, a few rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, final

import numpy as np

from ..engine.checks import checked_count, checked_flag
from ..tensor.broadcasting import NDArray
from ..tensor.coercion import refused_dtype
from ..tensor.dtypes import SUPPORTED, canonical
from ..tensor.random import draws
from ..tensor.random.generator import Generator
from ..tensor.tensor import Tensor
from .augmentation import Augmentation
from .augmentation.base import checked_augmentation
from .dataset import Dataset
from .mapped import MappedRows, Numbers, is_mapped
from .seeds import Purpose, checked_seed, fresh_seed, generator_for

_OPTIONS = ("rows", "batch_size", "shuffle", "drop_last")
"""What must be the same where a state is loaded: batches would not be the same ones."""


@dataclass(slots=True)
class _Progress:
    """How far an iteration has come."""

    seed: int
    epoch: int
    position: int


@final
class DataLoader:
    """A data set in mini-batches, as tensors; each iteration is one epoch.

    The order of an epoch depends on the seed and on the number of the epoch only, and what is done
    to a batch on its number, too: not on anything else that is drawn, nor on what came before.

    Parameters
    ----------
    data : Dataset, or tuple of arrays and tensors
        What to take rows from: the x and y of a data set, or arrays with equally many rows. Memory
        maps are read batch by batch.
    batch_size : int
        The rows of a batch; the last one of an epoch may have fewer. 1 makes descent stochastic,
        the number of rows makes it exact.
    shuffle : bool
        Take the rows of each epoch in another order, all orders equally likely; without it they
        come as they are.
    drop_last : bool
        Leave out a last batch that is not full.
    seed : int, optional
        What orders and augmentation follow from. If not given, it is drawn once from the default
        generator, where it is needed, so that ``twingrad.manual_seed`` makes it repeatable.
    augment : Augmentation or list of them, optional
        Random changes of the batches; see :mod:`~twingrad.data.augmentation`. For training only:
        data to validate or test with gets a loader without any.

    Attributes
    ----------
    data, batch_size, shuffle, drop_last, seed
        As they were given; a drawn seed is kept.
    augment : Augmentation or None
        A list is made one.

    Raises
    ------
    TypeError
        For data that are no arrays of numbers, and arguments of other types.
    ValueError
        For arrays of different lengths or without rows, for arguments out of range, and where
        ``drop_last`` leaves no batch.

    Notes
    -----
    Each iteration takes the next epoch when it begins, and knows its own place: loops over one
    loader may be nested or run in several threads, each over an epoch of its own. One that is left
    early is not gone on with; the next begins the next epoch.

    Examples
    --------
    >>> from twingrad.data import DataLoader
    >>> from twingrad.data import toys
    >>> loader = DataLoader(toys.moons(100), batch_size=32, shuffle=True, seed=0)
    >>> [tuple(x.shape) for x, y in loader]
    [(32, 2), (32, 2), (32, 2), (4, 2)]
    >>> len(loader), loader.epoch
    (4, 1)
    """

    def __init__(
        self,
        data: Dataset | tuple[Any, ...],
        batch_size: int = 32,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int | None = None,
        augment: Augmentation | list[Augmentation] | None = None,
    ) -> None:
        self.data = data
        self._rows, self._gather = _source(data)
        self.batch_size = checked_count(batch_size, "DataLoader: batch_size", at_least=1)
        self.shuffle = checked_flag(shuffle, "DataLoader: shuffle")
        self.drop_last = checked_flag(drop_last, "DataLoader: drop_last")
        self.augment = None if augment is None else _augmentation(augment, data)
        if not len(self):
            raise ValueError(
                f"DataLoader: batch_size must be at most the {self._rows} rows with drop_last=True,"
                f" got {batch_size}: no batch would be left"
            )
        if seed is not None:
            self.seed = checked_seed(seed)
        else:
            self.seed = fresh_seed() if self.shuffle or self.augment else 0
        self._lock = Lock()
        self._next = (0, 0)
        self._latest = _Progress(self.seed, 0, 0)

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        if self.drop_last:
            return self._rows // self.batch_size
        return -(-self._rows // self.batch_size)

    @property
    def rows(self) -> int:
        """The number of rows to take batches from."""
        return self._rows

    @property
    def epoch(self) -> int:
        """The epoch of the iteration begun last, counted from 0; the next one if that ended."""
        return self._latest.epoch

    @property
    def position(self) -> int:
        """How many batches of that epoch have been given out."""
        return self._latest.position

    def order(self, epoch: int) -> NDArray:
        """The rows of an epoch in the order in which batches take them, of shape (N,).

        With ``drop_last`` the last few are in no batch. Raises ``TypeError`` or ``ValueError`` for
        what is no whole number from 0 on.
        """
        return self._order(self.seed, checked_count(epoch, "DataLoader.order: epoch", at_least=0))

    def _order(self, seed: int, epoch: int) -> NDArray:
        if not self.shuffle:
            return np.arange(self._rows)
        generator = generator_for(seed, Purpose.ORDER, epoch)
        return draws.permutation(self._rows, generator, "DataLoader")

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        """The batches of the next epoch, or what is left of one whose state was loaded."""
        return self._batches(self._begun())

    def row_batches(self) -> Iterator[NDArray]:
        """The rows of each batch of the next epoch, in place of the batches themselves.

        It is an iteration like any other: it has an epoch of its own, and counts as progress. Its
        batches are not augmented.
        """
        return self._rows_of(self._begun())

    def batch_of(self, rows: NDArray) -> tuple[Tensor, ...]:
        """A batch of these rows, as it is without augmentation."""
        return tuple([Tensor.constant(array) for array in self._gather(rows)])

    def _begun(self) -> _Progress:
        """The progress of an iteration that begins."""
        with self._lock:
            progress = self._latest = _Progress(self.seed, *self._next)
            self._next = (progress.epoch + 1, 0)
        return progress

    def _rows_of(self, progress: _Progress) -> Iterator[NDArray]:
        order = self._order(progress.seed, progress.epoch)
        for position in range(progress.position, len(self)):
            start = position * self.batch_size
            progress.position = position + 1
            yield order[start : start + self.batch_size]
        progress.epoch += 1
        progress.position = 0

    def _batches(self, progress: _Progress) -> Iterator[tuple[Tensor, ...]]:
        epoch = progress.epoch
        for rows in self._rows_of(progress):
            batch = self._gather(rows)
            if self.augment is not None:
                places = (epoch, progress.position - 1)
                generator = generator_for(progress.seed, Purpose.AUGMENTATION, *places)
                batch = _augmented(self.augment, batch, generator)
            yield tuple([Tensor.constant(array) for array in batch])

    def state_dict(self) -> dict[str, Any]:
        """Where the iteration begun last is, as plain numbers: see :meth:`load_state_dict`.

        Batches that were given out count as done.
        """
        latest = self._latest
        return {
            "seed": latest.seed,
            "epoch": latest.epoch,
            "position": latest.position,
            **self._options(),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Let the next iteration go on where another one was, with the very next batch.

        Where all batches of an epoch had been given out, but its loop had not ended, the next
        iteration is over at once, and the one after it begins the next epoch.

        Raises ``ValueError`` for what is no state of a loader, and for the state of one whose
        batches were other ones: with more or fewer rows, or with other options.
        """
        names = ("seed", "epoch", "position", *_OPTIONS)
        if not isinstance(state_dict, Mapping) or not {*names} <= {*state_dict}:
            raise ValueError(
                f"DataLoader: state_dict must hold {', '.join(names)}, got {state_dict!r:.60}: "
                "pass what state_dict() of a DataLoader gave"
            )
        for name, own in self._options().items():
            if state_dict[name] != own:
                raise ValueError(
                    f"DataLoader: state_dict must be of a loader with {name} {own}, got "
                    f"{state_dict[name]}: make the loader as it was"
                )
        seed = checked_seed(state_dict["seed"])
        epoch, position = (
            checked_count(state_dict[name], f"DataLoader: {name} of state_dict", at_least=0)
            for name in ("epoch", "position")
        )
        with self._lock:
            self.seed = seed
            self._next = (epoch, position)
            self._latest = _Progress(seed, epoch, position)

    def _options(self) -> dict[str, Any]:
        own = (self._rows, self.batch_size, self.shuffle, self.drop_last)
        return dict(zip(_OPTIONS, own, strict=True))

    def __repr__(self) -> str:
        augment = "" if self.augment is None else f", augment={self.augment}"
        return (
            f"DataLoader({self._rows} rows, batch_size={self.batch_size}, shuffle={self.shuffle}, "
            f"drop_last={self.drop_last}, seed={self.seed}{augment})"
        )


def _source(data: Any) -> tuple[int, Callable[[NDArray], list[NDArray]]]:
    """How many rows there are, and what gathers some of them in new arrays."""
    if isinstance(data, Dataset):
        if is_mapped(data.x) or is_mapped(data.y):
            return len(data), lambda rows: _checked_rows(data, rows)
        arrays: list[Numbers] = [data.x, data.y]
    elif isinstance(data, list | tuple) and data:
        arrays = [_array(each, is_target=k > 0) for k, each in enumerate(data)]
    else:
        raise TypeError(
            f"DataLoader: data must be a Dataset or a tuple of arrays, got {type(data).__name__}: "
            "write DataLoader((x, y), ...)"
        )
    counts = [len(array) for array in arrays]
    if min(counts) < 1 or len(set(counts)) > 1:
        raise ValueError(
            f"DataLoader: data must be arrays with equally many rows, at least one, got "
            f"{' and '.join(map(str, counts))}: each row of x needs its answer"
        )
    gatherers = [_gatherer(array) for array in arrays]
    return counts[0], lambda rows: [gather(rows) for gather in gatherers]


def _checked_rows(data: Dataset, rows: NDArray) -> list[NDArray]:
    """Rows of a memory map, whose numbers nobody has looked at before."""
    part = data[rows].in_memory()
    return [np.asarray(part.x), np.asarray(part.y)]


def _array(given: Any, is_target: bool) -> Numbers:
    """An array or a tensor as an array of a dtype that tensors have; a memory map is not read."""
    if isinstance(given, MappedRows):
        return given
    if isinstance(given, Tensor):
        return given.detach().numpy()
    if not isinstance(given, np.ndarray) or not given.ndim:
        raise TypeError(
            f"DataLoader: data must be arrays or tensors with rows, got {type(given).__name__} "
            f"{given!r:.40}: make an array of it with numpy.asarray(...)"
        )
    if canonical(given.dtype) is None:
        if is_target and (
            given.dtype.kind in "SU" or any(type(each) is str for each in given.flat)
        ):
            raise TypeError(
                f"DataLoader: y must be numbers, got text of dtype {given.dtype}: number the "
                "classes: classes, y = numpy.unique(y, return_inverse=True)"
            )
        raise TypeError(refused_dtype(given.dtype, "DataLoader"))
    return np.asarray(given)


def _gatherer(array: Numbers) -> Callable[[NDArray], NDArray]:
    """What gives some rows in a new array."""
    if isinstance(array, MappedRows):
        return lambda rows: np.asarray(array[rows], order="C")
    if array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative:
        return partial(array.take, axis=0)  # faster than indexing; else it would copy all first
    native = array.dtype.newbyteorder("=")
    return lambda rows: array[rows].astype(native, order="C", copy=False)


def _augmented(augment: Augmentation, batch: list[NDArray], generator: Generator) -> list[NDArray]:
    x, y = batch
    changed = augment(x, y, generator)
    for array in changed:
        if not isinstance(array, np.ndarray) or array.dtype not in SUPPORTED or not array.ndim:
            raise TypeError(
                f"DataLoader: augment must give x and y as arrays of numbers, got "
                f"{type(array).__name__} {array!r:.40}: see Augmentation"
            )
        if len(array) != len(x):
            raise ValueError(
                f"DataLoader: augment must keep the {len(x)} rows of a batch, got {len(array)}: "
                "leave choosing rows to the loader"
            )
    return list(changed)


def _augmentation(given: Any, data: Any) -> Augmentation:
    """The augmentation, fitted to a data set."""
    augmentation = checked_augmentation(given)
    if isinstance(data, Dataset):
        return augmentation.for_dataset(data)
    if len(data) != 2:
        raise ValueError(
            f"DataLoader: augment needs data of two arrays, x and y, got {len(data)}: leave the "
            "others out"
        )
    return augmentation
