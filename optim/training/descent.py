"""One update: the gradients of the mean loss of some batches, and a step against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, final

from ...nn.backend import numbers_of
from ...nn.clipping import get_total_norm
from ..arguments import parameters_of, single_number
from ..lbfgs import LBFGS
from .batches import Batch
from .outcomes import rows_right
from .plan import Plan


@dataclass(slots=True)
class Update:
    """What was measured where the gradients of an update were computed."""

    rows: int
    loss: float = 0.0
    penalty: float = 0.0
    right: float = 0.0
    """How many rows have the right class; nan where that is no question."""
    gradient_norm: float = nan
    """The norm before clipping, where there is clipping."""

    @property
    def objective(self) -> float:
        """What is made small."""
        return self.loss + self.penalty


@final
class Descent:
    """Updates of a model, as a plan has them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._optimizer = plan.optimizer

    def update(self, group: Sequence[Batch]) -> Update:
        """Take a step of the optimizer, from the mean loss of some batches together.

        No step is made where that is no finite number.
        """
        found: list[Update] = []

        def closure() -> float:
            found.append(self._gradients(group))
            return found[-1].objective

        if isinstance(self._optimizer, LBFGS):  # which computes gradients at several places
            self._optimizer.step(closure)
        elif isfinite(closure()):
            self._optimizer.step()
        return found[0]

    def gradient_norm(self) -> float:
        """The norm of the gradients as they are now."""
        parameters = parameters_of(self._optimizer)
        gradients = [each.grad for each in parameters if each.grad is not None]
        return single_number(get_total_norm(gradients), "fit: gradients")

    def _gradients(self, group: Sequence[Batch]) -> Update:
        """Compute all gradients, and clip them."""
        plan = self._plan
        found = Update(sum(batch.rows for batch in group))
        self._optimizer.zero_grad()
        for batch, share in zip(group, _shares(group), strict=True):
            output = plan.model(batch.x)
            loss = plan.objective(output, batch.y, batch.weights)
            (loss if share == 1 else loss * share).backward()
            found.loss += loss.item() * share
            found.right += self._right(output, batch)
        for regularizer in plan.regularizers:
            penalty = regularizer(plan.model)
            penalty.backward()
            found.penalty += penalty.item()
        if plan.clip is not None:
            found.gradient_norm = self.gradient_norm()
            plan.clip(parameters_of(self._optimizer))
        return found

    def _right(self, output: Any, batch: Batch) -> float:
        """How many rows of a batch have the right class."""
        loss = self._plan.objective.chosen(output)
        right = rows_right(loss, numbers_of(output), numbers_of(batch.y))
        return nan if right is None else float(right.sum())


def _shares(group: Sequence[Batch]) -> list[float]:
    """The share of each batch in the mean of all: by rows, or by the weights of the rows."""
    masses = [
        float(batch.rows if batch.weights is None else batch.weights.sum()) for batch in group
    ]
    whole = sum(masses) or 1.0
    return [1.0] if len(group) == 1 else [mass / whole for mass in masses]
