"""``train``, from data to a tested model: what it does, writes and says."""

import errno
import json
import os
import sys
import tomllib

import numpy as np
import pytest

from support.running import flats, full, run, without_reports, write_table
from twingrad import data, workflow
from twingrad.engine import files
from twingrad.tensor.random.generator import get_rng_state
from twingrad.workflow import announcing, training


def entries(path):
    return sorted(os.listdir(path))


@pytest.mark.filterwarnings("error")
def test_a_run_writes_all_its_files_and_says_what_it_decides(csv, tmp_path):
    said, out = [], tmp_path / "out"
    result = run(csv, out, target="dear", said=said, command="twingrad train flats.csv", seed=3)
    assert entries(out) == [
        *("checkpoints", "config.toml", "history.csv", "history.jsonl", "metrics.json"),
        *("model.safetensors", "pictures", "report.html", "run.json"),
    ]
    assert said[0] == "data: 60 rows of 5 columns: 48 to train, 6 to validate, 6 to test at the end"
    assert "target 'dear': 2 classes, 'no', 'yes'" in said
    assert "loss: cross-entropy, on 1 output of the network" in said
    assert tomllib.loads((out / "config.toml").read_text())["seed"] == 3
    metrics = json.loads((out / "metrics.json").read_text())
    assert [*metrics] == ["train", "validation", "test"]
    assert metrics == result.metrics
    lines = (out / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]
    assert "twingrad train flats.csv" in (out / "report.html").read_text()
    assert (out / "pictures" / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert result.report == out / "report.html"
    assert (result.epoch, result.epochs, result.interrupted) == (3, 3, False)
    assert result.sentence.startswith("test: accuracy ")
    assert result.sentence.endswith("on 6 rows that training never saw")


@pytest.mark.parametrize(("wanted", "asked"), [(True, None), (False, False)])
def test_whether_a_step_may_be_compiled_is_told_to_the_training(
    undrawn, tmp_path, monkeypatch, wanted, asked
):
    given, usual = [], training.fit

    def noted(*arguments, **options):
        given.append(options["compile"])
        return usual(*arguments, **options)

    monkeypatch.setattr(training, "fit", noted)
    run("moons", tmp_path / "out", epochs=1, compile=wanted)
    assert given == [asked]
    (contents,) = undrawn
    assert contents.facts.get("compiled") == (None if wanted else "no")
    written = tomllib.loads((tmp_path / "out" / "config.toml").read_text())
    assert written["compile"] is wanted


def test_a_compiled_run_comes_to_what_one_without_comes_to(undrawn, tmp_path):
    options = {"hidden": [8], "batch_size": 16, "epochs": 100, "patience": 0}
    results = [
        run("moons", tmp_path / str(wanted), compile=wanted, **options) for wanted in (True, False)
    ]
    for name in ("loss", "validation_loss"):
        compiled, plain = (result.history[name] for result in results)
        np.testing.assert_allclose(compiled, plain, rtol=1e-3)


@pytest.mark.parametrize("name", ["iris", "moons", "linear", "diabetes"])
def test_data_sets_by_name(undrawn, name, tmp_path):
    result = run(name, tmp_path / "out", epochs=2)
    (contents,) = undrawn
    assert contents.title == name
    assert (contents.classes is None) == (name in ("linear", "diabetes"))
    assert (contents.boundary is not None) == (name == "moons")
    assert len(contents.truth) == contents.parts["test"] == len(contents.rows)
    assert "loss" in result.metrics["test"]


@pytest.mark.parametrize("target", ["rent", "dear", "heating"])
def test_tables_with_categories_and_missing_cells(undrawn, csv, target, tmp_path):
    columns = flats()
    columns["heating"] = [kind or "none at all" for kind in columns["heating"]]
    path = write_table(tmp_path / "full.csv", columns)
    result = run(path, tmp_path / "out", target=target, epochs=40, lr=0.02)
    (contents,) = undrawn
    assert contents.features == tuple(name for name in columns if name != target)
    row = int(contents.rows[0]) - 1
    assert contents.inputs[0].tolist() == [
        pytest.approx(columns[name][row], nan_ok=True)
        if columns[name][row] is not None
        else pytest.approx(float("nan"), nan_ok=True)
        for name in contents.features
    ]
    if target == "rent":
        assert result.metrics["train"]["r2"] > 0.9
        assert contents.truth[0] == pytest.approx(columns["rent"][row])
    else:
        assert contents.classes[contents.truth[0]] == columns[target][row]


@pytest.mark.parametrize(
    "options",
    [
        {"hidden": []},
        {"activation": "tanh", "norm": "batch", "dropout": 0.2},
        {"norm": "layer", "schedule": "constant", "clip": 1.0},
        {"optimizer": "sgd", "lr": 0.1, "schedule": "cosine", "weight_decay": 0.01},
        {"optimizer": "lbfgs", "schedule": "constant", "batch_size": 1000},
        {"l1": 1e-3, "l2": 1e-3, "class_weight": "balanced"},
        {"augment": ["noise", "mixup"], "batch_size": 7},
        {"loss": "hinge"},
        {"loss": "focal", "schedule": "plateau"},
        {"loss": "cross_entropy", "augment": ["mixup=1"]},
        {"validation": 0, "patience": 3},
        {"test": 0},
        {"validation": 5, "test": 7},
        {"patience": 0},
        {"batch_size": "all"},
        {"backend": "scalar", "hidden": [3], "epochs": 1},
    ],
    ids=str,
)
def test_every_option_has_its_run(undrawn, csv, tmp_path, options):
    result = run(csv, tmp_path / "out", target="dear", **options)
    assert all(figures["accuracy"] is not None for figures in result.metrics.values())
    assert workflow.predict(tmp_path / "out", csv).prediction[0] in ("yes", "no")


def test_the_model_that_is_tested_is_the_one_that_is_saved(undrawn, csv, tmp_path):
    run(csv, tmp_path / "out", target="dear", epochs=5)
    (contents,) = undrawn
    predictions = workflow.predict(tmp_path / "out", csv)
    test = np.isin(predictions.rows, contents.rows)
    labels = np.array(contents.classes)[contents.predicted]
    assert predictions.prediction[test].tolist() == labels.tolist()
    np.testing.assert_array_equal(predictions.probabilities[test], contents.probabilities)


def test_the_same_run_gives_the_same_model_and_leaves_random_numbers_alone(undrawn, csv, tmp_path):
    options = {"target": "dear", "dropout": 0.3, "augment": ["noise"]}
    before = get_rng_state()
    run(csv, tmp_path / "first", **options)
    assert get_rng_state() == before
    run(csv, tmp_path / "again", **options)
    run(csv, tmp_path / "other", **options, seed=1)
    first, again, other = (
        (tmp_path / name / "model.safetensors").read_bytes() for name in ("first", "again", "other")
    )
    assert first == again
    assert first != other


def test_the_best_epoch_is_kept(undrawn, tmp_path):
    result = run("moons", tmp_path / "out", epochs=60, lr=0.5, schedule="constant", patience=3)
    (contents,) = undrawn
    best = result.history.best_epoch
    assert contents.best_epoch == best < result.epoch < 60
    expected = result.history["validation_loss"][best - 1]
    assert result.metrics["validation"]["loss"] == pytest.approx(expected)
    assert any("training ended before its time" in note for note in contents.notes)


def test_the_test_part_is_closed_until_the_end(undrawn, csv, tmp_path, monkeypatch):
    opened = []
    usual = data.Holdout.open
    monkeypatch.setattr(data.Holdout, "open", lambda self: opened.append(1) or usual(self))

    def look(training):
        assert not opened

    run(csv, tmp_path / "out", target="dear", callbacks=[look])
    assert opened == [1]


def test_a_run_needs_a_new_folder(undrawn, csv, tmp_path):
    run(csv, tmp_path / "out", target="dear")
    before = {
        name: (tmp_path / "out" / name).stat().st_mtime_ns for name in entries(tmp_path / "out")
    }
    with pytest.raises(
        FileExistsError, match=r"go on with twingrad train --resume \S+/out, or choose"
    ):
        run(csv, tmp_path / "out", target="dear")
    after = {
        name: (tmp_path / "out" / name).stat().st_mtime_ns for name in entries(tmp_path / "out")
    }
    assert after == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "rnt"}, "there is no column 'rnt': did you mean 'rent'"),
        ({"target": "dear", "loss": "mse"}, "loss must suit two classes as targets, got 'mse'"),
        ({"target": "rent", "loss": "hinge"}, "loss must suit numbers as targets, got 'hinge'"),
        ({"target": "heating"}, "must be given in each row"),
        ({"target": "dear", "task": "multiclass"}, "task must fit the 2 classes"),
        ({"target": "dear", "augment": ["flip"]}, "augment must suit rows of numbers"),
        ({"target": "rent", "class_weight": "balanced"}, "class_weight must be left out"),
        (
            {"target": "dear", "optimizer": "lbfgs", "weight_decay": 0.1},
            "weight_decay must be left",
        ),
        ({"target": "dear", "optimizer": "lbfgs", "lr": "auto"}, "lr must be a number for lbfgs"),
        ({"target": "dear", "validation": 0.5, "test": 0.5}, "must leave rows to train"),
        ({"target": "dear", "norm": "batch", "batch_size": 1}, "use larger batches"),
    ],
)
def test_options_that_do_not_suit_the_data_leave_nothing_behind(csv, tmp_path, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        run(csv, tmp_path / "out", **options)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_range_test_finds_the_rate(undrawn, csv, tmp_path):
    said = []
    run(csv, tmp_path / "out", target="dear", lr="auto", said=said)
    (sentence,) = [each for each in said if each.startswith("learning rate: ")]
    (contents,) = undrawn
    rate = float(contents.facts["learning rate"])
    assert f"{rate:.2g}" in sentence
    assert 0.9 * rate < max(contents.rates) <= 1.001 * rate


def test_data_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.csv"):
        run(tmp_path / "no.csv", tmp_path / "out")
    with pytest.raises(ValueError, match="there is no data set 'irish': did you mean 'iris'"):
        run("irish", tmp_path / "out")
    assert entries(tmp_path) == []


@pytest.mark.parametrize("package", ["matplotlib", "sklearn.metrics"])
def test_packages_that_are_missing_are_noticed_at_once(csv, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    name = package.partition(".")[0]
    with pytest.raises(ModuleNotFoundError, match=rf"twingrad train needs {name}: pip install"):
        run(csv, tmp_path / "out", target="dear")
    assert not (tmp_path / "out").exists()


def test_warnings_are_said(undrawn, tmp_path):
    columns = {
        "x": [1.5 * k for k in range(60)],
        "kind": ["a", "b"] * 30,
        "y": ["c", "d", "d"] * 20,
    }
    columns["kind"][:2] = ["rare", "odd"]
    path = write_table(tmp_path / "my.csv", columns)
    found = []
    for seed in range(4):
        options = {"epochs": 1, "seed": seed, "validation": 0.4}
        run(path, tmp_path / f"out{seed}", target="y", said=found, **options)
    assert any("did not occur in training" in sentence for sentence in found)
    assert not any(sentence.startswith("Preparation") for sentence in found)


@pytest.mark.parametrize("data", ["linear", "iris"])
@pytest.mark.parametrize("options", [{}, {"validation": 0}, {"epochs": 1, "batch_size": "all"}])
def test_training_that_diverges_leaves_its_course_and_no_model(tmp_path, data, options):
    said, out = [], tmp_path / "out"
    given = {"optimizer": "sgd", "lr": 1e30, "schedule": "constant", **options}
    with pytest.raises(
        ValueError, match=r"^train: training diverged at step \d+: try --lr"
    ) as caught:
        run(data, out, said=said, **given)
    assert str(caught.value).endswith("try --lr 0.1 or --clip 1")
    assert not any("diverged" in each or "the loss became" in each for each in said), "said once"
    assert entries(out) == [
        *("checkpoints", "config.toml", "history.csv", "history.jsonl", "run.json")
    ]
    assert "diverged, and has no model" in workflow.summary(out)
    assert "training diverged at step" in workflow.summary(out)
    with pytest.raises(ValueError, match="whose training diverged: train another one"):
        workflow.predict(out, data)
    with pytest.raises(ValueError, match=r"diverged, and would again: try --lr 0\.1"):
        run(data, out, resume=True, **given)


def test_training_that_diverges_goes_back_to_a_good_epoch(undrawn, tmp_path):
    def spoil(training):
        if training.epoch == 2:
            training.model[0].weight.data.fill_(float("nan"))

    said = []
    result = run("iris", tmp_path / "out", epochs=4, said=said, callbacks=[spoil])
    (contents,) = undrawn
    (sentence,) = [each for each in said if "diverged" in each]
    best = contents.best_epoch
    assert sentence.endswith(f"the model has the weights of epoch {best}, the best before")
    assert sentence in contents.notes
    assert best in (1, 2)
    assert result.metrics["test"]["loss"] < 2


def test_the_best_epoch_is_kept_without_patience_too(undrawn, tmp_path):
    result = run("moons", tmp_path / "out", epochs=40, lr=0.5, schedule="constant", patience=0)
    (contents,) = undrawn
    best = result.history.best_epoch
    assert contents.best_epoch == best < result.epoch == 40
    expected = result.history["validation_loss"][best - 1]
    assert result.metrics["validation"]["loss"] == pytest.approx(expected)


def test_the_options_are_written_as_they_were_used(undrawn, csv, tmp_path):
    run(csv, tmp_path / "out", target="dear", epochs=None)
    used = workflow.read_config(tmp_path / "out")
    assert (used.lr, used.epochs, used.batch_size, used.weight_decay) == (0.003, 100, 32, 0.01)
    with without_reports():
        workflow.train(used, tmp_path / "again", say=[].append)
    first, again = (
        (tmp_path / name / "model.safetensors").read_bytes() for name in ("out", "again")
    )
    assert first == again


def test_a_leak_into_the_test_part_is_said_before_training(undrawn, tmp_path):
    columns = {"x": [*range(15)] * 2, "y": [k % 15 / 2 for k in range(30)]}
    said = []
    run(write_table(tmp_path / "my.csv", columns), tmp_path / "out", target="y", said=said)
    (place,) = [k for k, each in enumerate(said) if "of test" in each and "in train" in each]
    (begin,) = [k for k, each in enumerate(said) if each.startswith("training: ")]
    assert place < begin


def test_a_long_training_of_the_scalar_twin_is_announced(undrawn, csv, tmp_path, monkeypatch):
    options = {"target": "dear", "hidden": [2], "epochs": 2, "batch_size": "all"}
    said = []
    run(csv, tmp_path / "short", said=said, backend="scalar", **options)
    assert not any("scalar twin" in each for each in said)
    monkeypatch.setattr(announcing, "_LONG", 0.0)
    run(csv, tmp_path / "long", said=said, backend="scalar", **options)
    (sentence,) = [each for each in said if "scalar twin" in each]
    assert "each of its 2 steps takes" in sentence
    run(csv, tmp_path / "tensor", said=said, **options)
    assert [each for each in said if "scalar twin" in each] == [sentence]


def test_pictures_are_shown_as_they_were(undrawn, tmp_path):
    run("digits", tmp_path / "digits", epochs=1)
    x = np.random.default_rng(0).integers(0, 256, size=(60, 3, 4, 5), dtype=np.uint8)
    np.savez(tmp_path / "colour.npz", x=x, y=np.arange(60) % 3)
    run(tmp_path / "colour.npz", tmp_path / "colour", epochs=1, augment=["shift", "flip"])
    digits, colour = undrawn
    assert digits.inputs.shape == (180, 8, 8)
    assert digits.features == colour.features == ()
    assert digits.inputs.max() == 16
    np.testing.assert_array_equal(colour.inputs, np.moveaxis(x[colour.rows], 1, 3))


def test_several_numbers_are_shown_one_by_one(undrawn, tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 3))
    np.savez(tmp_path / "two.npz", x=x, y=x[:, :2] * 100 + 7)
    run(tmp_path / "two.npz", tmp_path / "out")
    (contents,) = undrawn
    assert len(contents.truth) == len(contents.predicted) == len(contents.inputs) == 12
    np.testing.assert_allclose(contents.truth.reshape(6, 2), x[contents.rows[::2], :2] * 100 + 7)


def test_data_in_a_memory_map(undrawn, tmp_path):
    x = np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", (x[:, 0] > 0).astype(int))
    result = run(tmp_path / "x.npy", tmp_path / "out", epochs=30, lr=0.03)
    assert result.metrics["test"]["accuracy"] > 0.8
    assert "prepared" not in entries(tmp_path / "out")


def test_the_report_is_given_what_was_noted(undrawn, csv, tmp_path):
    run(csv, tmp_path / "out", target="dear", batch_size=10)
    (contents,) = undrawn
    assert len(contents.rates) == 3 * 5
    assert [epoch for epoch, _ in contents.flow] == [1, 2, 3]
    assert [*contents.flow[0][1]] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert contents.facts["seed"] == "0"
    assert "6" in contents.model


@pytest.mark.parametrize(
    "fails", ["config.toml", "history.csv", "model.safetensors", "metrics.json"]
)
def test_a_full_disk_is_a_sentence_wherever_it_comes(undrawn, csv, tmp_path, monkeypatch, fails):
    usual = files._replace

    def replace(target, content, mode):
        full() if target.name == fails else usual(target, content, mode)

    monkeypatch.setattr(files, "_replace", replace)
    with pytest.raises(OSError, match="no space left on device") as caught:
        run(csv, tmp_path / "out", target="dear")
    assert caught.value.errno == errno.ENOSPC
    assert "\n" not in caught.value.strerror
    monkeypatch.undo()
    with without_reports():
        result = run(csv, tmp_path / "out", target="dear", resume=True)
        run(csv, tmp_path / "whole", target="dear")
    assert result.metrics == json.loads((tmp_path / "whole" / "metrics.json").read_text())
