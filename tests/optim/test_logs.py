"""The history on disk while training goes on: whole rows, whatever happens."""

import csv
import errno
import json
import math
import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twingrad
from twingrad import nn, optim
from twingrad.optim import Callback, CSVLog, JSONLinesLog
from twingrad.optim.history import csv_text, json_line

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(20, 2)
DATA = (X, (X[:, 0] > 0).astype(np.int64))
KINDS = pytest.mark.parametrize("kind", [CSVLog, JSONLinesLog])


def train(*callbacks, epochs=4, **options):
    twingrad.manual_seed(0)
    model = nn.MLP(2, [4], 2)
    return twingrad.fit(model, DATA, epochs=epochs, seed=0, callbacks=[*callbacks], **options)


def content(kind, rows):
    """What the file of these rows is to be."""
    if kind is JSONLinesLog:
        return "".join(json_line(row) for row in rows)
    return csv_text(rows) if rows else ""


class Watch(Callback):
    """What the file holds at the end of each epoch."""

    def __init__(self, log):
        self.log, self.seen = log, []

    def on_epoch_end(self, training):
        self.seen.append(self.log.path.read_text())


class Stop(Callback):
    """Something that fails in the middle of training."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, training):
        if training.epoch == self.epoch:
            raise InterruptedError


@KINDS
def test_each_row_is_in_the_file_as_soon_as_its_epoch_has_ended(tmp_path, kind):
    log = kind(tmp_path / "history")
    watch = Watch(log)
    history = train(log, watch, validation=0.2)
    assert watch.seen == [content(kind, history.rows[: k + 1]) for k in range(4)]
    assert log.path.read_text() == watch.seen[-1]
    assert os.listdir(tmp_path) == ["history"]


def test_the_files_are_those_that_a_history_writes(tmp_path):
    history = train(CSVLog(tmp_path / "a.csv"), JSONLinesLog(tmp_path / "a.jsonl"))
    history.to_csv(tmp_path / "b.csv")
    history.to_jsonl(tmp_path / "b.jsonl")
    for kind in ("csv", "jsonl"):
        ours, others = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
        assert ours.read_bytes() == others.read_bytes()


@KINDS
def test_the_file_of_another_training_is_overwritten_when_one_begins(tmp_path, kind):
    path = tmp_path / "history"
    path.write_text("another training\n" * 50)
    with pytest.raises(InterruptedError):
        train(kind(path), Stop(1))
    assert len(path.read_text().splitlines()) == (2 if kind is CSVLog else 1)


@KINDS
@pytest.mark.parametrize(
    "left", ["", "all", "more", "half", "none", "other"], ids=lambda left: left or "empty"
)
def test_training_that_is_resumed_goes_on_with_the_rows_of_its_checkpoint(tmp_path, kind, left):
    path, folder = tmp_path / "history", tmp_path / "checkpoints"
    whole = train(kind(path), epochs=6)
    everything = path.read_text()
    path.unlink()
    kept = optim.Checkpoints(folder, every_steps=2, every_seconds=None)
    with pytest.raises(InterruptedError):
        train(Stop(5), kind(path), epochs=6, checkpoints=kept)
    match left:
        case "":
            path.write_text("")
        case "more":
            path.write_text(everything)
        case "half":
            path.write_text(everything[:-20])
        case "none":
            path.unlink()
        case "other":
            path.write_text("x" * 1000)
    watch = Watch(log := kind(path))
    resumed = train(log, watch, epochs=6, checkpoints=folder, resume=True)
    assert [row["epoch"] for row in resumed.rows] == [1, 2, 3, 4, 5, 6]
    assert watch.seen == [content(kind, resumed.rows[:k]) for k in range(5, 7)]
    assert [row["loss"] for row in resumed.rows] == [row["loss"] for row in whole.rows]


class Add(Callback):
    """Further measures, from some epoch on."""

    def __init__(self, name, start=1):
        self.name, self.start = name, start

    def on_epoch_end(self, training):
        if training.epoch >= self.start:
            training.history.rows[-1][self.name] = 0.5


@KINDS
@pytest.mark.parametrize("start", [1, 2, 4])
@pytest.mark.parametrize("is_behind", [False, True])
def test_columns_that_appear_later_are_added(tmp_path, kind, start, is_behind):
    log, add = kind(tmp_path / "history"), Add("with, comma", start)
    history = train(*([log, add] if is_behind else [add, log]))
    assert log.path.read_text() == content(kind, history.rows)
    assert "with, comma" in history


ROWS = st.lists(
    st.dictionaries(
        st.text(min_size=1, max_size=4),
        st.none() | st.integers() | st.floats() | st.text(max_size=4),
        max_size=4,
    ).map(lambda measures: {"epoch": 1} | measures),
    min_size=1,
    max_size=8,
)


class Pretence:
    """A training of which there is nothing but rows."""

    def __init__(self):
        self.history = optim.History()


@KINDS
@settings(max_examples=50)
@given(rows=ROWS)
def test_whatever_rows_hold_the_file_is_that_of_the_history(tmp_path_factory, kind, rows):
    log, training = kind(tmp_path_factory.mktemp("log") / "history"), Pretence()
    log.on_train_begin(training)
    for row in rows:
        training.history.rows.append(row)
        log.on_epoch_end(training)
    assert log.path.read_bytes().decode() == content(kind, rows)
    log.on_train_end(training)
    assert log.path.read_bytes().decode() == content(kind, rows)


def test_the_files_can_be_read_where_a_loss_is_no_number(tmp_path):
    logs = CSVLog(tmp_path / "a.csv"), JSONLinesLog(tmp_path / "a.jsonl")
    wrong = (np.full((8, 2), np.inf, np.float32), np.zeros(8, np.int64))
    with pytest.warns(RuntimeWarning, match="the loss became nan"), np.errstate(all="ignore"):
        twingrad.fit(nn.MLP(2, [4], 2), wrong, callbacks=logs)
    (row,) = csv.DictReader(logs[0].path.read_text().splitlines())
    assert math.isnan(float(row["loss"]))
    assert json.loads(logs[1].path.read_text())["loss"] is None


@KINDS
def test_a_file_that_was_changed_meanwhile_is_put_right(tmp_path, kind):
    log = kind(tmp_path / "history")

    def meddle(training):
        match training.epoch:
            case 1:
                log.path.unlink()
            case 2:
                log.path.write_text("")
            case 3:
                log.path.write_text(log.path.read_text() + "half a li")

    history = train(log, meddle)
    assert log.path.read_text() == content(kind, history.rows)


@KINDS
def test_a_folder_that_is_missing_is_told(tmp_path, kind):
    rule = rf"{kind.__name__}: path must be a file that can be written to, got '.*none/history'"
    with pytest.raises(FileNotFoundError, match=rf"{rule} \(no such file or directory\): make"):
        train(kind(tmp_path / "none" / "history"))


@KINDS
def test_a_folder_that_vanishes_is_told(tmp_path, kind):
    folder = tmp_path / "folder"
    folder.mkdir()
    log = kind(folder / "history")

    def remove(training):
        log.path.unlink()
        folder.rmdir()

    with pytest.raises(FileNotFoundError, match="no such file or directory"):
        train(log, remove)


@KINDS
def test_a_path_that_is_none_is_refused(tmp_path, kind):
    with pytest.raises(TypeError, match=f"{kind.__name__}: path must be a path, got 3"):
        kind(3)
    with pytest.raises(IsADirectoryError, match="can be written to"):
        train(kind(tmp_path))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=r"must be that of an ordinary file, got '.*pipe'"):
        train(kind(tmp_path / "pipe"))


@KINDS
@pytest.mark.parametrize("room", [0, 1, 30])
def test_a_full_disk_leaves_the_rows_before(tmp_path, kind, room):
    """The limit on the size of files is reached as a full disk is, after part of a line."""
    log, before = kind(tmp_path / "history"), []

    def fill(training):
        if training.epoch == 2:
            before.append(log.path.read_text())
            size = log.path.stat().st_size + room
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, unlimited[1]))

    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(OSError, match=r"file too large\): make room there") as caught:
            train(log, fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert [log.path.read_text()] == before
    assert os.listdir(tmp_path) == ["history"]


ENDLESS = """
import sys
import numpy as np, twingrad
from twingrad import nn, optim
x = np.linspace(-1, 1, 40, dtype=np.float32).reshape(20, 2)
logs = [optim.CSVLog("a.csv"), optim.JSONLinesLog("a.jsonl")]
twingrad.fit(nn.MLP(2, [4], 2), (x, (x[:, 0] > 0).astype(np.int64)), epochs=10**6, callbacks=logs)
"""


def test_a_killed_process_leaves_its_rows(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ENDLESS], cwd=tmp_path)
    table, lines = tmp_path / "a.csv", tmp_path / "a.jsonl"
    try:
        end = time.monotonic() + 60
        while not lines.exists() or lines.read_text().count("\n") < 20:
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    rows = [*csv.DictReader(table.read_text().splitlines())]
    assert [int(row["epoch"]) for row in rows] == [*range(1, len(rows) + 1)]
    assert all(json.loads(line)["loss"] > 0 for line in lines.read_text().splitlines())
