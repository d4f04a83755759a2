"""How the learning rate changes while a network is fitted."""

import math

import numpy as np
import pytest

import twingrad
from support.fitting import HALVES, NUMBERS, X, check_same, network, state_of
from twingrad import optim
from twingrad.optim import lr_scheduler
from twingrad.optim.names import OPTIMIZERS
from twingrad.optim.training.scheduling import SCHEDULES

RATE = 0.1
STEPS = 10


class Rates(optim.Callback):
    """Notes the rate that each update was made with, and the momentum behind it."""

    def __init__(self):
        self.found = []
        self.momenta = []

    def on_step_end(self, training):
        self.found.append(training.lr)
        self.momenta.append(training.optimizer.param_groups[0].get("momentum"))


def sgd(parameters):
    return optim.SGD(parameters, lr=RATE)


def rates(schedule, epochs=5, batch_size=12, optimizer=sgd, model=None, **options):
    """The rates of the updates of a training, two in each epoch."""
    noted = Rates()
    twingrad.fit(
        model or network(1),
        (X, NUMBERS),
        optimizer=optimizer,
        epochs=epochs,
        batch_size=batch_size,
        schedule=schedule,
        callbacks=[noted],
        seed=0,
        **options,
    )
    return noted.found


def wave(share):
    """Half a cosine, from 1 to 0."""
    return (1 + math.cos(math.pi * share)) / 2


NAMED = {
    "cosine": [wave(step / STEPS) for step in range(STEPS)],
    "linear": [1 - step / STEPS for step in range(STEPS)],
    "warmup": [0.01, *[wave(step / (STEPS - 1)) for step in range(STEPS - 1)]],
    "step": [1, 1, 1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01],
    "plateau": [1] * STEPS,
    "onecycle": [
        *[1 - 0.96 * wave(step / 2) for step in range(3)],
        *[4e-6 + (1 - 4e-6) * wave(step / 7) for step in range(1, 8)],
    ],
}
"""The rate of each of ten updates, over that of the optimizer."""


def test_all_names_are_known():
    assert NAMED.keys() == SCHEDULES.keys()


@pytest.mark.parametrize("name", NAMED)
def test_a_schedule_by_its_name_goes_over_all_updates(name):
    assert rates(name) == pytest.approx([RATE * factor for factor in NAMED[name]], rel=1e-9)


@pytest.mark.parametrize("epochs", [1, 2, 3])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_few_updates_have_rates_that_can_be_used(name, epochs):
    found = rates(name, epochs=epochs, batch_size="all")
    assert len(found) == epochs
    assert all(0 < rate <= RATE for rate in found)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_with_every_schedule(optimizer, schedule):
    model = network(1)
    history = twingrad.fit(
        model,
        (X, NUMBERS),
        optimizer=optimizer,
        schedule=schedule,
        epochs=2,
        batch_size="all",
        seed=0,
    )
    assert np.isfinite(history["loss"]).all()
    assert history.stopped is None


@pytest.mark.parametrize(("momentum", "least", "greatest"), [(0.0, 0.0, 0.0), (0.9, 0.85, 0.95)])
def test_a_cycle_leaves_descent_without_momentum_as_it_is(momentum, least, greatest):
    noted = Rates()
    twingrad.fit(
        network(1),
        (X, NUMBERS),
        optimizer=lambda parameters: optim.SGD(parameters, lr=RATE, momentum=momentum),
        schedule="onecycle",
        callbacks=[noted],
        batch_size="all",
    )
    assert min(noted.momenta) == pytest.approx(least)
    assert max(noted.momenta) == pytest.approx(greatest)


OWN = {
    "by epochs": (
        lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.5),
        [0.5 ** (step // 2) for step in range(STEPS)],
    ),
    "by updates, as it is made for them": (
        lambda optimizer: lr_scheduler.WarmupCosineLR(optimizer, 1, STEPS),
        NAMED["warmup"],
    ),
    "by updates": (
        lambda optimizer: (lr_scheduler.ExponentialLR(optimizer, 0.5), "step"),
        [0.5**step for step in range(STEPS)],
    ),
    "a cycle by epochs": (
        lambda optimizer: (lr_scheduler.WarmupCosineLR(optimizer, 1, 5), "epoch"),
        [factor for factor in (0.01, 1, *map(wave, (0.25, 0.5, 0.75))) for _ in range(2)],
    ),
}


@pytest.mark.parametrize("name", OWN)
def test_a_scheduler_of_ones_own_steps_as_it_is_said(name):
    make, expected = OWN[name]
    model = network(1)
    optimizer = sgd(model.parameters())
    found = rates(make(optimizer), optimizer=optimizer, model=model)
    assert found == pytest.approx([RATE * factor for factor in expected])


def test_a_function_is_told_how_many_updates_there_will_be():
    told = []

    def schedule(optimizer, steps):
        told.append(steps)
        return lr_scheduler.ExponentialLR(optimizer, 0.5)

    found = rates(schedule)
    assert told == [STEPS]
    assert found == pytest.approx([RATE * 0.5**step for step in range(STEPS)])
    found = rates(lambda optimizer, steps: (lr_scheduler.ExponentialLR(optimizer, 0.5), "epoch"))
    assert found == pytest.approx([RATE * 0.5 ** (step // 2) for step in range(STEPS)])


@pytest.mark.parametrize("validated", [False, True])
def test_a_plateau_is_one_of_the_validation_loss_if_there_is_any(validated):
    model = network(1)
    optimizer = sgd(model.parameters())
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    rises = iter([1.0, 2.0, 0.5, 3.0])

    def loss(output, target):
        falls = validated and model.training  # which would never be a plateau
        given = 1 / (1 + scheduler.last_epoch) if falls else next(rises)
        return (output * 0).sum() + given

    found = rates(
        scheduler,
        epochs=4,
        batch_size="all",
        optimizer=optimizer,
        model=model,
        loss=loss,
        validation=(X, NUMBERS) if validated else None,
    )
    assert found == pytest.approx([RATE, RATE, RATE / 2, RATE / 2])


def test_each_group_of_parameters_has_its_own_schedule_from_its_own_rate():
    model = network(1)
    optimizer = optim.SGD(
        [
            {"params": model[0].parameters(), "lr": 0.1},
            {"params": model[2].parameters(), "lr": 0.02},
            {"params": model[4].parameters(), "lr": 0.3},
        ]
    )
    found = []
    twingrad.fit(
        model,
        (X, NUMBERS),
        optimizer=optimizer,
        schedule="onecycle",
        epochs=10,
        batch_size="all",
        callbacks=lambda training: found.append([g["lr"] for g in training.optimizer.param_groups]),
    )
    found = np.array(found)
    assert found.max(axis=0) == pytest.approx([0.1, 0.02, 0.3])
    np.testing.assert_allclose(found[:, 0] * 3, found[:, 2])


def test_a_scheduler_of_an_optimizer_by_name_may_be_made_by_a_function():
    model, other = network(1), network(1)
    twingrad.fit(
        model,
        (X, NUMBERS),
        optimizer="adam",
        schedule=lambda optimizer, steps: lr_scheduler.CosineAnnealingLR(optimizer, steps),
        seed=0,
    )
    twingrad.fit(other, (X, NUMBERS), optimizer="adam", schedule="cosine", seed=0)
    check_same(state_of(model), state_of(other))


OTHER = optim.SGD(network(1).parameters(), lr=0.1)
WRONG = [
    ("cosin", ValueError, "must be one of cosine, linear, .* got 'cosin': did you mean 'cosine'"),
    ("sawtooth", ValueError, "got 'sawtooth': or pass a scheduler of optim.lr_scheduler"),
    (3, TypeError, "schedule must be a name, a scheduler, a pair"),
    (lr_scheduler.StepLR, TypeError, "schedule must be a name, a scheduler, a pair"),
    (("cosine", "step"), TypeError, "must be a pair of a scheduler and 'step' or 'epoch'"),
    ((lr_scheduler.StepLR(OTHER, 3),), TypeError, "must be a pair of a scheduler and"),
    ((lr_scheduler.StepLR(OTHER, 3), "batch"), ValueError, "when it steps .*got 'batch'"),
    (lr_scheduler.StepLR(OTHER, 3), ValueError, "got a scheduler of another"),
    (lambda optimizer, steps: 0.1, TypeError, "must give a scheduler of .* got float"),
    (lambda optimizer, steps: lr_scheduler.StepLR(OTHER, 3), ValueError, "scheduler of another"),
    (
        lambda optimizer, steps: (lr_scheduler.ReduceLROnPlateau(optimizer), "step"),
        ValueError,
        "must step with epochs for ReduceLROnPlateau",
    ),
]


@pytest.mark.parametrize(("schedule", "error", "message"), WRONG)
def test_what_is_no_schedule_is_refused(schedule, error, message):
    with pytest.raises(error, match=message):
        rates(schedule)


@pytest.mark.parametrize("schedule", ["cosine", lambda optimizer, steps: None])
def test_schedules_over_all_updates_need_their_number(schedule):
    with pytest.raises(ValueError, match="must know the number of steps, got batches that cannot"):
        twingrad.fit(network(1), [(X, HALVES)], schedule=schedule)


def test_batches_that_cannot_be_counted_may_have_a_scheduler_by_epochs():
    model = network(1)
    optimizer = sgd(model.parameters())
    history = twingrad.fit(
        model,
        [(X[:10], HALVES[:10]), (X[10:], HALVES[10:])],
        optimizer=optimizer,
        schedule=lr_scheduler.StepLR(optimizer, 1, 0.5),
        epochs=3,
    )
    assert history["lr"] == [RATE, RATE / 2, RATE / 4]
    assert history["step"] == [2, 4, 6]
