"""Ctrl-C while training: the first ends the epoch cleanly, the second stops at once."""

from __future__ import annotations

import signal
from types import FrameType
from typing import TYPE_CHECKING, final

from ..optim.training.callbacks import Callback
from ..runs import INTERRUPTED
from .output import note

if TYPE_CHECKING:
    from ..optim.training.training import Training


@final
class StopOnInterrupt(Callback):
    """End training with the present epoch at Ctrl-C, and at once if it comes again.

    Before and after training, and where Ctrl-C is switched off, it is as it was.
    """

    def __init__(self) -> None:
        self._is_installed = False
        self._is_unsaid = False

    def on_train_begin(self, training: Training) -> None:
        """From now on Ctrl-C waits for the end of the epoch."""

        def first(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            training.interrupt(INTERRUPTED)
            # Not said here: a signal may come in the middle of a write to the same stream.
            self._is_unsaid = True

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, first)
            self._is_installed = True

    def on_step_end(self, training: Training) -> None:
        """Say what goes on."""
        if self._is_unsaid:
            self._is_unsaid = False
            note("Ctrl-C: ending the epoch, then saving; once more stops at once.")

    def on_train_end(self, training: Training) -> None:
        """From now on Ctrl-C stops at once, as everywhere."""
        if self._is_installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._is_installed = False
