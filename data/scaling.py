"""Standardizing: the mean of each number becomes 0, its standard deviation 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from .finite import not_finite, place_of
from .mapped import Numbers
from .records import Record

Floats = NDArray[np.float64]

_BLOCK = 2**19
"""How many numbers are worked on at a time: a few MB, whatever the size of the array."""


def blocks(array: Numbers) -> Iterator[slice]:
    """The rows of an array in pieces of moderate size, to be read one after the other."""
    step = max(1, _BLOCK // max(1, prod(array.shape[1:])))
    for start in range(0, len(array), step):
        yield slice(start, start + step)


@final
@dataclass(frozen=True, slots=True)
class Scale:
    """``(x - mean) / std``, each number of a row by itself; 0 where all rows had the same.

    Attributes
    ----------
    mean, std : array of float64, in the shape of a row
        The standard deviation is that of all rows, divided by N; 0 for what never changes.
    """

    mean: Floats
    std: Floats

    @classmethod
    def fit(cls, x: Numbers, what: str) -> Scale:
        """The scale of some rows.

        They are read in blocks, twice. Raises ``ValueError``, beginning with ``what``, for nan and
        infinity, and where squares are beyond the range of floats.
        """
        row = x.shape[1:]
        least, most, total = np.full(row, np.inf), np.full(row, -np.inf), np.zeros(row)
        squares = np.zeros(row)
        with np.errstate(over="ignore", invalid="ignore"):
            for part in blocks(x):
                block = np.asarray(x[part], dtype=np.float64)
                least = np.minimum(least, block.min(0))
                most = np.maximum(most, block.max(0))
                total = total + block.sum(0)
            mean = total / len(x)
            for part in blocks(x):
                squares = squares + ((x[part] - mean) ** 2).sum(0)
            std = np.sqrt(squares / len(x))
        if not np.isfinite(std).all():
            _check_finite(x, what)
            raise ValueError(
                f"{what} must hold finite numbers below 1e150 in size, got {least.min()} to "
                f"{most.max()}: measure it in a larger unit"
            )
        # Rounding may put the mean of what never changes beside it.
        return cls(mean, np.where(least == most, 0.0, std))

    def apply(self, x: NDArray[Any]) -> NDArray[Any]:
        """The rows on this scale, in their own dtype."""
        with np.errstate(over="ignore", invalid="ignore"):
            shifted = (x - self.mean) / np.where(self.std == 0, np.inf, self.std)
        return shifted.astype(x.dtype, copy=False)

    def invert(self, x: NDArray[Any]) -> Floats:
        """Rows on this scale as they were."""
        if self.mean.ndim and x.shape[-1:] != self.mean.shape:
            raise ValueError(
                f"inverse_target: predicted must have {self.mean.shape[0]} numbers in each row, "
                f"got shape {x.shape}: pass what the model gives"
            )
        return np.asarray(x * self.std + self.mean, dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "shape": [*self.mean.shape],
            "mean": self.mean.ravel().tolist(),
            "std": self.std.ravel().tolist(),
        }

    @classmethod
    def from_record(cls, record: Record) -> Scale:
        """The scale that :meth:`to_dict` told of."""
        shape = record.shape("shape")
        mean, std = record.numbers("mean", prod(shape)), record.numbers("std", prod(shape))
        if min(std, default=0.0) < 0:
            raise record.refused("std", "at least 0", min(std))
        return cls(np.array(mean).reshape(shape), np.array(std).reshape(shape))


def _check_finite(x: Numbers, what: str) -> None:
    for part in blocks(x):
        block = np.asarray(x[part])
        place = not_finite(block)
        if place:
            row, *others = place
            where = place_of((part.start + row, *others), x)
            raise ValueError(
                f"{what} must hold finite numbers, got {block[place]} in {where}: leave the row "
                "out, or fill it in"
            )
