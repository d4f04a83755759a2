"""A file that grows while others read it, and is never left with half of what was to be added."""

from __future__ import annotations

import os
from contextlib import suppress
from io import FileIO
from typing import final

from ...engine.checks import checked_path
from ...engine.files import told, write_bytes


@final
class GrowingFile:
    """A file that this process writes, and adds to.

    Parameters
    ----------
    path : str or path
        The file.
    what : str
        What sentences of errors begin with.

    Raises
    ------
    TypeError
        For what is no path.
    """

    def __init__(self, path: str | os.PathLike[str], what: str) -> None:
        self.path = checked_path(path, f"{what}: path")
        self._what = what
        self._size = 0

    def write(self, content: bytes) -> None:
        """Make this all that is in the file, in one step; ``OSError`` if it cannot be written."""
        if self.path.exists() and not self.path.is_dir() and not self.path.is_file():
            raise ValueError(
                f"{self._what}: path must be that of an ordinary file, got {os.fspath(self.path)!r}"
                ", to which no lines can be added later: choose another"
            )
        try:
            write_bytes(self.path, content)
        except OSError as error:
            raise self._told(error) from None
        self._size = len(content)

    def append(self, content: bytes) -> bool:
        """Add to the end of the file, all of it or nothing.

        False, and nothing is added, if the file is no more as this object has left it. Raises
        ``OSError`` if it cannot be written to.
        """
        try:
            with open(self.path, "r+b", buffering=0) as file:
                if file.seek(0, os.SEEK_END) != self._size:
                    return False
                self._add(file, content)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._told(error) from None
        self._size += len(content)
        return True

    def _add(self, file: FileIO, content: bytes) -> None:
        added = 0
        try:
            while added < len(content):
                added += file.write(content[added:]) or 0
        except BaseException:
            with suppress(OSError):
                file.truncate(self._size)
            raise

    def _told(self, error: OSError) -> OSError:
        rule = f"{self._what}: path must be a file that can be written to"
        return told(error, rule, self.path, "make room there, or choose another")
