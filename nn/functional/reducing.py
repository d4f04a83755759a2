"""What becomes of the losses of single elements: ``reduction=``, in one place."""

from __future__ import annotations

from math import nan
from typing import Any, NamedTuple

from ...engine.formulas import where

REDUCTIONS = ("none", "mean", "sum")
"""What every loss can be reduced by."""


class Share(NamedTuple):
    """How much counts of a batch, where that is not known yet, as operands without dimensions.

    Attributes
    ----------
    total : operand
        The sum of the weights of what counts.
    is_none : operand
        Whether nothing counts.
    """

    total: Any
    is_none: Any


def check_reduction(reduction: object, what: str, allowed: tuple[str, ...] = REDUCTIONS) -> None:
    """Raise ``ValueError``, beginning with ``what``, for a reduction that is none."""
    if reduction not in allowed:
        names = f"{', '.join(map(repr, allowed[:-1]))} or {allowed[-1]!r}"
        raise ValueError(f"{what}: reduction must be {names}, got {reduction!r}: choose one")


def reduced(losses: Any, reduction: str, what: str) -> Any:
    """The losses themselves, their mean or their sum; ``ValueError`` for another reduction.

    The mean of no losses is nan, as in PyTorch.
    """
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    check_reduction(reduction, what)
    return losses


def reduced_by_weight(losses: Any, weights: Any, reduction: str, what: str) -> Any:
    """Losses that have been multiplied by weights: their mean divides by the weights' sum.

    ``weights`` may be that sum itself, as an int or a :class:`Share`. Where nothing counts, the
    mean is nan, and has no gradient, as in PyTorch.
    """
    if reduction != "mean":
        return reduced(losses, reduction, what)
    if isinstance(weights, Share):
        divisor = where(weights.is_none, 1.0, weights.total)
        return losses.sum() / divisor + where(weights.is_none, nan, 0.0)
    if not isinstance(weights, int):
        return losses.sum() / weights.sum()
    return losses.sum() / weights if weights else losses.sum() + nan
