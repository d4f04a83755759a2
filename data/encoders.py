"""How one column of a table becomes numbers for a network, as the training rows decided."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from .columns import Column, as_known_text, is_missing
from .noticing import missing_note
from .records import Record
from .scaling import Scale
from .targets import as_numbers
from .wording import listed

Floats = NDArray[np.float64]


class Encoder(ABC):
    """A column and the numbers it becomes."""

    name: str

    @property
    @abstractmethod
    def features(self) -> tuple[str, ...]:
        """The names of the numbers."""

    @abstractmethod
    def encode(self, column: Column, rows: NDArray[np.int64]) -> tuple[Floats, str]:
        """The numbers, of shape (N, features), and what there is to tell about them, or nothing.

        ``rows`` are the numbers of the rows, for errors.
        """

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Plain data."""


@final
@dataclass(frozen=True, slots=True)
class NumberEncoder(Encoder):
    """Numbers, standardized; what is missing becomes the median.

    Attributes
    ----------
    name : str
    median : float
        Of the training rows, in the unit of the column.
    scale : Scale
        Of the training rows, once missing numbers are filled in.
    tells_missing : bool
        Whether a second feature is 1 where the number is missing: if any was in training.
    """

    name: str
    median: float
    scale: Scale
    tells_missing: bool

    @classmethod
    def fit(cls, column: Column, name: str, rows: NDArray[np.int64]) -> NumberEncoder:
        """The encoder for a column with at least one number."""
        numbers = as_numbers(column, name, rows, "column")
        missing = np.isnan(numbers)
        with np.errstate(over="ignore"):
            median = float(np.median(numbers[~missing]))
        filled = np.where(missing, median, numbers)
        return cls(name, median, Scale.fit(filled, f"the column {name!r}"), bool(missing.any()))

    @property
    def features(self) -> tuple[str, ...]:
        """The column, and whether it is missing."""
        return (self.name, f"{self.name} is missing") if self.tells_missing else (self.name,)

    def encode(self, column: Column, rows: NDArray[np.int64]) -> tuple[Floats, str]:
        """The numbers on the scale of the training rows; tells of what only here is missing."""
        numbers = as_numbers(column, self.name, rows, "column")
        missing = np.isnan(numbers)
        scaled = self.scale.apply(np.where(missing, self.median, numbers))
        parts = [scaled, missing] if self.tells_missing else [scaled]
        told = ""
        if missing.any() and not self.tells_missing:
            rest = "and nothing tells where, as none was missing in training"
            told = missing_note(self.name, int(missing.sum()), self.median, rest)
        return np.stack(parts, axis=1).astype(np.float64, copy=False), told

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kind": "number",
            "name": self.name,
            "median": self.median,
            "scale": self.scale.to_dict(),
            "tells_missing": self.tells_missing,
        }


@final
@dataclass(frozen=True, slots=True)
class CategoryEncoder(Encoder):
    """Text, one feature for each category: 1 where it is this one, else 0.

    Attributes
    ----------
    name : str
    categories : tuple of str
        Those of the training rows, in order. Others are 0 in all features.
    tells_missing : bool
        Whether missing is a category: if any cell was missing in training.
    """

    name: str
    categories: tuple[str, ...]
    tells_missing: bool

    @classmethod
    def fit(cls, column: NDArray[np.object_], name: str) -> CategoryEncoder:
        """The encoder for a column of text."""
        categories = tuple(sorted(cell for cell in set(column) if cell is not None))
        return cls(name, categories, bool(is_missing(column).any()))

    @property
    def features(self) -> tuple[str, ...]:
        """The categories, and whether there is none."""
        names = tuple(f"{self.name} = {category}" for category in self.categories)
        return (*names, f"{self.name} is missing") if self.tells_missing else names

    def encode(self, column: Column, rows: NDArray[np.int64]) -> tuple[Floats, str]:
        """Ones and zeros; tells of categories that training had not."""
        places: dict[str | None, int] = {each: k for k, each in enumerate(self.categories)}
        if self.tells_missing:
            places[None] = len(self.categories)
        cells = as_known_text(column, places)
        found = np.array([places.get(cell, -1) for cell in cells], dtype=np.intp)
        known = np.flatnonzero(found >= 0)
        encoded = np.zeros((len(cells), len(places)))
        encoded[known, found[known]] = 1.0
        return encoded, self._told({cells[row]: None for row in np.flatnonzero(found < 0)})

    def _told(self, unknown: dict[str | None, None]) -> str:
        if not unknown:
            return ""
        texts = [cell for cell in unknown if cell is not None]
        named = [listed(texts)] * bool(texts) + ["missing cells"] * (None in unknown)
        verb = "counts" if unknown.keys() == {*texts[:1]} else "count"
        return (
            f"column {self.name!r}: {' and '.join(named)} did not occur in training and {verb} as "
            "no category"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kind": "category",
            "name": self.name,
            "categories": [*self.categories],
            "tells_missing": self.tells_missing,
        }


def encoder_from(record: Record) -> Encoder:
    """The encoder that ``to_dict`` told of."""
    name, tells_missing = record.text("name"), record.truth("tells_missing")
    if record.choice("kind", ("number", "category")) == "category":
        categories = record.texts("categories")
        if len(set(categories)) < len(categories) or not categories:
            raise record.refused("categories", "different texts", categories)
        return CategoryEncoder(name, tuple(categories), tells_missing)
    scale = Scale.from_record(record.record("scale"))
    if scale.mean.ndim:
        raise record.refused("scale", "a scale of single numbers", scale.mean.shape)
    return NumberEncoder(name, record.number("median"), scale, tells_missing)
