"""What a run must remember of itself to be resumed and used: ``run.json``."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from ..data import Preparation
from ..data.records import Record
from .folder import CURE, Folder, read_json
from .models import Architecture
from .tasks import LOSS_NAMES, Aim, aim_of

PARTS = ("train", "validation", "test")

_FORMAT = "twingrad.run"
_VERSION = 1
_STATES = ("begun", "interrupted", "diverged", "finished")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """How data are prepared, what the network is, and how far the run has come.

    Attributes
    ----------
    state : {"begun", "interrupted", "diverged", "finished"}
    architecture : Architecture
    preparation : Preparation
    aim : Aim
    command : str
        The command line that began the run; may be empty.
    digest : str
        A checksum of the data.
    parts : dict of str to int
        The numbers of rows to train, validate and test with.
    rate : float or None
        The learning rate; None where it is not decided yet.
    weights : str or None
        The SHA-256 digest of the file of the weights; None where there is no model yet.
    notes : tuple of str
        What was decided and found, in sentences.
    facts : dict of str to str
        The seed, versions and the like.
    """

    state: str
    architecture: Architecture
    preparation: Preparation
    aim: Aim
    command: str
    digest: str
    parts: Mapping[str, int]
    rate: float | None = None
    weights: str | None = None
    notes: tuple[str, ...]
    facts: Mapping[str, str]

    def write(self, folder: Folder) -> None:
        """Write it into the folder of the run."""
        folder.write_json(folder.run, self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "state": self.state,
            "command": self.command,
            "loss": self.aim.loss,
            "architecture": self.architecture.to_dict(),
            "preparation": self.preparation.to_dict(),
            "digest": self.digest,
            "parts": dict(self.parts),
            "rate": self.rate,
            "weights": self.weights,
            "notes": [*self.notes],
            "facts": [{"name": name, "text": text} for name, text in self.facts.items()],
        }


def read_blueprint(folder: Folder) -> Blueprint:
    """The blueprint of a run.

    Raises
    ------
    OSError
        If there is no run in the folder, or its file cannot be read.
    ValueError
        If the file is damaged, of a later version, or something else.
    """
    if not folder.run.is_file():
        raise FileNotFoundError(
            errno.ENOENT,
            f"there must be a run in the folder, got {str(folder.path)!r} without "
            f"{folder.run.name}: give a folder that twingrad train wrote",
        )
    record = read_json(folder.run)
    record.choice("format", (_FORMAT,))
    if record.number("version") != _VERSION:
        raise record.refused("version", f"{_VERSION}", record.number("version"))
    preparation = _preparation(record, folder)
    architecture = Architecture.from_record(record.record("architecture"))
    count = architecture.outputs if preparation.classes is None else len(preparation.classes)
    aim = aim_of(preparation.task, count, record.choice("loss", LOSS_NAMES))
    if aim.outputs != architecture.outputs:
        raise record.refused("architecture", f"a network of {aim.outputs} outputs", "another")
    parts = record.record("parts")
    return Blueprint(
        state=record.choice("state", _STATES),
        architecture=architecture,
        preparation=preparation,
        aim=aim,
        command=record.text("command"),
        digest=record.text("digest"),
        parts={name: int(parts.number(name)) for name in PARTS},
        rate=record.number("rate") if record.has("rate") else None,
        weights=record.text("weights") if record.has("weights") else None,
        notes=tuple(record.texts("notes")),
        facts={each.text("name"): each.text("text") for each in record.records("facts")},
    )


def _preparation(record: Record, folder: Folder) -> Preparation:
    try:
        return Preparation.from_dict(record.mapping("preparation"))
    except ValueError as error:
        reason = str(error).rpartition(": ")[0]
        raise ValueError(
            f"{str(folder.run)!r} must hold a preparation of data, got a damaged one ({reason}): "
            f"{CURE}"
        ) from None
