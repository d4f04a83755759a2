"""Losses of pairs and triplets: what is alike is to be near, and far from what is not."""

from __future__ import annotations

from typing import Any, final

from ...engine.operation import real_number
from ..functional import margins as functional
from ..functional.arguments import above_zero
from ..functional.distances import checked_norm
from .base import Loss


@final
class HingeEmbeddingLoss(Loss):
    """``x`` for y = 1, ``max(0, margin - x)`` for y = -1, of distances x.

    See :func:`~twingrad.nn.functional.hinge_embedding_loss`.

    Parameters
    ----------
    margin : float
        How far apart a pair that is not alike is to be.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.HingeEmbeddingLoss(reduction="none")(Array([0.25, 0.25]), [1, -1]).tolist()
    [0.25, 0.75]
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = real_number(margin, "HingeEmbeddingLoss: margin")

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of distances and -1 or 1, of one shape."""
        return functional.hinge_embedding_loss(input, target, self.margin, self.reduction)


@final
class MarginRankingLoss(Loss):
    """``max(0, margin - y * (x1 - x2))``: for y = 1 is x1 to be the greater, for y = -1 x2.

    See :func:`~twingrad.nn.functional.margin_ranking_loss`.

    Parameters
    ----------
    margin : float
        By how much it is to be greater.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> nn.MarginRankingLoss()(Array([1.0]), [3.0], [1]).item()
    2.0
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = real_number(margin, "MarginRankingLoss: margin")

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """The loss of two inputs and -1 or 1, of one shape."""
        return functional.margin_ranking_loss(input1, input2, target, self.margin, self.reduction)


@final
class CosineEmbeddingLoss(Loss):
    """``1 - cos`` for y = 1, ``max(0, cos - margin)`` for y = -1, of the angle of two vectors.

    See :func:`~twingrad.nn.functional.cosine_embedding_loss`.

    Parameters
    ----------
    margin : float
        The greatest cosine that costs nothing where a pair is not alike; 0 to 0.5 is usual.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the pairs.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> print(f"{nn.CosineEmbeddingLoss()(Array([[3.0, 4.0]]), [[4.0, 3.0]], [1]):.2f}")
    0.04
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = real_number(margin, "CosineEmbeddingLoss: margin")

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """The loss of vectors ``(N, D)`` and -1 or 1 for each pair of them."""
        return functional.cosine_embedding_loss(input1, input2, target, self.margin, self.reduction)


@final
class TripletMarginLoss(Loss):
    """``max(0, d(a, p) - d(a, n) + margin)``: an anchor is nearer to what is alike than to others.

    See :func:`~twingrad.nn.functional.triplet_margin_loss`.

    Parameters
    ----------
    margin : float
        By how much it is to be nearer; above 0.
    p, eps : float
        The norm of the distances d, and what they add.
    swap : bool
        Whether to take the distance of the positive from the negative where it is the smaller.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the triplets.

    Raises
    ------
    ValueError
        If the margin is not above 0, or p is less than 1.

    Examples
    --------
    >>> from twingrad import Array, nn
    >>> loss = nn.TripletMarginLoss()(Array([[0.0, 0.0]]), [[0.0, 2.0]], [[3.0, 0.0]])
    >>> print(f"{loss:.4f}")
    0.0000
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.margin = above_zero(margin, "margin", "TripletMarginLoss")
        self.p = checked_norm(p, "TripletMarginLoss")
        self.eps = real_number(eps, "TripletMarginLoss: eps")
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """The loss of three vectors each, of shape ``(N, D)``."""
        return functional.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, self.reduction
        )
