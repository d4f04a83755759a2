"""What ``fit`` is given: data to train on, data to validate with, weights of rows."""

from __future__ import annotations

from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from ...data import DataLoader, Dataset, Parts, split
from ...data.holdout import Holdout
from ...data.mapped import is_mapped, taken
from ...nn.backend import numbers_of
from .batches import (
    BATCH_SIZE,
    Batches,
    Form,
    checked_batch_size,
    checked_source,
    labels_of,
    targets_of,
)
from .weights import checked_weights, row_weights


class Source(NamedTuple):
    """What to train on, weights of its rows, and what to validate with."""

    train: Any
    weights: Any
    held_out: Any


def source_of(data: Any, validation: Any, weights: Any, seed: int | None) -> Source:
    """What ``fit`` was given, once a share to validate with is split off.

    Raises ``TypeError`` or ``ValueError`` for data that cannot be split, and for test parts.
    """
    if isinstance(data, Parts):
        if validation is not None:
            raise ValueError(
                "fit: validation must be left out where data are Parts, got "
                f"{type(validation).__name__}: pass parts.train as data to choose another"
            )
        return Source(data.train, weights, data.validation)
    for given in (data, validation):
        if isinstance(given, Holdout):
            raise TypeError(
                "fit: the test part is neither to train nor to validate with, got a Holdout: open "
                "it once, at the end"
            )
    if isinstance(validation, bool) or not isinstance(validation, Real):
        return Source(data, weights, validation)
    if not validation:
        return Source(data, weights, None)
    if not isinstance(data, Dataset) and not (isinstance(data, tuple) and len(data) == 2):
        raise TypeError(
            f"fit: validation must be data where data are a {type(data).__name__}, got "
            f"{validation}: only a Dataset or a pair (x, y) can be split"
        )
    return _split(data, weights, validation, 0 if seed is None else seed)


def _split(data: Any, weights: Any, share: Any, seed: int) -> Source:
    """A share of the rows to validate with, and the others to train on."""
    train: Any
    held_out: Any
    if isinstance(data, Dataset):
        parts = split(data, validation=share, test=0, seed=seed)
        train, held_out = parts.train, parts.validation
    else:
        x, y = [given if is_mapped(given) else numbers_of(given) for given in data]
        rows = Dataset(np.arange(len(y), dtype=np.float64)[:, None], np.zeros(len(y)))
        parts = split(rows, validation=share, test=0, seed=seed, stratify=_strata(y))
        train, held_out = (
            (taken(x, part), taken(y, part)) for part in (parts.rows.train, parts.rows.validation)
        )
    if weights is not None:
        count = sum(map(len, parts.rows))
        weights = checked_weights(weights, "sample_weight", count, "row")[parts.rows.train]
    return Source(train, weights, held_out)


def _strata(targets: Any) -> Any:
    """Labels of rows to be kept in proportion, where targets are classes that occur again."""
    if targets.dtype.kind not in "iub" or targets.ndim != 1:
        return False
    labels = np.asarray(targets)
    return labels if len(np.unique(labels)) <= len(labels) / 2 else False


def training_batches(
    source: Source, form: Form, batch_size: Any, seed: Any, augment: Any, class_weight: Any
) -> Batches:
    """The training batches, in the form of the model.

    Raises ``TypeError`` or ``ValueError`` for what is no data, and for options that are no use
    where data come in batches of their own.
    """
    data = checked_source(source.train, "fit: data", form.dtype)
    targets, labels = targets_of(data, "fit: data"), labels_of(data)
    if isinstance(data, Dataset | tuple):
        size = BATCH_SIZE if batch_size is None else batch_size
        rows = checked_batch_size(size, data)
        loader = DataLoader(data, rows, shuffle=True, seed=seed, augment=augment)
        weights = row_weights(targets, class_weight, source.weights, labels)
        return Batches(loader, form, targets, labels, weights)
    for name, given in (("batch_size", batch_size), ("augment", augment)):
        if given is not None:
            raise ValueError(
                f"fit: {name} must be left out where data come in batches, got {given!r:.40}: "
                "give it to the DataLoader"
            )
    if isinstance(data, DataLoader):
        weights = row_weights(targets, class_weight, source.weights, labels)
        return Batches(data, form, targets, labels, weights)
    if class_weight is not None or source.weights is not None:
        raise ValueError(
            f"fit: class_weight and sample_weight need to know the rows, got {data!r}: pass a "
            "Dataset, a pair (x, y) or a DataLoader"
        )
    return Batches(data, form, targets)
