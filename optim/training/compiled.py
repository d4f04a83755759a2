"""Training by compiled code: many updates in one call, and the others as they always were."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice, repeat
from math import nan
from time import monotonic
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from ...data import DataLoader, Dataset
from ...data.mapped import is_mapped
from ...nn.backend import numbers_of
from ...nn.hooks import are_registered
from ..lbfgs import LBFGS
from ..rehearsing import rehearsing
from .batches import Batch
from .descent import Descent, Update, descend, shares
from .plan import Plan
from .rates import Rates

if TYPE_CHECKING:
    from ...tensor.compiler.row_steps import RowSteps

WORTHWHILE = 3000
"""How many updates pay for compiling one: it takes a second or two, which a cache saves later."""

CALL = 0.05
"""About how many seconds one call may take, so that displays move and Ctrl-C is heard."""

MOST = 4096
"""The most updates in one call."""

MOST_RECORDINGS = 50
"""How often the step may be recorded anew because something was changed, before it is too much."""

_log = logging.getLogger("twingrad")


def can_be_compiled(plan: Plan) -> bool:
    """Whether the updates of a plan can be compiled.

    The model has to be of tensors; the rows have to come from memory and as they are, without
    augmentation; and the optimizer must compute gradients once an update, unlike LBFGS.
    """
    loader = plan.batches.own_loader
    return (
        plan.batches.form.twin.name == "tensor"
        and not isinstance(plan.optimizer, LBFGS)
        and loader is not None
        and loader.augment is None
        and (plan.accumulate == 1 or loader.rows >= loader.batch_size * plan.accumulate)
        and not any(is_mapped(each) for each in _arrays_of(loader))
    )


def is_worthwhile(plan: Plan) -> bool:
    """Whether compiling pays: it depends on the number of updates that are planned alone."""
    per_epoch = plan.batches.per_epoch or 0
    return plan.epochs * -(-per_epoch // plan.accumulate) >= WORTHWHILE


@final
class CompiledDescent:
    """Updates of a model as a plan has them, many of them in one call.

    Parameters
    ----------
    plan : Plan
        One that can be compiled.
    rates : Rates
        What steps the schedule behind each update.
    on_compile : callable
        Called before the compiler is.
    """

    def __init__(self, plan: Plan, rates: Rates, on_compile: Callable[[], None]) -> None:
        self._plan = plan
        self._rates = rates
        self._on_compile = on_compile
        self._eager = Descent(plan)
        loader = plan.batches.own_loader
        assert loader is not None
        self._loader = loader
        self._rows = min(loader.batch_size * plan.accumulate, loader.rows)
        self._steps: dict[int, RowSteps] = {}
        self._has_norm = self._has_right = False
        self._seconds = CALL / 8
        self._recordings = 0
        self._is_broken = False
        self._waiting = 0

    @property
    def is_settled(self) -> bool:
        """Whether every batch that was taken from the loader has been trained on."""
        return not self._waiting

    def updates(self, most: Callable[[], int]) -> Iterator[list[Update]]:
        """All updates of the next epoch, those of one call together: ``most`` of them or fewer."""
        groups = self._groups()
        for group in groups:
            if self._compiled() is None:
                yield [self._plain(group)]
                continue
            count = max(1, min(most(), MOST, int(CALL / self._seconds)))
            together = [group, *islice(groups, count - 1)]
            self._waiting = len(together)
            for alike in _of_one_length(together):
                for updates in self._run(alike):
                    self._waiting -= len(updates)
                    yield updates

    def _groups(self) -> Iterator[NDArray[Any]]:
        """The rows of each update."""
        batches = self._loader.row_batches()
        if self._plan.accumulate == 1:
            return batches
        return self._joined(batches)

    def _joined(self, batches: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        while group := [*islice(batches, self._plan.accumulate)]:
            yield np.concatenate(group)

    def _run(self, groups: Sequence[NDArray[Any]]) -> Iterator[list[Update]]:
        """Take the updates of some groups of one length, in one call if nothing comes between."""
        from ...tensor.compiler.steps import CheckFailed

        done, count = 0, len(groups)
        while done < len(groups):
            steps = self._steps.get(len(groups[0]))
            if steps is None or not steps.is_current():
                for group in groups[done:]:
                    yield [self._plain(group)]
                return
            together = groups[done : done + count]
            began = monotonic()
            self._rates.begin()
            try:
                found = self._taken(steps, together)
            except CheckFailed as failed:
                self._rates.rewind(failed.done)
                if failed.done:
                    yield self._noted(failed.results, together)
                yield [self._plain(together[failed.done])]
                done += failed.done + 1
                count = max(1, failed.done)  # not to prepare many in vain, where it fails often
                continue
            self._seconds = (monotonic() - began) / len(together)
            yield self._noted(found, together)
            done += len(together)
            count *= 2

    def _taken(self, steps: RowSteps, groups: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """What steps on some groups give in numbers; the rate of each is noted."""
        order = np.concatenate(groups)
        if not self._rates.is_constant:
            return steps.run(order, self._rates.step)
        found = steps.run(order)
        self._rates.noted = [self._rates.present] * len(groups)
        return found

    def _noted(self, found: NDArray[Any], groups: Sequence[NDArray[Any]]) -> list[Update]:
        """What steps gave in numbers, with the rates that they were taken with."""
        rates = self._rates.noted
        if found.shape[1] == 1 + self._has_right:  # as a rule: a loss, and how many rows are right
            count = len(groups[0])
            losses, *right = found.T.tolist()
            hits = right[0] if right else repeat(nan)
            return [
                Update(count, loss, 0.0, hit, nan, rate)
                for loss, hit, rate in zip(losses, hits, rates)
            ]
        return [
            self._update(row, rows, rate) for row, rows, rate in zip(found.tolist(), groups, rates)
        ]

    def _plain(self, rows: NDArray[Any]) -> Update:
        """An update without compiled code."""
        size = self._loader.batch_size
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        return self._rates.stepped(
            lambda: self._eager.update([self._plan.batches.of_rows(each) for each in parts])
        )

    def _compiled(self) -> RowSteps | None:
        """The compiled step on full groups, made now if need be; None where it cannot be."""
        if self._is_broken or self._has_hooks():
            return None
        steps = self._steps.get(self._rows)
        if steps is not None and steps.is_current():
            return steps
        self._on_compile()
        self._recordings += 1
        try:
            if self._recordings > MOST_RECORDINGS:
                raise RuntimeError("fit: what the step depends on changes again and again")
            self._record()
        except Exception:
            if self._plan.compile:
                raise
            _log.info("fit: the training step could not be compiled", exc_info=True)
            self._is_broken = True
        return None if self._is_broken else self._steps[self._rows]

    def _has_hooks(self) -> bool:
        """Whether functions are to be called in each step: compiled, it would call none of them."""
        optimizer = self._plan.optimizer
        return optimizer.has_hooks or are_registered(self._plan.model)

    def _record(self) -> None:
        """Record the step on a full group and on the last, smaller one, and compile them.

        They are recorded on trial: where a resumed training begins does not show in its numbers.
        The smaller one has the same code, with other sizes; where that is not to be, it is not
        compiled.
        """
        from ...tensor.compiler.row_steps import RowSteps  # here: it is not always used

        plan, rows = self._plan, self._loader.rows
        last = rows % self._rows
        lengths = [self._rows] if not last or self._loader.drop_last else [self._rows, last]
        if plan.accumulate > 1:
            lengths = lengths[:1]
        name = f"A training step of {type(plan.model).__name__}."
        found = {length: RowSteps(self._step, self._sources(), name) for length in lengths}
        for length, steps in found.items():
            with rehearsing(plan.model, plan.given["loss"], plan.optimizer):
                steps.record(np.arange(length))
        full, *others = found.values()
        if others and not full.share(others[0]):
            del found[last]
        for steps in found.values():
            steps.compile()
        self._steps = found

    def _sources(self) -> list[NDArray[Any]]:
        """All rows of inputs, targets and weights, in the form of the model."""
        batch = self._plan.batches.of_rows(np.arange(self._loader.rows))
        sources = [numbers_of(batch.x), numbers_of(batch.y)]
        return sources if batch.weights is None else [*sources, batch.weights]

    def _step(self, x: Any, y: Any, weights: Any = None) -> list[Any]:
        """One update, as it is recorded: what it gives in numbers."""
        size = self._loader.batch_size
        group = [Batch(x, y, weights)]
        if self._plan.accumulate > 1:
            parts = [slice(start, start + size) for start in range(0, self._rows, size)]
            group = [
                Batch(x[at], y[at], weights if weights is None else weights[at]) for at in parts
            ]
        found = descend(self._plan, group)
        self._has_norm = found.gradient_norm is not None
        self._has_right = found.right is not None
        norm = [found.gradient_norm] if self._has_norm else []
        return [*found.losses, *(found.right or ()), *norm, *found.penalties]

    def _update(self, numbers: Sequence[float], rows: NDArray[Any], rate: float) -> Update:
        """The numbers that a step gave, as what was measured."""
        following = iter(numbers)
        parts = self._plan.accumulate
        losses = [*islice(following, parts)]
        right = sum(islice(following, parts)) if self._has_right else nan
        norm = next(following) if self._has_norm else nan
        loss = losses[0]
        if parts > 1:
            masses = [self._plan.batches.mass(each) for each in np.split(rows, parts)]
            loss = sum([each * share for each, share in zip(losses, shares(masses), strict=True)])
        return Update(len(rows), loss, sum(following, start=0.0), right, norm, rate)


def _of_one_length(groups: Sequence[NDArray[Any]]) -> Iterator[list[NDArray[Any]]]:
    """Neighbours that have equally many rows, together."""
    for _, alike in groupby(groups, len):
        yield [*alike]


def _arrays_of(loader: DataLoader) -> tuple[Any, ...]:
    data = loader.data
    return (data.x, data.y) if isinstance(data, Dataset) else data
