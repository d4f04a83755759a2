"""Losses that are distances from, or likelihoods under, a distribution."""

from __future__ import annotations

from math import log, pi
from typing import Any

from ...engine.formulas import where
from ..backend import first_of, may_hold, numbers_of, operands
from .arguments import check_shape, lifted, paired
from .reducing import REDUCTIONS, check_reduction, reduced

KL_REDUCTIONS = (*REDUCTIONS, "batchmean")
"""What :func:`kl_div` can be reduced by."""


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """``p * (log p - x)``: the divergence of probabilities p from those whose logarithms are x.

    Where p is 0, the loss is 0.

    Parameters
    ----------
    input : operand or numbers
        x, the logarithms of the predicted probabilities.
    target : operand or numbers
        p, of the same shape; log p, if ``log_target``.
    reduction : {"mean", "batchmean", "sum", "none"}
        ``"batchmean"`` divides the sum by the first length, which is the divergence of Kullback
        and Leibler; ``"mean"`` divides by the number of elements.
    log_target : bool
        Whether the target holds logarithms.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, or for an unknown reduction.

    References
    ----------
    Kullback and Leibler, "On Information and Sufficiency", 1951.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> x = Array([[0.5, 0.5]]).log()
    >>> print(f"{F.kl_div(x, [[1.0, 0.0]], reduction='batchmean'):.4f}")
    0.6931
    """
    what = "kl_div"
    input, target = paired(what, input, target)
    check_reduction(reduction, what, KL_REDUCTIONS)
    if log_target:
        losses = target.exp() * (target - input)
    else:
        is_zero = numbers_of(target) == 0
        logs = where(is_zero, 1.0, target).log() if may_hold(is_zero) else target.log()
        losses = target * (logs - input)
    if reduction == "batchmean":
        return losses.sum() / (input.shape[0] if input.ndim else 1)
    return reduced(losses, reduction, what)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    """``exp(x) - y * x``: how unlikely a count y is where ``exp(x)`` are expected.

    Parameters
    ----------
    input : operand or numbers
        x, the logarithm of the expected count; the expected count itself, if not ``log_input``:
        the loss is then ``x - y * log(x + eps)``.
    target : operand or numbers
        The counts y, of the same shape.
    log_input : bool
        Whether the input holds logarithms.
    full : bool
        Whether to add log(y!) for y > 1, by Stirling: ``y log y - y + log(2 pi y) / 2``.
    eps : float
        A small number that keeps the logarithm finite where ``x`` is 0.
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
    >>> F.poisson_nll_loss(Array([0.0]), [3.0]).item()
    1.0
    """
    what = "poisson_nll_loss"
    input, target = paired(what, input, target)
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    return reduced(losses + _stirling(target) if full else losses, reduction, what)


def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """``(log(v) + (x - y)**2 / v) / 2``: how unlikely y is under a normal distribution N(x, v).

    Parameters
    ----------
    input, target : operand or numbers
        The expected x and the observed y, of one shape ``(..., D)``.
    var : operand or numbers
        The variances v, at least 0: one number, or of the shape ``(..., D)``, ``(..., 1)`` or
        ``(...)``. A length of 1 may stand in the place of any one dimension.
    full : bool
        Whether to add ``log(2 pi) / 2``.
    eps : float
        What smaller variances are raised to. Their gradient is passed on nevertheless.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes do not fit, if a variance is negative, or for an unknown reduction.

    References
    ----------
    Nix and Weigend, "Estimating the Mean and Variance of the Target Probability Distribution",
    1994.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.gaussian_nll_loss(Array([3.0]), [1.0], [1.0]).item()
    2.0
    """
    what = "gaussian_nll_loss"
    input, target, var = operands(what, input=input, target=target, var=var)
    check_shape(target, input.shape, "target", what)
    var = lifted(_checked_variance(var, input), eps)
    losses = 0.5 * (var.log() + (input - target).square() / var)
    return reduced(losses + 0.5 * log(2 * pi) if full else losses, reduction, what)


def _stirling(counts: Any) -> Any:
    """An approximation of log(y!) for y > 1, and 0 elsewhere."""
    is_large = numbers_of(counts) > 1
    large = where(is_large, counts, 2.0)
    factorials = (large + 0.5) * large.log() - large + 0.5 * log(2 * pi)
    return where(is_large, factorials, 0.0)


def _checked_variance(var: Any, input: Any) -> Any:
    """Variances that broadcast to the shape of the input."""
    numbers = numbers_of(var)
    is_negative = numbers < 0
    if is_negative.any():
        raise ValueError(
            f"gaussian_nll_loss: var must not be negative, got {first_of(numbers, is_negative)}: "
            "make it positive, for example with softplus"
        )
    shape, whole = var.shape, input.shape
    if shape in (whole, ()):
        return var
    if shape == whole[:-1]:
        return var.unsqueeze(-1)
    shorter = [short for short, length in zip(shape, whole) if short != length]
    if len(shape) != len(whole) or shorter != [1]:
        raise ValueError(
            f"gaussian_nll_loss: var must have the shape of the input, {whole}, the same but for "
            f"one length of 1, or without the last length, got {shape}: reshape it"
        )
    return var
