"""Diagnostics: norms by hand, dead and saturated units, and hooks that are taken away."""

import math

import numpy as np
import pytest

import twingrad
from support.twins import TWINS, operand
from twingrad import Value, nn, optim
from twingrad.nn.backend import numbers_of


@pytest.mark.parametrize("twin", TWINS)
def test_norms_are_roots_of_sums_of_squares(twin):
    model = nn.Linear(2, 2, backend=twin)
    model.load_state_dict({"weight": np.array([[3.0, 0.0], [0.0, 4.0]]), "bias": np.zeros(2)})
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    with optim.Diagnostics(model, optimizer) as watch:
        model(np.array([[1.0, 2.0], [0.0, 0.0]])).sum().backward()
        optimizer.step()
    weight, bias = watch.flow.rows
    # the gradient is [[1, 2], [1, 2]], and the weight is [[2.5, -1], [-0.5, 3]] after the step
    assert (weight.name, weight.shape, bias.name, bias.shape) == ("weight", (2, 2), "bias", (2,))
    assert weight.gradient == pytest.approx(math.sqrt(10))
    assert weight.update == pytest.approx(math.sqrt(10) / 2)
    assert weight.weight == pytest.approx(math.sqrt(16.5))
    assert weight.relative_update == pytest.approx(weight.update / weight.weight)
    assert weight.relative_gradient == pytest.approx(weight.gradient / weight.weight)
    assert bias.gradient == pytest.approx(math.sqrt(8))
    assert bias.relative_update == pytest.approx(1.0)


@pytest.mark.parametrize("twin", TWINS)
def test_updates_are_what_the_optimizer_changed(twin):
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)).double().to(twin)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    watch = optim.Diagnostics(model, optimizer)
    for _ in range(3):
        before = {name: numbers_of(each).copy() for name, each in model.named_parameters()}
        optimizer.zero_grad()
        model(np.array([[1.0, -2.0], [0.5, 3.0]])).square().sum().backward()
        optimizer.step()
        for row in watch.flow.rows:
            after = numbers_of(model.get_parameter(row.name))
            assert row.update == pytest.approx(np.linalg.norm(after - before[row.name]))
            assert row.weight == pytest.approx(np.linalg.norm(after))
    watch.close()


def test_a_slow_step_is_measured_with_the_fast_ones():
    model = nn.Linear(1, 1, bias=False)
    optimizer = optim.Lookahead(optim.SGD(model.parameters(), lr=1.0), k=1, alpha=0.25)
    with optim.Diagnostics(model, optimizer) as watch:
        model(np.ones((1, 1), np.float32)).sum().backward()
        optimizer.step()
    assert watch.flow.rows[0].update == pytest.approx(0.25)


def test_the_model_may_move_between_two_steps():
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    with optim.Diagnostics(model, optimizer) as watch:
        for twin in ("scalar", "tensor"):
            model.to(twin)
            optimizer.zero_grad()
            model(np.array([[3.0, 4.0]])).sum().backward()
            optimizer.step()
            assert watch.flow.rows[0].update == pytest.approx(2.5)


def test_both_tables_stand_under_each_other():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1), nn.Sigmoid())
    state = [[[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], [[2.0, 0.0]], [0.0]]
    names = [*model.state_dict()]
    model.load_state_dict({name: np.array(each) for name, each in zip(names, state, strict=True)})
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    with optim.Diagnostics(model, optimizer) as watch:
        model(np.array([[4.0, -1.0], [2.0, -3.0]], np.float32)).sum().backward()
        optimizer.step()
    assert str(watch).splitlines() == [
        "parameter  shape   |weight|  |gradient|  |update|  |update|/|weight|",
        "0.weight   (2, 2)      1.39       0.129    0.0647             0.0466  ############",
        "0.bias     (2,)       0.018       0.036     0.018                  1  ###########",
        "2.weight   (1, 2)      1.98      0.0367    0.0183            0.00925  ###########",
        "2.bias     (1,)       0.009       0.018     0.009                  1  ##########",
        "|gradient| of the first layer / of the last = 3.53",
        "healthy: nothing to do",
        "",
        "activation  class     mean      std  dead  saturated",
        "1           ReLU       1.5     1.66   50%          -",
        "3           Sigmoid  0.991  0.00883     -       100%",
        "dead: try LeakyReLU, a smaller learning rate or Kaiming initialisation",
        "saturated: try smaller initial weights, normalisation or ReLU",
    ]
    assert repr(watch) == "<diagnostics of a Sequential with 2 activations>"


def reported(activation, output, twin="tensor"):
    """What is said of the units of an activation that gives this output to this input."""
    model = nn.Sequential(activation)
    with optim.Diagnostics(model) as watch:
        model(operand(twin, output))
    (unit,) = watch.units
    return unit


@pytest.mark.parametrize("twin", TWINS)
def test_a_unit_is_dead_that_gave_0_for_every_sample(twin):
    unit = reported(nn.ReLU(), [[-1.0, -1.0, 2.0, -1.0], [-1.0, 2.0, 2.0, 0.0]], twin)
    assert unit.dead == 0.5
    assert unit.saturated is None
    assert (unit.name, unit.kind) == ("0", "ReLU")
    assert unit.mean == pytest.approx(6 / 8)
    assert unit.std == pytest.approx(np.std([0, 0, 2, 0, 0, 2, 2, 0]))


@pytest.mark.parametrize(
    ("activation", "dead"),
    [
        (nn.ReLU(), 0.5),
        (nn.ReLU6(), 0.5),
        (nn.Hardswish(), 0.5),
        (nn.Threshold(0.5, 7.0), 0.5),
        (nn.LeakyReLU(), None),
        (nn.Tanh(), None),
        (nn.GELU(), None),
        (nn.Softplus(), None),
    ],
)
def test_only_rectifiers_can_be_dead(activation, dead):
    assert reported(activation, [[-4.0, -4.0], [-9.0, 1.0]]).dead == dead


def test_units_are_along_the_last_dimension():
    assert reported(nn.ReLU(), [-1.0, 2.0, -1.0, 3.0]).dead == 0.5
    assert reported(nn.ReLU(), -1.0).dead == 1.0
    three = np.full((2, 3, 4), -1.0)
    three[1, 2, 3] = 1.0
    assert reported(nn.ReLU(), three).dead == 0.75


@pytest.mark.parametrize(
    ("activation", "inputs", "share"),
    [
        (nn.Sigmoid(), [[0.0, 2.9, 3.0, -3.0]], 0.5),
        (nn.Tanh(), [[0.0, 1.4, 1.5, -1.5]], 0.5),
        (nn.Hardtanh(), [[0.0, 0.89, 0.91, -2.0]], 0.5),
        (nn.Hardtanh(0.0, 10.0), [[0.4, 5.0, 9.4, 9.6]], 0.5),
        (nn.Hardsigmoid(), [[0.0, 2.0, 3.0, -3.0]], 0.5),
        (nn.Softsign(), [[0.0, 5.0, 10.0, -10.0]], 0.5),
        (nn.ReLU(), [[0.0]], None),
        (nn.Softmax(-1), [[9.0, 0.0]], None),
    ],
)
@pytest.mark.parametrize("twin", TWINS)
def test_outputs_near_a_bound_are_saturated(activation, inputs, share, twin):
    unit = reported(activation, inputs, twin)
    assert unit.saturated == share


def test_units_are_those_of_the_last_call_and_in_order():
    model = nn.Sequential(nn.Sequential(nn.Linear(1, 1), nn.Tanh()), nn.Linear(1, 2), nn.ReLU())
    with optim.Diagnostics(model) as watch:
        assert watch.units == ()
        model(np.ones((1, 1), np.float32))
        model[1].weight.data.copy_(-twingrad.ones(2, 1) * 1e3)
        model[0][0].bias.data.copy_(twingrad.ones(1) * 1e3)
        model(np.ones((1, 1), np.float32))
    assert [unit.name for unit in watch.units] == ["0.1", "2"]
    assert [unit.mean for unit in watch.units] == [1.0, 0.0]
    assert watch.units[1].dead == 1.0
    assert "dead: try LeakyReLU" in str(watch)


def test_outputs_that_are_no_numbers_are_reported_without_a_warning():
    assert math.isnan(reported(nn.ReLU(), [[math.nan, math.inf]]).mean)


def hooks_of(model, optimizer):
    on_modules = [
        hook for module in model.modules() if module._hooks for hook in module._hooks.after
    ]
    return len(on_modules) + len(optimizer._pre_hooks) + len(optimizer._post_hooks)


def test_hooks_are_taken_away_even_after_an_error():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Tanh())
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def fail():
        with optim.Diagnostics(model, optimizer):
            assert hooks_of(model, optimizer) == 4
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        fail()
    assert hooks_of(model, optimizer) == 0


def test_what_is_closed_sees_nothing_more_and_keeps_what_it_saw():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    watch, other = (optim.Diagnostics(model, optimizer) for _ in range(2))
    model(np.ones((3, 2), np.float32)).sum().backward()
    optimizer.step()
    before = str(watch)
    watch.close()
    watch.close()
    model(np.ones((3, 2), np.float32) * -5).sum().backward()
    optimizer.step()
    assert str(watch) == before
    assert str(other) != before
    other.close()


def test_without_an_optimizer_the_gradients_are_those_of_now():
    model = nn.Linear(1, 1)
    watch = optim.Diagnostics(model)
    assert watch.flow.verdict == "no gradients"
    model(np.ones((1, 1), np.float32)).sum().backward()
    assert [row.update for row in watch.flow.rows] == [None, None]
    assert str(watch) == str(optim.gradient_flow(model))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda model: optim.Diagnostics(Value(1.0)), "Diagnostics: model must be a Module, got V"),
        (
            lambda model: optim.Diagnostics(model, "SGD"),
            "Diagnostics: optimizer must be an Optimizer of twingrad.optim, got str",
        ),
    ],
)
def test_what_cannot_be_watched_is_refused_and_no_hook_is_left(make, message):
    model = nn.Sequential(nn.ReLU())
    with pytest.raises(TypeError, match=message):
        make(model)
    assert model[0]._hooks is None
