"""What a person, their data or the machine are the cause of: one sentence, and an exit code."""

from __future__ import annotations

import dis
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from .output import MACHINE, WRONG_USE, Failure, reason
from .rewording import in_words_of_the_shell
from .words import flag

INSTALL = 'pip install "twingrad[cli]"'

_PACKAGE = __name__.partition(".")[0]
_RAISE = dis.opmap["RAISE_VARARGS"]


@contextmanager
def answering_mistakes(options: Collection[str] = ()) -> Iterator[None]:
    """Turn errors that a person can cause into a :class:`Failure`; bugs are let through.

    ``options`` are the names that are written with dashes where a sentence begins with one.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        if not _is_a_sentence_of_ours(error):
            raise
        raise Failure(sentence(error, options), exit_code(error)) from error
    except (OSError, ModuleNotFoundError, MemoryError) as error:
        if isinstance(error, BrokenPipeError) or _is_a_module_of_ours(error):
            raise
        raise Failure(sentence(error, options), exit_code(error)) from error


def exit_code(error: BaseException) -> int:
    """The exit code: whether words and data are to be corrected, or the machine is in the way."""
    paths = FileNotFoundError | FileExistsError | NotADirectoryError | IsADirectoryError
    return WRONG_USE if isinstance(error, TypeError | ValueError | paths) else MACHINE


def sentence(error: BaseException, options: Collection[str] = ()) -> str:
    """What the error says, to somebody who has typed a command and knows no functions."""
    match error:
        case MemoryError():
            return "there is not enough memory: make --hidden or --batch-size smaller"
        case ModuleNotFoundError(name=str(name)) if "pip install" not in str(error):
            return f"the package {name.partition('.')[0]} is missing: {INSTALL}"
        case OSError(filename=str(name)):
            return f"{name!r} cannot be used: {reason(error)}"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return with_dashes(in_words_of_the_shell(without_function(said)), options)


def without_function(said: str) -> str:
    """A sentence without the name of the function that says it.

    >>> without_function("load: there is no data set 'mons': did you mean 'moons'?")
    "there is no data set 'mons': did you mean 'moons'?"
    """
    return re.sub(r"\A[A-Za-z_]+: ", "", said)


def with_dashes(said: str, options: Collection[str]) -> str:
    """A sentence in which the options that it begins with are written as on the command line.

    >>> with_dashes("batch_size must be at least 1", ["batch_size"])
    '--batch-size must be at least 1'
    """
    first, _, rest = said.partition(" must ")
    names = first.split(" and ")
    return f"{' and '.join(map(flag, names))} must {rest}" if {*names} <= {*options} else said


def _is_a_sentence_of_ours(error: BaseException) -> bool:
    """Whether a ``raise`` of this package has made the error, and not something it called.

    Sentences and bugs have the same types, and both may end in a file of ours: ``raise
    ValueError("lr must ...")`` and ``float("auto")`` differ by the instruction that was running.
    An exception class of our own would tell them apart too, but a library raises what Python does.
    """
    trace = error.__traceback__
    if trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    room = str(trace.tb_frame.f_globals.get("__name__"))
    return (
        room.startswith(f"{_PACKAGE}.") and trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE
    )


def _is_a_module_of_ours(error: BaseException) -> bool:
    return isinstance(error, ModuleNotFoundError) and (error.name or "").startswith(_PACKAGE)
