"""Checks of a dry run on what the network is given: inputs and targets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.wording import counted, listed
from ...nn import losses
from ...nn.backend import numbers_of
from ...nn.tables import short
from .diagnosis import Check, Finding
from .evidence import Evidence
from .sample import Sample

GREAT = 10.0
"""Numbers with a greater standard deviation or mean drown out the others."""
LITTLE = 0.1
"""Inputs whose standard deviation is smaller in all hardly move a network."""
LOST = 0.01
"""A column that never leaves its mean by more is lost among the others."""
RARE = 0.1
"""A class with less than this share of the rows of the most frequent one is rarely learned."""
MOST_NUMBERS = 1 << 24
"""Of more inputs than that, only every so many rows are looked at."""
UNLIKELY = 1e-4
"""Rows of one class alone are no chance where that is less probable."""

_SCALING = "scale them with data.Preparation, or subtract the mean and divide by the deviation"
_SHOWN = 3


def check_inputs(evidence: Evidence) -> Check:
    """Whether inputs are finite, spread about 1, and none of them constant."""
    sample = evidence.sample
    if sample.x.dtype.kind != "f" or not sample.x.size:
        return Check("inputs", (), f"whole numbers of shape {sample.x.shape}")
    finite = np.isfinite(sample.x)
    if not finite.all():
        place = np.unravel_index(int(finite.argmin()), finite.shape)
        return Check("inputs", (_not_finite(sample, tuple(map(int, place))),), "")
    columns = _columns(sample.x)
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    findings = _constant_inputs(sample, columns)
    first = next((layer for layer in evidence.start.layers if layer.has_state), None)
    if first is None or not first.kind.startswith("BatchNorm"):
        findings = _unscaled_inputs(evidence, columns) + findings
    remark = (
        f"{counted(columns.shape[1], 'feature')}, means {short(mean.min())} to "
        f"{short(mean.max())}, standard deviations up to {short(spread.max())}"
    )
    return Check("inputs", tuple(findings), remark)


def _columns(x: NDArray[Any]) -> NDArray[Any]:
    """The features, or all numbers of images and the like, of which any may be constant."""
    rows = x[:: -(-x.size // MOST_NUMBERS)]
    shape = (-1, 1) if x.ndim != 2 else rows.shape
    columns: NDArray[Any] = rows.reshape(shape).astype(np.float64)
    return columns


def _not_finite(sample: Sample, place: tuple[int, ...]) -> Finding:
    name = sample.feature(place[1:])
    return Finding(
        "inputs not finite",
        name,
        f"{name} is {sample.x[place]} in row {place[0]}",
        "fill in what is missing with data.Preparation, or leave the row out",
    )


def _unscaled_inputs(evidence: Evidence, columns: NDArray[Any]) -> list[Finding]:
    layer = evidence.first_layer
    mean, spread = np.abs(columns.mean(axis=0)), columns.std(axis=0)
    varied = np.ptp(columns, axis=0) > 0
    great = varied & ((spread > GREAT) | _is_far(mean, spread))
    lost = varied & (np.ptp(columns, axis=0) < LOST) & ~_mostly_constant(columns)
    overall = float(np.sqrt(np.mean(np.square(spread[varied])))) if varied.any() else 1.0
    if overall < LITTLE and not great.any():
        seen = f"the inputs of layer {layer} are small, of standard deviation {short(overall)}"
        return [Finding("unscaled inputs", layer, seen, _SCALING)]
    which = (great | lost).nonzero()[0]
    if not len(which):
        return []
    worst = which[np.argsort(-_strangeness(mean, spread)[which], kind="stable")]
    names = _names(evidence.sample, worst)
    shown = "; ".join(
        f"{name} has mean {short(columns[:, each].mean())} and standard deviation "
        f"{short(spread[each])}"
        for name, each in zip(names, worst[:_SHOWN], strict=False)
    )
    more = f"; {len(worst) - _SHOWN} more are like that" if len(worst) > _SHOWN else ""
    seen = f"the inputs of layer {layer} are not of a size: {shown}{more}"
    return [Finding("unscaled inputs", ", ".join(names[:_SHOWN]), seen, _SCALING)]


def _mostly_constant(columns: NDArray[Any]) -> Any:
    """Whether more than half of the rows have the least number or the greatest, as rare marks."""
    ends = (columns == columns.min(axis=0)) | (columns == columns.max(axis=0))
    return ends.mean(axis=0) > 0.5


def _is_far(mean: Any, spread: Any) -> Any:
    """Whether means are far from 0, or so far beside the deviation that this is lost."""
    return (mean > GREAT) | ((mean > 1) & (mean > GREAT * spread))


def _strangeness(mean: NDArray[Any], spread: NDArray[Any]) -> NDArray[Any]:
    """How many times columns are too great, or too small."""
    size = np.hypot(mean, spread)
    strangeness: NDArray[Any] = np.maximum(size, 1 / np.maximum(size, 1e-300))
    return strangeness


def _constant_inputs(sample: Sample, columns: NDArray[Any]) -> list[Finding]:
    """Columns with one number; 0 does no harm, and is what Preparation makes of such columns."""
    which = ((np.ptp(columns, axis=0) == 0) & (columns[0] != 0)).nonzero()[0]
    if not len(which):
        return []
    names = _names(sample, which)
    numbers = listed([float(short(columns[0, each])) for each in which])
    verb, them = ("is", "it") if len(names) == 1 else ("are", "them")
    seen = f"{listed(names)} {verb} the same in all {len(columns)} rows, {numbers}"
    cure = f"leave {them} out, which loses nothing"
    return [Finding("constant inputs", ", ".join(names[:_SHOWN]), seen, cure)]


def _names(sample: Sample, which: NDArray[Any]) -> list[str]:
    is_table = sample.x.ndim == 2
    return [sample.feature((int(each),) if is_table else ()) for each in which]


def check_targets(evidence: Evidence) -> Check:
    """Whether targets have something to learn in them: classes that occur, numbers about 1."""
    if evidence.sample.kind == "classes":
        return _check_classes(evidence)
    return _check_numbers(evidence)


def _check_classes(evidence: Evidence) -> Check:
    sample = evidence.sample
    if sample.y.ndim != 1 or sample.y.min() < 0:
        return Check("targets", (), f"classes of shape {sample.y.shape}")
    counts = np.bincount(sample.y, minlength=len(sample.labels))
    names = [str(each) for each in sample.labels] or [str(each) for each in range(len(counts))]
    rarest, commonest = int(counts.argmin()), int(counts.argmax())
    findings = []
    if counts[rarest] < RARE * counts[commonest] and not evidence.weighted:
        seen = (
            f"of {len(sample.y)} rows {counts[rarest]} are of class {names[rarest]!r}, and "
            f"{counts[commonest]} of {names[commonest]!r}"
        )
        cure = "pass class_weight='balanced', or look at more than the accuracy"
        findings.append(Finding("class imbalance", names[rarest], seen, cure))
    batch = numbers_of(sample.batch.y)
    chance = float(((counts / len(sample.y)) ** len(batch)).sum())
    if (batch == batch[0]).all() and chance < UNLIKELY:
        name = names[int(batch[0])]
        seen = f"all {len(batch)} rows of the first batch are of class {name!r}"
        cure = "shuffle the rows, with DataLoader(..., shuffle=True)"
        findings.append(Finding("sorted rows", name, seen, cure))
    remark = f"{len(counts)} classes with {counts.min()} to {counts.max()} rows"
    return Check("targets", tuple(findings), remark)


def _check_numbers(evidence: Evidence) -> Check:
    sample = evidence.sample
    y = sample.y.reshape(len(sample.y), -1).astype(np.float64)
    bad = ~np.isfinite(y).all(axis=1)
    if bad.any():
        seen = f"{sample.target} is no number in row {int(bad.argmax())}"
        found = Finding("targets not finite", sample.target, seen, "leave the row out")
        return Check("targets", (found,), "")
    mean, spread = float(np.abs(y.mean(axis=0)).max()), float(y.std(axis=0).max())
    kind = None
    if spread == 0:
        kind, cure = "constant targets", "look for the right column: there is nothing to learn"
    elif not isinstance(evidence.loss, losses.PoissonNLLLoss) and (
        spread > GREAT or _is_far(mean, spread) or spread < LOST
    ):
        kind, cure = (
            "unscaled targets",
            "scale it with data.Preparation, and predictions back with inverse_target",
        )
    seen = f"mean {short(float(y.mean()))} and standard deviation {short(spread)}"
    if kind is None:
        return Check("targets", (), f"numbers with {seen}")
    verdict = f"{sample.target}, which layer {evidence.last_layer} has to give, has {seen}"
    return Check("targets", (Finding(kind, sample.target, verdict, cure),), "")
