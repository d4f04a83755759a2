"""Losses of scores for several classes."""

from __future__ import annotations

from typing import Any, final

from ...engine.shapes import whole_numbers
from ..functional import classification as functional
from .base import Loss


@final
class CrossEntropyLoss(Loss):
    """``-log softmax(x)[y]``: how surprised scores x are by the class y.

    Classes or probabilities are given as target; see
    :func:`~twingrad.nn.functional.cross_entropy`.

    Parameters
    ----------
    weight : operand or numbers, optional
        One weight for each class, of shape ``(C,)``; the mean divides by the sum of the weights.
        It is a buffer, of the selected twin where numbers are given.
    ignore_index : int
        A class that does not count.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.
    label_smoothing : float
        In [0, 1]: the part of a class that is shared among all classes.

    Raises
    ------
    ValueError
        If ``label_smoothing`` is outside [0, 1].

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> loss = nn.CrossEntropyLoss()(Array([[0.0, 0.0]]), [1])
    >>> print(f"{loss:.4f}")
    0.6931
    """

    weight: Any

    def __init__(
        self,
        weight: Any = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        self._keep_class_weights(weight)
        (self.ignore_index,) = whole_numbers([ignore_index], "CrossEntropyLoss: ignore_index")
        self.label_smoothing = functional.checked_smoothing(label_smoothing, "CrossEntropyLoss")

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores ``(N, C, ...)`` and classes ``(N, ...)``, or probabilities."""
        return functional.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )


@final
class NLLLoss(Loss):
    """``-w[y] * x[y]``: the negative log-likelihood of the class y, for log-probabilities x.

    See :func:`~twingrad.nn.functional.nll_loss`.

    Parameters
    ----------
    weight : operand or numbers, optional
        One weight for each class, of shape ``(C,)``; the mean divides by the sum of the weights.
        It is a buffer, of the selected twin where numbers are given.
    ignore_index : int
        A class that does not count.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.NLLLoss()(Array([[-0.5, -1.0], [-0.25, -1.5]]), [0, 1]).item()
    1.0
    """

    weight: Any

    def __init__(
        self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self._keep_class_weights(weight)
        (self.ignore_index,) = whole_numbers([ignore_index], "NLLLoss: ignore_index")

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of log-probabilities ``(N, C, ...)`` and classes ``(N, ...)``."""
        return functional.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)
