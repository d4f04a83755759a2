"""``Result``: what a run came to, as it ends, or as the files in its folder tell of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, final

from ..data.wording import counted
from ..engine.files import told
from ..optim import History
from .blueprint import PARTS, Blueprint
from .choices import epochs_of
from .config import Config
from .folder import CURE, Folder, plain, read_json
from .measures import in_brief

Metrics = Mapping[str, Mapping[str, float | None]]

_ROWS: Mapping[str, str] = MappingProxyType(
    {
        "test": "that training never saw",
        "validation": "that had a say in training",
        "train": "that were trained on",
    }
)
"""What the rows of each part are worth, from the most to the least."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run came to, as far as it has come.

    Attributes
    ----------
    folder : Path
        Where its files are.
    metrics : mapping of str to mappings of str to float or None
        The figures of each part, ``"train"``, ``"validation"`` and ``"test"``, by name; None for
        what is not defined.
    history : History
        A row for each epoch.
    epochs, epoch : int
        How many epochs were planned, and how many are done.
    interrupted : bool
        Whether it was interrupted, is not tested yet, and can be resumed.
    report : Path or None
        The page of the report; None where the run was interrupted.
    sentence : str
        How good the model is, in a sentence.
    """

    folder: Path
    metrics: Metrics
    history: History
    epochs: int
    epoch: int
    interrupted: bool
    report: Path | None
    sentence: str


def result_of(
    config: Config, blueprint: Blueprint, history: History, metrics: Metrics, place: Folder
) -> Result:
    """What a run has come to."""
    is_over = blueprint.state == "finished"
    part = next(name for name in _ROWS if name in metrics)
    rows = counted(blueprint.parts[part], "row")
    return Result(
        folder=place.path,
        metrics=plain(metrics),
        history=history,
        epochs=epochs_of(config, blueprint.parts["train"]),
        epoch=len(history),
        interrupted=not is_over,
        report=place.report if is_over else None,
        sentence=f"{part}: {in_brief(metrics[part])}, on {rows} {_ROWS[part]}",
    )


def read_result(config: Config, blueprint: Blueprint, place: Folder) -> Result:
    """What a run has come to; ``OSError`` or ``ValueError`` for files that are not as they were."""
    return result_of(config, blueprint, read_history(place), read_metrics(place), place)


def read_metrics(place: Folder) -> Metrics:
    """The figures of each part; None for what is not defined."""
    record = read_json(place.metrics)
    parts = {name: record.record(name) for name in PARTS if record.has(name)}
    found = {
        name: {each: part.number(each) if part.has(each) else None for each in record.mapping(name)}
        for name, part in parts.items()
    }
    if not found:
        raise record.refused("train", "a dictionary of figures", None)
    return found


def read_history(place: Folder) -> History:
    """The measures of each epoch."""
    try:
        lines = place.history_jsonl.read_text("utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
    except OSError as error:
        raise told(error, "history must be a file of a run", place.history_jsonl, CURE) from None
    except (ValueError, RecursionError):
        raise _damaged(place) from None
    if not all(_is_row(row, epoch) for epoch, row in enumerate(rows, 1)):
        raise _damaged(place)
    return History(rows)


def _is_row(row: Any, epoch: int) -> bool:
    """Whether something is the measures of this epoch."""
    if not isinstance(row, dict) or row.get("epoch") != epoch:
        return False
    return all(each is None or isinstance(each, int | float) for each in row.values())


def _damaged(place: Folder) -> ValueError:
    return ValueError(
        f"{str(place.history_jsonl)!r} must hold the measures of an epoch in each line, as JSON, "
        f"got others: {CURE}"
    )
