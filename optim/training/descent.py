"""One update: the gradients of the mean loss of some batches, and a step against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any, NamedTuple, final

from ...nn.backend import backend_of, holds, numbers_of, recorder_in_force, twin_of
from ...nn.clipping import get_total_norm
from ..arguments import parameters_of, single_number
from ..lbfgs import LBFGS
from ..optimizer import Optimizer
from .batches import Batch
from .outcomes import rows_right
from .plan import Plan
from .weights import or_one


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
    lr: float = nan
    """The learning rate of the first group of parameters."""

    @property
    def objective(self) -> float:
        """What is made small."""
        return self.loss + self.penalty


class Measured(NamedTuple):
    """The same as it is computed, in operands without dimensions.

    Attributes
    ----------
    losses : list of operand
        The mean loss of each batch.
    right : list of operand or number, or None
        How many rows of each batch have the right class; None where that is no question.
    penalties : list of operand
        That of each regularizer.
    gradient_norm : operand or None
        The norm before clipping; None where there is no clipping.
    """

    losses: Sequence[Any]
    right: Sequence[Any] | None
    penalties: Sequence[Any]
    gradient_norm: Any

    def update(self, group: Sequence[Batch]) -> Update:
        """It in numbers, for the batches that were measured."""
        found = Update(sum(batch.rows for batch in group))
        for loss, share in zip(self.losses, shares(_masses(group)), strict=True):
            found.loss += loss.item() * share
        found.right = nan if self.right is None else sum([float(each) for each in self.right])
        found.penalty = sum([penalty.item() for penalty in self.penalties], start=0.0)
        if self.gradient_norm is not None:
            found.gradient_norm = single_number(self.gradient_norm, "fit: gradients")
        return found


def descend(plan: Plan, group: Sequence[Batch]) -> Measured:
    """Take a step of the optimizer, from the mean loss of some batches together.

    No step is made where that is no finite number. Nothing of it reads a number, so that it can be
    compiled: then the weights of rows are tensors, as inputs and targets are.
    """
    found = compute_gradients(plan, group)
    if all([holds(abs(each) < inf) for each in (*found.losses, *found.penalties)]):
        plan.optimizer.step()
    return found


def compute_gradients(plan: Plan, group: Sequence[Batch]) -> Measured:
    """Compute the gradients of the mean loss of some batches together, and clip them."""
    plan.optimizer.zero_grad()
    losses, right = [], []
    for batch, share in zip(group, shares(_masses(group)), strict=True):
        output = plan.model(batch.x)
        loss = plan.objective(output, batch.y, batch.weights)
        (loss if len(group) == 1 else loss * share).backward()
        losses.append(loss.detach())
        right.append(_right(plan, output, batch))
    penalties = []
    for regularizer in plan.regularizers:
        penalty = regularizer(plan.model)
        penalty.backward()
        penalties.append(penalty.detach())
    norm = None
    if plan.clip is not None:
        norm = gradient_norm(plan.optimizer)
        plan.clip(parameters_of(plan.optimizer))
    return Measured(losses, None if None in right else right, penalties, norm)


def gradient_norm(optimizer: Optimizer) -> Any:
    """The norm of the gradients as they are now, as an operand."""
    gradients = [each.grad for each in parameters_of(optimizer) if each.grad is not None]
    return get_total_norm(gradients)


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
            found.append(compute_gradients(self._plan, group).update(group))
            return found[-1].objective

        if isinstance(self._optimizer, LBFGS):  # which computes gradients at several places
            self._optimizer.step(closure)
        elif isfinite(closure()):
            self._optimizer.step()
        return found[0]

    def gradient_norm(self) -> float:
        """The norm of the gradients as they are now."""
        return single_number(gradient_norm(self._optimizer), "fit: gradients")


def _right(plan: Plan, output: Any, batch: Batch) -> Any:
    """How many rows of a batch have the right class, or None."""
    loss = plan.objective.chosen(output)
    right = rows_right(loss, numbers_of(output), numbers_of(batch.y))
    if right is None:
        return None
    count = right.sum()
    return count if recorder_in_force() is None else twin_of(output).operand(count)


def _masses(group: Sequence[Batch]) -> list[Any]:
    """How much each batch counts: its rows, or their weights."""
    masses = [batch.rows if batch.weights is None else batch.weights.sum() for batch in group]
    return [float(mass) if backend_of(mass) is None else mass for mass in masses]


def shares(masses: Sequence[Any]) -> list[Any]:
    """The share of each batch in the mean of all."""
    if len(masses) == 1:
        return [1.0]
    whole = or_one(sum(masses[1:], start=masses[0]))
    return [mass / whole for mass in masses]
