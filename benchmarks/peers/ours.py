"""twingrad: compiled, and eager."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from ..problem import Problem
from ..scalar_problem import SIZES, loss, moons
from ..works import Work
from .base import Peer, Runner, Settings
from .dialect import DialectRunner, Training, loss_of, stepping, training


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of tensors or of Values, compiled."""
    import twingrad

    compile_: Any = getattr(twingrad, "compile", None)
    return function if compile_ is None else compile_(function)


class FitRunner(Runner):
    """Whole epochs, by ``fit``."""

    def __init__(self, work: Work, problem: Problem, settings: Settings) -> None:
        import twingrad

        self._parts = training(twingrad, work, problem)
        self._loader = twingrad.data.DataLoader(
            (problem.x, problem.y), work.batch, shuffle=settings.shuffled, seed=0
        )

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        return run_epochs(self._parts, self._loader, passes)


def run_epochs(parts: Training, loader: Any, epochs: int) -> list[float]:
    """Train for so many epochs, and give the mean loss of each."""
    import twingrad

    schedule = None if parts.scheduler is None else (parts.scheduler, "step")
    history = twingrad.fit(
        parts.model,
        loader,
        epochs=epochs,
        optimizer=parts.optimizer,
        schedule=schedule,
        clip=parts.clip,
    )
    return [float(each) for each in history["loss"]]


def _runner(compiles: bool, work: Work, problem: Problem, settings: Settings) -> Runner:
    if work.kind == "scalar":
        return ScalarRunner(compiles)
    if work.kind == "epoch" and compiles:
        return FitRunner(work, problem, settings)
    import twingrad

    parts = training(twingrad, work, problem)
    step = stepping(twingrad, parts, loss_of(twingrad, parts))
    step = compiled(step) if compiles else step
    return DialectRunner(twingrad, work, problem, settings, step)


class ScalarRunner(Runner):
    """micrograd's demo on Values: recorded once and replayed, or built anew in each pass."""

    def __init__(self, replayed: bool) -> None:
        import twingrad

        random.seed(1337)
        self._model = twingrad.nn.MLP(SIZES[0], SIZES[1:])
        build = partial(loss, twingrad.Value, self._model, *moons())
        self._build = compiled(build) if replayed else build

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        return [self._run_pass() for _ in range(passes)]

    def _run_pass(self) -> float:
        self._model.zero_grad()
        total = self._build()
        total.backward()
        return float(total.data)


PEERS = (
    Peer("twingrad", ("twingrad",), ("epoch", "step", "scalar"), partial(_runner, True)),
    Peer("twingrad, eager", ("twingrad",), ("epoch", "step", "scalar"), partial(_runner, False)),
)
