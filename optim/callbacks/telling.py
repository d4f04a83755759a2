"""What is told of a training: how it stands, as parts of a line, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...data.wording import counted
from ...nn.tables import aligned, short
from ..history import names_of
from .pace import Pace

if TYPE_CHECKING:
    from ..training.training import Training

GAP = "  "
SLOW = 1.0
"""The seconds of an epoch from which on its steps are worth a look."""

_NO_MEASURES = ("epoch", "step", "lr", "gradient_norm", "seconds")
_WEIGHTS = {"loss": 8, "validation_loss": 6, "validation_accuracy": 3, "accuracy": 2}
_NEEDED = 4
"""The weight from which on a part comes before what may be beside the parts."""


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


def fitting(parts: Sequence[Part], width: int, beside: int = 0) -> list[str]:
    """The parts that a line of some width has room for.

    All are in full where there is also room for something beside them. Otherwise they are in
    short: the weightiest that fit, and lighter ones where there is that room all the same.
    """
    if _length([part.full for part in parts]) + beside <= width:
        return [part.full for part in parts]
    kept = [*parts]
    while len(kept) > 1:
        lightest = min(kept, key=lambda part: part.weight)
        room = width if lightest.weight >= _NEEDED else width - beside
        if _length([part.brief for part in kept]) <= room:
            break
        kept.remove(lightest)
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
        rate = _rate(training.samples / max(seconds, 1e-9))
        lines.append(f"{counted(epochs, 'epoch')} in {duration(seconds)}, {rate}")
    lines += _table(training, width)
    if training.stopped is not None:
        lines.append(f"stopped: {training.stopped}")
    return lines


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(0.25), duration(21.4), duration(61), duration(7384), duration(100_000)
    ('0.25 s', '21 s', '1:01', '2:03:04', '1 d 3 h')
    """
    if seconds < 10:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 24:
        return f"{hours // 24} d {hours % 24} h"
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"


def figure(value: Any) -> str:
    """A measure in four digits, of which the last may be zeros, so that it keeps its width.

    >>> figure(0.5), figure(1234.0), figure(float("nan")), figure(None), figure(7)
    ('0.5000', '1234', 'nan', '-', '7')
    """
    if value is None:
        return short(None)
    return f"{value:#.4g}".rstrip(".") if isinstance(value, float) else str(value)


def _length(texts: Sequence[str]) -> int:
    return len(GAP.join(texts))


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
    count = f"step {training.step_in_epoch:,}" + ("" if known is None else f"/{known:,}")
    return [Part(count, count, 1)]


def _measures(training: Training) -> dict[str, Any]:
    """The measures of the last epoch; the loss of the present one, where it takes its time."""
    rows = training.history.rows
    found = {name: rows[-1][name] for name in _measured(rows[-1])} if rows else {}
    if training.step_in_epoch and _is_slow(training):
        return {"loss": None} | found | {"loss": training.running_loss}
    return found


def _measured(names: Iterable[str]) -> list[str]:
    """The names of what tells how good the model is."""
    return [name for name in names if name not in _NO_MEASURES]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _brief(name: str) -> str:
    return "val" if name == "validation_loss" else _words(name).replace("validation", "val")


def _measure(name: str, value: Any) -> Part:
    shown = figure(value)
    return Part(f"{_words(name)} {shown}", f"{_brief(name)} {shown}", _WEIGHTS.get(name, 0))


def _speed(training: Training, pace: Pace) -> list[Part]:
    found = []
    rate = pace.samples_per_second
    if rate is not None:
        found.append(Part(_rate(rate), _rate(rate).replace(" samples", ""), 4))
    left = pace.remaining(training.epochs - position(training))
    if left is not None and training.epoch < training.epochs and training.stopped is None:
        text = f"{duration(round(left))} left"
        found.append(Part(text, text, 7))
    return found


def _rate(samples: float) -> str:
    return f"{samples:,.0f} samples/s" if samples >= 10 else f"{samples:.2g} samples/s"


def _table(training: Training, width: int) -> list[str]:
    """The measures of the best epoch and of the last one, as many as there is room for."""
    history = training.history
    best = history.best_epoch
    rows = [row for row in history.rows[:-1] if row["epoch"] == best] + history.rows[-1:]
    names = _measured(names_of(rows))
    while names:
        for heading in (_words, _brief):
            table = [["", *map(heading, names)]]
            for row in rows:
                mark = f"epoch {row['epoch']}" + " (best)" * (row["epoch"] == best)
                table.append([mark, *[figure(row.get(name)) for name in names]])
            lines = aligned(table, "<" + ">" * len(names))
            if max(map(len, lines)) <= width:
                return lines
        names.remove(min(reversed(names), key=lambda name: _WEIGHTS.get(name, 0)))
    return []
