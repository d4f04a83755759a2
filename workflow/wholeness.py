"""Whether a run that is finished still has all its files."""

from __future__ import annotations

import errno

from ..optim import Checkpoints
from .blueprint import Blueprint
from .folder import Folder
from .models import digest_of_file
from .result import read_history, read_metrics


def fault_of(place: Folder, blueprint: Blueprint) -> str | None:
    """Which file of a finished run is missing or damaged, in words; None if none is."""
    for path in (place.model, place.metrics, place.history_jsonl, place.history_csv, place.report):
        if not path.is_file():
            return f"{str(path)!r} is missing"
    if digest_of_file(place.model) != blueprint.weights:
        return f"{str(place.model)!r} is damaged"
    for path, read in ((place.metrics, read_metrics), (place.history_jsonl, read_history)):
        try:
            read(place)
        except ValueError:
            return f"{str(path)!r} is damaged"
    return None


def check_repairable(place: Folder, fault: str) -> None:
    """Raise ``FileNotFoundError`` where there is no checkpoint that files can be made from."""
    if Checkpoints(place.checkpoints).latest() is None:
        raise FileNotFoundError(
            errno.ENOENT,
            f"{fault}, and there is no good checkpoint to write it again from: restore it, or "
            "train again in a new folder",
        )
