"""What is shown of a training: a bar on a terminal, lines elsewhere, and what is left behind."""

import io
import re
import signal
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twingrad
from support.screens import left_by
from support.terminals import PATIENCE, Terminal
from twingrad import nn
from twingrad.optim import Callback, Progress
from twingrad.optim.callbacks.display import is_lively
from twingrad.optim.callbacks.telling import Part, duration, figure, fitting

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(20, 2)
CLASSES = (X[:, 0] > 0).astype(np.int64)
NUMBERS = X[:, ::-1]


class Work(Callback):
    """A clock, by which steps take time, and what comes behind the last one of an epoch."""

    def __init__(self, step, pause):
        self.now = 1000.0
        self.step, self.pause = step, pause

    def __call__(self):
        return self.now

    def on_step_end(self, training):
        self.now += self.step

    def on_epoch_end(self, training):
        self.now += self.pause


@pytest.fixture
def watched(monkeypatch):
    """Train while watching: what was shown, of 5 steps an epoch that take some seconds each."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)

    def train(form, step=1.0, pause=0.0, width=80, file=None, **options):
        monkeypatch.setenv("COLUMNS", str(width))
        work = Work(step, pause)
        monkeypatch.setattr("twingrad.optim.callbacks.progress.monotonic", work)
        monkeypatch.setattr("twingrad.optim.training.training.monotonic", work)
        twingrad.manual_seed(0)
        shown = io.StringIO() if file is None else file
        data = options.pop("data", (X, CLASSES))
        callbacks = [*options.pop("callbacks", []), work, Progress(shown, form)]
        if not isinstance(data, list):
            options = {"batch_size": 4} | options
        model = nn.MLP(2, [4], 2)
        twingrad.fit(model, data, callbacks=callbacks, **({"seed": 0, "epochs": 3} | options))
        return shown.getvalue() if isinstance(shown, io.StringIO) else None

    return train


def plain(text):
    """Text without colours and without what moves the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def frames(shown):
    """What a bar showed, one after another."""
    return [plain(frame).split("\n")[0] for frame in shown.split("\r\x1b[2K")][1:-1]


def test_lines_are_one_for_each_epoch_and_a_table(watched):
    lines = watched("lines", pause=0.5, validation=0.2).splitlines()
    number = r"-?[0-9.]+"
    for epoch, line in enumerate(lines[:3], 1):
        left = "" if epoch == 3 else "  [0-9]+ s left"
        assert re.fullmatch(
            rf"epoch {epoch}/3  loss {number}  accuracy {number}  validation loss {number}  "
            rf"validation accuracy {number}  lr 0.001  [0-9.]+ samples/s{left}",
            line,
        )
    assert re.fullmatch(r"3 epochs in 14 s, [0-9.]+ samples/s", lines[3])
    assert lines[4].split("  ")[-4:] == [
        "loss",
        "accuracy",
        "validation loss",
        "validation accuracy",
    ]
    assert lines[-1].startswith("epoch 3")
    assert len({len(line) for line in lines[4:]}) == 1


def test_of_tiny_epochs_there_is_one_line_in_a_second(watched):
    lines = watched("lines", step=0.002, epochs=500).splitlines()
    shown = [int(found[1]) for line in lines if (found := re.match(r"epoch +(\d+)/500 ", line))]
    assert shown[0] == 1
    assert shown[-1] == 500
    assert len(shown) == 6  # of a training of 5 seconds
    assert not re.search(r"step \d", "".join(lines))


def test_of_a_long_epoch_there_is_a_line_each_minute(watched):
    lines = watched("lines", step=25.0, epochs=2).splitlines()
    starts = [re.match(r"epoch (\d)/2  (step \d/5)?", line).groups() for line in lines[:4]]
    assert starts == [("1", "step 4/5"), ("1", None), ("2", "step 3/5"), ("2", None)]


def test_where_epochs_are_long_the_loss_is_that_of_the_present_one(watched):
    seen = []

    def note(training):
        seen.append(training.running_loss)

    watcher = type("Watcher", (Callback,), {"on_step_end": lambda self, training: note(training)})
    lines = watched("lines", step=25.0, epochs=1, callbacks=[watcher()]).splitlines()
    assert f"loss {figure(seen[3])}" in lines[0]


def test_a_bar_has_all_that_is_asked_for_in_80_columns(watched):
    shown = frames(watched("bar", validation=(X, NUMBERS), epochs=4, data=(X, NUMBERS)))
    pattern = r"epoch 3/4  ━+[╸╺]?━+  (step \d/5  )?loss \S+  val(idation loss)? \S+  lr 0.001"
    assert any(re.match(pattern, frame) for frame in shown)
    assert re.search(r" \S+/s  \d+ s left$", shown[9])


@pytest.mark.parametrize("width", [1, 10, 20, 40, 60, 80, 120, 200])
def test_a_bar_fits_its_terminal(watched, width):
    shown = frames(watched("bar", width=width, validation=(X, CLASSES)))
    assert all(0 < len(frame) < max(2, width) for frame in shown)
    if width >= 40:
        assert "loss" in shown[-1]
        assert "left" in shown[-2]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_what_a_bar_leaves_is_a_table_that_fits(watched, width):
    output = watched("bar", width=width, validation=(X, CLASSES))
    lines = left_by(output)
    assert lines[0].startswith("3 epochs in ")
    assert all(len(line) < width for line in lines)
    assert not any("━" in line or "left" in line for line in lines)
    if width >= 40:
        assert lines[1].split()[:1] == ["loss"]
        assert lines[-2].startswith("epoch 3")
    assert lines[-1] == ""


def test_a_bar_is_drawn_ten_times_a_second_at_most(watched):
    shown = watched("bar", step=0.002, epochs=300)
    assert 20 <= len(frames(shown)) <= 31  # of a training of 3 seconds


def test_the_bar_grows(watched):
    drawn = [frame.count("━") for frame in frames(watched("bar", epochs=10, width=200))]
    assert max(drawn) == 30
    done = [
        len(re.search(r"\x1b\[38;[^m]*m(━*)", part)[1])
        for part in watched("bar", epochs=10, width=200).split("\r\x1b[2K")
        if "━" in part
    ]
    assert done == sorted(done)
    assert done[-1] > 25


def test_the_cursor_is_never_away(watched):
    output = watched("bar")
    assert output.index("\x1b[?25h") < output.index("epoch")
    assert output.rfind("\x1b[?25h") > output.rfind("\x1b[?25l")


def test_without_colours_nothing_is_coloured(watched, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[38" not in watched("bar")


def test_a_terminal_of_ascii_gets_ascii(watched):
    class Ascii(io.StringIO):
        encoding = "ascii"

    assert watched("bar", file=Ascii()).isascii()


@pytest.mark.parametrize("form", ["bar", "lines"])
def test_steps_that_cannot_be_counted_are_learned_from_the_epoch_before(watched, form):
    batches = [(X[k : k + 4], CLASSES[k : k + 4]) for k in range(0, 20, 4)]
    output = watched(form, data=batches, step=25.0, width=200)
    told = [line for line in plain(output).replace("\r", "\n").split("\n") if "step" in line]
    assert re.search(r"  step \d  .*  \d+ s left$", told[-1])
    assert not any("left" in line for line in told if "epoch 1" in line)


def test_training_that_is_resumed_begins_in_the_middle(watched, tmp_path):
    for epochs in (2, 5):
        lines = watched("lines", epochs=epochs, checkpoints=tmp_path, resume=True).splitlines()
    assert lines[0].startswith("epoch 3/5 ")
    assert lines[3].startswith("3 epochs in 15 s")
    again = watched("lines", epochs=5, checkpoints=tmp_path, resume=True).splitlines()
    assert again == lines[4:]


def test_why_training_stopped_is_told_at_the_end(watched):

    def stop(training):
        training.stop("it was enough")

    for form in ("bar", "lines"):
        assert "stopped: it was enough" in left_by(watched(form, callbacks=[stop]))


def test_a_loss_of_nan_is_shown(watched):
    wrong = (np.full((8, 2), np.nan, np.float32), CLASSES[:8])
    with pytest.warns(RuntimeWarning, match="nan"):
        lines = watched("lines", data=wrong).splitlines()
    assert lines[0].startswith("epoch 1/3  loss nan  ")
    assert any(line.startswith("stopped: the loss became nan") for line in lines)


def test_an_exception_takes_the_bar_away(watched):
    shown = io.StringIO()

    class Trouble(Callback):
        def on_step_end(self, training):
            if training.step == 8:
                raise KeyboardInterrupt

    before = sys.stdout, sys.stderr
    with pytest.raises(KeyboardInterrupt):
        watched("bar", file=shown, callbacks=[Trouble()])
    lines = left_by(shown.getvalue())
    assert lines[0].startswith("1 epoch in ")
    assert lines[-2].startswith("epoch 1 (best)")
    assert lines[-1] == ""
    assert (sys.stdout, sys.stderr) == before


def test_an_end_before_the_first_epoch_leaves_nothing(watched):
    shown = io.StringIO()

    class Trouble(Callback):
        def on_step_end(self, training):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watched("bar", file=shown, callbacks=[Trouble()])
    assert "".join(left_by(shown.getvalue())) == ""


@pytest.mark.parametrize("form", ["bar", "lines"])
@pytest.mark.parametrize("allowed", [0, 3])
def test_a_display_that_cannot_be_written_to_is_given_up(watched, form, allowed):
    class Gone(io.StringIO):
        left = allowed

        def flush(self):
            self.left -= 1
            if self.left < 0:
                raise OSError(5, "Input/output error")

    ends = []
    watched(form, file=Gone(), callbacks=[lambda training: ends.append(training.epoch)])
    assert ends == [1, 2, 3]


def test_nothing_is_shown_where_there_is_no_error_stream(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    twingrad.fit(nn.MLP(2, [4], 2), (X, CLASSES), epochs=2, callbacks=Progress())


def test_progress_is_only_shown_if_it_is_asked_for(capsys):
    twingrad.fit(nn.MLP(2, [4], 2), (X, CLASSES), epochs=2)
    assert capsys.readouterr() == ("", "")
    twingrad.fit(nn.MLP(2, [4], 2), (X, CLASSES), epochs=2, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("epoch 1/2  loss")


def test_a_form_that_is_none_is_refused():
    with pytest.raises(ValueError, match="Progress: form must be 'auto' or 'bar' or 'lines'"):
        Progress(form="pie")


def test_without_rich_there_are_lines_unless_a_bar_is_insisted_on(watched, monkeypatch):
    class Lively(io.StringIO):
        def isatty(self):
            return True

    assert "\x1b[" in watched("auto", file=Lively())
    monkeypatch.setitem(sys.modules, "rich", None)
    assert watched("auto", file=Lively()).startswith("epoch 1/3")
    with pytest.raises(ModuleNotFoundError, match=r"form='bar' needs rich: pip install"):
        watched("bar")


@pytest.mark.parametrize(
    ("terminal", "kind", "lively"),
    [
        (True, "xterm", True),
        (True, "", True),
        (True, "dumb", False),
        (True, "unknown", False),
        (False, "xterm", False),
    ],
)
def test_a_bar_is_for_terminals_that_can_take_back(monkeypatch, terminal, kind, lively):
    file = io.StringIO()
    monkeypatch.setattr(file, "isatty", lambda: terminal)
    monkeypatch.setenv("TERM", kind)
    assert is_lively(file) is lively
    file.close()
    assert not is_lively(file)
    assert not is_lively(None)


PART = st.builds(Part, st.text("ab", min_size=4), st.text("ab", max_size=4), st.integers(0, 9))


@given(st.lists(PART, min_size=1, max_size=8), st.integers(1, 120), st.integers(0, 40))
def test_the_weightiest_parts_fit(parts, width, beside):
    texts = fitting(parts, width, beside)
    assert len("  ".join(texts)) <= width
    if texts != [part.full for part in parts]:
        full = len("  ".join(part.full for part in parts))
        assert full + beside > width or texts == [part.brief for part in parts]
    else:
        assert len(texts) == len(parts)


@given(st.floats(0, 1e7))
def test_durations_are_short(seconds):
    assert len(duration(seconds)) <= 10


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (9.94, "9.9 s"), (59.7, "1:00"), (3599.6, "1:00:00"), (90_000, "1 d 1 h")],
)
def test_durations(seconds, said):
    assert duration(seconds) == said


PROGRAM = """
import sys, time
import numpy as np
import twingrad
from twingrad import nn, optim

def wait(training):
    print("printed after", training.epoch)

class Slow(optim.Callback):
    def on_step_end(self, training):
        time.sleep(0.02)

x = np.linspace(-1, 1, 40, dtype=np.float32).reshape(20, 2)
callbacks = [Slow(), wait, optim.Progress()]
if "clean" in sys.argv:
    callbacks.insert(0, optim.StopOnInterrupt())
history = twingrad.fit(
    nn.MLP(2, [4], 1), (x, x.sum(axis=1)), batch_size=2, epochs=40, callbacks=callbacks
)
print("done:", history.stopped)
"""


def wait_until(terminal, text):
    end = time.monotonic() + PATIENCE
    while text not in terminal.output:
        assert time.monotonic() < end, terminal.output
        terminal.read(0.1)


def test_ctrl_c_leaves_a_terminal_as_it_was():
    with Terminal("-c", PROGRAM) as terminal:
        wait_until(terminal, "epoch  3/40")
        terminal.type("\x03")
        assert terminal.end() == -signal.SIGINT
        lines = left_by(terminal.output)
        assert lines[:2] == ["printed after 1", "printed after 2"]
        (summary,) = [k for k, line in enumerate(lines) if " epochs in " in line]
        assert lines[summary + 3] == "Traceback (most recent call last):"
        assert lines[-2:] == ["KeyboardInterrupt", ""]
        assert terminal.output.rfind("\x1b[?25h") > terminal.output.rfind("\x1b[?25l")


def test_what_is_printed_goes_above_the_bar_and_an_interrupted_epoch_is_finished():
    with Terminal("-c", PROGRAM, "clean") as terminal:
        wait_until(terminal, "epoch  3/40")
        terminal.type("\x03")
        assert terminal.end() == 0
        lines = left_by(terminal.output)
        said = lines.index("Ctrl-C: training ends with this epoch, or at once with another Ctrl-C")
        assert lines[:said] == ["printed after 1", "printed after 2"]
        assert lines[said + 1] == "printed after 3"
        assert lines[said + 2].startswith("3 epochs in ")
        assert lines[-3:] == ["stopped: interrupted", "done: interrupted", ""]


def test_a_killed_process_leaves_the_cursor():
    with Terminal("-c", PROGRAM) as terminal:
        wait_until(terminal, "epoch  2/40")
        terminal.process.kill()
        terminal.end()
        assert terminal.output.rfind("\x1b[?25h") > terminal.output.rfind("\x1b[?25l")
