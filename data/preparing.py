"""The inputs of a network from tables and from arrays, as the training rows decided."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from .columns import Column, is_missing, is_text
from .dataset import Dataset
from .encoders import CategoryEncoder, Encoder, NumberEncoder, encoder_from
from .mapped import Numbers
from .noticing import missing_note, numbers_rows, text_note
from .records import Record
from .scaling import Scale, blocks
from .table import Table
from .targets import FEW, as_numbers, is_all_numbers
from .wording import counted, listed

StrPath = str | os.PathLike[str]


class Inputs(ABC):
    """What the inputs of the training rows were, and how others become like them."""

    @property
    @abstractmethod
    def features(self) -> tuple[str, ...]:
        """The names of the numbers in a row, if they have names."""

    @abstractmethod
    def apply(
        self, data: Table | Dataset, target: str, out: StrPath | None
    ) -> tuple[NDArray[Any], list[str]]:
        """The inputs of some rows, and what there is to tell about them."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Plain data."""


@final
@dataclass(frozen=True, slots=True)
class TableInputs(Inputs):
    """Columns by name, each with its encoder.

    Attributes
    ----------
    encoders : tuple of Encoder
    left_out : tuple of str
        Columns that training had, and that are not learned from.
    """

    encoders: tuple[Encoder, ...]
    left_out: tuple[str, ...]

    @classmethod
    def fit(cls, table: Table, target: str, most: int) -> tuple[TableInputs, list[str]]:
        """Encoders for all columns that can be learned from, and what became of the others."""
        encoders: list[Encoder] = []
        notes: list[str] = []
        for name in table.names:
            if name != target:
                encoder, note = _fitted(table.column(name), name, table.numbers, most)
                encoders += [] if encoder is None else [encoder]
                notes += [note] if note else []
        if len(encoders) > 1:
            notes += [
                f"column {each.name!r} numbers the rows, and is learned from all the same: leave "
                "it out, as it says nothing of new rows"
                for each in encoders
                if numbers_rows(table.column(each.name), table.numbers)
            ]
        if not encoders:
            raise ValueError(
                f"Preparation: there must be a column to learn {target!r} from, got none"
                + "".join([f", {note}" for note in notes])
                + ": add columns that tell of it"
            )
        used = {target, *(encoder.name for encoder in encoders)}
        return cls(tuple(encoders), tuple(each for each in table.names if each not in used)), notes

    @property
    def features(self) -> tuple[str, ...]:
        """Those of all encoders, in order."""
        return tuple(feature for encoder in self.encoders for feature in encoder.features)

    def apply(
        self, data: Table | Dataset, target: str, out: StrPath | None
    ) -> tuple[NDArray[Any], list[str]]:
        """An array of shape (N, features) of float64."""
        if not isinstance(data, Table):
            raise TypeError(
                "Preparation: data must be a Table, as in training, got Dataset: give its columns "
                "by name, Table(dict(zip(data.features, data.x.T)))"
            )
        names = [encoder.name for encoder in self.encoders]
        check_present(names, data)
        found = [each.encode(data.column(each.name), data.numbers) for each in self.encoders]
        x = np.concatenate([numbers for numbers, _ in found], axis=1)
        notes = [note for _, note in found if note]
        return _into(x, out), notes + _extra({*names, *self.left_out, target}, data)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kind": "table",
            "columns": [encoder.to_dict() for encoder in self.encoders],
            "left_out": [*self.left_out],
        }


@final
@dataclass(frozen=True, slots=True)
class ArrayInputs(Inputs):
    """Numbers by their place in a row: standardized, or divided by one constant for all.

    Attributes
    ----------
    names : tuple of str
        Those of the columns of a table; empty for images.
    shape : tuple of int
        The shape of a row.
    scale : Scale or None
    pixels : float or None
        What numbers are divided by, where there is no scale.
    """

    names: tuple[str, ...]
    shape: tuple[int, ...]
    scale: Scale | None
    pixels: float | None

    @classmethod
    def fit(cls, dataset: Dataset, pixels: float | None) -> ArrayInputs:
        """Rows are read in blocks, so that a memory map may be larger than memory."""
        scale = Scale.fit(dataset.x, "Preparation: x") if pixels is None else None
        return cls(dataset.features, dataset.shape[1:], scale, pixels)

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.names

    def apply(
        self, data: Table | Dataset, target: str, out: StrPath | None
    ) -> tuple[NDArray[Any], list[str]]:
        """An array of the shape and the dtype of the data, made in blocks."""
        x, columns, notes = self._matched(data, target)
        result = created((len(x), *self.shape), x.dtype, out)
        for part in blocks(x):
            block = np.asarray(x[part])[:, columns]
            scaled = block / self.pixels if self.scale is None else self.scale.apply(block)
            result[part] = scaled
        return result, notes

    def _matched(
        self, data: Table | Dataset, target: str
    ) -> tuple[Numbers, slice | list[int], list[str]]:
        """The inputs, which of their columns are those of training in order, and notes."""
        if isinstance(data, Table):
            check_present(self.names or ("a data set of arrays",), data)
            columns = [_numbers(data.column(name), name, data) for name in self.names]
            return np.stack(columns, axis=1), slice(None), _extra({*self.names, target}, data)
        if data.features != self.names and self.names and set(self.names) <= set(data.features):
            places = [data.features.index(name) for name in self.names]
            extra = [name for name in data.features if name not in self.names]
            return data.x, places, _ignored(extra)
        if data.features != self.names or data.shape[1:] != self.shape:
            missing = [name for name in self.names if name not in data.features]
            raise ValueError(
                f"Preparation: data must have rows of shape {self.shape}, as in training, got "
                f"{data.shape[1:]}" + (f" without {listed(missing)}" if missing else "")
            )
        return data.x, slice(None), []

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kind": "array",
            "names": [*self.names],
            "shape": [*self.shape],
            "scale": None if self.scale is None else self.scale.to_dict(),
            "pixels": self.pixels,
        }


def inputs_from(record: Record) -> Inputs:
    """The inputs that ``to_dict`` told of."""
    if record.choice("kind", ("table", "array")) == "table":
        encoders = tuple(map(encoder_from, record.records("columns")))
        if not encoders:
            raise record.refused("columns", "at least one column", [])
        return TableInputs(encoders, tuple(record.texts("left_out")))
    names, shape = tuple(record.texts("names")), record.shape("shape")
    if len(names) != (shape[0] if len(shape) == 1 else 0):
        raise record.refused("names", "one for each column", [*names])
    if not record.has("scale"):
        pixels = record.number("pixels")
        if pixels <= 0:
            raise record.refused("pixels", "greater than 0", pixels)
        return ArrayInputs(names, shape, None, pixels)
    scale = Scale.from_record(record.record("scale"))
    if scale.mean.shape != shape:
        raise record.refused("scale", f"of shape {shape}", scale.mean.shape)
    return ArrayInputs(names, shape, scale, None)


def check_present(names: Sequence[str], table: Table) -> None:
    """Raise ``ValueError`` that names the columns which the table lacks."""
    missing = [name for name in names if name not in table.names]
    if missing:
        raise ValueError(
            f"Preparation: data must have all columns of training, got none named "
            f"{listed(missing)}: the columns are {listed(table.names)}"
        )


def created(shape: tuple[int, ...], dtype: Any, out: StrPath | None) -> NDArray[Any]:
    """An array to be filled, in memory or in a new .npy file."""
    if out is None:
        return np.empty(shape, dtype)
    if os.path.exists(out):  # it may be the very file that is read
        raise FileExistsError(
            errno.EEXIST, f"Preparation: out must be a new file, got {os.fspath(out)!r}: remove it"
        )
    return np.lib.format.open_memmap(os.fspath(out), mode="w+", dtype=dtype, shape=shape)


def _fitted(
    column: Column, name: str, rows: NDArray[np.int64], most: int
) -> tuple[Encoder | None, str]:
    """The encoder of a column, or None where it says nothing; and what there is to tell."""
    missing = int(is_missing(column).sum())
    if missing == len(column):
        return None, f"column {name!r} is left out: it is empty"
    if is_text(column):
        different = len({cell for cell in column if cell is not None})
        occurs_again = different <= max(2, len(column) // 2)
        if (occurs_again and different <= FEW) or not is_all_numbers(column, name, rows, "column"):
            kept = occurs_again and different <= most
            note = text_note(column, name, rows, kept)
            return CategoryEncoder.fit(column, name) if kept else None, note
    return _fitted_numbers(NumberEncoder.fit(column, name, rows), missing)


def _fitted_numbers(encoder: NumberEncoder, missing: int) -> tuple[NumberEncoder, str]:
    """The encoder, and what there is to tell about it."""
    if missing:
        rest = "and a feature tells where"
        return encoder, missing_note(encoder.name, missing, encoder.median, rest)
    if not encoder.scale.std:
        return encoder, f"column {encoder.name!r} is the same in all rows: it becomes 0"
    return encoder, ""


def _into(x: NDArray[Any], out: StrPath | None) -> NDArray[Any]:
    if out is None:
        return x
    result = created(x.shape, x.dtype, out)
    result[...] = x
    return result


def _numbers(column: Column, name: str, table: Table) -> NDArray[np.float64]:
    """A column without missing numbers."""
    numbers = as_numbers(column, name, table.numbers, "column")
    missing = np.isnan(numbers)
    if missing.any():
        raise ValueError(
            f"the column {name!r} must hold a number in each row, as in training, got a missing "
            f"cell in row {table.numbers[missing.argmax()]}: fill it in, or leave the row out"
        )
    return numbers


def _extra(known: Collection[str], table: Table) -> list[str]:
    return _ignored([name for name in table.names if name not in known])


def _ignored(names: Sequence[str]) -> list[str]:
    return [f"{counted(len(names), 'column')} not used in training: {listed(names)}"] * bool(names)
