"""What a run notes while it trains, for its report."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any, final

import numpy as np

from ..optim.callbacks.base import Callback
from ..optim.flow import gradient_flow
from ..optim.training.training import Training


@final
class Recorder(Callback):
    """The learning rates of all steps, the gradients of all epochs, and the time that was taken.

    Attributes
    ----------
    rates : list of float
        The learning rate of each step.
    flow : list of (int, dict of str to float)
        An epoch, and the norm of the gradient of each parameter behind its last step.
    """

    watches_weights = False

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.flow: list[tuple[int, dict[str, float]]] = []
        self._earlier = 0.0
        self._began = monotonic()

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
        """Note the gradients."""
        norms = {row.name: row.gradient for row in gradient_flow(training.model).rows}
        self.flow.append((training.epoch, norms))

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
