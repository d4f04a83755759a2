"""What is told of a training: how it stands, as parts of a line, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

from ...nn.tables import aligned, short
from .pace import Pace
from .training import Training

GAP = "  "
SLOW = 1.0
"""The seconds of an epoch from which on its steps are worth a look."""

_WEIGHTS = {"loss": 8, "validation_loss": 6, "validation_accuracy": 3, "accuracy": 2}
_NO_MEASURES = ("epoch", "step", "lr", "gradient_norm", "seconds")


class Part(NamedTuple):
    """Part of a line: in full, in short, and how long it stays where there is little room."""

    full: str
    brief: str
    weight: int


def position(training: Training) -> float:
    """The epochs that are done, of the present one the share of its steps.

    Where their number is not known, it is taken to be that of the epoch before.
    """
    steps = training.steps_per_epoch or _steps_of_last_epoch(training)
    return training.epoch + (min(1.0, training.step_in_epoch / steps) if steps else 0.0)


def parts(training: Training, pace: Pace | None) -> list[Part]:
    """How a training stands."""
    number = training.epoch + (1 if training.step_in_epoch else 0)
    digits = len(str(training.epochs))
    epoch = f"epoch {number:{digits}}/{training.epochs}"
    found = [Part(epoch, epoch, 9), *_step(training)]
    found += [_measure(name, value) for name, value in _measures(training).items()]
    found.append(Part(f"lr {short(training.lr)}", f"lr {short(training.lr)}", 5))
    return found if pace is None else found + _speed(training, pace)


def fitting(parts: Sequence[Part], width: int) -> list[str]:
    """The parts that a line of some width has room for: all in full, or the weightiest in short."""
    if len(GAP.join(part.full for part in parts)) <= width:
        return [part.full for part in parts]
    kept = [*parts]
    while len(kept) > 1 and len(GAP.join(part.brief for part in kept)) > width:
        kept.remove(min(kept, key=lambda part: part.weight))
    return [part.brief[:width] for part in kept]


def conclusion(training: Training, epochs: int, seconds: float, width: int) -> list[str]:
    """The lines that are left when training has ended.

    Parameters
    ----------
    training : Training
    epochs : int
        How many were done.
    seconds : float
        How long that took.
    width : int
        The room in a line; measures that have none are left out.
    """
    lines = []
    if epochs:
        done = "1 epoch" if epochs == 1 else f"{epochs} epochs"
        lines.append(f"{done} in {duration(seconds)}, {_rate(training.samples / seconds)}")
    lines += _table(training, width)
    if training.stopped is not None:
        lines.append(f"stopped: {training.stopped}")
    return lines


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(0.25), duration(61), duration(7384), duration(100_000)
    ('0.25 s', '1:01', '2:03:04', '1 d 3 h')
    """
    if seconds < 10:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 24:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def figure(number: float | None) -> str:
    """A measure in four digits, of which the last may be zeros: it keeps its width.

    >>> figure(0.5), figure(1234.0), figure(float("nan"))
    ('0.5000', '1234', 'nan')
    """
    return short(None) if number is None else f"{number:#.4g}".rstrip(".")


def _steps_of_last_epoch(training: Training) -> int:
    steps = [0, *[row["step"] for row in training.history.rows[-2:]]]
    return int(steps[-1] - steps[-2]) if len(steps) > 1 else 0


def _is_slow(training: Training) -> bool:
    rows = training.history.rows
    return not rows or float(rows[-1]["seconds"]) >= SLOW


def _step(training: Training) -> list[Part]:
    """The step of an epoch that takes its time."""
    if not training.step_in_epoch or not _is_slow(training):
        return []
    known = training.steps_per_epoch
    count = f"{training.step_in_epoch:,}" + ("" if known is None else f"/{known:,}")
    return [Part(f"step {count}", f"step {count}", 1)]


def _measures(training: Training) -> Mapping[str, Any]:
    """What is known of the present epoch, and of the last one the rest."""
    rows = training.history.rows
    found = {name: each for name, each in rows[-1].items() if _is_measure(name)} if rows else {}
    if training.step_in_epoch and _is_slow(training):
        found = {"loss": None} | found | {"loss": training.running_loss}
    return found


def _is_measure(name: str) -> bool:
    return name not in _NO_MEASURES


def _measure(name: str, value: Any) -> Part:
    words = name.replace("_", " ")
    brief = "val" if name == "validation_loss" else words.replace("validation", "val")
    return Part(f"{words} {_cell(value)}", f"{brief} {_cell(value)}", _WEIGHTS.get(name, 0))


def _speed(training: Training, pace: Pace) -> list[Part]:
    found = []
    rate = pace.samples_per_second
    if rate is not None:
        found.append(Part(_rate(rate), f"{_thousands(rate)}/s", 4))
    left = pace.remaining(training.epochs - position(training))
    if left is not None and training.epoch < training.epochs and training.stopped is None:
        found.append(Part(f"{clock(left)} left", f"{clock(left)} left", 7))
    return found


def _rate(samples: float) -> str:
    return f"{samples:,.0f} samples/s" if samples >= 10 else f"{samples:.2g} samples/s"
