"""What the options of a run choose for the training loop, and what to say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
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
        if _own_weight_decay(config) is None:
            raise ValueError(
                f"weight_decay must be left out for {config.optimizer}, which has none, got "
                f"{config.weight_decay}: write l2 instead"
            )
        options["weight_decay"] = config.weight_decay
    return partial(make, **options)


def _own_weight_decay(config: Config) -> float | None:
    """What the optimizer takes off the weights by default; None if it cannot."""
    known = signature(OPTIMIZERS[config.optimizer]).parameters
    return known["weight_decay"].default if "weight_decay" in known else None


def batch_size_of(config: Config, rows: int) -> int:
    """How many rows make a step.

    If it is not given, it is a 300th of the rows, as a power of two from 32 to 1024. With batch
    normalization no batch is left with a single row, which has no variance.
    """
    if isinstance(config.batch_size, str):
        return rows
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


def settled(config: Config, rows: int) -> Config:
    """The options with what is chosen for those that are not given, for so many rows to train.

    >>> settled(Config(data="iris", epochs=7), 120).lr, settled(Config(data="iris"), 120).epochs
    (0.003, 100)
    """
    decay = _own_weight_decay(config) if config.weight_decay is None else config.weight_decay
    size = batch_size_of(config, rows) if config.batch_size is None else config.batch_size
    return replace(
        config,
        lr=rate_of(config) if config.lr is None else config.lr,
        epochs=epochs_of(config, rows),
        batch_size=size,
        weight_decay=decay,
    )


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
    config: Config, task: Task, outputs: int, picture: tuple[int, ...] | None, rows: int
) -> None:
    """Raise ``ValueError`` for options that exclude each other, or do not suit the data."""
    optimizer_of(config)
    if config.norm == "batch" and config.hidden and batch_size_of(config, rows) == 1:
        raise ValueError(
            "batch_size must be at least 2 where norm is 'batch', as one row has no variance, got "
            f"1 of {counted(rows, 'row')}: use larger batches, or --norm layer"
        )
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


def sentences_of(config: Config, rows: int, validated: bool) -> Iterator[str]:
    """How the network is trained on so many rows, with a validation part or without."""
    size = batch_size_of(config, rows)
    rate = "a rate to be found" if config.lr == "auto" else f"a rate of {rate_of(config):g}"
    rate += "" if config.schedule == CONSTANT else f" and the schedule {config.schedule}"
    epochs = counted(epochs_of(config, rows), "epoch")
    strengths = {"weight decay": config.weight_decay, "L1": config.l1, "L2": config.l2}
    penalties = [f"{name} {strength:g}" for name, strength in strengths.items() if strength]
    yield ", ".join(
        (
            f"training: {config.optimizer} with {rate}",
            *penalties,
            f"in batches of {counted(size, 'row')}",
            f"for {epochs}" + (" at most" if config.patience and validated else ""),
        )
    )
    if not validated:
        yield (
            "there is no validation part: the model has the weights of the last epoch, whatever "
            "the patience"
        )
    if config.schedule == "plateau" and not validated:
        yield "the schedule plateau follows the loss of the training rows"


def lower_rate(config: Config, rate: float) -> float:
    """A learning rate to try where training has diverged with another.

    >>> lower_rate(Config(data="iris"), 1e6), lower_rate(Config(data="iris"), 0.001)
    (0.003, 0.0001)
    """
    return min(RATES[config.optimizer], rate / 10)
