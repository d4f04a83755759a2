"""Kills trainings at random moments, resumes them, and tells what became of them, as JSON.

It is a program of its own: ``python killing.py FOLDER KILLS``. Importing takes longer than a whole
training here, so that one process imports everything and forks a child for each run.
"""

import hashlib
import json
import mmap
import os
import random
import signal
import struct
import sys
import time
import traceback
from pathlib import Path

from support.fitting import CLASSES, NUMBERS, X, network
from support.resuming import HELD_OUT, fixed
from twingrad import fit, nn, optim
from twingrad.data.augmentation import Noise
from twingrad.optim.checkpoints import folder as checkpoints_module
from twingrad.optim.training import training as training_module

RUNS = 17
"""So many kills shall one training get, or more where starting takes long."""
MOST = 40
"""How many trainings are killed at the most, until one of the kills was in the middle of a save."""

WAITING, TRAINING, VALIDATING, SAVING = range(4)
PLACES = ("before the training", "training", "validation", "saving")


def trainings():
    """What is trained: the making of a model, and options of ``fit``."""
    return {
        "dropout, running means, a cycle, early stopping": (
            lambda: network(3, dropout=0.3, norm="batch", double=False),
            CLASSES,
            {
                "schedule": "onecycle",
                "early_stopping": 8,
                "validation": HELD_OUT,
                "augment": Noise(0.1),
                "batch_size": 6,
                "epochs": 40,
            },
        ),
        "momentum, groups of batches, a plateau": (
            lambda: network(1, dropout=0.2),
            NUMBERS,
            {
                "optimizer": "momentum",
                "accumulate": 3,
                "schedule": "plateau",
                "validation": 0.2,
                "batch_size": 2,
                "clip": 0.5,
                "epochs": 40,
            },
        ),
        "the scalar twin, penalties": (
            lambda: network(3, "scalar", dropout=0.2),
            CLASSES,
            {
                "optimizer": lambda p: optim.Lookahead(optim.Adam(p, lr=0.01), k=3),
                "regularizer": nn.L1(1e-3),
                "validation": HELD_OUT,
                "batch_size": 12,
                "epochs": 20,
            },
        ),
    }


class Board:
    """What a child tells its parent: numbers in memory of both, which outlast the child."""

    FORM = struct.Struct("qqq")

    def __init__(self):
        self.memory = mmap.mmap(-1, self.FORM.size)

    def clear(self):
        self.write(WAITING, -1, -1)

    def read(self):
        """The place, the updates at the beginning, and those that have been made by now."""
        return self.FORM.unpack_from(self.memory)

    def write(self, place=None, begun=None, done=None):
        new = (place, begun, done)
        old = self.read()
        self.FORM.pack_into(
            self.memory, 0, *[b if a is None else a for a, b in zip(new, old, strict=True)]
        )

    def within(self, place, function):
        """The function, which notes that it is running."""

        def noted(*arguments):
            before = self.read()[0]
            self.write(place)
            try:
                return function(*arguments)
            finally:
                self.write(before)

        return noted


class Telling(optim.Callback):
    """Tells where a training is, and keeps all there is to it at the end."""

    def __init__(self, board):
        self.board = board
        self.state = None

    def on_train_begin(self, training):
        self.board.write(TRAINING, training.step, training.step)

    def on_step_end(self, training):
        self.board.write(done=training.step)

    def on_train_end(self, training):
        self.state = fixed(training.state_dict())


def trained(name, board, **options):
    """Train, from the last checkpoint on; gives the digest of all there is to it at the end."""
    make, targets, own = trainings()[name]
    telling = Telling(board)
    fit(make(), (X, targets), callbacks=telling, seed=1, **own, **options)
    return hashlib.sha256(repr(telling.state).encode()).hexdigest()


def child(name, board, folder, resume):
    """Train in a new process; gives its number, and where it writes the digest."""
    reading, writing = os.pipe()
    number = os.fork()
    if number:
        os.close(writing)
        return number, reading
    code = 1
    try:
        checkpoints = optim.Checkpoints(folder, every_steps=1, keep=1 + random.randrange(2))
        digest = trained(name, board, checkpoints=checkpoints, resume=resume)
        os.write(writing, digest.encode())
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(number, reading, seconds):
    """What a child gave, or None if it was killed because it took longer."""
    time.sleep(seconds)
    os.kill(number, signal.SIGKILL)  # nothing happens to a child that has ended
    _, status = os.waitpid(number, 0)
    with os.fdopen(reading, "rb") as file:
        digest = file.read().decode()
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0, "a resumed training has failed"
        return digest
    return None


def killed(name, board, folder, pause, counts):
    """Train with kills at random moments until it is done; gives the digest."""
    resume, done = False, 0
    while True:
        board.clear()
        found = ended(*child(name, board, folder, resume), random.uniform(0, pause))
        place, begun, reached = board.read()
        if found:
            return found
        counts[PLACES[place]] += 1
        # what was done before the last update began had been saved
        assert begun == -1 or begun >= done - 1, "a checkpoint has been lost"
        done = max(done, reached)
        resume = True
        leftovers = [path for path in folder.glob(".*") if path.suffix == ".tmp"]
        assert len(leftovers) <= 1, "what killed processes left stays there"


def main(folder, wanted):
    os.fsync = lambda descriptor: None  # the system lives on, so that its disk need not keep up
    board = Board()
    checkpoints_module.write_bytes = board.within(SAVING, checkpoints_module.write_bytes)
    training_module.measures = board.within(VALIDATING, training_module.measures)
    counts = dict.fromkeys(PLACES, 0)
    expected, pauses = {}, {}
    for name in trainings():
        expected[name] = trained(name, board)
        started = time.monotonic()
        again = optim.Checkpoints(folder / "whole" / name, every_steps=1)
        assert trained(name, board, checkpoints=again) == expected[name], "saving has an effect"
        pauses[name] = 2 * (time.monotonic() - started) / RUNS
    digests = []

    def is_enough():
        kills = sum(counts.values()) - counts[PLACES[WAITING]]
        return len(digests) >= 3 and kills >= wanted and counts[PLACES[SAVING]]

    while not is_enough() and len(digests) < MOST:
        name = [*expected][len(digests) % len(expected)]
        place = folder / str(len(digests))
        digests.append([expected[name], killed(name, board, place, pauses[name], counts)])
    print(json.dumps({"counts": counts, "digests": digests}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
