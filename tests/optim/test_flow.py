"""Gradient flow: verdicts on networks that are known for them, and the table."""

import math

import numpy as np
import pytest

import twingrad
from support.twins import TWINS
from twingrad import nn, optim
from twingrad.nn import functional as F

X = np.random.default_rng(0).standard_normal((32, 16))
Y = np.random.default_rng(1).standard_normal((32, 1))


def stack(activation, depth=10, width=16, norm=False, bias=True, twin="tensor"):
    """Many layers, the same numbers on both twins."""
    twingrad.manual_seed(0)
    layers = []
    for _ in range(depth):
        layers += [nn.Linear(width, width, bias, backend="scalar")]
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
    "rectifiers without biases, with weights of N(0, 0.01)": (
        lambda: draw(stack(nn.ReLU, bias=False), lambda w: nn.init.normal_(w, 0, 0.01)),
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


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "healthy"), (1e4, "exploding")])
def test_without_matrices_all_parameters_count(factor, verdict):
    norm = nn.LayerNorm(4)
    (norm(X[:, :4].astype(np.float32)).square().mean() * factor).backward()
    norm.bias.grad = norm.weight.grad
    found = optim.gradient_flow(norm)
    assert found.ratio == 1.0
    assert found.verdict == verdict


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


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match="gradient_flow: model must be a Module, got list: pass"):
        optim.gradient_flow([nn.Linear(1, 1)])
