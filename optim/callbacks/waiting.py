"""Showing that something takes its time, while the main thread is busy with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import final


@final
class Waiting:
    """Calls a function again and again, in a thread of its own, until :meth:`stop`.

    Parameters
    ----------
    show : callable
        Is given the seconds that have gone by. Where it raises ``OSError`` or ``ValueError``, as
        files do that cannot be written to, it is not called again.
    patience : float
        The seconds before the first call: what is over before then is not worth a word.
    pause : float or None
        The seconds from one call to the next; None: there is one call.

    Examples
    --------
    >>> seen = []
    >>> waiting = Waiting(seen.append, patience=0.0, pause=None)
    >>> waiting.stop()
    >>> len(seen)
    1
    """

    def __init__(self, show: Callable[[float], None], patience: float, pause: float | None) -> None:
        self._show = show
        self._patience = patience
        self._pause = pause
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="twingrad waiting", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Call it no more; if it is being called, wait until it is done."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        began = monotonic()
        if self._patience and self._is_over.wait(self._patience):
            return
        with suppress(OSError, ValueError):
            self._show(monotonic() - began)
            while self._pause is not None and not self._is_over.wait(self._pause):
                self._show(monotonic() - began)
