"""Writing a file so that there is never half of one: all of what is new, or the old file."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8; see :func:`write_bytes`."""
    write_bytes(path, text.encode())


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` to ``path``, in one step that either happens or does not.

    The bytes go to a temporary file in the same directory, which then takes the place of
    ``path``: a full disk, an exception or a killed process leaves an existing file as it was.
    A new file gets the permissions that the umask allows, an existing one keeps its own; behind
    a symbolic link, the file that it points to is written. What is no regular file, such as a
    pipe or ``/dev/stdout``, is written to directly.

    Parameters
    ----------
    path : str or path
        Where to write.
    content : bytes
        The whole new content.

    Raises
    ------
    OSError
        As ``open(path, "wb")`` and writing would: no such directory, ``path`` is a directory, no
        permission, a file that is write-protected, a full disk.
    """
    if os.fspath(path).endswith(os.sep):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    target = Path(os.path.realpath(path))
    try:
        existing = os.stat(path)
    except FileNotFoundError:
        mode = None
    else:
        if not stat.S_ISREG(existing.st_mode):
            # Not `target`: /dev/stdout may lead to a pipe, which has no path of its own.
            with open(path, "wb") as file:
                file.write(content)
            return
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        mode = stat.S_IMODE(existing.st_mode)
    _replace(target, content, mode)


def _replace(target: Path, content: bytes, mode: int | None) -> None:
    temporary = target.parent / f".twingrad-{secrets.token_hex(8)}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
