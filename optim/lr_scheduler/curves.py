"""Schedulers whose rate follows a line, a power or an exponential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from ...engine.checks import FROM_ZERO, POSITIVE, SHARE, UNIT, checked_count, checked_number
from ..optimizer import Optimizer
from .base import LRScheduler


def linear_growth(epoch: int, start: float, end: float, length: int) -> float:
    """The quotient of the factors at ``epoch`` and before it, on a line from start to end."""
    slope = end - start
    return 1.0 + slope / (length * start + (epoch - 1) * slope)


@final
class LinearLR(LRScheduler):
    r"""The rate times a factor that runs along a line: a warm-up, or a decay.

    .. math:: \eta_t = \eta_0 \left(s + (e - s) \frac{\min(t, T)}{T}\right)

    with the initial rate :math:`\eta_0`, the epoch :math:`t`, :math:`s` and :math:`e` for
    ``start_factor`` and ``end_factor``, and :math:`T` for ``total_iters``.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    start_factor : float
        The factor of epoch 0, greater than 0 and at most 1.
    end_factor : float
        The factor from epoch ``total_iters`` on, between 0 and 1.
    total_iters : int
        The number of epochs from the first factor to the last, 0 or more; with 0 the factor is
        ``end_factor`` from the beginning, where PyTorch would keep ``start_factor`` for good.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range.

    References
    ----------
    Goyal et al., "Accurate, Large Minibatch SGD", 2017, for the warm-up.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import LinearLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> LinearLR(optimizer, start_factor=0.5, total_iters=2).preview(4)
    [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.start_factor = checked_number(start_factor, "LinearLR: start_factor", SHARE)
        self.end_factor = checked_number(end_factor, "LinearLR: end_factor", UNIT)
        self.total_iters = checked_count(total_iters, "LinearLR: total_iters")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The present rates, times the growth of the factor since the epoch before."""
        if self.last_epoch > self.total_iters:
            return self._rates()
        growth = linear_growth(
            self.last_epoch, self.start_factor, self.end_factor, self.total_iters
        )
        return [rate * growth for rate in self._rates()]

    def _first_lr(self) -> Sequence[float]:
        if self.last_epoch > 0:
            return self._rates()
        factor = self.start_factor if self.total_iters else self.end_factor
        return [rate * factor for rate in self._rates()]


@final
class ExponentialLR(LRScheduler):
    r"""The rate times ``gamma``, every epoch.

    .. math:: \eta_t = \eta_0 \gamma^t

    with the initial rate :math:`\eta_0` and the epoch :math:`t`.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
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
    >>> from twingrad.optim.lr_scheduler import ExponentialLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> ExponentialLR(optimizer, gamma=0.5).preview(4)
    [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = checked_number(gamma, "ExponentialLR: gamma", POSITIVE)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The present rates, times ``gamma``."""
        return [rate * self.gamma for rate in self._rates()]

    def _first_lr(self) -> Sequence[float]:
        return self._rates()


@final
class PolynomialLR(LRScheduler):
    r"""The rate falls to 0 within ``total_iters`` epochs, as a power of the time that is left.

    .. math:: \eta_t = \eta_0 \left(1 - \frac{\min(t, T)}{T}\right)^p

    with the initial rate :math:`\eta_0`, the epoch :math:`t`, :math:`T` for ``total_iters`` and
    :math:`p` for ``power``.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    total_iters : int
        The epoch from which the rate is 0, 1 or more.
    power : float
        The power, 0 or more; 1 is a line.
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
    >>> from twingrad.optim.lr_scheduler import PolynomialLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> PolynomialLR(optimizer, total_iters=4, power=1.0).preview(6)
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters = checked_count(total_iters, "PolynomialLR: total_iters", 1)
        self.power = checked_number(power, "PolynomialLR: power", FROM_ZERO)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The present rates, times the shrinking of the power since the epoch before."""
        if self.last_epoch > self.total_iters:
            return self._rates()
        left = 1.0 - self.last_epoch / self.total_iters
        left_before = 1.0 - (self.last_epoch - 1) / self.total_iters
        factor = (left / left_before) ** self.power
        return [rate * factor for rate in self._rates()]

    def _first_lr(self) -> Sequence[float]:
        return self._rates()
