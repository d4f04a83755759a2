"""What one number of a gradient is, beside the slopes that were found for it."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

import numpy as np

from .differences import Slopes
from .findings import Verdict
from .flat_function import Vector
from .lines import Samples
from .quick import NATURAL

_BENT = 0.05
_TREAD = 2.0**-7
_TREAD_SHARE = 2.0**-20
"""How wide the treads of rounded values may be, and what share of the number they stand at."""
_SMEARED = 0.25
_SMALL = 1e-8
"""How well larger steps must know a slope, and by what share of the number values may change."""
_NATURAL = 0.25
"""Steps must be seen that are smaller than the size on which most functions change, which is 1."""


class Decision(NamedTuple):
    """What is said of one analytic number, and why.

    Attributes
    ----------
    verdict : Verdict
    numeric, error : float
        The slope and its error; nan where there is none.
    tolerance : float
        The largest difference that is said to be no bug.
    left, right : float
        The slopes to either side of a kink.
    reason : str
    """

    verdict: Verdict
    numeric: float = nan
    error: float = nan
    tolerance: float = nan
    left: float = nan
    right: float = nan
    reason: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the number was found wrong."""
        return self.verdict is Verdict.WRONG

    @property
    def is_kink(self) -> bool:
        """Whether any number between two slopes would have been right."""
        return self.verdict is Verdict.KINK and self.left != self.right


class Column(NamedTuple):
    """The slopes of one output at all sizes of steps: see :class:`Slopes`."""

    sizes: Vector
    central: Vector
    right: Vector
    left: Vector
    central_error: Vector
    right_error: Vector
    left_error: Vector
    variation: Vector
    constant: np.ndarray

    @classmethod
    def of(cls, slopes: Slopes, output: int, size: float) -> Column:
        """The slopes of one output, where the numbers that are moved have a ``size``.

        How steep the function is between steps much larger than that says nothing about here.
        """
        column = cls(slopes.sizes, *[each[:, output] for each in slopes[1:]])
        here = column.sizes <= max(NATURAL, size)
        return column._replace(variation=np.where(here, column.variation, 0.0))


def decide(
    analytic: float, slopes: Slopes, samples: Samples, output: int, close: float
) -> Decision:
    """Compare a number with the slopes of one output.

    It is right if it is the slope at any scale on which the function is seen to be smooth, unless
    that scale hides a finer structure. Otherwise the finest scale that can be seen decides: a
    number that differs from a smooth slope there is wrong, as is one outside a kink's two slopes.
    Numbers whose relative difference is less than ``close`` are the same.
    """
    column = Column.of(slopes, output, samples.size)
    bent = _bends(column)
    plateaus = _plateaus(column, _smooth_levels(column, close) & ~bent, close)
    for k in plateaus:
        if _agrees(analytic, column, k, close):
            varied = [j for j in plateaus if j > k and not column.constant[j]]
            if not varied:
                return _smooth(Verdict.OK, column, k, close)
    jump = _beside_jump(analytic, column, samples, output, close)
    if jump is not None:
        return jump
    finest_bend = int(np.flatnonzero(bent)[-1]) if bent.any() else -1
    if plateaus and plateaus[-1] > finest_bend:
        level = plateaus[-1]
        treads = _may_be_steps(analytic, column, level, samples, output)
        treads |= _is_overruled(analytic, column, level, samples, output)
        if treads or (analytic == 0 and _is_tread(column, level, samples, output)):
            return Decision(Verdict.UNKNOWN, reason="the values change in steps")
        return _beside_smooth(analytic, column, plateaus, close)
    if bent.any():
        return _beside_kink(analytic, column, bent, close)
    return _beside_edge(analytic, column, close)


def _smooth_levels(column: Column, close: float) -> np.ndarray:
    """Where both sides agree, and the errors are small beside what slopes there are.

    Where nothing changes, it is enough that a change would have been felt.
    """
    reference = _reference(column, column.central)
    sides = column.right_error + column.left_error
    sharp = (column.central_error <= 10.0 * close * reference) & (sides <= _BENT * reference)
    felt = (column.central_error <= 0.1 * reference) | (reference == 0)
    levels: np.ndarray = sharp | (column.constant & felt & np.isfinite(column.central_error))
    return levels


def _reference(column: Column, slope: Vector) -> Vector:
    """What errors must be small beside: the slope, and slopes to the ends of larger steps."""
    reference: Vector = np.maximum(np.abs(slope), np.maximum.accumulate(column.variation))
    return reference


def _bends(column: Column) -> np.ndarray:
    """Where the slopes to both sides differ by more than their errors."""
    reference = np.maximum(np.abs(column.right), np.abs(column.left))
    sides = column.right_error + column.left_error
    gap = np.abs(column.right - column.left)
    found: np.ndarray = (gap > 10.0 * sides + 1e-6 * reference) & (sides <= _BENT * reference)
    return found


def _plateaus(column: Column, smooth: np.ndarray, close: float) -> list[int]:
    """The best level of each run of smooth levels with one slope, the largest steps first."""
    best: list[int] = []
    for k in map(int, np.flatnonzero(smooth)):
        if best and _consistent(column, best[-1], k, close):
            if column.central_error[k] < column.central_error[best[-1]]:
                best[-1] = k
        else:
            best.append(k)
    return best


def _consistent(column: Column, one: int, other: int, close: float) -> bool:
    first, second = column.central[one], column.central[other]
    errors = column.central_error[one] + column.central_error[other]
    size = max(abs(first), abs(second))
    return bool(abs(first - second) <= 4.0 * errors + 10.0 * close * size)


def _allowed(column: Column, close: float) -> Vector:
    allowed: Vector = (
        close * np.abs(column.central) + 4.0 * column.central_error + 1e-9 * column.variation
    )
    return allowed


def _agrees(analytic: float, column: Column, level: int, close: float) -> bool:
    """Whether a number is the slope; what is lost in rounding agrees with 0 only."""
    if analytic != 0 and column.variation[: level + 1].max() == 0 and column.constant[level]:
        return False
    return bool(abs(column.central[level] - analytic) <= _allowed(column, close)[level])


def _smooth(
    verdict: Verdict, column: Column, level: int, close: float, reason: str = ""
) -> Decision:
    return Decision(
        verdict,
        float(column.central[level]),
        float(column.central_error[level]),
        float(_allowed(column, close)[level]),
        reason=reason,
    )


def _beside_smooth(analytic: float, column: Column, plateaus: list[int], close: float) -> Decision:
    """Another number than the slope where the function is seen to be smooth."""
    varied = [k for k in plateaus if not column.constant[k]]
    level = varied[-1] if varied else plateaus[-1]
    if not _is_visible(analytic, column, level):
        return Decision(Verdict.UNKNOWN, reason="steps that can be told apart are too large here")
    return _smooth(Verdict.WRONG, column, level, close, "the slope is another one")


def _may_be_steps(
    analytic: float, column: Column, level: int, samples: Samples, output: int
) -> bool:
    """Whether constant values may be the tread of a staircase that rises as the number says.

    Where a function rounds on its way (to float32, or beside a larger number) it is constant
    near the center, and goes up and down by small steps farther away.
    """
    if not column.constant[level] or not np.isfinite(analytic):
        return False
    right = samples.right[:, output] - samples.center[output]
    left = samples.left[:, output] - samples.center[output]
    changed = np.flatnonzero((right != 0) | (left != 0))
    if not changed.size:
        rounding = np.finfo(np.float64).eps * max(abs(samples.center[output]), samples.size, 1.0)
        return bool(abs(analytic) * max(samples.size, 1.0) <= 4.0 * rounding)
    if changed[-1] + 1 >= len(right):
        return False
    first = int(changed[-1])
    width = float(samples.right_steps[first])
    if abs(analytic) * width <= 4.0 * np.finfo(np.float64).eps or samples.size > 1 / _TREAD_SHARE:
        return True
    if width > max(_TREAD, _TREAD_SHARE * samples.size):
        return False
    beyond = slice(max(first - 3, 0), first + 1)
    rise = np.abs(right - analytic * samples.right_steps)[beyond]
    fall = np.abs(left + analytic * samples.left_steps)[beyond]
    quantum = max(abs(analytic) * width, float(np.fmax(np.abs(right), np.abs(left))[first]))
    return bool(np.all(rise <= 2.0 * quantum) and np.all(fall <= 2.0 * quantum))


def _is_overruled(
    analytic: float, column: Column, level: int, samples: Samples, output: int
) -> bool:
    """Whether larger steps have the analytic number for their slope, and not that of a level.

    Where a part of the values is a difference of larger numbers, it changes in steps; between
    two of them the rest may look as smooth as can be. What larger steps see must be small:
    a kink, or a fast wave, is no rounding.
    """
    size = max(abs(float(samples.center[output])), samples.size, 1.0)
    apart = abs(analytic - column.central[level])
    coarser = slice(0, level)
    error = column.central_error[coarser]
    reference = np.maximum(abs(analytic), column.variation[coarser])
    known = (error <= _SMEARED * reference) & (apart * column.sizes[coarser] <= _SMALL * size)
    here = np.abs(column.central[coarser] - analytic) <= error
    there = np.abs(column.central[coarser] - column.central[level]) <= 2.0 * error
    return bool(np.any(known & here & ~there))


def _is_tread(column: Column, level: int, samples: Samples, output: int) -> bool:
    """Whether steps to a side change nothing that the slope would make felt."""
    center = samples.center[output]
    still = (samples.right[:, output] == center) | (samples.left[:, output] == center)
    expected = abs(column.central[level]) * samples.right_steps
    rounding = np.finfo(np.float64).eps * max(abs(center), samples.size, 1.0)
    return bool(np.any(still & (expected > 8.0 * rounding)))


def _is_visible(analytic: float, column: Column, level: int) -> bool:
    """Whether steps of a natural size or less show that the number is not that level's slope."""
    small = (column.sizes <= _NATURAL) & np.isfinite(column.central_error)
    errors = 4.0 * column.central_error + np.abs(column.central - column.central[level])
    if not np.isfinite(analytic):
        return bool(np.any(small & (errors <= 1e-4 * (1 + abs(column.central[level])))))
    return bool(np.any(small & (errors < 0.25 * abs(analytic - column.central[level]))))


def _beside_kink(analytic: float, column: Column, bent: np.ndarray, close: float) -> Decision:
    levels = np.flatnonzero(bent)
    finest = levels[-1]
    errors = column.right_error + column.left_error
    apart = np.abs(column.right - column.right[finest]) + np.abs(column.left - column.left[finest])
    alike = levels[apart[levels] <= 4.0 * (errors[levels] + errors[finest])]
    small = alike[column.sizes[alike] <= _NATURAL]
    chosen = small if small.size else alike
    level = int(chosen[np.argmin(errors[chosen])])
    left, right = float(column.left[level]), float(column.right[level])
    tolerance = float(4.0 * errors[level]) + close * max(abs(left), abs(right))
    reason = f"the slopes are {left:.6g} to the left and {right:.6g} to the right"
    inside = min(left, right) - tolerance <= analytic <= max(left, right) + tolerance
    verdict = Verdict.KINK if inside else Verdict.WRONG
    if not inside and column.sizes[level] > _NATURAL:
        verdict = Verdict.UNKNOWN
    return Decision(
        verdict, 0.5 * (left + right), float(errors[level]), tolerance, left, right, reason
    )


def _beside_edge(analytic: float, column: Column, close: float) -> Decision:
    """Where the function ends: the slope to the side where it goes on."""
    left_missing = not np.isfinite(column.left_error).any()
    right_missing = not np.isfinite(column.right_error).any()
    if left_missing and right_missing:
        return Decision(Verdict.UNKNOWN, reason="the values nearby are not finite")
    settled = Decision(Verdict.UNKNOWN, reason="differences settle on no slope")
    if not left_missing and not right_missing:
        return settled
    slope = column.right if left_missing else column.left
    error = column.right_error if left_missing else column.left_error
    reference = _reference(column, slope)
    known = np.flatnonzero(error <= 10.0 * close * reference)
    if not known.size or not np.isfinite(analytic):
        return settled
    allowed = close * np.abs(slope) + 4.0 * error + 1e-9 * column.variation
    matched = known[np.abs(slope - analytic)[known] <= allowed[known]]
    level = int(matched[-1]) if matched.size else int(known[np.argmin(error[known])])
    if not matched.size and column.sizes[level] > _NATURAL:
        return settled
    return Decision(
        Verdict.OK if matched.size else Verdict.WRONG,
        float(slope[level]),
        float(error[level]),
        float(allowed[level]),
        reason="" if matched.size else "the slope is another one at the end of the domain",
    )


def _beside_jump(
    analytic: float, column: Column, samples: Samples, output: int, close: float
) -> Decision | None:
    """Where the values to a side do not approach the one at the center; None elsewhere."""
    right, left = samples.right[:, output], samples.left[:, output]
    center = float(samples.center[output])
    jumps = _jumps(right, center), _jumps(left, center)
    if not any(jumps):
        return None
    sides = (
        (right, samples.right_steps, 1.0, jumps[0], column.right),
        (left, samples.left_steps, -1.0, jumps[1], column.left),
    )
    for values, steps, sign, jumped, slope in sides:
        quotients = sign * np.diff(values) / np.diff(steps) if jumped else slope
        near = np.abs(quotients - analytic) <= 10 * close * abs(analytic)
        if np.isfinite(analytic) and near.any():
            reason = "jump, with this slope beside it"
            return Decision(Verdict.KINK, left=analytic, right=analytic, reason=reason)
    return Decision(Verdict.UNKNOWN, reason="jump")


def _jumps(values: Vector, center: float) -> bool:
    """Whether the last values stay away from the center as the steps shrink."""
    away = np.abs(values[-5:] - center)
    if away.size < 5 or not np.isfinite(away).all():
        return False
    size = max(abs(center), float(np.abs(values[-5:]).max()))
    return bool(away.min() > 0.8 * away.max() and away.min() > 1e-9 * size)
