"""``train``: from data to a tested model and its report, in one folder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..data import Dataset
from ..engine.optional import needed
from ..nn import Module
from ..optim import Checkpoints, CSVLog, EarlyStopping, JSONLinesLog, fit, lr_find
from ..optim.callbacks.base import Callback, checked_callbacks
from .announcing import Estimate, Resumption
from .blueprint import Blueprint, read_blueprint
from .choices import (
    augmentations_of,
    batch_size_of,
    check_choices,
    epochs_of,
    optimizer_of,
    penalties_of,
    rate_of,
    schedule_of,
    sentences_of,
    settled,
)
from .config import Config, StrPath
from .ending import advice, finish, pause
from .folder import Folder, read_config
from .material import Material, digest_of, gather, scratch
from .models import Architecture
from .recording import Recorder
from .result import Result, read_result
from .run import Run, Trained
from .saying import Say, spoken_warnings
from .tasks import aim_of
from .wholeness import check_repairable, fault_of

_PACKAGES = ("matplotlib", "sklearn.metrics")
"""What the end of a run needs; it would be late to notice then that they are missing."""

_UNSAID = [(name, None) for name in ("lr", "epochs", "batch_size", "weight_decay")]
"""What is chosen for a run where nobody gives it, and belongs to its options from then on."""


def train(
    config: Config,
    folder: StrPath,
    *,
    resume: bool = False,
    command: str = "",
    callbacks: Any = (),
    say: Say = print,
) -> Result:
    """Train a model on data, test it once, and write everything into a folder.

    The data are divided first. Scales and encodings are fitted on the training part, the model is
    trained with checkpoints, gets the weights of its best epoch, and is saved; then the test part
    is opened, for the first and only time.

    Parameters
    ----------
    config : Config
        What to do.
    folder : str or path
        A new or an empty folder; that of the run, if it is resumed.
    resume : bool
        Go on where a run was interrupted or killed, with the weights, to the bit, that it would
        have had otherwise. If no run was begun in the folder, this one is. Files that a finished
        run has lost are written again from its last checkpoint.
    command : str
        The command line, for the report.
    callbacks : list of Callback or functions
        See :func:`twingrad.fit`. One that calls ``training.interrupt(reason)`` ends the run for
        now: the model is saved but not tested. They may differ when a run is resumed.
    say : callable
        Is given sentences: what follows from the data, what was found, what comes out.

    Returns
    -------
    Result

    Raises
    ------
    OSError
        If data cannot be read, the folder is not new (``FileExistsError``), or a file cannot be
        written; checkpoints and files that were written before are whole then.
    ModuleNotFoundError
        If a package of the extra ``cli`` is missing.
    TypeError, ValueError
        For data that cannot be learned from, options that do not suit them, damaged files, where a
        run is resumed, for other options or other data than it was begun with, and where training
        diverges before there is any epoch to go back to.

    Examples
    --------
    >>> import os, tempfile
    >>> from twingrad import workflow
    >>> folder = os.path.join(tempfile.mkdtemp(), "moons")
    >>> config = workflow.Config(data="moons", hidden=[8], epochs=2)
    >>> result = workflow.train(config, folder, say=lambda sentence: None)
    >>> sorted(os.listdir(folder))[:3]
    ['checkpoints', 'config.toml', 'history.csv']
    >>> sorted(result.metrics)
    ['test', 'train', 'validation']
    """
    with spoken_warnings(say):
        for package in _PACKAGES:
            needed(package, "twingrad train")
        place = Folder(folder)
        config = _options(place, config, resume, say)
        known = read_blueprint(place) if place.run.is_file() else None
        if known is not None and known.state == "diverged":
            raise ValueError(_hopeless(config, known, place))
        fault = None
        if known is not None and known.state == "finished":
            fault = fault_of(place, known)
            if fault is None:
                say(_finished(config, known, place))
                return read_result(config, known, place)
            check_repairable(place, fault)
            say(f"{fault}: it is written again, from the last checkpoint")
        material = gather(config, None if known is None else known.preparation)
        own: list[Callback] = [Estimate(say)] if config.backend == "scalar" else []
        if known is None:
            config = settled(config, material.sizes["train"])
            known = _begin(config, material, place, command, say)
        else:
            _check_data(known, material)
            own += [] if fault else [Resumption(str(place.path), say)]
        with scratch(place.prepared) as folder_for_data:
            run = Run(config, material, known, place, folder_for_data, say)
            trained = _trained(run, [*own, *checked_callbacks(callbacks)])
            if trained.history.interrupted:
                return pause(run, trained)
            return finish(run, trained)


def _options(place: Folder, config: Config, resume: bool, say: Say) -> Config:
    """The options of the run: those that it was begun with, if it is resumed.

    Raises errors where the folder is not new, or holds another run than the one to be resumed.
    """
    if not resume:
        place.check_new()
        return config
    begun = read_config(place.path)
    if begun is None:
        say(f"nothing was begun in {str(place.path)!r} yet: the run begins")
        return config
    differing = config.differing(begun)
    names = [name for name in differing if (name, config.options()[name]) not in _UNSAID]
    if names:
        given = ", ".join(f"{name} {config.options()[name]!r}" for name in names)
        was = ", ".join(f"{begun.options()[name]!r}" for name in names)
        raise ValueError(
            f"train: a run must be resumed with the options that it was begun with, got {given} "
            f"instead of {was}: leave {'it' if len(names) == 1 else 'them'} as before, or begin "
            "another run in a new folder"
        )
    return begun


def _hopeless(config: Config, known: Blueprint, place: Folder) -> str:
    """What to do where resuming would diverge again."""
    rate = rate_of(config) if known.rate is None else known.rate
    return (
        f"train: the run in {str(place.path)!r} diverged, and would again: {advice(config, rate)} "
        "in a new folder"
    )


def _finished(config: Config, known: Blueprint, place: Folder) -> str:
    """What to do where there is nothing to resume."""
    epochs = epochs_of(config, known.parts["train"])
    return (
        f"the run in {str(place.path)!r} is finished, and its test part was used: to train longer, "
        f"begin another one with --epochs {2 * epochs}"
    )


def _check_data(known: Blueprint, material: Material) -> None:
    if digest_of(material.source) != known.digest:
        raise ValueError(
            "train: a run must be resumed with the data that it was begun with, got others: put "
            "them back, or begin another run in a new folder"
        )


def _begin(config: Config, material: Material, place: Folder, command: str, say: Say) -> Blueprint:
    """Decide what follows from the data, say it, and write what resuming needs."""
    task = material.preparation.task
    aim = aim_of(task, material.outputs, config.loss)
    size = material.sizes
    check_choices(config, task, aim.outputs, material.picture, size["train"])
    architecture = Architecture.of(config, material.shape, aim.outputs)
    notes = [*material.sentences(), aim.sentence, *material.leaks()]
    course = sentences_of(config, size["train"], validated=size["validation"] > 0)
    for note in [*notes, architecture.sentence, *course]:
        say(note)
    blueprint = Blueprint(
        state="begun",
        architecture=architecture,
        preparation=material.preparation,
        aim=aim,
        command=command,
        digest=digest_of(material.source),
        parts=size,
        notes=tuple(notes),
        facts={},
    )
    place.make()
    place.write(place.config, config.to_toml())
    blueprint.write(place)
    return blueprint


def _trained(run: Run, callbacks: Sequence[Callback]) -> Trained:
    """Train the network, and give it the weights of its best epoch."""
    config = run.config
    parts = run.material.parts
    train = run.prepared("train", parts.train)
    validation = None if parts.validation is None else run.prepared("validation", parts.validation)
    model = run.blueprint.architecture.build(config.backend, config.seed)
    recorder = Recorder()
    logs = [CSVLog(run.place.history_csv), JSONLinesLog(run.place.history_jsonl)]
    steps = _steps(run, train)
    epochs = epochs_of(config, len(train))
    # Without patience it never stops, and keeps the best weights all the same.
    stopping = EarlyStopping(model, config.patience or epochs + 1)
    try:
        rate = _rate(run, model, train, steps)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "fit: the loss became", RuntimeWarning)  # told later
            history = fit(
                model,
                train,
                **steps,
                optimizer=optimizer_of(config, rate),
                epochs=epochs,
                validation=validation,
                schedule=schedule_of(config),
                early_stopping=None if validation is None else stopping,
                callbacks=[recorder, *logs, *callbacks],
                checkpoints=Checkpoints(run.place.checkpoints),
                resume=run.place.checkpoints.exists(),
                compile=None if config.compile else False,
            )
    except (TypeError, ValueError):
        run.place.discard()
        raise
    return Trained(model, history, recorder, rate, stopping.best_check or None, train, validation)


def _steps(run: Run, train: Dataset) -> dict[str, Any]:
    """How a step is made: what training and the search for its rate have in common."""
    config, aim = run.config, run.blueprint.aim
    task = run.blueprint.preparation.task
    return {
        "loss": aim.loss,
        "batch_size": batch_size_of(config, len(train)),
        "clip": config.clip,
        "seed": config.seed,
        "class_weight": config.class_weight,
        "regularizer": penalties_of(config),
        "augment": augmentations_of(config, task, aim.outputs, run.material.picture) or None,
    }


def _rate(run: Run, model: Module, train: Dataset, steps: Mapping[str, Any]) -> float:
    """The learning rate; one that a range test found is kept for when the run is resumed."""
    if run.config.lr != "auto":
        return rate_of(run.config)
    if run.blueprint.rate is not None:
        return run.blueprint.rate
    found = lr_find(model, train, **steps, optimizer=optimizer_of(run.config)).suggestion
    rate = rate_of(run.config) if found is None else found
    reason = "as the range test showed no better one" if found is None else "by a range test"
    run.say(f"learning rate: {rate:.3g}, {reason}")
    replace(run.blueprint, rate=rate).write(run.place)
    return rate
