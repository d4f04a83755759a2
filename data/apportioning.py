"""Whole rows and whole groups in proportion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def stratified_counts(totals: Counts, sizes: Sequence[int]) -> tuple[Counts, Counts, Counts]:
    """How many rows of each class go into a training, a validation and a test part.

    Each class is held out in proportion, rounded down or up so that the sizes are met (the method
    of the largest remainders), and keeps a row to train on; one that was rounded down in the test
    part comes first to be rounded up in the validation part.

    Parameters
    ----------
    totals : array of shape (K,)
        The rows of each class, at least one.
    sizes : three ints
        The rows of the parts.

    Raises
    ------
    ValueError
        Where the training part has less rows than there are classes.

    Examples
    --------
    >>> import numpy as np
    >>> [part.tolist() for part in stratified_counts(np.array([14, 5, 1]), [16, 2, 2])]
    [[11, 4, 1], [2, 0, 0], [1, 1, 0]]
    """
    train, validation, test = sizes
    if train < len(totals):
        raise ValueError(
            f"split: the training part must have a row for each of {len(totals)} classes, got "
            f"{train} rows: give smaller shares for validation and test, or stratify=False"
        )
    held_out = totals * ((validation + test) / totals.sum())
    tested = _apportioned(totals, test, totals - 1, totals * (test / totals.sum()))
    validated = _apportioned(totals, validation, totals - 1 - tested, held_out - tested)
    return totals - validated - tested, validated, tested


def _apportioned(totals: Counts, size: int, limits: Counts, wanted: NDArray[np.float64]) -> Counts:
    """Whole numbers in proportion to the totals, none above its limit, that add up to ``size``.

    Proportions are rounded down; what is missing goes to those that lack most of what is wanted.
    """
    counts: Counts = np.minimum(totals * size // totals.sum(), limits)
    while (missing := size - int(counts.sum())) > 0:
        free = np.flatnonzero(counts < limits)
        lacks_most = np.argsort((counts - wanted)[free], kind="stable")
        counts[free[lacks_most[:missing]]] += 1
    return counts


def group_parts(
    codes: Counts, sizes: Sequence[float] | NDArray[Any], keys: NDArray[np.uint64], what: str
) -> Counts:
    """A part for each row, such that the rows of a group are in one part.

    Groups are taken in the order of their keys, each into the part that lacks most rows, or, where
    as many parts are empty as groups are left, into one of these.

    Parameters
    ----------
    codes : array of shape (N,)
        The group of each row, from 0 on.
    sizes : sequence of numbers
        The rows that each part should have; one of 0 gets none.
    keys : array
        A random word for each group.

    Raises
    ------
    ValueError
        Where groups are fewer than parts.
    """
    members = np.bincount(codes)
    lacks = np.array(sizes, np.float64)
    is_empty = lacks > 0
    if len(members) < is_empty.sum():
        raise ValueError(
            f"{what}: groups must be at least as many as parts, got {len(members)} for "
            f"{is_empty.sum()} parts: ask for fewer parts"
        )
    part_of = np.empty(len(members), np.int64)
    for taken, group in enumerate(np.argsort(keys)):
        must_fill = len(members) - taken <= is_empty.sum()
        part = int(np.argmax(np.where(is_empty, lacks, -np.inf) if must_fill else lacks))
        part_of[group] = part
        lacks[part] -= members[group]
        is_empty[part] = False
    return part_of[codes]
