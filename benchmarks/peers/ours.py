"""twingrad: compiled, and eager."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any

from ..problem import Problem
from ..scalar_problem import SIZES, loss, moons
from ..works import Kind, Work
from .base import Peer, Runner, Settings
from .dialect import DialectRunner, loss_of, stepping, training


class FitRunner(Runner):
    """The epochs of one long ``fit``, in a thread that waits where it is asked for no more."""

    def __init__(self, work: Work, problem: Problem, settings: Settings) -> None:
        self._allowed = Semaphore(0)
        self._done: SimpleQueue[list[float] | Exception] = SimpleQueue()
        self._losses: list[float] = []
        self._wanted = 0
        self._thread = Thread(target=self._fit, args=(work, problem, settings), daemon=True)
        self._thread.start()

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        self._losses, self._wanted = [], passes
        self._allowed.release(passes)
        found = self._done.get()
        if isinstance(found, Exception):
            raise found
        return found

    def _fit(self, work: Work, problem: Problem, settings: Settings) -> None:
        try:
            train(work, problem, settings, self._begin_epoch, self._end_epoch)
        except Exception as error:
            self._done.put(error)

    def _begin_epoch(self) -> None:
        self._allowed.acquire()

    def _end_epoch(self, mean_loss: float) -> None:
        self._losses.append(mean_loss)
        if len(self._losses) == self._wanted:
            self._done.put(self._losses)


def train(
    work: Work,
    problem: Problem,
    settings: Settings,
    on_begin: Callable[[], None],
    on_end: Callable[[float], None],
) -> None:
    """Train by ``fit`` without an end; each epoch begins and ends with a call."""
    import twingrad
    from twingrad.optim import Callback

    class Epochs(Callback):
        def on_epoch_begin(self, training: Any) -> None:
            on_begin()

        def on_epoch_end(self, training: Any) -> None:
            on_end(float(training.history["loss"][-1]))

    parts = training(twingrad, work, problem)
    loader = twingrad.data.DataLoader(
        (problem.x, problem.y), work.batch, shuffle=settings.shuffled, seed=0
    )
    twingrad.fit(
        parts.model,
        loader,
        epochs=sys.maxsize // work.batches,
        optimizer=parts.optimizer,
        schedule=None if parts.scheduler is None else (parts.scheduler, "step"),
        clip=parts.clip,
        callbacks=[Epochs()],
        compile=True,
    )


class ScalarRunner(Runner):
    """micrograd's demo on Values: recorded once and replayed, or built anew in each pass."""

    def __init__(self, replayed: bool) -> None:
        import twingrad

        random.seed(1337)
        model = twingrad.nn.MLP(SIZES[0], SIZES[1:])
        x, y = moons()
        self._data = x, y.astype(float)

        def forward_and_backward(x: Any, y: Any) -> Any:
            model.zero_grad()
            total = loss(twingrad.Value, model, x, y)
            total.backward()
            return total

        self._pass = twingrad.compile(forward_and_backward) if replayed else forward_and_backward

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        return [float(self._pass(*self._data).data) for _ in range(passes)]


def _runner(compiles: bool, work: Work, problem: Problem, settings: Settings) -> Runner:
    if work.kind == "scalar":
        return ScalarRunner(compiles)
    if work.kind == "epoch" and compiles:
        return FitRunner(work, problem, settings)
    import twingrad

    parts = training(twingrad, work, problem)
    step = stepping(twingrad, parts, loss_of(twingrad, parts))
    step = twingrad.compile(step) if compiles else step
    return DialectRunner(twingrad, work, problem, settings, step)


_ALL: tuple[Kind, ...] = ("epoch", "step", "scalar")

PEERS = (
    Peer("twingrad", ("twingrad",), _ALL, partial(_runner, True)),
    Peer("twingrad, eager", ("twingrad",), _ALL, partial(_runner, False)),
)
