"""Writing a file so that there is never half of one: all of what is new, or the old file."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_TEMPORARY = re.compile(r"\.twingrad-[0-9a-f]{16}\.tmp")
_NO_SYNC = (errno.EINVAL, errno.EBADF, errno.ENOTSUP)
"""What systems answer that cannot sync a directory."""


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8; see :func:`write_bytes`."""
    write_bytes(path, text.encode())


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` to ``path``, in one step that either happens or does not.

    The bytes go to a temporary file in the same directory, which then takes the place of
    ``path``: a full disk, an exception or a killed process leaves an existing file as it was.
    A new file gets the permissions that the umask allows, an existing one keeps its own; behind
    a symbolic link, the file that it points to is written. What is no regular file, such as a
    pipe or ``/dev/stdout``, is written to directly. When the function returns, the file outlasts
    a power failure.

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
        permission, a file that is write-protected, a full disk. If the directory cannot be synced
        at last, the new file is in its place, but may not outlast a power failure.
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


def make_folder(path: str | os.PathLike[str]) -> None:
    """Make a folder and those above it, where they are missing; they outlast a power failure.

    Raises ``OSError`` as ``os.makedirs`` does: no permission, or a file in the way.
    """
    folder = Path(path)
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        _sync_folder(each.parent)


def remove_leftovers(folder: str | os.PathLike[str]) -> None:
    """Remove what killed processes left in a folder of the files that they were writing.

    What a living process is writing stays, as do all files that were not made here. What cannot
    be removed stays too, without an error; so does everything on Windows, and on file systems
    without locks.
    """
    if sys.platform == "win32":
        return
    with suppress(OSError):
        for name in os.listdir(folder):
            if _TEMPORARY.fullmatch(name):
                _remove_unlocked(os.path.join(folder, name))


def is_encodable(text: str) -> bool:
    """Whether files can hold a text as UTF-8: half surrogates, which JSON would join, cannot be."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def told(error: OSError, rule: str, path: str | os.PathLike[str], cure: str) -> OSError:
    """The error of the system as a sentence, of the same kind: ``rule``, the path, ``cure``."""
    reason = (error.strerror or str(error)).lower()
    return type(error)(error.errno, f"{rule}, got {os.fspath(path)!r} ({reason}): {cure}")


def _replace(target: Path, content: bytes, mode: int | None) -> None:
    temporary, descriptor = _temporary(target.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if sys.platform == "win32":  # which does not rename an open file
                file.close()
            if mode is not None:
                os.chmod(temporary, mode)
            os.replace(temporary, target)  # still locked: before, it could pass for a leftover
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(target.parent)


def _temporary(folder: Path) -> tuple[Path, int]:
    """A new file to be written to, and locked for as long as it is open."""
    while True:
        path = folder / f".twingrad-{secrets.token_hex(8)}.tmp"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if sys.platform == "win32" or _is_kept(path, descriptor):
            return path, descriptor
        os.close(descriptor)


def _is_kept(path: Path, descriptor: int) -> bool:
    """Whether the new file is locked, before another process removed it as a leftover."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks, on which nothing is taken for a leftover
        return True
    return path.exists()


def _remove_unlocked(path: str) -> None:
    with suppress(OSError):  # it is locked, cannot be locked, or has gone
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
        finally:
            os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder last, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder to be written to only, and any folder on Windows
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)
