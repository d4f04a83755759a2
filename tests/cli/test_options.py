"""The help of ``twingrad train`` agrees with what a run can be told."""

import re
from dataclasses import fields
from typing import get_args

import pytest
import typer

from twingrad.cli import app
from twingrad.cli.words import flag
from twingrad.data.dataset import Task
from twingrad.data.sources.loading import SETS
from twingrad.nn.activations import ACTIVATIONS
from twingrad.nn.losses.names import LOSSES
from twingrad.optim.names import OPTIMIZERS
from twingrad.optim.training.compiled import WORTHWHILE
from twingrad.optim.training.scheduling import SCHEDULES
from twingrad.workflow import Config
from twingrad.workflow.choices import RATES, batch_size_of, epochs_of
from twingrad.workflow.option_checks import CHECKS, CONSTANT

TRAIN = typer.main.get_command(app).commands["train"]
HELP = {option.name: option.help for option in TRAIN.params}
DEFAULTS = {each.name: each.default for each in fields(Config) if each.name != "data"}
BY_DEFAULT = {None: "none", (): "none", (128, 64): "128,64", 0.0: "0"}
OWN = {
    "target": "data sets by name have their own",
    "lr": f"Default: what suits the optimizer, such as {RATES['adamw']:g} for adamw.",
    "weight_decay": "Default: the optimizer's own.",
    "batch_size": f"Default: {batch_size_of(Config(data='moons'), 19_199)}, more where there are",
    "epochs": f"Default: {epochs_of(Config(data='moons'), 10_000)}, fewer where there are",
    "task": "Default: auto, which follows from the target and is said aloud.",
    "compile": f"Default: where it pays, from {WORTHWHILE} steps on.",
    "loss": "Default: auto, which follows from the task and is said aloud.",
}


def listed(name):
    """The words of the list in a help, which ends at a full stop."""
    words = HELP[name].partition(". ")[0].rpartition(": ")[2]
    return re.findall(r"[a-z_0-9]+", words.replace(" or ", ", "))


def test_everything_that_a_run_can_be_told_is_an_option():
    assert {name for name in HELP if name in DEFAULTS} == set(DEFAULTS)
    own = {"data", "batch_norm", "out", "resume", "config", "quiet"}
    assert set(HELP) - {"help"} - set(DEFAULTS) == own


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_help_of_each_option_says_its_default(name):
    default = DEFAULTS[name]
    said = OWN.get(name) or f"Default: {BY_DEFAULT.get(default, default)}"
    assert said in HELP[name]


@pytest.mark.parametrize("name", DEFAULTS)
def test_options_have_the_names_of_a_configuration(name):
    (option,) = [option for option in TRAIN.params if option.name == name]
    assert option.opts == [flag(name)]


@pytest.mark.parametrize(
    ("name", "choices", "are_all"),
    [
        ("task", ("auto", *get_args(Task), "classification"), True),
        ("schedule", (*SCHEDULES, CONSTANT), True),
        ("optimizer", OPTIMIZERS, False),
        ("activation", ACTIVATIONS, False),
        ("loss", ("auto", *LOSSES), False),
    ],
)
def test_the_help_names_what_there_is_to_choose_from(name, choices, are_all):
    named = set(listed(name))
    assert named
    assert named == set(choices) if are_all else named < set(choices)
    for choice in named:
        assert CHECKS[name](choice, name) == choice


def test_the_help_names_every_data_set():
    assert all(name in HELP["data"] for name in SETS)


@pytest.mark.parametrize("name", ["norm", "class_weight", "backend"])
def test_short_lists_are_said_in_full(name):
    for word in {"norm": ("batch", "layer", "rms"), "class_weight": ("balanced",)}.get(
        name, ("tensor", "scalar")
    ):
        assert word in HELP[name]
        assert CHECKS[name](word, name) == word
