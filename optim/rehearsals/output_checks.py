"""Checks of a dry run on what the network gives: shapes, bounds, and whether it depends on x."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.wording import counted
from ...engine.modes import no_grad
from ...nn import Module, activations, losses
from ...nn.backend import numbers_of, twin_of
from ...nn.tables import short
from ..training.objective import fitted_target
from .diagnosis import Check, Finding
from .evidence import Evidence, differ

FAR = 1e4
"""Inputs of this size, and ten times it, show whether an activation has bounds."""
BEYOND = 0.1
"""How far targets may lie beyond the bounds of outputs, in standard deviations."""

_TAKE_ANY_NUMBERS = (losses.BCEWithLogitsLoss, losses.CrossEntropyLoss, losses.FocalLoss)
"""Losses that make probabilities of outputs themselves."""


def impossible_outputs(evidence: Evidence) -> Finding | None:
    """What keeps the loss from being computed, or from meaning anything; None if nothing does."""
    return _number_of_outputs(evidence) or _shape_of_outputs(evidence) or _raw_outputs(evidence)


def _number_of_outputs(evidence: Evidence) -> Finding | None:
    sample, output = evidence.sample, evidence.start.output
    if sample.kind != "classes" or sample.y.ndim != 1:
        return None
    made = output.shape[1] if output.ndim > 1 else 1
    count = max(int(sample.y.max()) + 1, len(sample.labels))
    possible = made if made > 1 or _takes_classes(evidence) else 2
    if count <= possible:
        return None
    layer = evidence.last_layer
    seen = f"layer {layer} gives {counted(made, 'output')} for {count} classes"
    return Finding("shape of outputs", layer, seen, f"let it give {count}, one for each class")


def _shape_of_outputs(evidence: Evidence) -> Finding | None:
    """Shapes that our losses refuse, and that functions would broadcast."""
    output = evidence.start.output
    target = fitted_target(evidence.loss, output, evidence.sample.probe.y)
    if numbers_of(target).dtype.kind in "iub" or output.shape == target.shape:
        return None
    if not isinstance(evidence.loss, losses.Loss) and not _make_pairs(output.shape, target.shape):
        return None
    layer = evidence.last_layer
    seen = f"layer {layer} gives outputs of shape {output.shape} for targets of {target.shape}"
    cure = "give both the same shape, and write classes as whole numbers"
    return Finding("shape of outputs", layer, seen, cure)


def _takes_classes(evidence: Evidence) -> bool:
    """Whether it is a loss of ours that takes classes as they are, not as 0. and 1."""
    target = fitted_target(evidence.loss, evidence.start.output, evidence.sample.probe.y)
    is_whole = numbers_of(target).dtype.kind in "iub"
    return isinstance(evidence.loss, losses.Loss) and is_whole


def _make_pairs(first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    """Whether each output would be compared with each target."""
    try:
        size = int(np.prod(np.broadcast_shapes(first, second)))
    except ValueError:
        return False
    return size > max(int(np.prod(first)), int(np.prod(second)))


def _raw_outputs(evidence: Evidence) -> Finding | None:
    """Whether a loss of probabilities is given others than that."""
    output = numbers_of(evidence.start.output).astype(np.float64)
    layer = evidence.last_layer
    if isinstance(evidence.loss, losses.BCELoss) and (output.min() < 0 or output.max() > 1):
        cure = "put a nn.Sigmoid behind it, or take nn.BCEWithLogitsLoss"
    elif isinstance(evidence.loss, losses.NLLLoss) and not _are_log_chances(output):
        cure = "put a nn.LogSoftmax behind it, or take nn.CrossEntropyLoss"
    else:
        return None
    seen = (
        f"layer {layer} gives numbers from {short(output.min())} to {short(output.max())} where "
        f"{type(evidence.loss).__name__} takes probabilities"
    )
    return Finding("raw outputs", layer, seen, cure)


def _are_log_chances(output: NDArray[Any]) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(np.exp(output).sum(axis=1) - 1) < 1e-3))


def check_outputs(evidence: Evidence) -> Check:
    """Whether outputs differ from row to row, and can be what targets are."""
    found = _bounded_outputs(evidence) or _constant_outputs(evidence)
    if found is not None:
        return Check("outputs", (found,), "")
    numbers = numbers_of(evidence.start.output)
    spread = short(float(np.std(numbers)))
    return Check("outputs", (), f"shape {numbers.shape}, standard deviation {spread}")


def _constant_outputs(evidence: Evidence) -> Finding | None:
    """Whether outputs are the same for all rows, before the steps and behind them."""
    probes = [evidence.start] + ([] if evidence.end is None else [evidence.end])
    if not differ(numbers_of(evidence.sample.probe.x)) or any(
        differ(numbers_of(probe.output)) for probe in probes
    ):
        return None
    layers = probes[-1].layers
    blind = [each for each in layers if not each.gave_different] or layers
    where = blind[0].name if blind else ""
    told = "gives" if not blind or blind[0].took_different else "gets, and gives,"
    seen = f"layer {where} {told} the same for all rows, and so does the network"
    cure = "look for what loses the inputs: weights of 0, units that are dead, a wrong forward"
    return Finding("constant outputs", where, seen, cure)


def _bounded_outputs(evidence: Evidence) -> Finding | None:
    """Whether an activation at the end keeps outputs from what the loss wants of them."""
    last = evidence.start.last
    if not isinstance(last, activations.Activation):
        return None
    if isinstance(last, activations.LogSoftmax):  # of its outputs, softmax gives the same again
        return None
    low, high = _bounds(last, evidence.start.output)
    layer, kind = evidence.last_called, type(last).__name__
    if isinstance(evidence.loss, _TAKE_ANY_NUMBERS):
        if low == -inf and high == inf:
            return None
        seen = f"{kind} {layer} keeps outputs from {short(low)} to {short(high)}, but the loss"
        return Finding("bounded outputs", layer, f"{seen} wants any numbers", "leave it out")
    if evidence.sample.kind == "classes":
        return None
    y = evidence.sample.y.astype(np.float64)
    slack = BEYOND * float(y.std())
    if y.min() >= low - slack and y.max() <= high + slack:
        return None
    seen = (
        f"{kind} {layer} keeps outputs from {short(low)} to {short(high)}, but "
        f"{evidence.sample.target} goes from {short(y.min())} to {short(y.max())}"
    )
    return Finding("bounded outputs", layer, seen, "leave it out, or scale the targets into it")


def _bounds(module: Module, output: Any) -> tuple[float, float]:
    """The least and the greatest number that an activation gives."""
    if isinstance(module, activations.Softmax | activations.Softmin):
        return 0.0, 1.0
    if isinstance(module, activations.GLU):
        return -inf, inf
    return _end(module, output, -FAR), _end(module, output, FAR)


def _end(module: Module, output: Any, far: float) -> float:
    """What an activation gives far out; infinity where it goes on growing."""
    given = numbers_of(output)[:1]
    with no_grad():
        near, farther = (
            float(numbers_of(module(_constant(given, each, output))).flat[0])
            for each in (far, 10 * far)
        )
    grows = abs(farther) > max(5 * abs(near), 0.05 * FAR)
    return float(np.copysign(inf, far)) if grows else farther


def _constant(like: NDArray[Any], number: float, operand: Any) -> Any:
    return twin_of(operand).operand(np.full_like(like, number), operand)
