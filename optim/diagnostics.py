"""What goes on in a network while it is trained: gradients, updates, and units, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from ..nn import Module, activations
from ..nn.state import plain
from .optimizer import Optimizer
from .stopping import snapshot
from .tables import aligned, short

VANISHING = 1e-3
"""A gradient that many times smaller in the first layer than in the last has vanished."""

NEAR_BOUND = 0.05
"""How near to a bound, as a share of the range, a unit counts as saturated."""


@dataclass(frozen=True, slots=True)
class ParameterFlow:
    """Root mean squares of one parameter; nan where there is nothing to be measured.

    Attributes
    ----------
    name : str
        The path of the parameter.
    shape : tuple of int
        Its shape.
    weight, gradient, update : float
        Of its numbers, of its gradient, and of what the last step changed.
    """

    name: str
    shape: tuple[int, ...]
    weight: float
    gradient: float
    update: float

    @property
    def relative_update(self) -> float:
        """The update as a share of the weight; about 1e-3 is healthy."""
        return self.update / self.weight if self.weight else inf


@dataclass(frozen=True, slots=True)
class UnitReport:
    """The units of one activation in the last forward pass.

    Attributes
    ----------
    name : str
        The path of the module.
    kind : str
        Its class.
    mean, std : float
        Of all outputs.
    dead : float
        The share of units that gave 0 for every sample: nothing flows back through a dead ReLU.
    saturated : float
        The share of outputs near a bound of the function, where its slope is near 0.
    """

    name: str
    kind: str
    mean: float
    std: float
    dead: float
    saturated: float


@final
class GradientFlow:
    """The gradients of all parameters, from the input to the output: see :func:`gradient_flow`.

    Attributes
    ----------
    rows : tuple of ParameterFlow
        One for each parameter that has a gradient.
    """

    def __init__(self, rows: Sequence[ParameterFlow]) -> None:
        self.rows = tuple(rows)

    @property
    def weights(self) -> tuple[ParameterFlow, ...]:
        """The rows of matrices: biases and scales are left out."""
        return tuple(row for row in self.rows if len(row.shape) > 1)

    @property
    def ratio(self) -> float:
        """The gradient of the first layer's weights by that of the last; nan without layers."""
        weights = self.weights
        if not weights:
            return float("nan")
        first, last = weights[0].gradient, weights[-1].gradient
        return first / last if last else (inf if first else float("nan"))

    @property
    def verdict(self) -> str:
        """In a word: ``"healthy"``, ``"vanishing"``, ``"exploding"`` or ``"not finite"``."""
        if any(not isfinite(row.gradient) for row in self.rows):
            return "not finite"
        ratio = self.ratio
        if ratio < VANISHING or all(row.gradient == 0 for row in self.rows):
            return "vanishing"
        return "exploding" if ratio > 1 / VANISHING else "healthy"

    def __str__(self) -> str:
        greatest = max((row.gradient for row in self.rows if isfinite(row.gradient)), default=0.0)
        lines = [
            [
                row.name,
                str(row.shape),
                short(row.weight),
                short(row.gradient),
                short(row.update),
                _bar(row.gradient, greatest),
            ]
            for row in self.rows
        ]
        table = aligned(["parameter", "shape", "weight", "gradient", "update", ""], lines)
        return f"{table}\nfirst layer / last layer: {short(self.ratio)} ({self.verdict})"

    def __repr__(self) -> str:
        return f"<gradient flow of {len(self.rows)} parameters: {self.verdict}>"


def gradient_flow(model: Module) -> GradientFlow:
    """The gradients that a backward pass has left, layer by layer.

    Sigmoids and tanhs on top of each other make them vanish towards the input, large weights make
    them explode.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn, optim
    >>> layers = [layer for _ in range(9) for layer in (nn.Linear(4, 4), nn.Sigmoid())]
    >>> deep = nn.Sequential(*layers)
    >>> deep(twingrad.ones(8, 4)).sum().backward()
    >>> optim.gradient_flow(deep).verdict
    'vanishing'
    """
    return GradientFlow([*_flows(model, {})])


def _flows(model: Module, before: dict[str, NDArray[Any]]) -> Any:
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            continue
        numbers = np.asarray(plain(parameter))
        old = before.get(name)
        update = float("nan") if old is None or old.shape != numbers.shape else _rms(numbers - old)
        gradient = _rms(np.asarray(plain(parameter.grad)))
        yield ParameterFlow(name, numbers.shape, _rms(numbers), gradient, update)


@final
class Diagnostics:
    """Watches a model, and if given its optimizer, until it is closed.

    Parameters
    ----------
    model : Module
        Its activation modules are watched in every forward pass.
    optimizer : Optimizer, optional
        What each of its steps changes is measured.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn, optim
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> with optim.Diagnostics(model, optim.SGD(model.parameters(), lr=0.1)) as watch:
    ...     model(twingrad.ones(4, 2)).sum().backward()
    >>> [unit.name for unit in watch.units]
    ['1']
    """

    def __init__(self, model: Module, optimizer: Optimizer | None = None) -> None:
        self.model = model
        self._units: dict[str, UnitReport] = {}
        self._before: dict[str, NDArray[Any]] = {}
        self._last: GradientFlow | None = None
        self._handles: list[Any] = [
            module.register_forward_hook(self._noting(name))
            for name, module in model.named_modules()
            if isinstance(module, activations.Activation)
        ]
        if optimizer is not None:
            self._handles += [
                optimizer.register_step_pre_hook(self._note_weights),
                optimizer.register_step_post_hook(self._note_updates),
            ]

    @property
    def units(self) -> tuple[UnitReport, ...]:
        """The activations in the last forward pass, from the input to the output."""
        return tuple(
            self._units[name] for name, _ in self.model.named_modules() if name in self._units
        )

    @property
    def flow(self) -> GradientFlow:
        """Gradients and updates at the last step, or the gradients now if there was none."""
        return self._last or gradient_flow(self.model)

    def close(self) -> None:
        """Stop watching; a second time it does nothing."""
        for handle in self._handles:
            handle.remove()

    def _noting(self, name: str) -> Any:
        def note(module: Module, args: Any, output: Any) -> None:
            numbers = np.asarray(plain(output))
            if numbers.size:
                self._units[name] = _unit_report(name, module, numbers)

        return note

    def _note_weights(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self._before = snapshot(self.model)

    def _note_updates(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self._last = GradientFlow([*_flows(self.model, self._before)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __str__(self) -> str:
        lines = [
            [
                unit.name,
                unit.kind,
                short(unit.mean),
                short(unit.std),
                f"{unit.dead:.0%}",
                f"{unit.saturated:.0%}",
            ]
            for unit in self.units
        ]
        units = aligned(["activation", "kind", "mean", "std", "dead", "saturated"], lines)
        return f"{self.flow}\n\n{units}" if lines else str(self.flow)


def _unit_report(name: str, module: Module, numbers: NDArray[Any]) -> UnitReport:
    units = numbers.reshape(-1, numbers.shape[-1]) if numbers.ndim else numbers.reshape(1, 1)
    dead = float(np.mean(np.all(units == 0, axis=0)))
    return UnitReport(
        name,
        type(module).__name__,
        float(numbers.mean()),
        float(numbers.std()),
        dead,
        _saturated(module, numbers),
    )


def _saturated(module: Module, numbers: NDArray[Any]) -> float:
    """The share of numbers near a bound; 0 for a function without two bounds."""
    bounds = BOUNDS.get(type(module))
    if bounds is None:
        return 0.0
    low, high = bounds(module)
    margin = NEAR_BOUND * (high - low)
    return float(np.mean((numbers <= low + margin) | (numbers >= high - margin)))


BOUNDS: dict[type, Any] = {
    activations.Sigmoid: lambda module: (0.0, 1.0),
    activations.Hardsigmoid: lambda module: (0.0, 1.0),
    activations.Tanh: lambda module: (-1.0, 1.0),
    activations.Softsign: lambda module: (-1.0, 1.0),
    activations.Hardtanh: lambda module: (module.min_val, module.max_val),
    activations.ReLU6: lambda module: (0.0, 6.0),
}
"""The bounds of the activations that have two."""


def _rms(numbers: NDArray[Any]) -> float:
    return sqrt(float(np.mean(np.square(numbers, dtype=np.float64)))) if numbers.size else 0.0


def _bar(value: float, greatest: float) -> str:
    """A bar on a logarithmic scale of six decades."""
    if not isfinite(value) or not greatest or not value:
        return ""
    return "#" * max(1, round(12 + 2 * np.log10(value / greatest)))
