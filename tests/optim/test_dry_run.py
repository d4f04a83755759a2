"""The dry run: a fault that is planted is found and named, and nothing else is."""

import re
from itertools import pairwise

import numpy as np
import pytest

import twingrad
from support.twins import TWINS
from twingrad import data, nn, optim
from twingrad.data import Dataset
from twingrad.nn.backend import numbers_of, twin_of
from twingrad.optim.rehearsals.diagnosis import EXPLAINS


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
        hidden = [each for a, b in pairwise(widths) for each in (nn.Linear(a, b), activation())]
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


class Rectified(nn.Module):
    """Linear layers with rectifiers between them that are no modules."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = layer(x).relu()
        return self.layers[-1](x)


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


def dead_half(case):
    bias = numbers_of(case.layers[0].bias).copy()
    bias[::2] = -100.0
    twin_of(case.layers[0].bias).write(case.layers[0].bias, bias)


def dead_second_layer(case):
    case.fill(2, -100.0)


def dead_in_a_forward(case):
    dead_half(case)
    case.options["model"] = Rectified(*case.layers[::2]).to(case.twin)


def dead_behind_a_normalization(case):
    case.layers.insert(1, nn.LayerNorm(8))
    bias = case.layers[1].bias
    twin_of(bias).write(bias, np.full(8, -100.0))


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
    (missing_target, "targets not finite", "the target"),
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
    (dead_layer, "dead units", "0"),
    (dead_half, "dead units", "0"),
    (dead_second_layer, "dead units", "2"),
    (dead_in_a_forward, "dead units", "layers.0"),
    (dead_behind_a_normalization, "dead units", "2"),
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


HEALTHY = {
    "relu": {},
    "tanh": {"activation": "tanh"},
    "sigmoid": {"activation": "sigmoid"},
    "gelu": {"activation": "gelu"},
    "batch norm": {"norm": "batch"},
    "layer norm": {"norm": "layer"},
    "dropout": {"dropout": 0.5},
    "both": {"norm": "batch", "dropout": 0.3},
}


@pytest.mark.parametrize("name", ["digits", "wine", "diabetes", "breast_cancer", "iris"])
@pytest.mark.parametrize("kind", HEALTHY)
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_usual_networks_on_prepared_data_are_healthy(name, kind, optimizer):
    parts = data.split(data.load(name), validation=0.1, test=0.1)
    train = data.Preparation.fit(parts.train).apply(parts.train)
    outputs = 1 if train.classes is None else len(train.classes)
    twingrad.manual_seed(0)
    model = nn.MLP(train.x.shape[1], [64, 32], outputs, **HEALTHY[kind])
    diagnosis = optim.dry_run(model, train, optimizer=optimizer, seed=0)
    assert diagnosis.healthy, diagnosis


def several_classes_at_once(case):
    case.options["data"] = (case.x, (case.x > 0).astype(int))


def plain(case):
    pass


def one_logit(case):
    case.layers = case.mlp(outputs=1)


def probabilities(case):
    case.layers = [*case.mlp(outputs=1), nn.Sigmoid()]
    case.options["loss"] = "bce"


def log_probabilities(case):
    case.layers.append(nn.LogSoftmax(dim=1))
    case.options["loss"] = "nll"


def log_probabilities_for_cross_entropy(case):
    case.layers.append(nn.LogSoftmax(dim=1))


def scaled_regression(case):
    case.regression()


def bounded_targets_for_bounded_outputs(case):
    case.regression()
    case.y = np.tanh(case.y)
    case.layers.append(nn.Tanh())


def counts(case):
    case.regression()
    case.y = np.round(np.exp(3 + case.y))
    case.fill(4, 3.0)
    case.options["loss"] = "poisson_nll"


def unscaled_inputs_of_a_normalization(case):
    case.x[:, 1] *= 1000
    case.layers.insert(0, nn.BatchNorm1d(2))


def column_of_zeros(case):
    case.x = np.column_stack([case.x, np.zeros(len(case.x))])
    case.layers = case.mlp(features=3)


def last_layer_of_zeros(case):
    case.scale(4, 0)
    case.fill(4, 0.0)


def logistic_regression_from_zeros(case):
    case.layers = [nn.Linear(2, 2)]
    case.scale(0, 0)
    case.fill(0, 0.0)


def small_last_weights(case):
    case.scale(4, 1e-3)


def balanced_weights(case):
    rare_class(case)
    case.options["class_weight"] = "balanced"


def bias_that_knows_the_shares(case):
    case.y = (np.arange(96) % 8 == 0).astype(int)
    case.fill(4, [np.log(7.0), 0.0])


def few_dead_units(case):
    bias = numbers_of(case.layers[0].bias).copy()
    bias[:2] = -100.0
    twin_of(case.layers[0].bias).write(case.layers[0].bias, bias)


def negative_units_that_leak(case):
    case.layers = case.mlp(activation=nn.LeakyReLU)
    case.fill(0, -5.0)


def half_dead_far_inside(case):
    bias = numbers_of(case.layers[2].bias).copy()
    bias[::2] = -100.0
    twin_of(case.layers[2].bias).write(case.layers[2].bias, bias)


def forward_of_ones_own(case):
    case.options["model"] = Rectified(*case.layers[::2]).to(case.twin)


def one_row_at_a_time(case):
    case.options |= {"batch_size": 1, "optimizer": faster(optim.Adam, 0.02)}


def one_batch_of_all(case):
    case.options["batch_size"] = "all"


def row_far_out(case):
    case.regression()
    case.y = case.y * 0.1
    case.y[5] = 9.0
    case.options["seed"] = 3


def great_penalty(case):
    case.options["regularizer"] = nn.L2(1.0)


def frozen_layer(case):
    model = case.model
    case.options["model"] = model
    model[0].requires_grad_(False)


def groups_of_parameters(case):
    model = case.model
    case.options["model"] = model
    groups = [{"params": layer.parameters()} for layer in (model[0], model[2], model[4])]
    case.options["optimizer"] = optim.Adam(groups, lr=1e-2)


def learned_by_heart(case):
    case.options |= {"overfit": 60, "optimizer": faster(optim.Adam, 0.05)}


def truth_values(case):
    case.options["data"] = (case.x, case.y == 1)


def list_of_batches(case):
    case.options["data"] = [(case.x[k::6], case.y[k::6]) for k in range(6)]


def searching_optimizer(case):
    case.options["optimizer"] = "lbfgs"


FINE = [
    *(plain, one_logit, probabilities, log_probabilities, log_probabilities_for_cross_entropy),
    *(scaled_regression, bounded_targets_for_bounded_outputs, counts),
    *(unscaled_inputs_of_a_normalization, column_of_zeros, last_layer_of_zeros),
    *(logistic_regression_from_zeros, small_last_weights, balanced_weights),
    *(bias_that_knows_the_shares, frozen_layer, groups_of_parameters, learned_by_heart),
    *(truth_values, list_of_batches, searching_optimizer, few_dead_units),
    *(negative_units_that_leak, half_dead_far_inside, forward_of_ones_own, one_row_at_a_time),
    *(one_batch_of_all, row_far_out, great_penalty, several_classes_at_once),
]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("arrange", FINE, ids=[each.__name__ for each in FINE])
def test_what_only_looks_like_a_fault_is_none(arrange, twin):
    case = Case(twin)
    arrange(case)
    diagnosis = case.diagnose()
    assert diagnosis.healthy, diagnosis


def test_each_kind_of_finding_is_described_and_tested():
    described = set(re.findall(r"``(\w+ [\w ]+)``", optim.dry_run.__doc__))
    tested = {kind for _, kind, _ in FAULTS}
    assert described == tested
    assert {*EXPLAINS} | {effect for each in EXPLAINS.values() for effect in each} <= described


def test_with_a_cause_its_effects_are_not_told_of():
    case = Case("tensor")
    case.x[:, 1] *= 1e5
    diagnosis = case.diagnose()
    assert [each.kind for each in diagnosis.findings] == ["unscaled inputs"]
    skipped = [check for check in diagnosis.checks if not check.judged]
    assert "loss" in [check.name for check in skipped]
    assert {check.remark for check in skipped} == {"it may follow from unscaled inputs"}


def test_faults_that_have_nothing_to_do_with_each_other_are_all_found():
    case = Case("tensor")
    rare_class(case)
    constant_input(case)
    idle = nn.Linear(2, 2)
    model = case.model
    model.layer_without_use = idle
    model.forward = lambda x: nn.Sequential(*case.layers)(x)
    case.options |= {"model": model, "optimizer": faster(optim.SGD, 1000.0)}
    kinds = [each.kind for each in case.diagnose().findings]
    assert kinds == ["constant inputs", "class imbalance", "unused parameters", "rate too high"]


def remark(diagnosis, name):
    return next(check.remark for check in diagnosis.checks if check.name == name)


def test_dead_units_that_are_no_finding_are_told_of_with_their_layer():
    case = Case("tensor")
    half_dead_far_inside(case)
    assert re.fullmatch(
        "2 activation modules, at most [5-9]\\d% dead, in layer 2", remark(case.diagnose(), "units")
    )


def test_gradients_of_zero_behind_a_layer_of_zeros_are_not_dead_units():
    case = Case("tensor")
    last_layer_of_zeros(case)
    assert remark(case.diagnose(), "units") == "2 activation modules"


@pytest.mark.parametrize(
    ("factor", "seen"),
    [(1.0, "near the variance"), (2.5, r"[2-8]\.?\d* times the variance")],
)
def test_a_loss_is_near_another_only_if_it_is(factor, seen):
    case = Case("tensor")
    case.regression()
    if factor > 1:
        case.fill(4, factor)
    assert re.match(
        rf"the loss begins at \S+, {seen} of the targets", remark(case.diagnose(), "loss")
    )


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("whole", [False, True])
def test_a_function_as_loss_gets_the_targets_that_fit_gives_it(twin, whole):
    case = Case(twin)
    case.regression()
    case.y = (case.y > 0).astype(int) if whole else case.y
    case.options["loss"] = lambda output, target: (output - target).square().mean()
    squares = case.diagnose()
    case.options["loss"] = "mse"
    named = case.diagnose()
    begins = [remark(each, "loss").split(",")[0] for each in (squares, named)]
    assert begins[0] == begins[1]


def test_it_is_printed_line_by_line():
    case = Case("tensor")
    rare_class(case)
    lines = str(case.diagnose()).splitlines()
    start = "ok            inputs      2 features, means "
    assert re.fullmatch(rf"{start}\S+ to \S+, standard deviations up to 1", lines[0])
    assert lines[1:3] == [
        "look at this  targets     of 96 rows 4 are of class '1', and 92 of '0'",
        "                          -> pass class_weight='balanced', or look at more than the "
        "accuracy",
    ]
    names = [line[14:24].strip() for line in lines[:-1] if line[:12].strip()]
    assert names == [
        *("inputs", "targets", "outputs", "loss", "units", "parameters", "gradients", "rate"),
    ]
    assert lines[-1] == "1 finding: mend it, and look again"
    assert max(map(len, lines)) <= 100


def test_a_healthy_one_says_so():
    diagnosis = Case("tensor").diagnose()
    assert str(diagnosis).endswith("\nnothing speaks against training")
    assert repr(diagnosis) == "<Diagnosis: healthy>"
    assert diagnosis.findings == ()


def test_names_of_features_and_classes_are_those_of_the_data():
    case = Case("tensor")
    x = np.column_stack([case.x[:, 0], 500 + 300 * case.x[:, 1]])
    y = (np.arange(96) % 24 == 0).astype(int)
    given = Dataset(x, y, features=["age", "proline"], classes=["well", "ill"], target="state")
    inputs, targets = optim.dry_run(case.model, given, seed=0).findings
    assert inputs.where == "proline"
    assert "layer 0" in inputs.verdict
    assert "proline has mean 500 and standard deviation 300" in inputs.verdict
    assert targets.where == "ill"
    assert str(targets) == f"{targets.verdict}: {targets.cure}"


def test_images_are_looked_at_as_a_whole():
    x = np.random.default_rng(0).integers(0, 256, (64, 6, 6)).astype(float)
    x[:, 0] = 255.0
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 2))
    y = np.arange(64) % 2
    (found,) = optim.dry_run(model, (x, y), seed=0).findings
    assert (found.kind, found.where) == ("unscaled inputs", "x")
    assert optim.dry_run(model, (x / 255, y), seed=0).healthy


def test_whole_numbers_as_inputs_are_not_scaled():
    model = nn.Sequential(nn.Embedding(100, 8), nn.Flatten(), nn.Linear(16, 2))
    x = np.random.default_rng(0).integers(0, 100, (64, 2))
    diagnosis = optim.dry_run(model, (x, np.arange(64) % 2), seed=0)
    assert diagnosis.healthy, diagnosis


def test_a_model_of_one_layer_is_called_model():
    case = Case("tensor")
    layer = nn.Linear(2, 2)
    optimizer = faster(optim.SGD, 1e-12)
    (found,) = optim.dry_run(layer, case.data, optimizer=optimizer, seed=0).findings
    assert (found.kind, found.where) == ("rate too low", "model")


def test_data_in_a_memory_map_are_looked_at_by_a_sample(tmp_path):
    case = Case("tensor")
    np.save(tmp_path / "x.npy", np.tile(case.x * [1, 1e4], (20, 1)))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    (found,) = optim.dry_run(case.model, (mapped, np.tile(case.y, 20)), seed=0).findings
    assert found.kind == "unscaled inputs"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"steps": 0}, ValueError, "dry_run: steps must be at least 1"),
        ({"steps": 1.5}, TypeError, "dry_run: steps"),
        ({"overfit": -1}, ValueError, "dry_run: overfit must be at least 0"),
        ({"loss": "mze"}, ValueError, "loss must be the name of a loss"),
        ({"optimizer": 3}, TypeError, "optimizer must be a name"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"clip": -1.0}, ValueError, "clip must be above 0"),
    ],
)
def test_arguments_are_checked(options, error, message):
    case = Case("tensor")
    with pytest.raises(error, match=message):
        optim.dry_run(case.model, case.data, **options)


@pytest.mark.parametrize("steps", [1, 2, 30])
def test_any_number_of_steps_will_do(steps):
    case = Case("tensor")
    case.options["steps"] = steps
    assert case.diagnose().healthy


def test_gradients_that_were_there_before_are_not_judged():
    case = Case("tensor")
    model = case.model
    for parameter in model.parameters():
        parameter.grad = twingrad.ones(*parameter.shape) * 1e9
    optimizer = optim.SGD(model[4].parameters(), lr=0.1)
    case.options |= {"model": model, "optimizer": optimizer}
    assert [each.kind for each in case.diagnose().findings] == ["untrained parameters"]


def test_a_model_with_nothing_to_train_is_refused_as_by_fit():
    case = Case("tensor")
    model = case.model.requires_grad_(False)
    with pytest.raises(ValueError, match="model must have parameters to train"):
        optim.dry_run(model, case.data)
