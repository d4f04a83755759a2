"""NumPy's own files: .npz with several arrays, .npy with one, in a memory map."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataset import Dataset
from ..wording import listed, suggestion
from .files import StrPath, damaged, reading

_NPY = ".npy"


def read_npz(path: StrPath, *, x: str | None = None, y: str | None = None) -> Dataset:
    """Read inputs and answers from a .npz file.

    Answers that are whole numbers, truth values or text are classes, floats are for a regression.
    Inputs that are whole numbers of at most two bytes become float32, others float64.

    Parameters
    ----------
    path : str or path
        A file that ``numpy.savez`` or ``numpy.savez_compressed`` wrote; nothing in it is executed.
    x, y : str, optional
        The names of the arrays. If they are not given, they are x and y, X and y, or
        else x_train and y_train or the like; one of them follows from the other.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    TypeError
        For arrays of Python objects.
    ValueError
        If the file is damaged, or there are no such arrays; for what a
        :class:`~twingrad.data.Dataset` cannot hold.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from twingrad.data import read_npz
    >>> path = os.path.join(tempfile.mkdtemp(), "and.npz")
    >>> np.savez(path, x=[[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]], y=["no", "no", "yes"])
    >>> read_npz(path)
    Dataset 'and': x (3, 2) float64, target 'y' with 2 classes: no, yes
    """
    with reading(path, "read_npz") as file:
        with _intact("read_npz", path, ".npz"):
            archive = zipfile.ZipFile(file)
        names = [each[: -len(_NPY)] for each in archive.namelist() if each.endswith(_NPY)]
        x_name, y_name = _names(names, x, y, path)
        with _intact("read_npz", path, ".npz"):
            inputs, answers = _member(archive, x_name), _member(archive, y_name)
    return labelled(in_floats(inputs), answers, target=y_name, name=Path(path).stem)


def read_npy(path: StrPath, *, y: StrPath | None = None) -> Dataset:
    """Inputs in a .npy file, which is not read but mapped into memory, and answers in another.

    Files of float32 and float64 may be larger than memory: rows are read when they are used. Other
    numbers are read as a whole: bytes as float32, others as float64.

    Parameters
    ----------
    path : str or path
        The inputs, of shape (N, ...).
    y : str or path, optional
        The answers, of shape (N,) or (N, k), which are read as a whole; see :func:`read_npz`. If it
        is not given, the name is that of the inputs with its last x as a y: train_y.npy beside
        train_x.npy.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    TypeError
        For arrays of Python objects.
    ValueError
        If a file is damaged; for what a :class:`~twingrad.data.Dataset` cannot hold.
    """
    answers_path = _beside(Path(path)) if y is None else Path(y)
    inputs, answers = _mapped(path), np.array(_mapped(answers_path))
    return labelled(in_floats(inputs), answers, target=answers_path.stem, name=Path(path).stem)


def labelled(x: NDArray[Any], y: NDArray[Any], *, target: str, name: str) -> Dataset:
    """A data set; answers other than floats become classes with their labels."""
    if y.dtype.kind not in "biuU" or y.ndim != 1 or not y.size:
        return Dataset(x, y, target=target, name=name)
    labels, codes = np.unique(y, return_inverse=True)
    return Dataset(x, codes, target=target, classes=labels.tolist(), name=name)


def in_floats(numbers: NDArray[Any]) -> NDArray[Any]:
    """Numbers as floats: of at most two bytes as float32, which holds them exactly.

    Those that are float32 or float64 already stay as they are, in a memory map too.
    """
    if numbers.dtype.kind not in "biuf" or numbers.dtype in (np.float32, np.float64):
        return numbers
    small = numbers.dtype.itemsize <= (4 if numbers.dtype.kind == "f" else 2)
    return np.asarray(numbers).astype(np.float32 if small else np.float64)


def _member(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(name + _NPY) as member:
        array: NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
    return array


def _mapped(path: StrPath) -> NDArray[Any]:
    with reading(path, "read_npy"), _intact("read_npy", path, _NPY):
        array: NDArray[Any] = np.lib.format.open_memmap(os.fspath(path), mode="r")
    return array


@contextmanager
def _intact(what: str, path: StrPath, kind: str) -> Iterator[None]:
    """Any error inside means that the file is damaged: there is little that NumPy cannot raise."""
    try:
        yield
    except Exception as error:
        if "Object arrays" in str(error) or "Python objects" in str(error):
            raise TypeError(
                f"{what}: arrays must be numbers or text, got Python objects in "
                f"{os.fspath(path)!r}, which can hold code: save it as array.astype(float) or "
                "array.astype(str)"
            ) from None
        raise damaged(what, path, kind, error) from None


def _names(names: Sequence[str], x: str | None, y: str | None, path: StrPath) -> tuple[str, str]:
    """The names of inputs and answers among those of all arrays."""
    for name in (x, y):
        if name is not None and name not in names:
            cure = suggestion(name, names, f"the arrays are {listed(names)}")
            raise ValueError(f"read_npz: there is no array {name!r} in {os.fspath(path)!r}: {cure}")
    if x is not None and y is not None:
        return x, y
    pairs = [(each, _as_answers(each)) for each in names if "x" in each.lower()]
    pairs += [(each, _as_answers(each).lower()) for each, _ in pairs]
    fitting = [
        pair for pair in pairs if pair[1] in names and x in (None, pair[0]) and y in (None, pair[1])
    ]
    if fitting:
        return min(fitting, key=lambda pair: (pair[0].lower() != "x", "train" not in pair[0]))
    if y is not None and len(names) == 2:
        return next(each for each in names if each != y), y
    raise ValueError(
        f"read_npz: x and y must be arrays in {os.fspath(path)!r}, got {listed(names)}: say which, "
        "read_npz(path, x=..., y=...)" + (", or name the answers with target" if y is None else "")
    )


def _as_answers(name: str) -> str:
    """The name with its last x as a y.

    >>> _as_answers("X_train"), _as_answers("index_x")
    ('Y_train', 'index_y')
    """
    place = name.lower().rfind("x")
    return name if place < 0 else name[:place] + chr(ord(name[place]) + 1) + name[place + 1 :]


def _beside(path: Path) -> Path:
    """The file of the answers to the inputs in ``path``."""
    for stem in (_as_answers(path.stem), _as_answers(path.stem).lower()):
        other = path.with_name(stem + path.suffix)
        if stem != path.stem and other.exists():
            return other
    raise ValueError(
        f"read_npy: y must be the file of the answers, got none beside {os.fspath(path)!r}: call "
        f"it {_as_answers(path.name)!r}, or write read_npy(path, y=...)"
    )
