"""One rise of the rate to a high peak, and one fall to nearly nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple, final

from ...engine.checks import POSITIVE, SHARE, checked_choice, checked_count, checked_number
from ..arguments import checked_optimizer
from ..optimizer import Optimizer
from .arguments import reals_per_group
from .base import LRScheduler
from .momentum import momentum_bounds, set_momentum
from .recording import made_by_the_host

_FIRST, _TOP, _LAST = range(3)
"""Positions of the rates that a group begins with, reaches, and ends with."""
_LOW, _HIGH = range(2)
"""Positions of the bounds of a group's momentum."""


class _Waypoint(NamedTuple):
    """A step, and which of its rates and of its momenta each group has there."""

    step: float
    rate: int
    momentum: int


@final
class OneCycleLR(LRScheduler):
    r"""The rate from ``max_lr / div_factor`` up to ``max_lr``, and down to nearly 0, by batches.

    .. math:: \eta_t = b + \tfrac12 (a - b)(1 + \cos(\pi p)) \quad\text{or}\quad
              \eta_t = a + (b - a)\, p

    with the share :math:`p` of the present phase that is over, and the rates :math:`a` at its
    beginning and :math:`b` at its end, for ``anneal_strategy`` ``"cos"`` or ``"linear"``.
    Two phases: up to ``max_lr`` until the step ``pct_start * total_steps - 1``, then down to
    ``max_lr / div_factor / final_div_factor`` at the step ``total_steps - 1``. With
    ``three_phase``: up, back down to ``max_lr / div_factor`` in as many steps, then on down to the
    end. The momentum runs against the rate, from ``max_momentum`` to ``base_momentum`` and back.
    Neither depends on what they are at present.

    A loop that calls :meth:`step` after every batch makes one call more than there are changes:
    the rate that the last one leaves lies past the end of the formula, as in PyTorch, and no
    update should use it.

    Parameters
    ----------
    optimizer : Optimizer
        Its rates are set, and its momentum with ``cycle_momentum``. Its own rate is not used: the
        ``"initial_lr"`` of each group becomes ``max_lr / div_factor``.
    max_lr : float or list of float
        The highest rate, for all groups or for each, greater than 0.
    total_steps : int, optional
        The number of batches of the whole training, 1 or more.
    epochs, steps_per_epoch : int, optional
        Both are needed, and their product used, where ``total_steps`` is None.
    pct_start : float
        The share of the steps before the peak, greater than 0 and at most 1; at most 0.5 with
        ``three_phase``.
    anneal_strategy : {"cos", "linear"}
        How the rate goes from one bound to the next.
    cycle_momentum : bool
        Whether momentum (the first of ``betas``, where there are some) is cycled too.
    base_momentum, max_momentum : float or list of float
        The bounds of the momentum, 0 or more and below 1.
    div_factor, final_div_factor : float
        How many times smaller than ``max_lr`` the first rate is, and than that the last; greater
        than 0.
    three_phase : bool
        Whether the rate first returns to where it began, as in the paper.
    last_epoch : int
        The number of batches so far, less one; see :class:`LRScheduler`.

    Raises
    ------
    TypeError, ValueError
        Where an argument is out of its range, a list has not one item for each group, the number
        of steps is not given, or momentum is to be cycled that the optimizer has not; from
        :meth:`step` after ``total_steps`` calls.

    References
    ----------
    Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large
    Learning Rates", 2017.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.optim import SGD
    >>> from twingrad.optim.lr_scheduler import OneCycleLR
    >>> optimizer = SGD([twingrad.tensor([1.0], requires_grad=True)], lr=1.0, momentum=0.9)
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> [round(rate, 3) for rate in schedule.preview(10)]
    [0.04, 0.52, 1.0, 0.95, 0.812, 0.611, 0.389, 0.188, 0.05, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        checked_optimizer(optimizer, "OneCycleLR")
        self.total_steps = _counted_steps(total_steps, epochs, steps_per_epoch)
        self.three_phase = three_phase
        self.pct_start = _checked_start(pct_start, three_phase)
        self.anneal_strategy = checked_choice(
            anneal_strategy, "OneCycleLR: anneal_strategy", ("cos", "linear")
        )
        first_divisor = checked_number(div_factor, "OneCycleLR: div_factor", POSITIVE)
        last_divisor = checked_number(final_div_factor, "OneCycleLR: final_div_factor", POSITIVE)
        self.group_rates = [
            [top / first_divisor, top, top / first_divisor / last_divisor]
            for top in reals_per_group(max_lr, "OneCycleLR: max_lr", optimizer, POSITIVE)
        ]
        self.momentum_bounds = momentum_bounds(
            "OneCycleLR", optimizer, cycle_momentum, base_momentum, max_momentum
        )
        self._check_within(checked_count(last_epoch, "OneCycleLR: last_epoch", -1) + 1)
        if last_epoch == -1:
            for group, rates in zip(optimizer.param_groups, self.group_rates, strict=True):
                group["initial_lr"] = rates[_FIRST]
        super().__init__(optimizer, last_epoch)

    @made_by_the_host
    def step(self) -> None:
        """Go to the next batch; ``ValueError`` after ``total_steps`` calls."""
        self._check_within(self.last_epoch + 1)
        super().step()

    def get_lr(self) -> Sequence[float]:
        """The rates of this step."""
        start, end, share = self._segment()
        return [
            self._annealed(rates[start.rate], rates[end.rate], share) for rates in self.group_rates
        ]

    def _set_lr(self, rates: Sequence[float]) -> None:
        super()._set_lr(rates)
        start, end, share = self._segment()
        for group, bounds in zip(self.optimizer.param_groups, self.momentum_bounds):
            momentum = self._annealed(bounds[start.momentum], bounds[end.momentum], share)
            set_momentum(group, momentum)

    def _segment(self) -> tuple[_Waypoint, _Waypoint, float]:
        """The waypoints before and after this step, and the share of the way between them."""
        stretches = _stretches(self.total_steps, self.pct_start, self.three_phase)
        within = (each for each in stretches if self.last_epoch <= each[1].step)
        start, end = next(within, stretches[-1])
        length = end.step - start.step
        return start, end, (self.last_epoch - start.step) / length if length else 1.0

    def _annealed(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "cos":
            return end + (start - end) / 2.0 * (1 + math.cos(math.pi * share))
        return (end - start) * share + start

    def _check_within(self, epoch: int) -> None:
        if epoch > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step() must be called {self.total_steps} times at most, the "
                f"total_steps, got call {epoch}: give the number of all batches as total_steps"
            )


@lru_cache(maxsize=64)
def _stretches(
    total_steps: int, pct_start: float, three_phase: bool
) -> Sequence[tuple[_Waypoint, _Waypoint]]:
    """The stretches between neighbouring waypoints."""
    peak = pct_start * total_steps - 1
    way_back = [_Waypoint(2 * peak, _FIRST, _HIGH)] if three_phase else []
    waypoints = [
        _Waypoint(0, _FIRST, _HIGH),
        _Waypoint(peak, _TOP, _LOW),
        *way_back,
        _Waypoint(total_steps - 1, _LAST, _HIGH),
    ]
    return [*pairwise(waypoints)]


def _counted_steps(total_steps: Any, epochs: Any, steps_per_epoch: Any) -> int:
    if total_steps is not None:
        return checked_count(total_steps, "OneCycleLR: total_steps", 1)
    if epochs is None or steps_per_epoch is None:
        raise ValueError(
            f"OneCycleLR: total_steps must be given, or both epochs and steps_per_epoch, got "
            f"epochs={epochs} and steps_per_epoch={steps_per_epoch}: give the number of batches "
            "of the whole training"
        )
    return checked_count(epochs, "OneCycleLR: epochs", 1) * checked_count(
        steps_per_epoch, "OneCycleLR: steps_per_epoch", 1
    )


def _checked_start(pct_start: Any, three_phase: bool) -> float:
    share = checked_number(pct_start, "OneCycleLR: pct_start", SHARE)
    if three_phase and share > 0.5:
        raise ValueError(
            f"OneCycleLR: pct_start must be at most 0.5 with three_phase, got {share}: the way "
            "back takes as many steps as the rise, so leave room for both"
        )
    return share
