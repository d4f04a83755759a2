"""What a dry run tries before its steps on one batch: a backward pass, and changing batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ...data import DataLoader
from ...engine.modes import no_grad
from ...nn import Linear, Module
from ...nn.backend import numbers_of
from ..callbacks.base import Callback
from ..history import History
from ..training.objective import Objective
from ..training.training import Training
from .evidence import WHOLE, Changing, DeadUnits, Layer, Probe
from .sample import Sample

CALM = 32
"""Losses are means of so many rows at least: those of a few rows go up and down by chance."""


def dead_units(
    model: Module, objective: Objective, sample: Sample, probe: Probe
) -> tuple[DeadUnits, ...]:
    """The dead units of all linear layers but the last, however activations are written.

    A unit is dead where its output is 0 or less for every row, and the gradient of its weights
    exactly 0. Leaves gradients behind.
    """
    if not any(parameter.requires_grad for parameter in model.parameters()):
        return ()
    batch = sample.probe
    objective(model(batch.x), batch.y, batch.weights).backward()
    modules = {name or WHOLE: module for name, module in model.named_modules()}
    found = []
    for layer in probe.matrices[:-1]:
        module = modules[layer.name]
        if isinstance(module, Linear) and module.weight.grad is not None:
            gradient = numbers_of(module.weight.grad)
            found.append(_dead_units(layer, gradient))
    return tuple(each for each in found if each is not None)


def _dead_units(layer: Layer, gradient: NDArray[Any]) -> DeadUnits | None:
    """None where all gradients are 0 for another reason, such as weights of 0 behind the layer."""
    silent = ~gradient.any(axis=1)
    if not silent.size or (silent.all() and not layer.below.all()):
        return None
    return DeadUnits(layer.name, int((silent & layer.below).sum()), silent.size)


def changing_batches(
    train: Callable[..., History], objective: Objective, sample: Sample, output: Any, count: int
) -> Changing | None:
    """Train on one batch after the other, ``count`` times or somewhat more; None for one batch.

    ``output`` is what the model gives for the rows of the sample before that.
    """
    size, batch = sample.batch.rows, sample.probe
    rows = min(batch.rows, size * count)
    if rows <= size:
        return None
    x, y = numbers_of(batch.x)[:rows], numbers_of(batch.y)[:rows]
    weights = None if batch.weights is None else batch.weights[:rows]
    loader = DataLoader((x, y), batch_size=size)
    starts = range(0, rows, size)
    counts = [min(size, rows - start) for start in starts]
    with no_grad():
        before = [_part(objective, output, sample, start, start + size) for start in starts]
    watch = _Losses()
    epochs = -(-count // len(counts))
    train(loader, batch_size=None, sample_weight=weights, epochs=epochs, callbacks=watch)
    usual = max([*_calm(before, counts), watch.losses[0]])
    return Changing(usual, _calm(watch.losses, counts * epochs))


def _part(objective: Objective, output: Any, sample: Sample, start: int, stop: int) -> float:
    batch = sample.probe
    weights = None if batch.weights is None else batch.weights[start:stop]
    return float(objective(output[start:stop], batch.y[start:stop], weights).item())


def _calm(losses: Sequence[float], rows: Sequence[int]) -> list[float]:
    """Means of each loss and those before it, of enough rows; what is no number stays so."""
    calm = []
    for end in range(1, len(losses) + 1):
        start = end - 1
        while start and sum(rows[start:end]) < CALM:
            start -= 1
        if sum(rows[start:end]) >= CALM or not isfinite(losses[end - 1]):
            calm.append(float(np.average(losses[start:end], weights=rows[start:end])))
    return calm or [float(np.average(losses, weights=rows[: len(losses)]))]


@final
class _Losses(Callback):
    """Notes the loss before each step, and one that is no number, at which training ends."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_step_end(self, training: Training) -> None:
        self.losses.append(training.loss)

    def on_epoch_end(self, training: Training) -> None:
        if not isfinite(training.loss):
            self.losses.append(training.loss)
