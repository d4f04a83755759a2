"""Cross-entropies of one of two classes, and losses like them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.checks import number_within
from ...engine.formulas import where
from ...engine.operation import real_number
from ..backend import first_of, numbers_of, operands, recorder_in_force
from .arguments import TINY, check_fits, check_shape, check_signs, paired
from .reducing import reduced


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """``-(y * log(p) + (1 - y) * log(1 - p))``, with logarithms of at least -100.

    Where ``p * (1 - p)`` is below 1e-12, the slope is ``(p - y) / 1e-12``, as in PyTorch: it is
    finite at 0 and 1. ``binary_cross_entropy_with_logits`` is exact everywhere.

    Parameters
    ----------
    input : operand or numbers
        Probabilities p, in [0, 1].
    target : operand or numbers
        y, the class 0 or 1 or a probability, of the same shape.
    weight : operand or numbers, optional
        Factors of the losses, that broadcast to their shape. The mean divides by the number of
        losses.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes do not fit, if an input or a target is outside [0, 1], or for an unknown
        reduction.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.binary_cross_entropy(Array([0.5, 0.0]), [1.0, 1.0], reduction="none").tolist()
    [0.6931471805599453, 100.0]
    """
    what = "binary_cross_entropy"
    input, target, weight = operands(what, "weight", input=input, target=target, weight=weight)
    check_shape(target, input.shape, "target", what)
    _check_probabilities(target, what)
    chances = numbers_of(input)
    spreads = chances * (1 - chances)
    least = np.minimum.reduce(spreads, axis=None, initial=1)
    if not least >= 0:
        raise ValueError(
            f"{what}: input must lie in [0, 1], got {first_of(chances, ~(spreads >= 0))}: apply "
            "sigmoid, or use binary_cross_entropy_with_logits"
        )
    if recorder_in_force() is not None or least < TINY:
        losses = _saturated(input, target, chances, spreads < TINY)
    else:
        losses = (target - 1) * (-input).log1p() - target * input.log()
    return reduced(_weighted(losses, weight, what), reduction, what)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """``-(w * y * log(p) + (1 - y) * log(1 - p))`` for ``p = sigmoid(x)``, finite for any x.

    Parameters
    ----------
    input : operand or numbers
        Scores (logits) x.
    target : operand or numbers
        y, the class 0 or 1 or a probability, of the same shape.
    weight : operand or numbers, optional
        Factors of the losses, that broadcast to their shape. The mean divides by the number of
        losses.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.
    pos_weight : operand or numbers, optional
        w, what class 1 counts beside class 0; it broadcasts to the shape of the input.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes do not fit, if a target is outside [0, 1], or for an unknown reduction.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> x = Array([1000.0, -1000.0])
    >>> F.binary_cross_entropy_with_logits(x, [1.0, 1.0], reduction="none").tolist()
    [0.0, 1000.0]
    """
    what = "binary_cross_entropy_with_logits"
    return reduced(_from_logits(input, target, weight, pos_weight, what), reduction, what)


def focal_loss(
    input: Any, target: Any, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "mean"
) -> Any:
    """``-a * (1 - q)**gamma * log(q)``, with q the probability that is given to the true class.

    The binary form with logits: for class 1, ``q = sigmoid(x)`` and ``a = alpha``; for class 0,
    ``q = 1 - sigmoid(x)`` and ``a = 1 - alpha``. What is classified well counts little. It is
    finite for any x. Not in PyTorch: it is torchvision's ``sigmoid_focal_loss``, but for the mean
    that is taken if nothing else is asked for.

    Parameters
    ----------
    input : operand or numbers
        Scores (logits) x.
    target : operand or numbers
        The classes 0 and 1, of the same shape.
    alpha : float
        How much class 1 counts, in [0, 1]; -1 lets both classes count 1.
    gamma : float
        How little counts what is classified well; at least 0. At 0 it is the cross-entropy.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes differ, for a target other than 0 and 1, for alpha or gamma out of their range,
        or for an unknown reduction.

    References
    ----------
    Lin et al., "Focal Loss for Dense Object Detection", 2017.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> losses = F.focal_loss(Array([0.0, 4.0]), [1.0, 1.0], reduction="none")
    >>> [f"{loss:.7f}" for loss in losses.tolist()]
    ['0.0433217', '0.0000015']
    """
    what = "focal_loss"
    input, target = paired(what, input, target)
    alpha, gamma = checked_focus(alpha, gamma, what)
    check_truths(target, what)
    against = input * (1 - 2 * target)  # the score of the wrong class: q is sigmoid(-against)
    losses = against.softplus()
    if gamma:
        losses = (gamma * against.logsigmoid()).exp() * losses
    if alpha >= 0:
        losses = losses * ((2 * alpha - 1) * target + (1 - alpha))
    return reduced(losses, reduction, what)


def soft_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """``log(1 + exp(-y * x))``: the cross-entropy of classes -1 and 1, finite for any score x.

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

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.soft_margin_loss(Array([0.0, -1e4]), [1, 1], reduction="none").tolist()
    [0.6931471805599453, 10000.0]
    """
    input, target = paired("soft_margin_loss", input, target)
    check_signs(target, "soft_margin_loss")
    return reduced((-target * input).softplus(), reduction, "soft_margin_loss")


def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """The mean over C classes, each of which may apply, of their binary cross-entropies.

    Parameters
    ----------
    input : operand or numbers
        Scores (logits), of shape ``(..., C)``.
    target : operand or numbers
        0 or 1 for every class, of the same shape.
    weight : operand or numbers, optional
        Factors of the cross-entropies, such as one for each class, of shape ``(C,)``.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses, of shape ``(...)``.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes do not fit, or for an unknown reduction.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.multilabel_soft_margin_loss(Array([[1000.0, 500.0]]), [[1, 0]]).item()
    250.0
    """
    what = "multilabel_soft_margin_loss"
    losses = _from_logits(input, target, weight, None, what)
    if not losses.ndim:
        raise ValueError(
            f"{what}: input must have shape (..., C) for C classes, got (): give one score for "
            "each class"
        )
    return reduced(losses.mean(-1), reduction, what)


def _check_probabilities(target: Any, what: str) -> None:
    """Raise ``ValueError`` for a target that is no class and no probability."""
    numbers = numbers_of(target)
    least = np.minimum.reduce(numbers, axis=None, initial=0)
    greatest = np.maximum.reduce(numbers, axis=None, initial=1)
    if least < 0 or greatest > 1:
        raise ValueError(
            f"{what}: target must lie in [0, 1], got {least if least < 0 else greatest}: give the "
            "class 0 or 1, or a probability"
        )


def _from_logits(input: Any, target: Any, weight: Any, pos_weight: Any, what: str) -> Any:
    """The binary cross-entropies of logits, weighted."""
    input, target, weight, pos_weight = operands(
        what,
        "weight",
        "pos_weight",
        input=input,
        target=target,
        weight=weight,
        pos_weight=pos_weight,
    )
    check_shape(target, input.shape, "target", what)
    _check_probabilities(target, what)
    if pos_weight is None:
        return _weighted(input.softplus() - target * input, weight, what)
    check_fits(pos_weight, input.shape, "pos_weight", what)
    counts = (pos_weight - 1) * target + 1
    return _weighted((1 - target) * input - counts * input.logsigmoid(), weight, what)


def _weighted(losses: Any, weight: Any, what: str) -> Any:
    if weight is None:
        return losses
    check_fits(weight, losses.shape, "weight", what)
    return losses * weight


def _saturated(input: Any, target: Any, chances: NDArray[Any], is_tiny: NDArray[np.bool_]) -> Any:
    """The binary cross-entropy where some probabilities are too near to 0 or 1.

    There it is its own value, and a straight line of PyTorch's slope.
    """
    inner = where(is_tiny, 0.5, input)
    curve = (target - 1) * (-inner).log1p() - target * inner.log()
    with np.errstate(divide="ignore"):
        logs, others = np.log(chances), np.log1p(-chances)
    value = (target - 1) * np.maximum(others, -100) - target * np.maximum(logs, -100)
    slope = (chances - numbers_of(target)) / TINY
    return where(is_tiny, value + slope * (input - chances), curve)


def check_truths(target: Any, what: str) -> None:
    """Raise ``ValueError`` for a target with other elements than 0 and 1."""
    numbers = numbers_of(target)
    is_class = (numbers == 0) | (numbers == 1)
    if not np.logical_and.reduce(is_class, axis=None):
        raise ValueError(
            f"{what}: target must hold 0 and 1 only, got {first_of(numbers, ~is_class)}: write "
            "classes -1 and 1 as (target + 1) / 2"
        )


def checked_focus(alpha: Any, gamma: Any, what: str) -> tuple[float, float]:
    """The two numbers of a focal loss; ``ValueError`` for one out of its range."""
    share = real_number(alpha, f"{what}: alpha")
    if not (0 <= share <= 1 or share == -1):
        raise ValueError(
            f"{what}: alpha must lie in [0, 1], or be -1, got {alpha}: -1 weighs both classes alike"
        )
    return share, number_within(gamma, f"{what}: gamma", "2 is usual", at_least=0)
