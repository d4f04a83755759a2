"""How gradients flow through a network: their norms, layer by layer, and what to think of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, log10, nan
from types import MappingProxyType
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ..nn import Module
from ..nn.backend import numbers_of
from ..nn.norms import vector_norm
from ..nn.tables import aligned, short
from .arguments import checked_module

FADED = 1e-3
"""A gradient that many times smaller in the first layer than in the last has vanished."""
IDLE = 1e-8
"""Gradients below this share of the weights do not move them at any usual rate."""
OVERWHELMING = 1e3
"""A gradient that many times the weights replaces them in one step at a rate of 1e-3."""

_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "healthy": "nothing to do",
        "vanishing": "try ReLU, Kaiming initialisation, normalisation or residual connections",
        "exploding": "try smaller initial weights (Kaiming), normalisation, a smaller learning "
        "rate or clip_grad_norm_",
        "not finite": "find the first nan with detect_anomaly(), and lower the learning rate",
        "no gradients": "call backward() on a loss first",
    }
)
_RATIO = "|gradient| of the first layer / of the last"
_DECADES = 6
_BAR = 12
"""The length of the bar of the greatest gradient, which shows so many powers of ten."""


@final
@dataclass(frozen=True, slots=True)
class ParameterFlow:
    """The norms of one parameter, each the root of a sum of squares.

    Attributes
    ----------
    name : str
        The path of the parameter.
    shape : tuple of int
        Its shape.
    weight, gradient : float
        The norms of its numbers and of its gradient.
    update : float or None
        The norm of what the last step changed; None if that was not measured.
    """

    name: str
    shape: tuple[int, ...]
    weight: float
    gradient: float
    update: float | None

    @property
    def relative_gradient(self) -> float:
        """The gradient as a multiple of the weight."""
        return _quotient(self.gradient, self.weight)

    @property
    def relative_update(self) -> float | None:
        """The update as a share of the weight; about 1e-3 is healthy."""
        return None if self.update is None else _quotient(self.update, self.weight)


@final
class GradientFlow:
    """The gradients of all parameters, from the input to the output: see :func:`gradient_flow`.

    Printed, it is a table with a verdict and what to do about it.

    Attributes
    ----------
    rows : tuple of ParameterFlow
        One for each parameter that has a gradient, in the order of ``named_parameters()``.
    """

    def __init__(self, rows: Sequence[ParameterFlow]) -> None:
        self.rows = tuple(rows)

    @property
    def weights(self) -> tuple[ParameterFlow, ...]:
        """The rows of matrices; biases and scales only where there are no matrices."""
        return tuple(row for row in self.rows if len(row.shape) > 1) or self.rows

    @property
    def ratio(self) -> float:
        """The gradient of the first layer's weights by that of the last; nan without any."""
        if not self.weights:
            return nan
        return _quotient(self.weights[0].gradient, self.weights[-1].gradient)

    @property
    def verdict(self) -> str:
        """``"healthy"``, ``"vanishing"``, ``"exploding"``, ``"not finite"`` or ``"no gradients"``.

        Gradients explode where the first layer has more than 1000 times the gradient of the last,
        or any layer one of more than 1000 times its weights, as it is with rectifiers, where all
        layers explode alike. They vanish where the first has less than 1/1000 of the last, or all
        have less than 1e-8 of their weights.
        """
        if not self.rows:
            return "no gradients"
        if not all(isfinite(row.gradient) for row in self.rows):
            return "not finite"
        if all(row.gradient == 0 for row in self.rows):
            return "vanishing"
        relative = [row.relative_gradient for row in self.weights if row.weight] or [1.0]
        if self.ratio > 1 / FADED or max(relative) > OVERWHELMING:
            return "exploding"
        return "vanishing" if self.ratio < FADED or max(relative) < IDLE else "healthy"

    @property
    def advice(self) -> str:
        """What to do about it, in a line."""
        return _ADVICE[self.verdict]

    def __str__(self) -> str:
        end = f"{self.verdict}: {self.advice}"
        if not self.rows:
            return end
        return f"{self._table()}\n{_RATIO} = {short(self.ratio)}\n{end}"

    def _table(self) -> str:
        has_updates = any(row.update is not None for row in self.rows)
        greatest = max((row.gradient for row in self.rows if isfinite(row.gradient)), default=0.0)
        table = []
        for row in self.rows:
            cells = [row.name, str(row.shape), short(row.weight), short(row.gradient)]
            if has_updates:
                cells += [short(row.update), short(row.relative_update)]
            table.append([*cells, _bar(row.gradient, greatest)])
        heads = ["parameter", "shape", "|weight|", "|gradient|"]
        if has_updates:
            heads += ["|update|", "|update|/|weight|"]
        return "\n".join(aligned([[*heads, ""], *table], "<<" + ">" * (len(heads) - 2) + "<"))

    def __repr__(self) -> str:
        return f"<gradient flow of {len(self.rows)} parameters: {self.verdict}>"


def gradient_flow(model: Module) -> GradientFlow:
    """The gradients that a backward pass has left, layer by layer.

    Sigmoids on top of each other make them vanish towards the input, large weights make them
    explode. The bars are on a logarithmic scale of six powers of ten.

    Raises ``TypeError`` for what is no Module.

    References
    ----------
    Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
    networks".

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn, optim
    >>> _ = twingrad.manual_seed(0)
    >>> layers = [layer for _ in range(9) for layer in (nn.Linear(4, 4), nn.Sigmoid())]
    >>> deep = nn.Sequential(*layers)
    >>> deep(twingrad.ones(8, 4)).sum().backward()
    >>> optim.gradient_flow(deep).verdict
    'vanishing'
    """
    return GradientFlow([*flows(checked_module(model, "gradient_flow"), {})])


def flows(model: Module, before: Mapping[str, NDArray[Any]]) -> Iterator[ParameterFlow]:
    """The norms of every parameter with a gradient, and of its change where it was known before."""
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            numbers = numbers_of(parameter)
            old = before.get(name)
            update = None if old is None else _norm(numbers - old)
            gradient = _norm(numbers_of(parameter.grad))
            yield ParameterFlow(name, numbers.shape, _norm(numbers), gradient, update)


def _norm(numbers: NDArray[Any]) -> float:
    with np.errstate(all="ignore"):  # in float32, squares above 1e38 would be infinite
        return vector_norm(numbers.astype(np.float64), 2)


def _quotient(a: float, b: float) -> float:
    if b:
        return a / b
    return inf if a else nan


def _bar(value: float, greatest: float) -> str:
    if not isfinite(value) or not value:
        return ""
    return "#" * max(1, round(_BAR * (1 + log10(value / greatest) / _DECADES)))
