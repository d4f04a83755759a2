"""``twingrad train``: from data to a trained, tested and reported model."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from . import options as given
from .mistakes import answering_mistakes, exit_code, sentence
from .output import INTERRUPTED, MACHINE, Failure, answer, note, telling_failures

if TYPE_CHECKING:
    from ..optim.callbacks.base import Callback
    from ..workflow import Result

TRAIN_HELP = """\
Train a network on DATA, test it once at the end, and write a report.

The task and the loss follow from the target and are said aloud. Ctrl-C ends the epoch, saves, and \
says how to go on; so does --resume after a crash.

\b
twingrad train digits
twingrad train my.csv --target price --hidden 64,32 --epochs 50
twingrad train my.csv --target price --lr auto --out runs/house
twingrad train --resume runs/house
"""

EXIT_CODES = """\
Exit codes: 0 done; 1 the machine is in the way (a full disk, no permission, a package that is \
missing); 2 the command or the data are to be corrected, or training diverged; 130 interrupted, to \
be gone on with.
"""


def train(
    context: typer.Context,
    data: given.Data = None,
    target: given.Target = None,
    task: given.Task = None,
    ignore: given.Ignore = None,
    validation: given.Validation = None,
    test: given.Test = None,
    augment: given.Augment = None,
    class_weight: given.ClassWeight = None,
    hidden: given.Hidden = None,
    activation: given.Activation = None,
    norm: given.Norm = None,
    batch_norm: given.BatchNorm = False,
    dropout: given.Dropout = None,
    backend: given.Backend = None,
    loss: given.LossName = None,
    optimizer: given.OptimizerName = None,
    lr: given.LearningRate = None,
    schedule: given.ScheduleName = None,
    l1: given.L1 = None,
    l2: given.L2 = None,
    weight_decay: given.WeightDecay = None,
    clip: given.Clip = None,
    epochs: given.Epochs = None,
    batch_size: given.BatchSize = None,
    patience: given.Patience = None,
    seed: given.Seed = None,
    compile: given.Compile = None,
    out: given.Out = None,
    resume: given.Resume = False,
    config: given.ConfigFile = None,
    quiet: given.Quiet = False,
) -> None:
    """Train a network on data, test it once at the end, and write a report."""
    with telling_failures("train"), answering_mistakes({*context.params} - {"data"}):
        try:
            _train(context.params, resume, quiet)
        except KeyboardInterrupt:
            raise Failure("interrupted before anything was written", INTERRUPTED) from None


def _train(words: Mapping[str, Any], resume: bool, quiet: bool) -> None:
    from .. import workflow
    from ..workflow.folder import Folder
    from .configuration import requested

    config, folder = requested(words)
    with _telling_how_to_go_on(folder):
        result = workflow.train(
            config,
            folder,
            resume=resume,
            command=shlex.join(["twingrad", *sys.argv[1:]]),
            callbacks=_callbacks(quiet),
            say=_unsaid if quiet else note,
        )
    if result.interrupted:
        raise Failure(
            f"interrupted after epoch {result.epoch} of {result.epochs}: go on with "
            f"{Folder(folder).resuming}",
            INTERRUPTED,
        )
    answer(_conclusion(result))


@contextmanager
def _telling_how_to_go_on(folder: Path) -> Iterator[None]:
    """Where Ctrl-C or the machine stops a run at once, say what is left of it."""
    from ..optim import Checkpoints
    from ..workflow.folder import Folder

    place = Folder(folder)
    try:
        yield
    except KeyboardInterrupt:
        if not place.is_begun:
            raise
        steps = Checkpoints(place.checkpoints).steps()
        how = f"from step {steps[-1]}" if steps else "from the beginning, as no checkpoint is there"
        raise Failure(
            f"stopped at once: go on, {how}, with {place.resuming}", INTERRUPTED
        ) from None
    except OSError as error:
        said = sentence(error)
        if exit_code(error) != MACHINE or not place.is_begun or "--resume" in said:
            raise
        raise Failure(f"{said}; then go on with {place.resuming}", MACHINE) from None


def _callbacks(quiet: bool) -> list[Callback]:
    from ..optim import Progress, StopOnInterrupt

    return [StopOnInterrupt()] if quiet else [StopOnInterrupt(), Progress()]


def _unsaid(said: str) -> None:
    """Leave a note out."""


def _conclusion(result: Result) -> str:
    lines = [result.sentence, f"model: {result.folder}"]
    if result.report is not None:
        lines.append(f"report: {result.report}")
    return "\n".join(lines)
