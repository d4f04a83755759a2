"""Rows to be predicted, whose answers need not be known."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset, Table, load
from ..data.mapped import Numbers
from ..data.sources.arrays import in_floats
from ..data.sources.files import damaged, reading
from ..data.sources.idx import idx_array
from ..data.wording import listed
from .config import StrPath

_USUAL = ("x", "X", "x_test", "X_test", "test_x", "test_X")


def read_inputs(name_or_path: StrPath) -> Table | Dataset:
    """Rows by the name of their data set, or from a file.

    Other than :func:`twingrad.data.load`, arrays need no answers: those of the data set are zeros
    then. Of a .npz file it is the array that is called x, or the only one.

    Raises
    ------
    OSError, TypeError, ValueError
        As :func:`twingrad.data.load`.
    """
    path = os.fspath(name_or_path)
    suffix = Path(path).suffix.lower()
    if suffix == ".npz":
        return _unanswered(in_floats(_member(path)), path)
    if suffix == ".npy":
        return _unanswered(in_floats(_array(path)), path)
    if "images" in Path(path).name and os.path.isfile(path):
        return _unanswered(in_floats(idx_array(path)), path)
    return load(path)


def _unanswered(x: Numbers, path: str) -> Dataset:
    return Dataset(x, np.zeros(len(x)) if x.ndim else x, name=Path(path).stem)


def _array(path: str) -> NDArray[Any]:
    with reading(path, "predict"):
        try:
            array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
        except (ValueError, EOFError) as error:
            raise damaged("predict", path, ".npy", error) from None
    return array


def _member(path: str) -> NDArray[Any]:
    with reading(path, "predict") as file:
        try:
            archive = np.load(file, allow_pickle=False)
            names = archive.files
        except Exception as error:  # there is little that damaged archives do not raise
            raise damaged("predict", path, ".npz", error) from None
        name = _inputs_among(names, path)
        try:
            array: NDArray[Any] = archive[name]
        except Exception as error:
            raise damaged("predict", path, ".npz", error) from None
    return array


def _inputs_among(names: Sequence[str], path: str) -> str:
    found = [name for name in _USUAL if name in names] or ([*names] if len(names) == 1 else [])
    if not found:
        raise ValueError(
            f"predict: inputs must be an array called x, or the only one in {path!r}, got "
            f"{listed(names)}: call it x"
        )
    return found[0]
