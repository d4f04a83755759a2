"""Gradients in float32 beside those in float64, of one function."""

from __future__ import annotations

import numpy as np

from .deciding import Decision
from .findings import Verdict
from .flat_function import FlatFunction, Vector
from .recording import Recorder

_SHARE = 1e-3
_MODERATE = 1e9
_OUTPUTS_AT_MOST = 32
_NEIGHBOURS = 4


def compare(
    single: FlatFunction,
    double: FlatFunction,
    recorder: Recorder,
    generator: np.random.Generator,
) -> None:
    """Judge a float32 gradient by the float64 one of the same function.

    What float32 loses depends on the formula, and is seen by no one: a number is wrong if it is
    off by more than a thousandth of what slopes and values there are, at neighbours as well, and
    the values themselves are not.

    Parameters
    ----------
    single, double : FlatFunction
        The function on its own inputs, and on float64 copies of them.
    recorder : Recorder
        Told of what is wrong.
    generator : numpy.random.Generator
        Chooses neighbours, and results if there are many.
    """
    known = np.flatnonzero(np.isfinite(single.center) & np.isfinite(double.center))
    chosen = generator.permutation(known)[:_OUTPUTS_AT_MOST]
    positions = [single.point, *_neighbours(single, generator)]
    for output in sorted(int(each) for each in chosen):
        cotangent = np.zeros(single.center.size)
        cotangent[output] = 1.0
        differences = [_difference(single, double, x, cotangent) for x in positions]
        suspected = np.all([found > allowed for _, _, found, allowed in differences], axis=0)
        analytic, exact, _, allowed = differences[0]
        for coordinate in np.flatnonzero(suspected):
            if not _is_settled(single, double, int(coordinate), output, exact):
                continue
            decision = Decision(
                Verdict.WRONG,
                float(exact[coordinate]),
                float(allowed[coordinate]),
                float(allowed[coordinate]),
                reason="in float64 the gradient is another one",
            )
            if not recorder.has_enough:
                recorder.element(
                    "reverse", int(coordinate), output, float(analytic[coordinate]), decision
                )


def _neighbours(function: FlatFunction, generator: np.random.Generator) -> list[Vector]:
    sizes = np.where(function.point == 0, 1.0, function.point)
    moves = generator.uniform(-1e-3, 1e-3, (_NEIGHBOURS, function.size))
    return [function.representable(function.point + each * sizes) for each in moves]


def _difference(
    single: FlatFunction, double: FlatFunction, position: Vector, cotangent: Vector
) -> tuple[Vector, Vector, Vector, Vector]:
    """Both gradients, how far they are apart, and how far they may be."""
    analytic, exact = (each.pulled(position, cotangent) for each in (single, double))
    plain = np.abs(exact[np.isfinite(exact)])
    values = np.abs(cotangent[cotangent != 0] @ double.values(position)[cotangent != 0])
    sizes = np.where(position == 0, 1.0, np.minimum(np.abs(position), 1.0))
    if double.order > 1:  # a gradient divides by whatever there is
        sizes = np.full(sizes.shape, sizes.min(initial=1.0))
    allowed = _SHARE * (np.maximum(plain.max(initial=0.0), 1.0) + values / sizes)
    return analytic, exact, np.abs(analytic - exact), allowed


def _is_settled(
    single: FlatFunction, double: FlatFunction, coordinate: int, output: int, exact: Vector
) -> bool:
    """Whether all numbers concerned are moderate, and the values the same."""
    values = single.center[output], double.center[output]
    sizes = np.abs([single.point[coordinate], exact[coordinate], *values])
    sizes = sizes[sizes != 0]
    moderate = np.all((sizes < _MODERATE) & (sizes > 1.0 / _MODERATE))
    return bool(moderate and abs(values[0] - values[1]) <= _SHARE * abs(values[1]))
