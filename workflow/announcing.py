"""What is said of a training when it begins: from where it goes on, and how long it may take."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import final

from ..data.wording import counted
from ..optim.callbacks.base import Callback
from ..optim.callbacks.telling import duration
from ..optim.training.training import Training
from .saying import Say

_LONG = 60.0
"""The seconds from which on a training is announced as a long one."""


@final
class Resumption(Callback):
    """Says from where a run goes on."""

    def __init__(self, run: str, say: Say) -> None:
        self._run = run
        self._say = say

    def on_train_begin(self, training: Training) -> None:
        """Say it."""
        if training.step:
            self._say(f"the run in {self._run!r} goes on from step {training.step}")
        else:
            self._say(
                f"the run in {self._run!r} goes on: no checkpoint was written yet, so from the "
                "beginning"
            )


@final
class Estimate(Callback):
    """Says how long training with the scalar twin will take, if that is long: by its first step."""

    watches_weights = False

    def __init__(self, say: Say) -> None:
        self._say = say
        self._began = inf

    def on_train_begin(self, training: Training) -> None:
        """Look at the clock."""
        self._began = monotonic()

    def on_step_end(self, training: Training) -> None:
        """Say it behind the first step, and nothing behind others."""
        if self._began < inf and training.steps_per_epoch is not None:
            seconds = monotonic() - self._began
            steps = training.steps_per_epoch * (training.epochs - training.epoch)
            if seconds * steps >= _LONG:
                minutes = counted(round(seconds * steps / 60), "minute")
                self._say(
                    f"the scalar twin will train for about {minutes}, as each of its {steps} steps "
                    f"takes {duration(seconds)}: --backend tensor takes far less"
                )
        self._began = inf
