"""Lion: steps by the sign of a momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

from . import rules
from .adam import BETAS
from .optimizer import Optimizer


@final
class Lion(Optimizer):
    """Steps of the same size for every element, by the sign of a running mean of gradients.

    ``d = sign(beta1*m + (1 - beta1)*g)``, ``w = w - lr * (d + weight_decay * w)``,
    ``m = beta2*m + (1 - beta2)*g``. It remembers half as much as Adam.

    Parameters
    ----------
    params : iterable
        See :class:`Optimizer`.
    lr : float
        The learning rate, exactly the size of a step; at least 0, and usually a third to a tenth
        of Adam's.
    betas : (float, float)
        How much of m counts in a step, and how much of it is kept; in [0, 1).
    weight_decay : float
        Decoupled, as in :class:`AdamW`; at least 0, and usually three to ten times AdamW's.
    maximize : bool
        Go up instead of down.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does.

    References
    ----------
    Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.Lion([w], lr=0.01)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.data
    0.99
    """

    rule = rules.LION
    unpacked = BETAS

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize},
        )
