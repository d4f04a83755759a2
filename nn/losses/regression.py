"""Losses of numbers that should be equal."""

from __future__ import annotations

from typing import Any, final

from ..functional import regression as functional
from ..functional.arguments import above_zero
from .base import Loss


@final
class MSELoss(Loss):
    """The squared error ``(x - y)**2``; see :func:`~twingrad.nn.functional.mse_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What becomes of the errors of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.MSELoss()(Array([1.0, 2.0]), [0.0, 4.0]).item()
    2.5
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of predictions and targets of one shape."""
        return functional.mse_loss(input, target, self.reduction)


@final
class L1Loss(Loss):
    """The absolute error ``|x - y|``; see :func:`~twingrad.nn.functional.l1_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What becomes of the errors of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.L1Loss(reduction="sum")(Array([1.0, 2.0]), [0.0, 4.0]).item()
    3.0
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of predictions and targets of one shape."""
        return functional.l1_loss(input, target, self.reduction)


@final
class HuberLoss(Loss):
    """``d**2 / 2`` for an error ``d = x - y`` within delta, ``delta * (|d| - delta / 2)`` beyond.

    It is ``delta`` times :class:`SmoothL1Loss` with ``beta=delta``; see
    :func:`~twingrad.nn.functional.huber_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.
    delta : float
        Where the parabola goes over into straight lines; above 0.

    Raises
    ------
    ValueError
        If delta is not above 0.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.HuberLoss(delta=2.0)(Array([3.0]), [0.0]).item()
    4.0
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = above_zero(delta, "delta", "HuberLoss")

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of predictions and targets of one shape."""
        return functional.huber_loss(input, target, self.reduction, self.delta)


@final
class SmoothL1Loss(Loss):
    """``d**2 / (2 * beta)`` for an error ``d = x - y`` within beta, ``|d| - beta / 2`` beyond.

    See :func:`~twingrad.nn.functional.smooth_l1_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.
    beta : float
        Where the parabola goes over into straight lines; at 0 it is the absolute error.

    Raises
    ------
    ValueError
        If beta is negative.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.SmoothL1Loss(beta=2.0)(Array([3.0]), [0.0]).item()
    2.0
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta if beta == 0 else above_zero(beta, "beta", "SmoothL1Loss")

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of predictions and targets of one shape."""
        return functional.smooth_l1_loss(input, target, self.reduction, self.beta)


@final
class LogCoshLoss(Loss):
    """``log(cosh(x - y))``: smooth everywhere; see :func:`~twingrad.nn.functional.log_cosh_loss`.

    Not in PyTorch.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> print(f"{nn.LogCoshLoss()(Array([1.0]), [0.0]):.4f}")
    0.4338
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of predictions and targets of one shape."""
        return functional.log_cosh_loss(input, target, self.reduction)


@final
class QuantileLoss(Loss):
    """``max(q * d, (q - 1) * d)`` for ``d = y - x``: least on average at the q-th quantile of y.

    Not in PyTorch; see :func:`~twingrad.nn.functional.quantile_loss`.

    Parameters
    ----------
    q : float
        The quantile, in (0, 1): 0.5 is the median.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Raises
    ------
    ValueError
        If q is outside (0, 1).

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.QuantileLoss(0.75)(Array([1.0]), [3.0]).item()
    1.5
    """

    def __init__(self, q: float, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.q = functional.checked_quantile(q, "QuantileLoss")

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of predictions and targets of one shape."""
        return functional.quantile_loss(input, target, self.q, self.reduction)
