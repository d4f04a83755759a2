"""What may be done while training goes on."""

import math

import numpy as np
import pytest

import twingrad
from support.fitting import CLASSES, NUMBERS, ROWS, X, check_same, network, state_of
from twingrad import nn, optim

METHODS = ["on_train_begin", "on_epoch_begin", "on_step_end", "on_epoch_end", "on_train_end"]


class Logging(optim.Callback):
    """Writes down what is called, and where training is then."""

    def __init__(self, log, name=""):
        self.log = log
        self.name = name

    def on_train_begin(self, training):
        self.note("train begin", training)

    def on_epoch_begin(self, training):
        self.note("epoch begin", training)

    def on_step_end(self, training):
        self.note("step end", training)

    def on_epoch_end(self, training):
        self.note("epoch end", training)

    def on_train_end(self, training):
        self.note("train end", training)

    def note(self, what, training):
        places = training.epoch, training.step, training.step_in_epoch, len(training.history)
        self.log.append((self.name + what, *places))


def test_callbacks_are_called_in_their_order():
    log = []
    twingrad.fit(network(1), (X, NUMBERS), batch_size=12, epochs=2, callbacks=[Logging(log)])
    assert log == [
        ("train begin", 0, 0, 0, 0),
        ("epoch begin", 0, 0, 0, 0),
        ("step end", 0, 1, 1, 0),
        ("step end", 0, 2, 2, 0),
        ("epoch end", 1, 2, 0, 1),
        ("epoch begin", 1, 2, 0, 1),
        ("step end", 1, 3, 1, 1),
        ("step end", 1, 4, 2, 1),
        ("epoch end", 2, 4, 0, 2),
        ("train end", 2, 4, 0, 2),
    ]


def test_one_callback_comes_behind_the_other_and_ends_before_it():
    log = []
    callbacks = [Logging(log, "first "), Logging(log, "second ")]
    twingrad.fit(network(1), (X, NUMBERS), batch_size="all", epochs=1, callbacks=callbacks)
    *names, last, first = [entry[0] for entry in log]
    events = [name.removeprefix("first ") for name in names[::2]]
    assert names == [f"{who} {event}" for event in events for who in ("first", "second")]
    assert [last, first] == ["second train end", "first train end"]


class Looking(optim.Callback):
    """Compares what training tells with what it must be."""

    def __init__(self, test):
        self.test = test
        self.losses = []

    def on_epoch_begin(self, training):
        assert math.isnan(training.running_loss)
        assert training.model.training

    def on_step_end(self, training):
        self.losses.append(training.loss)
        assert training.running_loss == pytest.approx(np.mean(self.losses))
        assert training.lr == pytest.approx(0.1 * (1 - (training.step - 1) / 4))
        assert training.steps_per_epoch == 2
        assert training.samples == 10 * training.step
        self.test(training)

    def on_epoch_end(self, training):
        row = training.history.rows[-1]
        assert row["loss"] == pytest.approx(np.mean(self.losses))
        assert row["step"] == training.step
        assert row["lr"] == training.lr
        self.losses.clear()


def test_training_tells_where_it_is():
    model = network(1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def test(training):
        assert training.model is model
        assert training.optimizer is optimizer
        assert training.epochs == 2
        assert isinstance(training.scheduler, optim.lr_scheduler.LRScheduler)
        assert training.stopped is None

    twingrad.fit(
        model,
        (X[:20], NUMBERS[:20]),
        optimizer=optimizer,
        schedule="linear",
        batch_size=10,
        epochs=2,
        callbacks=[Looking(test)],
    )


def test_the_loss_of_a_step_is_what_was_made_small():
    found = []

    class Noting(optim.Callback):
        def on_step_end(self, training):
            found.append(training.loss)

    model = network(1)
    penalty = nn.L2(0.5)
    expected = optim.evaluate(model, (X, NUMBERS))["loss"] + penalty(model).item()
    history = twingrad.fit(
        model, (X, NUMBERS), batch_size="all", epochs=1, callbacks=Noting(), regularizer=penalty
    )
    assert found == [pytest.approx(expected, rel=1e-12)]
    assert history["loss"][0] + history["penalty"][0] == pytest.approx(expected, rel=1e-12)


def test_several_penalties_are_added_up():
    penalties = [nn.L1(0.5), nn.L2(0.25), nn.L2(0.25)]
    model = network(1)
    found = {}

    def note(training):
        found.update(training.history.rows[-1])

    expected = sum(penalty(model).item() for penalty in penalties)
    options = {"batch_size": "all", "epochs": 1, "regularizer": penalties}
    twingrad.fit(model, (X, NUMBERS), callbacks=note, **options)
    assert found["penalty"] == pytest.approx(expected, rel=1e-12)


def test_each_epoch_begins_in_training_mode():
    states = []
    for callbacks in ([], [lambda training: training.model.eval()]):
        model = network(3, dropout=0.25)
        twingrad.fit(model, (X, CLASSES), epochs=3, callbacks=callbacks, seed=0)
        states.append(state_of(model))
    check_same(*states)


def test_the_number_of_steps_may_not_be_known():
    found = []
    twingrad.fit(
        network(1), [(X, NUMBERS)], epochs=1, callbacks=lambda t: found.append(t.steps_per_epoch)
    )
    assert found == [None]


@pytest.mark.parametrize("listed", [False, True])
def test_a_function_is_called_at_the_end_of_each_epoch(listed):
    found = []

    def function(training):
        found.append((training.epoch, len(training.history)))

    callbacks = [function] if listed else function
    twingrad.fit(network(1), (X, NUMBERS), epochs=3, callbacks=callbacks)
    assert found == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize("callbacks", [(), [], None, iter(())])
def test_there_may_be_no_callbacks(callbacks):
    assert len(twingrad.fit(network(1), (X, NUMBERS), epochs=1, callbacks=callbacks)) == 1


def test_a_callback_may_set_the_rate_and_add_to_the_history():
    def halved(training):
        training.history.rows[-1]["norm"] = float(nn.L2(1.0)(training.model).item())
        for group in training.optimizer.param_groups:
            group["lr"] /= 2

    history = twingrad.fit(network(1), (X, NUMBERS), optimizer="sgd", epochs=3, callbacks=[halved])
    assert history["lr"] == [0.01, 0.005, 0.0025]
    assert all(norm > 0 for norm in history["norm"])


def test_callbacks_that_look_have_no_influence():
    def look(training):
        optim.evaluate(training.model, (X, CLASSES))
        optim.predict(training.model, X)

    class Always(optim.Callback):
        def on_step_end(self, training):
            assert training.model.training
            look(training)
            assert training.model.training

    states = []
    for callbacks in ([], [look, Always()]):
        model = network(3, norm="batch", dropout=0.25)
        twingrad.fit(model, (X, CLASSES), epochs=2, callbacks=callbacks, seed=0)
        states.append(state_of(model))
    check_same(*states)


def test_a_model_is_ready_to_predict_behind_it():
    model = network(3, norm="batch", dropout=0.5)
    modes = []
    twingrad.fit(
        model,
        (X, CLASSES),
        validation=(X, CLASSES),
        epochs=2,
        callbacks=lambda training: modes.append(training.model.training),
    )
    assert modes == [True, True]
    assert not any(module.training for module in model.modules())
    assert model(twingrad.tensor(X)).shape == (ROWS, 3)


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        (3, "callbacks must be a list, got int"),
        ([3], "must be Callbacks, or functions of the Training, got 3"),
        ("print", "must be Callbacks, or functions of the Training, got 'p'"),
        (optim.Callback, "got the class Callback: derive a class .* and make one of it"),
        ([optim.Callback], "got the class Callback"),
    ],
)
def test_what_cannot_be_called_is_refused(callbacks, message):
    with pytest.raises(TypeError, match=message):
        twingrad.fit(network(1), (X, NUMBERS), callbacks=callbacks)


def test_methods_of_a_callback_do_nothing_by_themselves():
    assert len(twingrad.fit(network(1), (X, NUMBERS), epochs=1, callbacks=optim.Callback())) == 1
    assert optim.Callback().state_dict() == {}
    optim.Callback().load_state_dict({})
