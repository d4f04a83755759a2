"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

from . import rules
from .optimizer import Optimizer


@final
class ASGD(Optimizer):
    """Gradient descent with a falling rate, and the average of the weights from an update on.

    ``w = (1 - eta * lambd) * w - eta * g`` with ``eta = lr / (1 + lambd * lr * (t - 1))**alpha``.
    From update ``t0 + 2`` on, ``average = average + mu * (w - average)`` with
    ``mu = 1 / (t - 1 - t0)``; before, it is w. The average is the entry ``"ax"`` of
    :attr:`Optimizer.state`: put it in place of the weights when training is over.

    Parameters
    ----------
    params : iterable
        See :class:`Optimizer`.
    lr : float
        The learning rate; at least 0. A change of it counts from the update after the next on.
    lambd : float
        A decay of the weights, and how fast eta falls; at least 0.
    alpha : float
        The power with which eta falls; at least 0.
    t0 : float
        The updates before averaging begins; at least 0.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient; at least 0.
    maximize : bool
        Go up instead of down.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does.

    References
    ----------
    Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"; Xu 2011,
    "Towards Optimal One Pass Large Scale Learning with Averaged Stochastic Gradient Descent".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.ASGD([w], lr=0.25, lambd=0.0, t0=0)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).backward()
    ...     optimizer.step()
    >>> w.data, optimizer.state[w]["ax"].item()
    (0.125, 0.1875)
    """

    rule = rules.ASGD

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lambd": lambd,
                "alpha": alpha,
                "t0": t0,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )
