"""The dry run: a fault that is planted is found and named, and nothing else is."""

import re

import numpy as np
import pytest

import twingrad
from support.twins import TWINS
from twingrad import data, nn, optim
from twingrad.data import Dataset
from twingrad.nn.backend import numbers_of, twin_of


class Case:
    """A network and data that are fine, for faults to be planted in."""

    def __init__(self, twin):
        twingrad.manual_seed(0)
        self.twin = twin
        moons = data.toys.moons(96, seed=0)
        self.x = (moons.x - moons.x.mean(axis=0)) / moons.x.std(axis=0)
        self.y = moons.y
        self.layers = self.mlp()
        self.options = {"seed": 0}

    def mlp(self, features=2, outputs=2, activation=nn.ReLU, depth=2):
        widths = [features, *[8] * depth]
        pairs = zip(widths, widths[1:], strict=False)
        hidden = [each for a, b in pairs for each in (nn.Linear(a, b), activation())]
        return [*hidden, nn.Linear(8, outputs)]

    def regression(self):
        self.y = self.x @ np.array([1.0, -0.5])
        self.layers = self.mlp(outputs=1)

    def scale(self, position, factor):
        weight = self.layers[position].weight
        twin_of(weight).write(weight, numbers_of(weight) * factor)

    def fill(self, position, bias):
        own = self.layers[position].bias
        twin_of(own).write(own, np.full(own.shape, bias))

    @property
    def data(self):
        return Dataset(self.x, self.y)

    @property
    def model(self):
        return nn.Sequential(*self.layers).to(self.twin)

    def diagnose(self):
        given = self.options.pop("data", None)
        model = self.options.pop("model", None)
        model = self.model if model is None else model
        return optim.dry_run(model, self.data if given is None else given, **self.options)


def large_last_weights(case):
    case.scale(4, 300)


def large_first_weights(case):
    case.scale(0, 300)


def large_bias(case):
    case.fill(4, [0.0, 50.0])


def unscaled_input(case):
    case.x[:, 1] *= 1000


def far_input(case):
    case.x[:, 0] += 40


def lost_input(case):
    case.x[:, 1] *= 1e-4


def small_inputs(case):
    case.x *= 1e-3


def constant_input(case):
    case.x = np.column_stack([case.x, np.full(len(case.x), 3.0)])
    case.layers = case.mlp(features=3)


def missing_number(case):
    x = case.x.copy()
    x[3, 1] = np.nan
    case.options["data"] = (x, case.y)


def missing_target(case):
    case.regression()
    y = case.y.copy()
    y[7] = np.inf
    case.options["data"] = (case.x, y)


def rare_class(case):
    case.y = (np.arange(96) % 24 == 0).astype(int)


def rows_in_order(case):
    order = np.argsort(case.y, kind="stable")
    case.options["data"] = data.DataLoader((case.x[order], case.y[order]), batch_size=16)


def unscaled_target(case):
    case.regression()
    case.y = 150 + 80 * case.y


def constant_target(case):
    case.regression()
    case.y = np.full(96, 0.5)


def broadcasting(case):
    case.regression()
    case.layers.append(nn.Flatten(0))
    case.y = case.y[:, None]
    case.options["loss"] = lambda output, target: (output - target).square()


def too_few_outputs(case):
    case.y = np.arange(96) % 3


def one_output_for_three(case):
    case.y = np.arange(96) % 3
    case.layers = case.mlp(outputs=1)


def softmax_at_the_end(case):
    case.layers.append(nn.Softmax(dim=1))


def sigmoid_at_the_end(case):
    case.layers = [*case.mlp(outputs=1), nn.Sigmoid()]


def rectified_answers(case):
    case.regression()
    case.layers.append(nn.ReLU())


def logits_as_probabilities(case):
    case.layers = case.mlp(outputs=1)
    case.options["loss"] = "bce"


def logits_as_log_probabilities(case):
    case.options["loss"] = "nll"


def ignored_inputs(case):
    class Blind(nn.Module):
        def forward(self, x):
            return x * 0

    case.layers.insert(0, Blind())


def trained_before(case):
    model = case.model
    twingrad.fit(model, case.data, epochs=30, optimizer=faster(optim.Adam, 0.05), seed=0)
    case.options["model"] = model


def zeros_everywhere(case):
    case.scale(0, 0)
    case.fill(0, 0.0)


def same_weights(case):
    for layer in case.layers[::2]:
        twin_of(layer.weight).write(layer.weight, np.full(layer.weight.shape, 0.2))
        twin_of(layer.bias).write(layer.bias, np.full(layer.bias.shape, 0.1))


def dead_layer(case):
    case.fill(0, -100.0)


def saturated_layer(case):
    case.layers = case.mlp(activation=nn.Tanh)
    case.scale(2, 300)


def deep_sigmoids(case):
    case.layers = case.mlp(activation=nn.Sigmoid, depth=6)


def immense_loss(case):
    case.options["loss"] = lambda output, target: 1e7 * nn.functional.cross_entropy(output, target)


def logarithm(case):
    class Log(nn.Module):
        def forward(self, x):
            return x.log()

    case.layers.insert(1, Log())


def forgotten_layers(case):
    model = case.model
    case.options["model"] = model
    case.options["optimizer"] = optim.SGD(model[0].parameters(), lr=0.1)


def idle_layer(case):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(*case.mlp())
            self.spare = nn.Linear(2, 2)

        def forward(self, x):
            return self.body(x)

    case.options["model"] = Two().to(case.twin)


def faster(kind, lr):
    return lambda parameters: kind(parameters, lr=lr)


def high_rate(case):
    case.options["optimizer"] = faster(optim.SGD, 1000.0)


def high_rate_of_adam(case):
    case.options["optimizer"] = faster(optim.AdamW, 3.0)


def low_rate(case):
    case.options["optimizer"] = faster(optim.SGD, 1e-12)


def rate_of_zero(case):
    case.options["optimizer"] = faster(optim.AdamW, 0.0)


def too_simple(case):
    case.x = data.toys.xor(96, seed=0).x * 1.7
    case.y = data.toys.xor(96, seed=0).y
    case.layers = [nn.Linear(2, 2)]
    case.options["overfit"] = 60


FAULTS = [
    (large_last_weights, "loss too high", "4"),
    (large_first_weights, "loss too high", "0"),
    (large_bias, "loss too high", "4"),
    (unscaled_input, "unscaled inputs", "x2"),
    (far_input, "unscaled inputs", "x1"),
    (lost_input, "unscaled inputs", "x2"),
    (small_inputs, "unscaled inputs", "0"),
    (constant_input, "constant inputs", "x3"),
    (missing_number, "inputs not finite", "x[1]"),
    (missing_target, "targets not finite", "the targets"),
    (rare_class, "class imbalance", "1"),
    (rows_in_order, "sorted rows", "0"),
    (unscaled_target, "unscaled targets", "'target'"),
    (constant_target, "constant targets", "'target'"),
    (broadcasting, "shape of outputs", "4"),
    (too_few_outputs, "shape of outputs", "4"),
    (one_output_for_three, "shape of outputs", "4"),
    (softmax_at_the_end, "bounded outputs", "5"),
    (sigmoid_at_the_end, "bounded outputs", "5"),
    (rectified_answers, "bounded outputs", "5"),
    (logits_as_probabilities, "raw outputs", "4"),
    (logits_as_log_probabilities, "raw outputs", "4"),
    (ignored_inputs, "constant outputs", "0"),
    (trained_before, "loss too low", "4"),
    (zeros_everywhere, "equal units", "0"),
    (same_weights, "equal units", "0"),
    (dead_layer, "dead units", "1"),
    (saturated_layer, "saturated units", "3"),
    (deep_sigmoids, "vanishing gradients", "0"),
    (immense_loss, "exploding gradients", "4"),
    (logarithm, "loss not finite", "1"),
    (forgotten_layers, "untrained parameters", "2, 4"),
    (idle_layer, "unused parameters", "spare"),
    (high_rate, "rate too high", None),
    (high_rate_of_adam, "rate too high", None),
    (low_rate, "rate too low", None),
    (rate_of_zero, "rate too low", None),
    (too_simple, "no overfitting", "0"),
]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("plant", "kind", "where"), FAULTS, ids=[each[0].__name__ for each in FAULTS]
)
def test_a_planted_fault_is_found_and_nothing_else(plant, kind, where, twin):
    case = Case(twin)
    plant(case)
    found = case.diagnose().findings
    assert [each.kind for each in found] == [kind]
    assert where is None or found[0].where == where
