"""Losses of scores for several classes: cross-entropy and the negative log-likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.formulas import where
from ...engine.operation import real_number
from ..backend import Backend, common_backend
from .arguments import check_shape, class_dim, class_weights, classes
from .reducing import check_reduction, reduced, reduced_by_weight


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
    >>> F.cross_entropy(Array([[0.0, 0.0], [0.0, 1e4]]), [0, 1], reduction="none").tolist()
    [0.6931471805599453, 0.0]
    """
    what = "cross_entropy"
    twin = common_backend(what, input=input, target=target, weight=weight)
    input = twin.operand(input)
    dim = class_dim(input, what)
    smoothing = _checked_smoothing(label_smoothing)
    if weight is not None:
        weight = twin.operand(weight, input)
        class_weights(weight, input.shape[dim], what)
    logs = input.log_softmax(dim)
    if np.shape(target) == input.shape:
        shares = _probabilities(target, input, twin, ignore_index)
        return _by_probability(logs, shares, weight, smoothing, dim, reduction)
    index, kept = classes(target, input, dim, twin, ignore_index, what)
    if smoothing:
        return _smoothed(logs, index, kept, weight, smoothing, dim, reduction)
    return _by_class(logs, index, kept, weight, dim, reduction, what)


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
    twin = common_backend(what, input=input, target=target, weight=weight)
    input = twin.operand(input)
    dim = class_dim(input, what)
    if weight is not None:
        weight = twin.operand(weight, input)
        class_weights(weight, input.shape[dim], what)
    index, kept = classes(target, input, dim, twin, ignore_index, what)
    return _by_class(input, index, kept, weight, dim, reduction, what)


def _by_class(
    logs: Any,
    index: NDArray[np.int64],
    kept: NDArray[np.bool_] | None,
    weight: Any,
    dim: int,
    reduction: str,
    what: str,
) -> Any:
    """The reduced negative logarithms at the classes."""
    losses = logs.gather(dim, index[:, None] if dim else index[None]).neg()
    if weight is None and kept is None and reduction != "none":
        return reduced(losses, reduction, what)
    losses, shares = _weighted(losses.reshape(index.shape), index, kept, weight)
    return reduced_by_weight(losses, shares, reduction, what)


def _weighted(
    losses: Any, index: NDArray[np.int64], kept: NDArray[np.bool_] | None, weight: Any
) -> tuple[Any, Any]:
    """The losses, one for each class, times its weight or 0, and these weights."""
    if weight is None:
        shares: Any = np.ones(index.shape) if kept is None else kept
    else:
        shares = weight[index] if kept is None else where(kept, weight[index], 0.0)
        losses = losses * shares
    return losses if kept is None else where(kept, losses, 0.0), shares


def _smoothed(
    logs: Any,
    index: NDArray[np.int64],
    kept: NDArray[np.bool_] | None,
    weight: Any,
    smoothing: float,
    dim: int,
    reduction: str,
) -> Any:
    """The cross-entropy for classes, of which a part is shared among all of them."""
    picked = logs.gather(dim, index[:, None] if dim else index[None]).neg().reshape(index.shape)
    losses, shares = _weighted(picked, index, kept, weight)
    even = -(logs if weight is None else logs * _along(weight, dim, logs.ndim)).sum(dim)
    if kept is not None:
        even = where(kept, even, 0.0)
    losses = (1 - smoothing) * losses + smoothing / logs.shape[dim] * even
    return reduced_by_weight(losses, shares, reduction, "cross_entropy")


def _by_probability(
    logs: Any, shares: Any, weight: Any, smoothing: float, dim: int, reduction: str
) -> Any:
    """The cross-entropy for probabilities of the classes."""
    if smoothing:
        shares = (1 - smoothing) * shares + smoothing / logs.shape[dim]
    if weight is not None:
        shares = shares * _along(weight, dim, logs.ndim)
    return reduced((shares * logs).sum(dim).neg(), reduction, "cross_entropy")


def _probabilities(target: Any, input: Any, twin: Backend, ignore_index: int) -> Any:
    if ignore_index >= 0:
        raise ValueError(
            "cross_entropy: ignore_index must be negative where target holds probabilities, got "
            f"{ignore_index}: set the weight of the class to 0, or pass classes"
        )
    shares = twin.operand(target, input)
    if shares.detach().numpy().dtype.kind != "f":
        raise TypeError(
            f"cross_entropy: target of the shape of the input, {input.shape}, must hold "
            "probabilities, got whole numbers: convert it with double(), or pass classes"
        )
    return shares


def _along(weight: Any, dim: int, ndim: int) -> Any:
    """Weights of shape (C,) shaped to stand along ``dim`` of ``ndim`` dimensions."""
    return weight.reshape(-1, *[1] * (ndim - 1 - dim))


def _checked_smoothing(smoothing: Any) -> float:
    found = real_number(smoothing, "cross_entropy: label_smoothing")
    if not 0 <= found <= 1:
        raise ValueError(
            f"cross_entropy: label_smoothing must lie in [0, 1], got {smoothing}: 0.1 is usual"
        )
    return found
