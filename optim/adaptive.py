"""Rates that adapt to the gradients of each element: Adagrad, Adadelta, RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

from . import rules
from .optimizer import Optimizer


@final
class Adagrad(Optimizer):
    """Steps that shrink with all gradients so far: rare features keep large ones.

    ``total = total + g**2``, ``w = w - lr_t * g / (sqrt(total) + eps)`` with
    ``lr_t = lr / (1 + (t - 1) * lr_decay)``.

    Parameters
    ----------
    params : iterable
        See :class:`Optimizer`.
    lr : float
        The learning rate, the size of the first step; at least 0.
    lr_decay : float
        How fast the learning rate itself falls; at least 0.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient; at least 0.
    initial_accumulator_value : float
        The total before the first update; at least 0.
    eps : float
        Added outside of the root; at least 0.
    maximize : bool
        Go up instead of down.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does.

    References
    ----------
    Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.Adagrad([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.9
    """

    rule = rules.ADAGRAD

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "eps": eps,
                "maximize": maximize,
            },
        )


@final
class Adadelta(Optimizer):
    """Steps in the units of the parameter: as large as the recent steps were, relative to g.

    ``v = rho*v + (1 - rho)*g**2``, ``d = sqrt(u + eps) / sqrt(v + eps) * g``,
    ``u = rho*u + (1 - rho)*d**2``, ``w = w - lr * d``.

    Parameters
    ----------
    params : iterable
        See :class:`Optimizer`.
    lr : float
        A factor for the steps, which is 1 in the paper; at least 0.
    rho : float
        The weight of the running means of the squares, v of g and u of d; from 0 to 1.
    eps : float
        Added inside of the roots; it decides how large the first steps are. At least 0.
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
    Zeiler 2012, "ADADELTA: An Adaptive Learning Rate Method".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.Adadelta([w])
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.996838
    """

    rule = rules.ADADELTA

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "rho": rho,
                "eps": eps,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )


@final
class RMSprop(Optimizer):
    """The gradient divided by the root of its running mean square.

    ``v = alpha*v + (1 - alpha)*g**2``, ``w = w - lr * g / (sqrt(v) + eps)``. With momentum,
    ``b = momentum*b + g / (sqrt(v) + eps)`` and ``w = w - lr * b``. If it is centered, the root
    is that of the variance, ``v - mean**2`` with ``mean = alpha*mean + (1 - alpha)*g``.

    Parameters
    ----------
    params : iterable
        See :class:`Optimizer`.
    lr : float
        The learning rate; at least 0. The first step is ``1 / sqrt(1 - alpha)`` times as large,
        because v begins at 0 and is not corrected for it.
    alpha : float
        The weight of the running means; at least 0, usually below 1.
    eps : float
        Added outside of the root; at least 0.
    weight_decay : float
        Adds ``weight_decay * w`` to the gradient; at least 0.
    momentum : float
        How much of the step before is kept; at least 0.
    centered : bool
        Divide by the standard deviation of the gradient.
    maximize : bool
        Go up instead of down.

    Raises
    ------
    TypeError, ValueError
        As :class:`Optimizer` does.

    References
    ----------
    Hinton, Srivastava and Swersky 2012, "Neural Networks for Machine Learning", lecture 6e;
    Graves 2013, "Generating Sequences With Recurrent Neural Networks", for the centered form.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import optim
    >>> w = twingrad.Value(1.0)
    >>> optimizer = optim.RMSprop([w], lr=0.01)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.9
    """

    rule = rules.RMSPROP

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
                "maximize": maximize,
            },
        )
