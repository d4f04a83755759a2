"""Schedulers whose factors are functions of the user's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

from ..arguments import checked_optimizer
from ..optimizer import Optimizer
from .arguments import functions_per_group
from .base import LRScheduler


class _FunctionLR(LRScheduler):
    """A scheduler with one function of the epoch for each group of parameters."""

    _unsaved = LRScheduler._unsaved | {"lr_lambdas"}

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        name = type(self).__name__
        checked_optimizer(optimizer, name)
        self.lr_lambdas = functions_per_group(lr_lambda, f"{name}: lr_lambda", optimizer)
        super().__init__(optimizer, last_epoch)


@final
class LambdaLR(_FunctionLR):
    r"""The initial rate times a function of the epoch.

    .. math:: \eta_t = \eta_0 \lambda(t)

    with the initial rate :math:`\eta_0` and the epoch :math:`t`. It does not depend on the
    present rate.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    lr_lambda : function or list of functions
        The factor :math:`\lambda` as a function of the epoch, for all groups or for each. States
        do not hold it: make the scheduler with the same functions before a state is loaded.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    TypeError
        Where ``lr_lambda`` is no function.
    ValueError
        Where a list has not one function for each group.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import LambdaLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch)).preview(4)
    [1.0, 0.5, 0.3333333333333333, 0.25]
    """

    def get_lr(self) -> Sequence[float]:
        """The initial rates, times the functions at this epoch."""
        return [
            base * function(self.last_epoch)
            for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]


@final
class MultiplicativeLR(_FunctionLR):
    r"""The rate times a function of the epoch, every epoch.

    .. math:: \eta_t = \eta_{t-1} \lambda(t)

    with the epoch :math:`t = 1, 2, ...`; at epoch 0 the rate stays as it is. In a
    :class:`SequentialLR`, it goes on from the rate at its milestone, times :math:`\lambda(0)`.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    lr_lambda : function or list of functions
        The factor :math:`\lambda` as a function of the epoch, for all groups or for each. States
        do not hold it: make the scheduler with the same functions before a state is loaded.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    TypeError
        Where ``lr_lambda`` is no function.
    ValueError
        Where a list has not one function for each group.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import MultiplicativeLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> MultiplicativeLR(optimizer, lambda epoch: 1 / epoch).preview(4)
    [1.0, 1.0, 0.5, 0.16666666666666666]
    """

    def get_lr(self) -> Sequence[float]:
        """The present rates, times the functions at this epoch."""
        return [
            rate * function(self.last_epoch)
            for rate, function in zip(self._rates(), self.lr_lambdas)
        ]

    def _first_lr(self) -> Sequence[float]:
        return self._rates()

    def _restart(self) -> None:
        self.last_epoch = 0
        self._set_lr(self.get_lr())
