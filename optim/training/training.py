"""The training loop: epochs of steps, and what happens between them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from itertools import islice
from math import isfinite, nan
from time import monotonic
from typing import Any, final

from ...data.holdout import training as keeping_test_closed
from ...nn.backend import random_numbers_kept
from ...tensor.random.generator import get_rng_state, set_rng_state
from ..callbacks.base import Callback
from ..history import History, Row
from ..lr_scheduler import LRScheduler, ReduceLROnPlateau
from ..saving import checked_state
from .compiled import MOST, CompiledDescent, can_be_compiled, is_worthwhile
from .descent import Descent, Update
from .evaluation import measures
from .plan import Plan
from .rates import Rates
from .sameness import check_same, texts_of

_STATE = (
    *("model", "optimizer", "scheduler", "loader", "random", "stopping", "callbacks", "history"),
    *("progress", "sums", "stopped", "arguments", "preparation"),
)


@dataclass(slots=True)
class Sums:
    """What an epoch has added up so far, and what its last step had."""

    loss: float = 0.0
    right: float = 0.0
    rows: int = 0
    penalty: float = 0.0
    gradient_norm: float = nan
    seconds: float = 0.0

    def mean(self, total: float) -> float:
        """A total by row."""
        return total / self.rows if self.rows else nan


@final
class Training:
    """A training that goes on, as callbacks see it; :func:`twingrad.fit` makes and runs it.

    Attributes
    ----------
    model : Module
    optimizer : Optimizer
    history : History
        A row for each epoch that is done.
    epochs : int
        How many epochs are planned in all.
    epoch : int
        How many are done; in ``on_epoch_end`` the present one is counted.
    step : int
        The updates so far, of all epochs.
    step_in_epoch : int
        The updates in the present epoch.
    samples : int
        The rows that were trained on in this process.
    loss : float
        That of the last step, penalties included.
    lr : float
        The learning rate of the last step, of the first group of parameters.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.model = plan.model
        self.optimizer = plan.optimizer
        self.epochs = plan.epochs
        self.history = History()
        self.epoch = 0
        self.step = 0
        self.step_in_epoch = 0
        self.samples = 0
        self.loss = nan
        self.lr = float(plan.optimizer.param_groups[0]["lr"])
        self._stopped: str | None = None
        self._interrupted: str | None = None
        self._sums = Sums()
        self._descent = Descent(plan)
        self._rates = Rates(plan.schedule, plan.optimizer)
        self._compiled = None
        wanted = is_worthwhile(plan) if plan.compile is None else plan.compile
        if wanted and can_be_compiled(plan):
            self._compiled = CompiledDescent(plan, self._rates, self._tell_of_compiling)
        self._is_watched = any(
            each.watches_weights and type(each).on_step_end is not Callback.on_step_end
            for each in plan.callbacks
        )
        self._arguments = texts_of(plan)

    @property
    def scheduler(self) -> LRScheduler | None:
        """What sets the learning rate."""
        return self._plan.schedule.scheduler

    @property
    def steps_per_epoch(self) -> int | None:
        """The updates in an epoch, where their number is known."""
        batches = self._plan.batches.per_epoch
        return None if batches is None else -(-batches // self._plan.accumulate)

    @property
    def running_loss(self) -> float:
        """The mean loss of the present epoch so far, nan before its first step."""
        return self._sums.mean(self._sums.loss)

    @property
    def stopped(self) -> str | None:
        """Why training ends before its time."""
        return self._stopped or self._interrupted

    def stop(self, reason: str) -> None:
        """End training when the present epoch is over, for good: resuming does not go on."""
        self._stopped = self._stopped or reason

    def interrupt(self, reason: str) -> None:
        """End training when the present epoch is over; resuming goes on from there."""
        self._interrupted = self._interrupted or reason

    def run(self) -> History:
        """Train until all epochs are done, or until something stops it."""
        with keeping_test_closed():
            try:
                with _redrawing(self.step > 0):
                    for callback in self._plan.callbacks:
                        callback.on_train_begin(self)
                while self.epoch < self.epochs and self.stopped is None:
                    self._run_epoch()
            finally:
                self._end()
        return self.history

    def _end(self) -> None:
        """Leave the model as it is to be used, and tell the callbacks."""
        self.history.stopped = self.stopped
        self.history.interrupted = self._stopped is None and self.epoch < self.epochs
        if self._plan.stopping is not None and self._plan.stopping.restore_best:
            self._plan.stopping.restore()
        self.model.eval()
        self._tell_all_of_the_end()

    def _run_epoch(self) -> None:
        started = monotonic() - self._sums.seconds
        self.model.train()
        with _redrawing(self.step_in_epoch > 0):
            for callback in self._plan.callbacks:
                callback.on_epoch_begin(self)
        callbacks = self._plan.callbacks
        for updates in self._updates():
            for found in updates:
                self.lr, self.loss = found.lr, found.objective
                if not isfinite(self.loss):
                    break
                self._note(found)
                for callback in callbacks:
                    callback.on_step_end(self)
            self._sums.seconds = monotonic() - started
            if not isfinite(self.loss):
                self._stop_without_a_number()
                break
            is_settled = self._compiled is None or self._compiled.is_settled
            if is_settled and self.step_in_epoch != self.steps_per_epoch:
                self._save_if_due(in_epoch=True)
        self._end_epoch(started)

    def _updates(self) -> Iterator[list[Update]]:
        """All updates of an epoch, those that are made in one call together."""
        if self._compiled is not None:
            yield from self._compiled.updates(self._until_next_look)
            return
        batches = iter(self._plan.batches)
        while group := [*islice(batches, self._plan.accumulate)]:
            yield [self._rates.stepped(lambda: self._descent.update(group))]

    def _until_next_look(self) -> int:
        """How many updates may be made before somebody looks at the model."""
        if self._is_watched:
            return 1
        checkpoints = self._plan.checkpoints
        if checkpoints is None or checkpoints.every_steps is None:
            return MOST
        return checkpoints.every_steps - self.step % checkpoints.every_steps

    def _tell_of_compiling(self) -> None:
        for callback in self._plan.callbacks:
            callback.on_compile(self)

    def _note(self, found: Update) -> None:
        """Count an update."""
        self._sums.loss += found.loss * found.rows
        self._sums.right += found.right
        self._sums.rows += found.rows
        self._sums.penalty = found.penalty
        self._sums.gradient_norm = found.gradient_norm
        self.samples += found.rows
        self.step += 1
        self.step_in_epoch += 1

    def _stop_without_a_number(self) -> None:
        reason = (
            f"the loss became {self.loss} at step {self.step + 1}, in epoch {self.epoch + 1}, "
            "whose update was not made"
        )
        self.stop(reason)
        cure = "lower the learning rate, clip gradients, or look for the cause with optim.dry_run"
        warnings.warn(f"fit: {reason}: {cure}", RuntimeWarning, stacklevel=5)

    def _end_epoch(self, started: float) -> None:
        row = self._row()
        self.epoch += 1
        if isfinite(self.loss):
            self._step_schedule(row)
            self._check_progress(row)
        row["seconds"] = round(monotonic() - started, 6)
        self.history.rows.append(row)
        self._sums = Sums()
        self.step_in_epoch = 0
        for callback in self._plan.callbacks:
            callback.on_epoch_end(self)
        self._save_if_due(in_epoch=False)

    def _row(self) -> Row:
        """What the epoch has measured, its validation included."""
        plan, sums = self._plan, self._sums
        row: Row = {"epoch": self.epoch + 1, "step": self.step}
        row["loss"] = sums.mean(sums.loss) if isfinite(self.loss) else self.loss
        if plan.regularizers:
            row["penalty"] = sums.penalty
        if plan.batches.kind == "classes" and isfinite(sums.right):
            row["accuracy"] = sums.mean(sums.right)
        if plan.validation is not None:
            found = measures(self.model, plan.validation, plan.objective, plan.metrics)
            row |= {f"validation_{name}": value for name, value in found.items()}
        row["lr"] = self.lr
        clipped = plan.clip is not None
        row["gradient_norm"] = sums.gradient_norm if clipped else self._descent.gradient_norm()
        return row

    def _step_schedule(self, row: Row) -> None:
        scheduler, interval = self._plan.schedule
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(row.get("validation_loss", row["loss"]))
        elif scheduler is not None and interval == "epoch":
            scheduler.step()

    def _check_progress(self, row: Row) -> None:
        stopping = self._plan.stopping
        if stopping is None:
            return
        name = "validation_loss" if stopping.mode == "min" else "validation_accuracy"
        if name not in row:
            raise ValueError(
                "fit: early_stopping must have mode='min' where there is no accuracy, got 'max': "
                "the loss is one of numbers"
            )
        if stopping.step(row[name]):
            waited = stopping.checks - stopping.best_check
            self.stop(
                f"the {name.replace('_', ' ')} has not become better for {waited} epochs, since "
                f"epoch {stopping.best_check}"
            )

    def _tell_all_of_the_end(self) -> None:
        """Call ``on_train_end`` of all, the last one first, whatever one of them raises."""
        first: BaseException | None = None
        for callback in reversed(self._plan.callbacks):
            try:
                callback.on_train_end(self)
            except BaseException as error:
                first = first or error
        if first is not None:
            raise first

    def _save_if_due(self, in_epoch: bool) -> None:
        checkpoints = self._plan.checkpoints
        if checkpoints is None or (in_epoch and self._plan.batches.own_loader is None):
            return
        is_over = not in_epoch and (self.epoch == self.epochs or self.stopped is not None)
        if is_over or checkpoints.is_due(self.step):
            checkpoints.save(self.state_dict(), self.step)

    def resume(self) -> None:
        """Go on from the last good checkpoint, if there is one."""
        checkpoints = self._plan.checkpoints
        last = None if checkpoints is None else checkpoints.latest()
        if last is not None:
            self.load_state_dict(last.state)

    def state_dict(self) -> dict[str, Any]:
        """All that resuming needs: plain data, arrays and tensors."""
        plan = self._plan
        loader = plan.batches.own_loader
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": None if self.scheduler is None else self.scheduler.state_dict(),
            "loader": None if loader is None else loader.state_dict(),
            "random": get_rng_state(),
            "stopping": None if plan.stopping is None else plan.stopping.state_dict(),
            "callbacks": {
                name: state
                for name, callback in _named(plan.callbacks).items()
                if (state := callback.state_dict())
            },
            "history": [dict(row) for row in self.history.rows],
            "progress": {
                "epoch": self.epoch,
                "step": self.step,
                "step_in_epoch": self.step_in_epoch,
                "loss": self.loss,
                "lr": self.lr,
            },
            "sums": asdict(self._sums),
            "stopped": self._stopped,
            "arguments": dict(self._arguments),
            "preparation": plan.batches.preparation,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where another training of the same plan was.

        Raises ``ValueError`` or ``RuntimeError`` for the state of a training with other arguments,
        or of other data.
        """
        plan = self._plan
        saved = checked_state(state_dict, _STATE, "fit: the checkpoint")
        check_same(saved["arguments"], self._arguments)
        own: dict[str, Any] = {
            "scheduler": self.scheduler,
            "loader": plan.batches.own_loader,
            "stopping": plan.stopping,
        }
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        for name, part in own.items():
            if part is not None:
                part.load_state_dict(saved[name])
        for name, callback in _named(plan.callbacks).items():
            if name in saved["callbacks"]:
                callback.load_state_dict(saved["callbacks"][name])
        set_rng_state(saved["random"])
        self.history = History(saved["history"])
        self._sums = Sums(**saved["sums"])
        self._stopped = saved["stopped"]
        progress = saved["progress"]
        self.epoch, self.step = progress["epoch"], progress["step"]
        self.step_in_epoch = progress["step_in_epoch"]
        self.loss, self.lr = progress["loss"], progress["lr"]


def _redrawing(again: bool) -> AbstractContextManager[None]:
    """Where ``again``, leave the random numbers that are drawn in the block out of account.

    What is done once more when training is resumed drew its numbers before the checkpoint.
    """
    return random_numbers_kept() if again else nullcontext()


def _named(callbacks: Sequence[Callback]) -> dict[str, Callback]:
    """Callbacks by class, those of one class numbered: others may come or go in between."""
    found: dict[str, Callback] = {}
    for callback in callbacks:
        kind = type(callback).__name__
        number = sum(name.startswith(f"{kind} ") for name in found) + 1
        found[f"{kind} {number}"] = callback
    return found
