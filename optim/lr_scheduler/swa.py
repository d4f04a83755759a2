"""The scheduler for averages of weights: down, or up, to a rate that stays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, final

from ...engine.checks import FROM_ZERO, checked_choice, checked_count
from ..arguments import checked_optimizer
from ..optimizer import Optimizer
from .arguments import reals_per_group
from .base import LRScheduler


@final
class SWALR(LRScheduler):
    r"""The rate from what it is to ``swa_lr``, where it stays while weights are averaged.

    .. math:: \eta_t = (1 - a_t) \eta + a_t \eta_{swa}

    with the rate :math:`\eta` that it begins with, :math:`\eta_{swa}` for ``swa_lr``, and
    :math:`a_t` from 0 to 1 within ``anneal_epochs``: :math:`s = \min(t / T, 1)` for ``"linear"``
    and :math:`(1 - \cos(\pi s)) / 2` for ``"cos"``. Do not step it before the average begins: it
    leaves the rates to other schedulers until then. In a :class:`SequentialLR` it begins with the
    rate at its milestone.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set.
    swa_lr : float or list of float
        The rate to come to, for all groups or for each, 0 or more.
    anneal_epochs : int
        The number of epochs that it takes, 0 or more; 0 sets it at once.
    anneal_strategy : {"cos", "linear"}
        Along a cosine, or a line.
    last_epoch : int
        See :class:`LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range, or a list has not one item for each group.

    References
    ----------
    Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.swa_utils import SWALR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0)
    >>> SWALR(optimizer, 0.5, anneal_epochs=4, anneal_strategy="linear").preview(6)
    [1.0, 0.875, 0.75, 0.625, 0.5, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ) -> None:
        checked_optimizer(optimizer, "SWALR")
        self.swa_lrs = reals_per_group(swa_lr, "SWALR: swa_lr", optimizer, FROM_ZERO)
        self.anneal_epochs = checked_count(anneal_epochs, "SWALR: anneal_epochs")
        self.anneal_strategy = checked_choice(
            anneal_strategy, "SWALR: anneal_strategy", ("cos", "linear")
        )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Sequence[float]:
        """The present rates, one epoch nearer to ``swa_lr``."""
        left, left_before = self._left(self.last_epoch), self._left(self.last_epoch - 1)
        share = left / left_before if left_before else 0.0
        return [last + (rate - last) * share for rate, last in zip(self._rates(), self.swa_lrs)]

    def _first_lr(self) -> Sequence[float]:
        return self._rates() if self.anneal_epochs else self.get_lr()

    def _restart(self) -> None:
        self._rewind()

    def _left(self, epoch: int) -> float:
        """The share of the way that is still to go at an epoch."""
        begun = max(epoch, 0)
        if begun >= self.anneal_epochs:
            return 0.0
        share = begun / self.anneal_epochs
        if self.anneal_strategy == "cos":
            return (1 + math.cos(math.pi * share)) / 2
        return 1 - share
