"""Losses of scores for one of two classes."""

from __future__ import annotations

from typing import Any, final

from ..functional import binary as functional
from .base import Loss


@final
class BCELoss(Loss):
    """``-(y * log(p) + (1 - y) * log(1 - p))`` for probabilities p, with logarithms >= -100.

    See :func:`~twingrad.nn.functional.binary_cross_entropy`.

    Parameters
    ----------
    weight : operand or numbers, optional
        Factors of the losses, that broadcast to their shape. It is a buffer, of the selected twin
        where numbers are given.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.BCELoss()(Array([0.0]), [1.0]).item()
    100.0
    """

    weight: Any

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._keep_constant("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of probabilities and targets from 0 to 1 of one shape."""
        return functional.binary_cross_entropy(input, target, self.weight, self.reduction)


@final
class BCEWithLogitsLoss(Loss):
    """``-(w * y * log(p) + (1 - y) * log(1 - p))`` for ``p = sigmoid(x)``, finite for any x.

    See :func:`~twingrad.nn.functional.binary_cross_entropy_with_logits`.

    Parameters
    ----------
    weight : operand or numbers, optional
        Factors of the losses, that broadcast to their shape. It is a buffer, of the selected twin
        where numbers are given.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.
    pos_weight : operand or numbers, optional
        w, what class 1 counts beside class 0: a buffer too.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.BCEWithLogitsLoss()(Array([-1000.0]), [1.0]).item()
    1000.0
    """

    weight: Any
    pos_weight: Any

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self._keep_constant("weight", weight)
        self._keep_constant("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of logits and targets from 0 to 1 of one shape."""
        return functional.binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, self.pos_weight
        )


@final
class FocalLoss(Loss):
    """``-a * (1 - q)**gamma * log(q)``, with q the probability that is given to the true class.

    The binary form with logits. Not in PyTorch; see :func:`~twingrad.nn.functional.focal_loss`.

    Parameters
    ----------
    alpha : float
        How much class 1 counts, in [0, 1], beside ``1 - alpha`` for class 0; -1 lets both count 1.
    gamma : float
        How little counts what is classified well; at least 0. At 0 it is the cross-entropy.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Raises
    ------
    ValueError
        For alpha or gamma out of their range.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> print(f"{nn.FocalLoss()(Array([0.0]), [1.0]):.4f}")
    0.0433
    """

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.alpha, self.gamma = functional.checked_focus(alpha, gamma, "FocalLoss")

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of logits and classes 0 and 1 of one shape."""
        return functional.focal_loss(input, target, self.alpha, self.gamma, self.reduction)


@final
class SoftMarginLoss(Loss):
    """``log(1 + exp(-y * x))``: the cross-entropy of classes -1 and 1.

    See :func:`~twingrad.nn.functional.soft_margin_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.SoftMarginLoss()(Array([-1000.0]), [1]).item()
    1000.0
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores and classes -1 and 1 of one shape."""
        return functional.soft_margin_loss(input, target, self.reduction)


@final
class MultiLabelSoftMarginLoss(Loss):
    """The mean over C classes, each of which may apply, of their binary cross-entropies.

    See :func:`~twingrad.nn.functional.multilabel_soft_margin_loss`.

    Parameters
    ----------
    weight : operand or numbers, optional
        Factors of the cross-entropies, such as one for each class. It is a buffer, of the selected
        twin where numbers are given.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.MultiLabelSoftMarginLoss()(Array([[1000.0, 500.0]]), [[1, 0]]).item()
    250.0
    """

    weight: Any

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self._keep_constant("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of logits and targets from 0 to 1, of shape ``(..., C)``."""
        return functional.multilabel_soft_margin_loss(input, target, self.weight, self.reduction)
