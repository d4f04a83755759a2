"""The idx format, in which MNIST and its relatives are published: images and labels, plain or .gz.

LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..dataset import Dataset
from ..wording import listed
from .arrays import in_floats, labelled
from .files import StrPath, damaged, reading

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_PIECE = 2**20


def read_idx(path: StrPath) -> Dataset:
    """Read images and their labels from a pair of idx files, such as those of MNIST.

    Parameters
    ----------
    path : str or path
        The file of the images, whose name holds "images", with that of the labels beside it, where
        "labels" stands instead: train-images-idx3-ubyte and train-labels-idx1-ubyte. Either may end
        in .gz. Or the folder of both; of several pairs it is the one whose name begins with train.

    Returns
    -------
    Dataset
        ``x`` of shape (N, H, W), as float32 where numbers have at most two bytes, from 0 to 255 for
        bytes; ``y`` of shape (N,).

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If a file is damaged, cut off, or no idx file; if there is no pair, or not as many labels as
        images.
    """
    images, others = _images_in(Path(path)) if os.path.isdir(path) else (Path(path), [])
    _check_name(images)
    x = in_floats(idx_array(images))  # a damaged file is told of before labels are missed
    labels = _labels_beside(images)
    y = idx_array(labels)
    if y.ndim != 1 or y.dtype.kind == "f":
        raise ValueError(
            f"read_idx: labels must be whole numbers of shape (N,), got {y.dtype} of shape "
            f"{y.shape} in {os.fspath(labels)!r}: check which file is which"
        )
    name = images.name.partition("images")[0].strip("-_. ") or images.parent.name
    data = labelled(x, y, target="label", name=name)
    if others:
        names = listed([each.name for each in others])
        data.notes = (f"beside {images.name!r} there is {names}: give its path to test with it",)
    return data


def idx_array(path: StrPath) -> NDArray[Any]:
    """The array in an idx file, as it is there.

    Raises ``ValueError`` for a file that is damaged, cut off or something else.
    """
    with reading(path, "read_idx") as file:
        head = file.read(4)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _DTYPES or not head[3]:
            raise damaged("read_idx", path, "idx", f"it begins with the bytes {head.hex(' ')!r}")
        dtype = np.dtype(_DTYPES[head[2]])
        lengths = file.read(4 * head[3])
        if len(lengths) < 4 * head[3]:
            raise damaged("read_idx", path, "idx", "it ends within its header")
        shape = tuple(np.frombuffer(lengths, ">u4").tolist())
        expected = prod(shape) * dtype.itemsize
        content = b"".join(_pieces(file, expected + 1))
    if len(content) != expected:
        found = "more" if len(content) > expected else f"{len(content)}"
        raise damaged("read_idx", path, "idx", f"{expected} bytes should follow, and {found} do")
    return np.frombuffer(content, dtype).reshape(shape)


def _pieces(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Up to so many bytes; a damaged header may ask for more than there is memory."""
    while most > 0 and (piece := file.read(min(most, _PIECE))):
        most -= len(piece)
        yield piece


def _images_in(folder: Path) -> tuple[Path, list[Path]]:
    """The images to read, and others beside them."""
    found = sorted(each for each in folder.iterdir() if "images" in each.name and each.is_file())
    train = [each for each in found if each.name.startswith("train")]
    if train or len(found) == 1:
        images = (train or found)[0]
        own = images.name.removesuffix(".gz")
        return images, [each for each in found if each.name.removesuffix(".gz") != own]
    names = f"got {listed([each.name for each in found])}" if found else "got no file of images"
    raise ValueError(
        f"read_idx: path must be a folder with a pair of idx files, such as "
        f"train-images-idx3-ubyte and train-labels-idx1-ubyte, {names} in {os.fspath(folder)!r}: "
        "give the path of the images"
    )


def _check_name(images: Path) -> None:
    if "images" not in images.name:
        raise ValueError(
            f"read_idx: path must be a file whose name holds 'images', got {images.name!r}: give "
            "the path of the images, and call the labels likewise"
        )


def _labels_beside(images: Path) -> Path:
    name = images.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    for candidate in (images.with_name(name), images.with_name(f"{name}.gz")):
        if candidate.exists():
            return candidate
    raise ValueError(
        f"read_idx: labels must be beside the images, got no file {name!r} in "
        f"{os.fspath(images.parent)!r}: put it there"
    )
