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

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.85
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


@final
class NAdam(Optimizer):
    """Adam with Nesterov's momentum: a step looks ahead to the next running mean.

    ``m_hat = mu_next * m / (1 - mu_product * mu_next) + (1 - mu) * g / (1 - mu_product)`` takes
    the place of Adam's, where ``mu = beta1 * (1 - 0.96**(momentum_decay * t) / 2)`` grows from
    about ``beta1 / 2`` towards beta1, ``mu_next`` is that of the next update, and ``mu_product``
    is the product of all so far.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay, maximize
        See :class:`Adam`.
    momentum_decay : float
        How fast mu grows; at least 0.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does.

    References
    ----------
    Dozat 2016, "Incorporating Nesterov Momentum into Adam".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.NAdam([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.894355
    """

    rule = rules.NADAM
    unpacked = BETAS
    renamed = DECOUPLED

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
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
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )


@final
class RAdam(Optimizer):
    """Adam without its restless first steps: v is used once it has seen enough gradients.

    ``rho = rho_max - 2*t*beta2**t / (1 - beta2**t)``, with ``rho_max = 2 / (1 - beta2) - 1``,
    tells from how many gradients v has been estimated. Up to 5 of them, the step is
    ``w = w - lr * m_hat``; beyond, it is
    ``w = w - lr * sqrt(r) * m_hat * sqrt(1 - beta2**t) / (sqrt(v) + eps)`` with
    ``r = (rho - 4)*(rho - 2)*rho_max / ((rho_max - 4)*(rho_max - 2)*rho)``, which grows to 1.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay, maximize
        See :class:`Adam`; here eps is added before the bias correction of v.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does.

    References
    ----------
    Liu et al. 2020, "On the Variance of the Adaptive Learning Rate and Beyond".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.RAdam([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.8
    """

    rule = rules.RADAM
    unpacked = BETAS
    renamed = DECOUPLED

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
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
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )


@final
class Adamax(Optimizer):
    """Adam with the greatest gradient of late in place of the root of the mean square.

    ``m = beta1*m + (1 - beta1)*g``, ``u = max(beta2 * u, abs(g) + eps)``,
    ``w = w - lr / (1 - beta1**t) * m / u``.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, maximize
        See :class:`Adam`; the decay is added to the gradient, and beta2 is by how much the
        greatest gradient shrinks at each update.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does.

    References
    ----------
    Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization", section 7.1.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.Adamax([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.9
    """

    rule = rules.ADAMAX
    unpacked = BETAS

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
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
                "maximize": maximize,
            },
        )
