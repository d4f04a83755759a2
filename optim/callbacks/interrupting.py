"""Ctrl-C while training: the first ends the epoch cleanly, the second stops at once."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, final

from .base import Callback

if TYPE_CHECKING:
    from ..training.training import Training

INTERRUPTED = "interrupted"
"""Why training has stopped, if this callback has stopped it."""

_SENTENCES = {
    signal.SIGINT: "Ctrl-C: training ends with this epoch, or at once with another Ctrl-C",
    signal.SIGTERM: "SIGTERM: training ends with this epoch, or at once with Ctrl-C",
}


@final
class StopOnInterrupt(Callback):
    """End training cleanly at Ctrl-C, and at once when it comes again.

    At the first Ctrl-C (SIGINT), or where the system asks to end (SIGTERM, as batch systems do
    before they take a machine away), the present epoch is finished and saved, and ``fit`` returns;
    with ``resume=True`` it goes on from there. A second Ctrl-C raises ``KeyboardInterrupt`` at
    once. When training has ended, however it did, the signals do again what they did before.

    Signals that are ignored stay ignored, as Ctrl-C is in the background; so do all in other
    threads than the main one, which signals do not reach.

    Examples
    --------
    >>> import os, signal
    >>> import twingrad
    >>> from twingrad import data, nn, optim
    >>> model, points = nn.MLP(2, [4], 2), data.toys.moons(100)
    >>> def ask_to_end(training):
    ...     os.kill(os.getpid(), signal.SIGTERM)
    >>> history = twingrad.fit(
    ...     model, points, epochs=9, callbacks=[optim.StopOnInterrupt(), ask_to_end]
    ... )
    >>> len(history), history.stopped
    (1, 'interrupted')
    """

    watches_weights = False

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._training: Training | None = None
        self._is_asked = False
        self._unsaid = ""

    def on_train_begin(self, training: Training) -> None:
        """From now on, signals wait for the end of the epoch."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._training, self._is_asked = training, False
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.getsignal(number)
            if before not in (signal.SIG_IGN, None):  # None was set by what is no Python code
                self._before[number] = before
                signal.signal(number, self._end)

    def on_step_end(self, training: Training) -> None:
        """Say that training ends, once it was asked to."""
        if self._unsaid:
            self._say()

    def on_train_end(self, training: Training) -> None:
        """From now on, signals do what they did before."""
        while self._before:
            signal.signal(*self._before.popitem())
        self._training = None
        if self._unsaid:
            self._say()

    def _end(self, number: int, frame: FrameType | None) -> None:
        """End training with the present epoch, or at once."""
        if self._training is not None and not self._is_asked:
            self._is_asked = True
            self._training.interrupt(INTERRUPTED)
            # Not said here: the signal may come in the middle of a write to the same stream.
            self._unsaid = _SENTENCES[signal.Signals(number)]
        elif number == signal.SIGINT:
            raise KeyboardInterrupt

    def _say(self) -> None:
        if sys.stderr is not None:
            with suppress(OSError):
                print(self._unsaid, file=sys.stderr, flush=True)
        self._unsaid = ""
