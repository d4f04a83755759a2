"""The rate falls when a measure of success no longer improves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal, final

from ...engine.checks import FROM_ZERO, SHRINKING, checked_choice, checked_count, checked_number
from ...nn.backend import recorder_in_force
from ..arguments import checked_optimizer, single_number
from ..optimizer import Optimizer
from .arguments import reals_per_group
from .base import LRScheduler


@final
class ReduceLROnPlateau(LRScheduler):
    r"""The rate times ``factor``, after more than ``patience`` epochs without improvement.

    .. math:: \eta \leftarrow \max(\eta f, \eta_{min})

    with :math:`f` for ``factor`` and :math:`\eta_{min}` for ``min_lr``, once
    ``num_bad_epochs > patience``. An epoch is bad where its metric :math:`m` is no better than the
    best so far, :math:`m^*`. For ``mode="min"``, better is :math:`m < m^* (1 - \theta)`
    with ``threshold_mode="rel"``, and :math:`m < m^* - \theta` with ``"abs"``; for ``mode="max"``
    it is :math:`m > m^* (1 + \theta)` and :math:`m > m^* + \theta`, with :math:`\theta` for
    ``threshold``. A metric that is nan is never better.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    mode : {"min", "max"}
        Whether a small metric is good, or a large one.
    factor : float
        What the rate is multiplied by, greater than 0 and below 1.
    patience : int
        The number of bad epochs that are let pass, 0 or more: the one after them reduces.
    threshold : float
        The least change that counts as an improvement, 0 or more.
    threshold_mode : {"rel", "abs"}
        Whether ``threshold`` is a share of the best metric, or a difference from it.
    cooldown : int
        The number of epochs after a reduction in which no bad epochs are counted, 0 or more.
    min_lr : float or list of float
        The least rate, for all groups or for each, 0 or more.
    eps : float
        A reduction by this much or less is not made, 0 or more.

    Attributes
    ----------
    best : float
        The best metric so far.
    num_bad_epochs : int
        The number of bad epochs since the last improvement or reduction.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range, or a list has not one item for each group.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import ReduceLROnPlateau
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.5]
    >>> schedule.preview(4, metrics=[2.0, 2.0, 1.0])
    [0.5, 0.5, 0.25, 0.25]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        name = "ReduceLROnPlateau"
        checked_optimizer(optimizer, name)
        self.mode = checked_choice(mode, f"{name}: mode", ("min", "max"))
        self.factor = checked_number(factor, f"{name}: factor", SHRINKING)
        self.patience = checked_count(patience, f"{name}: patience")
        self.threshold = checked_number(threshold, f"{name}: threshold", FROM_ZERO)
        self.threshold_mode = checked_choice(
            threshold_mode, f"{name}: threshold_mode", ("rel", "abs")
        )
        self.cooldown = checked_count(cooldown, f"{name}: cooldown")
        self.min_lrs = reals_per_group(min_lr, f"{name}: min_lr", optimizer, FROM_ZERO)
        self.eps = checked_number(eps, f"{name}: eps", FROM_ZERO)
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        super().__init__(optimizer)

    @property
    def in_cooldown(self) -> bool:
        """Whether a reduction was so recent that bad epochs are not counted."""
        return self.cooldown_counter > 0

    def get_lr(self) -> Sequence[float]:
        """The present rates: what changes them is :meth:`step`."""
        return self._rates()

    def step(self, metrics: Any) -> None:  # type: ignore[override]  # as in PyTorch
        """Count an epoch with this metric, and reduce the rates where it is one too many.

        ``metrics`` is one number, or an operand of one element. Raises ``TypeError`` or
        ``ValueError`` for anything else; then nothing has been changed. Raises ``RuntimeError``
        inside a compiled step.
        """
        if recorder_in_force() is not None:
            raise RuntimeError(
                "ReduceLROnPlateau: step() must be called outside of a compiled step, as its "
                "metric is not known before the step has run: return it, and call step() with it"
            )
        metric = single_number(metrics, "ReduceLROnPlateau: metrics")
        self.last_epoch += 1
        self._judge(metric)
        if self.num_bad_epochs > self.patience:
            self._set_lr(self._reduced())
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._rates()

    def preview(
        self, steps: int, metrics: Iterable[Any] | None = None
    ) -> list[float] | list[list[float]]:
        """The rates of the next ``steps`` epochs if they had these ``metrics``.

        As :meth:`LRScheduler.preview`; what changes the rates here is ``metrics``, of which
        ``steps - 1`` are used. Raises ``ValueError`` where there are fewer.
        """
        needed = checked_count(steps, "ReduceLROnPlateau: steps of preview()") - 1
        given = [] if metrics is None else list(metrics)
        if len(given) < needed:
            raise ValueError(
                f"ReduceLROnPlateau: metrics of preview() must be at least {needed} for {steps} "
                f"steps, got {len(given)}: the rates depend on the metrics to come"
            )
        rehearsal = self._rehearsal()
        to_come = iter(given)
        return rehearsal._rates_along(steps, lambda: rehearsal.step(next(to_come)))

    def _judge(self, metric: float) -> None:
        if self._is_better(metric):
            self.best = metric
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0

    def _is_better(self, metric: float) -> bool:
        relative = self.threshold_mode == "rel"
        if self.mode == "min":
            goal = self.best * (1 - self.threshold) if relative else self.best - self.threshold
            return metric < goal
        goal = self.best * (1 + self.threshold) if relative else self.best + self.threshold
        return metric > goal

    def _reduced(self) -> list[float]:
        """The rates times ``factor``, but none below its least, and none changed by a trifle."""
        reduced = []
        for rate, least in zip(self._rates(), self.min_lrs):
            lower = max(rate * self.factor, least)
            reduced.append(lower if rate - lower > self.eps else rate)
        return reduced
