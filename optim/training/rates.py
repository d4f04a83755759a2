"""The learning rates of updates: what steps a schedule behind each, and may take that back."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, final

from ..optimizer import Optimizer
from .descent import Update
from .scheduling import Schedule


@final
class Rates:
    """Steps a schedule behind updates, and notes the rate of each.

    Attributes
    ----------
    noted : list of float
        The learning rate of each update since :meth:`begin`, that of the first group.
    """

    def __init__(self, schedule: Schedule, optimizer: Optimizer) -> None:
        scheduler, interval = schedule
        self._scheduler = scheduler if interval == "step" else None
        self._optimizer = optimizer
        self.noted: list[float] = []
        self._state: dict[str, Any] = {}
        self._options: list[dict[str, Any]] = []

    @property
    def present(self) -> float:
        """The learning rate of the next update."""
        return float(self._optimizer.param_groups[0]["lr"])

    def begin(self) -> None:
        """Remember how it is, to be able to come back to it."""
        self.noted = []
        if self._scheduler is not None:
            self._state = self._scheduler.state_dict()
            self._options = [
                {key: value for key, value in group.items() if key != "params"}
                for group in self._optimizer.param_groups
            ]

    def stepped(self, update: Callable[[], Update]) -> Update:
        """An update with the rate that it was made with; the schedule steps if it was made."""
        self.begin()
        rate = self.present
        found = update()
        found.lr = rate
        if isfinite(found.objective):
            self.step()
        return found

    @property
    def is_constant(self) -> bool:
        """Whether nothing changes the rate between the updates of an epoch."""
        return self._scheduler is None

    def step(self) -> None:
        """Note the rate of an update, and let the schedule step."""
        self.noted.append(self.present)
        if self._scheduler is not None:
            self._scheduler.step()

    def rewind(self, done: int) -> None:
        """Come back to where ``done`` updates had been made since :meth:`begin`."""
        self.noted = []
        if self._scheduler is not None:
            self._scheduler.load_state_dict(self._state)
            for group, options in zip(self._optimizer.param_groups, self._options, strict=True):
                group.update(options)
        for _ in range(done):
            self.step()
