"""A quick look at one slope, to know where a thorough one is worth its time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .findings import Finding
from .subject import FloatArray, Subject

_STEPS = {np.dtype(np.float64): (1e-4, 1e-5), np.dtype(np.float32): (1e-2, 4e-3)}
_SAME = 1e-6


@np.errstate(all="ignore")
def looks_wrong(subject: Subject, seed: int = 0) -> bool:
    """Whether a sum of results has another slope along a direction in all inputs at once.

    A mistake in few of many elements is easily overlooked so, and a kink taken for a mistake.
    """
    draws = np.random.default_rng(seed)
    moves = [draws.choice([-1.0, -0.5, 0.5, 1.0], each.shape) for each in subject.inputs]
    values = subject.values(subject.inputs)
    weights = [draws.choice([-1.0, -0.5, 0.5, 1.0], each.shape) for each in values]
    return _differs(subject, moves, weights)


@np.errstate(all="ignore")
def looks_wrong_at(finding: Finding, subject: Subject) -> bool:
    """Whether a derivative that was found wrong seems to be so in a subject of other numbers."""
    moves = [np.zeros(each.shape) for each in subject.inputs]
    position = subject.input_names.index(finding.input)
    moves[position][finding.index or ...] = 1.0
    values = subject.values(subject.inputs)
    if finding.output_index is None:
        return _differs(subject, moves, [np.ones(each.shape) for each in values])
    weights = [np.zeros(each.shape) for each in values]
    weights[subject.output_names().index(finding.output)][finding.output_index] = 1.0
    return _differs(subject, moves, weights)


def _differs(subject: Subject, moves: Sequence[FloatArray], weights: Sequence[FloatArray]) -> bool:
    """Whether a slope differs from two differences by more than these from each other."""
    arrays = subject.inputs
    widest = np.result_type(*arrays)
    cotangents = [np.asarray(each, widest) for each in weights]
    gradients = subject.pull([each.copy() for each in arrays], cotangents)
    parts = [
        float(np.sum(gradient * move))
        for gradient, move in zip(gradients, moves, strict=True)
        if gradient is not None
    ]
    slopes = [_slope(subject, moves, weights, step) for step in _STEPS[widest]]
    allowed = 10 * abs(slopes[0] - slopes[1]) + _SAME * abs(slopes[1])
    return not abs(sum(parts) - slopes[1]) <= allowed  # which nan does not either


def _slope(
    subject: Subject, moves: Sequence[FloatArray], weights: Sequence[FloatArray], step: float
) -> float:
    """The central difference of a weighted sum of the results."""
    ends = []
    for length in (step, -step):
        moved = [
            (array + length * move).astype(array.dtype)
            for array, move in zip(subject.inputs, moves, strict=True)
        ]
        values = subject.values(moved)
        ends.append(sum(float(np.sum(w * v)) for w, v in zip(weights, values, strict=True)))
    return (ends[0] - ends[1]) / (2 * step)
