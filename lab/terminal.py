"""The stepper on a terminal: the keyboard and the screen of a :class:`~.session.Session`."""

from __future__ import annotations

import codecs
import io
import os
import re
import select
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import FrameType

from rich.console import Console
from rich.control import Control
from rich.screen import Screen

from .session import Session

_ESCAPES: Mapping[str, str] = {
    "[C": "right",
    "OC": "right",
    "[D": "left",
    "OD": "left",
    "[A": "up",
    "OA": "up",
    "[B": "down",
    "OB": "down",
    "[H": "home",
    "OH": "home",
    "[1~": "home",
    "[7~": "home",
    "[F": "end",
    "OF": "end",
    "[4~": "end",
    "[8~": "end",
}


def usable() -> bool:
    """Whether keys can be read from, and a screen drawn on, the terminal of this process."""
    try:
        import termios  # noqa: F401  # not on every system
    except ImportError:
        return False
    return (
        sys.stdin.isatty()
        and sys.stdout.isatty()
        and os.environ.get("TERM") not in ("dumb", "unknown")
    )


def explore(session: Session) -> None:
    """Show ``session`` on the terminal and pass it the keys, until one of them quits.

    The terminal is put back as it was however this ends: by a key, by an exception, by SIGINT,
    SIGTERM or SIGHUP. It is stopped and continued by Ctrl-Z, and drawn again when it is resized.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal of ASCII gets one ? for one arrow
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    terminal = sys.stdin.fileno()
    while True:
        with ExitStack() as stack:
            wake = stack.enter_context(_signals())
            stack.enter_context(_keys_as_they_come(terminal))
            stack.enter_context(console.screen())
            for key in _keys(terminal, wake, lambda: _draw(console, session)):
                if key == "\x1a":
                    break
                if not session.press(key):
                    return
            else:
                return
        os.kill(0, signal.SIGTSTP)


def _draw(console: Console, session: Session) -> None:
    console.size = os.get_terminal_size(sys.stdout.fileno())
    with console:  # one write, so that nothing flickers
        console.control(Control.home())
        console.print(Screen(session), end="")


@contextmanager
def _keys_as_they_come(terminal: int) -> Iterator[None]:
    """Keys without Enter and without echo; Ctrl-C and Ctrl-Z are keys too."""
    import termios

    saved = termios.tcgetattr(terminal)
    changed = termios.tcgetattr(terminal)
    changed[0] &= ~termios.IXON
    changed[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
    changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
    try:
        termios.tcsetattr(terminal, termios.TCSADRAIN, changed)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, saved)


@contextmanager
def _signals() -> Iterator[int]:
    """Let a resize wake the reader, through a pipe, and an end by signal unwind the stack."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    handlers = {
        signal.SIGWINCH: lambda number, frame: None,
        signal.SIGTERM: leave,
        signal.SIGHUP: leave,
    }
    saved = {each: signal.signal(each, handler) for each, handler in handlers.items()}
    woken = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(woken)
        for each, handler in saved.items():
            signal.signal(each, handler)
        os.close(reader)
        os.close(writer)


def _keys(terminal: int, wake: int, draw: Callable[[], None]) -> Iterator[str]:
    """Keys as characters and names; ``draw`` is called before each wait for one."""
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    while True:
        draw()
        ready, _, _ = select.select([terminal, wake], [], [])
        if wake in ready:
            os.read(wake, 1024)
        if terminal not in ready:
            continue
        typed = _read(terminal)
        if (
            typed.endswith((b"\x1b", b"\x1b[", b"\x1bO"))
            and select.select([terminal], [], [], 0.05)[0]
        ):
            typed += _read(terminal)
        if not typed:
            return
        yield from split_keys(decoder.decode(typed))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1024)
    except OSError:  # the terminal has gone away
        return b""


def split_keys(typed: str) -> list[str]:
    r"""What was typed, key by key: characters, and names for the keys that send a sequence.

    >>> split_keys("j1\x1b[C")
    ['j', '1', 'right']
    """
    keys = re.findall(r"\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Za-z]|.", typed, re.DOTALL)
    return [_ESCAPES.get(key[1:], "unknown") if len(key) > 1 else key for key in keys]
