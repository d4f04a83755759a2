"""Where the progress of a training is told: the base of displays, and plain lines."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TextIO, final

from .telling import GAP, Part


class Display(ABC):
    """What shows how a training stands.

    Attributes
    ----------
    pause_in_epoch, pause_between : float
        How many seconds go by at least before it is shown again, in the middle of an epoch and at
        the end of one.
    patience : float
        How many seconds something has to take before it is shown that it does.
    pause_waiting : float or None
        How many seconds go by before that is shown again; None: it is shown once.
    """

    pause_in_epoch: float
    pause_between: float
    patience: float
    pause_waiting: float | None

    @property
    @abstractmethod
    def width(self) -> int:
        """The room in a line."""

    @abstractmethod
    def show(self, parts: Sequence[Part], share: float) -> None:
        """Show how a training stands, of which a share is done."""

    @abstractmethod
    def wait(self, what: str, seconds: float) -> None:
        """Show that something has been going on for so long; called by another thread."""

    @abstractmethod
    def go_on(self) -> None:
        """Show no longer that something is going on."""

    @abstractmethod
    def end(self, lines: Sequence[str]) -> None:
        """Leave nothing but these lines behind."""


@final
class Lines(Display):
    """A line for each time, for files, pipes and terminals that can do no more.

    Parameters
    ----------
    file : text file
        Where.
    """

    pause_in_epoch = 60.0
    pause_between = 1.0
    patience = 0.5
    pause_waiting = None

    def __init__(self, file: TextIO) -> None:
        self._file = file

    @property
    def width(self) -> int:
        """As much as there may be."""
        return sys.maxsize

    def show(self, parts: Sequence[Part], share: float) -> None:
        """Print a line."""
        print(GAP.join(part.full for part in parts), file=self._file, flush=True)

    def wait(self, what: str, seconds: float) -> None:
        """Print a line."""
        print(what, file=self._file, flush=True)

    def go_on(self) -> None:
        """Leave the line, which cannot be taken back."""

    def end(self, lines: Sequence[str]) -> None:
        """Print the last lines."""
        for line in lines:
            print(line, file=self._file, flush=True)


def is_lively(file: TextIO | None) -> bool:
    """Whether a file is a terminal on which what was written can be taken back."""
    terminals = os.environ.get("TERM", "").lower() not in ("dumb", "unknown")
    return file is not None and not file.closed and file.isatty() and terminals
