"""Files and folders that are not there, and what may have been meant."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..engine.wording import suggestion
from .output import Failure


def check_source(data: str) -> None:
    """Raise :class:`Failure` for the path of a file that is not there, with the nearest name."""
    from ..data.sources.loading import SETS

    if data in SETS or os.path.exists(data):
        return
    if os.sep in data or os.path.splitext(data)[1]:
        cure = suggestion(data, [*SETS, *_beside(data)], "look at its path, from this folder")
        raise Failure(f"there is no file {data!r}: {cure}")


def check_file(option: str, path: str) -> None:
    """Raise :class:`Failure` where an option names no file, with the nearest name."""
    if os.path.isdir(path):
        raise Failure(f"{option} must be a file, got the folder {path!r}: name a file in it")
    if not os.path.exists(path):
        cure = suggestion(path, _beside(path), "look at its path, from this folder")
        raise Failure(f"{option} must be a file, got {path!r}, which is not there: {cure}")


def check_run(folder: str) -> None:
    """Raise :class:`Failure` for a folder of a run that is not there, with the nearest name."""
    if os.path.isdir(folder):
        return
    if os.path.exists(folder):
        raise Failure(f"{folder!r} is a file: give the folder of a run, such as runs/digits")
    from ..workflow.folder import ROOT

    cure = suggestion(
        folder,
        [*_beside(folder), *_beside(os.path.join(ROOT, ""))],
        "train one first, such as twingrad train digits",
    )
    raise Failure(f"there is no run {folder!r}: {cure}")


def _beside(path: str) -> Iterable[str]:
    """What is in the same folder, as a path that begins in the same way."""
    folder = os.path.dirname(path)
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder or "."))]
    except OSError:
        return []
