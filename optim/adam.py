"""Adam and its relatives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, final

from . import rules
from .optimizer import Optimizer

BETAS: Mapping[str, tuple[str, int]] = {"beta1": ("betas", 0), "beta2": ("betas", 1)}
"""Where the weights of the running averages stand in a group."""

DECOUPLED: Mapping[str, str] = {"decoupled": "decoupled_weight_decay"}


@final
class Adam(Optimizer):
    """Adam: steps of the size of the learning rate, by the running means of g and of its square.

    ``m = beta1*m + (1 - beta1)*g``, ``v = beta2*v + (1 - beta2)*g**2``,
    ``w = w - lr * m_hat / (sqrt(v_hat) + eps)`` with the bias-corrected
    ``m_hat = m / (1 - beta1**t)`` and ``v_hat = v / (1 - beta2**t)``.

    Parameters
    ----------
    params : iterable
        See :class:`Optimizer`.
    lr : float
        The learning rate, about the size of a step; at least 0.
    betas : (float, float)
        The weights of the running means, in [0, 1).
    eps : float
        Added outside of the root, after the bias correction; at least 0.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient, or, if it is decoupled, takes
        ``lr * weight_decay * w`` from the parameter; at least 0.
    amsgrad : bool
        Divide by the greatest v so far (Reddi et al. 2018).
    maximize : bool
        Go up instead of down.
    decoupled_weight_decay : bool
        Decay as in :class:`AdamW`.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does.

    References
    ----------
    Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.Adam([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.9
    """

    rule = rules.ADAM
    unpacked = BETAS
    renamed = DECOUPLED

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )


@final
class AdamW(Optimizer):
    """Adam with decoupled weight decay: ``w = w - lr * weight_decay * w`` before each step.

    The decay is not divided by ``sqrt(v_hat)`` as it is in :class:`Adam`, so that all weights
    shrink alike.

    Parameters
    ----------
    params, lr, betas, eps, amsgrad, maximize
        See :class:`Adam`.
    weight_decay : float
        At least 0.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does.

    References
    ----------
    Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization".
    """

    rule = rules.ADAM
    unpacked = BETAS
    renamed = DECOUPLED

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": True,
            },
        )
