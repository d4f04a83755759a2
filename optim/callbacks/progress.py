"""How training goes, for a person who watches."""

from __future__ import annotations

import sys
from contextlib import suppress
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Literal, TextIO, final

from ...engine.checks import checked_choice
from ...engine.optional import needed
from .base import Callback
from .display import Display, Lines, is_lively
from .pace import Pace
from .telling import conclusion, parts, position
from .waiting import Waiting

if TYPE_CHECKING:
    from ..training.training import Training


@final
class Progress(Callback):
    """Show how training goes: losses, learning rate, samples per second and the time that remains.

    On a terminal it is one line with a bar, drawn at most ten times a second; what is printed
    meanwhile goes above it. Elsewhere it is a line for each epoch, but of epochs that are shorter
    than a second only one in a second, the first and the last; of one that is longer than a minute
    there is also a line each minute. At the end the measures of the best epoch, by its validation
    loss, and of the last one are left, and why training stopped.

    The loss is that of the present epoch so far, or of the last one where epochs are shorter than
    a second; other measures are those of the last one. While the step of a compiled training is
    being compiled, a bar moves to and fro; elsewhere there is a line about it, if that takes longer
    than half a second. A display that cannot be written to, such
    as a pipe that nobody reads, is given up, and training goes on.

    Parameters
    ----------
    file : text file, optional
        Where; ``sys.stderr`` if not given, so that results on ``sys.stdout`` can be piped.
    form : {"auto", "bar", "lines"}
        ``"bar"`` and ``"lines"`` insist; the bar needs the package rich, without which
        ``"auto"`` prints lines.

    Raises
    ------
    ValueError
        For another form.
    ModuleNotFoundError
        When training begins, if a bar was insisted on and rich is not installed.

    Examples
    --------
    >>> import sys
    >>> import twingrad
    >>> from twingrad import data, nn, optim
    >>> _ = twingrad.manual_seed(0)
    >>> progress = optim.Progress(sys.stdout)
    >>> model, points = nn.MLP(2, [8], 2), data.toys.moons(100)
    >>> history = twingrad.fit(model, points, epochs=2, seed=0, callbacks=progress)
    ... # doctest: +ELLIPSIS
    epoch 1/2  loss 0...  accuracy 0...  lr 0.001  ... samples/s  ... left
    epoch 2/2  loss 0...  accuracy 0...  lr 0.001  ... samples/s
    2 epochs in ..., ... samples/s
                      loss  accuracy
    epoch 2 (best)  0...    0...
    """

    watches_weights = False

    def __init__(
        self, file: TextIO | None = None, form: Literal["auto", "bar", "lines"] = "auto"
    ) -> None:
        self._file = file
        self._form = checked_choice(form, "Progress: form", ("auto", "bar", "lines"))
        self._display: Display | None = None
        self._pace: Pace | None = None
        self._due_in_epoch = self._due_between = inf
        self._waiting: Waiting | None = None
        self._began = 0.0
        self._epoch = 0

    def on_train_begin(self, training: Training) -> None:
        """Choose where to show it, and look at the clock."""
        with suppress(OSError):
            self._display = _display(self._file or sys.stderr, self._form)
        if self._display is not None:
            self._due_in_epoch = self._due_between = -inf
        self._pace = None
        self._began = monotonic()
        self._epoch = training.epoch

    def on_compile(self, training: Training) -> None:
        """Show that the step is being compiled, if that takes long, until the next step is over."""
        display = self._display
        if display is None:
            return
        self._go_on()

        def show(seconds: float) -> None:
            display.wait("compiling the training step", seconds)

        self._waiting = Waiting(show, display.patience, display.pause_waiting)

    def on_step_end(self, training: Training) -> None:
        """Show how it goes, if it is time."""
        if self._waiting is not None:
            self._go_on()
        if monotonic() >= self._due_in_epoch:
            self._look(training)

    def on_epoch_end(self, training: Training) -> None:
        """Show how it goes, if it is time or the last epoch."""
        is_last = training.epoch == training.epochs or training.stopped is not None
        if is_last or monotonic() >= self._due_between:
            self._show(training, is_epoch=True)

    def on_train_end(self, training: Training) -> None:
        """Leave the results, and the terminal as it was."""
        self._go_on()
        if self._display is not None:
            done, seconds = training.epoch - self._epoch, monotonic() - self._began
            lines = conclusion(training, done, seconds, self._display.width)
            with suppress(OSError):
                self._display.end(lines)
        self._give_up()

    def _look(self, training: Training) -> None:
        """Show how it goes, but of the first step only note that it is over."""
        if self._pace is not None:
            self._show(training)
        elif self._display is not None:
            now = monotonic()
            self._pace = Pace(now, position(training), training.samples)
            self._due_in_epoch = now + self._display.pause_in_epoch

    def _show(self, training: Training, is_epoch: bool = False) -> None:
        self._go_on()
        if self._display is None:
            return
        now, place = monotonic(), position(training)
        if self._pace is not None:
            self._pace.note(now, place, training.samples, is_epoch=is_epoch)
        self._due_in_epoch = now + self._display.pause_in_epoch
        self._due_between = now + self._display.pause_between
        try:
            self._display.show(parts(training, self._pace), place / training.epochs)
        except OSError:
            with suppress(OSError):
                self._display.end([])
            self._give_up()

    def _go_on(self) -> None:
        """Show no longer that the step is being compiled."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.stop()
            if self._display is not None:
                with suppress(OSError):
                    self._display.go_on()

    def _give_up(self) -> None:
        self._display = None
        self._due_in_epoch = self._due_between = inf


def _display(file: TextIO | None, form: str) -> Display | None:
    """What to show it with; None where there is nowhere to."""
    if file is None:
        return None
    if form == "lines" or (form == "auto" and not is_lively(file)):
        return Lines(file)
    try:
        needed("rich", "Progress: form='bar'")
    except ModuleNotFoundError:
        if form == "bar":
            raise
        return Lines(file)
    from .bar import Bar

    return Bar(file)
