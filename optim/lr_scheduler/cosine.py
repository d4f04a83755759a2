"""Schedulers whose rate falls along half a cosine, once, again and again, or after a warm-up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import final

from ...engine.checks import FROM_ZERO, SHARE, checked_count, checked_number
from ..optimizer import Optimizer
from .base import LRScheduler
from .curves import linear_growth
from .recording import made_by_the_host


def cosine_step(rate: float, base: float, eta_min: float, epoch: int, length: int) -> float:
    """The rate of ``epoch`` on a cosine of ``length`` epochs down, from that of the one before."""
    if (epoch - 1 - length) % (2 * length) == 0:  # the rate before is eta_min: no quotient of it
        return rate + (base - eta_min) * (1 - math.cos(math.pi / length)) / 2
    height = 1 + math.cos(math.pi * epoch / length)
    height_before = 1 + math.cos(math.pi * (epoch - 1) / length)
    return height / height_before * (rate - eta_min) + eta_min


@final
class CosineAnnealingLR(LRScheduler):
    r"""The rate along a cosine, from the initial rate down to ``eta_min`` and up again.

    .. math::
        \eta_t = \eta_{min} + \tfrac12 (\eta_0 - \eta_{min})
                 \left(1 + \cos\left(\pi \frac{t}{T_{max}}\right)\right)

    with the initial rate :math:`\eta_0` and the epoch :math:`t`.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    T_max : int
        The number of epochs from the highest to the lowest rate, 1 or more. It rises for as many
        after that: stop at ``T_max`` for a mere descent.
    eta_min : float
        The lowest rate, 0 or more.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range.

    References
    ----------
    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017; the
    restarts are in :class:`CosineAnnealingWarmRestarts`.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import CosineAnnealingLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> [round(rate, 3) for rate in CosineAnnealingLR(optimizer, T_max=4).preview(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.146]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max = checked_count(T_max, "CosineAnnealingLR: T_max", 1)
        self.eta_min = checked_number(eta_min, "CosineAnnealingLR: eta_min", FROM_ZERO)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The present rates, one epoch further on the cosine."""
        return [
            cosine_step(rate, base, self.eta_min, self.last_epoch, self.T_max)
            for rate, base in zip(self._rates(), self.base_lrs)
        ]

    def _first_lr(self) -> Sequence[float]:
        return self._rates()


@final
class CosineAnnealingWarmRestarts(LRScheduler):
    r"""The rate along a cosine from the initial rate to ``eta_min``, again and again.

    .. math::
        \eta_t = \eta_{min} + \tfrac12 (\eta_0 - \eta_{min})
                 \left(1 + \cos\left(\pi \frac{T_{cur}}{T_i}\right)\right)

    with the initial rate :math:`\eta_0`, the number of epochs :math:`T_{cur}` since the last
    restart, and the number :math:`T_i` from that restart to the next: ``T_0`` at first, and
    ``T_mult`` times as many after each restart. It does not depend on the present rate.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    T_0 : int
        The number of epochs to the first restart, 1 or more.
    T_mult : int
        How many times longer the epochs between restarts become, 1 or more.
    eta_min : float
        The lowest rate, 0 or more.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range.

    References
    ----------
    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import CosineAnnealingWarmRestarts
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> schedule = CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
    >>> [round(rate, 3) for rate in schedule.preview(7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    T_i: int
    """The number of epochs between the last restart and the next."""
    T_cur: float
    """The number of epochs since the last restart, a fraction where :meth:`step` was given one."""

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        name = "CosineAnnealingWarmRestarts"
        self.T_0 = checked_count(T_0, f"{name}: T_0", 1)
        self.T_mult = checked_count(T_mult, f"{name}: T_mult", 1)
        self.eta_min = checked_number(eta_min, f"{name}: eta_min", FROM_ZERO)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The rates at ``T_cur`` epochs after a restart."""
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    @made_by_the_host
    def step(self, epoch: float | None = None) -> None:
        """Go to the next epoch, or to any: after each batch, ``step(epoch + batch / batches)``.

        Raises ``ValueError`` for a negative epoch.
        """
        if epoch is None:
            self.last_epoch += 1
            self._wind(self.T_cur + 1)
        else:
            found = checked_number(epoch, "CosineAnnealingWarmRestarts: epoch of step()", FROM_ZERO)
            self.last_epoch = math.floor(found)
            self.T_i = self.T_0
            self._wind(found)
        self._set_lr(self.get_lr())

    def _begin(self) -> None:
        self.T_i = self.T_0
        self._wind(self.last_epoch + 1)
        super()._begin()

    def _wind(self, epochs: float) -> None:
        """Set ``T_cur`` so many epochs after the restart that ``T_i`` belongs to."""
        if self.T_mult == 1:
            epochs %= self.T_i
        while epochs >= self.T_i:
            epochs -= self.T_i
            self.T_i *= self.T_mult
        self.T_cur = epochs


@final
class WarmupCosineLR(LRScheduler):
    r"""A linear warm-up to the initial rate, and then half a cosine down to ``eta_min``.

    .. math::
        \eta_t = \begin{cases}
            \eta_0 \left(s + (1 - s) \frac{t}{W}\right) & t < W \\
            \eta_{min} + \tfrac12 (\eta_0 - \eta_{min})
                \left(1 + \cos\left(\pi \frac{t - W}{T - W}\right)\right) & W \le t \le T \\
            \eta_{min} & t > T
        \end{cases}

    with the initial rate :math:`\eta_0`, the number :math:`t` of calls of :meth:`step`, and
    :math:`W`, :math:`T` and :math:`s` for ``warmup_steps``, ``total_steps`` and ``start_factor``.
    PyTorch has no such class. Up to ``total_steps`` it gives the rates of ``SequentialLR`` with
    ``LinearLR(optimizer, start_factor, total_iters=warmup_steps)`` and
    ``CosineAnnealingLR(optimizer, total_steps - warmup_steps, eta_min)``; after that it stays at
    ``eta_min``. Each rate is made from the one before, so it chains with other schedulers.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    warmup_steps : int
        The number of steps up to the initial rate, 0 or more; 0 for no warm-up.
    total_steps : int
        The number of steps down to ``eta_min``, warm-up included, more than ``warmup_steps``.
    start_factor : float
        The share of the initial rate that step 0 has, greater than 0 and at most 1.
    eta_min : float
        The last rate, 0 or more.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range.

    References
    ----------
    Goyal et al., "Accurate, Large Minibatch SGD", 2017, for the warm-up; Loshchilov and Hutter,
    "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, for the cosine.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import WarmupCosineLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> schedule = WarmupCosineLR(optimizer, 2, 6, start_factor=0.5)
    >>> [round(rate, 3) for rate in schedule.preview(8)]
    [0.5, 0.75, 1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        warmup_steps: int,
        total_steps: int,
        start_factor: float = 0.01,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.warmup_steps = checked_count(warmup_steps, "WarmupCosineLR: warmup_steps")
        self.total_steps = checked_count(total_steps, "WarmupCosineLR: total_steps", 1)
        if self.total_steps <= self.warmup_steps:
            raise ValueError(
                f"WarmupCosineLR: total_steps must be more than the {self.warmup_steps} "
                f"warmup_steps, got {self.total_steps}: give the number of all steps, warm-up "
                "included"
            )
        self.start_factor = checked_number(start_factor, "WarmupCosineLR: start_factor", SHARE)
        self.eta_min = checked_number(eta_min, "WarmupCosineLR: eta_min", FROM_ZERO)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The present rates, one step further on the line or on the cosine."""
        if self.last_epoch <= self.warmup_steps:
            growth = linear_growth(self.last_epoch, self.start_factor, 1.0, self.warmup_steps)
            return [rate * growth for rate in self._rates()]
        if self.last_epoch > self.total_steps:
            return self._rates()
        epoch, length = self.last_epoch - self.warmup_steps, self.total_steps - self.warmup_steps
        return [
            cosine_step(rate, base, self.eta_min, epoch, length)
            for rate, base in zip(self._rates(), self.base_lrs)
        ]

    def _first_lr(self) -> Sequence[float]:
        warms_up = self.last_epoch == 0 and self.warmup_steps > 0
        return [rate * (self.start_factor if warms_up else 1.0) for rate in self._rates()]
