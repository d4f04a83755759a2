"""Checks of a dry run on units and on the first steps: gradients, parameters, the learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan, sqrt
from statistics import median

from ...data.wording import counted, listed
from ...nn.tables import short
from ..diagnostics import MANY, UnitReport
from ..flow import GradientFlow, ParameterFlow
from .diagnosis import Check, Finding
from .evidence import WHOLE, DeadUnits, Evidence, Probe, Steps
from .loss_checks import STRONG

MOST = 0.9
"""From which share on dead units are told of in any layer."""
BY_CHANCE = 2.0
"""Behind the first layer half of the units may be dead at first, plus so much by root of units.

That is four standard deviations of the share where each is dead with probability 1/2.
"""
GROWN = 0.5
"""A loss that rises by this share, on the same rows, has grown."""
LATEST = 3
"""How many losses must have grown, the last ones."""
LEAP = 1.0
"""A loss that rises by this share on changing batches, and does not come back, has leapt."""
BACK = 0.9
"""It has come back where half of the later losses are below this share of the first."""
IDLE = 1e-6
"""Updates below this share of the weights change nothing within an epoch."""
FITTED = 0.1
"""A network that can learn takes the loss of a single batch below this share of the first."""

_REVIVING = "draw the weights before it anew, with biases of 0, or take nn.LeakyReLU"


def check_units(evidence: Evidence) -> Check:
    """Whether units answer to some rows at least, within their range, and differently."""
    start = evidence.start
    found = (
        _equal_units(evidence)
        or _saturated_units(evidence)
        or _dead_in_layers(evidence)
        or _dead_in_activations(start)
    )
    if found is not None:
        return Check("units", (found,), "")
    remark = counted(len(start.units), "activation module")
    worst = max(evidence.dead, key=lambda each: each.share, default=None)
    if worst is not None:
        where = f", in layer {worst.name}" if worst.dead else ""
        remark += f", at most {worst.share:.0%} dead{where}"
    return Check("units", (), remark)


def _equal_units(evidence: Evidence) -> Finding | None:
    """A layer whose units begin alike and stay so; in the last one, targets tell them apart."""
    later = evidence.start if evidence.end is None else evidence.end
    still = {layer.name for layer in later.matrices if layer.alike}
    before_last = evidence.start.matrices[:-1]
    alike = [each.name for each in before_last if each.alike and each.name in still]
    if not alike:
        return None
    seen = f"all units of layer {alike[0]} have the same weights, and remain alike"
    return Finding("equal units", alike[0], seen, "draw the weights at random, as nn.Linear does")


def _dead_in_layers(evidence: Evidence) -> Finding | None:
    """Linear layers with more dead units than come about by chance."""
    first = evidence.first_layer
    dead = [each for each in evidence.dead if each.share >= _most_dead(each, each.name == first)]
    if not dead:
        return None
    worst = dead[0]
    seen = (
        f"{worst.dead} of {counted(worst.units, 'unit')} of layer {worst.name} are 0 or below for "
        f"all {len(evidence.start.output)} rows, and no gradient passes them"
    )
    if dead[1:]:
        seen += f", as in layer {listed([each.name for each in dead[1:]])}"
    return Finding("dead units", worst.name, seen, _REVIVING)


def _most_dead(layer: DeadUnits, is_first: bool) -> float:
    return MANY if is_first else min(MOST, MANY + BY_CHANCE / sqrt(layer.units))


def _dead_in_activations(probe: Probe) -> Finding | None:
    """Rectifiers that are dead without a linear layer right before them, as behind a norm."""
    dead = [unit for unit in probe.units if (unit.dead or 0) >= MOST]
    if not dead:
        return None
    unit = dead[0]
    seen = (
        f"{unit.dead:.0%} of the units of {unit.kind} {unit.name} give 0 for all "
        f"{len(probe.output)} rows, so that no gradient passes{_also(dead)}"
    )
    return Finding("dead units", unit.name, seen, _REVIVING)


def _saturated_units(evidence: Evidence) -> Finding | None:
    probe, last = evidence.start, evidence.last_called
    full = [each for each in probe.units if (each.saturated or 0) >= MANY and each.name != last]
    if not full:
        return None
    unit = full[0]
    names = [layer.name for layer in probe.layers]
    before = [each for each in probe.layers[: names.index(unit.name)] if each.has_weights]
    seen = (
        f"{unit.saturated:.0%} of the outputs of {unit.kind} {unit.name} are at its bounds, where "
        f"it is flat{_also(full)}"
    )
    if before and before[-1].gain > STRONG:
        seen += f": layer {before[-1].name} gives {short(before[-1].gain)} times what it gets"
    return Finding("saturated units", unit.name, seen, "draw smaller weights, or normalize them")


def _also(units: Sequence[UnitReport]) -> str:
    return f", as in {listed([each.name for each in units[1:]])}" if len(units) > 1 else ""


def check_parameters(evidence: Evidence) -> Check:
    """Whether all parameters are trained."""
    steps = evidence.steps
    if steps is None:
        return Check("parameters", (), "no step was made", judged=False)
    findings = []
    if steps.untrained:
        where = _layers(steps.untrained)
        seen = f"the optimizer does not have {listed(steps.untrained)}"
        cure = "make it with model.parameters(), or freeze them with requires_grad_(False)"
        findings.append(Finding("untrained parameters", where, seen, cure))
    if steps.unused:
        seen = f"the loss does not depend on {listed(steps.unused)}"
        cure = "use the layer in forward, or leave it out of the model"
        findings.append(Finding("unused parameters", _layers(steps.unused), seen, cure))
    count = len(steps.flows[0].rows) if steps.flows else 0
    return Check("parameters", tuple(findings), f"all {count} get gradients and updates")


def _layers(parameters: Sequence[str]) -> str:
    """The layers that parameters are of."""
    return ", ".join(dict.fromkeys(_layer(name) for name in parameters))


def _layer(parameter: str) -> str:
    return parameter.rpartition(".")[0] or WHOLE


def check_gradients(evidence: Evidence) -> Check:
    """Whether gradients reach the first layer, in a size that goes with the weights."""
    flows = [] if evidence.steps is None else evidence.steps.flows
    if not flows:
        return Check("gradients", (), "no step was made", judged=False)
    first, last = flows[0], flows[-1]
    # what is only so at first, as behind a last layer of zeros, passes by itself
    verdict = first.verdict if first.verdict == last.verdict else "healthy"
    if verdict == "exploding":
        return Check("gradients", (_exploding(first),), "")
    if verdict == "vanishing":
        return Check("gradients", (_vanishing(last),), "")
    if verdict in ("not finite", "no gradients"):
        where = _layer(last.weights[0].name) if last.weights else evidence.last_layer
        found = Finding("vanishing gradients", where, f"there are {verdict}", last.advice)
        return Check("gradients", (found,), "")
    remark = f"that of the first layer is {short(first.ratio)} times that of the last"
    return Check("gradients", (), remark)


def _exploding(flow: GradientFlow) -> Finding:
    known = [row for row in flow.weights if row.weight]
    row = max(known, key=lambda row: row.relative_gradient)
    seen = (
        f"the gradient of layer {_layer(row.name)} is {short(row.relative_gradient)} times its "
        f"weights, and that of the first layer {short(flow.ratio)} times that of the last"
    )
    return Finding("exploding gradients", _layer(row.name), seen, flow.advice)


def _vanishing(flow: GradientFlow) -> Finding:
    row = flow.weights[0]
    seen = (
        f"the gradient of layer {_layer(row.name)} is {short(row.gradient)}, "
        f"{short(flow.ratio)} times that of layer {_layer(flow.weights[-1].name)}"
    )
    return Finding("vanishing gradients", _layer(row.name), seen, flow.advice)


def check_rate(evidence: Evidence) -> Check:
    """Whether the loss of one batch falls, and the updates go with the weights."""
    steps = evidence.steps
    if steps is None or not steps.flows:
        return Check("rate", (), "no step was made", judged=False)
    found = _too_fast(evidence, steps) or _too_slow(steps)
    if found is not None:
        return Check("rate", (found,), "")
    moved = [_moved(row) for row in _matrices(steps.flows[-1])] or [nan]
    remark = (
        f"one batch: loss {short(steps.losses[0])} to {short(steps.losses[-1])}, "
        f"{_changing(evidence)}updates {min(moved):.1g} to {max(moved):.1g} of the weights"
    )
    return Check("rate", (), remark)


def _changing(evidence: Evidence) -> str:
    if evidence.changing is None:
        return ""
    later = median(_later(evidence.changing.losses))
    return f"changing ones: {short(evidence.start_loss)} to {short(later)}, "


def _too_fast(evidence: Evidence, steps: Steps) -> Finding | None:
    begin, end = steps.losses[0], steps.losses[-1]
    usual = max(begin, evidence.constant_loss)
    size = max(abs(begin), abs(evidence.constant_loss))
    died = _died(evidence)
    # with dropout, a few rows may have a great loss by chance, but not again and again
    fell = isfinite(end) and min(steps.losses[-LATEST:]) <= usual + GROWN * size
    leap = _leap(evidence)
    if fell and not leap and not died:
        return None
    seen = f"the loss of one batch went from {short(begin)} to {short(end)}"
    if fell and leap:
        seen = leap
    row = max(_matrices(steps.flows[0]), key=_moved, default=None)
    where = evidence.last_layer if row is None else _layer(row.name)
    if row is not None:
        seen += f", the first update is {_moved(row):.0%} of layer {where}"
    if died:
        seen += f", and {died} died"
    cure = "take a smaller learning rate, such as optim.lr_find suggests"
    if fell and leap and steps.whole_only:
        cure = f"pass batch_size='all', for which {steps.whole_only} is made"
    return Finding("rate too high", where, seen, cure)


def _leap(evidence: Evidence) -> str:
    """How the loss grows on changing batches, if it does not come back."""
    if evidence.changing is None:
        return ""
    usual, losses = max(evidence.changing.usual, evidence.constant_loss), evidence.changing.losses
    size = max(abs(usual), abs(evidence.constant_loss))
    limit = usual + LEAP * size
    later = _later(losses)
    worst = losses[-1] if not isfinite(losses[-1]) else max(losses)
    if worst <= limit:
        return ""
    if max(later) <= limit and median(later) <= usual - (1 - BACK) * size:
        return ""
    return f"on changing batches the loss went from {short(losses[0])} to {short(worst)}"


def _later(losses: Sequence[float]) -> Sequence[float]:
    """The second half."""
    return losses[len(losses) // 2 :]


def _too_slow(steps: Steps) -> Finding | None:
    greatest = max((_moved(row) for flow in steps.flows for row in _matrices(flow)), default=nan)
    if not greatest < IDLE:
        return None
    row = max(_matrices(steps.flows[0]), key=_moved)
    seen = f"no update is more than {short(greatest)} of the weights"
    cure = "take a greater learning rate, such as optim.lr_find suggests"
    return Finding("rate too low", _layer(row.name), seen, cure)


def check_overfit(evidence: Evidence) -> Check | None:
    """Whether the network can learn a single batch by heart; None if that was not asked."""
    losses = evidence.overfit
    if not losses:
        return None
    if not evidence.constant_loss > 0:
        return Check("overfit", (), "there is no least loss to compare with", judged=False)
    least = min(losses)
    aim = FITTED * evidence.constant_loss
    seen = f"the loss of one batch fell to {short(least)} in {counted(len(losses), 'more step')}"
    if least <= aim:
        return Check("overfit", (), seen)
    verdict = f"{seen}, where {short(aim)} would show that the network can learn it by heart"
    cure = "try more steps, another rate, wider layers, less dropout or regularization"
    return Check("overfit", (Finding("no overfitting", evidence.last_layer, verdict, cure),), "")


def _matrices(flow: GradientFlow) -> list[ParameterFlow]:
    """The rows of matrices whose update was measured and has a size."""
    return [row for row in flow.weights if isfinite(_moved(row))]


def _moved(row: ParameterFlow) -> float:
    """The update as a share of the weights."""
    return nan if row.relative_update is None else row.relative_update


def _died(evidence: Evidence) -> str:
    """The activation whose units died in the steps, if there is one."""
    if evidence.end is None:
        return ""
    before = {unit.name: unit.dead or 0.0 for unit in evidence.start.units}
    for unit in evidence.end.units:
        if (unit.dead or 0.0) >= MOST > before.get(unit.name, 1.0):
            return f"{unit.dead:.0%} of the units of {unit.kind} {unit.name}"
    return ""
