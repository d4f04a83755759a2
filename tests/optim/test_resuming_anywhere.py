"""A training goes on where it was, whenever it was broken off, and whatever it was given."""

import io
from functools import partial
from itertools import count

import numpy as np
import pytest

import twingrad
from support.fitting import CLASSES, X, check_same, differ, network, state_of
from support.resuming import HELD_OUT, PowerFailure, broken, check_same_course, course, of, saving
from support.twins import TWINS
from twingrad import nn, optim
from twingrad.data import DataLoader, Dataset
from twingrad.data.augmentation import Noise
from twingrad.optim import lr_scheduler
from twingrad.optim.checkpoints import folder as checkpoints

ALL_IN_ONE = of(
    layers={"dropout": 0.3, "norm": "batch"},
    schedule="onecycle",
    accumulate=2,
    early_stopping=2,
    validation=HELD_OUT,
    augment=Noise(0.1),
    batch_size=3,
)


@pytest.mark.parametrize("every_steps", range(1, 8))
@pytest.mark.parametrize("failures", [[1], [6, 1, 9], [4, 4, 4, 4]])
def test_how_often_it_is_saved_and_when_it_is_broken_off_is_all_the_same(
    every_steps, failures, tmp_path
):
    found = broken(ALL_IN_ONE, tmp_path, failures, every_steps, keep=1 + every_steps % 3)
    check_same_course(found, course(ALL_IN_ONE))


def test_what_was_done_since_the_last_checkpoint_is_done_again(tmp_path):
    found = broken(ALL_IN_ONE, tmp_path, [7], every_steps=3)
    assert [*found.states][:8] == [1, 2, 3, 4, 5, 6, 7, 8]
    check_same_course(found, course(ALL_IN_ONE))


@pytest.mark.parametrize("updates", [45, 65])
def test_it_may_be_saved_by_the_clock(updates, tmp_path, monkeypatch):
    """Here it goes on by a second whenever it is looked at."""
    monkeypatch.setattr(checkpoints, "monotonic", partial(next, count()))
    make = of(layers={"dropout": 0.3}, schedule="onecycle", validation=HELD_OUT, batch_size=1)
    folder = optim.Checkpoints(tmp_path, every_seconds=1.0)
    assert course(make, updates, checkpoints=folder).history is None
    last = folder.steps()[-1]
    assert last % len(X), "nothing was saved amid the epoch"
    found = course(make, checkpoints=saving(tmp_path), resume=True)
    assert min(found.states) == last + 1
    check_same_course(found, course(make))


class Power:
    """Fails when it is used for a certain time at a certain place."""

    def __init__(self, place="", times=1):
        self.place = place
        self.times = times

    def use(self, place):
        self.times -= place == self.place
        if not self.times:
            raise PowerFailure
        return 1.0


class Using(optim.Callback):
    """Uses the power before and behind each epoch."""

    def __init__(self, power):
        self.power = power

    def on_epoch_begin(self, training):
        self.power.use("begin")

    def on_epoch_end(self, training):
        self.power.use("end")


def needing(power):
    """A training that uses the power at all places."""

    def loss(output, target):
        return nn.functional.cross_entropy(output, target) * power.use("loss")

    def clip(parameters):
        return power.use("clip")

    def schedule(optimizer, steps):
        return lr_scheduler.LambdaLR(optimizer, lambda step: power.use("schedule") / (1 + step))

    return of(
        layers={"dropout": 0.3},
        loss=loss,
        clip=clip,
        schedule=schedule,
        metrics={"power": lambda outputs, targets: power.use("validation")},
        validation=HELD_OUT,
        callbacks=[Using(power)],
        accumulate=2,
        batch_size=3,
    )


@pytest.mark.parametrize("every_steps", [1, 3, 100])
@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("place", ["begin", "loss", "clip", "schedule", "validation", "end"])
def test_the_power_may_fail_at_any_place(place, times, every_steps, tmp_path):
    first = course(needing(Power(place, times)), checkpoints=saving(tmp_path, every_steps))
    assert first.history is None
    found = course(needing(Power()), checkpoints=saving(tmp_path, every_steps), resume=True)
    check_same_course(found, course(needing(Power())))


def test_without_a_seed_the_one_of_twingrad_is_gone_on_with(tmp_path):
    """Even where twingrad has another one, and the model other weights, when it is resumed."""

    def make(seed):
        def made():
            twingrad.manual_seed(seed)
            model = nn.MLP(3, [5], 3, dropout=0.4)
            return model, (X, CLASSES), {"seed": None, "validation": 0.2, "augment": Noise(0.1)}

        return made

    expected = course(make(4))
    behind = twingrad.rand(3).tolist()
    assert course(make(4), 4, checkpoints=saving(tmp_path)).history is None
    found = course(make(99), checkpoints=saving(tmp_path), resume=True)
    check_same_course(found, expected)
    assert twingrad.rand(3).tolist() == behind


def test_with_a_seed_what_is_drawn_behind_the_training_does_not_change(tmp_path):
    assert course(ALL_IN_ONE, 4, checkpoints=saving(tmp_path)).history is None
    twingrad.manual_seed(5)
    expected = twingrad.rand(3).tolist()
    make = ALL_IN_ONE()
    twingrad.manual_seed(5)
    course(lambda: make, checkpoints=saving(tmp_path), resume=True)
    assert twingrad.rand(3).tolist() == expected


def loaders(**options):
    options = {"batch_size": 4, "shuffle": True, "seed": 3} | options
    return lambda: (
        network(3, dropout=0.3),
        DataLoader((X, CLASSES), **options),
        {"batch_size": None},
    )


LOADERS = {
    "seed of its own": loaders(),
    "last batch left out": loaders(drop_last=True),
    "in the order of the rows": loaders(shuffle=False),
    "augmented": loaders(augment=Noise(0.1)),
    "no seed": lambda: (twingrad.manual_seed(6), loaders(seed=None)())[1],
}


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_is_gone_on_with_where_it_was(name, tmp_path):
    check_same_course(broken(LOADERS[name], tmp_path, 2), course(LOADERS[name]))


@pytest.mark.parametrize("twin", TWINS)
def test_a_loader_that_has_been_gone_through_before_is_gone_on_with(twin, tmp_path):
    def make():
        loader = DataLoader((X, CLASSES), 4, shuffle=True, seed=3)
        for _ in range(2):
            assert [*loader]
        return network(3, twin), loader, {"batch_size": None}

    check_same_course(broken(make, tmp_path, [5, 3]), course(make))


class Batches:
    """The same batches each time they are gone through, of which nobody knows the number."""

    def __iter__(self):
        return iter([(X[rows], CLASSES[rows]) for rows in (slice(9), slice(9, 13), slice(13, 23))])


@pytest.mark.parametrize("batches", [[*Batches()], Batches()])
def test_batches_of_ones_own_are_gone_on_with_where_an_epoch_begins(batches, tmp_path):
    def make():
        model = network(3, norm="batch", dropout=0.4)
        return model, batches, {"batch_size": None, "accumulate": 2, "early_stopping": 1}

    options = {"validation": HELD_OUT}
    first = course(make, 5, checkpoints=saving(tmp_path), **options)
    assert first.history is None
    checkpoints = saving(tmp_path)
    assert checkpoints.steps() == [2, 4]  # of two updates an epoch
    found = course(make, checkpoints=checkpoints, resume=True, **options)
    assert min(found.states) == 5
    check_same_course(found, course(make, **options))


def in_file(path, array):
    np.save(path, array)
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize("kind", [tuple, lambda both: Dataset(*both)])
@pytest.mark.parametrize("validation", [0.3, None])
def test_data_larger_than_memory_are_gone_on_with(kind, validation, tmp_path):
    both = in_file(tmp_path / "x.npy", X.astype("f4")), in_file(tmp_path / "y.npy", CLASSES)

    def make():
        return network(3), kind(both), {"validation": validation, "augment": Noise(0.1)}

    check_same_course(broken(make, tmp_path / "checkpoints", 2), course(make))


class Drawing(optim.Callback):
    """Draws random numbers wherever it is called."""

    def draw(self, training):
        twingrad.rand(2)

    on_train_begin = on_epoch_begin = on_step_end = on_epoch_end = draw


def test_callbacks_may_draw_random_numbers(tmp_path):
    def make():
        return of(layers={"dropout": 0.4}, callbacks=[Drawing()])()

    expected = course(make)
    check_same_course(broken(make, tmp_path / "2", 2), expected)
    check_same_course(broken(make, tmp_path / "4", [4, 3], every_steps=3), expected)


class Averaging(optim.Callback):
    """Averages the weights, counts updates and epochs, and notes both in the history."""

    def __init__(self, model, decay):
        average = optim.swa_utils.get_ema_avg_fn(decay)
        self.average = optim.swa_utils.AveragedModel(model, avg_fn=average)
        self.counts = {"updates": 0, "epochs": 0}

    def on_step_end(self, training):
        self.average.update_parameters(training.model)
        self.counts["updates"] += 1

    def on_epoch_end(self, training):
        self.counts["epochs"] += 1
        training.history.rows[-1] |= self.counts

    def state_dict(self):
        return {"average": self.average.state_dict(), **self.counts}

    def load_state_dict(self, state_dict):
        self.average.load_state_dict(state_dict["average"])
        self.counts = {name: state_dict[name] for name in self.counts}


def test_callbacks_go_on_with_what_they_remember(tmp_path):
    """Two of one class have a state each, and a display may come or go in between."""
    kept = []

    def make():
        model = network(3, dropout=0.2)
        kept.append([Averaging(model, decay) for decay in (0.9, 0.5)])
        shown = [optim.Progress(io.StringIO(), "lines")] if len(kept) % 2 else []
        return model, (X, CLASSES), {"callbacks": [*shown, *kept[-1]]}

    expected = course(make)
    check_same_course(broken(make, tmp_path, 2), expected)
    first, *_, last = kept
    for one, other in zip(first, last, strict=True):
        assert one.counts == other.counts == {"updates": 9, "epochs": 3}
        check_same(state_of(one.average), state_of(other.average))
    assert differ(state_of(last[0].average), state_of(last[1].average))
