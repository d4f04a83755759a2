"""How training ends before its time, and what the model is like then."""

import math

import numpy as np
import pytest

import twingrad
from support.fitting import (
    CLASSES,
    NUMBERS,
    X,
    check_same,
    differ,
    network,
    state_of,
)
from support.twins import TWINS
from twingrad import nn, optim

nan, inf = math.nan, math.inf


class Kept(optim.Callback):
    """Keeps the weights as they are behind each epoch, and notes what is called."""

    def __init__(self):
        self.states = []
        self.at_the_end = None

    def on_epoch_end(self, training):
        self.states.append(state_of(training.model))

    def on_train_end(self, training):
        self.at_the_end = state_of(training.model)


def scripted(model, measures):
    """A loss that falls in training, and has these values where it is validated."""
    values = iter(measures)

    def loss(output, target):
        fit = (output[:, 0] - target).square().mean()
        return fit if model.training else fit * 0 + next(values)

    return loss


def fitted(measures, early_stopping=None, twin="tensor", make=network, **options):
    """The history of a training with these validation losses, and what was kept of it."""
    model = make(1, twin)
    kept = Kept()
    history = twingrad.fit(
        model,
        (X, NUMBERS),
        loss=scripted(model, measures),
        optimizer=lambda parameters: optim.SGD(parameters, lr=0.05),
        validation=(X, NUMBERS),
        epochs=len(measures),
        early_stopping=early_stopping,
        callbacks=[kept],
        seed=0,
        **options,
    )
    return history, kept, model


@pytest.mark.parametrize("twin", TWINS)
def test_early_stopping_goes_back_to_the_best_epoch(twin):
    _, free, _ = fitted([3.0, 1.0, 2.0, 4.0, 5.0, 0.5], twin=twin)
    history, _, model = fitted([3.0, 1.0, 2.0, 4.0, 5.0, 0.5], 3, twin)
    assert history["validation_loss"] == [3.0, 1.0, 2.0, 4.0, 5.0]
    assert history.best_epoch == 2
    assert history.stopped == (
        "the validation loss has not become better for 3 epochs, since epoch 2"
    )
    check_same(state_of(model), free.states[1])


def test_the_best_epoch_is_gone_back_to_where_nothing_stopped():
    history, kept, model = fitted([3.0, 1.0, 2.0, 4.0], 10)
    assert len(history) == 4
    assert history.stopped is None
    check_same(state_of(model), kept.states[1])
    assert differ(kept.states[1], kept.states[3])


def test_running_means_are_gone_back_to_as_well():
    def make(outputs, twin):
        return network(outputs, twin, norm="batch")

    _, kept, model = fitted([3.0, 1.0, 2.0, 4.0], 10, make=make)
    state = state_of(model)
    assert "1.running_mean" in state
    check_same(state, kept.states[1])


def test_callbacks_see_the_best_weights_at_the_end_however_it_came():
    for patience in (2, 10):
        _, kept, model = fitted([3.0, 1.0, 2.0, 4.0], patience)
        check_same(kept.at_the_end, state_of(model))


def test_without_early_stopping_the_last_weights_stay():
    _, kept, model = fitted([3.0, 1.0, 2.0, 4.0])
    check_same(state_of(model), kept.states[-1])
    stopper = optim.EarlyStopping(patience=2, restore_best=False)
    history, kept, model = fitted([3.0, 1.0, 2.0, 4.0, 5.0], stopper)
    assert len(history) == 4
    check_same(state_of(model), kept.states[-1])


@pytest.mark.parametrize(("patience", "epochs"), [(0, 3), (1, 3), (2, 4), (3, 5), (4, 5)])
def test_patience_is_the_number_of_epochs_without_progress(patience, epochs):
    assert len(fitted([3.0, 1.0, 2.0, 4.0, 5.0], patience)[0]) == epochs


def test_options_are_those_of_early_stopping():
    stopper = optim.EarlyStopping(patience=2, min_delta=0.5)
    history, kept, model = fitted([3.0, 2.8, 2.7, 1.0], stopper)
    assert len(history) == 3
    assert (stopper.best, stopper.best_check) == (3.0, 1)
    check_same(state_of(model), kept.states[0])


def test_a_validation_loss_that_is_no_number_is_no_progress():
    history, kept, model = fitted([3.0, nan, inf, nan], 3)
    assert len(history) == 4
    assert history.best_epoch == 1
    check_same(state_of(model), kept.states[0])


def test_the_best_accuracy_is_gone_back_to_with_mode_max():
    model = network(3)
    kept = Kept()
    history = twingrad.fit(
        model,
        (X, CLASSES),
        validation=(X[:9], CLASSES[:9]),
        optimizer=lambda parameters: optim.SGD(parameters, lr=2.0),
        early_stopping=optim.EarlyStopping(patience=4, mode="max"),
        epochs=40,
        callbacks=[kept],
        seed=0,
    )
    accuracies = history["validation_accuracy"]
    best = int(np.argmax(accuracies))
    assert len(history) == best + 5
    assert history.stopped.startswith("the validation accuracy has not become better for 4 epochs")
    assert differ(kept.states[best], kept.states[-2])
    check_same(state_of(model), kept.states[best])


REFUSED = [
    (2, {}, ValueError, "early_stopping needs something to measure, got no validation"),
    (1.5, {"validation": 0.2}, TypeError, "early_stopping must be a whole number, got float 1.5"),
    (True, {"validation": 0.2}, TypeError, "early_stopping must be a whole number, got bool"),
    (-1, {"validation": 0.2}, ValueError, "early_stopping must be at least 0"),
    (
        optim.EarlyStopping(mode="max"),
        {"validation": 0.2},
        ValueError,
        "must have mode='min' .* got 'max': there is no accuracy",
    ),
]


@pytest.mark.parametrize(("early_stopping", "options", "error", "message"), REFUSED)
def test_what_cannot_stop_is_refused(early_stopping, options, error, message):
    with pytest.raises(error, match=message):
        twingrad.fit(network(1), (X, NUMBERS), early_stopping=early_stopping, **options)


def test_the_best_accuracy_of_a_regression_is_refused():
    counts = np.arange(len(X))
    with pytest.raises(ValueError, match="there is no accuracy"):
        twingrad.fit(
            network(1),
            (X, counts),
            loss="mse",
            validation=(X, counts),
            early_stopping=optim.EarlyStopping(mode="max"),
        )


def spoiling(model, step, value, seen):
    """A loss that is no number from a certain step on; notes the weights at each."""

    def loss(output, target):
        if model.training:
            seen.append(state_of(model))
        fit = (output - target).square().mean()
        return fit * value if len(seen) >= step else fit

    return loss


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("value", [nan, inf])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "nesterov"])
def test_a_loss_that_is_no_number_ends_training_before_the_update(optimizer, value, twin):
    model = network(1, twin)
    seen = []
    with pytest.warns(RuntimeWarning, match=f"fit: the loss became {value} at step 4, in epoch 2"):
        history = twingrad.fit(
            model,
            (X, NUMBERS[:, None]),
            loss=spoiling(model, 4, value, seen),
            optimizer=optimizer,
            schedule="cosine",
            batch_size=10,
            epochs=5,
            seed=0,
        )
    assert len(seen) == 4
    check_same(state_of(model), seen[3])
    assert differ(seen[3], seen[2])
    assert history["step"] == [3, 3]
    assert not math.isfinite(history["loss"][1])
    assert history.stopped.startswith(f"the loss became {value} at step 4")
    assert not model.training


def test_the_warning_is_one_of_the_line_that_called_fit():
    model = network(1)
    with pytest.warns(RuntimeWarning, match="the loss became nan") as caught:
        twingrad.fit(model, (X, NUMBERS), loss=spoiling(model, 1, nan, []))
    assert caught[0].filename == __file__


def test_a_penalty_that_is_no_number_ends_training_as_well():
    model = network(1)
    before = state_of(model)
    with pytest.warns(RuntimeWarning, match="the loss became inf"):
        twingrad.fit(model, (X * 0, NUMBERS * 0), regularizer=[nn.L2(1e308)] * 2, epochs=2)
    check_same(state_of(model), before)


def test_descent_that_diverges_ends_with_the_best_weights():
    model = network(1, double=False)
    kept = Kept()
    with pytest.warns(RuntimeWarning, match="the loss became"):
        history = twingrad.fit(
            model,
            (X, NUMBERS),
            loss=lambda output, target: (output - target).square().mean() ** 2,
            optimizer=lambda parameters: optim.SGD(parameters, lr=0.9),
            validation=(X, NUMBERS),
            early_stopping=50,
            epochs=50,
            callbacks=[kept],
            seed=0,
        )
    assert history.best_epoch is not None
    check_same(state_of(model), kept.states[history.best_epoch - 1])
    assert math.isfinite(optim.evaluate(model, (X, NUMBERS))["loss"])


def test_nothing_is_done_where_the_first_loss_of_lbfgs_is_no_number():
    model = network(1)
    before = state_of(model)
    with pytest.warns(RuntimeWarning, match="the loss became nan at step 1"):
        twingrad.fit(model, (X, NUMBERS), optimizer="lbfgs", loss=spoiling(model, 1, nan, []))
    check_same(state_of(model), before)


class Ending(optim.Callback):
    """Ends training in some way at some point."""

    def __init__(self, where, how):
        self.where = where
        self.how = how

    def on_train_begin(self, training):
        self.end("on_train_begin", training)

    def on_epoch_begin(self, training):
        self.end("on_epoch_begin", training)

    def on_step_end(self, training):
        self.end("on_step_end", training)

    def on_epoch_end(self, training):
        self.end("on_epoch_end", training)

    def on_train_end(self, training):
        self.end("on_train_end", training)

    def end(self, here, training):
        if here == self.where:
            self.how(training)


def stopping(training):
    training.stop("that is enough")


def interrupting(training):
    training.interrupt("that is enough")


def raising(training):
    raise KeyError("a mistake")


def giving_up(training):
    raise KeyboardInterrupt


@pytest.mark.parametrize("how", [stopping, interrupting])
@pytest.mark.parametrize(
    ("where", "epochs"),
    [("on_train_begin", 0), ("on_epoch_begin", 1), ("on_step_end", 1), ("on_epoch_end", 1)],
)
def test_a_callback_ends_training_when_the_epoch_is_over(where, epochs, how):
    model, other = network(1), network(1)
    history = twingrad.fit(
        model, (X, NUMBERS), batch_size=5, epochs=3, callbacks=[Ending(where, how)], seed=0
    )
    assert history["step"] == [5] * epochs if epochs else not history.rows
    assert history.stopped == "that is enough"
    assert not model.training
    if epochs:
        twingrad.fit(other, (X, NUMBERS), batch_size=5, epochs=1, seed=0)
    check_same(state_of(model), state_of(other))


def test_the_first_reason_stays():
    ends = [
        Ending("on_step_end", lambda training: training.stop(f"step {training.step}")),
        Ending("on_epoch_end", stopping),
    ]
    history = twingrad.fit(network(1), (X, NUMBERS), batch_size=5, callbacks=ends)
    assert history.stopped == "step 1"


@pytest.mark.parametrize(
    "where", ["on_train_begin", "on_epoch_begin", "on_step_end", "on_epoch_end", "on_train_end"]
)
@pytest.mark.parametrize(("how", "error"), [(raising, KeyError), (giving_up, KeyboardInterrupt)])
def test_all_callbacks_are_told_of_the_end_whatever_is_raised(where, how, error):
    kept = [Kept(), Kept()]
    model = network(1)
    with pytest.raises(error):
        twingrad.fit(
            model, (X, NUMBERS), epochs=2, callbacks=[kept[0], Ending(where, how), kept[1]]
        )
    for each in kept:
        check_same(each.at_the_end, state_of(model))


def test_the_first_error_is_the_one_that_is_raised():
    ends = [Ending("on_step_end", giving_up), Ending("on_train_end", raising)]
    with pytest.raises((KeyError, KeyboardInterrupt)) as caught:
        twingrad.fit(network(1), (X, NUMBERS), callbacks=ends)
    chain = [caught.value, caught.value.__context__]
    assert {type(each) for each in chain} == {KeyError, KeyboardInterrupt}
