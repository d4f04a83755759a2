"""What a run notes while it trains, for its files and its report."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from time import monotonic
from typing import Any, final

import numpy as np

from ..optim.flow import gradient_flow
from ..optim.training.callbacks import Callback, checked_callbacks
from ..optim.training.history import History
from ..optim.training.training import Training
from .folder import Folder

_PAUSE = 1.0
"""The seconds between two times that the history is written."""


@final
class Recorder(Callback):
    """Learning rates of all steps, gradients of all epochs, and the history in the run's folder.

    Attributes
    ----------
    rates : list of float
        The learning rate of each step.
    flow : list of (int, dict of str to float)
        An epoch, and the norm of the gradient of each parameter behind its last step.
    """

    def __init__(self, folder: Folder) -> None:
        self.rates: list[float] = []
        self.flow: list[tuple[int, dict[str, float]]] = []
        self._folder = folder
        self._earlier = 0.0
        self._began = monotonic()
        self._written = -_PAUSE

    @property
    def seconds(self) -> float:
        """How long the run has trained in all, breaks not included."""
        return self._earlier + monotonic() - self._began

    def on_train_begin(self, training: Training) -> None:
        """Begin to measure time."""
        self._began = monotonic()

    def on_step_end(self, training: Training) -> None:
        """Note the learning rate."""
        self.rates.append(training.lr)

    def on_epoch_end(self, training: Training) -> None:
        """Note the gradients, and write the history unless it was written just now."""
        norms = {row.name: row.gradient for row in gradient_flow(training.model).rows}
        self.flow.append((training.epoch, norms))
        if monotonic() - self._written >= _PAUSE:
            self.write(training.history)
            self._written = monotonic()

    def write(self, history: History) -> None:
        """Write the history into the folder; ``OSError`` where that is not possible."""
        with self._folder.writing():
            history.to_csv(self._folder.history_csv)
            history.to_jsonl(self._folder.history_jsonl)

    def state_dict(self) -> dict[str, Any]:
        """What was noted so far."""
        names = [*self.flow[0][1]] if self.flow else []
        return {
            "rates": np.array(self.rates, dtype=np.float64),
            "epochs": np.array([epoch for epoch, _ in self.flow], dtype=np.int64),
            "names": names,
            "norms": np.array([[each[name] for name in names] for _, each in self.flow]),
            "seconds": self.seconds,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on with what was noted."""
        self.rates = [float(rate) for rate in state_dict["rates"]]
        self.flow = [
            (int(epoch), dict(zip(state_dict["names"], map(float, norms), strict=True)))
            for epoch, norms in zip(state_dict["epochs"], state_dict["norms"], strict=True)
        ]
        self._earlier = state_dict["seconds"]


@final
class Unsaved(Callback):
    """Other callbacks, of which checkpoints know nothing.

    So a run may be resumed with others, or without any.
    """

    def __init__(self, callbacks: Any) -> None:
        self._callbacks = checked_callbacks(callbacks)

    def on_train_begin(self, training: Training) -> None:
        """Tell all."""
        for each in self._callbacks:
            each.on_train_begin(training)

    def on_epoch_begin(self, training: Training) -> None:
        """Tell all."""
        for each in self._callbacks:
            each.on_epoch_begin(training)

    def on_step_end(self, training: Training) -> None:
        """Tell all."""
        for each in self._callbacks:
            each.on_step_end(training)

    def on_epoch_end(self, training: Training) -> None:
        """Tell all."""
        for each in self._callbacks:
            each.on_epoch_end(training)

    def on_train_end(self, training: Training) -> None:
        """Tell all, whatever one of them raises."""
        with ExitStack() as stack:
            for each in reversed(self._callbacks):
                stack.callback(each.on_train_end, training)
