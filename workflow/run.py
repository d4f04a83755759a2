"""A run while it goes on: what it consists of, and what comes out of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import NamedTuple, final

from ..data import Dataset
from ..nn import Module
from ..optim import History
from .blueprint import Blueprint
from .config import Config
from .folder import Folder
from .material import Material, Source
from .measures import Answers, answers, figures
from .recording import Recorder
from .saying import Say


@final
@dataclass(frozen=True, slots=True)
class Run:
    """What a run consists of.

    Attributes
    ----------
    config : Config
    material : Material
    blueprint : Blueprint
    place : Folder
    scratch : Path
        A folder for prepared data that are larger than memory.
    say : callable
    """

    config: Config
    material: Material
    blueprint: Blueprint
    place: Folder
    scratch: Path
    say: Say

    def prepared(self, name: str, part: Source) -> Dataset:
        """A part as numbers for the network; ``OSError`` where there is no room for them."""
        with self.place.writing():
            return self.material.prepared(part, self.scratch, name)


class Trained(NamedTuple):
    """What training has given, and what it was given.

    Attributes
    ----------
    model : Module
    history : History
    recorder : Recorder
    rate : float
        The learning rate.
    best : int or None
        The epoch whose weights were put back, as its validation loss was the lowest; None where
        the model has the weights of the last epoch.
    train, validation : Dataset
        Prepared parts of the data.
    """

    model: Module
    history: History
    recorder: Recorder
    rate: float
    best: int | None
    train: Dataset
    validation: Dataset | None

    @property
    def failed_step(self) -> int | None:
        """The step at which the loss was no finite number, if it was."""
        last = self.history.rows[-1]
        return None if isfinite(last["loss"]) else last["step"] + 1


class Examined(NamedTuple):
    """A part of the data, what the network says of it, and how good that is."""

    data: Dataset
    answers: Answers
    figures: Mapping[str, float]


def examined(run: Run, model: Module, data: Dataset) -> Examined:
    """What a network says of a prepared part, and how good that is."""
    preparation, loss = run.blueprint.preparation, run.blueprint.aim.loss
    found = answers(model, data.x, preparation, loss)
    return Examined(data, found, figures(model, data, found, preparation, loss))
