"""``fit`` does what the loop by hand does: the same bits."""

import math

import numpy as np
import pytest

import twingrad
from support.fitting import CLASSES, HALVES, NUMBERS, ROWS, X, check_same, network, state_of
from support.twins import TWINS
from twingrad import nn, optim
from twingrad.data import DataLoader, Dataset
from twingrad.nn import functional as F
from twingrad.optim import lr_scheduler

EPOCHS = 3


def moved(batch, model):
    """A batch as a loop by hand passes it to a model of either twin."""
    x, y = batch
    return (x.numpy(), y.numpy()) if model.backend == "scalar" else (x, y)


def by_hand(model, data, loss, optimizer, *, schedule=None, clip=None, penalty=None, **options):
    """The loop that somebody would write; gives the mean loss of each epoch."""
    loader = DataLoader(data, shuffle=True, **options)
    scheduler = None if schedule is None else schedule(optimizer, EPOCHS * len(loader))
    means = []
    model.train()
    for _ in range(EPOCHS):
        total = 0.0
        for batch in loader:
            x, y = moved(batch, model)
            optimizer.zero_grad()
            found = loss(model(x), y)
            found.backward()
            if penalty is not None:
                penalty(model).backward()
            if clip is not None:
                optim.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            total += found.item() * len(batch[0])
        means.append(total / ROWS)
    return means


def check_the_same(make, data, loss, optimizer, twin, fit_loss="auto", **options):
    """That ``fit`` and the loop by hand give the same losses and weights, from the same seed."""
    schedule, clip, penalty = (options.pop(name, None) for name in ("schedule", "clip", "penalty"))
    mine, fitted = make(twin), make(twin)
    twingrad.manual_seed(3)
    means = by_hand(
        mine,
        data,
        loss,
        optimizer(mine.parameters()),
        schedule=schedule,
        clip=clip,
        penalty=penalty,
        **options,
    )
    twingrad.manual_seed(3)
    history = twingrad.fit(
        fitted,
        data,
        loss=fit_loss,
        optimizer=optimizer,
        epochs=EPOCHS,
        schedule=schedule,
        clip=clip,
        regularizer=penalty or (),
        **options,
    )
    assert history["loss"] == means
    check_same(state_of(mine), state_of(fitted))


def sgd(parameters):
    return optim.SGD(parameters, lr=0.1, momentum=0.9)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("batch_size", [1, 5, ROWS, 1000])
def test_it_is_the_loop_by_hand(twin, batch_size):
    check_the_same(
        lambda twin: network(3, twin),
        (X, CLASSES),
        F.cross_entropy,
        sgd,
        twin,
        batch_size=batch_size,
    )


@pytest.mark.parametrize("twin", TWINS)
def test_it_is_the_loop_by_hand_with_everything_that_may_be_in_it(twin):
    check_the_same(
        lambda twin: network(3, twin, norm="batch", dropout=0.25),
        (X, CLASSES),
        F.cross_entropy,
        lambda parameters: optim.AdamW(parameters, lr=0.05),
        twin,
        batch_size=6,
        schedule=lambda optimizer, steps: lr_scheduler.OneCycleLR(optimizer, 0.05, steps),
        clip=0.5,
        penalty=nn.ElasticNet(1e-2, 1e-2),
    )


@pytest.mark.parametrize("twin", TWINS)
def test_it_is_the_loop_by_hand_in_a_regression(twin):
    check_the_same(
        lambda twin: network(1, twin),
        (X, NUMBERS),
        lambda output, target: F.mse_loss(output[:, 0], target),
        sgd,
        twin,
        batch_size=5,
    )


@pytest.mark.parametrize("twin", TWINS)
def test_it_is_the_loop_by_hand_with_one_logit(twin):
    def loss(output, target):
        return F.binary_cross_entropy_with_logits(output[:, 0], np.array(target, np.float64))

    def of_tensors(output, target):
        return F.binary_cross_entropy_with_logits(output[:, 0], target.double())

    check_the_same(
        lambda twin: network(1, twin),
        (X, HALVES),
        loss if twin == "scalar" else of_tensors,
        sgd,
        twin,
        batch_size=5,
    )


def test_it_is_the_loop_by_hand_in_single_precision():
    data = Dataset(X, CLASSES).astype("float32")
    check_the_same(
        lambda twin: network(3, twin, double=False), data, F.cross_entropy, sgd, "tensor"
    )


def test_numbers_are_cast_to_the_floats_of_the_model():
    models = [network(1, double=False) for _ in range(4)]
    single = X.astype(np.float32), NUMBERS.astype(np.float32)
    for model, data in zip(
        models,
        [(X, NUMBERS), single, Dataset(X, NUMBERS), DataLoader((X, NUMBERS), ROWS)],
        strict=True,
    ):
        twingrad.fit(model, data, epochs=1, **_whole(data))
        assert all(parameter.dtype == twingrad.float32 for parameter in model.parameters())
    first, *others = map(state_of, models)
    for other in others[:2]:
        check_same(first, other)
    for name, array in others[2].items():
        np.testing.assert_allclose(array, first[name], rtol=1e-5)


def _whole(data):
    return {} if isinstance(data, DataLoader) else {"batch_size": "all", "seed": 0}


@pytest.mark.parametrize("twin", TWINS)
def test_lbfgs_is_given_the_closure_of_the_loop_by_hand(twin):
    mine, fitted = network(1, twin), network(1, twin)
    x = X if twin == "scalar" else twingrad.tensor(X)
    y = NUMBERS if twin == "scalar" else twingrad.tensor(NUMBERS)
    optimizer = optim.LBFGS(mine.parameters(), line_search_fn="strong_wolfe")
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(mine(x)[:, 0], y)
        loss.backward()
        return loss

    for _ in range(EPOCHS):
        losses.append(optimizer.step(closure).item())
    history = twingrad.fit(fitted, [(X, NUMBERS)], optimizer="lbfgs", epochs=EPOCHS)
    assert history["loss"] == losses
    assert losses[-1] < 0.5 * losses[0]
    check_same(state_of(mine), state_of(fitted))


@pytest.mark.parametrize("twin", TWINS)
def test_frozen_parameters_stay_as_they_are(twin):
    model = network(3, twin)
    model[0].weight.requires_grad_(False)
    before = state_of(model)
    twingrad.fit(model, (X, CLASSES), optimizer="sgd", epochs=2, seed=0)
    after = state_of(model)
    assert np.array_equal(before["0.weight"], after["0.weight"])
    assert not np.array_equal(before["2.weight"], after["2.weight"])


def test_a_row_of_the_history_says_what_an_epoch_was_like():
    model = network(3)
    history = twingrad.fit(
        model,
        (X, CLASSES),
        validation=(X, CLASSES),
        epochs=2,
        batch_size=5,
        clip=1.0,
        seed=0,
        regularizer=nn.L2(1e-3),
        metrics={"rows": lambda outputs, targets: len(outputs)},
    )
    assert history.names == [
        *("epoch", "step", "loss", "penalty", "accuracy", "validation_loss"),
        *("validation_accuracy", "validation_rows", "lr", "gradient_norm", "seconds"),
    ]
    assert history["epoch"] == [1, 2]
    assert history["step"] == [5, 10]
    assert history["validation_rows"] == [ROWS, ROWS]
    assert history["lr"] == [1e-3, 1e-3]
    assert all(0 < norm < math.inf for norm in history["gradient_norm"])
    assert all(seconds >= 0 for seconds in history["seconds"])
    outputs = optim.predict(model, X)
    assert history["validation_accuracy"][-1] == (outputs.argmax(1) == CLASSES).mean()
    assert history.stopped is None


def test_the_norm_of_the_gradient_is_that_of_the_last_step_before_clipping():
    norms = [
        twingrad.fit(network(1), (X, NUMBERS), batch_size="all", epochs=1, clip=clip)[
            "gradient_norm"
        ]
        for clip in (None, 1e-3, lambda parameters: optim.clip_grad_value_(parameters, 1e-3))
    ]
    assert norms[1] == norms[2] == pytest.approx(norms[0], rel=1e-12)
    assert norms[0][0] > 1e-2


def test_a_function_may_clip():
    model, other = network(1), network(1)
    before = state_of(model)
    twingrad.fit(
        model,
        (X, NUMBERS),
        optimizer=lambda parameters: optim.SGD(parameters, lr=1.0),
        batch_size="all",
        epochs=1,
        clip=lambda parameters: optim.clip_grad_value_(parameters, 1e-3),
    )
    steps = [np.abs(array - before[name]).max() for name, array in state_of(model).items()]
    assert max(steps) == pytest.approx(1e-3)
    twingrad.fit(other, (X, NUMBERS), epochs=1, clip=lambda parameters: None, seed=0)
    model = network(1)
    twingrad.fit(model, (X, NUMBERS), epochs=1, seed=0)
    check_same(state_of(model), state_of(other))


def test_a_network_learns():
    model = network(1, double=False)
    history = twingrad.fit(
        model,
        (X, HALVES),
        optimizer=lambda parameters: optim.Adam(parameters, lr=0.05),
        epochs=60,
        seed=0,
    )
    assert history["accuracy"][-1] == 1
    assert history["loss"][-1] < 0.1 < history["loss"][0]
