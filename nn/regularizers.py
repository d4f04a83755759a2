"""Regularizers: penalties on weights and outputs, to be added to a loss.

``loss = criterion(model(x), y) + nn.L2(1e-4)(model)``. A regularizer is called with a module, of
which it takes the parameters with two or more dimensions, that is the weights and neither biases
nor the scales of normalizations, and all single Values; or with the parameters themselves, one or
several, of whatever shape. The penalty has no dimensions and can be differentiated as often as
you like. Frozen parameters count too; of no parameters the penalty is 0. Strengths are attributes,
and may be changed while training.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, final

import numpy as np

from ..engine.checks import number_within
from .backend import Backend, backend_of, twin_of
from .module import Module
from .selection import weights
from .watching import Followed, followed

Term = tuple[float, Callable[[Any], Any]]
"""A strength, and a measure of an operand: a number without dimensions."""


class Regularizer(Followed, ABC):
    """A penalty on parameters. Abstract: each penalty is a class of its own."""

    @abstractmethod
    def terms(self) -> Sequence[Term]:
        """What the penalty is the sum of, for each parameter."""

    def __call__(self, parameters: Any) -> Any:
        """The penalty.

        Parameters
        ----------
        parameters : Module, parameter, or iterable of parameters
            A module stands for its parameters with two or more dimensions, and its Values.

        Returns
        -------
        operand without dimensions

        Raises
        ------
        TypeError
            For what is no parameter, and for parameters of both twins.
        """
        followed(self)
        twin, chosen = weights(parameters, type(self).__name__)
        return _penalty(self.terms(), [twin.operand(each) for each in chosen], twin)


@final
class L1(Regularizer):
    """``weight * sum(|w|)``: it draws small weights to 0, and leaves few others.

    Tibshirani, "Regression shrinkage and selection via the lasso", 1996.

    Parameters
    ----------
    weight : float
        The strength of the penalty, at least 0.

    Raises
    ------
    ValueError
        If ``weight`` is below 0 or not finite.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.L1(0.5)(twingrad.tensor([[1.0, -3.0]])).item()
    2.0
    """

    def __init__(self, weight: float) -> None:
        self.weight = _strength(weight, "L1: weight")

    def terms(self) -> Sequence[Term]:
        return [(self.weight, _absolute)]

    def __repr__(self) -> str:
        return f"L1({self.weight})"


@final
class L2(Regularizer):
    """``weight * sum(w**2)``, without a factor of 1/2: it keeps weights small.

    Its gradient is ``2 * weight * w``. Plain SGD with ``weight_decay = 2 * weight`` makes the same
    steps, up to biases, which it decays as well.

    Parameters
    ----------
    weight : float
        The strength of the penalty, at least 0.

    Raises
    ------
    ValueError
        If ``weight`` is below 0 or not finite.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> w = twingrad.tensor([[1.0, -3.0]], requires_grad=True)
    >>> penalty = nn.L2(0.5)(w)
    >>> penalty.backward()
    >>> penalty.item(), w.grad.tolist()
    (5.0, [[1.0, -3.0]])
    """

    def __init__(self, weight: float) -> None:
        self.weight = _strength(weight, "L2: weight")

    def terms(self) -> Sequence[Term]:
        return [(self.weight, _squared)]

    def __repr__(self) -> str:
        return f"L2({self.weight})"


@final
class ElasticNet(Regularizer):
    """``l1 * sum(|w|) + l2 * sum(w**2)``.

    Zou and Hastie, "Regularization and variable selection via the elastic net", 2005.

    Parameters
    ----------
    l1, l2 : float
        The strengths of both penalties, at least 0.

    Raises
    ------
    ValueError
        If one of them is below 0 or not finite.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.ElasticNet(l1=0.5, l2=0.25)(twingrad.tensor([[1.0, -3.0]])).item()
    4.5
    """

    def __init__(self, l1: float, l2: float) -> None:
        self.l1 = _strength(l1, "ElasticNet: l1")
        self.l2 = _strength(l2, "ElasticNet: l2")

    def terms(self) -> Sequence[Term]:
        return [(self.l1, _absolute), (self.l2, _squared)]

    def __repr__(self) -> str:
        return f"ElasticNet(l1={self.l1}, l2={self.l2})"


@final
class Orthogonal(Regularizer):
    """``weight * ||W @ W.T - I||**2``, the sum of squares: it makes the rows of W orthonormal.

    Where W has more rows than columns it is ``||W.T @ W - I||**2``, for the columns. What has more
    than two dimensions is taken as the matrix of its rows. Brock, Lim, Ritchie and Weston, "Neural
    photo editing with introspective adversarial networks", 2017.

    Parameters
    ----------
    weight : float
        The strength of the penalty, at least 0.

    Raises
    ------
    ValueError
        If ``weight`` is below 0 or not finite; and, when called, for a parameter of fewer than
        two dimensions.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> nn.Orthogonal(0.5)(twingrad.tensor([[1.0, 2.0], [0.0, 1.0]])).item()
    12.0
    """

    def __init__(self, weight: float) -> None:
        self.weight = _strength(weight, "Orthogonal: weight")

    def terms(self) -> Sequence[Term]:
        return [(self.weight, _distance_from_orthogonal)]

    def __repr__(self) -> str:
        return f"Orthogonal({self.weight})"


@final
class ActivityPenalty(Followed):
    """``(l1 * sum(|a|) + l2 * sum(a**2)) / N`` for the outputs a of a layer, of N examples.

    It draws the outputs of the layer to 0, for a sparse code. N is the length of the first
    dimension; an output of one dimension is one example. Call it without arguments behind a
    forward pass.

    Parameters
    ----------
    module : Module
        The layer whose outputs are penalised. Of several calls the last one counts.
    l1, l2 : float
        The strengths of both penalties, at least 0.

    Raises
    ------
    TypeError
        If ``module`` is no Module; and, in a forward pass, if its output is no operand.
    ValueError
        If a strength is below 0 or not finite.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> model = nn.Sequential(nn.Identity(), nn.Linear(2, 1))
    >>> penalty = nn.ActivityPenalty(model[0], l1=0.5)
    >>> output = model(twingrad.tensor([[1.0, -3.0], [0.0, 0.0]]))
    >>> penalty().item()
    1.0
    """

    def __init__(self, module: Module, l1: float = 0.0, l2: float = 0.0) -> None:
        if not isinstance(module, Module):
            raise TypeError(
                f"ActivityPenalty: module must be a Module, got {type(module).__name__}: pass the "
                "layer whose outputs are penalised"
            )
        self.l1 = _strength(l1, "ActivityPenalty: l1")
        self.l2 = _strength(l2, "ActivityPenalty: l2")
        self._output: Any = None
        self._handle = module.register_forward_hook(self._keep)

    def __call__(self) -> Any:
        """The penalty of the last forward pass; ``RuntimeError`` if there was none."""
        followed(self)
        output = self._output
        if output is None:
            raise RuntimeError(
                "ActivityPenalty: the layer must have been called, got no output yet: call the "
                "model first, and remove() the penalty last"
            )
        terms = [(self.l1, _absolute), (self.l2, _squared)]
        penalty = _penalty(terms, [output], twin_of(output))
        return penalty / output.shape[0] if output.ndim > 1 and output.shape[0] else penalty

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: not the last output, whose graph cannot be."""
        return self.__dict__ | {"_output": None}

    def remove(self) -> None:
        """Collect no more outputs, and forget the last one."""
        self._handle.remove()
        self._output = None

    def _keep(self, module: Module, args: tuple[Any, ...], output: Any) -> None:
        twin = backend_of(output)
        if twin is None:
            raise TypeError(
                f"ActivityPenalty: the output of {type(module).__name__} must be a Tensor or an "
                f"Array, got {type(output).__name__}: penalise a layer that gives one"
            )
        self._output = twin.operand(output)

    def __repr__(self) -> str:
        return f"ActivityPenalty(l1={self.l1}, l2={self.l2})"


def _strength(given: Any, what: str) -> float:
    why = "it is the strength of a penalty, and 0 switches it off"
    return number_within(given, what, why, at_least=0, below=inf)


def _penalty(terms: Sequence[Term], operands: Sequence[Any], twin: Backend) -> Any:
    """The weighted sum of the measures of all operands; those without weight are not computed."""
    total = None
    for strength, measure in terms:
        if strength and operands:
            measured = measure(operands[0])
            for operand in operands[1:]:
                measured = measured + measure(operand)
            weighted = measured * strength
            total = weighted if total is None else total + weighted
    return twin.operand(0.0, *operands[:1]) if total is None else total


def _absolute(operand: Any) -> Any:
    return operand.abs().sum()


def _squared(operand: Any) -> Any:
    return operand.square().sum()


def _distance_from_orthogonal(operand: Any) -> Any:
    if operand.ndim < 2:
        raise ValueError(
            "Orthogonal: parameters must have two or more dimensions, got shape "
            f"{operand.shape}: a vector has no rows to be orthogonal"
        )
    matrix = operand.flatten(1)
    rows, columns = matrix.shape
    gram = matrix @ matrix.T if rows <= columns else matrix.T @ matrix
    return (gram - twin_of(operand).operand(np.eye(min(rows, columns)), operand)).square().sum()
