"""``fit`` with compiled steps trains as it does without."""

import warnings

import numpy as np
import pytest

import twingrad
from support.fitting import CLASSES, NUMBERS, ROWS, X, check_close, network, state_of
from support.resuming import HELD_OUT, broken, check_same_course, course, of
from twingrad import fit, nn, optim
from twingrad.data import DataLoader
from twingrad.optim import lr_scheduler

WEIGHTS = np.random.default_rng(2).uniform(0, 3, ROWS)
NORMED = {"dropout": 0.3, "norm": "batch"}


def with_nan(row):
    return NUMBERS * np.where(np.arange(ROWS) == row, np.nan, 1.0)


def trained(make, compile, **options):
    """What becomes of a training: its history, weights, gradients, and what it warns of."""
    model, data, own = make()
    options = {"epochs": 3, "batch_size": 5, "seed": 1} | own | options
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        history = fit(model, data, compile=compile, **options)
    gradients = {
        name: np.zeros(0) if each.grad is None else each.grad.numpy()
        for name, each in model.named_parameters()
    }
    return history, state_of(model), gradients, [str(each.message) for each in told]


def check_alike(make, **options):
    """That a training is the same with compiled steps and without; its history."""
    plain, compiled = [trained(make, each, **options) for each in (False, True)]
    check_close(compiled[1], plain[1])
    check_close(compiled[2], plain[2])
    assert compiled[3] == plain[3]
    assert compiled[0].stopped == plain[0].stopped
    assert compiled[0].names == plain[0].names
    for ours, theirs in zip(compiled[0].rows, plain[0].rows, strict=True):
        for name in ours.keys() - {"seconds"}:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9, err_msg=name)
    return compiled[0]


OPTIONS = {
    "dropout and running means": (of(layers=NORMED), {"optimizer": "sgd", "validation": HELD_OUT}),
    "a cycle and clipping": (of(), {"schedule": "onecycle", "clip": 0.5}),
    "groups of batches": (of(layers={"dropout": 0.3}), {"optimizer": "momentum", "accumulate": 2}),
    "weighted groups": (
        of(),
        {"accumulate": 2, "sample_weight": WEIGHTS, "class_weight": "balanced"},
    ),
    "weights of classes": (of(), {"class_weight": {0: 1.0, 1: 2.0, 2: 0.0}}),
    "rows without weight": (
        of(),
        {"sample_weight": np.where(X[:, 0] > 0, 0.0, 1.0), "batch_size": 2},
    ),
    "penalties": (of(), {"regularizer": [nn.L1(0.01), nn.L2(0.01)], "batch_size": 7}),
    "early stopping": (
        of(),
        {
            "early_stopping": 1,
            "validation": HELD_OUT,
            "epochs": 12,
            "optimizer": lambda each: optim.SGD(each, lr=3.0),
        },
    ),
    "a plateau": (
        of(1, NUMBERS),
        {"loss": "huber", "schedule": "plateau", "validation": (X[:7], NUMBERS[:7])},
    ),
    "a group of all": (of(), {"batch_size": "all", "epochs": 5}),
    "one row at a time": (of(1, NUMBERS), {"batch_size": 1}),
    "more rows than there are": (of(), {"batch_size": 100, "accumulate": 2}),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_compiled_training_is_the_same(name):
    make, options = OPTIONS[name]
    check_alike(make, **options)


def test_float32_and_a_loader_that_drops_the_last_batch():
    def make():
        loader = DataLoader((X, CLASSES), 5, shuffle=True, drop_last=True, seed=3)
        return network(3, double=False), loader, {"batch_size": None}

    plain, compiled = [trained(make, each, epochs=10) for each in (False, True)]
    check_close(compiled[1], plain[1], 1e-4)
    assert compiled[0]["step"] == plain[0]["step"]


@pytest.mark.parametrize(("row", "accumulate"), [(0, 1), (13, 1), (13, 2)])
def test_a_loss_that_is_no_number_ends_training_as_ever(row, accumulate):
    history = check_alike(
        of(1, with_nan(row)),
        accumulate=accumulate,
        schedule=lambda optimizer, steps: lr_scheduler.ExponentialLR(optimizer, 0.9),
    )
    assert "the loss became nan at step" in history.stopped


def test_random_numbers_go_on_where_they_would_have():
    states = []
    for compile in (False, True):
        twingrad.manual_seed(4)
        trained(of(layers={"dropout": 0.3}), compile, seed=None)
        states.append(twingrad.get_rng_state())
    assert states[0] == states[1]


def test_compiled_training_is_the_same_to_the_bit_each_time():
    make = of(layers={"dropout": 0.3})
    first, second = [course(make, compile=True, clip=0.3) for _ in range(2)]
    check_same_course(first, second)


@pytest.mark.parametrize(("every", "failures"), [(1, [1, 2, 3]), (2, [3, 5]), (4, [6])])
def test_resumed_training_is_the_same_to_the_bit(tmp_path, every, failures):
    make = of(layers={"dropout": 0.3}, schedule="onecycle")
    found = broken(make, tmp_path, failures, every_steps=every, compile=True)
    check_same_course(found, course(make, compile=True))


class Fails(optim.Callback):
    """Breaks a training off, without having looked at its weights."""

    watches_weights = False

    def __init__(self, step):
        self.step = step
        self.seen = []

    def on_step_end(self, training):
        self.seen.append((training.step, training.loss, training.lr))
        if training.step == self.step:
            raise KeyboardInterrupt


@pytest.mark.parametrize("step", [5, 8, 11])
def test_what_is_saved_between_calls_can_be_gone_on_with(tmp_path, step):
    def run(**options):
        model = network(3, dropout=0.2)
        fit(model, (X, CLASSES), epochs=3, batch_size=5, seed=1, compile=True, **options)
        return state_of(model)

    def saving():
        return optim.Checkpoints(tmp_path, every_seconds=1e-9)

    with pytest.raises(KeyboardInterrupt):
        run(checkpoints=saving(), callbacks=[Fails(step)])
    check_close(run(checkpoints=saving(), resume=True), run(), 0.0)


class Watches(optim.Callback):
    """Notes the first weight behind each update."""

    def __init__(self):
        self.seen = []

    def on_step_end(self, training):
        self.seen.append(next(iter(training.model.parameters())).detach().numpy()[0, 0].item())


def test_who_watches_weights_sees_each_update():
    seen = []
    for compile in (False, True):
        watches = Watches()
        trained(of(), compile, callbacks=[watches])
        seen.append(watches.seen)
    np.testing.assert_allclose(seen[1], seen[0], rtol=1e-10)
    assert len(set(seen[1])) == 15


def test_who_does_not_watch_weights_is_told_of_each_update_all_the_same():
    told = []
    for compile in (False, True):
        counts = Fails(step=None)
        trained(of(schedule="onecycle"), compile, callbacks=[counts])
        told.append(np.array(counts.seen))
    np.testing.assert_allclose(told[1], told[0], rtol=1e-10)


def test_what_a_callback_changes_is_followed():
    class Changes(optim.Callback):
        def on_epoch_end(self, training):
            if training.epoch == 1:
                next(iter(training.model.parameters())).requires_grad_(False)
            if training.epoch == 2:
                training.optimizer.param_groups[0]["lr"] *= 3

    check_alike(of(), callbacks=[Changes()], epochs=4)


def test_interrupts_end_training_behind_an_epoch():
    class Interrupts(optim.Callback):
        watches_weights = False

        def on_step_end(self, training):
            if training.step == 7:
                training.interrupt("enough")

    found = [trained(of(), each, callbacks=[Interrupts()]) for each in (False, True)]
    check_close(found[1][1], found[0][1])
    assert [len(each[0]) for each in found] == [2, 2]
    assert all(each[0].interrupted for each in found)
