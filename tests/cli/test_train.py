"""``twingrad train``: what it asks ``workflow.train`` for, and what it says of the answer."""

import errno
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from support.commands import refused_by
from twingrad import workflow
from twingrad.cli import app, configuration
from twingrad.optim import Checkpoints


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Trained:
    """Stands for ``workflow.train``: remembers what it was asked for."""

    def __init__(self, monkeypatch):
        self.action = lambda: None
        self.interrupted = False
        self.calls = 0
        monkeypatch.setattr(workflow, "train", self)

    def __call__(self, config, folder, **options):
        self.config, self.folder, self.options = config, Path(folder), options
        self.calls += 1
        options["say"]("Target: 2 classes.")
        self.action()
        return SimpleNamespace(
            folder=self.folder,
            interrupted=self.interrupted,
            epoch=3,
            epochs=10,
            report=self.folder / "report.html",
            sentence="test: accuracy 97.8 % on 18 rows.",
        )


@pytest.fixture
def trained(monkeypatch):
    return Trained(monkeypatch)


def train(*arguments):
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


def refused(result, code=2):
    return refused_by("train", result, code)


def begin(folder, **options):
    """A folder in which a run was begun."""
    folder.mkdir(parents=True)
    config = workflow.Config(**options)
    (folder / "config.toml").write_text(config.to_toml())
    return config


def test_results_go_to_stdout_and_notes_to_stderr(trained):
    result = train("moons")
    assert result.exit_code == 0
    assert result.stderr == "Target: 2 classes.\n"
    assert result.stdout == (
        "test: accuracy 97.8 % on 18 rows.\nmodel: runs/moons\nreport: runs/moons/report.html\n"
    )


@pytest.mark.parametrize("option", ["--quiet", "-q"])
def test_quiet_leaves_the_result_alone(trained, option):
    result = train("moons", option)
    assert result.stderr == ""
    assert result.stdout.startswith("test: ")


def test_without_options_a_run_has_the_defaults(trained):
    train("moons")
    assert trained.config == workflow.Config(data="moons")
    assert trained.folder == Path("runs/moons")
    assert trained.options["resume"] is False


def test_every_option_arrives(trained, folder):
    (folder / "my.csv").write_text("x,y\n1,2\n")
    given = {
        "target": "y",
        "task": "regression",
        "ignore": ("id", "name"),
        "hidden": (8, 4),
        "activation": "tanh",
        "norm": "layer",
        "dropout": 0.25,
        "optimizer": "sgd",
        "lr": 0.5,
        "schedule": "cosine",
        "l1": 0.125,
        "l2": 0.25,
        "weight_decay": 0.5,
        "loss": "huber",
        "epochs": 7,
        "batch_size": 16,
        "validation": 0.25,
        "test": 30,
        "patience": 3,
        "clip": 1.5,
        "augment": ("noise=0.5",),
        "class_weight": "balanced",
        "seed": 9,
        "backend": "scalar",
        "compile": False,
    }
    words = []
    for name, value in given.items():
        if name == "compile":
            words.append("--no-compile")
            continue
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        words += [f"--{name.replace('_', '-')}", text]
    result = train("my.csv", *words, "--out", "here")
    assert result.exit_code == 0, result.output
    assert trained.config == workflow.Config(data="my.csv", **given)
    assert trained.config.options().keys() == {"data", *given}
    assert trained.folder == Path("here")


def test_the_exact_command_is_passed_on(trained, monkeypatch):
    words = ["train", "moons", "--ignore", "a b,c"]
    monkeypatch.setattr(sys, "argv", ["/somewhere/twingrad", *words])
    train(*words[1:])
    assert trained.options["command"] == "twingrad train moons --ignore 'a b,c'"
    assert shlex.split(trained.options["command"])[1:] == words


def test_options_come_before_those_of_a_file_which_come_before_defaults(trained, folder):
    file = folder / "my.toml"
    file.write_text('data = "moons"\nepochs = 5\nhidden = [8]\nclip = 1.0\n')
    train("--config", file, "--epochs", "9")
    assert trained.config == workflow.Config(data="moons", epochs=9, hidden=(8,), clip=1.0)
    train("circles", "--config", file, "--clip", "none", "--hidden", "none")
    assert trained.config == workflow.Config(data="circles", epochs=5, hidden=())


def test_compiling_is_switched_off_by_a_file_and_on_again_by_a_word(trained, folder):
    for text in ("compile = false", "no-compile = true", "no_compile = true"):
        (folder / "my.toml").write_text(f"{text}\n")
        train("moons", "--config", folder / "my.toml")
        assert trained.config.compile is False
        train("moons", "--config", folder / "my.toml", "--compile")
        assert trained.config.compile is True


def test_a_run_goes_on_without_compiling_if_it_was_begun_so(trained, folder):
    begin(folder / "runs" / "moons", data="moons", compile=False)
    train("--resume", "runs/moons")
    assert trained.config.compile is False


def test_a_batch_may_have_all_rows(trained):
    train("moons", "--batch-size", "all")
    assert trained.config.batch_size == "all"


def test_batch_norm_is_a_short_word_for_norm(trained):
    train("moons", "--batch-norm")
    assert trained.config.norm == "batch"
    train("moons", "--batch-norm", "--norm", "batch")
    assert trained.config.norm == "batch"
    assert "--norm must be batch where there is --batch-norm, got 'layer'" in refused(
        train("moons", "--batch-norm", "--norm", "layer")
    )


def test_the_next_free_folder_is_taken(trained, folder):
    begin(folder / "runs" / "moons", data="moons")
    train("moons")
    assert trained.folder == Path("runs/moons-2")


@pytest.mark.parametrize(
    ("words", "data"),
    [
        (["runs/moons"], "moons"),
        (["moons"], "moons"),
        (["--out", "runs/moons"], "moons"),
        (["moons", "--out", "runs/moons", "--epochs", "5"], "moons"),
    ],
)
def test_a_run_is_gone_on_with_by_its_folder_or_its_data(trained, folder, words, data):
    config = begin(folder / "runs" / "moons", data=data, epochs=5)
    assert train("--resume", *words).exit_code == 0
    assert trained.folder == Path("runs/moons")
    assert trained.config == config
    assert trained.options["resume"] is True


def test_what_was_not_begun_is_begun_by_resume(trained):
    assert train("moons", "--resume", "--epochs", "5").exit_code == 0
    assert trained.config == workflow.Config(data="moons", epochs=5)
    assert trained.folder == Path("runs/moons")


def test_an_interrupted_run_says_how_to_go_on(trained):
    trained.interrupted = True
    assert refused_lines(train("moons", "--out", "a run"), 130) == [
        "Target: 2 classes.",
        "twingrad train: interrupted after epoch 3 of 10: go on with twingrad train --resume "
        "'a run'",
    ]


def test_a_run_that_is_stopped_at_once_says_what_is_left(trained, folder):
    def stop():
        raise KeyboardInterrupt

    trained.action = stop
    lines = refused_lines(train("moons"), 130)
    assert lines[-1] == "twingrad train: interrupted before anything was written"
    begin(folder / "runs" / "circles", data="circles")
    lines = refused_lines(train("circles", "--resume"), 130)
    assert lines[-1] == (
        "twingrad train: stopped at once: go on, from the beginning, as no checkpoint is there, "
        "with twingrad train --resume runs/circles"
    )
    Checkpoints("runs/circles/checkpoints").save({}, 540)
    lines = refused_lines(train("circles", "--resume"), 130)
    assert "go on, from step 540, with twingrad train --resume runs/circles" in lines[-1]


def test_an_interruption_while_options_are_read_is_told(trained, monkeypatch):
    def stop(words):
        raise KeyboardInterrupt

    monkeypatch.setattr(configuration, "requested", stop)
    assert refused(train("moons"), 130) == "interrupted before anything was written"


def refused_lines(result, code):
    assert result.exit_code == code
    assert result.stdout == ""
    return result.stderr.splitlines()


@pytest.mark.parametrize(
    ("error", "sentence", "code"),
    [
        (OSError(errno.ENOSPC, "train: no space"), "no space", 1),
        (
            PermissionError(errno.EACCES, "Permission denied", "runs"),
            "'runs' cannot be used: permission denied",
            1,
        ),
        (MemoryError(), "there is not enough memory", 1),
    ],
)
def test_what_goes_wrong_is_said_behind_the_notes(trained, error, sentence, code):
    def fail():
        raise error

    trained.action = fail
    note, said = refused_lines(train("moons"), code)
    assert note == "Target: 2 classes."
    assert said.startswith(f"twingrad train: {sentence}")


def test_a_bug_shows_where_it_is(trained):
    def fail():
        raise IndexError("a bug")

    trained.action = fail
    assert isinstance(train("moons").exception, IndexError)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "there is no DATA: give the name of a data set"),
        ([""], "there is no DATA"),
        (["--resume"], "there is no run to go on with: give its folder"),
        (["my.cvs"], "there is no file 'my.cvs': did you mean 'my.csv'?"),
        (["iris.csv"], "there is no file 'iris.csv': did you mean 'iris'?"),
        (["no/where.csv"], "there is no file 'no/where.csv': look at its path"),
        (["--resume", "runs/moon"], "there is no file 'runs/moon': did you mean 'runs/moons'?"),
        (["moons", "--activation", "relo"], "--activation must be one of"),
        (["moons", "--activation", "relo"], "did you mean 'relu'?"),
        (["moons", "--optimizer", "nestrov"], "did you mean 'nesterov'?"),
        (["moons", "--schedule", "onecicle"], "did you mean 'onecycle'?"),
        (["moons", "--loss", "crossentropy"], "did you mean 'cross_entropy'?"),
        (["moons", "--norm", "bach"], "did you mean 'batch'?"),
        (["moons", "--backend", "cuda"], "--backend must be one of tensor, scalar, got 'cuda'"),
        (["moons", "--task", "regresion"], "did you mean 'regression'?"),
        (["moons", "--class-weight", "even"], "--class-weight must be one of balanced"),
        (["moons", "--augment", "nois=1"], "--augment"),
        (["moons", "--epochs", "many"], "--epochs must be a whole number, got 'many'"),
        (["moons", "--epochs", "0"], "--epochs must be at least 1, got 0"),
        (["moons", "--batch-size", "-1"], "--batch-size must be at least 1, got -1"),
        (["moons", "--hidden", "64,0"], "--hidden must be at least 1, got 0"),
        (["moons", "--hidden", "64;32"], "--hidden must be whole numbers"),
        (["moons", "--dropout", "1"], "--dropout must be at least 0 and below 1, got 1.0"),
        (["moons", "--lr", "0"], "--lr must be above 0"),
        (["moons", "--lr", "nan"], "--lr must be above 0 and finite, got nan"),
        (["moons", "--lr", "fast"], "--lr must be a number, got 'fast'"),
        (["moons", "--l1", "-1"], "--l1 must be at least 0"),
        (["moons", "--validation", "1.5"], "--validation must be at least 0 and below 1"),
        (["moons", "--test", "10%"], "--test must be a number, got '10%'"),
        (["moons", "--patience", "-1"], "--patience must be at least 0"),
        (["moons", "--seed", "-1"], "--seed must be at least 0"),
        (["moons", "--out", ""], "--out needs a folder to write to"),
        (
            ["moons", "--config", "kin.toml"],
            "--config must be a file, got 'kin.toml', which is not",
        ),
        (["moons", "--config", "kin.toml"], "did you mean 'kind.toml'?"),
        (["moons", "--config", "runs"], "--config must be a file, got the folder 'runs'"),
        (["moons", "--ignore", "x,,y"], "'x,,y' with an empty name between two commas"),
        (["moons", "--ignore", "x,"], "--ignore must be names with commas between them, got 'x,'"),
        (["moons", "--batch-size", "al"], "--batch-size must be a whole number, got 'al'"),
        (["moons", "--config", "bad.toml"], "it must be a file of TOML"),
        (["moons", "--config", "word.toml"], "'word.toml': there is no option 'epoch': did you"),
        (["moons", "--config", "kind.toml"], "'kind.toml': epochs must be"),
        (["runs/moons"], "DATA must be data, got the folder of a run, 'runs/moons'"),
    ],
)
def test_a_mistake_is_answered_with_one_sentence(trained, folder, arguments, sentence):
    (folder / "my.csv").write_text("x,y\n1,2\n")
    (folder / "bad.toml").write_text("hidden = 64, 32\n")
    (folder / "word.toml").write_text("epoch = 3\n")
    (folder / "kind.toml").write_text('epochs = "3"\n')
    begin(folder / "runs" / "moons", data="moons")
    before = sorted(folder.rglob("*"))
    assert sentence in refused(train(*arguments))
    assert trained.calls == 0
    assert sorted(folder.rglob("*")) == before
