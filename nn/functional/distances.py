"""Distances and similarities of vectors."""

from __future__ import annotations

from math import inf
from typing import Any

from ...engine.checks import number_within
from ...engine.formulas import where
from ...engine.shapes import broadcast_shape
from ..backend import may_hold, numbers_of, operands
from .arguments import lifted


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """``x1 . x2 / (max(|x1|, eps) * max(|x2|, eps))``: the cosine of the angle between vectors.

    Parameters
    ----------
    x1, x2 : operand or numbers
        Of shapes that broadcast.
    dim : int
        The dimension that a vector lies along.
    eps : float
        What smaller lengths are raised to. Their gradient is passed on nevertheless.

    Returns
    -------
    operand
        Of the broadcast shape without ``dim``.

    Raises
    ------
    IndexError
        For a dimension that is not there.
    TypeError
        If the operands are not of one twin.
    ValueError
        If the shapes do not broadcast.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.cosine_similarity(Array([[3.0, 4.0]]), [[4.0, 3.0]]).tolist()
    [0.96]
    """
    x1, x2 = operands("cosine_similarity", x1=x1, x2=x2)
    if x1.shape != x2.shape:
        shape = broadcast_shape([x1.shape, x2.shape], "cosine_similarity: x1 and x2")
        x1, x2 = x1.broadcast_to(shape), x2.broadcast_to(shape)
    lengths = [lifted(_root(x.square().sum(dim)), eps) for x in (x1, x2)]
    return (x1 * x2).sum(dim) / (lengths[0] * lengths[1])


def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """``(sum over i of |x1[i] - x2[i] + eps|**p)**(1 / p)``: how far apart vectors are.

    Where the difference is 0, so is the slope.

    Parameters
    ----------
    x1, x2 : operand or numbers
        Vectors, of shapes ``(..., D)`` that broadcast.
    p : float
        The norm, from 1 to infinity: 1 sums the differences, 2 is Euclid's, ``math.inf`` takes
        the greatest.
    eps : float
        Added to the differences.
    keepdim : bool
        Whether the last dimension stays, with length 1.

    Returns
    -------
    operand
        Of the broadcast shape without its last length.

    Raises
    ------
    TypeError
        If the operands are not of one twin.
    ValueError
        If the shapes do not broadcast, or if p is less than 1.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.pairwise_distance(Array([[3.0, 4.0]]), [[0.0, 0.0]], eps=0.0).tolist()
    [5.0]
    """
    x1, x2 = operands("pairwise_distance", x1=x1, x2=x2)
    if x1.shape != x2.shape:
        broadcast_shape([x1.shape, x2.shape], "pairwise_distance: x1 and x2")
    p = checked_norm(p, "pairwise_distance")
    differences = x1 - x2 + eps
    if p == 2:
        return _root(differences.square().sum(-1, keepdim))
    if p == inf:
        return differences.abs().amax(-1, keepdim)
    if p == 1:
        return differences.abs().sum(-1, keepdim)
    return _root((differences.abs() ** p).sum(-1, keepdim), p)


def checked_norm(p: Any, what: str) -> float:
    """A number of at least 1; ``ValueError`` for another one."""
    return number_within(p, f"{what}: p", "1, 2 and math.inf are usual", at_least=1)


def _root(sums: Any, degree: float = 2) -> Any:
    """The roots of sums of powers; at 0 the slope is 0."""
    is_zero = numbers_of(sums) == 0
    some = may_hold(is_zero)
    inner = where(is_zero, 1.0, sums) if some else sums
    roots = inner.sqrt() if degree == 2 else inner ** (1 / degree)
    return where(is_zero, 0.0, roots) if some else roots
