"""Which classes are taken for which: counts, shares of what is true, the most frequent mistakes."""

from __future__ import annotations

from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from .contents import Numbers

MOST_CLASSES = 26
"""A matrix of more classes cannot be read."""
STRONGEST = 0.55
"""How much colour a cell of the matrix has at most; its number stays readable."""


def counted_pairs(truth: Numbers, predicted: Numbers, classes: int) -> NDArray[np.int64]:
    """How often class i, true, was predicted as class j: shape (K, K).

    >>> counted_pairs(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    pairs = truth.astype(np.int64) * classes + predicted.astype(np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def shares_of_rows(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each row by its sum; nan where a class does not occur.

    >>> shares_of_rows(np.array([[3, 1], [0, 0]]))
    array([[0.75, 0.25],
           [ nan,  nan]])
    """
    sums = counts.sum(axis=1, keepdims=True)
    return np.where(sums > 0, counts / np.maximum(sums, 1), np.nan)


@final
class Mistake(NamedTuple):
    """A class that was taken for another.

    Attributes
    ----------
    truth, predicted : int
        The codes of the two.
    rows : int
        How often.
    share : float
        Of the rows of the true class, how many.
    """

    truth: int
    predicted: int
    rows: int
    share: float


def most_confused(counts: NDArray[np.int64], most: int) -> list[Mistake]:
    """The most frequent mistakes, at most so many of them, the greater share first in a tie.

    >>> most_confused(np.array([[8, 0, 2], [1, 4, 0], [0, 0, 5]]), 1)
    [Mistake(truth=0, predicted=2, rows=2, share=0.2)]
    """
    shares = shares_of_rows(counts)
    found = [
        Mistake(int(i), int(j), int(counts[i, j]), float(shares[i, j]))
        for i, j in np.argwhere(counts > 0)
        if i != j
    ]
    return sorted(found, key=lambda each: (-each.rows, -each.share))[:most]


def strength(share: float) -> float:
    """How much colour a share has: grows as its root, so that a rare mistake is still seen.

    >>> strength(1.0), round(strength(0.01), 3), strength(float("nan"))
    (0.55, 0.055, 0.0)
    """
    return STRONGEST * share**0.5 if share > 0 else 0.0
