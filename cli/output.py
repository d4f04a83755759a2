"""What a command says: results on stdout, and one sentence on stderr where it fails."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, final

import typer

from ..engine import files

WRONG_USE = 2
"""The exit code where the words of the command line or the data are to be corrected."""

MACHINE = 1
"""The exit code where the machine is in the way: a full disk, no permission."""

INTERRUPTED = 130
"""The exit code after Ctrl-C: 128 + SIGINT, as in a shell."""

BROKEN_PIPE = 141
"""The exit code where nobody reads on: 128 + SIGPIPE, as in a shell."""


@final
class Failure(Exception):
    """What ends a command: a sentence, and the exit code that goes with it."""

    def __init__(self, sentence: str, code: int = WRONG_USE) -> None:
        super().__init__(sentence)
        self.code = code


@contextmanager
def telling_failures(command: str) -> Iterator[None]:
    """Print a :class:`Failure`, or that of Ctrl-C, as a sentence of the command, and exit.

    Where nobody reads on, as behind ``head``, it ends quietly.
    """
    try:
        yield
    except BrokenPipeError:
        # what is still buffered would be written, and fail, once more at exit
        for stream in (sys.stdout, sys.stderr):
            _discard(stream)
        raise typer.Exit(BROKEN_PIPE) from None
    except KeyboardInterrupt:
        note(f"twingrad {command}: interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except Failure as failure:
        note(f"twingrad {command}: {' '.join(str(failure).split())}")
        raise typer.Exit(failure.code) from None


def note(text: str) -> None:
    """Print to stderr, where it does not mix with results."""
    typer.echo(text, err=True)


def answer(text: str, encoding: str | None = None) -> None:
    """Write a result to stdout at once."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
    try:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _discard(sys.stdout)
        raise Failure(
            f"the standard output cannot be written to: {reason(error)}", MACHINE
        ) from None


def _discard(stream: TextIO) -> None:
    """Let what is still to be written to a stream go nowhere."""
    with suppress(OSError, ValueError):  # what is no file has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def write(option: str, target: str, text: str) -> None:
    """Write a text to the file that an option names, all of it or nothing."""
    write_bytes(option, target, text.encode())


def write_bytes(option: str, target: str, content: bytes) -> None:
    """Write a result to the file that an option names, all of it or nothing."""
    try:
        files.write_bytes(target, content)
    except OSError as error:
        raise Failure(
            f"{option}: {target!r} cannot be written: {_unwritable(error, target)}", MACHINE
        ) from None


def _unwritable(error: OSError, target: str) -> str:
    """Why a file cannot be written, and what to do about it."""
    folder = os.path.dirname(target) or "."
    match error:
        case IsADirectoryError():
            return "it is a directory: name a file in it"
        case FileNotFoundError() | NotADirectoryError():
            return f"there is no directory {folder!r}: create it first"
        case PermissionError():
            return "permission is denied: choose another place, or change its permissions"
    return f"{reason(error)}: nothing was changed, choose another place"


def reason(error: OSError) -> str:
    """What the system says, in lower case."""
    full = (errno.ENOSPC, errno.EDQUOT)
    return "the disk is full" if error.errno in full else (error.strerror or str(error)).lower()
