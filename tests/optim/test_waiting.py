"""What is shown while a training step is being compiled, and that nothing of it is left."""

import io
import signal
import threading
import time

import numpy as np
import pytest

import twingrad
from support.screens import left_by
from support.terminals import PATIENCE, Terminal
from twingrad import nn
from twingrad.optim import Callback, Progress
from twingrad.optim.callbacks.bar import Bar
from twingrad.optim.callbacks.display import Lines
from twingrad.optim.callbacks.waiting import Waiting

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(20, 2)
SAID = "compiling the training step"


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


class Compiling(Callback):
    """Stands for a compiler that is busy in the second epoch until a condition is met."""

    def __init__(self, progress, condition):
        self.progress, self.condition = progress, condition

    def on_epoch_begin(self, training):
        if training.epoch == 1:
            self.progress.on_compile(training)
            until(self.condition)


@pytest.fixture
def terminal(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (("TERM", "xterm-256color"), ("COLUMNS", "80")):
        monkeypatch.setenv(name, value)
    return monkeypatch


def trained(form, condition, file=None):
    """What was shown of a training of three epochs; the condition is given what there is."""
    shown = io.StringIO() if file is None else file
    progress = Progress(shown, form)
    compiling = Compiling(progress, lambda: condition(shown.getvalue()))
    twingrad.fit(nn.MLP(2, [4], 1), (X, X[:, 0]), epochs=3, callbacks=[progress, compiling])
    return shown.getvalue()


def test_on_a_pipe_it_is_one_line(monkeypatch):
    monkeypatch.setattr(Lines, "patience", 0.0)
    lines = trained("lines", lambda shown: SAID in shown).splitlines()
    assert lines.count(SAID) == 1
    assert lines[0].startswith("epoch 1/3")
    assert lines[1] == SAID


@pytest.mark.parametrize("form", ["lines", "bar"])
def test_what_is_over_in_a_moment_is_not_told(terminal, form):
    terminal.setattr(Lines if form == "lines" else Bar, "patience", PATIENCE)
    assert SAID not in trained(form, lambda shown: True)


def test_on_a_terminal_a_bar_moves_and_is_gone_afterwards(terminal):
    terminal.setattr(Bar, "patience", 0.0)
    output = trained("bar", lambda shown: len(drawn(shown)) > 3)
    assert len({*drawn(output)}) > 1, "it stands still"
    left = left_by(output)
    assert left[0].startswith("3 epochs in ")
    assert not any(SAID in line for line in left)


def drawn(shown):
    return [frame for frame in shown.split("\r\x1b[2K") if SAID in frame]


@pytest.mark.parametrize("width", [1, 10, 30, 40, 200])
def test_it_fits_its_terminal(terminal, width):
    terminal.setattr(Bar, "patience", 0.0)
    terminal.setenv("COLUMNS", str(width))
    begun = SAID[: max(1, width - 1)]
    output = trained("bar", lambda shown: begun in shown)
    assert all(len(line) < max(2, width) for line in left_by(output))


@pytest.mark.parametrize("form", ["lines", "bar"])
def test_a_display_that_cannot_be_written_to_does_not_stop_the_training(terminal, form):
    class Gone(io.StringIO):
        tried = 0

        def flush(self):
            self.tried += 1
            if self.tried > 1:
                raise OSError(5, "Input/output error")

    for display in (Lines, Bar):
        terminal.setattr(display, "patience", 0.0)
    file = Gone()
    trained(form, lambda shown: file.tried > 1, file)
    assert file.tried > 1


def test_a_training_that_ends_meanwhile_leaves_no_thread(terminal):
    def fail(shown):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained("bar", fail)
    assert not [each for each in threading.enumerate() if each.name == "twingrad waiting"]


@pytest.mark.parametrize(("pause", "least"), [(None, 1), (0.001, 5)])
def test_it_is_shown_again_only_if_that_was_asked_for(pause, least):
    calls = []
    waiting = Waiting(calls.append, 0.0, pause)
    until(lambda: len(calls) >= least)
    waiting.stop()
    assert calls == sorted(calls)
    assert pause is not None or len(calls) == 1
    before = len(calls)
    time.sleep(0.02)
    waiting.stop()
    assert len(calls) == before


PROGRAM = """
import time
import numpy as np
import twingrad
from twingrad import nn, optim

class Compiling(optim.Callback):
    def on_epoch_begin(self, training):
        progress.on_compile(training)
        time.sleep(600)

x = np.linspace(-1, 1, 40, dtype=np.float32).reshape(20, 2)
progress = optim.Progress()
twingrad.fit(nn.MLP(2, [4], 1), (x, x.sum(axis=1)), callbacks=[progress, Compiling()])
"""


def test_ctrl_c_leaves_a_terminal_as_it_was():
    with Terminal("-c", PROGRAM) as terminal:
        terminal.wait_for_line(SAID)
        terminal.type("\x03")
        assert terminal.end() == -signal.SIGINT
        lines = left_by(terminal.output)
        assert not any(SAID in line for line in lines)
        assert lines[0] == "Traceback (most recent call last):"
        assert lines[-2:] == ["KeyboardInterrupt", ""]
        assert terminal.output.rfind("\x1b[?25h") > terminal.output.rfind("\x1b[?25l")
