"""Losses of scores for several classes: cross-entropy and the negative log-likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.checks import number_within
from ...engine.formulas import where
from ..backend import Backend, numbers_of
from .classes import Classes, class_dim, classes, scores_and_weight
from .reducing import reduced, reduced_by_weight


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """``-log softmax(x)[y]``: how surprised scores x are by the class y.

    For probabilities p of the classes it is ``-sum over c of w[c] p[c] log softmax(x)[c]``; a class
    y is the same as p[y] = 1, weighted with w[y]. It is finite for scores of any size.

    Parameters
    ----------
    input : operand or numbers
        Scores (logits), of shape ``(C)``, ``(N, C)`` or ``(N, C, d1, ...)`` for C classes.
    target : whole numbers, or operand
        Classes from 0 to C - 1, of the shape of the input without C; or, of the shape of the
        input, the probabilities of the classes.
    weight : operand or numbers, optional
        One weight for each class, of shape ``(C,)``; all 1, if not given.
    ignore_index : int
        A class that does not count, and has no gradient. Not with probabilities.
    reduction : {"mean", "sum", "none"}
        For classes, the mean divides by the sum of the weights of the classes that count; for
        probabilities by their number.
    label_smoothing : float
        s in [0, 1]: a class counts as the probabilities ``(1 - s) * onehot + s / C``, and
        probabilities p as ``(1 - s) * p + s / C``.

    Returns
    -------
    operand
        Without dimensions; of the shape of the input without C where nothing is reduced.

    Raises
    ------
    IndexError
        For a class that is not from 0 to C - 1.
    TypeError
        For classes that are not whole numbers, or operands that are not of one twin.
    ValueError
        For shapes that do not fit, an unknown reduction, or ``label_smoothing`` outside [0, 1].

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.cross_entropy(Array([[0.0, 0.0], [1e4, 0.0]]), [0, 1], reduction="none").tolist()
    [0.6931471805599453, 10000.0]
    """
    what = "cross_entropy"
    input, weight, twin = scores_and_weight(what, input, target, weight)
    smoothing = checked_smoothing(label_smoothing, what)
    dim = class_dim(input)
    if np.shape(target) == input.shape:
        logs = input.log_softmax(dim)
        shares = _probabilities(target, input, twin, ignore_index, smoothing)
        return reduced(_summed(logs, shares, weight), reduction, what)
    found = classes(what, target, input, twin, ignore_index)
    if smoothing:
        return _smoothed(input.log_softmax(dim), found, weight, smoothing, reduction)
    return _by_class(input.log_softmax_at(dim, found.picks), found, weight, reduction, what)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """``-w[y] * x[y]``: the negative log-likelihood of the class y, for log-probabilities x.

    Parameters
    ----------
    input : operand or numbers
        Log-probabilities, as ``log_softmax`` gives them, of shape ``(C)``, ``(N, C)`` or
        ``(N, C, d1, ...)`` for C classes.
    target : whole numbers
        Classes from 0 to C - 1, of the shape of the input without C.
    weight : operand or numbers, optional
        One weight for each class, of shape ``(C,)``; all 1, if not given.
    ignore_index : int
        A class that does not count, and has no gradient.
    reduction : {"mean", "sum", "none"}
        The mean divides by the sum of the weights of the classes that count.

    Raises
    ------
    IndexError
        For a class that is not from 0 to C - 1.
    TypeError
        For classes that are not whole numbers, or operands that are not of one twin.
    ValueError
        For shapes that do not fit, or an unknown reduction.

    Examples
    --------
    >>> from twingrad import Array
    >>> from twingrad.nn import functional as F
    >>> F.nll_loss(Array([[-0.5, -1.0], [-0.25, -1.5]]), [0, 1]).item()
    1.0
    """
    what = "nll_loss"
    input, weight, twin = scores_and_weight(what, input, target, weight)
    found = classes(what, target, input, twin, ignore_index)
    picked = input.gather(found.dim, found.picks)
    return _by_class(picked, found, weight, reduction, what)


def _by_class(picked: Any, found: Classes, weight: Any, reduction: str, what: str) -> Any:
    """The reduced negative logarithms, of which those at the classes were picked."""
    losses = picked.neg()
    if weight is None and found.kept is None and reduction != "none":
        return reduced(losses, reduction, what)
    losses, weights = found.weighted(losses.reshape(found.positions.shape), weight)
    return reduced_by_weight(losses, weights, reduction, what)


def _smoothed(logs: Any, found: Classes, weight: Any, smoothing: float, reduction: str) -> Any:
    """The cross-entropy for classes, of which a part is shared among all of them."""
    picked = logs.gather(found.dim, found.picks)
    losses, weights = found.weighted(picked.neg().reshape(found.positions.shape), weight)
    even = _summed(logs, None, weight)
    if found.kept is not None:
        even = where(found.kept, even, 0.0)
    losses = (1 - smoothing) * losses + smoothing / logs.shape[found.dim] * even
    return reduced_by_weight(losses, weights, reduction, "cross_entropy")


def _summed(logs: Any, shares: Any, weight: Any) -> Any:
    """``-sum over c of w[c] shares[c] logs[c]``, without the factors that are None."""
    dim = class_dim(logs)
    if weight is not None:
        along = weight.reshape(-1, *[1] * (logs.ndim - 1 - dim))
        shares = along if shares is None else shares * along
    return (logs if shares is None else shares * logs).sum(dim).neg()


def _probabilities(
    target: Any, input: Any, twin: Backend, ignore_index: int, smoothing: float
) -> Any:
    """The probabilities in a target, smoothed."""
    if ignore_index >= 0:
        raise ValueError(
            "cross_entropy: ignore_index must be negative where target holds probabilities, got "
            f"{ignore_index}: set the weight of the class to 0, or pass classes"
        )
    if numbers_of(target).dtype.kind in "biu":
        raise TypeError(
            f"cross_entropy: target of the shape of the input, {input.shape}, must hold "
            "probabilities, got whole numbers: convert them to floats, or pass one class for each "
            "row of scores"
        )
    shares = twin.operand(target, input)
    if smoothing:
        shares = (1 - smoothing) * shares + smoothing / input.shape[class_dim(input)]
    return shares


def checked_smoothing(smoothing: Any, what: str) -> float:
    """A number in [0, 1]; ``ValueError`` for another one."""
    return number_within(
        smoothing, f"{what}: label_smoothing", "0.1 is usual", at_least=0, at_most=1
    )
