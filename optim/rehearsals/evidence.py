"""What a dry run looks at: what goes through the layers, and some first steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from ...engine.handle import Handle
from ...engine.modes import no_grad
from ...nn import Module
from ...nn.backend import numbers_of
from ..arguments import parameters_of
from ..callbacks.base import Callback
from ..diagnostics import Diagnostics, UnitReport
from ..flow import GradientFlow
from ..lbfgs import LBFGS
from ..rprop import Rprop
from ..training.training import Training
from .sample import Sample

WHOLE = "model"
"""What a layer is called that is the whole model."""
SAME = 1e-6
"""Numbers that differ by less, as a share of the greatest, are the same but for rounding."""


class Layer(NamedTuple):
    """What went through a module that is not made of others.

    Attributes
    ----------
    name, kind : str
        Its path and class.
    has_state : bool
        Whether it has parameters or buffers.
    has_weights : bool
        Whether it has a matrix of weights, which its inputs are multiplied by.
    gain : float
        The root mean square of its outputs by that of its inputs; nan where these are 0.
    took_different, gave_different : bool
        Whether inputs and outputs differ from row to row.
    finite : bool
        Whether all outputs are finite.
    alike : bool
        Whether it has several units whose weights are all the same.
    below : array of bool
        Which outputs, along the last dimension, are 0 or less for all rows.
    """

    name: str
    kind: str
    has_state: bool
    has_weights: bool
    gain: float
    took_different: bool
    gave_different: bool
    finite: bool
    alike: bool
    below: NDArray[np.bool_]


class Probe(NamedTuple):
    """What a model makes of some rows, as it does in training.

    Attributes
    ----------
    output : operand of shape (N, ...)
    layers : list of Layer
        In the order in which they were called.
    last : Module or None
        What gave the output, if it is one of these.
    units : tuple of UnitReport
        The activations.
    """

    output: Any
    layers: list[Layer]
    last: Module | None
    units: tuple[UnitReport, ...]

    @property
    def matrices(self) -> list[Layer]:
        """The layers with a matrix of weights."""
        return [layer for layer in self.layers if layer.has_weights]


def probed(model: Module, x: Any) -> Probe:
    """What a model makes of inputs, dropout and the statistics of the batch included."""
    found: dict[str, tuple[Layer, Module, Any]] = {}
    handles: list[Handle] = []
    model.train()
    try:
        for name, module in model.named_modules():
            if not [*module.children()]:
                handles.append(module.register_forward_hook(_noting(name, found)))
        with no_grad(), Diagnostics(model) as watch:
            output = model(x)
    finally:
        for handle in handles:
            handle.remove()
    last = [module for _, module, given in found.values() if given is output]
    layers = [layer for layer, _, _ in found.values()]
    return Probe(output, layers, last[-1] if last else None, watch.units)


def _noting(
    name: str, found: dict[str, tuple[Layer, Module, Any]]
) -> Callable[[Module, Any, Any], None]:
    def note(module: Module, args: Any, output: Any) -> None:
        found.setdefault(name, (_layer(name, module, args, output), module, output))

    return note


def _layer(name: str, module: Module, args: Sequence[Any], output: Any) -> Layer:
    given = numbers_of(args[0]) if args else np.empty(0)
    made = numbers_of(output)
    own = [numbers_of(parameter) for parameter in module.parameters()]
    has_weights = given.dtype.kind == "f" and any(each.ndim > 1 for each in own)
    return Layer(
        name=name or WHOLE,
        kind=type(module).__name__,
        has_state=bool(own) or any(True for _ in module.buffers()),
        has_weights=has_weights,
        gain=_size(made) / (_size(given) or nan),
        took_different=differ(given),
        gave_different=differ(made),
        finite=bool(np.isfinite(made).all()),
        alike=has_weights and all(map(_is_of_equal_rows, own)),
        below=np.all(made <= 0, axis=tuple(range(made.ndim - 1))),
    )


def differ(numbers: NDArray[Any]) -> bool:
    """Whether the rows differ by more than rounding; what is not finite counts as different."""
    if not np.isfinite(numbers).all():
        return True
    rows = numbers.reshape(len(numbers), -1) if numbers.ndim else numbers.reshape(1, 1)
    greatest = float(np.abs(rows).max(initial=0.0))
    return bool(np.any(np.ptp(rows, axis=0) > SAME * greatest)) if rows.size else False


def _is_of_equal_rows(numbers: NDArray[Any]) -> bool:
    return len(numbers) > 1 and bool((numbers == numbers[0]).all())


def _size(numbers: NDArray[Any]) -> float:
    """The root mean square; 0 for no numbers."""
    if not numbers.size:
        return 0.0
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(np.square(numbers, dtype=np.float64))))


@final
class Steps(Callback):
    """Watches the steps of a training.

    Attributes
    ----------
    losses : list of float
        The loss before each step, with penalties; the last one may be no number.
    flows : list of GradientFlow
        Gradients and updates of each step that was made.
    whole_only : str
        The class of the optimizer if it is made for gradients of all rows; else empty.
    untrained, unused : list of str
        Trainable parameters that the optimizer does not have, and those without a gradient.
    """

    def __init__(self) -> None:
        self._watch: Diagnostics | None = None
        self.losses: list[float] = []
        self.flows: list[GradientFlow] = []
        self.whole_only = ""
        self.untrained: list[str] = []
        self.unused: list[str] = []

    def on_train_begin(self, training: Training) -> None:
        """Begin to watch, and compare the parameters of model and optimizer."""
        if isinstance(training.optimizer, LBFGS | Rprop):
            self.whole_only = type(training.optimizer).__name__
        known = {id(each) for each in parameters_of(training.optimizer)}
        self.untrained = [name for name, each in _trainable(training) if id(each) not in known]
        self._watch = Diagnostics(training.model, training.optimizer)

    def on_step_end(self, training: Training) -> None:
        """Note the loss and the gradients."""
        assert self._watch is not None
        self.losses.append(training.loss)
        self.flows.append(self._watch.flow)
        self.unused = [name for name, each in _trainable(training) if each.grad is None]

    def on_epoch_end(self, training: Training) -> None:
        """Note a loss that is no number, at which training ends."""
        if not isfinite(training.loss):
            self.losses.append(training.loss)

    def on_train_end(self, training: Training) -> None:
        """Watch no longer."""
        if self._watch is not None:
            self._watch.close()


def _trainable(training: Training) -> list[tuple[str, Any]]:
    named = training.model.named_parameters()
    return [(name, parameter) for name, parameter in named if parameter.requires_grad]


class DeadUnits(NamedTuple):
    """The units of a linear layer through which nothing flows back.

    Attributes
    ----------
    name : str
        The path of the layer.
    dead, units : int
        How many, and of how many.
    """

    name: str
    dead: int
    units: int

    @property
    def share(self) -> float:
        """The dead ones as a share of all."""
        return self.dead / self.units


class Changing(NamedTuple):
    """Losses of steps on changing batches.

    Attributes
    ----------
    usual : float
        The greatest loss of such batches before the first step.
    losses : list of float
        The losses before the steps, or means of some steps where batches are small; the last one
        may be no number.
    """

    usual: float
    losses: list[float]


@final
@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that a dry run has seen.

    Attributes
    ----------
    sample : Sample
    loss
        The function that was asked for, or chosen.
    weighted : bool
        Whether classes or rows have weights.
    start, end : Probe
        What the model makes of some rows before and after the steps; no ``end`` where there were
        none.
    start_loss : float
        The loss before the steps.
    constant_loss : float
        That of answers that are the same for all rows.
    dead : tuple of DeadUnits
        Of each linear layer before the last.
    changing : Changing or None
        None where there is but one batch.
    steps : Steps or None
        None where no step could be made.
    overfit : sequence of float
        The losses of further steps on one batch, if they were asked for.
    """

    sample: Sample
    loss: Any
    weighted: bool
    start: Probe
    end: Probe | None = None
    start_loss: float = nan
    constant_loss: float = nan
    dead: tuple[DeadUnits, ...] = ()
    changing: Changing | None = None
    steps: Steps | None = None
    overfit: Sequence[float] = ()

    @property
    def first_layer(self) -> str:
        """The first layer with weights."""
        return self.start.matrices[0].name if self.start.matrices else ""

    @property
    def last_layer(self) -> str:
        """The last layer with weights."""
        return self.start.matrices[-1].name if self.start.matrices else ""

    @property
    def last_called(self) -> str:
        """The module that was called last."""
        return self.start.layers[-1].name if self.start.layers else ""
