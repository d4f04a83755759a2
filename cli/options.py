"""Arguments and options: how they are written, their ranges and their defaults."""

from __future__ import annotations

from typing import Annotated

import typer

DATA = "Data"
NETWORK = "Network"
TRAINING = "Training"
OUTPUT = "Output"

Data = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        show_default=False,
        help="A data set by name (breast_cancer, diabetes, digits, iris, wine; blobs, circles, "
        "linear, moons, spirals, xor), or a file: .csv, .tsv, .txt, .parquet, .npz, .npy, or idx "
        "images. With --resume, a run's folder will do.",
    ),
]


def _option(flags: str, metavar: str, panel: str, text: str) -> typer.models.OptionInfo:
    """An option whose help says its range and its default, and that is None if it is not given."""
    made: typer.models.OptionInfo = typer.Option(
        *flags.split(), metavar=metavar, rich_help_panel=panel, show_default=False, help=text
    )
    return made


Target = Annotated[
    str | None,
    _option(
        "--target",
        "COLUMN",
        DATA,
        "What is to be predicted: a column of a table, an array in a .npz file, the path of the "
        "answers to a .npy file. Needed for tables; data sets by name have their own.",
    ),
]
Task = Annotated[
    str | None,
    _option(
        "--task",
        "TASK",
        DATA,
        "auto, classification, regression, binary or multiclass. Default: auto, which follows from "
        "the target and is said aloud.",
    ),
]
Ignore = Annotated[
    str | None,
    _option("--ignore", "COLUMNS", DATA, "Columns to leave out, such as id,name. Default: none."),
]
Validation = Annotated[
    str | None,
    _option(
        "--validation",
        "SHARE",
        DATA,
        "Held out to watch training: a share from 0 up to 1, or a whole number of rows; 0 for "
        "none. Default: 0.1.",
    ),
]
Test = Annotated[
    str | None,
    _option(
        "--test",
        "SHARE",
        DATA,
        "Kept apart and tested on once, at the end: as --validation. Default: 0.1.",
    ),
]
Augment = Annotated[
    str | None,
    _option(
        "--augment",
        "LIST",
        DATA,
        "Change training rows at random: noise=0.1,mixup=0.2; images also by shift=1, rotate=10, "
        "cutout=2, flip. Default: none.",
    ),
]
ClassWeight = Annotated[
    str | None,
    _option(
        "--class-weight",
        "WORD",
        DATA,
        "balanced, to have rare classes count for more, or none. Default: none.",
    ),
]
Hidden = Annotated[
    str | None,
    _option(
        "--hidden",
        "WIDTHS",
        NETWORK,
        "The widths of the hidden layers, from 1, with commas between them; none for a linear "
        "model. Default: 128,64.",
    ),
]
Activation = Annotated[
    str | None,
    _option(
        "--activation",
        "NAME",
        NETWORK,
        "relu, leaky_relu, elu, selu, gelu, silu, mish, tanh, sigmoid, softplus, ... "
        "Default: relu.",
    ),
]
Norm = Annotated[
    str | None,
    _option(
        "--norm",
        "NAME",
        NETWORK,
        "Normalize the hidden layers: batch, layer, rms or none. Default: none.",
    ),
]
BatchNorm = Annotated[bool, _option("--batch-norm", "", NETWORK, "The same as --norm batch.")]
Dropout = Annotated[
    str | None,
    _option(
        "--dropout",
        "SHARE",
        NETWORK,
        "The share of hidden neurons left out in each training step, from 0 up to 1. Default: 0.",
    ),
]
Backend = Annotated[
    str | None,
    _option(
        "--backend",
        "TWIN",
        NETWORK,
        "tensor, or scalar: Values that can be looked into, for tiny networks. Default: tensor.",
    ),
]
LossName = Annotated[
    str | None,
    _option(
        "--loss",
        "NAME",
        TRAINING,
        "auto, cross_entropy, bce_with_logits, focal, hinge, mse, l1, huber, log_cosh, ... "
        "Default: auto, which follows from the task and is said aloud.",
    ),
]
OptimizerName = Annotated[
    str | None,
    _option(
        "--optimizer",
        "NAME",
        TRAINING,
        "adamw, adam, sgd, momentum, nesterov, rmsprop, lion, lbfgs, ... Default: adamw.",
    ),
]
LearningRate = Annotated[
    str | None,
    _option(
        "--lr",
        "RATE",
        TRAINING,
        "The learning rate, above 0, or auto to measure a good one first. Default: what suits the "
        "optimizer, such as 0.003 for adamw.",
    ),
]
ScheduleName = Annotated[
    str | None,
    _option(
        "--schedule",
        "NAME",
        TRAINING,
        "How the rate changes: onecycle, cosine, linear, step, warmup, plateau or constant. "
        "Default: onecycle.",
    ),
]
L1 = Annotated[
    str | None,
    _option(
        "--l1", "FACTOR", TRAINING, "Add so much of the sum of |w| to the loss, from 0. Default: 0."
    ),
]
L2 = Annotated[
    str | None,
    _option(
        "--l2", "FACTOR", TRAINING, "Add so much of the sum of w² to the loss, from 0. Default: 0."
    ),
]
WeightDecay = Annotated[
    str | None,
    _option(
        "--weight-decay",
        "FACTOR",
        TRAINING,
        "What an update takes off each weight, per unit of the rate, from 0. Default: the "
        "optimizer's own.",
    ),
]
Clip = Annotated[
    str | None,
    _option(
        "--clip",
        "NORM",
        TRAINING,
        "The greatest norm of a gradient, above 0; longer ones are shortened; or none. "
        "Default: none.",
    ),
]
Epochs = Annotated[
    str | None,
    _option(
        "--epochs",
        "COUNT",
        TRAINING,
        "Passes through the training rows, from 1. Default: 100, fewer where there are more than "
        "10,000 rows.",
    ),
]
BatchSize = Annotated[
    str | None,
    _option(
        "--batch-size",
        "ROWS",
        TRAINING,
        "Rows in a step, from 1, or all. Default: 32, more where there are more than 19,200 rows.",
    ),
]
Patience = Annotated[
    str | None,
    _option(
        "--patience",
        "EPOCHS",
        TRAINING,
        "Stop when the validation loss has not fallen for so many epochs, from 1; 0 never stops. "
        "Either way the weights of the best epoch are kept. Default: 20.",
    ),
]
Seed = Annotated[
    str | None,
    _option(
        "--seed",
        "NUMBER",
        TRAINING,
        "Of everything that is drawn, from 0: the same seed gives the same model. Default: 0.",
    ),
]
Compile = Annotated[
    bool | None,
    _option(
        "--compile/--no-compile",
        "",
        TRAINING,
        "Whether the training step may become machine code, with the same results but for "
        "rounding. Default: where it pays, from 3000 steps on.",
    ),
]
Out = Annotated[
    str | None,
    _option(
        "--out",
        "FOLDER",
        OUTPUT,
        "The run's folder, which must not exist yet. Default: runs/NAME, or the next free "
        "runs/NAME-2, ...",
    ),
]
Resume = Annotated[
    bool,
    _option(
        "--resume",
        "",
        OUTPUT,
        "Go on with a run that was interrupted: twingrad train --resume runs/NAME, or the same "
        "command as before with --resume behind it.",
    ),
]
ConfigFile = Annotated[
    str | None,
    _option(
        "--config",
        "FILE",
        OUTPUT,
        "Options from a TOML file, such as a run's config.toml; those given here come first.",
    ),
]
Quiet = Annotated[
    bool,
    _option("--quiet -q", "", OUTPUT, "No notes and no progress: the result and errors alone."),
]

Run = Annotated[
    str, typer.Argument(metavar="RUN", help="The folder of a run, such as runs/digits.")
]
NewData = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="A file of the kind that was trained on, or a data set by name."
    ),
]
