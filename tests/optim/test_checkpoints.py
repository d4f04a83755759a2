"""Checkpoints: whatever happens, the last good one is there."""

import errno
import fcntl
import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

from support.states import bits, small
from twingrad.engine import files
from twingrad.optim.checkpoints import folder as module
from twingrad.optim.checkpoints.folder import Checkpoint, Checkpoints
from twingrad.optim.checkpoints.state_files import write_state

LEFTOVER = f".twingrad-{'0' * 16}.tmp"


def state_of(step):
    return {"weights": np.full(1000, step, np.float32), "step": step}


def saved(folder, *steps, keep=10):
    checkpoints = Checkpoints(folder, keep=keep)
    for step in steps:
        checkpoints.save(state_of(step), step)
    return checkpoints


def damage(checkpoints, step):
    path = checkpoints.folder / f"step-{step:09d}.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_saved_is_the_latest(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    path = checkpoints.save(small(), 123)
    assert path == tmp_path / "step-000000123.safetensors"
    found = checkpoints.latest()
    assert type(found) is Checkpoint
    assert found[:2] == (path, 123)
    assert bits(found.state) == bits(small())


def test_without_a_checkpoint_there_is_no_latest(tmp_path):
    for folder in (tmp_path, tmp_path / "missing" / "folder"):
        assert Checkpoints(folder).latest() is None
        assert Checkpoints(folder).steps() == []
    assert not [*tmp_path.iterdir()]


def test_the_folder_and_those_above_it_are_made(tmp_path):
    saved(tmp_path / "a" / "b", 1)
    assert names(tmp_path / "a" / "b") == ["step-000000001.safetensors"]


def test_steps_are_ordered_as_numbers(tmp_path):
    steps = [0, 999_999_999, 1_000_000_000, 123_456_789_012]
    assert saved(tmp_path, *steps).steps() == steps
    assert Checkpoints(tmp_path).latest().step == steps[-1]
    assert "step-123456789012.safetensors" in names(tmp_path)


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_last_ones_are_kept(tmp_path, keep):
    assert saved(tmp_path, 5, 6, 10, 20, keep=keep).steps() == [5, 6, 10, 20][-keep:]


def test_a_checkpoint_of_the_same_step_is_replaced(tmp_path):
    checkpoints = saved(tmp_path, 1, 2)
    checkpoints.save({"other": True}, 2)
    assert checkpoints.latest().state == {"other": True}
    assert checkpoints.steps() == [1, 2]


def test_an_older_one_is_removed_only_when_the_new_one_has_its_place_on_the_disk(
    tmp_path, monkeypatch
):
    checkpoints = saved(tmp_path, 1, keep=1)
    there = []

    def fsync(descriptor):
        there.append(len([name for name in names(tmp_path) if name.startswith("step")]))

    monkeypatch.setattr(files.os, "fsync", fsync)
    checkpoints.save(state_of(2), 2)
    assert there == [1, 2]
    assert checkpoints.steps() == [2]


def test_a_damaged_one_is_passed_over_with_a_warning(tmp_path):
    checkpoints = saved(tmp_path, 1, 2, 3)
    damage(checkpoints, 3)
    (tmp_path / "step-000000002.safetensors").write_bytes(b"")
    with pytest.warns(UserWarning, match="Checkpoints: one is passed over") as caught:
        assert Checkpoints(tmp_path).latest().step == 1
    sentences = [str(warning.message) for warning in caught]
    for sentence, step, reason in zip(
        sentences, [3, 2], ["its checksum is wrong", "it is empty or cut off"], strict=True
    ):
        name = re.escape(str(tmp_path / f"step-{step:09d}.safetensors"))
        assert re.match(f"Checkpoints: one is passed over: .*'{name}' \\({reason}\\)", sentence)
    assert {warning.filename for warning in caught} == {__file__}


def test_where_all_are_damaged_there_is_none(tmp_path):
    damage(saved(tmp_path, 1), 1)
    with pytest.warns(UserWarning, match="its checksum is wrong"):
        assert Checkpoints(tmp_path).latest() is None


def test_one_that_cannot_be_read_is_passed_over_too(tmp_path, monkeypatch):
    saved(tmp_path, 1, 2)
    read = module.read_state

    def failing(path):
        if path.name == "step-000000002.safetensors":
            raise OSError(errno.EIO, "read_state: path must lead to a file, got ... (broken disk)")
        return read(path)

    monkeypatch.setattr(module, "read_state", failing)
    with pytest.warns(UserWarning, match="passed over: .*broken disk"):
        assert Checkpoints(tmp_path).latest().step == 1


def test_damaged_ones_take_no_place_among_those_that_are_kept(tmp_path):
    checkpoints = saved(tmp_path, 1, 2, 3, 4)
    damage(checkpoints, 4)
    damage(checkpoints, 2)
    checkpoints = Checkpoints(tmp_path, keep=2)
    with pytest.warns(UserWarning, match="step-000000004"):
        assert checkpoints.latest().step == 3
    checkpoints.save(state_of(5), 5)
    assert checkpoints.steps() == [3, 4, 5]
    checkpoints.save(state_of(6), 6)
    assert checkpoints.steps() == [5, 6]


def test_training_that_goes_on_before_a_damaged_one_replaces_it(tmp_path):
    damage(saved(tmp_path, 1, 3), 3)
    checkpoints = Checkpoints(tmp_path, keep=2)
    with pytest.warns(UserWarning, match="step-000000003"):
        assert checkpoints.latest().step == 1
    checkpoints.save(state_of(2), 2)
    assert checkpoints.steps() == [1, 2, 3]
    checkpoints.save(state_of(3), 3)
    assert checkpoints.steps() == [2, 3]
    assert checkpoints.latest().step == 3


def test_a_step_below_those_of_another_training_is_refused(tmp_path):
    saved(tmp_path, 10, 20)
    before = names(tmp_path)
    with pytest.raises(ValueError, match=r"got 15 beside .*step-000000020.safetensors': resume it"):
        Checkpoints(tmp_path).save(state_of(15), 15)
    assert names(tmp_path) == before


def test_a_later_one_that_is_damaged_is_in_nobodys_way(tmp_path):
    damage(saved(tmp_path, 10, 20), 20)
    with pytest.warns(UserWarning, match="its checksum is wrong"):
        Checkpoints(tmp_path).save(state_of(15), 15)
    assert Checkpoints(tmp_path).steps() == [10, 15, 20]


FOREIGN = [
    "step-1.safetensors",
    "step-0000000000.safetensors",
    "step-00000000a.safetensors",
    "step-\N{ARABIC-INDIC DIGIT ONE}00000000.safetensors",
    "step-000000001.safetensors.old",
    "a-step-000000001.safetensors",
    "step-9999999999999999999.safetensors",
    "model.safetensors",
    ".twingrad-notes.tmp",
    "notes.tmp",
]


def test_other_files_are_left_alone(tmp_path):
    for name in FOREIGN:
        (tmp_path / name).write_text("mine")
    (tmp_path / "step-000000009.safetensors").mkdir()
    checkpoints = saved(tmp_path, 1, 2, 3, keep=1)
    assert checkpoints.steps() == [3]
    assert checkpoints.latest().step == 3
    assert all((tmp_path / name).read_text() == "mine" for name in FOREIGN)
    assert (tmp_path / "step-000000009.safetensors").is_dir()


@pytest.mark.parametrize("act", [lambda c: c.latest(), lambda c: c.save(state_of(2), 2)])
def test_what_killed_processes_left_is_removed_and_what_is_being_written_is_not(tmp_path, act):
    checkpoints = saved(tmp_path, 1)
    written = tmp_path / LEFTOVER.replace("0", "f")
    for path in (tmp_path / LEFTOVER, written):
        path.write_bytes(b"half of")
    with open(written, "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        act(checkpoints)
        assert written.exists()
        assert not (tmp_path / LEFTOVER).exists()
    act(checkpoints)
    assert not written.exists()


@pytest.mark.parametrize("where", ["file", "file/folder"])
def test_a_file_in_the_place_of_the_folder_is_told(tmp_path, where):
    (tmp_path / "file").write_text("mine")
    checkpoints = Checkpoints(tmp_path / where)
    rule = rf"Checkpoints: folder must be one that .* got .*{where}' \((not a dir|file exists)"
    for act in (checkpoints.steps, checkpoints.latest, lambda: checkpoints.save({}, 1)):
        with pytest.raises((NotADirectoryError, FileExistsError), match=rule):
            act()
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_written_to_is_told_and_can_be_read(tmp_path, monkeypatch):
    # the superuser may write anywhere, so that the answer of the system is pretended here
    saved(tmp_path, 1)
    (tmp_path / LEFTOVER).write_bytes(b"")
    system_open = os.open

    def read_only(path, flags, mode=0o777):
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return system_open(path, flags, mode)

    def unlink(path):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(files.os, "open", read_only)
    monkeypatch.setattr(files.os, "unlink", unlink)
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.latest().step == 1
    with pytest.raises(OSError, match=r"folder must be one .* \(read-only file system\): make"):
        checkpoints.save(state_of(2), 2)


def test_a_folder_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    def closed(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr(module.os, "scandir", closed)
    with pytest.raises(PermissionError, match=r"folder must be one .* \(permission denied\): choo"):
        Checkpoints(tmp_path).latest()


def test_an_old_one_that_cannot_be_removed_does_not_end_the_training(tmp_path, monkeypatch):
    def fail(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    checkpoints = saved(tmp_path, 1, keep=1)
    with monkeypatch.context() as patch:
        patch.setattr(module.Path, "unlink", fail)
        checkpoints.save(state_of(2), 2)
    assert checkpoints.steps() == [1, 2]
    checkpoints.save(state_of(3), 3)
    assert checkpoints.steps() == [3]


def test_one_is_due_at_multiples_of_steps(tmp_path):
    checkpoints = Checkpoints(tmp_path, every_steps=5, every_seconds=None)
    assert [step for step in range(1, 16) if checkpoints.is_due(step)] == [5, 10, 15]


def test_one_is_due_when_time_has_gone_by(tmp_path, monkeypatch):
    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    checkpoints = Checkpoints(tmp_path, every_seconds=30.0)
    assert not checkpoints.is_due(1)
    now = 130.0
    assert checkpoints.is_due(2)
    checkpoints.save({}, 2)
    assert not checkpoints.is_due(3)
    now = 159.0
    assert not checkpoints.is_due(4)
    checkpoints.latest()
    now = 188.0
    assert not checkpoints.is_due(5)
    now = 189.0
    assert checkpoints.is_due(6)
    assert Checkpoints(tmp_path, every_seconds=0).is_due(0)
    assert not Checkpoints(tmp_path, every_seconds=None).is_due(10**9)


@pytest.mark.parametrize(
    ("error", "options", "sentence"),
    [
        (TypeError, {"folder": 3}, "folder must be a path, got 3: pass text"),
        (TypeError, {"folder": None}, "folder must be a path, got None"),
        (ValueError, {"keep": 0}, "keep must be at least 1, got 0"),
        (TypeError, {"keep": 1.5}, "keep.* must be (a )?whole numbers?"),
        (ValueError, {"every_steps": 0}, "every_steps must be at least 1, got 0"),
        (
            ValueError,
            {"every_seconds": -1.0},
            "every_seconds must be at least 0 and finite, got -1",
        ),
        (ValueError, {"every_seconds": float("nan")}, "every_seconds must be .* got nan: give sec"),
        (TypeError, {"every_seconds": "soon"}, "every_seconds"),
    ],
)
def test_options_out_of_range_are_refused(tmp_path, error, options, sentence):
    with pytest.raises(error, match=f"Checkpoints: {sentence}"):
        Checkpoints(options.pop("folder", tmp_path), **options)


def test_what_cannot_be_saved_is_refused_and_the_earlier_ones_stay(tmp_path):
    checkpoints = saved(tmp_path, 1, keep=1)
    with pytest.raises(TypeError, match=r"got builtin_function_or_method as state\['a'\]"):
        checkpoints.save({"a": print}, 2)
    with pytest.raises(ValueError, match="Checkpoints: step must be at least 0, got -1"):
        checkpoints.save({}, -1)
    assert checkpoints.steps() == [1]


class Failing:
    """The module os on a disk that is full at a certain call, and from there on if it stays so."""

    WRITING = ("open", "fsync", "chmod", "replace")

    def __init__(self, at, stays):
        self.at = at
        self.stays = stays
        self.calls = 0
        self.failed = set()

    def __getattr__(self, name):
        item = getattr(os, name)
        if not callable(item) or isinstance(item, type):
            return item

        def call(*arguments, **options):
            self.calls += 1
            fails = self.calls == self.at
            if fails or (self.stays and self.calls > self.at and name in self.WRITING):
                self.failed.add(name)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return item(*arguments, **options)

        return call


@pytest.mark.parametrize("stays", [False, True])
@pytest.mark.parametrize("step", [2, 3])
def test_a_disk_that_is_full_at_any_moment_costs_no_earlier_checkpoint(
    tmp_path, monkeypatch, stays, step
):
    """With step 2 the checkpoint is replaced, with step 3 it is new."""
    failed = set()
    for at in range(1, 100):
        folder = tmp_path / str(at)
        checkpoints = saved(folder, 1, 2, keep=1)
        failing = Failing(at, stays)
        error = None
        with monkeypatch.context() as patch:
            patch.setattr(files, "os", failing)
            try:
                checkpoints.save(state_of(3) | {"new": True}, step)
            except OSError as caught:
                error = caught
        failed |= failing.failed
        found = checkpoints.latest()
        assert found.step in (2, step)
        assert found.state.get("new", False) or error is not None
        assert error is None or "no space left on device" in str(error).lower()
        assert all(name.startswith("step") for name in names(folder))
        if failing.calls < at:
            assert error is None
            break
    assert failed >= {"listdir", "open", "fsync", "replace"}


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()


FULL = """
import resource, sys
import numpy as np
from twingrad.optim.checkpoints.folder import Checkpoints

checkpoints = Checkpoints(sys.argv[1], keep=1)
path = checkpoints.save({"weights": np.ones(20_000)}, 1)
size = path.stat().st_size
for limit in [0, 1, 8, 100, 4096, 8192, 100_000, size - 1, size, size + 1]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        checkpoints.save({"weights": np.zeros(20_000)}, 2)
        print("saved")
    except OSError as error:
        print("EFBIG" if "(file too large): make room" in str(error) else error)
    assert checkpoints.latest().step == (1 if limit < size else 2)
    assert len([*checkpoints.folder.iterdir()]) == 1
"""


def test_a_limit_of_the_size_of_files_costs_no_earlier_checkpoint(tmp_path):
    assert run(FULL, tmp_path) == ["EFBIG"] * 8 + ["saved"] * 2


KILLED = """
import os, random, signal, sys, time
import numpy as np
from twingrad.optim.checkpoints.folder import Checkpoints

draw = random.Random()
checkpoints = Checkpoints(sys.argv[1], keep=2)


def save(step):
    checkpoints.save({"weights": np.full(50_000, step), "step": step}, step)


newest = 1
save(newest)
for _ in range(20):
    child = os.fork()
    if not child:
        step = newest
        while True:
            step += 1
            save(step)
    time.sleep(draw.uniform(0, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found = checkpoints.latest()
    assert found.step == found.state["step"] >= newest
    assert (found.state["weights"] == found.step).all()
    assert all(name.startswith("step-") for name in os.listdir(sys.argv[1]))
    newest = found.step
    print(newest)
save(newest + 1)
assert checkpoints.steps()[1:] == [newest + 1]
"""


def test_a_process_that_is_killed_while_it_saves_leaves_a_good_checkpoint(tmp_path):
    assert len(run(KILLED, tmp_path)) == 20


def test_a_running_training_can_be_looked_at(tmp_path):
    """Also where the file that has been listed is removed before it is read."""
    checkpoints = saved(tmp_path, 0, keep=1)
    done = threading.Event()

    def save():
        try:
            for step in range(1, 80):
                checkpoints.save(state_of(step), step)
        finally:
            done.set()

    thread = threading.Thread(target=save)
    thread.start()
    last = 0
    try:
        while not done.is_set():
            found = Checkpoints(tmp_path).latest()
            assert found.step >= last
            assert found.state["step"] == found.step
            last = found.step
    finally:
        thread.join()
    assert Checkpoints(tmp_path).latest().step == 79


def test_a_file_that_goes_while_it_is_looked_for_is_no_damaged_one(tmp_path, monkeypatch):
    checkpoints = saved(tmp_path, 1)
    read = module.read_state

    def replaced_meanwhile(path):
        if path.name == "step-000000001.safetensors":
            path.unlink()
            write_state(tmp_path / "step-000000002.safetensors", state_of(2))
        return read(path)

    monkeypatch.setattr(module, "read_state", replaced_meanwhile)
    assert checkpoints.latest().step == 2


def test_what_takes_long_to_save_is_saved_more_rarely(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    checkpoints = Checkpoints(tmp_path, every_seconds=5.0)

    def slowly(path, state):
        clock[0] += 2.0

    monkeypatch.setattr(module, "write_bytes", slowly)
    clock[0] = 5.0
    assert checkpoints.is_due(1)
    checkpoints.save({}, 1)
    clock[0] += 39.0
    assert not checkpoints.is_due(2)
    clock[0] += 1.0
    assert checkpoints.is_due(3)


def test_the_first_one_is_due_soon(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    checkpoints = Checkpoints(tmp_path, every_seconds=30.0)
    clock[0] = 0.4
    assert not checkpoints.is_due(1)
    clock[0] = 0.5
    assert checkpoints.is_due(2)
    checkpoints.save({}, 2)
    clock[0] = 30.0
    assert not checkpoints.is_due(3)
    clock[0] = 30.5
    assert checkpoints.is_due(4)
