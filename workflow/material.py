"""The data of a run: read, divided, and looked through for what would make its test too easy."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from math import prod
from pathlib import Path
from typing import Any, final

import numpy as np

from ..data import Dataset, Parts, Preparation, Table, leaks, load, split
from ..data.columns import is_text
from ..data.mapped import is_mapped
from ..data.scaling import blocks
from ..data.targets import Wish
from ..data.wording import counted, listed
from .config import Config

Source = Table | Dataset

MOST_OFF = 5.0
"""How many standard deviations from the mean an input may be: see ``limit`` of ``Preparation``."""

_PIXEL = re.compile(r"pixel_(\d+)_(\d+)")


@final
@dataclass(frozen=True, slots=True)
class Material:
    """Data, divided into parts, and how they become numbers for a network.

    Attributes
    ----------
    source : Table or Dataset
        The whole.
    parts : Parts
        Its parts, as they were read.
    preparation : Preparation
        Fitted on the training part.
    """

    source: Source
    parts: Parts[Source]
    preparation: Preparation

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a row as the network gets it."""
        if isinstance(self.source, Table):
            return (len(self.preparation.features),)
        return self.source.shape[1:]

    @property
    def picture(self) -> tuple[int, ...] | None:
        """The shape of a picture, (H, W) or (C, H, W), if rows are any."""
        return picture_shape(self.preparation.features, self.shape)

    @property
    def outputs(self) -> int:
        """How many classes there are, or numbers to predict in a row."""
        if self.preparation.classes is not None:
            return len(self.preparation.classes)
        return prod(self.source.y.shape[1:])

    @property
    def sizes(self) -> dict[str, int]:
        """The number of rows in each part."""
        return {name: len(rows) for name, rows in self.parts.rows._asdict().items()}

    def prepared(self, part: Source, folder: Path, name: str) -> Dataset:
        """A part as numbers for the network.

        What was in a memory map is in one again: in a file of this name in the folder.
        """
        if isinstance(part, Table) or not is_mapped(part.x):
            return self.preparation.apply(part)
        folder.mkdir(exist_ok=True)
        return self.preparation.apply(part, out=folder / f"{name}.npy")

    def sentences(self) -> list[str]:
        """What the data are, what is predicted, and what became of columns."""
        kind = "columns" if isinstance(self.source, Table) else "numbers"
        if len(self.shape) > 1:
            kind = "pixels"
        width = len(self.source.names) if isinstance(self.source, Table) else prod(self.shape)
        size = self.sizes
        parts = [f"{size['train']} to train"]
        parts += [f"{size['validation']} to validate"] if size["validation"] else []
        parts += [f"{size['test']} to test at the end"] if size["test"] else []
        whole = f"{counted(len(self.source), 'row')} of {width} {kind}"
        notes = [f"data: {whole}: {', '.join(parts)}", *self.preparation.notes]
        if not size["test"]:
            notes.append("there is no test part: how good the model is on other rows is not known")
        return notes

    def leaks(self) -> list[str]:
        """Rows that are in two parts, and columns of the target; the test part stays closed."""
        # A run knows no groups to split by.
        return [str(leak).removesuffix(", or split by groups") for leak in leaks(self.parts)]


def gather(config: Config, preparation: Preparation | None = None) -> Material:
    """Read the data of a run, divide them, and fit their preparation on the training part.

    Parameters
    ----------
    config : Config
    preparation : Preparation, optional
        That of the run, if it is resumed.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    TypeError, ValueError
        For data that cannot be learned from; every row is looked at, so that no cell of the test
        part can spoil the end of a run.
    """
    source, wish = _read(config)
    stratify: Any = "auto"
    if isinstance(source, Table):
        classes = wish != "regression"
        column = source.column(str(source.target))
        stratify = np.unique(column, return_inverse=True)[1] if classes else False
    parts = split(source, config.validation, config.test, stratify, config.seed)
    if preparation is None:
        preparation = Preparation.fit(
            parts.train, task=wish, pixels=_brightest(parts.train), limit=MOST_OFF
        )
    if isinstance(source, Table):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            preparation.apply(source)
    return Material(source, parts, preparation)


def _read(config: Config) -> tuple[Source, Wish]:
    """The data, with their target said, and whether it is classes or numbers."""
    source = load(config.data, config.target)
    wish: Any = config.task
    if isinstance(source, Dataset):
        if config.ignore:
            raise ValueError(
                f"ignore must name columns of a table, got {listed(config.ignore)} for arrays: "
                "leave it out"
            )
        return source, wish
    if config.target in config.ignore:
        raise ValueError(
            f"ignore must leave the target in, got {listed(config.ignore)}: leave "
            f"{config.target!r} out of it"
        )
    if config.ignore:
        source = source.without(*config.ignore)
    # By the same rule in the training part alone, few rows could turn classes into numbers.
    whole = Preparation.fit(source, target=config.target, task=wish)
    if wish == "auto":
        wish = "regression" if whole.task == "regression" else "classification"
    return source.with_target(whole.target), wish


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A place for prepared data: what is left there is removed, before and behind the block."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def picture_shape(features: tuple[str, ...], shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape of the picture that a row is, or None.

    Flat rows are pictures if their features are called pixel_0_0, pixel_0_1 and so on.

    Examples
    --------
    >>> picture_shape(("pixel_0_0", "pixel_0_1"), (2,)), picture_shape(("x1", "x2"), (2,))
    ((1, 2), None)
    """
    if len(shape) in (2, 3):
        return shape
    places = [_PIXEL.fullmatch(name) for name in features]
    if not features or not all(places):
        return None
    found = [(int(place[1]), int(place[2])) for place in places if place]
    height, width = found[-1][0] + 1, found[-1][1] + 1
    in_order = height * width == len(found) and found == [*np.ndindex(height, width)]
    return (height, width) if in_order else None


def digest_of(source: Source) -> str:
    """A checksum of data, by which changes are noticed."""
    found = blake2b(digest_size=16)
    if isinstance(source, Table):
        for name in source.names:
            column = source.column(name)
            found.update(repr((name, column.dtype.str)).encode())
            found.update(repr(column.tolist()).encode() if is_text(column) else column.tobytes())
    else:
        for array in (source.x, source.y):
            found.update(repr((array.shape, array.dtype.str)).encode())
            for part in blocks(array):
                found.update(np.ascontiguousarray(array[part]).tobytes())
    return found.hexdigest()


def _brightest(train: Source) -> float | None:
    """What the numbers of pictures are divided by: the greatest, where none is below 0.

    Flat rows are standardized, whatever they show.
    """
    if isinstance(train, Table) or train.x.ndim == 2:
        return None
    arrays = (np.asarray(train.x[part]) for part in blocks(train.x))
    bounds = [(float(array.min()), float(array.max())) for array in arrays]
    least, greatest = min(low for low, _ in bounds), max(high for _, high in bounds)
    return greatest if least >= 0 and greatest > 0 else None
