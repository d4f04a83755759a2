"""The folder of a run: its name, what may be in it, and how files get there."""

import errno
import json
import os
import re
import secrets
from pathlib import Path

import pytest

from support.running import full
from twingrad.workflow import Config, default_folder, read_config
from twingrad.workflow import folder as folders
from twingrad.workflow.folder import Folder, plain, read_json


def begun(path, **options):
    folder = Folder(path)
    folder.make()
    folder.write(folder.config, Config(data="iris", **options).to_toml())
    return folder


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("digits", "digits"),
        ("my.csv", "my"),
        ("far/away/my.csv.gz", "my"),
        ("mnist/", "mnist"),
        (".csv", "run"),
        ("..", "run"),
        ("/", "run"),
    ],
)
def test_a_run_is_called_as_its_data_are(data, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_folder(data) == Path("runs", name)


def test_a_name_that_is_taken_is_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_folder("iris", resume=True) == Path("runs/iris")
    begun("runs/iris")
    assert default_folder("iris") == Path("runs/iris-2")
    Path("runs/iris-2").mkdir()
    assert default_folder("iris") == Path("runs/iris-2"), "an empty one is free"
    begun("runs/iris-2")
    Path("runs/iris-3").write_text("a file")
    assert default_folder("iris") == Path("runs/iris-4")


def test_resuming_takes_the_last_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    begun("runs/iris")
    assert default_folder("iris", resume=True) == Path("runs/iris")
    begun("runs/iris-2")
    assert default_folder("iris", resume=True) == Path("runs/iris-2")


def test_a_folder_that_holds_anything_is_not_new(tmp_path):
    Folder(tmp_path / "no").check_new()
    Folder(tmp_path).check_new()
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="holds files: choose another"):
        Folder(tmp_path).check_new()
    with pytest.raises(FileExistsError, match="is a file: choose another"):
        Folder(tmp_path / "thesis.txt").check_new()
    with pytest.raises(
        FileExistsError, match=r"go on with twingrad train --resume \S+/run, or choose another"
    ):
        begun(tmp_path / "run").check_new()


def test_a_link_that_leads_nowhere_is_not_new(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError, match="is a file"):
        Folder(tmp_path / "link").check_new()


def test_what_a_killed_process_left_does_not_count(tmp_path):
    left = tmp_path / f".twingrad-{secrets.token_hex(8)}.tmp"
    left.write_text("hal")
    assert Folder(tmp_path).is_free()
    assert not left.exists()


def test_options_are_read_from_the_folder(tmp_path):
    assert read_config(tmp_path / "no") is None
    assert read_config(tmp_path) is None
    begun(tmp_path / "run", epochs=7)
    assert read_config(tmp_path / "run") == Config(data="iris", epochs=7)


def test_a_folder_of_other_things_is_no_run(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FileExistsError, match="holds files"):
        read_config(tmp_path)


def test_a_run_whose_options_are_missing_says_so(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match=r"config\.toml' is missing: restore it, or train"):
        read_config(tmp_path)


def test_options_without_data_are_damaged(tmp_path):
    (tmp_path / "config.toml").write_text("epochs = 3\n")
    with pytest.raises(ValueError, match="data must be said, got no such line"):
        read_config(tmp_path)


def test_discarding_leaves_other_files_and_what_has_begun(tmp_path):
    folder = begun(tmp_path / "empty")
    folder.discard()
    assert not folder.path.exists()
    folder = begun(tmp_path / "kept")
    (folder.path / "mine.txt").write_text("mine")
    folder.discard()
    assert os.listdir(folder.path) == ["mine.txt"]
    folder = begun(tmp_path / "begun")
    folder.checkpoints.mkdir()
    folder.discard()
    assert folder.is_begun


def test_a_full_disk_is_a_sentence_and_costs_no_file(tmp_path, monkeypatch):
    folder = begun(tmp_path / "run")
    before = folder.config.read_text()
    monkeypatch.setattr(folders, "write_text", full)
    with pytest.raises(OSError, match="no space left on device") as caught:
        folder.write(folder.config, "new")
    assert caught.value.errno == errno.ENOSPC
    assert re.match(
        r"train: the run must be written to '.*run', got an error", caught.value.strerror
    )
    assert folder.config.read_text() == before


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match=r"see to that, or choose another folder"):
        Folder(tmp_path / "file" / "run").make()


def test_json_has_no_nan(tmp_path):
    folder = begun(tmp_path)
    folder.write_json(folder.metrics, {"test": {"r2": float("nan"), "mae": float("inf"), "n": 1}})
    text = folder.metrics.read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {
        "test": {"r2": None, "mae": None, "n": 1}
    }


def test_plain_data_are_lists_dictionaries_and_numbers():
    given = {1: (1.5, [float("-inf"), "x"], None, True)}
    assert plain(given) == {"1": [1.5, [None, "x"], None, True]}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"[1]", b'"text"', b"NaN"])
def test_a_file_that_is_no_json_is_refused(tmp_path, content):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"run\.json' must be|run\.json': data must be") as caught:
        read_json(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(": restore the file, or train again in a new folder")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run\.json"):
        read_json(tmp_path / "run.json")
