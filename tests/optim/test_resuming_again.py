"""What a training is gone on with: the same one, as far as it was good."""

import math
import re

import pytest

import twingrad
from support.fitting import CLASSES, NUMBERS, X, check_same, network, state_of
from support.resuming import HELD_OUT, broken, check_same_course, course, fixed, of, saving
from support.twins import TWINS
from twingrad import nn, optim
from twingrad.data import DataLoader
from twingrad.data.augmentation import Augmentation, Noise
from twingrad.optim import lr_scheduler

nan = math.nan


class Seen(optim.Callback):
    """Notes what a callback sees of a training when it begins and when it ends."""

    def __init__(self):
        self.seen = []

    def on_train_begin(self, training):
        self.note(training)

    def on_train_end(self, training):
        self.note(training)

    def note(self, training):
        rows = fixed(training.history.rows)
        lr = training.scheduler and training.scheduler.get_last_lr()
        counts = (training.epoch, training.step, training.step_in_epoch)
        self.seen.append((counts, training.loss, training.lr, lr, training.running_loss, rows))


def test_callbacks_see_where_it_goes_on(tmp_path):
    make = of(schedule="onecycle")
    whole = Seen()

    class Fourth(Seen):
        def on_step_end(self, training):
            if training.step == 4:
                self.note(training)

    fourth = Fourth()
    course(make, callbacks=[fourth, whole])
    course(make, 5, checkpoints=saving(tmp_path))
    seen = Seen()
    course(make, checkpoints=saving(tmp_path), resume=True, callbacks=[seen])
    assert seen.seen == [fourth.seen[1], whole.seen[1]]
    assert seen.seen[0][0] == (1, 4, 1)


@pytest.mark.parametrize("twin", TWINS)
def test_a_training_that_is_done_is_not_gone_on_with(twin, tmp_path):
    make = of(twin=twin, schedule="onecycle", validation=HELD_OUT, early_stopping=50)
    expected = course(make, checkpoints=saving(tmp_path))
    for _ in range(2):
        seen = Seen()
        again = course(make, checkpoints=saving(tmp_path), resume=True, callbacks=[seen])
        assert not again.updates
        assert seen.seen[0] == seen.seen[1]
        assert seen.seen[0][:3] == ((3, 9, 0), *seen.seen[1][1:3])
        check_same_course(again, expected)


def stopping_early(measures, **options):
    """A training with these validation losses, and early stopping with a patience of 2."""

    def make():
        model = network(1, norm="batch")
        values = iter(measures)

        def loss(output, target):
            fit = (output[:, 0] - target).square().mean()
            return fit if model.training else fit * 0 + next(values)

        own = {"loss": loss, "validation": (X, NUMBERS), "early_stopping": 2, "epochs": 9}
        return model, (X, NUMBERS), own | options

    return make


MEASURES = [3.0, 1.0, 2.0, 4.0, 0.5]


def test_what_has_stopped_stays_stopped_with_its_best_weights(tmp_path):
    make = stopping_early(MEASURES)
    expected = course(make, checkpoints=saving(tmp_path))
    assert len(expected.history) == 4
    assert expected.history.stopped.endswith("has not become better for 2 epochs, since epoch 2")
    for options in ({}, {"epochs": 50}, {"early_stopping": 7}):
        again = course(make, checkpoints=saving(tmp_path), resume=True, **options)
        assert not again.updates
        check_same_course(again, expected)
    second = course(stopping_early(MEASURES, epochs=2))
    check_same(expected.weights, second.weights)


@pytest.mark.parametrize("failures", [[1], [4], [6], [8], [9], [10], [11], [12], [2] * 12])
def test_what_would_have_stopped_stops_there_when_it_is_resumed(failures, tmp_path):
    """Behind the best epoch, and amid those without progress."""
    expected = course(stopping_early(MEASURES))
    done = 0
    states = {}
    for number, updates in enumerate([*failures, math.inf]):
        make = stopping_early(MEASURES[done // 3 :])
        checkpoints = saving(tmp_path)
        found = course(make, updates, checkpoints=checkpoints, resume=number > 0)
        done = checkpoints.steps()[-1] if checkpoints.steps() else 0
        states |= found.states
        if found.history is not None:
            break
    found.states = states
    check_same_course(found, expected)


class Ending(optim.Callback):
    """Ends a training in some way behind one of its updates."""

    def __init__(self, step, how):
        self.step = step
        self.how = how

    def on_step_end(self, training):
        if training.step == self.step:
            getattr(training, self.how)("that is enough")


@pytest.mark.parametrize("step", [1, 3, 4])
def test_what_was_stopped_stays_stopped(step, tmp_path):
    make = of(layers={"dropout": 0.2})
    ending = Ending(step, "stop")
    expected = course(make, checkpoints=saving(tmp_path), callbacks=[ending])
    assert len(expected.history) == -(-step // 3)
    again = course(make, checkpoints=saving(tmp_path), resume=True)
    assert not again.updates
    assert again.history.stopped == "that is enough"
    check_same_course(again, expected)


@pytest.mark.parametrize("every_steps", [1, 100])
@pytest.mark.parametrize("step", [1, 3, 4, 9])
def test_what_was_interrupted_goes_on(step, every_steps, tmp_path):
    make = of(layers={"dropout": 0.2}, schedule="onecycle", validation=HELD_OUT, early_stopping=1)
    checkpoints = saving(tmp_path, every_steps)
    ending = Ending(step, "interrupt")
    first = course(make, checkpoints=checkpoints, callbacks=[ending])
    assert first.history.stopped == "that is enough"
    assert checkpoints.steps()[-1] == len(first.history) * 3 == -(-step // 3) * 3
    found = course(make, checkpoints=checkpoints, resume=True)
    check_same_course(found, course(make))


def test_a_training_whose_loss_is_no_number_stays_stopped(tmp_path):
    def make(values):
        values = iter(values)
        return of(1, NUMBERS, loss=lambda output, target: output.mean() * next(values))

    with pytest.warns(RuntimeWarning, match="the loss became nan at step 5"):
        expected = course(make([1.0] * 4 + [nan]), checkpoints=saving(tmp_path))
    assert expected.updates == 4
    again = course(make([]), checkpoints=saving(tmp_path), resume=True)
    assert not again.updates
    check_same_course(again, expected)


SCHEDULES = {
    "none": None,
    "plateau": "plateau",
    "of its own": lambda optimizer, steps: (lr_scheduler.StepLR(optimizer, 2), "epoch"),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("updates", [4, math.inf])
def test_there_may_be_more_epochs_than_were_planned_at_first(updates, schedule, tmp_path):
    make = of(
        layers={"dropout": 0.2}, schedule=SCHEDULES[schedule], validation=HELD_OUT, early_stopping=9
    )
    course(make, updates, checkpoints=saving(tmp_path))
    found = course(make, checkpoints=saving(tmp_path), resume=True, epochs=5)
    assert len(found.history) == 5
    check_same_course(found, course(make, epochs=5))


def test_there_may_be_fewer_epochs_than_are_done(tmp_path):
    course(of(), 8, checkpoints=saving(tmp_path))
    found = course(of(), checkpoints=saving(tmp_path), resume=True, epochs=1)
    assert not found.updates
    assert len(found.history) == 2


def test_where_there_is_no_checkpoint_it_begins(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        found = course(of(), checkpoints=saving(folder), resume=True)
        check_same_course(found, course(of()))


def test_a_folder_with_checkpoints_is_left_alone_where_nothing_is_to_be_resumed(tmp_path):
    course(of(), checkpoints=saving(tmp_path))
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for folder in (tmp_path, str(tmp_path), saving(tmp_path)):
        with pytest.raises(ValueError, match=r"got '.*': pass resume=True to go on, or choose"):
            course(of(), checkpoints=folder)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


class Distance:
    """A loss whose repr is another one in each process."""

    def __call__(self, output, target):
        return (output[:, 0] - target).abs().mean()


class Shift(Augmentation):
    """An augmentation whose repr is another one in each process."""

    def __call__(self, x, y, generator):
        return x + twingrad.rand(1, generator=generator).numpy(), y


def test_what_says_nothing_of_itself_but_its_address_is_taken_for_the_same(tmp_path):
    def make():
        return of(1, NUMBERS, loss=Distance(), augment=[Shift(), Noise(0.1)])()

    one, other = Distance(), Distance()
    assert repr(one) != repr(other)
    check_same_course(broken(make, tmp_path, [4]), course(make))


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [damage, cut, empty])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_last_good_checkpoint_is_gone_on_with(count, harm, tmp_path):
    """From the beginning, where all three are damaged; what is damaged is replaced then."""
    make = of(layers={"dropout": 0.2, "norm": "batch"}, schedule="onecycle")
    course(make, 7, checkpoints=saving(tmp_path, keep=3))
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == [f"step-{n:09d}.safetensors" for n in (4, 5, 6)]
    for path in files[3 - count :]:
        harm(path)
    with pytest.warns(UserWarning, match="Checkpoints: one is passed over") as caught:
        found = course(make, checkpoints=saving(tmp_path), resume=True)
    named = [path for path in files if any(str(path) in str(each.message) for each in caught)]
    assert named == files[3 - count :]
    assert min(found.states) == (7 - count if count < 3 else 1)
    check_same_course(found, course(make))
    assert saving(tmp_path).latest().step == 9


BASE = {
    "optimizer": "adam",
    "schedule": "cosine",
    "clip": 1.0,
    "loss": "cross_entropy",
    "validation": HELD_OUT,
    "batch_size": 5,
}


def by_epochs(optimizer, steps):
    return lr_scheduler.CosineAnnealingLR(optimizer, steps), "epoch"


OTHERS = {
    "wider": ({"hidden": [6, 4]}, {}, "model: 0 must be Linear(in_features=3, out_features=5"),
    "deeper": ({"hidden": [5, 4, 4]}, {}, "model: 4 must be .* got Linear"),
    "more shallow": ({"hidden": [5]}, {}, "model: 2 must be .* got Linear"),
    "activation": ({"activation": "relu"}, {}, "model: 1 must be Tanh(), .* got ReLU()"),
    "dropout": ({"dropout": 0.1}, {}, "model: 2 must be .* got Dropout(p=0.1)"),
    "precision": ({"double": True}, {}, "model: numbers must be float32 .* got float64"),
    "twin": ({"backend": "scalar"}, {}, "model: numbers must be .* got float64 on the scalar twin"),
    "optimizer": ({}, {"optimizer": "adamw"}, "optimizer must be Adam, .* got AdamW:"),
    "rate": (
        {},
        {"optimizer": lambda parameters: optim.Adam(parameters, lr=0.5)},
        "optimizer: lr must be 0.001, .* got 0.5:",
    ),
    "lookahead": (
        {},
        {"optimizer": lambda parameters: optim.Lookahead(optim.Adam(parameters))},
        "optimizer must be Adam, .* got Lookahead(k=5, alpha=0.5) of Adam:",
    ),
    "schedule": ({}, {"schedule": "linear"}, "schedule must be CosineAnnealingLR by steps, .* got"),
    "none": ({}, {"schedule": None}, "schedule must be CosineAnnealingLR by steps, .* got None:"),
    "interval": ({}, {"schedule": by_epochs}, "by steps, .* got CosineAnnealingLR by epochs:"),
    "epochs where the schedule ends with them": (
        {},
        {"epochs": 9},
        "schedule: T_max must be 15, .* got 45:",
    ),
    "rows": ({}, {"data": (X[1:], CLASSES[1:])}, "data: rows must be 23, .* got 22:"),
    "share": ({}, {"validation": 3}, "data: rows must be 23, .* got 20:"),
    "batch size": ({}, {"batch_size": 6}, "data: batch_size must be 5, .* got 6:"),
    "order": (
        {},
        {"data": DataLoader((X, CLASSES), 5), "batch_size": None},
        "data: shuffle must be True, .* got False:",
    ),
    "batches": (
        {},
        {"data": [(X, CLASSES)], "batch_size": None, "schedule": None},
        "data must be rows, not batches, .* got batches in a list:",
    ),
    "augmentation": ({}, {"augment": Noise(0.1)}, "augment must be None, .* got Noise(std=0.1):"),
    "groups": ({}, {"accumulate": 2}, "accumulate must be 1, .* got 2:"),
    "loss": ({}, {"loss": nn.CrossEntropyLoss()}, "loss must be cross_entropy, .* got CrossE"),
    "clipping": ({}, {"clip": None}, "clip must be 1, .* got None:"),
    "penalty": ({}, {"regularizer": [nn.L2(0.1)]}, "regularizer must be None, .* got [L2(0.1)]:"),
    "weights": ({}, {"class_weight": "balanced"}, "class_weight must be None, .* got balanced:"),
    "seed": ({}, {"seed": 2}, "seed must be 1, .* got 2:"),
    "stopping": ({}, {"early_stopping": 3}, "early_stopping must be False, .* got True:"),
}


def fitted(folder, layers, changes, resume):
    options = BASE | {"epochs": 3, "seed": 1, "data": (X, CLASSES)} | changes
    layers = {"hidden": [5, 4], "activation": "tanh", "double": False} | layers
    twingrad.manual_seed(0)
    double = layers.pop("double")
    model = nn.MLP(3, layers.pop("hidden"), 3, **layers)
    model = model.double() if double else model
    before = state_of(model)
    data = options.pop("data")
    try:
        return twingrad.fit(model, data, checkpoints=folder, resume=resume, **options)
    except ValueError:
        check_same(state_of(model), before)
        raise


@pytest.mark.parametrize("name", OTHERS)
def test_another_training_is_not_gone_on_with(name, tmp_path):
    """It would be neither the one nor the other; nothing has been changed then."""
    layers, changes, sentence = OTHERS[name]
    fitted(tmp_path, {}, {}, resume=False)
    saved = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    pattern = re.escape(sentence).replace(re.escape(".*"), ".*")
    with pytest.raises(ValueError, match=f"^fit: .*{pattern}") as caught:
        fitted(tmp_path, layers, changes, resume=True)
    assert str(caught.value).count("\n") == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == saved
    fitted(tmp_path, {}, {}, resume=True)
