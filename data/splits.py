"""Dividing a data set: training, validation and test parts at once, and folds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.checks import checked_count, checked_flag
from ..engine.operation import real_number
from ..tensor.random import blocks
from ..tensor.random.generator import Generator
from .apportioning import group_parts, stratified_counts
from .dataset import Dataset
from .holdout import Data, Holdout
from .seeds import Purpose, generator_for
from .table import Table

Rows = NDArray[np.int64]


class PartRows(NamedTuple):
    """The numbers of the rows that went into each part, in ascending order."""

    train: Rows
    validation: Rows
    test: Rows


class Parts(NamedTuple, Generic[Data]):
    """The parts of a data set or of a table, and the rows that they were made of.

    Attributes
    ----------
    train : Dataset or Table
        To fit weights, scales and encodings on.
    validation : Dataset or Table, or None
        To choose by: the epoch to stop at, the learning rate, the network.
    test : Holdout or None
        To open once, at the end.
    rows : PartRows
        The rows of each in the whole.
    """

    train: Data
    validation: Data | None
    test: Holdout[Data] | None
    rows: PartRows


class Fold(NamedTuple, Generic[Data]):
    """One of the ways to divide data for cross-validation."""

    train: Data
    validation: Data


def split(
    data: Data,
    validation: float = 0.1,
    test: float = 0.1,
    stratify: Any = "auto",
    seed: int = 0,
    *,
    shuffle: bool = True,
    groups: Any = None,
) -> Parts[Data]:
    """Divide a data set or a table into a training, a validation and a test part, in one go.

    No row is in two parts, and every row is in one. Rows keep their order within a part. Parts of a
    memory map hold the numbers of their rows, which are read when they are used.

    Parameters
    ----------
    data : Dataset or Table
        N rows. A table is divided before it is prepared, for a
        :class:`~twingrad.data.Preparation` is fitted on the training part alone.
    validation, test : float or int
        A share of the rows, from 0 up to 1 (rounded to whole rows, but at least one), or a number
        of rows. 0 makes no such part: it is None.
    stratify : "auto", bool or array of shape (N,)
        Keep the classes in proportion: validation and test part get as many rows of a class as is
        in proportion, rounded down or up; every class has at least one row in the training part,
        so that a class of one row is in no other. ``"auto"`` does so where the targets are classes
        and neither ``groups`` nor ``shuffle=False`` say otherwise. An array holds labels to keep in
        proportion instead, such as bins of a target that is a number.
    seed : int
        The same seed gives the same parts.
    shuffle : bool
        False takes the first rows to train, the next to validate and the last to test: for rows in
        the order of time, where drawing would train on the future.
    groups : array of shape (N,), optional
        A label for each row, such as a patient or a document: rows with the same label stay
        together, so that the test is on groups never seen. Groups are taken in random order, each
        into the part that lacks most rows, so that sizes are met as well as whole groups allow.

    Returns
    -------
    Parts
        ``train``, ``validation``, ``test`` (a :class:`Holdout`) and ``rows``.

    Raises
    ------
    TypeError
        For arguments of other types.
    ValueError
        For shares out of range, arguments that exclude each other, labels of another number than
        rows, and where rows, classes or groups are too few for the parts.

    Examples
    --------
    >>> from twingrad import data
    >>> from twingrad.data import toys
    >>> parts = data.split(toys.moons(200), validation=0.2, test=30)
    >>> len(parts.train), len(parts.validation), len(parts.test)
    (130, 40, 30)
    >>> int(parts.train.y.sum())
    65
    """
    _check_data(data, "split")
    count = len(data)
    sizes = _sizes(count, validation, test)
    labels = _strata(data, stratify, "split", free=shuffle and groups is None)
    generator = generator_for(seed, Purpose.SPLIT)
    if not checked_flag(shuffle, "split: shuffle"):
        if groups is not None:
            raise ValueError(
                "split: groups cannot be kept together with shuffle=False, got both: sort out the "
                "rows by hand, or give one of them"
            )
        place = np.repeat(np.arange(3), sizes)
    elif groups is not None:
        codes = _codes(groups, count, "split: groups")
        place = group_parts(codes, sizes, _keys(int(codes.max()) + 1, generator), "split")
    else:
        place = _drawn(labels, sizes, generator)
    rows = PartRows(*[np.flatnonzero(place == part) for part in range(3)])
    return Parts(
        data[_consecutive(rows.train)],
        data[_consecutive(rows.validation)] if sizes[1] else None,
        Holdout(data, rows.test) if sizes[2] else None,
        rows,
    )


def kfold(
    data: Data, k: int = 5, seed: int = 0, stratify: Any = "auto", *, groups: Any = None
) -> Iterator[Fold[Data]]:
    """``k`` ways to divide a data set or a table, in which each row is in one validation part.

    Sizes differ by one row at most (by whole groups, where there are groups), and so do the rows of
    each class. Fold the training part of :func:`split`, so that the test part stays apart.

    Parameters
    ----------
    data : Dataset or Table
        N rows.
    k : int
        The number of folds, from 2 to N.
    seed, stratify, groups
        See :func:`split`.

    Returns
    -------
    iterator of Fold
        Each with ``train`` and ``validation``, made when it is asked for.

    Raises
    ------
    TypeError, ValueError
        See :func:`split`.

    References
    ----------
    Stone 1974, "Cross-Validatory Choice and Assessment of Statistical Predictions".

    Examples
    --------
    >>> from twingrad import data
    >>> from twingrad.data import toys
    >>> [len(fold.validation) for fold in data.kfold(toys.moons(100), k=3)]
    [34, 33, 33]
    """
    _check_data(data, "kfold")
    count, folds = len(data), checked_count(k, "kfold: k", at_least=2)
    if folds > count:
        raise ValueError(f"kfold: k must be at most the {count} rows, got {k}: give less")
    labels = _strata(data, stratify, "kfold", free=groups is None)
    generator = generator_for(seed, Purpose.FOLD)
    if groups is not None:
        codes = _codes(groups, count, "kfold: groups")
        sizes = np.full(folds, count / folds)
        place = group_parts(codes, sizes, _keys(int(codes.max()) + 1, generator), "kfold")
    else:
        place = np.empty(count, np.int64)
        order = np.lexsort((_keys(count, generator), labels))
        place[order] = np.arange(count) % folds
    return _folds(data, place, folds)


def _folds(data: Data, place: Rows, folds: int) -> Iterator[Fold[Data]]:
    for fold in range(folds):
        yield Fold(data[place != fold], data[place == fold])


def _check_data(data: Any, what: str) -> None:
    if not isinstance(data, Dataset | Table):
        raise TypeError(
            f"{what}: data must be a Dataset or a Table, got {type(data).__name__}: write "
            "Dataset(x, y)"
        )


def _consecutive(rows: Rows) -> Rows | slice:
    """Rows as a slice where they are one, which makes a view."""
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows


def _sizes(count: int, validation: Any, test: Any) -> list[int]:
    """The numbers of rows to train, to validate and to test."""
    held = [_size(validation, count, "validation"), _size(test, count, "test")]
    if sum(held) >= count:
        raise ValueError(
            f"split: validation and test must leave rows to train, got {held[0]} and {held[1]} of "
            f"{count} rows: give smaller shares, or more data"
        )
    return [count - sum(held), *held]


def _size(share: Any, count: int, what: str) -> int:
    """A share of the rows, or a number of rows, as a number of rows."""
    if isinstance(share, int | np.integer) and not isinstance(share, bool):
        return checked_count(share, f"split: {what}", at_least=0)
    part = real_number(share, f"split: {what}")
    if not 0 <= part < 1:
        raise ValueError(
            f"split: {what} must be a share from 0 up to 1 or a whole number of rows, got {share}: "
            "give a share such as 0.1"
        )
    return max(1, int(part * count + 0.5)) if part else 0


def _strata(data: Dataset | Table, stratify: Any, what: str, free: bool) -> Rows:
    """A label for each row, to be kept in proportion; 0 for all rows where nothing is.

    ``free`` says that nothing else decides about rows, such as groups or their order.
    """
    if isinstance(stratify, str) and stratify == "auto":
        wanted = free and data.task != "regression"
    elif isinstance(stratify, bool):
        wanted = stratify
    elif np.ndim(stratify) == 1:
        wanted = True
    else:
        raise TypeError(
            f'{what}: stratify must be "auto", True, False or an array of labels, got '
            f"{type(stratify).__name__} {stratify!r:.40}: give one of them"
        )
    if not wanted:
        return np.zeros(len(data), np.int64)
    if not free:
        raise ValueError(
            f"{what}: stratify needs rows that are drawn one by one, got groups or shuffle=False "
            "too: leave stratify out"
        )
    if np.ndim(stratify) == 1:
        return _codes(stratify, len(data), f"{what}: stratify")
    if data.task == "regression":
        raise ValueError(
            f"{what}: stratify=True needs classes, got targets that are numbers: give an array of "
            "labels, such as bins of the target"
        )
    return _codes(data.y, len(data), f"{what}: stratify")


def _codes(labels: Any, count: int, what: str) -> Rows:
    """Labels of any kind as whole numbers from 0 on."""
    given = np.asarray(labels)
    if given.shape != (count,):
        raise ValueError(
            f"{what} must hold a label for each of {count} rows, got shape {given.shape}: give one "
            "for each row"
        )
    found: Rows = np.unique(given, return_inverse=True)[1].astype(np.int64, copy=False)
    return found


def _keys(count: int, generator: Generator) -> NDArray[np.uint64]:
    """Random words to sort by; a stream never repeats one."""
    return blocks.words(generator.reserve(count), count)


def _drawn(labels: Rows, sizes: list[int], generator: Generator) -> Rows:
    """The part of each row, where rows are drawn and labels kept in proportion."""
    totals = np.bincount(labels)
    _, validation, test = stratified_counts(totals, sizes)
    order = np.lexsort((_keys(len(labels), generator), labels))
    sorted_labels = labels[order]
    rank = np.arange(len(labels)) - (np.cumsum(totals) - totals)[sorted_labels]
    tested = test[sorted_labels]
    place = np.empty(len(labels), np.int64)
    place[order] = np.where(
        rank < tested, 2, np.where(rank < tested + validation[sorted_labels], 1, 0)
    )
    return place
