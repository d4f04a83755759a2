"""A run that is interrupted or killed, and gone on with: it ends as it would have."""

import shutil
from functools import partial

import numpy as np
import pytest

from support.running import flats, run, write_table
from twingrad import workflow
from twingrad.data import Holdout
from twingrad.optim import Callback, Checkpoints
from twingrad.workflow import training

OPTIONS = {
    "target": "dear",
    "epochs": 6,
    "batch_size": 10,
    "dropout": 0.2,
    "augment": ["noise"],
    "norm": "batch",
    "patience": 50,
}
SAME = ("model.safetensors", "metrics.json", "config.toml")


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


class KillAt(Callback):
    """The process ends at a step of the run, after the checkpoint of the step before."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, training):
        if training.step == self.step:
            raise Killed


class InterruptAt(Callback):
    """A person interrupts the run in an epoch, counted from 0."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_step_end(self, training):
        if training.epoch == self.epoch:
            training.interrupt("enough for now")


@pytest.fixture
def always_saved(monkeypatch):
    """A checkpoint behind every step."""
    monkeypatch.setattr(training, "Checkpoints", partial(Checkpoints, every_steps=1))


def steady(history):
    """The history without what a clock measured."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in history.rows]


def check_same(result, folder, whole, expected):
    for name in SAME:
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    assert steady(result.history) == steady(expected.history)


@pytest.mark.usefixtures("always_saved")
def test_a_run_that_is_killed_again_and_again_ends_as_one_that_is_not(undrawn, csv, tmp_path):
    expected = run(csv, tmp_path / "whole", **OPTIONS)
    for step in (1, 2, 5, 6, 14, 25, 30):
        with pytest.raises(Killed):
            run(csv, tmp_path / "out", resume=True, callbacks=[KillAt(step)], **OPTIONS)
    result = run(csv, tmp_path / "out", resume=True, **OPTIONS)
    check_same(result, tmp_path / "out", tmp_path / "whole", expected)
    whole, resumed = undrawn
    assert resumed.rates == whole.rates
    assert resumed.flow == whole.flow
    assert resumed.notes == whole.notes


def test_a_kill_before_the_first_checkpoint_costs_nothing_else(undrawn, csv, tmp_path):
    expected = run(csv, tmp_path / "whole", **OPTIONS)
    with pytest.raises(Killed):
        run(csv, tmp_path / "out", callbacks=[KillAt(3)], **OPTIONS)
    result = run(csv, tmp_path / "out", resume=True, **OPTIONS)
    check_same(result, tmp_path / "out", tmp_path / "whole", expected)


def test_a_run_without_a_beginning_begins(undrawn, csv, tmp_path):
    said = []
    run(csv, tmp_path / "out", resume=True, said=said, **OPTIONS)
    assert said[0].startswith("nothing was begun in ")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "config.toml").write_text((tmp_path / "out" / "config.toml").read_text())
    run(csv, tmp_path / "half", resume=True, **OPTIONS)
    assert (tmp_path / "half" / "report.html").exists()


def test_an_interrupted_run_is_saved_but_not_tested(undrawn, csv, tmp_path, monkeypatch):
    opened = []
    usual = Holdout.open
    monkeypatch.setattr(Holdout, "open", lambda self: opened.append(1) or usual(self))
    expected = run(csv, tmp_path / "whole", **OPTIONS)
    opened.clear()
    result = run(csv, tmp_path / "out", callbacks=[InterruptAt(2)], **OPTIONS)
    assert (result.interrupted, result.epoch, result.epochs) == (True, 3, 6)
    assert [*result.metrics] == ["train", "validation"]
    assert result.report is None
    assert not (tmp_path / "out" / "report.html").exists()
    assert not opened
    assert result.sentence.startswith("validation: accuracy")
    with pytest.warns(UserWarning, match="is not finished"):
        assert len(workflow.predict(tmp_path / "out", csv)) == 60
    assert "was interrupted: go on with" in workflow.summary(tmp_path / "out")
    result = run(csv, tmp_path / "out", resume=True, **OPTIONS)
    assert not result.interrupted
    assert opened == [1]
    check_same(result, tmp_path / "out", tmp_path / "whole", expected)


def test_an_interruption_where_training_would_have_ended_changes_nothing(undrawn, tmp_path):
    """Of a run that stops early, in whatever epoch it is interrupted."""
    options = {"epochs": 30, "lr": 0.5, "schedule": "constant", "patience": 2}
    expected = run("moons", tmp_path / "whole", **options)
    assert expected.epoch < 30
    for epoch in range(expected.epoch - 3, expected.epoch):
        folder = tmp_path / f"out{epoch}"
        run("moons", folder, callbacks=[InterruptAt(epoch)], **options)
        result = run("moons", folder, resume=True, **options)
        check_same(result, folder, tmp_path / "whole", expected)


def test_a_rate_that_was_found_is_kept(undrawn, csv, tmp_path):
    options = OPTIONS | {"lr": "auto"}
    expected = run(csv, tmp_path / "whole", **options)
    run(csv, tmp_path / "out", callbacks=[InterruptAt(2)], **options)
    said = []
    result = run(csv, tmp_path / "out", resume=True, said=said, **options)
    assert not any(sentence.startswith("learning rate") for sentence in said)
    check_same(result, tmp_path / "out", tmp_path / "whole", expected)


def test_a_run_may_be_resumed_with_other_callbacks(undrawn, csv, tmp_path):
    run(csv, tmp_path / "out", callbacks=[InterruptAt(1), lambda training: None], **OPTIONS)
    run(csv, tmp_path / "out", callbacks=[InterruptAt(3)], resume=True, **OPTIONS)
    assert not run(csv, tmp_path / "out", resume=True, **OPTIONS).interrupted


def test_a_run_that_is_killed_while_it_is_tested_is_tested(undrawn, csv, tmp_path, monkeypatch):
    expected = run(csv, tmp_path / "whole", **OPTIONS)

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("twingrad.workflow.ending.contents_of", killed)
        with pytest.raises(Killed):
            run(csv, tmp_path / "out", **OPTIONS)
    result = run(csv, tmp_path / "out", resume=True, **OPTIONS)
    check_same(result, tmp_path / "out", tmp_path / "whole", expected)


def test_a_finished_run_stays_as_it_is_and_says_so(undrawn, csv, tmp_path):
    first = run(csv, tmp_path / "out", **OPTIONS)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    said = []
    again = run(csv, tmp_path / "out", resume=True, said=said, **OPTIONS)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before
    assert "is finished, and its test part was used" in said[0]
    assert "--epochs 12" in said[0]
    assert again.metrics == first.metrics
    assert again.sentence == first.sentence
    assert again.history.rows == first.history.rows
    assert not again.interrupted


@pytest.mark.usefixtures("always_saved")
def test_resuming_says_from_where(undrawn, csv, tmp_path):
    said = []
    with pytest.raises(Killed):
        run(csv, tmp_path / "out", callbacks=[KillAt(1)], **OPTIONS)
    with pytest.raises(Killed):
        run(csv, tmp_path / "out", resume=True, said=said, callbacks=[KillAt(14)], **OPTIONS)
    assert said == [
        f"the run in '{tmp_path / 'out'}' goes on: no checkpoint was written yet, so "
        "from the beginning"
    ]
    run(csv, tmp_path / "out", resume=True, said=said, **OPTIONS)
    assert said[1] == f"the run in '{tmp_path / 'out'}' goes on from step 13"


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("model.safetensors", None),
        ("model.safetensors", b"else"),
        ("report.html", None),
        ("metrics.json", None),
        ("metrics.json", b"{"),
        ("history.jsonl", b"{"),
        ("history.csv", None),
    ],
)
def test_a_finished_run_gets_back_what_it_has_lost(undrawn, csv, tmp_path, name, damage):
    expected = run(csv, tmp_path / "whole", **OPTIONS)
    path = run(csv, tmp_path / "out", **OPTIONS).folder / name
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    said = []
    result = run(csv, tmp_path / "out", resume=True, said=said, **OPTIONS)
    how = "is missing" if damage is None else "is damaged"
    assert said[0] == f"'{path}' {how}: it is written again, from the last checkpoint"
    assert not any("goes on" in each for each in said)
    check_same(result, tmp_path / "out", tmp_path / "whole", expected)
    assert path.is_file()
    assert workflow.summary(tmp_path / "out").count("loss: ") == (
        workflow.summary(tmp_path / "whole").count("loss: ")
    )
    run(csv, tmp_path / "out", resume=True, said=said, **OPTIONS)
    assert "is finished, and its test part was used" in said[-1]


def test_what_a_finished_run_has_lost_for_good_is_said(undrawn, csv, tmp_path):
    run(csv, tmp_path / "out", **OPTIONS)
    (tmp_path / "out" / "model.safetensors").unlink()
    shutil.rmtree(tmp_path / "out" / "checkpoints")
    with pytest.raises(FileNotFoundError, match="there is no good checkpoint to write it again"):
        run(csv, tmp_path / "out", resume=True, **OPTIONS)


def test_options_that_were_not_given_need_not_be_given_again(undrawn, csv, tmp_path):
    options = OPTIONS | {"epochs": None, "batch_size": None, "lr": None}
    run(csv, tmp_path / "out", callbacks=[InterruptAt(0)], **options)
    result = run(csv, tmp_path / "out", resume=True, callbacks=[InterruptAt(1)], **options)
    assert (result.epoch, result.epochs) == (2, 100)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 7}, "got epochs 7 instead of 6: leave it as before"),
        ({"epochs": 7, "seed": 1}, "got epochs 7, seed 1 instead of 6, 0: leave them as before"),
        ({"target": "heating"}, "got target 'heating' instead of 'dear'"),
    ],
)
def test_other_options_are_refused(undrawn, csv, tmp_path, change, message):
    run(csv, tmp_path / "out", callbacks=[InterruptAt(0)], **OPTIONS)
    with pytest.raises(ValueError, match=message):
        run(csv, tmp_path / "out", resume=True, **{**OPTIONS, **change})


def test_other_data_are_refused(undrawn, csv, tmp_path):
    run(csv, tmp_path / "out", callbacks=[InterruptAt(0)], **OPTIONS)
    columns = flats()
    columns["age"][3] += 1
    write_table(csv, columns)
    with pytest.raises(ValueError, match="must be resumed with the data that it was begun with"):
        run(csv, tmp_path / "out", resume=True, **OPTIONS)
    write_table(csv, flats())
    assert not run(csv, tmp_path / "out", resume=True, **OPTIONS).interrupted


@pytest.mark.usefixtures("always_saved")
def test_a_damaged_checkpoint_is_passed_over_and_said(undrawn, csv, tmp_path):
    expected = run(csv, tmp_path / "whole", **OPTIONS)
    with pytest.raises(Killed):
        run(csv, tmp_path / "out", callbacks=[KillAt(12)], **OPTIONS)
    newest = max((tmp_path / "out" / "checkpoints").iterdir())
    newest.write_bytes(newest.read_bytes()[:-100])
    said = []
    result = run(csv, tmp_path / "out", resume=True, said=said, **OPTIONS)
    assert any(newest.name in sentence for sentence in said)
    check_same(result, tmp_path / "out", tmp_path / "whole", expected)


@pytest.mark.usefixtures("always_saved")
def test_data_in_a_memory_map_are_prepared_again(undrawn, tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", x[:, 0])
    options = {"epochs": 3, "batch_size": 10}
    expected = run(tmp_path / "x.npy", tmp_path / "whole", **options)
    with pytest.raises(Killed):
        run(tmp_path / "x.npy", tmp_path / "out", callbacks=[KillAt(7)], **options)
    (tmp_path / "out" / "prepared").mkdir(exist_ok=True)
    (tmp_path / "out" / "prepared" / "train.npy").write_bytes(b"half of it")
    result = run(tmp_path / "x.npy", tmp_path / "out", resume=True, **options)
    check_same(result, tmp_path / "out", tmp_path / "whole", expected)


@pytest.mark.parametrize("name", ["run.json", "config.toml"])
def test_a_damaged_run_is_not_resumed(undrawn, csv, tmp_path, name):
    run(csv, tmp_path / "out", callbacks=[InterruptAt(0)], **OPTIONS)
    (tmp_path / "out" / name).write_text("{")
    with pytest.raises(ValueError, match=name.replace(".", r"\.")):
        run(csv, tmp_path / "out", resume=True, **OPTIONS)


def test_the_scalar_twin_resumes_too(undrawn, csv, tmp_path):
    options = {"target": "dear", "backend": "scalar", "hidden": [2], "epochs": 2, "batch_size": 24}
    expected = run(csv, tmp_path / "whole", **options)
    run(csv, tmp_path / "out", callbacks=[InterruptAt(0)], **options)
    result = run(csv, tmp_path / "out", resume=True, **options)
    check_same(result, tmp_path / "out", tmp_path / "whole", expected)


def test_a_run_is_not_gone_on_with_by_other_code(undrawn, tmp_path):
    """Compiled steps round in another way: the result would be that of neither run."""
    run("moons", tmp_path / "out", epochs=3, compile=False, callbacks=[InterruptAt(0)])
    with pytest.raises(ValueError, match="compile True instead of False: leave it as before"):
        run("moons", tmp_path / "out", epochs=3, resume=True)
    assert run("moons", tmp_path / "out", epochs=3, compile=False, resume=True).epoch == 3
