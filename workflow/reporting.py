"""What the report of a run is made from."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import Table
from ..nn import Module
from .boundary import boundary_of
from .config import Config
from .material import Source
from .measures import answers
from .report import Contents
from .run import Examined, Run, Trained

_PACKAGES = ("twingrad", "numpy", "numba", "scipy")


class _Tested(NamedTuple):
    """The rows of the test part, as the fields of Contents."""

    truth: NDArray[Any]
    predicted: NDArray[Any]
    probabilities: NDArray[Any] | None
    features: tuple[str, ...]
    inputs: NDArray[Any]
    rows: NDArray[Any]


def contents_of(
    run: Run,
    trained: Trained,
    model: Module,
    parts: Mapping[str, Examined],
    test: Source | None,
) -> Contents:
    """All that a report tells of a run.

    Parameters
    ----------
    run : Run
    trained : Trained
    model : Module
        The network as it was saved.
    parts : mapping of str to Examined
        What it says of each part.
    test : Table or Dataset, or None
        The test part as it was read.
    """
    blueprint, preparation = run.blueprint, run.blueprint.preparation
    tested = _untested() if test is None else _tested(run, test, parts["test"])
    boundary = boundary_of(
        run.material,
        trained.train,
        lambda x: answers(model, x, preparation, blueprint.aim.loss),
    )
    return Contents(
        title=run.material.source.name or run.place.path.name,
        command=blueprint.command,
        task=preparation.task,
        target=preparation.target,
        classes=preparation.classes,
        notes=blueprint.notes,
        parts=blueprint.parts,
        model=str(model.summary((1, *blueprint.architecture.shape))),
        history=trained.history.rows,
        best_epoch=trained.best or len(trained.history),
        rates=trained.recorder.rates,
        metrics={name: part.figures for name, part in parts.items()},
        **tested._asdict(),
        flow=trained.recorder.flow,
        boundary=boundary,
        facts=blueprint.facts,
    )


def facts_of(config: Config, trained: Trained) -> dict[str, str]:
    """What belongs at the end of a report."""
    facts = {
        "seed": str(config.seed),
        "learning rate": f"{trained.rate:.4g}",
        "trained for": f"{len(trained.history)} epochs, {trained.recorder.seconds:.1f} seconds",
        "backend": config.backend,
        "Python": platform.python_version(),
    }
    if not config.compile:
        facts["compiled"] = "no"
    return facts | {name: version(name) for name in _PACKAGES}


def _tested(run: Run, test: Source, part: Examined) -> _Tested:
    preparation = run.blueprint.preparation
    names, inputs = _inputs(test, run.material.picture)
    rows = test.numbers if isinstance(test, Table) else run.material.parts.rows.test
    truth, predicted = np.asarray(part.data.y), part.answers.predicted
    if preparation.classes is None:
        truth = preparation.inverse_target(truth)
    count = predicted[0].size  # numbers in a row, of which each is shown by itself
    return _Tested(
        truth.reshape(-1),
        predicted.reshape(-1),
        part.answers.probabilities,
        names,
        np.repeat(inputs, count, axis=0) if count > 1 else inputs,
        np.repeat(rows, count),
    )


def _inputs(
    source: Source, picture: tuple[int, ...] | None
) -> tuple[tuple[str, ...], NDArray[Any]]:
    """The names of the inputs and their cells, (N, F), or no names and pictures, (N, H, W).

    Pictures of three channels are (N, H, W, 3); of other numbers of channels, their mean is shown.
    """
    if isinstance(source, Table):
        names = tuple(name for name in source.names if name != source.target)
        cells = np.empty((len(source), len(names)), dtype=object)
        for k, name in enumerate(names):
            cells[:, k] = source.column(name)
        return names, cells
    x = np.asarray(source.x)
    if picture is None:
        names = source.features or tuple(f"x{k + 1}" for k in range(prod(x.shape[1:])))
        return names, x.reshape(len(x), -1)
    x = x.reshape(len(x), *picture)
    if x.ndim == 4:
        x = np.moveaxis(x, 1, 3) if x.shape[1] == 3 else x.mean(axis=1)
    return (), x


def _untested() -> _Tested:
    none = np.empty(0)
    return _Tested(none, none, None, (), np.empty((0, 0)), none)
