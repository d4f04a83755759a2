"""What a run has written, read again."""

from __future__ import annotations

import json
from typing import Any

from ..engine.files import told
from ..optim import History
from .blueprint import PARTS, Blueprint
from .config import Config
from .ending import result_of
from .folder import CURE, Folder, read_json
from .result import Metrics, Result


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
