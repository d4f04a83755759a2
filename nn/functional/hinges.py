"""Losses of scores on the wrong side of a boundary, or too near to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.formulas import where
from .arguments import check_signs, paired
from .classes import classes, scores_and_weight
from .reducing import reduced


def hinge_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """``max(0, margin - y * x)``, the loss of support vector machines; slope 0 at the margin.

    Not in PyTorch, whose ``hinge_embedding_loss`` is something else.

    Parameters
    ----------
    input : operand or numbers
        Scores x.
    target : operand or numbers
        The classes y, -1 or 1, of the same shape.
    margin : float
        How far on the right side a score is to be.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, for a target other than -1 and 1, or for an unknown reduction.

    References
    ----------
    Cortes and Vapnik, "Support-Vector Networks", 1995.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.hinge_loss(Array([2.0, 0.5, -1.0]), [1, 1, 1], reduction="none").tolist()
    [0.0, 0.5, 2.0]
    """
    return reduced(_missing(input, target, margin, "hinge_loss"), reduction, "hinge_loss")


def squared_hinge_loss(
    input: Any, target: Any, margin: float = 1.0, reduction: str = "mean"
) -> Any:
    """``max(0, margin - y * x)**2``: the hinge loss without its kink. Not in PyTorch.

    Parameters
    ----------
    input : operand or numbers
        Scores x.
    target : operand or numbers
        The classes y, -1 or 1, of the same shape.
    margin : float
        How far on the right side a score is to be.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, for a target other than -1 and 1, or for an unknown reduction.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.squared_hinge_loss(Array([2.0, 0.5, -1.0]), [1, 1, 1], reduction="none").tolist()
    [0.0, 0.25, 4.0]
    """
    what = "squared_hinge_loss"
    return reduced(_missing(input, target, margin, what).square(), reduction, what)


def perceptron_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """``max(0, -y * x)``: the perceptron criterion, whose descent is Rosenblatt's rule.

    The slope by x is -y where ``y * x <= 0``, and 0 elsewhere. At 0 it is that of a mistake, so
    that a perceptron whose weights are all 0 learns. For ``x = w . s + b`` a step with learning
    rate 1 on one sample s is then ``w + y * s``, ``b + y`` if it is a mistake, and nothing else.
    Not in PyTorch.

    Parameters
    ----------
    input : operand or numbers
        Scores x.
    target : operand or numbers
        The classes y, -1 or 1, of the same shape.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, for a target other than -1 and 1, or for an unknown reduction.

    References
    ----------
    Rosenblatt, "The Perceptron", 1958.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> w, sample = Array([0.0, 0.0]), [2.0, -1.0]
    >>> F.perceptron_loss(w @ sample, 1.0).backward()
    >>> (w.data - w.grad).tolist()
    [2.0, -1.0]
    """
    what = "perceptron_loss"
    input, target = paired(what, input, target)
    check_signs(target, what)
    return reduced((-target * input).clamp(0.0), reduction, what)


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    reduction: str = "mean",
) -> Any:
    """``sum over c != y of w[y] * max(0, margin - x[y] + x[c])**p / C``: the hinge for C classes.

    Parameters
    ----------
    input : operand or numbers
        Scores x, of shape ``(N, C)`` or ``(C)``.
    target : whole numbers
        The classes y, from 0 to C - 1, of shape ``(N)`` or ``()``.
    p : int
        1 or 2.
    margin : float
        By how much the score of the class is to be the greatest.
    weight : operand or numbers, optional
        w, one weight for each class, of shape ``(C,)``; all 1, if not given. The mean divides by
        the number of targets.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the targets.

    Raises
    ------
    IndexError
        For a class that is not from 0 to C - 1.
    TypeError
        For classes that are not whole numbers, or operands that are not of one twin.
    ValueError
        For shapes that do not fit, for another p, or for an unknown reduction.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.multi_margin_loss(Array([0.5, 2.0, 1.5]), 1).item()
    0.16666666666666666
    """
    what = "multi_margin_loss"
    input, weight, twin = scores_and_weight(what, input, target, weight)
    check_power(p, what)
    if input.ndim > 2:
        raise ValueError(
            f"{what}: input must have shape (N, C) or (C), got {input.shape}: flatten the others"
        )
    found = classes(what, target, input, twin)
    excess = (input - (input.gather(found.dim, found.picks) - margin)).relu()
    if p == 2:
        excess = excess.square()
    if weight is not None:
        excess = excess * weight[found.positions[..., None]]
    is_other = found.positions[..., None] != np.arange(input.shape[-1])
    losses = where(is_other, excess, 0.0).sum(-1) / input.shape[-1]
    return reduced(losses, reduction, what)


def check_power(p: Any, what: str) -> None:
    """Raise ``ValueError`` for a power of :func:`multi_margin_loss` other than 1 and 2."""
    if p not in (1, 2):
        raise ValueError(f"{what}: p must be 1 or 2, got {p!r}: choose one")


def _missing(input: Any, target: Any, margin: float, what: str) -> Any:
    """What scores lack of the margin: ``max(0, margin - y * x)``."""
    input, target = paired(what, input, target)
    check_signs(target, what)
    return (margin - target * input).relu()
