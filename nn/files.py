"""State dicts in files, as safetensors: numbers only, no code, and PyTorch reads them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors import numpy as safetensors

from ..engine.files import told, write_bytes
from .backend import named, numbers_of


def save_file(state_dict: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a state dict to a file, in one step that either happens or does not.

    PyTorch reads the file with ``safetensors.torch.load_file``.

    Parameters
    ----------
    state_dict : mapping of str to Tensor, Array or NumPy array
        What :meth:`Module.state_dict` gives. Entries may share memory: each is written out.
    path : str or path
        Where to; an existing file is replaced.

    Raises
    ------
    TypeError
        If an entry is not made of numbers, or a name is no text.
    OSError
        If the file cannot be written: no such folder, no permission, a full disk. Then an
        existing file is as it was.

    Examples
    --------
    >>> import os, tempfile
    >>> from twingrad import nn
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> model, copy = nn.Linear(2, 1), nn.Linear(2, 1)
    >>> nn.save_file(model.state_dict(), path)
    >>> copy.load_state_dict(nn.load_file(path))
    Mismatch(missing_keys=[], unexpected_keys=[])
    >>> (copy.weight == model.weight).all()
    tensor(True)
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"save_file: state_dict must be a dictionary of names and numbers, got "
            f"{type(state_dict).__name__}: pass what state_dict() gives"
        )
    content = safetensors.save({name: _row(name, each) for name, each in state_dict.items()})
    try:
        write_bytes(path, content)
    except OSError as error:
        raise told(
            error, "save_file: path must be where a file can be written", path, "choose another"
        ) from None


def load_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a state dict from a file that :func:`save_file` or PyTorch's safetensors wrote.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    dict of str to Tensor
        Constants on memory of their own, in the order of their names. They are for
        :meth:`Module.load_state_dict` on either twin.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If it is no safetensors file, or a damaged one.
    TypeError
        If an entry has a dtype that tensors do not have, such as bfloat16.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise told(error, "load_file: path must lead to a file", path, "check it") from None
    try:
        found = safetensors.load(content)
    except SafetensorError as error:
        raise ValueError(
            f"load_file: path must lead to a whole safetensors file, got {os.fspath(path)!r} "
            f"({error}): write it again, with save_file or safetensors"
        ) from None
    except KeyError as error:  # the name of a dtype that NumPy does not have
        raise _refused(path, error.args[0]) from None
    return {name: _tensor(found[name], path) for name in sorted(found)}


def _tensor(numbers: NDArray[Any], path: str | os.PathLike[str]) -> Any:
    try:
        return named("tensor").operand(numbers)
    except TypeError:
        raise _refused(path, str(numbers.dtype)) from None


def _row(name: Any, entry: Any) -> NDArray[Any]:
    """The numbers of an entry as the format wants them: row by row, the low byte first."""
    if not isinstance(name, str) or name == "__metadata__":  # which the format keeps for itself
        raise TypeError(
            "save_file: names must be text other than '__metadata__', got "
            f"{type(name).__name__} {name!r:.40}: pass what state_dict() gives"
        )
    numbers = numbers_of(entry)
    if numbers.dtype.kind not in "biuf" or numbers.dtype.itemsize > 8:
        raise TypeError(
            f"save_file: entries must be real numbers of at most 64 bits, got {name!r} of dtype "
            f"{numbers.dtype}: convert it, or leave it out"
        )
    return numbers.astype(numbers.dtype.newbyteorder("="), order="C", copy=False)


def _refused(path: str | os.PathLike[str], dtype: str) -> TypeError:
    return TypeError(
        f"load_file: entries must be of dtypes that tensors have, got {dtype} in "
        f"{os.fspath(path)!r}: convert the model before it is saved, in PyTorch with float()"
    )
