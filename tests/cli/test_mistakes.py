"""Which errors become a sentence, which sentence, and with which exit code."""

import errno
import json

import numpy as np
import pytest

from twingrad.cli.mistakes import answering_mistakes
from twingrad.cli.output import Failure
from twingrad.cli.words import understood
from twingrad.data import load, split, toys
from twingrad.workflow import Config


def answered(error, options=()):
    with pytest.raises(Failure) as caught, answering_mistakes(options):
        raise error
    return str(caught.value), caught.value.code


@pytest.mark.parametrize(
    ("error", "sentence", "code"),
    [
        (FileNotFoundError(errno.ENOENT, "load: path must lead"), "DATA must lead", 2),
        (FileExistsError(errno.EEXIST, "train: out must be new"), "--out must be new", 2),
        (OSError(errno.ENOSPC, "train: the run must be written"), "the run must be written", 1),
        (
            PermissionError(errno.EACCES, "Permission denied", "runs/a"),
            "'runs/a' cannot be used: permission denied",
            1,
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "runs/a"),
            "'runs/a' cannot be used: the disk is full",
            1,
        ),
        (
            ModuleNotFoundError("No module named 'pandas'", name="pandas"),
            'the package pandas is missing: pip install "twingrad[cli]"',
            1,
        ),
        (
            ModuleNotFoundError(
                'read_csv: it needs pandas: pip install "twingrad[cli]"', name="pandas"
            ),
            'it needs pandas: pip install "twingrad[cli]"',
            1,
        ),
        (MemoryError(), "there is not enough memory: make --hidden or --batch-size smaller", 1),
    ],
)
def test_what_a_person_can_cause_becomes_a_sentence(error, sentence, code):
    assert answered(error, {"out"}) == (sentence, code)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: load("mons"), "there is no data set 'mons': did you mean 'moons'?"),
        (lambda: Config(data="moons", batch_size=0), "--batch-size must be at least 1, got 0"),
        (lambda: Config(data="moons", hidden="x"), "--hidden must be a list of numbers"),
        (
            lambda: split(toys.moons(5), validation=3, test=3),
            "--validation and --test must leave rows to train",
        ),
        (lambda: split(toys.moons(5), validation=True), "--validation must be a real number"),
    ],
)
def test_what_this_package_says_becomes_a_sentence_for_the_command_line(call, sentence):
    options = {"batch_size", "hidden", "validation", "test"}
    with pytest.raises(Failure) as caught, answering_mistakes(options):
        call()
    assert str(caught.value).startswith(sentence)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "bug",
    [
        TypeError("unsupported operand"),
        IndexError("list index out of range"),
        KeyError("loss"),
        AttributeError("no attribute"),
        ZeroDivisionError(),
        ModuleNotFoundError("No module named 'twingrad.nothing'", name="twingrad.nothing"),
    ],
)
def test_a_bug_keeps_its_traceback(bug):
    with pytest.raises(type(bug)), answering_mistakes():
        raise bug


@pytest.mark.parametrize(
    "call",
    [
        lambda: understood("lr", None),
        lambda: float("auto"),
        lambda: np.zeros(3).reshape(2, 2),
        lambda: json.loads("{"),
    ],
)
def test_an_error_of_what_this_package_computes_with_is_a_bug(call):
    with pytest.raises((TypeError, ValueError)), answering_mistakes():
        call()
