"""One name for all sources."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import toys
from ..dataset import Dataset
from ..table import Table
from ..wording import suggestion
from .arrays import read_npy, read_npz
from .bundled import NAMES, bundled
from .delimited import read_csv
from .files import StrPath
from .idx import read_idx
from .parquet import read_parquet

_TOYS: Mapping[str, Callable[[], Dataset]] = {
    "blobs": toys.blobs,
    "circles": toys.circles,
    "linear": toys.linear,
    "moons": toys.moons,
    "spirals": toys.spirals,
    "xor": toys.xor,
}

SETS = (*NAMES, *_TOYS)
"""The data sets that go by a name."""

_TABLES: Mapping[str, Callable[..., Table]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".parquet": read_parquet,
}


def load(name_or_path: StrPath, target: str | None = None) -> Table | Dataset:
    """A data set by its name, or from a file by its path.

    Parameters
    ----------
    name_or_path : str or path
        One of

        - ``"breast_cancer"``, ``"diabetes"``, ``"digits"``, ``"iris"``, ``"wine"``: real data that
          scikit-learn carries along;
        - ``"blobs"``, ``"circles"``, ``"linear"``, ``"moons"``, ``"spirals"``, ``"xor"``: see
          :mod:`twingrad.data.toys`;
        - a file that ends in .csv, .tsv or .txt (:func:`read_csv`), .parquet
          (:func:`read_parquet`), .npz (:func:`read_npz`) or .npy (:func:`read_npy`);
        - a file of idx images, or the folder of MNIST's files (:func:`read_idx`).

        A name of a data set comes before a file of this name: write ``"./iris"`` for the file.
    target : str, optional
        What is to be predicted: a column of a table, an array in a .npz file, the path of the
        answers to a .npy file. Other sources have one target.

    Returns
    -------
    Table or Dataset
        A table where columns are still to be turned into numbers by
        :class:`~twingrad.data.Preparation`.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ModuleNotFoundError
        If scikit-learn or pandas are needed and not installed.
    TypeError, ValueError
        For names that are not known, and for what the readers refuse.

    Examples
    --------
    >>> from twingrad import data
    >>> data.load("diabetes")
    Dataset 'diabetes': x (442, 10) float64, target 'progression'
    >>> data.load("mons")
    Traceback (most recent call last):
    ValueError: load: there is no data set 'mons': did you mean 'moons'?
    """
    if not isinstance(name_or_path, str | os.PathLike):
        raise TypeError(
            "load: name_or_path must be a name or a path, got "
            f"{type(name_or_path).__name__} {name_or_path!r:.40}: write load('iris')"
        )
    name = os.fspath(name_or_path)
    if name in NAMES or name in _TOYS:
        return _with_own_target(bundled(name) if name in NAMES else _TOYS[name](), target)
    suffix = Path(name.removesuffix(".gz")).suffix.lower()
    if suffix in _TABLES:
        return _TABLES[suffix](name, target=target)
    if suffix == ".npz":
        return read_npz(name, y=target)
    if suffix == ".npy":
        return read_npy(name, y=target)
    if os.path.isdir(name) or (os.path.exists(name) and "images" in Path(name).name):
        return _with_own_target(read_idx(name), target)
    raise _unknown(name)


def _with_own_target(data: Dataset, target: str | None) -> Dataset:
    if target is not None and target != data.target:
        raise ValueError(
            f"load: target must be that of the data set, {data.target!r}, got {target!r}: leave it "
            "out"
        )
    return data


def _unknown(name: str) -> Exception:
    """The error for what is neither a name nor a file that can be read."""
    if os.path.exists(name):
        return ValueError(
            f"load: a file must end in .csv, .tsv, .txt, .parquet, .npz or .npy, or hold idx "
            f"images, got {name!r}: rename it, or convert it to one of these"
        )
    if os.sep in name or Path(name).suffix:
        return FileNotFoundError(f"load: path must lead to a file, got {name!r}: there is none")
    return ValueError(
        f"load: there is no data set {name!r}: "
        + suggestion(name, SETS, f"the names are {', '.join(SETS)}, or give the path of a file")
    )
