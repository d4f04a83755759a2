"""The whole way: train on a file, predict, evaluate, show, and what can go wrong."""

import csv
import io
import os
import resource
import shutil
import subprocess

import numpy as np
import pytest
from typer.testing import CliRunner

from support.commands import TWINGRAD, refused_by, run
from twingrad.cli import app
from twingrad.data import toys

HEAD = "size,color,kind"
COLORS = ("red", "green")


def rows(count=90):
    """Rows of a file that is easy to learn."""
    generator = np.random.default_rng(0)
    for _ in range(count):
        size, color = generator.normal(), generator.integers(2)
        yield f"{size:.3f},{COLORS[color]},{'big' if size + color > 0.5 else 'small'}"


def write(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def twingrad(*words):
    return CliRunner().invoke(app, [*map(str, words)])


TRAIN = ("--target", "kind", "--epochs", "30", "--hidden", "8", "--batch-size", "8", "--lr", "0.02")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a file and a run that was trained on it."""
    folder = tmp_path_factory.mktemp("place")
    write(folder / "shop.csv", [HEAD, *rows()])
    trained = twingrad("train", folder / "shop.csv", *TRAIN, "--out", folder / "shop")
    assert trained.exit_code == 0, trained.output
    (folder / "said.txt").write_text(trained.stdout)
    (folder / "noted.txt").write_text(trained.stderr)
    return folder


@pytest.fixture
def shop(place):
    return place / "shop"


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_training_ends_with_the_test_and_the_places(place, shop):
    said = (place / "said.txt").read_text().splitlines()
    assert said[0].startswith("test: accuracy ")
    assert said[1:] == [f"model: {shop}", f"report: {shop / 'report.html'}"]
    noted = (place / "noted.txt").read_text()
    assert "kind" in noted
    assert "\x1b" not in noted
    for name in ("config.toml", "model.safetensors", "metrics.json", "history.csv", "report.html"):
        assert (shop / name).stat().st_size > 0


def test_a_second_run_does_not_overwrite_the_first(place, shop):
    before = (shop / "model.safetensors").read_bytes()
    sentence = refused_by("train", twingrad("train", place / "shop.csv", *TRAIN, "--out", shop))
    assert f"--out must be a new folder, got {str(shop)!r}" in sentence
    assert "--resume" in sentence
    assert (shop / "model.safetensors").read_bytes() == before


def test_a_complete_run_is_left_as_it_is_by_resume(place, shop):
    before = {file: file.stat().st_mtime_ns for file in shop.rglob("*")}
    again = twingrad("train", "--resume", shop)
    assert again.exit_code == 0, again.output
    assert again.stdout == (place / "said.txt").read_text()
    assert {file: file.stat().st_mtime_ns for file in shop.rglob("*")} == before


def test_another_option_than_the_run_was_begun_with_is_refused(shop):
    sentence = refused_by("train", twingrad("train", "--resume", shop, "--dropout", "0.5"))
    assert "dropout" in sentence


def test_predictions_are_written_to_stdout_as_csv(place, shop):
    predicted = twingrad("predict", shop, place / "shop.csv")
    assert predicted.exit_code == 0, predicted.output
    found = table(predicted.stdout)
    assert len(found) == 90
    assert {row["prediction"] for row in found} == {"big", "small"}
    shares = [float(row[name]) for row in found for name in row if name.startswith("probability")]
    assert len(shares) == 180
    assert all(0 <= share <= 1 for share in shares)


def test_predictions_are_the_same_in_a_file(place, shop, tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")
    written = twingrad("predict", shop, place / "shop.csv", "-o", target)
    assert written.stdout == f"{target}: wrote 90 predictions\n"
    assert target.read_text() == twingrad("predict", shop, place / "shop.csv", "-o", "-").stdout


def test_columns_are_matched_by_name_and_need_no_target(place, shop, tmp_path):
    lines = [line.split(",") for line in [HEAD, *rows()]]
    turned = write(tmp_path / "new.csv", [f"{color},{size}" for size, color, _ in lines])
    expected = twingrad("predict", shop, place / "shop.csv").stdout
    assert twingrad("predict", shop, turned).stdout == expected


def test_a_missing_column_is_named(shop, tmp_path):
    few = write(tmp_path / "few.csv", ["size", "1.0"])
    sentence = refused_by("predict", twingrad("predict", shop, few))
    assert "'color'" in sentence


def test_evaluate_prints_figures(place, shop):
    measured = twingrad("evaluate", shop, place / "shop.csv")
    assert measured.exit_code == 0, measured.output
    lines = dict(line.rsplit(maxsplit=1) for line in measured.stdout.splitlines())
    assert 50 < float(lines["accuracy"].removesuffix("%")) <= 100


def test_evaluate_needs_the_target(shop, tmp_path):
    new = write(tmp_path / "new.csv", ["size,color", "1.0,red"])
    assert "'kind'" in refused_by("evaluate", twingrad("evaluate", shop, new))


def test_show_sums_up_a_run(shop):
    shown = twingrad("show", shop)
    assert shown.exit_code == 0, shown.output
    for word in ("kind", "accuracy", "epoch"):
        assert word in shown.stdout


@pytest.mark.parametrize(
    "words", [("predict", "{}", "moons"), ("evaluate", "{}", "moons"), ("show", "{}")]
)
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("shopp", "did you mean"),
        ("shop.csv", "is a file: give the folder"),
        ("else/x", "train one"),
    ],
)
def test_a_run_that_is_not_there_is_asked_back(place, monkeypatch, words, name, sentence):
    monkeypatch.chdir(place)
    command, *others = [word.format(name) for word in words]
    assert sentence in refused_by(command, twingrad(command, *others))


@pytest.mark.parametrize(
    ("name", "damage", "commands"),
    [
        ("model.safetensors", b"\x00" * 20, ["predict", "evaluate"]),
        ("model.safetensors", None, ["predict", "evaluate"]),
        ("run.json", b"{", ["predict", "evaluate", "show", "train"]),
        ("run.json", b"[1, 2]", ["predict", "evaluate", "show", "train"]),
        ("run.json", None, ["predict", "evaluate", "show"]),
        ("config.toml", None, ["evaluate", "show", "train"]),
        ("config.toml", b"hidden = 1, 2", ["show", "train"]),
        ("metrics.json", b"{", ["show"]),
        ("history.jsonl", b"{", ["show"]),
    ],
)
def test_a_damaged_run_is_answered_with_one_sentence(place, shop, tmp_path, name, damage, commands):
    copy = tmp_path / "copy"
    shutil.copytree(shop, copy)
    if damage is None:
        (copy / name).unlink()
    else:
        (copy / name).write_bytes(damage)
    words = {"show": [copy], "train": ["--resume", copy, "--quiet"]}
    for command in commands:
        result = twingrad(command, *words.get(command, [copy, place / "shop.csv"]))
        assert str(copy) in refused_by(command, result)


SOME = [*rows(40)]
FAULTS = {
    "empty": ([], TRAIN, "empty"),
    "heads": ([HEAD], TRAIN, "row"),
    "one_class": ([HEAD, *[f"{n},red,big" for n in range(40)]], TRAIN, "two classes"),
    "no_column": ([HEAD, *SOME], (*TRAIN, "--target", "kinds"), "did you mean 'kind'?"),
    "no_target": ([HEAD, *SOME], ("--epochs", "1"), "target"),
    "text": ([HEAD, *SOME, "much,red,big"], TRAIN, "'size' must hold numbers only"),
    "text_row": ([HEAD, *SOME, "much,red,big"], TRAIN, "got 'much' in row 41"),
    "infinity": ([HEAD, *SOME, "inf,red,big"], TRAIN, "'size' must hold finite numbers"),
    "infinity_row": ([HEAD, *SOME, "inf,red,big"], TRAIN, "got inf in row 41"),
    "no_answer": ([HEAD, *SOME, "1.0,red,"], TRAIN, "'kind'"),
    "few": ([HEAD, *SOME[:2]], TRAIN, "rows"),
    "task": ([HEAD, *SOME], (*TRAIN, "--task", "regression"), "'kind'"),
    "loss": ([HEAD, *SOME], (*TRAIN, "--loss", "mse"), "--loss must suit two classes"),
    "ignore": ([HEAD, *SOME], (*TRAIN, "--ignore", "colour"), "did you mean 'color'?"),
    "images": ([HEAD, *SOME], (*TRAIN, "--augment", "flip"), "flip"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_data_that_cannot_be_trained_on_are_answered_with_one_sentence(name, tmp_path):
    lines, words, said = FAULTS[name]
    file = write(tmp_path / "my.csv", lines)
    result = twingrad("train", file, *words, "--out", tmp_path / "out", "--quiet")
    assert said in refused_by("train", result)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("my.csv", b"\x00\xff\xfe\x01" * 20),
        ("my.csv", b'a,b\n"1,2\n'),
        ("my.csv.gz", b"no gzip"),
        ("my.parquet", b"PAR1"),
        ("my.npz", b"PK\x03\x04"),
        ("my.npy", b"\x93NUMPY"),
        ("my.xlsx", b"PK"),
        ("train-images-idx3-ubyte", b"\x00\x00\x08\x03"),
    ],
)
def test_files_that_are_no_data_are_answered_with_one_sentence(name, content, tmp_path):
    if name.endswith(".parquet"):
        pytest.importorskip("pandas")
    (tmp_path / name).write_bytes(content)
    result = twingrad(
        "train", tmp_path / name, "--target", "b", "--out", tmp_path / "out", "--quiet"
    )
    refused_by("train", result)


def test_a_file_that_may_not_be_read_is_the_machines_fault(tmp_path, monkeypatch):
    file = write(tmp_path / "my.csv", [HEAD, *rows()])

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr("twingrad.data.sources.files.open", refuse, raising=False)
    refused_by("train", twingrad("train", file, *TRAIN, "--out", tmp_path / "out"), 1)


def test_training_that_diverges_is_no_success(tmp_path):
    words = ("--optimizer", "sgd", "--lr", "1e8", "--out", tmp_path / "out", "--quiet")
    sentence = refused_by("train", twingrad("train", "diabetes", *words))
    assert sentence == "training diverged at step 3: try --lr 0.1 or --clip 1"
    assert "diverged" in twingrad("show", tmp_path / "out").stdout
    assert "diverged" in refused_by("predict", twingrad("predict", tmp_path / "out", "diabetes"))


def test_a_lost_model_comes_back(place, shop, tmp_path):
    copy = shutil.copytree(shop, tmp_path / "copy")
    before = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").unlink()
    sentence = refused_by("predict", twingrad("predict", copy, place / "shop.csv"))
    assert sentence.endswith(f"write it again with twingrad train --resume {copy}")
    again = twingrad("train", "--resume", copy)
    assert again.exit_code == 0, again.output
    assert again.stdout.splitlines()[0] == (place / "said.txt").read_text().splitlines()[0]
    assert (copy / "model.safetensors").read_bytes() == before


X = np.random.default_rng(0).normal(size=(40, 3))
ARRAYS = {
    "names": (
        "my.npz",
        {"a": X, "b": X[:, 0], "c": X[:, 1]},
        (),
        "--target, and call the inputs x",
    ),
    "alone": ("my.npy", X, (), "or give its path as --target"),
    "text": ("my.npz", {"x": X, "y": ["l", "r"] * 20}, ("--task", "regression"), "as floats"),
    "numbers": ("my.npz", {"x": X, "y": X[:, 0]}, ("--task", "classification"), "whole numbers"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_cures_are_for_those_who_write_no_python(name, tmp_path):
    file, content, words, said = ARRAYS[name]
    if isinstance(content, dict):
        np.savez(tmp_path / file, **content)
    else:
        np.save(tmp_path / file, content)
    result = twingrad("train", tmp_path / file, *words, "--out", tmp_path / "out", "--quiet")
    sentence = refused_by("train", result)
    assert said in sentence
    for python in ("read_np", "make y", "(path", "=..."):
        assert python not in sentence


def test_classes_that_are_too_many_for_the_rows_need_no_python(tmp_path):
    file = write(tmp_path / "my.csv", ["x,y", *(f"{k},{k // 2}" for k in range(60))])
    words = ("--target", "y", "--task", "classification", "--validation", "0.4", "--test", "0.4")
    sentence = refused_by("train", twingrad("train", file, *words, "-q", "--out", tmp_path / "out"))
    assert sentence.endswith("give smaller shares for validation and test")


def test_arrays_are_no_table(shop):
    sentence = refused_by("predict", twingrad("predict", shop, "digits"))
    assert sentence.startswith("DATA must be a table with the columns of RUN's training")


def test_batches_of_one_row_are_refused_before_anything_is_announced(tmp_path):
    words = ("--batch-norm", "--batch-size", "1", "--out", tmp_path / "out")
    sentence = refused_by("train", twingrad("train", "moons", *words))
    assert sentence.startswith("--batch-size must be at least 2 where norm is 'batch'")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_not_to_be_gone_on_with(tmp_path):
    (tmp_path / "file").write_text("")
    result = twingrad("train", "moons", "--quiet", "--out", tmp_path / "file" / "x")
    sentence = refused_by("train", result)
    assert sentence.endswith("see to that, or choose another folder")


def limited(size):
    """What is run in a process before its program: no file may outgrow ``size`` bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_is_said_and_the_run_can_be_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["train", "moons", "--hidden", "64,64", "--epochs", "3", "--quiet"]
    ran = run(*words, preexec_fn=limited(30_000))
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    assert line.startswith("twingrad train: ")
    assert "file too large" in line
    assert line.endswith("go on with twingrad train --resume runs/moons")
    again = twingrad(*words, "--resume")
    assert again.exit_code == 0, again.output
    assert again.stdout.startswith("test: ")


def test_a_reader_that_goes_away_ends_predictions_quietly(place, shop):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        ran = subprocess.run(
            [*TWINGRAD, "predict", shop, place / "shop.csv"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (ran.returncode, ran.stderr) == (141, "")


def test_a_toy_can_be_predicted_from_a_file(tmp_path):
    toy = toys.linear(60)
    np.savez(tmp_path / "line.npz", x=toy.x, y=toy.y)
    out = tmp_path / "run"
    words = ("--target", "y", "--epochs", "3", "--hidden", "none", "--out", out)
    assert twingrad("train", tmp_path / "line.npz", *words).exit_code == 0
    found = table(twingrad("predict", out, tmp_path / "line.npz").stdout)
    assert len(found) == 60
    assert all(np.isfinite(float(row["prediction"])) for row in found)
