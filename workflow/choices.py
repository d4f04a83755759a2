"""What the options of a run choose for the training loop, and what to say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from math import log2
from types import MappingProxyType
from typing import Any

from .. import nn
from ..data.augmentation import Augmentation
from ..data.dataset import Task
from ..data.wording import counted
from ..optim import Optimizer
from ..optim.names import OPTIMIZERS
from .augmenting import augmentations
from .config import Config
from .option_checks import CONSTANT

RATES: Mapping[str, float] = MappingProxyType(
    {
        "adadelta": 1.0,
        "adagrad": 0.01,
        "adam": 0.003,
        "adamax": 0.003,
        "adamw": 0.003,
        "asgd": 0.01,
        "lbfgs": 1.0,
        "lion": 0.0003,
        "momentum": 0.03,
        "nadam": 0.003,
        "nesterov": 0.03,
        "radam": 0.003,
        "rmsprop": 0.001,
        "rprop": 0.01,
        "sgd": 0.1,
    }
)
"""The learning rates of optimizers where none is given: the highest that a schedule reaches."""


def rate_of(config: Config) -> float:
    """The learning rate that is given, or the optimizer's own."""
    return config.lr if isinstance(config.lr, float) else RATES[config.optimizer]


def optimizer_of(config: Config, rate: float | None = None) -> Callable[[Any], Optimizer]:
    """What makes the optimizer, of the parameters, with this rate or its usual one.

    Raises ``ValueError`` for a weight decay that the optimizer does not have.
    """
    make = OPTIMIZERS[config.optimizer]
    options: dict[str, Any] = {"lr": rate_of(config) if rate is None else rate}
    if config.weight_decay is not None:
        if "weight_decay" not in signature(make).parameters:
            raise ValueError(
                f"weight_decay must be left out for {config.optimizer}, which has none, got "
                f"{config.weight_decay}: write l2 instead"
            )
        options["weight_decay"] = config.weight_decay
    return partial(make, **options)


def batch_size_of(config: Config, rows: int) -> int:
    """How many rows make a step.

    If it is not given, it is a 300th of the rows, as a power of two from 32 to 1024. With batch
    normalization no batch is left with a single row, which has no variance.
    """
    chosen = 2 ** int(log2(max(1.0, rows / 300)))
    size = min(rows, min(1024, max(32, chosen)) if config.batch_size is None else config.batch_size)
    if config.norm == "batch" and size > 1:
        while rows % size == 1:
            size += 1
    return size


def epochs_of(config: Config, rows: int) -> int:
    """How many epochs are planned.

    If it is not given, the network sees a million rows, in 20 epochs at least and 100 at most.
    """
    return min(100, max(20, round(1e6 / rows))) if config.epochs is None else config.epochs


def penalties_of(config: Config) -> list[nn.ElasticNet]:
    """What is added to the loss for large weights."""
    return [nn.ElasticNet(config.l1, config.l2)] if config.l1 or config.l2 else []


def schedule_of(config: Config) -> str | None:
    """The name of the schedule, or None for a rate that stays the same."""
    return None if config.schedule == CONSTANT else config.schedule


def augmentations_of(
    config: Config, task: Task, outputs: int, picture: tuple[int, ...] | None
) -> list[Augmentation]:
    """The random changes of training batches.

    Raises ``ValueError`` for changes of pictures where rows are none.
    """
    return augmentations(config.augment, picture, None if task == "regression" else outputs)


def check_choices(
    config: Config, task: Task, outputs: int, picture: tuple[int, ...] | None
) -> None:
    """Raise ``ValueError`` for options that exclude each other, or do not suit the data."""
    optimizer_of(config)
    if config.lr == "auto" and config.optimizer == "lbfgs":
        raise ValueError(
            "lr must be a number for lbfgs, which searches for the length of its steps itself, got "
            "'auto': leave it out"
        )
    augmentations_of(config, task, outputs, picture)
    if config.class_weight is not None and task == "regression":
        raise ValueError(
            f"class_weight must be left out where numbers are predicted, got "
            f"{config.class_weight!r}: there are no classes"
        )


def sentence_of(config: Config, rows: int) -> str:
    """How the network is trained."""
    size = batch_size_of(config, rows)
    rate = "a rate to be found" if config.lr == "auto" else f"a rate of {rate_of(config):g}"
    rate += "" if config.schedule == CONSTANT else f" and the schedule {config.schedule}"
    epochs = counted(epochs_of(config, rows), "epoch")
    return (
        f"training: {config.optimizer} with {rate}, in batches of {counted(size, 'row')}, for "
        + (epochs if not config.patience else f"{epochs} at most")
    )
