"""Optimizers: PyTorch's numbers on both twins, and what tells one of them from the others."""

import json
from math import sqrt

import numpy as np
import pytest
from sklearn.datasets import load_digits

import twingrad
from support.optimizers import GOLDEN, check_seen, made, name, table, trajectory
from support.twins import TWINS, numbers, operand
from twingrad import Value, nn, optim
from twingrad.nn.backend import numbers_of

VALLEY = [case for case in GOLDEN["cases"] if case["problem"] == "rosenbrock"]


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=name)
def test_both_twins_go_where_pytorch_goes(case):
    scalar, tensor = (trajectory(case, twin) for twin in TWINS)
    check_seen(scalar, case)
    check_seen(tensor, case)
    np.testing.assert_allclose(table(scalar), table(tensor), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("case", VALLEY, ids=name)
def test_single_values_go_where_pytorch_goes(case):
    x, y = Value(-1.5), Value(2.0)
    optimizer = made(case, [x, y])
    sign = -1 if case["options"].get("maximize") else 1
    seen = {}
    for step in range(1, 201):
        optimizer.zero_grad()
        (sign * ((1 - x) ** 2 + 100 * (y - x * x) ** 2)).backward()
        optimizer.step()
        seen[step] = [np.array([x.data, y.data])]
    check_seen(seen, case)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", GOLDEN["variants"], ids=name)
def test_groups_changed_rates_and_missing_gradients_as_in_pytorch(case, twin):
    check_seen(trajectory(case, twin), case)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", GOLDEN["variants"], ids=name)
def test_a_fresh_optimizer_goes_on_from_a_state_dict_to_the_last_bit(case, twin):
    seen = trajectory(case, twin)
    again = trajectory(case, twin, resumed=lambda state: state)
    np.testing.assert_array_equal(table(seen), table(again))


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", GOLDEN["variants"], ids=name)
def test_it_goes_on_from_a_state_dict_of_pytorch(case, twin):
    check_seen(trajectory(case, twin, resumed=lambda _: from_pytorch(case["state"])), case)


@pytest.mark.parametrize("case", GOLDEN["variants"], ids=name)
def test_a_state_dict_is_the_one_of_pytorch(case):
    own = []
    trajectory(case, "tensor", resumed=lambda state: own.append(state) or state)
    golden = from_pytorch(case["state"])
    assert list(own[0]) == ["state", "param_groups"]
    assert list(own[0]["state"]) == list(golden["state"])
    for position, entries in own[0]["state"].items():
        if case["optimizer"] == "SGD":
            assert entries.pop("step") == (51 if case["variant"] == "missing" and position else 77)
        assert set(entries) == set(golden["state"][position])
        for key, entry in entries.items():
            expected = golden["state"][position][key]
            np.testing.assert_allclose(
                numbers_of(entry), expected, rtol=1e-9, atol=1e-13, err_msg=key
            )
    for group, expected in zip(own[0]["param_groups"], golden["param_groups"], strict=True):
        left_out = {"foreach", "capturable", "differentiable", "fused"}
        assert set(group) == set(expected) - left_out
        for key, option in group.items():
            np.testing.assert_allclose(option, expected[key], rtol=1e-12)


def from_pytorch(state_dict):
    """A state dict that went through JSON, where the numbers of parameters became text."""
    state = {int(position): entries for position, entries in state_dict["state"].items()}
    return {**json.loads(json.dumps(state_dict)), "state": state}


def lion_of_the_paper(w, gradients, lr, beta1, beta2, weight_decay):
    """Algorithm 2 of Chen et al. 2023, line by line."""
    m = 0.0
    for g in gradients:
        update = beta1 * m + (1 - beta1) * g
        m = beta2 * m + (1 - beta2) * g
        sign = 1 if update > 0 else -1 if update < 0 else 0
        w = w - lr * (sign + weight_decay * w)
        yield w


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("options", "betas"), [({}, (0.9, 0.99)), ({"betas": (0.5, 0.8), "weight_decay": 0.3},) * 2]
)
def test_lion_is_the_algorithm_of_the_paper(twin, options, betas):
    beta1, beta2 = options.get("betas", (0.9, 0.99))
    decay = options.get("weight_decay", 0.0)
    starts = np.array([0.3, -1.0, 2.0])
    gradients = np.sin(np.arange(150.0).reshape(50, 3) ** 1.5)
    gradients[:, 2] = 0
    w = operand(twin, starts, requires_grad=True)
    optimizer = optim.Lion([w], lr=0.01, **options)
    expected = zip(
        *[
            lion_of_the_paper(start, column, 0.01, beta1, beta2, decay)
            for start, column in zip(starts, gradients.T, strict=True)
        ],
        strict=True,
    )
    for gradient, after in zip(gradients, expected, strict=True):
        w.grad = numbers(operand(twin, gradient)) if twin == "scalar" else operand(twin, gradient)
        optimizer.step()
        np.testing.assert_allclose(numbers(w), after, rtol=1e-12)


def test_lion_goes_up_where_it_maximizes():
    w = Value(1.0)
    w.grad = 2.0
    optim.Lion([w], lr=0.25, maximize=True).step()
    assert w.data == 1.25


def stepped(optimizer, w, gradients):
    """The weight after updates with these gradients."""
    for gradient in gradients:
        w.grad = gradient
        optimizer.step()
    return w.data


def test_adam_has_eps_outside_of_the_root_behind_the_bias_correction():
    w = Value(0.0)
    assert stepped(optim.Adam([w], lr=0.1, eps=1e-8), w, [1e-7] * 3) == pytest.approx(-0.3 / 1.1)
    assert w.data == pytest.approx(-0.273, abs=5e-4)


def test_rmsprop_has_eps_outside_of_the_root():
    w = Value(0.0)
    after = stepped(optim.RMSprop([w], lr=0.1, alpha=0.9, eps=1e-8), w, [1e-7] * 3)
    roots = [1e-7 * sqrt(1 - 0.9**t) for t in (1, 2, 3)]
    assert after == pytest.approx(-sum(0.1 * 1e-7 / (root + 1e-8) for root in roots))
    assert after == pytest.approx(-0.588, abs=5e-4)


def test_the_first_buffer_of_sgd_is_the_gradient_without_dampening():
    w = Value(0.0)
    optimizer = optim.SGD([w], lr=1.0, momentum=0.5, dampening=0.9)
    assert stepped(optimizer, w, [1.0]) == -1.0
    assert stepped(optimizer, w, [1.0]) == pytest.approx(-1.0 - (0.5 + 0.1))


def test_the_buffer_of_sgd_does_not_hold_the_rate():
    w = Value(0.0)
    optimizer = optim.SGD([w], lr=1.0, momentum=0.5)
    stepped(optimizer, w, [1.0])
    optimizer.param_groups[0]["lr"] = 0.1
    assert stepped(optimizer, w, [0.0]) == pytest.approx(-1.0 - 0.1 * 0.5)


def test_adagrad_begins_with_no_total_and_its_rate_falls():
    w = Value(0.0)
    optimizer = optim.Adagrad([w], lr=1.0, lr_decay=1.0)
    assert stepped(optimizer, w, [5.0]) == pytest.approx(-1.0)
    assert stepped(optimizer, w, [5.0]) == pytest.approx(-1.0 - 0.5 / sqrt(2))


def test_the_momentum_of_nadam_follows_its_schedule():
    w = Value(0.0)
    optimizer = optim.NAdam([w], momentum_decay=0.004)
    stepped(optimizer, w, [1.0, 1.0])
    mu = [0.9 * (1 - 0.5 * 0.96 ** (0.004 * t)) for t in (1, 2)]
    assert optimizer.state[w]["mu_product"] == pytest.approx(mu[0] * mu[1], rel=1e-15)


def test_adamw_decays_all_weights_alike_and_adam_does_not():
    decay = {"lr": 0.01, "weight_decay": 0.5}
    coupled, decoupled = Value(1.0), Value(1.0)
    stepped(optim.Adam([coupled], **decay), coupled, [1000.0])
    stepped(optim.AdamW([decoupled], **decay), decoupled, [1000.0])
    assert coupled.data == pytest.approx(0.99)
    assert decoupled.data == pytest.approx(0.99 - 0.01 * 0.5)


def test_the_average_of_asgd_begins_behind_t0():
    w = Value(0.0)
    optimizer = optim.ASGD([w], lr=1.0, lambd=0.0, t0=2)
    seen = [stepped(optimizer, w, [-1.0]) for _ in range(5)]
    # update 4 is the first with mu = 1/1 or less, from update 5 on two are averaged
    assert seen == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert optimizer.state[w]["ax"].item() == pytest.approx((4.0 + 5.0) / 2)
    assert optimizer.state[w]["mu"] == pytest.approx(1 / 3)


@pytest.fixture(scope="module")
def digits():
    images, classes = load_digits(return_X_y=True)
    return images[:500].astype(np.float32) / 16, classes[:500]


RATES = {
    "ASGD": 0.5,
    "Adadelta": 1.0,
    "Adagrad": 0.05,
    "Adam": 0.005,
    "AdamW": 0.005,
    "Adamax": 0.01,
    "LBFGS": 1.0,
    "Lion": 0.004,
    "NAdam": 0.005,
    "RAdam": 0.03,
    "RMSprop": 0.002,
    "Rprop": 0.001,
    "SGD": 0.5,
}


def test_every_optimizer_has_a_rate_for_digits():
    kinds = [kind for each in optim.__all__ if isinstance(kind := getattr(optim, each), type)]
    names = {kind.__name__ for kind in kinds if issubclass(kind, optim.Optimizer)}
    assert names == {*RATES, "Optimizer", "Lookahead"}


@pytest.mark.parametrize("kind", RATES)
def test_it_learns_digits(kind, digits):
    images, classes = digits
    twingrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    options = {"line_search_fn": "strong_wolfe", "max_iter": 5} if kind == "LBFGS" else {}
    optimizer = getattr(optim, kind)(model.parameters(), lr=RATES[kind], **options)
    size = 500 if kind in ("LBFGS", "Rprop") else 50
    batches = [slice(start, start + size) for start in range(0, 500, size)]
    losses = []
    for _ in range(20 if kind == "Rprop" else 8):
        for batch in batches:

            def closure(batch=batch):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(images[batch]), classes[batch])
                loss.backward()
                return loss

            losses.append(optimizer.step(closure).item())
    assert np.mean(losses[-len(batches) :]) < 0.6 * losses[0]
    assert model[0].weight.dtype == np.float32
