"""What a training run came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from ..optim.history import History

Metrics = Mapping[str, Mapping[str, float | None]]


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
