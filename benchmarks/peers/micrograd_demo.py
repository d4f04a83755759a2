"""micrograd itself, on the loss of its demo."""

from __future__ import annotations

import random
import sys

from ..problem import Problem
from ..scalar_problem import SIZES, loss, moons
from ..works import Work
from .base import Peer, Runner, Settings


class MicrogradRunner(Runner):
    """The loss is built and differentiated anew in each pass, as in the demo."""

    def __init__(self, work: Work, problem: Problem, settings: Settings) -> None:
        from micrograd.engine import Value
        from micrograd.nn import MLP

        sys.setrecursionlimit(100_000)  # micrograd recurses into its graph
        random.seed(1337)
        self._value, self._model = Value, MLP(SIZES[0], SIZES[1:])
        self._x, self._y = moons()

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        return [self._run_pass() for _ in range(passes)]

    def _run_pass(self) -> float:
        self._model.zero_grad()
        total = loss(self._value, self._model, self._x, self._y)
        total.backward()
        return float(total.data)


PEERS = (Peer("micrograd", ("micrograd",), ("scalar",), MicrogradRunner),)
