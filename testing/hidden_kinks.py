"""Kinks inside a graph, beyond which the chain rule gives no slope of the whole.

`relu(x) - relu(-x)` is x, but at 0 both terms choose the slope 0, and so does their difference,
where 1 would be right (Kakade and Lee 2018). No operation is wrong then, nor is the graph
anywhere else.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .findings import Judgement, Verdict
from .judging import judge
from .subject import FloatArray, Subject

if TYPE_CHECKING:
    from .report import Report

_REACH = 2.0**-10
_NEIGHBOURS = 3
_REASON = "the operations are right, and so is the whole nearby: the chain rule through a kink"


def is_hidden_kink(report: Report, subject: Subject, seed: int) -> bool:
    """Whether what is wrong is wrong just here, though every operation is right by itself."""
    blame = report.blame
    if report.violations or blame is None or blame.culprit or not blame.operations:
        return False
    generator = np.random.default_rng(seed)
    for _ in range(_NEIGHBOURS):
        near = copy(subject)
        near.inputs = tuple([_moved(each, generator) for each in subject.inputs])
        for judgement in judge(near, order=len(report.judgements), seed=seed):
            if judgement.counts[Verdict.WRONG] or not judgement.counts[Verdict.OK]:
                return False
    return True


def excused(judgement: Judgement) -> Judgement:
    """The same, with what was wrong at a kink."""
    counts = dict(judgement.counts)
    counts[Verdict.KINK] += counts[Verdict.WRONG]
    counts[Verdict.WRONG] = 0
    findings = [
        replace(each, verdict=Verdict.KINK, reason=_REASON)
        if each.verdict is Verdict.WRONG
        else each
        for each in judgement.findings
    ]
    return replace(judgement, counts=counts, findings=findings, worst=0.0)


def _moved(array: FloatArray, generator: np.random.Generator) -> FloatArray:
    sizes = np.where(array == 0, 1.0, np.abs(array))
    moves = generator.uniform(0.5, 1.0, array.shape) * generator.choice([-1.0, 1.0], array.shape)
    moved: FloatArray = (array + _REACH * sizes * moves).astype(array.dtype)
    return moved
