"""The folder of a run: what its files are called, and how they are written."""

from __future__ import annotations

import errno
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count, takewhile
from math import isfinite
from pathlib import Path
from typing import Any, final

from ..data.records import Record
from ..engine.files import make_folder, remove_leftovers, told, write_text
from .config import Config, StrPath, read_options

ROOT = "runs"
"""The folder that folders of runs are made in, if no other is given."""

CURE = "restore the file, or train again in a new folder"
"""What helps against damaged files of a run."""


@final
class Folder:
    """The files of a run.

    Attributes
    ----------
    path : Path
    config, run, model, metrics : Path
        The options; what the network is and how data are prepared for it; its weights; how good
        it is.
    history_csv, history_jsonl : Path
        What was measured in each epoch, as a table and as lines of JSON.
    report, pictures : Path
        A page, and the folder of its pictures.
    checkpoints, prepared : Path
        Folders of what resuming needs, and of prepared data that are larger than memory.
    """

    def __init__(self, path: StrPath) -> None:
        self.path = Path(path)
        self.config = self.path / "config.toml"
        self.run = self.path / "run.json"
        self.model = self.path / "model.safetensors"
        self.metrics = self.path / "metrics.json"
        self.history_csv = self.path / "history.csv"
        self.history_jsonl = self.path / "history.jsonl"
        self.report = self.path / "report.html"
        self.pictures = self.path / "pictures"
        self.checkpoints = self.path / "checkpoints"
        self.prepared = self.path / "prepared"

    def is_free(self) -> bool:
        """Whether nothing is there yet; what killed processes left half-written is removed."""
        if not self.path.is_dir():
            return not os.path.lexists(self.path)
        remove_leftovers(self.path)
        with self.writing():
            return not os.listdir(self.path)

    @property
    def is_begun(self) -> bool:
        """Whether a run was begun here."""
        return os.path.isfile(self.config) or os.path.isfile(self.run)

    @property
    def resuming(self) -> str:
        """The command that goes on with the run."""
        return shlex.join(["twingrad", "train", "--resume", str(self.path)])

    def check_new(self) -> None:
        """Raise ``FileExistsError`` where a new run would overwrite something."""
        if self.is_free():
            return
        what = "holds files" if self.path.is_dir() else "is a file"
        cure = f"go on with {self.resuming}, or choose another"
        raise FileExistsError(
            errno.EEXIST,
            f"train: out must be a new folder, got {str(self.path)!r}, which {what}: "
            + (cure if self.is_begun else "choose another"),
        )

    def make(self) -> None:
        """Make the folder, and remove what a killed process left half-written."""
        with self.writing():
            make_folder(self.path)
        remove_leftovers(self.path)

    def discard(self) -> None:
        """Remove the files of a run that could not begin, and the folder if nothing else is there.

        What has a checkpoint has begun, and stays.
        """
        if self.checkpoints.exists():
            return
        with suppress(OSError):
            for path in (self.config, self.run, self.history_csv, self.history_jsonl):
                path.unlink(missing_ok=True)
            self.path.rmdir()

    def write(self, path: Path, text: str) -> None:
        """Write one of the files, whole or not at all; ``OSError`` where that is not possible."""
        with self.writing():
            write_text(path, text)

    def write_json(self, path: Path, content: Mapping[str, Any]) -> None:
        """Write one of the files as JSON, in which nan and infinity are null."""
        self.write(path, json.dumps(plain(content), indent=2, allow_nan=False) + "\n")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Files are written inside the block: errors of the system become sentences."""
        try:
            yield
        except OSError as error:
            reason = (os.strerror(error.errno) if error.errno else str(error)).lower()
            cure = (
                f"and go on with {self.resuming}" if self.is_begun else "or choose another folder"
            )
            sentence = (
                f"train: the run must be written to {str(self.path)!r}, got an error ({reason}): "
                f"see to that, {cure}"
            )
            raise type(error)(error.errno, sentence) from None


def default_folder(data: str, resume: bool = False) -> Path:
    """Where a run goes if nobody says it: ``runs/my`` for ``my.csv``, then ``runs/my-2``.

    Parameters
    ----------
    data : str
        The name of a data set, or the path of a file.
    resume : bool
        Give the last one that is there instead of the first that is not, if any is there.

    Examples
    --------
    >>> str(default_folder("no/such.file.csv"))
    'runs/such'
    """
    name = Path(data).name.partition(".")[0] or "run"
    paths = (Path(ROOT, name if number == 1 else f"{name}-{number}") for number in count(1))
    taken = [*takewhile(lambda path: not Folder(path).is_free(), paths)]
    if taken and resume:
        return taken[-1]
    return Path(ROOT, f"{name}-{len(taken) + 1}" if taken else name)


def read_config(path: StrPath) -> Config | None:
    """The options of the run in a folder; None where no run was begun yet.

    That is a folder that is missing or empty: a power failure may come before the first file.

    Raises
    ------
    FileExistsError
        For a folder that holds other files than those of a run.
    FileNotFoundError
        For a run whose options are missing.
    OSError, TypeError, ValueError
        See :func:`read_options`.
    """
    folder = Folder(path)
    if folder.is_begun:
        if not folder.config.exists():
            raise FileNotFoundError(
                errno.ENOENT,
                f"{str(folder.config)!r} is missing: restore it, or train again in a new folder",
            )
        options = read_options(folder.config)
        if "data" not in options:
            raise ValueError(f"{str(folder.config)!r}: data must be said, got no such line: {CURE}")
        return Config(**options)
    folder.check_new()
    return None


def read_json(path: Path) -> Record:
    """A file of JSON, to be taken apart with care.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is damaged, or something else.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise told(error, "a run must have its files", path, CURE) from None
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{str(path)!r} must be a file of JSON, got another ({error}): {CURE}"
        ) from None
    return Record(content, repr(str(path)), cure=CURE)


def plain(content: Any) -> Any:
    """Content as JSON can hold it: numbers of Python's own, None for nan and infinity.

    >>> plain({"loss": float("nan"), "hidden": (64, 32)})
    {'loss': None, 'hidden': [64, 32]}
    """
    if isinstance(content, Mapping):
        return {str(name): plain(each) for name, each in content.items()}
    if isinstance(content, list | tuple):
        return [plain(each) for each in content]
    if isinstance(content, float):
        return content if isfinite(content) else None
    return content
