"""Losses of pairs and triplets: what is alike is to be near, and far from what is not."""

from __future__ import annotations

from typing import Any

from ...engine.formulas import minimum, where
from ...engine.shapes import broadcast_shape
from ..backend import numbers_of, operands
from .arguments import TINY, above_zero, check_shape, check_signs, paired
from .distances import pairwise_distance
from .reducing import reduced


def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, reduction: str = "mean"
) -> Any:
    """``x`` for y = 1, ``max(0, margin - x)`` for y = -1: what is alike is to be near.

    Parameters
    ----------
    input : operand or numbers
        Distances x.
    target : operand or numbers
        y, 1 for a pair that is alike and -1 for one that is not, of the same shape.
    margin : float
        How far apart a pair that is not alike is to be.
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
    >>> F.hinge_embedding_loss(Array([0.25, 0.25]), [1, -1], reduction="none").tolist()
    [0.25, 0.75]
    """
    what = "hinge_embedding_loss"
    input, target = paired(what, input, target)
    check_signs(target, what)
    is_alike = numbers_of(target) > 0
    return reduced(where(is_alike, input, (margin - input).clamp(0.0)), reduction, what)


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """``max(0, margin - y * (x1 - x2))``: for y = 1 is x1 to be the greater, for y = -1 x2.

    Parameters
    ----------
    input1, input2 : operand or numbers
        x1 and x2, of one shape.
    target : operand or numbers
        y, -1 or 1, of the same shape; 0 lets a pair be, but for the margin.
    margin : float
        By how much it is to be greater.
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
    >>> F.margin_ranking_loss(Array([1.0, 3.0]), [3.0, 1.0], [1, 1], reduction="none").tolist()
    [2.0, 0.0]
    """
    what = "margin_ranking_loss"
    input1, input2, target = operands(what, input1=input1, input2=input2, target=target)
    check_shape(input2, input1.shape, "input2", what)
    check_shape(target, input1.shape, "target", what)
    return reduced((margin - target * (input1 - input2)).clamp(0.0), reduction, what)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean"
) -> Any:
    """``1 - cos`` for y = 1, ``max(0, cos - margin)`` for y = -1.

    cos is the cosine of the angle between two vectors, with 1e-12 added to their squared lengths,
    as in PyTorch.

    Parameters
    ----------
    input1, input2 : operand or numbers
        Vectors, of one shape, ``(N, D)`` or ``(D)``.
    target : operand or numbers
        y, 1 for a pair that is alike and -1 for one that is not, of shape ``(N)`` or ``()``.
    margin : float
        The greatest cosine that costs nothing where a pair is not alike; 0 to 0.5 is usual.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the pairs.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If shapes do not fit, for a target other than -1 and 1, or for an unknown reduction.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> print(f"{F.cosine_embedding_loss(Array([[3.0, 4.0]]), [[4.0, 3.0]], [1]):.2f}")
    0.04
    """
    what = "cosine_embedding_loss"
    input1, input2, target = operands(what, input1=input1, input2=input2, target=target)
    check_shape(input2, input1.shape, "input2", what)
    if input1.ndim not in (1, 2) or target.shape != input1.shape[:-1]:
        raise ValueError(
            f"{what}: input1 and target must have shapes (N, D) and (N), or (D) and (), got "
            f"{input1.shape} and {target.shape}: give one target for each pair of vectors"
        )
    check_signs(target, what)
    is_alike = numbers_of(target) > 0
    squares = [each.square().sum(-1) + TINY for each in (input1, input2)]
    cosines = (input1 * input2).sum(-1) / (squares[0] * squares[1]).sqrt()
    return reduced(where(is_alike, 1 - cosines, (cosines - margin).clamp(0.0)), reduction, what)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """``max(0, d(a, p) - d(a, n) + margin)``: an anchor is nearer to what is alike than to others.

    Parameters
    ----------
    anchor, positive, negative : operand or numbers
        Vectors a, what is like them, and what is not, of shapes ``(N, D)`` or ``(D)``, that
        broadcast.
    margin : float
        By how much it is to be nearer; above 0.
    p, eps : float
        The norm of the distances d, and what they add: see :func:`pairwise_distance`.
    swap : bool
        Whether to take the distance of the positive from the negative where it is the smaller
        one: the distance swap of Balntas.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the triplets.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If the numbers of dimensions differ or shapes do not broadcast, if the margin is not above
        0 or p is less than 1, or for an unknown reduction.

    References
    ----------
    Balntas et al., "Learning Shallow Convolutional Feature Descriptors with Triplet Losses", 2016.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> anchor, alike, other = Array([[0.0, 0.0]]), [[0.0, 2.0]], [[2.5, 0.0]]
    >>> F.triplet_margin_loss(anchor, alike, other, eps=0.0).item()
    0.5
    """
    what = "triplet_margin_loss"
    anchor, alike, other = operands(what, anchor=anchor, positive=positive, negative=negative)
    if not anchor.ndim == alike.ndim == other.ndim:
        raise ValueError(
            f"{what}: anchor, positive and negative must have as many dimensions, got shapes "
            f"{anchor.shape}, {alike.shape} and {other.shape}: give all of them shape (N, D)"
        )
    if not anchor.shape == alike.shape == other.shape:
        shapes = [anchor.shape, alike.shape, other.shape]
        broadcast_shape(shapes, f"{what}: anchor, positive and negative")
    margin = above_zero(margin, "margin", what)
    near = pairwise_distance(anchor, alike, p, eps)
    far = pairwise_distance(anchor, other, p, eps)
    if swap:
        far = minimum(far, pairwise_distance(alike, other, p, eps))
    return reduced((near - far + margin).clamp(0.0), reduction, what)
