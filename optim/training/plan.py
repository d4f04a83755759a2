"""What a training is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...nn import Module
from ...nn.regularizers import Regularizer
from ..callbacks.base import Callback
from ..checkpoints.folder import Checkpoints
from ..optimizer import Optimizer
from ..stopping import EarlyStopping
from .batches import Batches
from .evaluation import Metric
from .objective import Objective
from .scheduling import Schedule


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done, which does not change while training goes on."""

    model: Module
    optimizer: Optimizer
    batches: Batches
    validation: Batches | None
    objective: Objective
    schedule: Schedule
    regularizers: Sequence[Regularizer]
    clip: Callable[[Any], Any] | None
    metrics: Mapping[str, Metric]
    epochs: int
    accumulate: int
    stopping: EarlyStopping | None
    checkpoints: Checkpoints | None
    callbacks: Sequence[Callback]
    compile: bool | None
    """Whether updates are compiled; None: where that pays."""
    given: Mapping[str, Any]
    """Further arguments that must be the same where training is resumed."""
