"""Opening files, plain or packed with gzip, with errors in sentences."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from ...engine.files import told

StrPath = str | os.PathLike[str]


@contextmanager
def reading(path: StrPath, what: str) -> Iterator[BinaryIO]:
    """A file to read bytes from, unpacked if its name ends in .gz.

    Errors begin with ``what``: ``OSError`` of the same kind as the system's for a file that cannot
    be read, ``ValueError`` for one that is damaged as a gzip file. Both as well while it is read.
    """
    try:
        if Path(path).suffix.lower() == ".gz":
            with gzip.open(path, "rb") as packed:
                yield cast(BinaryIO, packed)
        else:
            with open(path, "rb") as file:
                yield file
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{what}: path must lead to a whole gzip file, got {os.fspath(path)!r} ({error}): pack "
            "it again"
        ) from None
    except OSError as error:
        raise told(error, f"{what}: path must lead to a file", path, "check it") from None


def damaged(what: str, path: StrPath, kind: str, reason: object) -> ValueError:
    """The error for a file that is not what its name says."""
    first = next(iter(str(reason).splitlines()), "").rstrip(".")
    return ValueError(
        f"{what}: path must lead to a whole {kind} file, got {os.fspath(path)!r} ({first}): write "
        "it again"
    )
