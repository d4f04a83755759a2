"""Nested plain data with arrays in one file, of which every changed bit is noticed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from typing import Any

from safetensors import SafetensorError
from safetensors import numpy as safetensors

from ...engine.files import told, write_bytes
from .state_tree import packed, unique, unpacked

StrPath = str | os.PathLike[str]

_VERSION = 1
_LONGEST = 100_000_000
"""How many bytes of header safetensors reads."""

_UNKNOWN = b"0" * 64
"""What stands for the digest while it is made."""

_MARK = re.compile(
    rb'"twingrad":"\{\\"version\\":([0-9]{1,9}),\\"bytes\\":([0-9]{1,18}),'
    rb'\\"sha256\\":\\"([0-9a-f]{64})\\"'
)
"""The beginning of the plain data within the header of the file.

It is found in one place only: elsewhere, a quotation mark within text has a backslash before it.
"""


def write_state(path: StrPath, state: Mapping[Any, Any]) -> None:
    """Write nested plain data with arrays to one file, in one step that happens or does not.

    The file is one of safetensors: PyTorch's ``safetensors.torch.load_file`` gives the arrays, by
    names such as ``model.0.weight``. All else is JSON in the entry ``twingrad`` of its metadata,
    with the version of the format, the bytes of all arrays, and the SHA-256 digest of the whole
    file, in which the digest itself is counted as zeros.

    Parameters
    ----------
    path : str or path
        Where to; an existing file is replaced.
    state : mapping
        Dictionaries (keys are text or whole numbers), lists and tuples of None, bools, ints of any
        size, floats (to the bit, also nan and infinities), text, bytes, NumPy's scalars and arrays
        of real numbers of at most 64 bits, Tensors, and the scalar twin's Arrays and Values. At
        most 64 levels deep; at most 100 MB of it besides the arrays.

    Raises
    ------
    TypeError
        For anything else in ``state``; the sentence names the place.
    ValueError
        If ``state`` has too many levels, as one that contains itself, or is too long.
    OSError
        If the file cannot be written: no such folder, no permission, a full disk. Then an
        existing file is as it was.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from twingrad.optim.checkpoints.state_files import read_state, write_state
    >>> path = os.path.join(tempfile.mkdtemp(), "state.safetensors")
    >>> write_state(path, {"step": 3, "weights": {0: np.ones(2)}, "shape": (2,)})
    >>> read_state(path)
    {'step': 3, 'weights': {0: array([1., 1.])}, 'shape': (2,)}
    """
    content = content_of(state)
    try:
        write_bytes(path, content)
    except OSError as error:
        rule = "write_state: path must be where a file can be written"
        raise told(error, rule, path, "make room there, or choose another") from None


def read_state(path: StrPath) -> dict[Any, Any]:
    """Read what :func:`write_state` wrote; nothing in the file is ever executed.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    dict
        The same data, to the bit. What had been a Tensor, an Array or a Value comes back as a
        NumPy array, a NumPy scalar as a Python number, and any mapping as a dictionary, any kind
        of tuple as a tuple. Arrays have memory of their own, and the byte order of the machine.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If the file is damaged, cut off, of another kind, or of a later version.
    """
    try:
        return _state(_verified(path))
    except OSError as error:
        rule = "read_state: path must lead to a file"
        raise told(error, rule, path, "check it") from None
    except ValueError as error:
        raise ValueError(
            f"read_state: path must lead to a whole file of write_state, got {os.fspath(path)!r} "
            f"({error}): use an earlier one, or write it again"
        ) from None


def content_of(state: Mapping[Any, Any]) -> bytes:
    """What the file of a state consists of; errors as those of :func:`write_state`."""
    tree, arrays = packed(state, "write_state")
    size = sum(numbers.nbytes for numbers in arrays.values())
    document = {"version": _VERSION, "bytes": size, "sha256": _UNKNOWN.decode(), "state": tree}
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    content = memoryview(safetensors.save(arrays, {"twingrad": text}))
    header = bytes(content[8 : 8 + _header_length(content)])
    if len(header) > _LONGEST:
        raise ValueError(
            f"write_state: state must have at most {_LONGEST} bytes of plain data, got "
            f"{len(header)}: save long lists of numbers as arrays"
        )
    start = 8 + _mark(header).start(3)
    end = start + len(_UNKNOWN)
    return b"".join((content[:start], _checksum(content, start), content[end:]))


def _verified(path: StrPath) -> bytes:
    """All that is in a file, if it is as it was written; else ``ValueError`` with the reason."""
    status = os.stat(path)
    if status.st_size < 8 and not stat.S_ISDIR(status.st_mode):  # also pipes, which may block
        raise ValueError("it is empty or cut off")
    with open(path, "rb") as file:
        length = _header_length(file.read(8))
        if length > min(status.st_size - 8, _LONGEST):
            raise ValueError("it is cut off, or no safetensors file")
        mark = _mark(file.read(length))
        if int(mark[1]) != _VERSION:
            raise ValueError(
                f"it is of version {int(mark[1])}, this twingrad knows version {_VERSION}"
            )
        if status.st_size != 8 + length + int(mark[2]):
            raise ValueError("it is cut off, or something has been added to it")
        file.seek(0)
        content = file.read()
    if _checksum(memoryview(content), 8 + mark.start(3)) != mark[3]:
        raise ValueError("its checksum is wrong")
    return content


def _mark(header: bytes) -> re.Match[bytes]:
    """Where the plain data begins: its groups are version, bytes of all arrays, and digest."""
    found = _MARK.search(header)
    if found is None:
        raise ValueError("there is no state of twingrad in it")
    return found


def _header_length(content: bytes | memoryview) -> int:
    return int.from_bytes(content[:8], "little")


def _checksum(content: memoryview, start: int) -> bytes:
    """The digest of a file in which the digest itself, which begins at ``start``, is unknown."""
    digest = hashlib.sha256(content[:start])
    digest.update(_UNKNOWN)
    digest.update(content[start + len(_UNKNOWN) :])
    return digest.hexdigest().encode()


def _state(content: bytes) -> dict[Any, Any]:
    """The data in a file; ``ValueError`` with the reason if it holds no state."""
    try:
        arrays = safetensors.load(content)
    except (SafetensorError, OverflowError) as error:
        raise ValueError(str(error)) from None
    except KeyError as error:  # the name of a dtype that NumPy does not have
        raise ValueError(f"there is an array of dtype {error}") from None
    header = json.loads(content[8 : 8 + _header_length(content)], object_pairs_hook=unique)
    text = (header.get("__metadata__") or {}).get("twingrad", "null")
    document = unpacked(text, arrays)
    state = document.get("state") if isinstance(document, dict) else None
    if not isinstance(state, dict):
        raise ValueError("its state is no dictionary")
    return state
