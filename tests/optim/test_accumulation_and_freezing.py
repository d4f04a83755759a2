"""Gradients that add up, layers that are frozen, and gradients that are clipped."""

import numpy as np
import pytest

from support.twins import TWINS, numbers
from twingrad import nn, optim
from twingrad.nn import functional as F
from twingrad.nn.backend import numbers_of

X = np.random.default_rng(0).standard_normal((12, 3))
Y = np.random.default_rng(1).standard_normal((12, 2))
OPTIMIZERS = {
    "SGD with momentum": lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: optim.Adam(params, lr=0.05),
}
WITH_DECAY = {
    "SGD": lambda params: optim.SGD(params, lr=0.1, momentum=0.9, weight_decay=0.5),
    "Adam": lambda params: optim.Adam(params, lr=0.1, weight_decay=0.5),
    "AdamW": lambda params: optim.AdamW(params, lr=0.1, weight_decay=0.5),
}
NORMS = [1.0, 2.0, float("inf")]


def network(twin):
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    rng = np.random.default_rng(2)
    state = {name: rng.standard_normal(each.shape) for name, each in model.state_dict().items()}
    model.load_state_dict(state)
    return model.to(twin)


def loss_of(model, rows=slice(None)):
    return F.mse_loss(model(X[rows]), Y[rows])


def weights_of(model):
    return [numbers_of(each).copy() for each in model.parameters()]


def check_close(one, other, rtol):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-14)


def step(model, optimizer):
    optimizer.zero_grad()
    loss_of(model).backward()
    optimizer.step()


@pytest.mark.parametrize("parts", [2, 3, 12])
@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_small_batches_whose_gradients_add_up_make_the_step_of_the_great_one(make, twin, parts):
    whole, divided = network(twin), network(twin)
    of_whole, of_divided = (make(model.parameters()) for model in (whole, divided))
    size = len(X) // parts
    for _ in range(5):
        step(whole, of_whole)
        of_divided.zero_grad()
        for start in range(0, len(X), size):
            (loss_of(divided, slice(start, start + size)) / parts).backward()
        of_divided.step()
        check_close(weights_of(divided), weights_of(whole), rtol=1e-10)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("make", WITH_DECAY.values(), ids=WITH_DECAY)
def test_a_frozen_layer_stays_and_the_others_train_as_if_they_were_alone(make, twin):
    model, alone = network(twin), network(twin)
    model[0].requires_grad_(False)
    before = weights_of(model)
    optimizer, of_last = make(model.parameters()), make(alone[2].parameters())
    for _ in range(4):
        step(model, optimizer)
        of_last.zero_grad()
        loss_of(alone).backward()
        of_last.step()
    after = weights_of(model)
    for frozen, old in zip(after[:2], before[:2], strict=True):
        np.testing.assert_array_equal(frozen, old)
    assert all(parameter.grad is None for parameter in model[0].parameters())
    assert not any(np.array_equal(a, b) for a, b in zip(after[2:], before[2:], strict=True))
    check_close(after, weights_of(alone), rtol=0)


@pytest.mark.parametrize("twin", TWINS)
def test_what_only_frozen_layers_would_need_is_not_recorded(twin):
    model = network(twin)
    model[0].requires_grad_(False)
    assert not model[:2](X).requires_grad
    assert model(X).requires_grad
    model[2].requires_grad_(False)
    assert not loss_of(model).requires_grad


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_layer_may_be_frozen_midway_and_trained_again(make, twin):
    model = network(twin)
    optimizer = make(model.parameters())
    step(model, optimizer)
    model[0].requires_grad_(False)
    frozen = weights_of(model)[0]
    for _ in range(3):
        step(model, optimizer)
        np.testing.assert_array_equal(numbers_of(model[0].weight), frozen)
    model[0].requires_grad_(True)
    step(model, optimizer)
    assert not np.array_equal(numbers_of(model[0].weight), frozen)
    steps = [optimizer.state[parameter]["step"] for parameter in model.parameters()]
    assert steps == [2, 2, 5, 5]


@pytest.mark.parametrize("twin", TWINS)
def test_a_single_parameter_may_be_frozen(twin):
    model = network(twin)
    model[0].bias.requires_grad = False
    before = weights_of(model)
    step(model, optim.AdamW(model.parameters(), lr=0.1))
    same = [np.array_equal(a, b) for a, b in zip(weights_of(model), before, strict=True)]
    assert same == [False, True, False, False]


@pytest.mark.parametrize("twin", TWINS)
def test_frozen_layers_stay_frozen_on_the_other_twin(twin):
    model = network(twin)
    model[0].requires_grad_(False)
    model.to("tensor" if twin == "scalar" else "scalar")
    assert [each.requires_grad for each in model.parameters()] == [False, False, True, True]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("norm_type", NORMS)
def test_clipped_gradients_are_no_longer_than_allowed_all_through_training(norm_type, twin):
    model = network(twin)
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    found = []
    for _ in range(6):
        optimizer.zero_grad()
        loss_of(model).backward()
        gradients = [numbers_of(each.grad).copy() for each in model.parameters()]
        length = np.linalg.norm(np.concatenate([each.reshape(-1) for each in gradients]), norm_type)
        norm = optim.clip_grad_norm_(model.parameters(), max_norm=0.2, norm_type=norm_type)
        np.testing.assert_allclose(numbers(norm), length, rtol=1e-12)
        clipped = [numbers_of(each.grad) for each in model.parameters()]
        total = np.linalg.norm(np.concatenate([each.reshape(-1) for each in clipped]), norm_type)
        assert total <= 0.2
        check_close(clipped, [each * min(1, 0.2 / (length + 1e-6)) for each in gradients], 1e-12)
        before = weights_of(model)
        optimizer.step()
        check_close(
            weights_of(model),
            [weight - 0.5 * numbers_of(each) for weight, each in zip(before, clipped, strict=True)],
            1e-12,
        )
        found.append(length)
    assert max(found) > 0.2


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("clip", "longest"),
    [
        (lambda params: optim.clip_grad_value_(params, 1e-3), lambda w: 1e-3),
        (
            lambda params: optim.adaptive_clip_grad_(params, clip_factor=1e-3),
            lambda w: 1e-3 * np.linalg.norm(np.atleast_2d(w), axis=1).max(),
        ),
    ],
    ids=["values", "units"],
)
def test_no_weight_moves_further_than_its_clipped_gradient(clip, longest, twin):
    model = network(twin)
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    before = weights_of(model)
    loss_of(model).backward()
    clip(model.parameters())
    optimizer.step()
    for new, old in zip(weights_of(model), before, strict=True):
        assert 0 < np.abs(new - old).max() <= longest(old) * (1 + 1e-9)


@pytest.mark.parametrize("twin", TWINS)
def test_a_gradient_that_was_there_when_a_layer_was_frozen_counts_until_it_is_forgotten(twin):
    model = network(twin)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    before = weights_of(model)[0]
    loss_of(model).backward()
    model[0].requires_grad_(False)
    optimizer.step()
    moved = weights_of(model)[0]
    assert not np.array_equal(moved, before)
    step(model, optimizer)
    np.testing.assert_array_equal(weights_of(model)[0], moved)
