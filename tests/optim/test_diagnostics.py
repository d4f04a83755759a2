"""Diagnostics: norms by hand, dead and saturated units, verdicts, and hooks that are taken away."""

import math

import numpy as np
import pytest

import twingrad
from support.twins import TWINS, operand
from twingrad import Value, nn, optim
from twingrad.nn import functional as F
from twingrad.nn.state import plain

X = np.random.default_rng(0).standard_normal((32, 16))
Y = np.random.default_rng(1).standard_normal((32, 1))


def stack(activation, depth=10, width=16, norm=False, twin="tensor"):
    """Many layers, the same numbers on both twins."""
    twingrad.manual_seed(0)
    layers = []
    for _ in range(depth):
        layers += [nn.Linear(width, width, backend="scalar")]
        layers += [nn.BatchNorm1d(width, backend="scalar")] if norm else []
        layers += [activation()]
    return nn.Sequential(*layers, nn.Linear(width, 1, backend="scalar")).to(twin)


def draw(model, draw_one):
    for parameter in model.parameters():
        if len(parameter.shape) > 1:
            draw_one(parameter)
    return model


def flow_of(model, x=X):
    F.mse_loss(model(x), Y[: len(x)]).backward()
    return optim.gradient_flow(model)


class Residual(nn.Module):
    """Many blocks, each of which adds a little."""

    def __init__(self, depth=30, width=16):
        super().__init__()
        twingrad.manual_seed(0)
        self.blocks = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.out = nn.Linear(width, 1)
        self.double()

    def forward(self, x):
        for block in self.blocks:
            x = block(x).tanh() * 0.2 + x
        return self.out(x)


def kaiming(parameter):
    nn.init.kaiming_normal_(parameter, nonlinearity="relu")


FLOWS = {
    "sigmoids": (lambda: stack(nn.Sigmoid), "vanishing"),
    "rectifiers with weights of N(0, 3)": (
        lambda: draw(stack(nn.ReLU), lambda w: nn.init.normal_(w, 0, 3)),
        "exploding",
    ),
    "tanhs with weights of N(0, 3)": (
        lambda: draw(stack(nn.Tanh, depth=20), lambda w: nn.init.normal_(w, 0, 3)),
        "exploding",
    ),
    "rectifiers with weights of N(0, 0.01)": (
        lambda: draw(stack(nn.ReLU), lambda w: nn.init.normal_(w, 0, 0.01)),
        "vanishing",
    ),
    "rectifiers as Kaiming draws them": (lambda: draw(stack(nn.ReLU), kaiming), "healthy"),
    "normalised rectifiers": (lambda: stack(nn.ReLU, depth=20, norm=True), "healthy"),
    "residual blocks": (Residual, "healthy"),
    "a single layer": (lambda: nn.Linear(16, 1).double(), "healthy"),
}


@pytest.mark.parametrize(("make", "verdict"), FLOWS.values(), ids=FLOWS)
def test_the_verdict_is_what_the_network_is_known_for(make, verdict):
    found = flow_of(make())
    assert found.verdict == verdict
    assert str(found).splitlines()[-1].startswith(f"{verdict}: ")
    assert found.advice in str(found)


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.ReLU])
def test_both_twins_have_the_same_flow(activation):
    scalar, tensor = (flow_of(stack(activation, 3, twin=twin), X[:4]) for twin in TWINS)
    assert scalar.verdict == tensor.verdict
    for one, other in zip(scalar.rows, tensor.rows, strict=True):
        assert (one.name, one.shape, one.update) == (other.name, other.shape, None)
        np.testing.assert_allclose(
            [one.weight, one.gradient], [other.weight, other.gradient], rtol=1e-12
        )


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
    model = stack(nn.Tanh, depth=2, twin=twin)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    watch = optim.Diagnostics(model, optimizer)
    for _ in range(3):
        before = {name: plain(each).copy() for name, each in model.named_parameters()}
        optimizer.zero_grad()
        F.mse_loss(model(X[:4]), Y[:4]).backward()
        optimizer.step()
        for row in watch.flow.rows:
            after = plain(model.get_parameter(row.name))
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


def test_frozen_parameters_are_left_out():
    model = stack(nn.ReLU, depth=2)
    model[0].requires_grad_(False)
    assert [row.name for row in flow_of(model).rows] == ["2.weight", "2.bias", "4.weight", "4.bias"]


def test_gradients_of_float32_that_are_huge_are_finite():
    model = nn.Linear(1, 1)
    (model(np.ones((1, 1), np.float32)).sum() * 1e30).backward()
    assert optim.gradient_flow(model).rows[0].gradient == pytest.approx(1e30)
    assert optim.gradient_flow(model).verdict == "exploding"


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_gradient_that_is_no_number_is_told_of(number):
    model = nn.Linear(1, 1)
    model(np.full((1, 1), number, np.float32)).sum().backward()
    found = optim.gradient_flow(model)
    assert found.verdict == "not finite"
    assert f"{number:.3g}" in str(found)
    assert "detect_anomaly()" in found.advice


def test_without_a_backward_pass_there_is_no_gradient():
    found = optim.gradient_flow(nn.Linear(1, 1))
    assert found.rows == ()
    assert math.isnan(found.ratio)
    assert str(found) == "no gradients: call backward() on a loss first"
    assert repr(found) == "<gradient flow of 0 parameters: no gradients>"


def test_gradients_that_are_all_0_have_vanished():
    model = nn.Linear(2, 1)
    (model(np.ones((1, 2), np.float32)) * 0).sum().backward()
    assert optim.gradient_flow(model).verdict == "vanishing"


def test_weights_that_begin_with_0_are_no_explosion():
    model = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(model.weight)
    model(np.ones((1, 2), np.float32)).sum().backward()
    found = optim.gradient_flow(model)
    assert found.rows[0].relative_gradient == math.inf
    assert found.verdict == "healthy"


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        (1.1, 1e-3, "exploding"),
        (0.9, 1e-3, "healthy"),
        (0.9e-3, 1, "vanishing"),
        (1, 0, "exploding"),
    ],
)
def test_the_first_layer_is_compared_with_the_last(first, last, verdict):
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    for layer, gradient in zip(model, (first, last), strict=True):
        layer.weight.grad = twingrad.tensor([[float(gradient)]])
        layer.bias.grad = twingrad.tensor([123.0])
    assert optim.gradient_flow(model).verdict == verdict


def test_the_table_is_aligned_and_has_bars_of_powers_of_ten():
    model = nn.Sequential(nn.Linear(1, 2), nn.Linear(2, 1))
    model.load_state_dict({n: np.ones(p.shape) for n, p in model.named_parameters()})
    gradients = [1e-6, 1e-3, 10.0, 1e-9]
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        parameter.grad = twingrad.zeros(*parameter.shape)
        parameter.grad.reshape(-1)[0] = gradient
    assert str(optim.gradient_flow(model)).splitlines() == [
        "parameter  shape   |weight|  |gradient|",
        "0.weight   (2, 1)      1.41       1e-06  #",
        "0.bias     (2,)        1.41       0.001  ####",
        "1.weight   (1, 2)      1.41          10  ############",
        "1.bias     (1,)           1       1e-09  #",
        "|gradient| of the first layer / of the last = 1e-07",
        "vanishing: try ReLU, Kaiming initialisation, normalisation or residual connections",
    ]


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
        (lambda model: optim.gradient_flow([model]), "gradient_flow: model must be a Module, got"),
        (lambda model: optim.Diagnostics(Value(1.0)), "Diagnostics: model must be a Module, got V"),
        (
            lambda model: optim.Diagnostics(model, "SGD"),
            "Diagnostics: optimizer must be an Optimizer, got str: pass what makes the steps",
        ),
    ],
)
def test_what_cannot_be_watched_is_refused_and_no_hook_is_left(make, message):
    model = nn.Sequential(nn.ReLU())
    with pytest.raises(TypeError, match=message):
        make(model)
    assert model[0]._hooks is None
