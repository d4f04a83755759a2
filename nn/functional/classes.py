"""Targets that are classes: checked, and put to use."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...engine.formulas import where
from ..backend import Backend, common_backend, first_of, holds, present, recorder_in_force
from .reducing import Share


class Classes(NamedTuple):
    """The classes in a target.

    Attributes
    ----------
    positions : array of int64
        The classes; 0 in the place of one that does not count. A NumPy array, or a tensor where
        a step is recorded.
    kept : array of bool or None
        Which of them count; None, if all do.
    dim : int
        The dimension of the scores that runs over the classes.
    """

    positions: Any
    kept: Any
    dim: int

    @property
    def picks(self) -> Any:
        """What gathers the scores at the classes, whose dimension is kept with length 1."""
        return self.positions[:, None] if self.dim else self.positions[None]

    def weighted(self, losses: Any, weight: Any) -> tuple[Any, Any]:
        """One loss for each class times its weight, and the weights; without any, how many count.

        A loss that does not count is 0, and has weight 0.
        """
        shape = self.positions.shape
        shares = None
        if weight is not None:
            shares = weight[self.positions.reshape(-1)].reshape(shape)
            losses = losses * shares
        if self.kept is None:
            return losses, shares if shares is not None and prod(shape) else prod(shape)
        losses = where(self.kept, losses, 0.0)
        count = self.kept.sum()
        if shares is not None:
            shares = where(self.kept, shares, 0.0)
        if recorder_in_force() is not None:
            total = count.to(losses.dtype) if shares is None else shares.sum()
            return losses, Share(total, count == 0)
        return losses, shares if shares is not None and count else int(count)


def scores_and_weight(what: str, input: Any, target: Any, weight: Any) -> tuple[Any, Any, Backend]:
    """Scores and the weights of the classes as operands of one twin, and the twin.

    Raises ``TypeError`` for a mix of twins, and ``ValueError`` where the scores have no dimension,
    or where there is not one weight for each class.
    """
    twin = common_backend(what, "weight", input=input, target=target, weight=weight)
    input = twin.operand(input)
    if not input.ndim:
        raise ValueError(
            f"{what}: input must have a dimension for the classes, got shape (): give one score "
            "for each class"
        )
    if weight is None:
        return input, None, twin
    weight = twin.operand(weight, input)
    count = input.shape[class_dim(input)]
    if weight.shape != (count,):
        raise ValueError(
            f"{what}: weight must hold one number for each of the {count} classes, got shape "
            f"{weight.shape}: give it the shape ({count},)"
        )
    return input, weight, twin


def class_dim(scores: Any) -> int:
    """The dimension of scores that runs over the classes: 0 of (C), 1 of (N, C, ...)."""
    return 0 if scores.ndim == 1 else 1


def classes(
    what: str, target: Any, scores: Any, twin: Backend, ignore_index: int | None = None
) -> Classes:
    """The classes in a target for these scores; ``ignore_index`` does not count.

    Raises
    ------
    IndexError
        For a class that there is no score for.
    TypeError
        For a target of other than whole numbers.
    ValueError
        For a target of another shape than the scores have beside their classes.
    """
    dim = class_dim(scores)
    if np.ndim(target) > scores.ndim:
        raise ValueError(
            f"{what}: target must not have more dimensions than input, got shapes "
            f"{np.shape(target)} and {scores.shape}: exchange them, as the scores come first"
        )
    found = twin.integers(target, f"{what}: target")
    shape = scores.shape
    if found.shape != shape[:dim] + shape[dim + 1 :]:
        raise ValueError(
            f"{what}: target must have the shape {shape[:dim] + shape[dim + 1 :]} for an input of "
            f"shape {shape}, got {found.shape}: give one class for each row of scores"
        )
    count = shape[dim]
    if recorder_in_force() is not None:
        return Classes(*_recorded(what, found.long(), count, ignore_index), dim)
    return Classes(*_checked(what, twin.numbers(found), count, ignore_index), dim)


def _checked(
    what: str, found: NDArray[Any], count: int, ignore_index: int | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
    """The positions, and which of them count."""
    index = found.astype(np.int64, copy=False)
    # Read without a sign, negative numbers are greater than any count: one pass finds both.
    fits = np.maximum.reduce(index.view(np.uint64), axis=None, initial=0) < max(count, 1)
    if fits and (ignore_index is None or not 0 <= ignore_index < count):
        return index, None
    kept = index != ignore_index
    is_wrong = kept & ((index < 0) | (index >= count))
    if is_wrong.any():
        _refuse(what, index, is_wrong, count)
    return (index, None) if kept.all() else (np.where(kept, index, 0), kept)


def _recorded(what: str, index: Any, count: int, ignore_index: int | None) -> tuple[Any, Any]:
    """The same for a step that is recorded, as tensors.

    Where all classes are there, and one that does not count would be none of them, the step is
    the one in which all count; any other batch then takes the eager way.
    """
    fits = (index >= 0) & (index < count)
    is_class = ignore_index is not None and 0 <= ignore_index < count
    if ignore_index is None or (not is_class and present(fits).all()):
        if not holds(fits.all()):
            _refuse(what, index, ~present(fits), count)
        return index, None
    kept = index != ignore_index
    if not holds((fits | ~kept).all()):
        _refuse(what, index, present(kept) & ~present(fits), count)
    return where(kept, index, 0), kept


def _refuse(what: str, index: Any, is_wrong: Any, count: int) -> None:
    raise IndexError(
        f"{what}: target must hold classes from 0 to {count - 1}, as the input has {count}, got "
        f"{first_of(index, is_wrong)}: number the classes from 0, or give the input more scores"
    )
