"""Losses of numbers that should be equal: squared, absolute and between the two."""

from __future__ import annotations

from math import log
from typing import Any

from ...engine.checks import number_within
from ...engine.formulas import logaddexp, maximum
from ...engine.operation import real_number
from ..backend import operands
from .arguments import above_zero, check_shape, paired
from .reducing import reduced, reduced_by_weight


def mse_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """The squared error ``(x - y)**2``.

    Parameters
    ----------
    input, target : operand or numbers
        x and y, of one shape.
    reduction : {"mean", "sum", "none"}
        What becomes of the errors of the elements.
    weight : operand or numbers, optional
        Factors of the errors, of the same shape; the mean divides by their sum.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, or for an unknown reduction.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.mse_loss(Array([1.0, 2.0]), [0.0, 4.0]).item()
    2.5
    """
    input, target = paired("mse_loss", input, target)
    return _weighted((input - target).square(), weight, reduction, "mse_loss")


def l1_loss(input: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """The absolute error ``|x - y|``, with slope 0 where x equals y.

    Parameters
    ----------
    input, target : operand or numbers
        x and y, of one shape.
    reduction : {"mean", "sum", "none"}
        What becomes of the errors of the elements.
    weight : operand or numbers, optional
        Factors of the errors, of the same shape; the mean divides by their sum.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, or for an unknown reduction.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.l1_loss(Array([1.0, 2.0]), [0.0, 4.0]).item()
    1.5
    """
    input, target = paired("l1_loss", input, target)
    return _weighted((input - target).abs(), weight, reduction, "l1_loss")


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Any:
    """``d**2 / 2`` for an error ``d = x - y`` within delta, ``delta * (|d| - delta / 2)`` beyond.

    Parameters
    ----------
    input, target : operand or numbers
        x and y, of one shape.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.
    delta : float
        Where the parabola goes over into straight lines; above 0.
    weight : operand or numbers, optional
        Factors of the losses, of the same shape. The mean divides by their number, as in PyTorch.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, if delta is not above 0, or for an unknown reduction.

    References
    ----------
    Huber, "Robust Estimation of a Location Parameter", 1964.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.huber_loss(Array([0.5, 3.0]), [0.0, 0.0], reduction="none").tolist()
    [0.125, 2.5]
    """
    what = "huber_loss"
    input, target = paired(what, input, target)
    losses = (input - target).huber(above_zero(delta, "delta", what))
    if weight is not None:
        losses = losses * _checked_weight(weight, losses, what)
    return reduced(losses, reduction, what)


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """``d**2 / (2 * beta)`` for an error ``d = x - y`` within beta, ``|d| - beta / 2`` beyond.

    Parameters
    ----------
    input, target : operand or numbers
        x and y, of one shape.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.
    beta : float
        Where the parabola goes over into straight lines; at 0 it is the absolute error.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, if beta is negative, or for an unknown reduction.

    References
    ----------
    Girshick, "Fast R-CNN", 2015.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.smooth_l1_loss(Array([0.5, 3.0]), [0.0, 0.0], reduction="none").tolist()
    [0.125, 2.5]
    """
    what = "smooth_l1_loss"
    if real_number(beta, f"{what}: beta") == 0:
        return l1_loss(input, target, reduction)
    input, target = paired(what, input, target)
    beta = above_zero(beta, "beta", what)
    losses = (input - target).huber(beta)
    return reduced(losses if beta == 1 else losses / beta, reduction, what)


def log_cosh_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """``log(cosh(x - y))``: about ``d**2 / 2`` for small errors d, ``|d| - log(2)`` for large ones.

    It has derivatives of all orders, and is finite for errors of any size. Not in PyTorch.

    Parameters
    ----------
    input, target : operand or numbers
        x and y, of one shape.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, or for an unknown reduction.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> print(f"{F.log_cosh_loss(Array([1e4]), [0.0]):.4f}")
    9999.3069
    """
    input, target = paired("log_cosh_loss", input, target)
    errors = input - target
    return reduced(logaddexp(errors, -errors) - log(2), reduction, "log_cosh_loss")


def quantile_loss(input: Any, target: Any, q: float, reduction: str = "mean") -> Any:
    """``max(q * d, (q - 1) * d)`` for ``d = y - x``: least on average at the q-th quantile of y.

    A prediction that is too small costs q times the error, one that is too large ``1 - q`` times.
    Where x equals y, the slope is the mean of both sides. Not in PyTorch.

    Parameters
    ----------
    input, target : operand or numbers
        x and y, of one shape.
    q : float
        The quantile, in (0, 1): 0.5 is the median.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, if q is outside (0, 1), or for an unknown reduction.

    References
    ----------
    Koenker and Bassett, "Regression Quantiles", 1978.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.quantile_loss(Array([1.0, 5.0]), [3.0, 3.0], q=0.75, reduction="none").tolist()
    [1.5, 0.5]
    """
    input, target = paired("quantile_loss", input, target)
    q = checked_quantile(q, "quantile_loss")
    errors = target - input
    return reduced(maximum(q * errors, (q - 1) * errors), reduction, "quantile_loss")


def checked_quantile(q: Any, what: str) -> float:
    """A number in (0, 1); ``ValueError`` for another one."""
    return number_within(q, f"{what}: q", "0.5 is the median", above=0, below=1)


def _weighted(losses: Any, weight: Any, reduction: str, what: str) -> Any:
    if weight is None:
        return reduced(losses, reduction, what)
    weight = _checked_weight(weight, losses, what)
    return reduced_by_weight(losses * weight, weight, reduction, what)


def _checked_weight(weight: Any, losses: Any, what: str) -> Any:
    _, weight = operands(what, input=losses, weight=weight)
    check_shape(weight, losses.shape, "weight", what)
    return weight
