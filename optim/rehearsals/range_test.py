"""The learning-rate range test: which rates make the loss fall, tried out on a few batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Any, final

import numpy as np

from ...engine.checks import MOMENTUM, POSITIVE, checked_count, checked_number, number_within
from ...nn import Module
from ...nn.regularizers import Regularizer
from ...nn.tables import aligned, short
from ..arguments import checked_module
from ..callbacks.base import Callback
from ..lbfgs import LBFGS
from ..optimizer import Optimizer
from ..rehearsing import rehearsed_data, rehearsing
from ..training.fit import fit
from ..training.training import Training

FEWEST_STEPS = 10
BEGINNING = 0.2
"""The share of the steps, those with the smallest rates, that say what the loss is at first."""
SHORTEST = 5
"""How many steps these are at least."""
SIGNIFICANT = 3.0
"""The standard errors by which the loss must fall.

Noise of batches alone does so in 3 of 100 tests with 100 steps, and in 6 with 300, which have more
moments for a least mean.
"""
FALLEN = 0.95
"""The share of its fall that the loss must have done."""
CAUTION = 15.0
"""How many times smaller than the rate of that moment the suggestion is."""
DIVERGED = 3.0
"""The loss diverges where it is so many times its fall, or its least size, above its least."""

_LINES = 16
_BAR = 32


@final
@dataclass(frozen=True, slots=True)
class RangeTest:
    """What a range test has measured; printed, it is a plot with the suggestion.

    Attributes
    ----------
    rates : tuple of float
        The learning rates of the steps, growing by the same factor from each to the next.
    losses : tuple of float
        The loss of each step's batch, before the step, penalties included.
    smoothed : tuple of float
        Their running mean, see :func:`lr_find`.
    smoothing : float
        The weight of the past in it.
    ended : str
        Why the test ended: ``"all steps were made"``, ``"the loss diverged"`` or
        ``"the loss became nan"`` (or ``inf``).

    Examples
    --------
    >>> from twingrad.optim import RangeTest
    >>> losses = (1.0,) * 5 + (0.5, 0.1, 0.1, 0.1, 9.0)
    >>> rates = tuple(10.0**k for k in range(-7, 3))
    >>> found = RangeTest(rates, losses, losses, 0.0, "the loss diverged")
    >>> round(found.suggestion, 5)
    0.00667
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    smoothing: float
    ended: str

    @property
    def suggestion(self) -> float | None:
        """A rate to train with; None if no rate made the loss fall, which :attr:`verdict` explains.

        The loss begins at the mean ``b`` of the first fifth of the steps, and the least smoothed
        loss behind them is ``m``. The suggestion is a fifteenth of the rate at which the smoothed
        loss first was at most ``m + 0.05 * (b - m)``. It is safe as a constant rate, and the
        greatest of a one-cycle schedule. There is none unless ``b - m`` is 3 standard errors.
        """
        found = self._fallen()
        return None if found is None else self.rates[found] / CAUTION

    @property
    def verdict(self) -> str:
        """The suggestion and its reason in a sentence, or why there is none and what to do."""
        begin, least = self._begin, self._least
        found = self._fallen()
        if found is None:
            return (
                f"no suggestion: the loss began at {short(begin)} and its least mean was "
                f"{short(self.smoothed[least])}, which is no more than chance; look at data and "
                "model with optim.dry_run, begin with a smaller start, or take more steps"
            )
        sentence = (
            f"learning rate {short(self.suggestion)}: a fifteenth of {short(self.rates[found])}, "
            f"where the loss had done 95 % of its fall from {short(begin)} to "
            f"{short(self.smoothed[least])}"
        )
        if least == len(self.rates) - 1:
            sentence += "; it still fell at the end, so a greater end may show greater rates"
        return sentence

    @property
    def _beginning(self) -> int:
        return max(SHORTEST, round(BEGINNING * len(self.losses)))

    @property
    def _begin(self) -> float:
        """The loss while the rates are too small to change it."""
        return float(np.mean(self.losses[: self._beginning]))

    @property
    def _least(self) -> int:
        """The step with the least smoothed loss behind the beginning."""
        first = min(self._beginning, len(self.smoothed) - 1)
        return first + int(np.argmin(self.smoothed[first:]))

    def _fallen(self) -> int | None:
        """The step at which the loss had done most of its fall; None if it did not fall."""
        begin, least = self._begin, self._least
        fall = begin - self.smoothed[least]
        if len(self.losses) < FEWEST_STEPS or not fall > SIGNIFICANT * self._standard_error:
            return None
        reached = np.asarray(self.smoothed) <= self.smoothed[least] + (1 - FALLEN) * fall
        reached[: self._beginning] = False
        return int(np.argmax(reached))

    @property
    def _standard_error(self) -> float:
        """That of the difference of two means, at the beginning and of the smoothed losses."""
        count = self._beginning
        # neighbours differ by chance only, whatever the trend
        with np.errstate(over="ignore"):
            variance = float(np.mean(np.diff(self.losses[:count]) ** 2)) / 2
        own = (1 - self.smoothing) / (1 + self.smoothing)
        rounding = 1e-6 * abs(self._begin)
        return sqrt(variance * (own + 1 / count)) + rounding

    def __str__(self) -> str:
        lines = aligned([("rate", "loss", ""), *map(self._row, self._shown())], ">><")
        return "\n".join([*lines, f"{self.ended}; {self.verdict}"])

    def _shown(self) -> list[int]:
        """The steps to draw, evenly spread over all, and that of the suggestion."""
        count = len(self.rates)
        spread = np.linspace(0, count - 1, min(_LINES, count)).round()
        return sorted({*map(int, spread), *self._suggested()})

    def _suggested(self) -> list[int]:
        """The step whose rate is nearest to the suggestion, if there is one."""
        if self.suggestion is None:
            return []
        return [int(np.argmin(np.abs(np.log(self.rates) - np.log(self.suggestion))))]

    def _row(self, step: int) -> tuple[str, str, str]:
        least = min(self.smoothed)
        share = (self.smoothed[step] - least) / ((self._begin - least) or 1.0)
        bar = "#" * round(_BAR * min(1.0, share)) + ("..." if share > 1.25 else "")
        if step in self._suggested():
            bar = f"{bar} <- suggestion"
        return short(self.rates[step]), short(self.smoothed[step]), bar

    def __repr__(self) -> str:
        return f"<RangeTest of {len(self.rates)} steps: suggestion {short(self.suggestion)}>"


def lr_find(
    model: Module,
    data: Any,
    *,
    loss: Any = "auto",
    optimizer: str | Optimizer | Callable[[Any], Optimizer] = "adamw",
    batch_size: int | str | None = None,
    start: float = 1e-7,
    end: float = 10.0,
    steps: int = 100,
    smoothing: float = 0.95,
    clip: float | Callable[[Any], Any] | None = None,
    seed: int | None = None,
    class_weight: Any = None,
    sample_weight: Any = None,
    regularizer: Regularizer | Sequence[Regularizer] | None = None,
    accumulate: int = 1,
    augment: Any = None,
) -> RangeTest:
    """Train for some steps with a learning rate that grows from each to the next.

    ``rate[k] = start * (end / start) ** (k / (steps - 1))``. The losses are smoothed by
    ``mean[k] = smoothing * mean[k-1] + (1 - smoothing) * loss[k]``, ``mean[-1] = 0``, and
    ``smoothed[k] = mean[k] / (1 - smoothing ** (k + 1))``. The test ends early where the loss
    diverges, ``smoothed[k] > least + 3 * max(abs(least), smoothed[0] - least)``, or is no number.

    Afterwards everything is as it was, to the bit, also after an exception and Ctrl-C: weights,
    gradients, buffers and modes of the model, state and rates of the optimizer, random numbers, and
    the place of a ``DataLoader``. Data with fewer batches than steps are gone through several
    times.

    Parameters
    ----------
    model, data, loss, optimizer, batch_size, clip, seed
        As for :func:`twingrad.fit`, which makes the steps; of ``Parts``, ``train`` is used. Where
        an optimizer has several groups, their rates keep their proportions to that of the first.
    class_weight, sample_weight, regularizer, accumulate, augment
        Likewise.
    start, end : float
        The least and the greatest rate of the first group; above 0.
    steps : int
        The greatest number of updates, at least 10.
    smoothing : float
        From 0, no smoothing at all, up to but without 1.

    Returns
    -------
    RangeTest
        The rates and losses, and what they suggest.

    Raises
    ------
    TypeError, ValueError
        For arguments of other kinds and out of range, some by ``fit``; for ``LBFGS``, which
        searches for the length of its steps itself; for a loss that is nan from the first step on.

    References
    ----------
    Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import data, nn, optim
    >>> _ = twingrad.manual_seed(0)
    >>> model = nn.MLP(2, [16], 2)
    >>> found = optim.lr_find(model, data.toys.moons(200), seed=0)
    >>> 1e-3 < found.suggestion < 0.1
    True
    """
    checked_module(model, "lr_find")
    past = checked_number(smoothing, "lr_find: smoothing", MOMENTUM)
    sweep = _Sweep(_rates(start, end, steps), past)
    with rehearsing(model, loss, optimizer), suppress(_TestEnded):
        fit(
            model,
            rehearsed_data(data),
            loss=loss,
            optimizer=optimizer,
            epochs=steps,
            batch_size=batch_size,
            clip=clip,
            callbacks=sweep,
            seed=seed,
            class_weight=class_weight,
            sample_weight=sample_weight,
            regularizer=regularizer,
            accumulate=accumulate,
            augment=augment,
        )
    return sweep.result()


def _rates(start: Any, end: Any, steps: Any) -> list[float]:
    """Rates that grow by the same factor."""
    count = checked_count(steps, "lr_find: steps", FEWEST_STEPS)
    least = checked_number(start, "lr_find: start", POSITIVE)
    why = "the rates grow from start to end"
    greatest = number_within(end, "lr_find: end", why, above=least, below=inf)
    rates: list[float] = np.geomspace(least, greatest, count).tolist()
    return rates


class _TestEnded(Exception):
    """What leaves the training that was tried out."""


@final
class _Sweep(Callback):
    """Sets the rate of each step, and notes its loss."""

    def __init__(self, rates: list[float], smoothing: float) -> None:
        self._rates = rates
        self._smoothing = smoothing
        self._mean = 0.0
        self._losses: list[float] = []
        self._smoothed: list[float] = []
        self._shares: list[float] = []
        self._ended = "all steps were made"

    def on_train_begin(self, training: Training) -> None:
        """Set the first rate."""
        if isinstance(training.optimizer, LBFGS):
            raise ValueError(
                "lr_find: optimizer must make steps of a given rate, got LBFGS, which searches for "
                "their length: keep its lr of 1, or choose another optimizer"
            )
        given = [float(group["lr"]) for group in training.optimizer.param_groups]
        self._shares = [each / given[0] if given[0] else 1.0 for each in given]
        self._set_rate(training)

    def _set_rate(self, training: Training) -> None:
        rate = self._rates[len(self._losses)]
        for group, share in zip(training.optimizer.param_groups, self._shares, strict=True):
            group["lr"] = rate * share

    def on_step_end(self, training: Training) -> None:
        """Note the loss, and set the next rate if there is one."""
        self._losses.append(training.loss)
        past = self._smoothing
        self._mean = past * self._mean + (1 - past) * training.loss
        self._smoothed.append(self._mean / (1 - past ** len(self._losses)))
        if self._has_diverged():
            self._ended = "the loss diverged"
            raise _TestEnded
        if len(self._losses) == len(self._rates):
            raise _TestEnded
        self._set_rate(training)

    def on_epoch_end(self, training: Training) -> None:
        """Note where fit stops, as the loss is no number."""
        if not isfinite(training.loss):
            self._ended = f"the loss became {training.loss}"

    def _has_diverged(self) -> bool:
        first, last, least = self._smoothed[0], self._smoothed[-1], min(self._smoothed)
        return last > least + DIVERGED * max(abs(least), first - least)

    def result(self) -> RangeTest:
        """What was found."""
        count = len(self._losses)
        if not count:
            raise ValueError(
                f"lr_find: the loss must be a number at first, but {self._ended}: look for nan and "
                "great numbers in data and weights with optim.dry_run"
            )
        rates = tuple(self._rates[:count])
        losses, smoothed = tuple(self._losses), tuple(self._smoothed)
        return RangeTest(rates, losses, smoothed, self._smoothing, self._ended)
