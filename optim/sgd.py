"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

from . import rules
from .optimizer import Optimizer


@final
class SGD(Optimizer):
    """Gradient descent: ``w = w - lr * g``, or along a running sum of gradients.

    With momentum, ``b = momentum * b + (1 - dampening) * g`` and ``w = w - lr * b``; the first b
    is g itself. With Nesterov's momentum it is ``w = w - lr * (g + momentum * b)``. The learning
    rate does not enter b.

    Parameters
    ----------
    params : iterable
        See :class:`Optimizer`.
    lr : float
        The learning rate; at least 0.
    momentum : float
        How much of the step before is kept; at least 0, usually below 1.
    dampening : float
        How much of a gradient is left out of b.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient, which is L2 regularization with half of it as
        its strength; at least 0.
    nesterov : bool
        Look ahead by the momentum.
    maximize : bool
        Go up instead of down.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does, and for Nesterov's momentum without momentum or with
        dampening.

    References
    ----------
    Polyak 1964; Sutskever et al. 2013, "On the importance of initialization and momentum".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> (w * w).backward()
    >>> optim.SGD([w], lr=0.25).step()
    >>> w.data
    0.5
    """

    rule = rules.SGD

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                f"SGD: nesterov needs a momentum above 0 and no dampening, got {momentum} and "
                f"{dampening}: write momentum=0.9"
            )
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )
