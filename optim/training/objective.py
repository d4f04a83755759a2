"""What training makes small: the loss of a batch, however it was named."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from types import FunctionType
from typing import Any, Literal, final

import numpy as np

from ...nn import losses
from ...nn.backend import backend_of, numbers_of, present, twin_of
from ...nn.losses.names import OF_FUNCTIONS, loss_named
from .pairing import REFUSALS, may_mismatch, takes_columns
from .weights import or_one

Kind = Literal["classes", "numbers"]
"""What targets are: whole numbers that count classes from 0, or numbers to be predicted."""

_OF_CLASSES = (losses.CrossEntropyLoss, losses.NLLLoss, losses.MultiMarginLoss)
"""Losses whose targets are the numbers of classes."""
_OF_SIGNS = (
    losses.HingeLoss,
    losses.PerceptronLoss,
    losses.SoftMarginLoss,
    losses.SquaredHingeLoss,
)
"""Losses whose targets are -1 and 1."""


@final
class Objective:
    """The mean loss of a batch, as an operand that gradients flow through.

    Parameters
    ----------
    loss : str, module or function
        ``"auto"``: cross-entropy for classes, that of one logit where the model has a single
        output, and the mean squared error for numbers; or the name of a loss; or what is called
        with the outputs of the model and the targets. A function gives a number without
        dimensions, or losses of rows, of which the mean is taken; it is given targets as they come,
        but of shape (N, 1) where (N,) would make it compare each output with each target.
    kind : {"classes", "numbers"}
        What the targets are.
    what : str
        What sentences of errors begin with.
    per_row : bool
        Whether targets are one for each row; ``"auto"`` takes several classes, each of which is
        there or not, for logits of their own.

    Raises
    ------
    TypeError, ValueError
        For what is no loss.
    """

    def __init__(self, loss: Any, kind: Kind, what: str = "fit", per_row: bool = True) -> None:
        self.kind = kind
        self.what = what
        self._per_row = per_row
        self._takes_columns: bool | None = None
        self._given = _checked(loss, what)
        self._by_rows: Callable[..., Any] | None = None

    def __call__(self, output: Any, target: Any, weights: Any = None) -> Any:
        """The mean loss of a batch.

        Parameters
        ----------
        output : operand of shape (N, ...)
        target : operand or whole numbers, of shape (N, ...)
        weights : array of shape (N,), or a tensor in a compiled step; optional
            Weights of the rows: the mean is ``sum(w * loss) / sum(w)``, and 0 where all are 0.
        """
        if backend_of(output) is None:
            raise TypeError(
                f"{self.what}: model must give an operand, got {type(output).__name__}: return the "
                "outputs alone, in one tensor or Array"
            )
        if self._given is None:
            self._check_suits(output, target)
        loss = self.chosen(output)
        if weights is not None:
            return self._weighted(loss, output, target, weights)
        found = self._computed(loss, output, target)
        return found.mean() if found.ndim else found

    def chosen(self, output: Any) -> Any:
        """The loss for a model with such outputs."""
        if self._given is None:
            self._given = losses.MSELoss()
            if self.kind == "classes":
                of_logits = output.ndim < 2 or output.shape[1] == 1 or not self._per_row
                self._given = losses.BCEWithLogitsLoss() if of_logits else losses.CrossEntropyLoss()
        return self._given

    def _computed(self, loss: Any, output: Any, target: Any) -> Any:
        """The loss, with targets in the form that it wants."""
        if isinstance(loss, losses.Loss):
            return loss(output, fitted_target(loss, output, target))
        if may_mismatch(output, target):
            if self._takes_columns is None:
                return self._tried(loss, output, target)
            if self._takes_columns:
                target = target.reshape(*output.shape)
        found = loss(output, target)
        self._check_loss(found)
        return found

    def _tried(self, loss: Any, output: Any, target: Any) -> Any:
        """The loss, once it is known which targets it takes."""
        found, refusal = None, None
        try:
            found = loss(output, target)
            self._check_loss(found)
        except REFUSALS as error:
            refusal = error
        self._takes_columns = takes_columns(loss, found, output, target)
        if self._takes_columns:
            return loss(output, target.reshape(*output.shape))
        if refusal is not None:
            raise refusal
        return found

    def _check_suits(self, output: Any, target: Any) -> None:
        """Raise ``ValueError`` where ``"auto"`` has no loss for such outputs and targets."""
        single = output.ndim < 2 or output.shape[1] == 1
        if self.kind == "numbers" and target.ndim == 1 and not single:
            raise ValueError(
                f"{self.what}: targets that are floats are numbers to be predicted, for which the "
                f"model must have one output, got {output.shape[1]}: write y.astype(int) if they "
                "are classes"
            )
        if self.kind == "classes" and self._per_row and single:
            greatest: Any = numbers_of(target).max()
            if greatest > 1:
                raise ValueError(
                    f"{self.what}: the model must have an output for each class, got 1 for classes "
                    f"up to {present(greatest)}: give it {present(greatest) + 1} outputs, or write "
                    "y as floats if they are numbers to be predicted"
                )

    def _weighted(self, loss: Any, output: Any, target: Any, weights: Any) -> Any:
        if self._by_rows is None:
            self._by_rows = _by_rows(loss)
        found = self._computed(self._by_rows, output, target)
        rows = output.shape[0]
        if not found.ndim or found.shape[0] != rows:
            raise ValueError(
                f"fit: with weights, loss must give one number for each of the {rows} rows, got "
                f"shape {found.shape}: leave out the mean, which fit takes"
            )
        if found.ndim > 1:
            found = found.reshape(rows, -1).mean(1)
        shares: Any = weights / or_one(weights.sum())
        twin = twin_of(output)
        if backend_of(shares) is not None:
            shares = twin.cast(shares, output.dtype)
        return (found * twin.operand(shares, output)).sum()

    def _check_loss(self, found: Any) -> None:
        if backend_of(found) is None:
            raise TypeError(
                f"{self.what}: loss must give an operand that gradients flow through, got "
                f"{type(found).__name__}: compute it from the outputs with their own arithmetic"
            )


def fitted_target(loss: losses.Loss, output: Any, target: Any) -> Any:
    """The targets in the form that a loss of ours wants.

    Losses of classes take classes as they are. For other losses classes 0 and 1 become floats, or
    -1 and 1 where the loss counts so. Floats of shape (N,) get the shape (N, 1) beside outputs of
    that shape; for a loss of classes, beside outputs (N, 2), they are the probability of class 1.
    """
    is_whole = numbers_of(target).dtype.kind in "iub"
    if is_whole and isinstance(loss, _OF_CLASSES):
        return target
    if is_whole:
        numbers = numbers_of(target).astype(np.float64)
        if isinstance(loss, _OF_SIGNS) and ((numbers == 0) | (numbers == 1)).all():
            numbers = 2 * numbers - 1
        target = twin_of(output).operand(numbers, output)
    if isinstance(loss, _OF_CLASSES) and output.shape == (*target.shape, 2):
        chances = numbers_of(target)
        return twin_of(output).operand(np.stack([1 - chances, chances], axis=-1), output)
    return target.reshape(*output.shape) if output.shape == (*target.shape, 1) else target


def _checked(loss: Any, what: str) -> Any:
    """A loss that can be called; None for ``"auto"``."""
    if isinstance(loss, str):
        return None if loss == "auto" else loss_named(loss, f"{what}: loss")
    if isinstance(loss, type) or not callable(loss):
        given = f"the class {loss.__name__}" if isinstance(loss, type) else repr(loss)[:40]
        raise TypeError(
            f"{what}: loss must be the name of a loss, a module or a function, got {given}: write "
            "for example loss=nn.CrossEntropyLoss()"
        )
    if isinstance(loss, FunctionType) and loss in OF_FUNCTIONS:
        return OF_FUNCTIONS[loss]()
    if isinstance(loss, losses.Loss) and loss.reduction == "sum":
        raise ValueError(
            f"{what}: loss must be a mean, got {type(loss).__name__} with reduction='sum', which "
            "grows with the batch: leave reduction out"
        )
    return loss


def _by_rows(loss: Callable[..., Any]) -> Callable[..., Any]:
    """The same loss without the mean."""
    if not isinstance(loss, losses.Loss):
        return loss
    if loss.__dict__.get("weight") is not None:
        raise ValueError(
            f"fit: weights belong in one place, got {type(loss).__name__} with a weight and "
            "class_weight or sample_weight: give one of them"
        )
    by_rows = deepcopy(loss)
    by_rows.reduction = "none"
    return by_rows
