"""What goes on in a network while it is trained: gradients, updates, and units, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from ..engine.handle import Handle
from ..nn import Module, activations
from ..nn.backend import numbers_of
from ..nn.tables import aligned, short
from .arguments import checked_module, checked_optimizer
from .flow import GradientFlow, flows, gradient_flow
from .optimizer import Optimizer

NEAR_BOUND = 0.05
"""How near to a bound, as a share of the range, an output counts as saturated."""
MANY = 0.5
"""From which share on dead and saturated units are told of."""

Bounds = Callable[[Any], tuple[float, float]]

_FLOORS: Mapping[type, Callable[[Any], float]] = MappingProxyType(
    {
        activations.ReLU: lambda module: 0.0,
        activations.ReLU6: lambda module: 0.0,
        activations.Hardswish: lambda module: 0.0,
        activations.Threshold: lambda module: module.value,
    }
)
"""What rectifiers give where their slope is 0."""

_BOUNDS: Mapping[type, Bounds] = MappingProxyType(
    {
        activations.Sigmoid: lambda module: (0.0, 1.0),
        activations.Hardsigmoid: lambda module: (0.0, 1.0),
        activations.Tanh: lambda module: (-1.0, 1.0),
        activations.Softsign: lambda module: (-1.0, 1.0),
        activations.Hardtanh: lambda module: (module.min_val, module.max_val),
    }
)
"""The bounds of the activations that have two, where their slope is near 0."""


@final
@dataclass(frozen=True, slots=True)
class UnitReport:
    """The units of one activation when it was last called.

    Attributes
    ----------
    name : str
        The path of the module.
    kind : str
        Its class.
    mean, std : float
        Of all outputs.
    dead : float or None
        For rectifiers, the share of units that gave 0 for every sample: nothing flows back
        through them, so that they stay dead. Units are along the last dimension of the output.
    saturated : float or None
        For functions with two bounds, the share of outputs within 5 % of one: the slope is near
        0 there.
    """

    name: str
    kind: str
    mean: float
    std: float
    dead: float | None
    saturated: float | None


@final
class Diagnostics:
    """Watches a model, and if given its optimizer, until it is closed.

    Use it in a ``with`` block, or call :meth:`close`. Printed, it is two tables with a verdict and
    what to do about it. A step takes longer while it is watched.

    Parameters
    ----------
    model : Module
        Its activation modules are watched whenever they are called; functions such as ``x.relu()``
        in a ``forward`` are not seen.
    optimizer : Optimizer, optional
        What each of its steps changes is measured.

    Raises
    ------
    TypeError
        If one of them is none.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn, optim
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> with optim.Diagnostics(model, optimizer) as watch:
    ...     model(twingrad.ones(4, 2)).sum().backward()
    ...     optimizer.step()
    >>> [unit.name for unit in watch.units], len(watch.flow.rows)
    (['1'], 4)
    """

    def __init__(self, model: Module, optimizer: Optimizer | None = None) -> None:
        self.model = checked_module(model, "Diagnostics")
        if optimizer is not None:
            checked_optimizer(optimizer, "Diagnostics")
        self._units: dict[str, UnitReport] = {}
        self._before: dict[str, NDArray[Any]] = {}
        self._last: GradientFlow | None = None
        self._handles: list[Handle] = [
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
        """The activations when they were last called, in the order of ``named_modules()``."""
        names = [name for name, _ in self.model.named_modules()]
        return tuple(self._units[name] for name in names if name in self._units)

    @property
    def flow(self) -> GradientFlow:
        """Gradients and updates at the last step, or the gradients now if there was none."""
        return gradient_flow(self.model) if self._last is None else self._last

    def close(self) -> None:
        """Stop watching; a second time it does nothing."""
        for handle in self._handles:
            handle.remove()

    def _noting(self, name: str) -> Callable[[Module, Any, Any], None]:
        def note(module: Module, args: Any, output: Any) -> None:
            numbers = numbers_of(output)
            if numbers.size:
                self._units[name] = _unit_report(name, module, numbers)

        return note

    def _note_weights(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        named = self.model.named_parameters()
        self._before = {name: numbers_of(parameter).copy() for name, parameter in named}

    def _note_updates(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self._last = GradientFlow([*flows(self.model, self._before)])
        self._before = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __str__(self) -> str:
        units = self.units
        return f"{self.flow}\n\n{_table(units)}" if units else str(self.flow)

    def __repr__(self) -> str:
        kind = type(self.model).__name__
        return f"<diagnostics of a {kind} with {len(self._units)} activations>"


def _table(units: Sequence[UnitReport]) -> str:
    heads = ("activation", "class", "mean", "std", "dead", "saturated")
    rows = [
        (
            unit.name,
            unit.kind,
            short(unit.mean),
            short(unit.std),
            _percent(unit.dead),
            _percent(unit.saturated),
        )
        for unit in units
    ]
    lines = aligned([heads, *rows], "<<>>>>")
    if any((unit.dead or 0) >= MANY for unit in units):
        lines.append("dead: try LeakyReLU, a smaller learning rate or Kaiming initialisation")
    if any((unit.saturated or 0) >= MANY for unit in units):
        lines.append("saturated: try smaller initial weights, normalisation or ReLU")
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _unit_report(name: str, module: Module, numbers: NDArray[Any]) -> UnitReport:
    floor, bounds = _FLOORS.get(type(module)), _BOUNDS.get(type(module))
    with np.errstate(all="ignore"):
        return UnitReport(
            name,
            type(module).__name__,
            float(numbers.mean(dtype=np.float64)),
            float(numbers.std(dtype=np.float64)),
            None if floor is None else _dead(numbers, floor(module)),
            None if bounds is None else _saturated(numbers, *bounds(module)),
        )


def _dead(numbers: NDArray[Any], floor: float) -> float:
    """The share of units that gave the floor for every sample."""
    units = numbers.reshape(-1, numbers.shape[-1] if numbers.ndim else 1)
    return float(np.all(units == floor, axis=0).mean())


def _saturated(numbers: NDArray[Any], low: float, high: float) -> float:
    """The share of numbers near a bound."""
    margin = NEAR_BOUND * (high - low)
    return float(np.mean((numbers <= low + margin) | (numbers >= high - margin)))
