"""Checks of a dry run on the loss before the first step."""

from __future__ import annotations

from math import isfinite, log
from typing import Any

import numpy as np

from ...engine.modes import no_grad
from ...nn import losses
from ...nn.backend import numbers_of, twin_of
from ...nn.tables import short
from ..training.objective import Objective, fitted_target
from .diagnosis import Check, Finding
from .evidence import Evidence
from .sample import Sample

TOO_HIGH = 3.0
"""A first loss so many times that of constant answers comes from outputs that are too large.

Of numbers it is the square of that, as losses of numbers are mostly squares.
"""
TOO_LOW = 0.3
"""A first loss of less than this share of it is too good to be true."""
NEAR = 1.5
"""Losses that differ by no greater factor are called near."""
STRONG = 4.0
"""A layer whose outputs are so many times its inputs has too large weights."""

_OF_CHANCES = (
    losses.BCELoss,
    losses.BCEWithLogitsLoss,
    losses.CrossEntropyLoss,
    losses.NLLLoss,
)
_SMALLER = "draw smaller weights, as nn.Linear does, or put a nn.BatchNorm1d behind it"


def constant_loss(sample: Sample, objective: Objective, output: Any) -> float:
    """The loss of answers that are the same for all rows: equal chances, or the mean."""
    loss = objective.chosen(output)
    target = fitted_target(loss, output, sample.probe.y)
    answers = np.zeros(output.shape)
    if isinstance(loss, losses.NLLLoss):
        answers -= log(output.shape[1])
    elif isinstance(loss, losses.BCELoss):
        answers += 0.5
    elif sample.kind == "numbers" and target.shape == output.shape:
        mean = numbers_of(target).mean(axis=0)
        takes_logs = isinstance(loss, losses.PoissonNLLLoss) and loss.log_input
        answers += np.log(mean) if takes_logs else mean
    constant = twin_of(output).operand(answers.astype(numbers_of(output).dtype), output)
    with no_grad(), np.errstate(all="ignore"):
        return float(objective(constant, sample.probe.y, sample.probe.weights).item())


def check_loss(evidence: Evidence) -> Check:
    """Whether the loss begins about where that of constant answers is."""
    begin, constant = evidence.start_loss, evidence.constant_loss
    if not isfinite(begin):
        return Check("loss", (_without_number(evidence),), "")
    name = _name_of_constant(evidence)
    seen = f"the loss begins at {short(begin)}"
    if not isfinite(constant) or constant <= 0:
        return Check("loss", (), seen)
    limit = TOO_HIGH if evidence.sample.kind == "classes" else TOO_HIGH**2
    if begin > limit * constant:
        return Check("loss", (_too_high(evidence, f"{seen}, far above {name}"),), "")
    if begin < TOO_LOW * _least_honest(evidence):
        cure = "look for the target among the inputs with data.leaks, unless it was trained"
        verdict = f"{seen}, far below {name}: the network knows the answers already"
        found = Finding("loss too low", evidence.last_layer, verdict, cure)
        return Check("loss", (found,), "")
    times = begin / constant
    place = "near" if 1 / NEAR <= times <= NEAR else f"{short(times)} times"
    return Check("loss", (), f"{seen}, {place} {name}")


def _without_number(evidence: Evidence) -> Finding:
    guilty = [layer for layer in evidence.start.layers if not layer.finite]
    where = guilty[0].name if guilty else evidence.last_layer
    seen = f"the loss is {evidence.start_loss} before the first step"
    if guilty:
        seen += f": layer {where} is the first with outputs that are not finite"
    return Finding("loss not finite", where, seen, "find the operation with detect_anomaly()")


def _too_high(evidence: Evidence, seen: str) -> Finding:
    strongest = max(evidence.start.matrices, key=lambda layer: layer.gain, default=None)
    if strongest is None or not strongest.gain > STRONG:
        size = short(float(np.std(numbers_of(evidence.start.output))))
        seen += f": the outputs of layer {evidence.last_layer} have standard deviation {size}"
        return Finding("loss too high", evidence.last_layer, seen, _SMALLER)
    seen += f": what layer {strongest.name} gives is {short(strongest.gain)} times what it gets"
    return Finding("loss too high", strongest.name, seen, _SMALLER)


def _name_of_constant(evidence: Evidence) -> str:
    """What the loss of constant answers is called."""
    loss, constant = evidence.loss, short(evidence.constant_loss)
    output = evidence.start.output
    if isinstance(loss, losses.MSELoss):
        return f"the variance of the targets, {constant}"
    if isinstance(loss, losses.CrossEntropyLoss | losses.NLLLoss):
        count = output.shape[1]
        if abs(evidence.constant_loss - log(count)) < 1e-3:
            return f"ln {count} = {constant}, that of equal chances"
    if isinstance(loss, losses.BCELoss | losses.BCEWithLogitsLoss):
        return f"ln 2 = {constant}, that of equal chances"
    return f"{constant}, that of constant answers"


def _least_honest(evidence: Evidence) -> float:
    """The least loss of constant answers, as biases that know the shares of classes have it."""
    y = evidence.sample.y
    if not isinstance(evidence.loss, _OF_CHANCES) or y.dtype.kind == "f" or y.ndim != 1:
        return evidence.constant_loss
    shares = np.unique(y, return_counts=True)[1] / len(y)
    return min(evidence.constant_loss, float(-(shares * np.log(shares)).sum()))
