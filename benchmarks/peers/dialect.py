"""Training as it is written in PyTorch's dialect: the same text for PyTorch and for twingrad."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..problem import Problem
from ..works import RATE, Recipe, Work
from .base import Runner, Settings

Step = Callable[[Any, Any], Any]
"""What is done with rows and their classes; it gives their loss."""


@dataclass(frozen=True, slots=True)
class Training:
    """A model with its first weights, and what trains it."""

    model: Any
    optimizer: Any
    scheduler: Any = None
    clip: float | None = None


def training(library: Any, work: Work, problem: Problem, **options: Any) -> Training:
    """What a work trains, and with what; ``options`` are those of the optimizer."""
    model = _network(library.nn, work.recipe, problem)
    linear = [layer for layer in model if isinstance(layer, library.nn.Linear)]
    with library.no_grad():
        for layer, (weight, bias) in zip(linear, problem.layers, strict=True):
            layer.weight.copy_(library.from_numpy(weight))
            layer.bias.copy_(library.from_numpy(bias))
    optim, recipe = library.optim, work.recipe
    if recipe is None:
        return Training(model, optim.Adam(model.parameters(), lr=RATE, **options))
    decay = recipe.weight_decay
    optimizer = optim.AdamW(model.parameters(), lr=RATE, weight_decay=decay, **options)
    scheduler = optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=RATE, total_steps=recipe.total_steps, cycle_momentum=False
    )
    return Training(model, optimizer, scheduler, recipe.clip)


def _network(nn: Any, recipe: Recipe | None, problem: Problem) -> Any:
    layers: list[Any] = []
    for weight, _ in problem.layers[:-1]:
        layers += [nn.Linear(weight.shape[1], weight.shape[0])]
        layers += [nn.BatchNorm1d(weight.shape[0])] if recipe else []
        layers += [nn.ReLU()]
        layers += [nn.Dropout(recipe.dropout)] if recipe and recipe.dropout else []
    outputs, inputs = problem.layers[-1][0].shape
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


def loss_of(library: Any, parts: Training) -> Step:
    """The loss of a batch."""
    model, cross_entropy = parts.model, library.nn.functional.cross_entropy
    return lambda x, y: cross_entropy(model(x), y)


def stepping(library: Any, parts: Training, loss_at: Step) -> Step:
    """The step, as anybody would write it."""
    model, optimizer, scheduler, clip = parts.model, parts.optimizer, parts.scheduler, parts.clip
    clip_grad_norm_ = library.nn.utils.clip_grad_norm_

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_at(x, y)
        loss.backward()
        if clip is not None:
            clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        return loss

    return step


def batches(library: Any, x: Any, y: Any, size: int, shuffled: bool) -> Iterator[tuple[Any, Any]]:
    """The batches of an epoch."""
    order = library.randperm(len(x)) if shuffled else library.arange(len(x))
    for rows in order.split(size):
        yield x[rows], y[rows]


class DialectRunner(Runner):
    """A loop over batches, around a step."""

    def __init__(
        self, library: Any, work: Work, problem: Problem, settings: Settings, step: Step
    ) -> None:
        self._library = library
        self._step = step
        self._size = work.batch
        self._shuffled = settings.shuffled
        self._x, self._y = library.from_numpy(problem.x), library.from_numpy(problem.y)
        self._cut = [*zip(self._x.split(work.batch), self._y.split(work.batch))]
        self._run_pass = self._run_epoch if work.kind == "epoch" else self._run_steps

    def run(self, passes: int) -> list[float]:
        """See :class:`Runner`."""
        return [self._run_pass() for _ in range(passes)]

    def _run_epoch(self) -> float:
        taken = batches(self._library, self._x, self._y, self._size, self._shuffled)
        losses: list[float] = [self._step(x, y).item() for x, y in taken]
        return sum(losses) / len(losses)

    def _run_steps(self) -> float:
        for x, y in self._cut:
            loss = self._step(x, y)
        return float(loss.item())
