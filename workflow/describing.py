"""``summary``: what a run is and came to, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from ..nn.tables import aligned
from .blueprint import Blueprint, read_blueprint
from .choices import epochs_of
from .config import StrPath
from .folder import Folder, read_config
from .measures import NAMES, names_shown, shown
from .result import read_history, read_metrics

_STATES = {
    "begun": "is not finished: go on with ",
    "interrupted": "was interrupted: go on with ",
    "diverged": "diverged, and has no model: train another one",
    "finished": "is finished",
}


def summary(folder: StrPath) -> str:
    """What a run is and came to: data, network, course and figures.

    Parameters
    ----------
    folder : str or path
        The folder of the run.

    Raises
    ------
    OSError
        If there is no run in the folder, or a file cannot be read.
    TypeError, ValueError
        For files that are damaged.

    Examples
    --------
    >>> import os, tempfile
    >>> from twingrad import workflow
    >>> folder = os.path.join(tempfile.mkdtemp(), "moons")
    >>> config = workflow.Config(data="moons", hidden=[8], epochs=1)
    >>> _ = workflow.train(config, folder, say=lambda sentence: None)
    >>> print(workflow.summary(folder).splitlines()[2])
    data: 200 rows of 2 numbers: 160 to train, 20 to validate, 20 to test at the end
    """
    place = Folder(folder)
    blueprint = read_blueprint(place)
    sections = [
        [_state(place, blueprint)],
        [*blueprint.notes],
        [str(blueprint.architecture.build().summary((1, *blueprint.architecture.shape)))],
        [*_course(place)],
        [*_figures(place)],
        [*_facts(blueprint)],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _state(place: Folder, blueprint: Blueprint) -> str:
    """Whether the run is finished, and what to do if not."""
    how = _STATES[blueprint.state]
    cure = place.resuming if how.endswith("with ") else ""
    return f"the run in {str(place.path)!r} {how}{cure}"


def _course(place: Folder) -> Iterator[str]:
    """How far training has come."""
    config = read_config(place.path)
    if config is None or not place.history_jsonl.is_file():
        return
    history = read_history(place)
    planned = epochs_of(config, read_blueprint(place).parts["train"])
    yield f"training: {len(history)} of {planned} epochs"
    best = history.best_epoch
    if best is not None:
        name = "validation_loss" if "validation_loss" in history else "loss"
        yield f"lowest {name.replace('_', ' ')}: {history[name][best - 1]:.4g} in epoch {best}"


def _figures(place: Folder) -> Iterator[str]:
    """The figures of all parts, as a table."""
    if not place.metrics.is_file():
        return
    metrics = read_metrics(place)
    rows = [
        (NAMES[name], *(shown(name, figures.get(name)) for figures in metrics.values()))
        for name in names_shown(metrics)
    ]
    yield from aligned([("", *metrics), *rows], "<" + ">" * len(metrics))


def _facts(blueprint: Blueprint) -> Iterator[str]:
    if blueprint.command:
        yield f"command: {blueprint.command}"
    for name, text in blueprint.facts.items():
        yield f"{name}: {text}"
