"""Constraints: weights put back where they belong, after a step of an optimizer.

``optimizer.step(); nn.MaxNorm(3.0)(model)``. A constraint is called with a module, of which it
takes the parameters with two or more dimensions, that is the weights and neither biases nor the
scales of normalizations, and all single Values; or with the parameters themselves, one or several,
of whatever shape. It changes them in place and without history, and gives nothing back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ..engine.checks import number_within
from ..engine.shapes import Shape, reduced_dims
from .norms import unit_norms
from .selection import weights
from .watching import Followed, followed

Dims = int | tuple[int, ...] | None


class Constraint(Followed, ABC):
    """What parameters must fulfil. Abstract: each constraint is a class of its own."""

    def __call__(self, parameters: Any) -> None:
        """Change the parameters so that they fulfil the constraint.

        Parameters
        ----------
        parameters : Module, parameter, or iterable of parameters
            A module stands for its parameters with two or more dimensions, and its Values.

        Raises
        ------
        IndexError
            If a parameter does not have a dimension of the constraint.
        TypeError
            For what is no parameter, and for parameters of both twins.
        """
        followed(self)
        twin, chosen = weights(parameters, type(self).__name__)
        with np.errstate(all="ignore"):
            changed = [self.projected(twin.numbers(each)) for each in chosen]
        for parameter, numbers in zip(chosen, changed, strict=True):
            twin.write(parameter, numbers)

    @abstractmethod
    def projected(self, numbers: NDArray[Any]) -> Any:
        """The nearest numbers that fulfil the constraint."""


@final
class MaxNorm(Constraint):
    """``w * min(1, limit / ||w||)`` for the weights w of each unit: none are longer than ``limit``.

    Srebro and Shraibman, "Rank, trace-norm and max-norm", 2005; with dropout: Srivastava and
    others, "Dropout", 2014.

    Parameters
    ----------
    limit : float
        The greatest length, at least 0; 3 or 4 are usual.
    dim : int or tuple of int, optional
        The dimensions that a vector w is along. If not given, all but the first: for a weight of
        shape (out, in) the weights of each of the ``out`` units. A parameter of one dimension is
        one vector then.

    Raises
    ------
    ValueError
        If ``limit`` is below 0 or nan.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = twingrad.tensor([[3.0, 4.0], [0.0, 0.5]])
    >>> nn.MaxNorm(2.5)(w)
    >>> w.tolist()
    [[1.5, 2.0], [0.0, 0.5]]
    """

    def __init__(self, limit: float, dim: Dims = None) -> None:
        self.limit = number_within(limit, "MaxNorm: limit", "it is a length", at_least=0)
        self.dim = dim

    def projected(self, numbers: NDArray[Any]) -> Any:
        """The numbers with vectors that are too long shortened."""
        lengths = unit_norms(numbers, _dims(self.dim, numbers, "MaxNorm"))
        return numbers * np.where(lengths > self.limit, self.limit / lengths, 1)

    def __repr__(self) -> str:
        return f"MaxNorm({self.limit}, dim={self.dim})"


@final
class UnitNorm(Constraint):
    """``w / ||w||`` for the weights w of each unit: all have length 1, except zeros.

    Parameters
    ----------
    dim : int or tuple of int, optional
        The dimensions that a vector w is along, as for :class:`MaxNorm`.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = twingrad.tensor([[0.0, 4.0], [0.0, 0.0]])
    >>> nn.UnitNorm()(w)
    >>> w.tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """

    def __init__(self, dim: Dims = None) -> None:
        self.dim = dim

    def projected(self, numbers: NDArray[Any]) -> Any:
        """The numbers with every vector brought to length 1."""
        lengths = unit_norms(numbers, _dims(self.dim, numbers, "UnitNorm"))
        return numbers / np.where(lengths == 0, 1, lengths)

    def __repr__(self) -> str:
        return f"UnitNorm(dim={self.dim})"


@final
class NonNegative(Constraint):
    """``max(w, 0)``: no weight is below 0.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = twingrad.tensor([[-1.0, 2.0]])
    >>> nn.NonNegative()(w)
    >>> w.tolist()
    [[0.0, 2.0]]
    """

    def projected(self, numbers: NDArray[Any]) -> Any:
        """The numbers with 0 in place of those below."""
        return np.maximum(numbers, 0)

    def __repr__(self) -> str:
        return "NonNegative()"


def _dims(dim: Dims, numbers: NDArray[Any], what: str) -> Shape | None:
    return None if dim is None else reduced_dims(dim, numbers.ndim, what)
