"""Checkpoints of a training in a folder: whatever happens, the last good one is there."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple, final

from ...engine.checks import Range, checked_count, checked_number, checked_path
from ...engine.files import make_folder, remove_leftovers, told, write_bytes
from .state_files import content_of, read_state

_NAME = re.compile(r"step-([0-9]{9}|[1-9][0-9]{9,17})\.safetensors")

_SECONDS = Range("give seconds such as 30.0, or None", at_least=0, below=inf)
_SOON = 0.5
"""The seconds before the first checkpoint."""
_SPARING = 20
"""How many times as long as saving takes there is no other checkpoint, unless by steps."""


class Checkpoint(NamedTuple):
    """A checkpoint that has been read.

    Attributes
    ----------
    path : Path
        The file.
    step : int
        How many updates of the weights came before it.
    state : dict
        What :meth:`Checkpoints.save` was given.
    """

    path: Path
    step: int
    state: dict[Any, Any]


@final
class Checkpoints:
    """The checkpoints of one training, each a file ``step-000000123.safetensors`` in a folder.

    A file is complete and safe on the disk before it takes its name, and before any older one is
    removed: a killed process, a full disk or a power failure costs what came after the last
    checkpoint, and no more. How a file is made, :func:`~.state_files.write_state` tells. Other
    files in the folder are left alone.

    Parameters
    ----------
    folder : str or path
        Where; it is made when it is needed.
    every_steps : int, optional
        After how many updates of the weights another one is due; at least 1.
    every_seconds : float, optional
        After how many seconds another one is due; at least 0.
    keep : int
        How many of the newest good ones are kept; at least 1.

    Raises
    ------
    TypeError, ValueError
        For options out of range.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from twingrad import optim
    >>> checkpoints = optim.Checkpoints(tempfile.mkdtemp(), keep=2)
    >>> for step in [10, 20, 30]:
    ...     path = checkpoints.save({"weight": np.full(2, step)}, step)
    >>> path.name
    'step-000000030.safetensors'
    >>> checkpoints.latest().state
    {'weight': array([30, 30])}
    >>> checkpoints.steps()
    [20, 30]
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        every_steps: int | None = None,
        every_seconds: float | None = 5.0,
        keep: int = 2,
    ) -> None:
        self.folder = checked_path(folder, "Checkpoints: folder")
        self.every_steps = (
            None
            if every_steps is None
            else checked_count(every_steps, "Checkpoints: every_steps", at_least=1)
        )
        self.every_seconds = (
            None
            if every_seconds is None
            else checked_number(every_seconds, "Checkpoints: every_seconds", _SECONDS)
        )
        self.keep = checked_count(keep, "Checkpoints: keep", at_least=1)
        self._damaged: set[int] = set()
        self._since = monotonic()
        self._cost = 0.0
        self._is_begun = False

    def is_due(self, step: int) -> bool:
        """Whether it is time for another one behind this update.

        It is at each multiple of ``every_steps``, and once ``every_seconds`` have gone by since
        this object last saved or read one; for large models twenty times as long as it took to
        save the last one, so that saving takes a twentieth of the time at most. The first one is
        due soon, half a second after this object was made.
        """
        if self.every_steps is not None and step % self.every_steps == 0:
            return True
        if self.every_seconds is None:
            return False
        pause = self.every_seconds if self._is_begun else min(_SOON, self.every_seconds)
        return monotonic() - self._since >= max(pause, _SPARING * self._cost)

    def steps(self) -> list[int]:
        """The steps of all checkpoints in the folder, damaged ones too, in ascending order.

        Raises ``OSError`` if the folder cannot be read; one that is missing holds none.
        """
        try:
            with os.scandir(self.folder) as entries:
                names = [_NAME.fullmatch(entry.name) for entry in entries if entry.is_file()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._told(error) from None
        return sorted(int(name[1]) for name in names if name)

    def save(self, state: Mapping[str, Any], step: int) -> Path:
        """Write a checkpoint, and then remove the older ones beyond ``keep``.

        Parameters
        ----------
        state : mapping
            Nested plain data with arrays, as :func:`~.state_files.write_state` wants it.
        step : int
            How many updates of the weights came before; a checkpoint of the same step is replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        TypeError, ValueError
            If ``state`` holds what cannot be saved; if the folder has a good checkpoint of a later
            step, which is of another course of training.
        OSError
            If the file cannot be written. All earlier checkpoints are there.
        """
        step = checked_count(step, "Checkpoints: step")
        began = monotonic()
        path, content = self._path(step), content_of(state)
        with self._writing():
            make_folder(self.folder)
        remove_leftovers(self.folder)
        self._check_newest(step)
        with self._writing():
            write_bytes(path, content)
        self._damaged.discard(step)
        self._remove_old(step)
        self._since = monotonic()
        self._cost = self._since - began
        self._is_begun = True
        return path

    def latest(self) -> Checkpoint | None:
        """The newest good checkpoint, or None if there is none.

        A damaged one is passed over with a ``UserWarning`` that names the file and the reason.
        Raises ``OSError`` if the folder cannot be read.
        """
        remove_leftovers(self.folder)
        tried: set[int] = set()
        while left := [step for step in self.steps() if step not in tried]:
            # Listed anew each time: a running training may have put a newer one in its place.
            found = self._read(left[-1])
            if found is not None:
                self._since = monotonic()
                self._is_begun = True
                return found
            tried.add(left[-1])
        return None

    def _read(self, step: int) -> Checkpoint | None:
        path = self._path(step)
        try:
            return Checkpoint(path, step, read_state(path))
        except FileNotFoundError:  # another process has removed it
            return None
        except (ValueError, OSError) as error:
            self._damaged.add(step)
            warnings.warn(f"Checkpoints: one is passed over: {error}", stacklevel=3)
            return None

    def _check_newest(self, step: int) -> None:
        """Raise ``ValueError`` if there is a good checkpoint of a later step."""
        for later in self.steps():
            if later > step and later not in self._damaged and self._read(later) is not None:
                raise ValueError(
                    "Checkpoints: step must not be below those in the folder, which are of another "
                    f"training, got {step} beside {os.fspath(self._path(later))!r}: resume it, or "
                    "choose another folder"
                )

    def _remove_old(self, step: int) -> None:
        """Remove all that are older than the last good ones to be kept."""
        good = 0
        for each in reversed(self.steps()):
            if good == self.keep:
                with suppress(OSError):  # it is tried again behind the next one
                    self._path(each).unlink()
            elif each <= step and each not in self._damaged:
                good += 1

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:09d}.safetensors"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._told(error, "make room there, or choose another") from None

    def _told(self, error: OSError, cure: str = "choose another") -> OSError:
        rule = "Checkpoints: folder must be one that can be read and written to"
        return told(error, rule, self.folder, cure)
