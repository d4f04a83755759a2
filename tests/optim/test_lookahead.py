"""Lookahead: its equation, and that it stands wherever its optimizer would."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.twins import TWINS, numbers, operand
from twingrad import Value, nn, optim
from twingrad.nn import functional as F
from twingrad.nn.backend import numbers_of

X = np.random.default_rng(0).standard_normal((8, 3))
Y = np.random.default_rng(1).standard_normal((8, 2))
OPTIMIZERS = {
    "SGD": lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: optim.Adam(params, lr=0.05),
}
OTHER = {"scalar": "tensor", "tensor": "scalar"}


def network(twin):
    model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 2)).double()
    rng = np.random.default_rng(2)
    state = {name: rng.standard_normal(each.shape) for name, each in model.state_dict().items()}
    model.load_state_dict(state)
    return model.to(twin)


def loss_of(model):
    return F.mse_loss(model(X), Y)


def train(model, optimizer, steps, before=lambda step: None):
    """The weights after each step, in a row."""
    seen = []
    for step in range(steps):
        before(step)
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        seen.append(weights_of(model))
    return seen


def weights_of(model):
    return np.concatenate([numbers_of(each).reshape(-1).copy() for each in model.parameters()])


def write(model, weights):
    nn.utils.vector_to_parameters(weights, model.parameters())


def reference(model, optimizer, steps, k, alpha):
    """The same by the paper's algorithm, on whole vectors."""
    seen = []
    slow = weights_of(model)
    while len(seen) < steps:
        for _ in range(min(k, steps - len(seen))):
            seen += train(model, optimizer, 1)
        if len(seen) % k == 0:
            slow = slow + alpha * (seen[-1] - slow)
            write(model, slow)
            seen[-1] = slow
    return seen


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize(("k", "alpha"), [(1, 0.5), (3, 0.8), (5, 0.1), (4, 1.0)])
def test_it_goes_where_the_paper_s_algorithm_goes(make, k, alpha, twin):
    one, other = network(twin), network(twin)
    found = train(one, optim.Lookahead(make(one.parameters()), k=k, alpha=alpha), 17)
    expected = reference(other, make(other.parameters()), 17, k, alpha)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_both_twins_go_the_same_way(make):
    scalar, tensor = (
        train(model, optim.Lookahead(make(model.parameters()), k=3), 10)
        for model in map(network, TWINS)
    )
    np.testing.assert_allclose(scalar, tensor, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("k", [1, 3])
def test_an_alpha_of_1_is_the_optimizer_alone_to_the_last_bit(k, twin):
    one, other = network(twin), network(twin)
    found = train(one, optim.Lookahead(OPTIMIZERS["Adam"](one.parameters()), k, 1.0), 7)
    np.testing.assert_array_equal(found, train(other, OPTIMIZERS["Adam"](other.parameters()), 7))


@given(st.integers(1, 6), st.floats(0.01, 1), st.integers(0, 20))
def test_with_a_constant_gradient_it_falls_by_alpha_of_every_k_steps(k, alpha, steps):
    w = Value(0.0)
    optimizer = optim.Lookahead(optim.SGD([w], lr=1.0), k=k, alpha=alpha)
    for _ in range(steps):
        w.grad = 1.0
        optimizer.step()
    cycles, rest = divmod(steps, k)
    assert w.data == pytest.approx(-(cycles * k * alpha + rest))


@pytest.mark.parametrize("twin", TWINS)
def test_a_model_may_move_amid_the_fast_steps(twin):
    stays, moves = network(twin), network(twin)

    def move(step):
        if step in (2, 6):
            moves.to(OTHER[twin] if step == 2 else twin)

    expected = train(stays, optim.Lookahead(OPTIMIZERS["Adam"](stays.parameters()), k=4), 9)
    lookahead = optim.Lookahead(OPTIMIZERS["Adam"](moves.parameters()), k=4)
    found = train(moves, lookahead, 9, move)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert moves.backend == twin


@pytest.mark.parametrize("at", [0, 3, 5, 6])
@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("to", TWINS)
def test_a_state_dict_goes_on_to_the_last_bit(at, twin, to):
    def made(twin):
        model = network(twin)
        return model, optim.Lookahead(OPTIMIZERS["SGD"](model.parameters()), k=3)

    model, lookahead = made(twin)
    train(model, lookahead, at)
    again, fresh = made(to)
    state = copy.deepcopy(lookahead.state_dict())
    train(again, fresh, 2)
    again.load_state_dict(model.state_dict())
    fresh.load_state_dict(state)
    expected = train(model, lookahead, 7)
    found = train(again, fresh, 7)
    if twin == to:
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_a_saved_state_is_not_changed_by_further_steps():
    model = network("tensor")
    lookahead = optim.Lookahead(OPTIMIZERS["SGD"](model.parameters()), k=4)
    train(model, lookahead, 3)
    state = lookahead.state_dict()
    before = copy.deepcopy(state)
    train(model, lookahead, 5)
    np.testing.assert_array_equal(state["slow"][0], before["slow"][0])
    assert state["step"] == before["step"] == 3


@pytest.mark.parametrize("twin", TWINS)
def test_a_scheduler_of_it_sets_the_rates_of_the_fast_steps(twin):
    one, other = network(twin), network(twin)
    lookahead = optim.Lookahead(optim.SGD(one.parameters(), lr=0.5), k=3, alpha=1.0)
    alone = optim.SGD(other.parameters(), lr=0.5)
    schedules = [optim.lr_scheduler.CosineAnnealingLR(each, 8) for each in (lookahead, alone)]
    for model, optimizer, schedule in zip((one, other), (lookahead, alone), schedules, strict=True):
        train(model, optimizer, 8, lambda step, schedule=schedule: step and schedule.step())
    assert lookahead.optimizer.param_groups[0]["lr"] < 0.05
    np.testing.assert_array_equal(weights_of(one), weights_of(other))


def test_a_scheduler_of_the_optimizer_inside_is_as_good():
    model = network("tensor")
    inner = optim.SGD(model.parameters(), lr=1.0, momentum=0.9)
    schedule = optim.lr_scheduler.OneCycleLR(inner, 1.0, 10)
    lookahead = optim.Lookahead(inner)
    schedule.step()
    assert lookahead.param_groups is inner.param_groups
    assert lookahead.param_groups[0]["lr"] == schedule.get_last_lr()[0]
    other = optim.lr_scheduler.OneCycleLR(lookahead, 1.0, 10)
    assert other.preview(5) == optim.lr_scheduler.OneCycleLR(inner, 1.0, 10).preview(5)


def test_gradients_are_forgotten():
    model = network("tensor")
    lookahead = optim.Lookahead(optim.SGD(model.parameters(), lr=0.1))
    loss_of(model).backward()
    lookahead.zero_grad(set_to_none=False)
    assert not any(parameter.grad.any() for parameter in model.parameters())
    lookahead.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_group_that_comes_amid_the_fast_steps_is_slow_from_where_it_is(at):
    w, late = Value(0.0), Value(10.0)
    lookahead = optim.Lookahead(optim.SGD([w], lr=1.0), k=3, alpha=0.5)
    for step in range(3):
        if step == at:
            lookahead.add_param_group({"params": [late], "lr": 2.0})
        w.grad = late.grad = 1.0
        lookahead.step()
    assert w.data == -1.5
    assert late.data == 10.0 - 0.5 * 2.0 * (3 - at)
    assert len(lookahead.optimizer.param_groups) == 2


@pytest.mark.parametrize("twin", TWINS)
def test_parameters_without_a_gradient_stay_to_the_last_bit(twin):
    used, unused = (operand(twin, [0.1, -0.3], requires_grad=True) for _ in range(2))
    lookahead = optim.Lookahead(optim.AdamW([used, unused], lr=0.1), k=2, alpha=0.3)
    for _ in range(4):
        lookahead.zero_grad()
        (used * used).sum().backward()
        lookahead.step()
    np.testing.assert_array_equal(numbers(unused), [0.1, -0.3])
    assert not np.array_equal(numbers(used), [0.1, -0.3])


def test_weights_that_are_loaded_between_two_cycles_are_where_the_next_begins():
    w = Value(0.0)
    lookahead = optim.Lookahead(optim.SGD([w], lr=1.0), k=2)
    w.data = 100.0
    for _ in range(2):
        w.grad = 1.0
        lookahead.step()
    assert w.data == 99.0


def test_weights_that_are_loaded_behind_a_move_are_where_the_next_cycle_begins():
    model = nn.Linear(1, 1, bias=False).double()
    lookahead = optim.Lookahead(optim.SGD(model.parameters(), lr=1.0), k=2)
    model.to("scalar").load_state_dict({"weight": np.array([[100.0]])})
    for _ in range(2):
        model.zero_grad()
        model(np.ones((1, 1))).sum().backward()
        lookahead.step()
    assert model.weight.item() == 99.0


def test_a_state_between_two_cycles_needs_no_slow_weights_whatever_groups_have_come():
    lookahead = optim.Lookahead(optim.SGD([Value(0.0)], lr=1.0), k=1)
    lookahead.add_param_group({"params": [Value(1.0)]})
    state = lookahead.state_dict()
    assert state["slow"] == []
    lookahead.load_state_dict(state)


def test_a_closure_is_called_once_a_step_and_its_loss_comes_back():
    model = network("tensor")
    lookahead = optim.Lookahead(optim.SGD(model.parameters(), lr=0.1), k=2)
    losses = []

    def closure():
        lookahead.zero_grad()
        loss = loss_of(model)
        loss.backward()
        losses.append(loss)
        return loss

    for _ in range(4):
        assert lookahead.step(closure) is losses[-1]
    assert len(losses) == 4


def test_hooks_of_it_see_the_slow_step_and_those_of_the_optimizer_the_fast_one():
    w = Value(0.0)
    inner = optim.SGD([w], lr=1.0)
    lookahead = optim.Lookahead(inner, k=1, alpha=0.25)
    seen = []
    lookahead.register_step_pre_hook(lambda *_: seen.append(("before", w.data)))
    inner.register_step_post_hook(lambda *_: seen.append(("fast", w.data)))
    with lookahead.register_step_post_hook(lambda *_: seen.append(("behind", w.data))):
        w.grad = 1.0
        lookahead.step()
    assert seen == [("before", 0.0), ("fast", -1.0), ("behind", -0.25)]


def test_it_is_an_optimizer_with_the_state_and_the_steps_of_the_one_inside():
    w = Value(1.0, label="w")
    inner = optim.Adam([w], lr=0.5)
    lookahead = optim.Lookahead(inner, k=2)
    w.grad = 1.0
    assert isinstance(lookahead, optim.Optimizer)
    assert str(lookahead.steps(w)) == str(inner.steps(w))
    lookahead.step()
    assert str(lookahead.state[w]) == str(inner.state[w])
    assert lookahead.defaults == inner.defaults
    assert repr(lookahead).startswith("Lookahead(k=2, alpha=0.5) of Adam (")


def test_a_copy_goes_its_own_way():
    model = nn.Linear(2, 1).double()
    lookahead = optim.Lookahead(optim.SGD(model.parameters(), lr=0.1), k=2)
    twin_model, twin = copy.deepcopy((model, lookahead))
    assert twin.param_groups is twin.optimizer.param_groups
    before = weights_of(model)
    twin_model(np.ones((1, 2))).sum().backward()
    twin.step()
    np.testing.assert_array_equal(weights_of(model), before)
    assert not np.array_equal(weights_of(twin_model), before)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"k": 0}, ValueError, "Lookahead: k must be at least 1, got 0: it says how many"),
        ({"k": 2.5}, TypeError, "Lookahead: k must be a whole number, got float 2.5"),
        ({"alpha": 0.0}, ValueError, "alpha must be above 0 and at most 1, got 0.0: give"),
        ({"alpha": 1.5}, ValueError, "alpha must be above 0 and at most 1, got 1.5: give"),
        ({"alpha": math.nan}, ValueError, "alpha must be above 0 and at most 1, got nan"),
        ({"alpha": "half"}, TypeError, "Lookahead: alpha must be a real number, got str 'half'"),
    ],
)
def test_options_out_of_range_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        optim.Lookahead(optim.SGD([Value(1.0)], lr=0.1), **arguments)


def test_what_is_no_optimizer_is_refused():
    with pytest.raises(TypeError, match="Lookahead: optimizer must be an Optimizer of"):
        optim.Lookahead(nn.Linear(1, 1).parameters())


def test_a_parameter_that_is_there_already_is_refused():
    w = Value(1.0)
    lookahead = optim.Lookahead(optim.SGD([w], lr=0.1))
    with pytest.raises(ValueError, match="params must hold each parameter once"):
        lookahead.add_param_group({"params": [w]})
    assert len(lookahead.param_groups) == 1


def test_states_that_do_not_fit_are_refused_and_nothing_is_changed():
    w, other = (operand("tensor", data, requires_grad=True) for data in ([1.0], [1.0, 2.0]))
    lookahead = optim.Lookahead(optim.SGD([w], lr=0.1), k=2)
    foreign = optim.Lookahead(optim.SGD([other], lr=0.5), k=2)
    other.sum().backward()
    foreign.step()
    for state, message in [
        (
            foreign.state_dict(),
            r"slow weights of shapes \[\(1,\)\], got \[\(2,\)\]: build",
        ),
        (foreign.optimizer.state_dict(), "state_dict must hold optimizer, slow, step, got"),
        (None, "state_dict must hold optimizer, slow, step, got NoneType: pass what state_dict"),
    ]:
        with pytest.raises(ValueError, match=message):
            lookahead.load_state_dict(state)
    assert lookahead.state_dict()["step"] == 0
    assert lookahead.param_groups[0]["lr"] == 0.1
