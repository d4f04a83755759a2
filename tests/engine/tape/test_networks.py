"""Networks, losses and optimizers of the scalar twin, compiled."""

import random

import numpy as np
import pytest

import twingrad
from twingrad import Array, Value, nn, optim
from twingrad.engine.tape.function import CompiledFunction
from twingrad.nn import functional as F

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 3))

LOSSES = {
    "cross_entropy": lambda y: F.cross_entropy(y, [0, 1, 2, 3, 0, 1]),
    "smoothed": lambda y: F.cross_entropy(y, [0, 1, 2, 3, 0, 1], label_smoothing=0.1),
    "mse": lambda y: F.mse_loss(y, np.full((6, 4), 0.3)),
    "smooth l1": lambda y: F.smooth_l1_loss(y, np.full((6, 4), 0.3)),
    "logits": lambda y: F.binary_cross_entropy_with_logits(y, np.full((6, 4), 0.3)),
    "softmax": lambda y: (y.softmax(1) * y).sum(),
}


def network(*more):
    twingrad.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), *more, nn.Linear(5, 4)).to("scalar")


def numbers(model):
    return [parameter.data for parameter in model.parameters()]


def same(found, expected):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def trained(model, optimizer, loss, compile, steps=5, after=lambda k: None):
    def step(x):
        optimizer.zero_grad()
        found = loss(model(x))
        found.backward()
        optimizer.step()
        return found

    step = compile(step)
    losses = []
    for k in range(steps):
        losses.append(step(X + 0.1 * k).item())
        after(k)
    return [losses, *numbers(model)]


def check(make, loss=LOSSES["cross_entropy"], rule=lambda p: optim.SGD(p, lr=0.1), **options):
    found = []
    for compile in (lambda function: function, CompiledFunction):
        model = make()
        optimizer = rule(model.parameters())
        twingrad.manual_seed(1)
        found.append(trained(model, optimizer, loss, compile, **options))
    same(*reversed(found))


@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss):
    check(network, LOSSES[loss])


@pytest.mark.parametrize(
    "rule",
    [
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: optim.Adam(p, lr=0.01, amsgrad=True),
        lambda p: optim.AdamW(p, lr=0.01),
        lambda p: optim.RMSprop(p, lr=0.01, centered=True),
        lambda p: optim.Lion(p, lr=0.01),
    ],
    ids=["SGD", "Adam", "AdamW", "RMSprop", "Lion"],
)
def test_optimizers(rule):
    check(network, rule=rule)


def test_a_learning_rate_may_change():
    def rule(parameters):
        optimizers.append(optim.SGD(parameters, lr=0.1))
        return optimizers[-1]

    def after(k):
        optimizers[-1].param_groups[0]["lr"] *= 0.5

    optimizers = []
    check(network, rule=rule, after=after)


def test_dropout_and_noise_are_drawn_anew():
    check(lambda: network(nn.Dropout(0.5), nn.GaussianNoise(0.1)))


def test_layers():
    check(lambda: network(nn.LayerNorm(5), nn.GELU(), nn.Softmax(1), nn.ELU()))


def test_a_model_that_goes_to_eval_is_recorded_anew():
    model = network(nn.Dropout(0.5))
    compiled = CompiledFunction(lambda x: model(x).sum())
    for _ in range(3):
        compiled(X)
    model.eval()
    expected = model(X).sum().item()
    assert [compiled(X).item() for _ in range(3)] == pytest.approx([expected] * 3, rel=1e-14)
    assert "2 times" in repr(compiled)


def test_neurons_in_the_style_of_micrograd():
    """The loss of micrograd's demo, with its accuracy and its update."""
    labels = np.array([1.0, -1.0, 1.0, 1.0, -1.0, -1.0])

    def run(compile):
        random.seed(0)
        model = nn.MLP(3, [4, 4, 1])

        def step(x, y, rate):
            inputs = [list(map(Value, row)) for row in x]
            scores = list(map(model, inputs))
            losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
            data_loss = sum(losses) * (1.0 / len(losses))
            total = data_loss + 1e-4 * sum(p * p for p in model.parameters())
            model.zero_grad()
            total.backward()
            for p in model.parameters():
                p.data -= rate * p.grad
            accuracy = [(yi > 0) == (score.data > 0) for yi, score in zip(y, scores)]
            return total, sum(accuracy) / len(accuracy)

        step = compile(step)
        found = [step(X, labels, 1.0 - 0.1 * k) for k in range(6)]
        assert all(isinstance(accuracy, float) for _, accuracy in found)
        return [(loss.data, accuracy) for loss, accuracy in found], numbers(model)

    eager, compiled = run(lambda function: function), run(CompiledFunction)
    np.testing.assert_allclose(compiled[0], eager[0], rtol=1e-12)
    np.testing.assert_allclose(compiled[1], eager[1], rtol=1e-12)


def test_single_values_have_optimizers_too():
    def run(compile):
        w = Value(3.0)
        optimizer = optim.Adam([w], lr=0.1)

        def step():
            optimizer.zero_grad()
            ((w - 1.0) ** 2).backward()
            optimizer.step()

        step = compile(step)
        for _ in range(4):
            step()
        return w.data

    assert run(CompiledFunction) == run(lambda function: function)


def test_an_array_of_values_is_an_argument():
    compiled = CompiledFunction(lambda a, b: (a @ b).tanh())
    for k in range(3):
        a, b = Array(X + k, label="a"), Array(X.T)
        result = compiled(a, b)
        result.sum().backward()
        gradients = a.grad, b.grad
        a.grad = b.grad = None
        expected = compiled.function(a, b)
        expected.sum().backward()
        same([result.data, *gradients], [expected.data, a.grad, b.grad])
