"""Losses of scores on the wrong side of a boundary, or too near to it."""

from __future__ import annotations

from typing import Any, final

from ...engine.operation import real_number
from ..functional import hinges as functional
from .base import Loss


@final
class HingeLoss(Loss):
    """``max(0, margin - y * x)``, the loss of support vector machines. Not in PyTorch.

    See :func:`~twingrad.nn.functional.hinge_loss`.

    Parameters
    ----------
    margin : float
        How far on the right side a score is to be.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.HingeLoss()(Array([0.5]), [1]).item()
    0.5
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = real_number(margin, "HingeLoss: margin")

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores and classes -1 and 1 of one shape."""
        return functional.hinge_loss(input, target, self.margin, self.reduction)


@final
class SquaredHingeLoss(Loss):
    """``max(0, margin - y * x)**2``: the hinge loss without its kink. Not in PyTorch.

    See :func:`~twingrad.nn.functional.squared_hinge_loss`.

    Parameters
    ----------
    margin : float
        How far on the right side a score is to be.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.SquaredHingeLoss()(Array([0.5]), [1]).item()
    0.25
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = real_number(margin, "SquaredHingeLoss: margin")

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores and classes -1 and 1 of one shape."""
        return functional.squared_hinge_loss(input, target, self.margin, self.reduction)


@final
class PerceptronLoss(Loss):
    """``max(0, -y * x)``: the perceptron criterion, whose descent is Rosenblatt's rule.

    The slope at 0 is that of a mistake. Not in PyTorch; see
    :func:`~twingrad.nn.functional.perceptron_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.PerceptronLoss()(Array([-0.5]), [1]).item()
    0.5
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores and classes -1 and 1 of one shape."""
        return functional.perceptron_loss(input, target, self.reduction)


@final
class MultiMarginLoss(Loss):
    """``sum over c != y of w[y] * max(0, margin - x[y] + x[c])**p / C``: the hinge for C classes.

    See :func:`~twingrad.nn.functional.multi_margin_loss`.

    Parameters
    ----------
    p : int
        1 or 2.
    margin : float
        By how much the score of the class is to be the greatest.
    weight : operand or numbers, optional
        One weight for each class, of shape ``(C,)``. It is a buffer, of the selected twin where
        numbers are given.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Raises
    ------
    ValueError
        For another p.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.MultiMarginLoss()(Array([[0.5, 2.0]]), [1]).item()
    0.0
    """

    weight: Any

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        functional.check_power(p, "MultiMarginLoss")
        self.p = p
        self.margin = real_number(margin, "MultiMarginLoss: margin")
        self._keep_constant("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores ``(N, C)`` and classes ``(N)``."""
        return functional.multi_margin_loss(
            input, target, self.p, self.margin, self.weight, self.reduction
        )
