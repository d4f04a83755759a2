"""The progress of a training as a live line on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple, TextIO, final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.segment import Segment
from rich.text import Text

from .display import Display, is_lively
from .telling import GAP, Part, duration, fitting

_SHORTEST, _USUAL, _LONGEST = 6, 15, 30
_STEADY = 4
"""By how much the bar may be too short, so that it does not change with the width of numbers."""


@final
class Bar(Display):
    """One line that is drawn again and again, and gone at the end; what is printed goes above it.

    The cursor is never hidden, so that a killed process leaves a terminal to work with.

    Parameters
    ----------
    file : text file
        A terminal.
    """

    pause_in_epoch = 0.1
    pause_between = 0.1
    patience = 0.2
    pause_waiting = 0.1

    def __init__(self, file: TextIO) -> None:
        self._console = Console(
            file=file, highlight=False, force_terminal=True, force_jupyter=False
        )
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=is_lively(sys.stdout),
            redirect_stderr=is_lively(sys.stderr),
        )
        self._length = 0
        self._live.start()
        self._console.show_cursor(True)

    @property
    def width(self) -> int:
        """The columns of the terminal; the last one stays free, where the cursor waits."""
        return max(1, self._console.width - 1)

    def show(self, parts: Sequence[Part], share: float) -> None:
        """Draw the line."""
        self._live.update(self._line(parts, share), refresh=True)

    def wait(self, what: str, seconds: float) -> None:
        """Draw a line with a bar that moves, and the seconds."""
        texts = fitting([Part(what, what, 1), Part(duration(seconds), "", 0)], self.width)
        length = min(_USUAL, self.width - len(GAP.join(texts)) - len(GAP))
        line = _Line(texts, None, length if length >= _SHORTEST else 0)
        self._live.update(line, refresh=True)

    def go_on(self) -> None:
        """Draw an empty line."""
        self._live.update(Text(), refresh=True)

    def end(self, lines: Sequence[str]) -> None:
        """Take the bar away, and print the last lines."""
        self._live.stop()
        for line in lines:
            self._console.print(Text(line))

    def _line(self, parts: Sequence[Part], share: float) -> _Line:
        texts = fitting(parts, self.width, _USUAL + len(GAP))
        self._length = self._steady(self.width - len(GAP.join(texts)) - len(GAP))
        return _Line(texts, share, self._length)

    def _steady(self, room: int) -> int:
        """A length for the bar, as it was before if that will do."""
        if self._length <= room < self._length + _STEADY:
            return self._length
        return 0 if room < _SHORTEST else min(room, _LONGEST)


@final
class _Line(NamedTuple):
    """Texts, with a bar behind the first of them unless its length is 0.

    The bar moves to and fro where its share is None.
    """

    texts: Sequence[str]
    share: float | None
    length: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first, *others = self.texts
        yield Text(first, end="")
        if self.length:
            total = None if self.share is None else 1.0
            drawn = ProgressBar(total, self.share or 0.0, self.length)
            bar = console.render(drawn, options)
            yield Text(GAP, end="")
            yield from Segment.adjust_line_length([*bar], self.length)
        yield Text("".join([GAP + text for text in others]), end="")
