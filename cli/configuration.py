"""What a run is asked to do: words of the command line, before a file's, before defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from .. import workflow
from ..workflow.folder import Folder
from .output import Failure
from .places import check_file, check_source
from .words import understood


class Request(NamedTuple):
    """What to train, and where."""

    config: workflow.Config
    folder: Path


def requested(words: Mapping[str, Any]) -> Request:
    """The configuration and the folder that the words of the command line ask for.

    Raises :class:`Failure`, ``TypeError`` or ``ValueError`` where they do not fit together, and
    ``OSError`` for files that cannot be read.
    """
    options = _options(words)
    if words["resume"]:
        return _resumed(options, words["out"])
    config = _config(options)
    if words["out"] is None:
        return Request(config, workflow.default_folder(config.data))
    return Request(config, _place(words["out"]))


def _options(words: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, here or in a file, by its name in a configuration."""
    names = {each.name for each in fields(workflow.Config)}
    given = {
        name: understood(name, word)
        for name, word in words.items()
        if name in names and word is not None
    }
    if words["batch_norm"] and given.setdefault("norm", "batch") != "batch":
        raise Failure(
            f"--norm must be batch where there is --batch-norm, got {words['norm']!r}: give one of "
            "them"
        )
    if words["config"] is None:
        return given
    check_file("--config", words["config"])
    return {**workflow.read_options(words["config"]), **given}


def _config(options: Mapping[str, Any]) -> workflow.Config:
    if not options.get("data"):
        raise Failure(
            "there is no DATA: give the name of a data set or the path of a file, such as "
            "twingrad train digits"
        )
    place = Folder(options["data"])
    if place.is_begun:
        raise Failure(
            f"DATA must be data, got the folder of a run, {options['data']!r}: go on with "
            f"{place.resuming}, or use it with twingrad predict, evaluate and show"
        )
    check_source(options["data"])
    return workflow.Config(**options)


def _place(out: str) -> Path:
    if not out:
        raise Failure("--out needs a folder to write to, got '': name one")
    return Path(out)


def _resumed(options: dict[str, Any], out: str | None) -> Request:
    """A run to go on with: in ``--out``, in the folder given in place of DATA, or of these data."""
    data = options.get("data")
    if out is not None:
        folder = _place(out)
    elif not data:
        raise Failure(
            "there is no run to go on with: give its folder, such as "
            "twingrad train --resume runs/digits"
        )
    elif Folder(data).is_begun:
        folder = Path(options.pop("data"))
    else:
        folder = workflow.default_folder(data, resume=True)
    begun = workflow.read_config(folder)
    if begun is None:
        return Request(_config(options), folder)
    return Request(_config({**begun.options(), **options}), folder)
