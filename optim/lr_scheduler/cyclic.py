"""The rate up and down between two bounds, over and over."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, final

from ...engine.checks import FROM_ZERO, POSITIVE, checked_choice, checked_count, checked_number
from ..arguments import checked_optimizer
from ..optimizer import Optimizer
from .arguments import reals_per_group
from .base import LRScheduler
from .momentum import momentum_bounds, set_momentum

_MODES = ("triangular", "triangular2", "exp_range")


@final
class CyclicLR(LRScheduler):
    r"""The rate along a line from ``base_lr`` to ``max_lr`` and back, in cycles of batches.

    .. math::
        \eta_t &= \eta_{base} + (\eta_{max} - \eta_{base})\, h_t\, s \\
        \mu_t &= \mu_{max} - (\mu_{max} - \mu_{base})\, h_t\, s

    with the height :math:`h_t`, which rises from 0 to 1 in ``step_size_up`` batches and falls back
    to 0 in ``step_size_down``, and the scale :math:`s` of the height: 1 in mode
    ``"triangular"``, :math:`2^{1 - c}` in the cycle :math:`c = 1, 2, ...` in mode
    ``"triangular2"``, :math:`\gamma^t` in mode ``"exp_range"``. The momentum :math:`\mu_t` runs
    against the rate. Neither depends on what they are at present.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set, and its momentum with ``cycle_momentum``.
    base_lr, max_lr : float or list of float
        The bounds of the rate, for all groups or for each.
    step_size_up : int
        The number of batches from the lower bound to the upper, 1 or more.
    step_size_down : int, optional
        The number of batches back; None: as many as up.
    mode : {"triangular", "triangular2", "exp_range"}
        How the height changes from cycle to cycle; ignored where ``scale_fn`` is given.
    gamma : float
        The base of the scale in mode ``"exp_range"``, greater than 0.
    scale_fn : function, optional
        A scale of your own instead of ``mode``, as a function of one number.
    scale_mode : {"cycle", "iterations"}
        What ``scale_fn`` is a function of: the number of the cycle, from 1 on, or that of
        batches.
    cycle_momentum : bool
        Whether momentum (the first of ``betas``, where there are some) is cycled too.
    base_momentum, max_momentum : float or list of float
        The bounds of the momentum, 0 or more and below 1.
    last_epoch : int
        The number of batches so far, less one; see :class:`LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range, a list has not one item for each group, or
        momentum is to be cycled that the optimizer has not.

    References
    ----------
    Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import CyclicLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0, momentum=0.9)
    >>> CyclicLR(optimizer, base_lr=0.0, max_lr=1.0, step_size_up=2).preview(6)
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.5]
    """

    _unsaved = LRScheduler._unsaved | {"_scale_fn"}

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        checked_optimizer(optimizer, "CyclicLR")
        base_lrs = reals_per_group(base_lr, "CyclicLR: base_lr", optimizer, FROM_ZERO)
        self.max_lrs = reals_per_group(max_lr, "CyclicLR: max_lr", optimizer, FROM_ZERO)
        up = checked_count(step_size_up, "CyclicLR: step_size_up", 1)
        down = (
            up
            if step_size_down is None
            else checked_count(step_size_down, "CyclicLR: step_size_down", 1)
        )
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        self.mode = checked_choice(mode, "CyclicLR: mode", _MODES) if scale_fn is None else mode
        self.gamma = checked_number(gamma, "CyclicLR: gamma", POSITIVE)
        self.scale_mode = checked_choice(
            scale_mode, "CyclicLR: scale_mode", ("cycle", "iterations")
        )
        self._scale_fn = _checked_scale(scale_fn)
        self.momentum_bounds = momentum_bounds(
            "CyclicLR", optimizer, cycle_momentum, base_momentum, max_momentum
        )
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, base_lrs, strict=True):
                group["lr"] = rate
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs  # "initial_lr" stays the optimizer's, for what resets rates to it

    def get_lr(self) -> Sequence[float]:
        """The rates at this height of this cycle."""
        height = self._height()
        return [
            base + (top - base) * height
            for base, top in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def _set_lr(self, rates: Sequence[float]) -> None:
        super()._set_lr(rates)
        height = self._height()
        for group, (base, top) in zip(self.optimizer.param_groups, self.momentum_bounds):
            set_momentum(group, top - (top - base) * height)

    def _height(self) -> float:
        """How far the rate is from the lower bound to the upper, times the scale."""
        cycles = self.last_epoch / self.total_size
        cycle = math.floor(1 + cycles)
        share = 1.0 + cycles - cycle
        if share <= self.step_ratio:
            height = share / self.step_ratio
        else:
            height = (share - 1) / (self.step_ratio - 1)
        return height * self._scale(cycle)

    def _scale(self, cycle: int) -> float:
        if self._scale_fn is not None:
            return self._scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "triangular2":
            return 2.0 ** (1 - cycle)
        if self.mode == "exp_range":
            return self.gamma**self.last_epoch
        return 1.0


def _checked_scale(given: Any) -> Callable[[float], float] | None:
    if given is not None and not callable(given):
        raise TypeError(
            f"CyclicLR: scale_fn must be a function, got {type(given).__name__} "
            f"{given!r:.40}: write one such as lambda cycle: 0.9**cycle"
        )
    function: Callable[[float], float] | None = given
    return function
