"""A thorough look along one line: many steps, other ladders, and the neighbours, before "wrong"."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .deciding import Decision, decide
from .differences import slopes
from .findings import Verdict
from .flat_function import Vector
from .ladder import ladder
from .lines import Line, sampled
from .modes import one
from .witnesses import Nearby

Analytic = Callable[[Vector, int], float]
"""The author's derivative along a line, at any position, of one output."""

_LADDERS = ((8.0, 1.0), (2.3, 0.77))
"""Ratios of steps, and shares of the scale that they begin at."""

_PLAIN = 1e75
"""Numbers up to this size, and down to its inverse, can be multiplied without a thought."""

_SEEN_AT_LEAST = 4
_REACHES = (0.25, 0.3, 0.35, 0.4, 0.45)
"""How far neighbours are, as powers of the resolution: 1e-4 to 1e-7 of their size in float64.

Slopes of a smooth function come together as the neighbours do; beside a kink they never do.
"""

_CANCELLED = 64.0
"""How many last bits of the largest numbers concerned may be lost where they cancel."""

_FAINT = 1e-10
_APART = 2.0**-7
_FEW = 8
"""Numbers this small, where values stay the same, are rounding if others of so many neighbours,
so far apart, have another sign."""

_UNSETTLED = (Verdict.WRONG, Verdict.UNKNOWN)


class Question(NamedTuple):
    """A line, and what is known of it.

    Attributes
    ----------
    line : Line
    size, resolution : float
        The largest size of a moved element, and its machine epsilon: they bound steps from below.
    sizes : list of float
        The scales that the function may change on.
    at : function
        The author's derivative along the line.
    """

    line: Line
    size: float
    resolution: float
    sizes: list[float]
    at: Analytic


def examine(question: Question, analytic: Vector, outputs: list[int]) -> list[Decision]:
    """Decide on the derivatives of some outputs along a line, as surely as can be.

    Parameters
    ----------
    question : Question
    analytic : array (outputs,)
        The author's derivatives, of all outputs.
    outputs : list of int
        Those to decide on.
    """
    decisions: dict[int, Decision] = {}
    left = outputs
    for ratio, offset in _LADDERS:
        decisions |= _measured(question, analytic, left, ratio, offset)
        left = [each for each in left if decisions[each].verdict in _UNSETTLED]
        if not left:
            break
    for output in left:
        if decisions[output].is_wrong:
            decisions[output] = _confirmed(question, analytic[output], output, decisions[output])
    return [decisions[each] for each in outputs]


def _measured(
    question: Question, analytic: Vector, outputs: list[int], ratio: float, offset: float
) -> dict[int, Decision]:
    function = question.line.function
    steps = ladder(question.size, question.sizes, question.resolution, ratio, offset)
    if len(steps) < 5:
        return dict.fromkeys(
            outputs, Decision(Verdict.UNKNOWN, reason="there is no room for steps")
        )
    samples = sampled(question.line, steps)
    found = slopes(samples, function.output_resolution)
    return {
        output: decide(analytic[output], found, samples, output, function.closeness)
        for output in outputs
    }


def _confirmed(question: Question, analytic: float, output: int, decision: Decision) -> Decision:
    """The decision that a number is wrong, or a milder one if the neighbours explain it."""
    concerned = _concerned(question, output)
    sizes = np.abs(question.line.base[concerned])
    infinite = not np.isfinite(analytic)  # what made it so need not be felt in it any more
    if _is_extreme(
        np.abs(question.line.base if infinite else [*sizes, analytic, decision.numeric])
    ):
        reason = "numbers so large or small that their products may not be representable"
        return decision._replace(verdict=Verdict.UNKNOWN, reason=reason)
    if not np.isfinite(analytic):
        return decision
    edges = [decision.left, decision.right] if np.isfinite(decision.left) else [decision.numeric]
    outside = min(abs(analytic - edge) for edge in edges)
    if _is_lost(question, output, concerned, outside, decision):
        reason = "rounding of larger numbers hides as much"
        return decision._replace(verdict=Verdict.UNKNOWN, reason=reason)
    spread = _spread(question, output, concerned)
    lost = _lost(sizes, question.resolution) * max(abs(analytic), abs(decision.numeric))
    if outside <= decision.tolerance + 8.0 * spread + lost:
        return decision._replace(
            verdict=Verdict.UNKNOWN, reason="rounding changes the gradient by as much"
        )
    width = np.inf
    together = False
    for power in _REACHES:
        reach = question.resolution**power
        nearby = Nearby(question.line, output, reach, 0.25 * outside)
        hull = nearby.random()
        if hull.seen < _SEEN_AT_LEAST:
            break
        if np.isfinite(analytic) and not hull.has(analytic, decision.tolerance):
            hull = hull.joined(nearby.sought(analytic))
        if not hull.has(analytic, decision.tolerance):
            return decision
        if hull.high - hull.low > 0.5 * width:
            reason = f"slopes nearby are from {hull.low:.6g} to {hull.high:.6g}"
            return decision._replace(verdict=Verdict.KINK, reason=reason)
        together = width < np.inf
        width = hull.high - hull.low
    if together:
        return decision
    reason = "rounding hides what the slopes nearby are"
    return decision._replace(verdict=Verdict.UNKNOWN, reason=reason)


def _concerned(question: Question, output: int) -> np.ndarray:
    """Which elements of the inputs the result changes with, or is asked about."""
    line = question.line
    felt = line.function.pulled(line.base, one(output, line.center.size)) != 0
    concerned: np.ndarray = (felt | (line.direction != 0)) & np.isfinite(line.base)
    return concerned


def _is_extreme(sizes: Vector) -> bool:
    """Whether squares and cubes of the numbers concerned leave the range of floating point.

    Then a gradient may be right as a formula, and still be 0, nan or far off as a number.
    """
    plain = sizes[np.isfinite(sizes) & (sizes != 0)]
    return bool(np.any((plain < 1.0 / _PLAIN) | (plain > _PLAIN)))


def _is_lost(
    question: Question, output: int, concerned: np.ndarray, outside: float, decision: Decision
) -> bool:
    """Whether a difference is less than what cancels unseen in values that hide it.

    Values that stay the same may be the difference of larger numbers, and a gradient may be made
    of such differences anywhere: nobody wrote it to keep the digits of small ones.
    """
    function = question.line.function
    if decision.numeric != 0 and function.order == 1:
        return False
    point = question.line.base[np.isfinite(question.line.base)]
    felt = point if function.order > 1 else question.line.base[concerned]
    center = np.abs(question.line.center)
    values = center[np.isfinite(center)] if function.order > 1 else center[[output]]
    largest = max(np.abs(felt).max(initial=1.0), values.max(initial=1.0))
    step = max(question.size, 1.0)
    if outside * step <= _CANCELLED * question.resolution * largest:
        return True
    if decision.numeric != 0:
        return False
    # beside a factor of 1e16 a number matters on a scale of 1e-16, where no change may be felt
    factor = np.abs(felt).max(initial=1.0)
    if outside <= _CANCELLED * question.resolution * values.max(initial=1.0) * factor:
        return True
    if outside * step > _FAINT * largest:
        return False
    generator = np.random.default_rng(3)
    moves = _APART * generator.uniform(-1.0, 1.0, (_FEW, question.line.base.size))
    positions = question.line.base + moves * np.where(concerned, question.line.base, 0.0)
    numbers = [question.at(function.representable(each), output) for each in positions]
    return bool(min(numbers) <= 0.0 <= max(numbers))


def _lost(sizes: Vector, resolution: float) -> float:
    """The share of a gradient that rounding may take where large and small numbers are added.

    Solving equations, for one, loses as much as the numbers concerned are apart; of n numbers
    that are alike, the least is an n-th of the others by chance alone.
    """
    plain = sizes[sizes != 0]
    if not plain.size:
        return 0.0
    apart = float(plain.max() / plain.min()) / plain.size
    lost: float = 64.0 * resolution * max(apart, 1.0)
    return lost


def _spread(question: Question, output: int, concerned: np.ndarray) -> float:
    """How far the author's derivatives differ between neighbours a few last bits apart."""
    line = question.line
    function = line.function
    generator = np.random.default_rng(0)
    own = (line.direction != 0) & (line.base == 0)
    sizes = np.where(own, 1.0, np.abs(line.base)) * function.input_resolution
    spread = 0.0
    for side in (-1.0, 1.0):
        found = []
        for count in (3.0, 5.0, 9.0):
            moves = generator.choice([-1.0, 0.0, 1.0], sizes.size)
            moves = np.where(line.direction != 0, side * count * line.direction, moves)
            position = line.base + np.where(concerned, moves * sizes, 0.0)
            found.append(question.at(function.representable(position), output))
        known = [each for each in found if np.isfinite(each)]
        spread = max(spread, max(known, default=0.0) - min(known, default=0.0))
    return spread
