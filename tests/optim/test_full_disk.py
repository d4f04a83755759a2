"""A full disk ends a training with a sentence, and costs nothing that was saved before."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import support
from support.resuming import HELD_OUT, check_same_course, course, of, saving
from twingrad import optim

MAKE = of(
    layers={"dropout": 0.3, "norm": "batch"},
    schedule="onecycle",
    early_stopping=3,
    validation=HELD_OUT,
)


class Filling(optim.Callback):
    """Leaves no room on the disk from a certain update on, and notes how the training ends."""

    def __init__(self, step, fill):
        self.step = step
        self.fill = fill
        self.ends = 0

    def on_step_end(self, training):
        if training.step == self.step:
            self.fill()

    def on_train_end(self, training):
        assert not training.model.training
        self.ends += 1


def check_full_disk(folder, step, fill, make_room, reason):
    """That a training ends when the disk is full, and goes on when it is not."""
    checkpoints = saving(folder)
    callbacks = [Filling(step, fill), Filling(0, fill)]
    with pytest.raises(OSError, match=rf"^\[Errno \d+\] Checkpoints: .*\({reason}\): make ") as e:
        course(MAKE, checkpoints=checkpoints, callbacks=callbacks)
    assert e.value.errno in (errno.ENOSPC, errno.EFBIG)
    assert str(folder) in str(e.value)
    assert "\n" not in str(e.value)
    assert [each.ends for each in callbacks] == [1, 1]
    # an update that ends an epoch is saved behind it
    assert checkpoints.steps() == [*range(1, step)][-2:]
    assert len([*folder.iterdir()]) == len(checkpoints.steps())
    make_room()
    found = course(MAKE, checkpoints=saving(folder), resume=True)
    assert min(found.states) == step
    check_same_course(found, course(MAKE))


@pytest.fixture
def small_disk(tmp_path):
    """A file system in memory with room for some checkpoints."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("file systems may not be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("room", [0, 4096, 8192])
@pytest.mark.parametrize("step", [1, 2, 3, 5, 9])
def test_a_disk_that_becomes_full(step, room, small_disk):
    filler = small_disk / "filler"

    def fill():
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                file.truncate(max(0, file.tell() - room))

    folder = small_disk / "checkpoints"
    folder.mkdir()
    check_full_disk(folder, step, fill, filler.unlink, "no space left on device")


def test_a_limit_of_the_size_of_files(tmp_path):
    """In a process of its own, as the limit is one of the whole process."""
    pytest.importorskip("resource", reason="there are no such limits here")
    environment = os.environ | {"PYTHONPATH": str(Path(support.__file__).parents[1])}
    command = [sys.executable, "-W", "error", __file__, str(tmp_path), "1", "5", "9"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert not result.returncode, result.stderr


def limited(folder, step):
    import resource

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def make_room():
        limit(resource.RLIM_INFINITY)

    check_full_disk(folder, step, lambda: limit(1000), make_room, "file too large")


if __name__ == "__main__":
    for step in sys.argv[2:]:
        limited(Path(sys.argv[1]) / step, int(step))
