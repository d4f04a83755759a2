"""Ctrl-C while training: once, twice, before and after."""

import os
import re
import signal
from types import SimpleNamespace

import pytest

from support.terminals import Terminal
from twingrad.cli.interrupting import StopOnInterrupt
from twingrad.runs import INTERRUPTED


def press_ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def training():
    seen = SimpleNamespace(reasons=[])
    seen.interrupt = seen.reasons.append
    return seen


@pytest.fixture(autouse=True)
def handler():
    """Ctrl-C is put back as it was."""
    saved = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is saved
    signal.signal(signal.SIGINT, saved)


def test_the_first_ends_the_epoch_and_says_so_behind_the_step(training, capsys):
    callback = StopOnInterrupt()
    callback.on_train_begin(training)
    press_ctrl_c()
    assert training.reasons == [INTERRUPTED]
    assert capsys.readouterr().err == ""
    for _ in range(2):
        callback.on_step_end(training)
    assert capsys.readouterr().err == (
        "Ctrl-C: ending the epoch, then saving; once more stops at once.\n"
    )
    callback.on_train_end(training)


def test_the_second_stops_at_once(training):
    callback = StopOnInterrupt()
    callback.on_train_begin(training)
    press_ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c()
    callback.on_train_end(training)


def test_behind_training_it_stops_at_once_again(training):
    callback = StopOnInterrupt()
    callback.on_train_begin(training)
    callback.on_train_end(training)
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c()
    assert training.reasons == []


def test_where_it_is_switched_off_it_stays_so(training):
    saved = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        callback = StopOnInterrupt()
        callback.on_train_begin(training)
        press_ctrl_c()
        assert training.reasons == []
        callback.on_train_end(training)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, saved)


def train(*words):
    return ("-m", "twingrad", "train", *words)


def test_on_a_terminal_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    words = ("moons", "--epochs", "20000", "--patience", "0", "--schedule", "constant")
    with Terminal(*train(*words), cwd=tmp_path) as terminal:
        terminal.wait_for_line("/20000")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.output
    said = re.sub(r"\s+", " ", terminal.text)
    found = re.search(
        r"twingrad train: interrupted after epoch (\d+) of 20000: go on with "
        r"twingrad train --resume runs/moons",
        said,
    )
    assert found, said
    assert int(found[1]) < 20000
    assert any((tmp_path / "runs/moons/checkpoints").iterdir())
    assert not (tmp_path / "runs/moons/report.html").exists()


def test_on_a_terminal_the_second_ctrl_c_does_not_wait_for_the_epoch(tmp_path):
    words = ("moons", "--backend", "scalar", "--batch-size", "1", "--hidden", "64,64")
    with Terminal(*train(*words), cwd=tmp_path) as terminal:
        terminal.wait_for_line("/100")
        terminal.type("\x03")
        terminal.wait_for_line("once more stops at once")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.output
        assert "stopped at once: go on with twingrad train --resume" in " ".join(
            terminal.text.split()
        )
