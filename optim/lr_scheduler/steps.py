"""Schedulers whose rate stays the same between jumps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, final

from ...engine.checks import POSITIVE, SHARE, checked_count, checked_number
from ..optimizer import Optimizer
from .arguments import milestones_in_order
from .base import LRScheduler


@final
class StepLR(LRScheduler):
    r"""The rate times ``gamma``, every ``step_size`` epochs.

    .. math:: \eta_t = \eta_0 \gamma^{\lfloor t / s \rfloor}

    with the initial rate :math:`\eta_0`, the epoch :math:`t`, and :math:`s` for ``step_size``.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    step_size : int
        The number of epochs from one change to the next, 1 or more.
    gamma : float
        What the rate is multiplied by, greater than 0.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import StepLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> StepLR(optimizer, step_size=2, gamma=0.5).preview(6)
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = checked_count(step_size, "StepLR: step_size", 1)
        self.gamma = checked_number(gamma, "StepLR: gamma", POSITIVE)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The present rates, times ``gamma`` where ``step_size`` divides the epoch."""
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self._rates()
        return [rate * self.gamma for rate in self._rates()]


@final
class MultiStepLR(LRScheduler):
    r"""The rate times ``gamma``, at each of some epochs.

    .. math:: \eta_t = \eta_0 \gamma^{n(t)}

    with the initial rate :math:`\eta_0` and the number :math:`n(t)` of milestones up to the
    epoch :math:`t`.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    milestones : iterable of int
        The epochs at which the rate changes, increasing. One that comes twice counts twice.
    gamma : float
        What the rate is multiplied by, greater than 0.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range, or the milestones are out of order.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import MultiStepLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> MultiStepLR(optimizer, milestones=[1, 4], gamma=0.5).preview(6)
    [1.0, 0.5, 0.5, 0.5, 0.25, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = milestones_in_order(milestones, "MultiStepLR: milestones", least=0)
        self.gamma = checked_number(gamma, "MultiStepLR: gamma", POSITIVE)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The present rates, times ``gamma`` where the epoch is a milestone."""
        factor = self.gamma ** self.milestones.count(self.last_epoch)
        return [rate * factor for rate in self._rates()]

    def _restore(self, state: Mapping[str, Any]) -> None:
        milestones = sorted(Counter(state["milestones"]).elements())  # PyTorch saves a Counter
        super()._restore({**state, "milestones": milestones})


@final
class ConstantLR(LRScheduler):
    r"""The rate times ``factor`` for the first ``total_iters`` epochs.

    .. math:: \eta_t = \eta_0 f \text{ for } t < T, \qquad \eta_t = \eta_0 \text{ for } t \ge T

    with the initial rate :math:`\eta_0`, :math:`f` for ``factor`` and :math:`T` for
    ``total_iters``.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    factor : float
        What the rate is multiplied by at first, greater than 0 and at most 1.
    total_iters : int
        The epoch from which the rate is whole again, 0 or more; with 0 it always is, where
        PyTorch would keep ``factor`` for good.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range. A ``factor`` of 0, which PyTorch takes, is refused:
        there is no way back from a rate of 0.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import ConstantLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> ConstantLR(optimizer, factor=0.25, total_iters=3).preview(5)
    [0.25, 0.25, 0.25, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.factor = checked_number(factor, "ConstantLR: factor", SHARE)
        self.total_iters = checked_count(total_iters, "ConstantLR: total_iters")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The present rates, times ``factor`` at first and divided by it at the end."""
        begins, ends = self.last_epoch == 0, self.last_epoch == self.total_iters
        if begins == ends:  # neither of them, or both at once
            return self._rates()
        change = self.factor if begins else 1.0 / self.factor
        return [rate * change for rate in self._rates()]
