"""A training by scikit-learn and one by ``fit``: from the same weights, with the same batches.

What is a convention of scikit-learn is said here, and nowhere in ``fit``:

- The penalty of a batch is ``alpha / 2 * sum(w**2)`` over its rows, of the weights without biases.
- The squared error is halved.
- Two classes have one logit.
- Adam divides by ``sqrt(v) + epsilon`` before it corrects the bias of ``v``, where PyTorch, and
  this library, correct it first: their ``eps`` is ``epsilon / sqrt(1 - beta_2**t)``.
- The rows are drawn anew in each epoch from those of the epoch before, not from their first order.
"""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils import gen_batches, shuffle

import twingrad
from twingrad import data, nn, optim
from twingrad.nn import functional as F

EPOCHS = 12
HIDDEN = [16, 8]
ALPHA = 0.1
EPSILON = 1e-3
"""Large enough that Adam goes another way where the bias is corrected first."""
TOLERANCE = 1e-9
"""Rounding alone came to 1e-15."""

BATCH_SIZES = {"iris": 32, "wine": 50, "digits": 200, "breast_cancer": 100, "diabetes": 64}
"""None of them divides the rows of its set: the last batch of an epoch has fewer."""

SOLVERS = {
    "sgd": (
        {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0.0},
        lambda parameters: optim.SGD(parameters, lr=0.1),
    ),
    "momentum": (
        {"solver": "sgd", "learning_rate_init": 0.05, "nesterovs_momentum": False},
        lambda parameters: optim.SGD(parameters, lr=0.05, momentum=0.9),
    ),
    "nesterov": (
        {"solver": "sgd", "learning_rate_init": 0.05},
        lambda parameters: optim.SGD(parameters, lr=0.05, momentum=0.9, nesterov=True),
    ),
    "adam": (
        {"solver": "adam", "learning_rate_init": 0.01, "epsilon": EPSILON},
        lambda parameters: optim.Adam(parameters, lr=0.01, eps=EPSILON),
    ),
}
"""The options of scikit-learn, and the same optimizer here."""


def prepared(name):
    """A data set with standardized inputs and, if it is a regression, standardized targets."""
    whole = data.load(name)
    return data.Preparation.fit(whole).apply(whole)


def network(dataset):
    """A network in double precision with as many outputs as scikit-learn has."""
    twingrad.manual_seed(0)
    outputs = len(dataset.classes) if dataset.task == "multiclass" else 1
    return nn.MLP(dataset.x.shape[1], HIDDEN, outputs, activation="tanh").double()


def layers(model):
    return [module for module in model if isinstance(module, nn.Linear)]


class Shuffled:
    """The batches of scikit-learn, in a new order each time they are gone through."""

    def __init__(self, dataset, batch_size, seed):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = np.random.RandomState(seed)
        self.rows = np.arange(len(dataset))

    def __iter__(self):
        self.rows = shuffle(self.rows, random_state=self.generator)
        for places in gen_batches(len(self.rows), self.batch_size):
            yield self.dataset.x[self.rows[places]], self.dataset.y[self.rows[places]]


def in_order(dataset, batch_size):
    """The batches of scikit-learn without shuffling."""
    return [(dataset.x[rows], dataset.y[rows]) for rows in gen_batches(len(dataset), batch_size)]


def with_penalty(model, task):
    """The loss of scikit-learn."""

    def loss(output, target):
        weights = [layer.weight for layer in layers(model)]
        penalty = ALPHA / 2 * sum(weight.square().sum() for weight in weights) / output.shape[0]
        if task == "multiclass":
            return F.cross_entropy(output, target) + penalty
        if task == "binary":
            return F.binary_cross_entropy_with_logits(output[:, 0], target.double()) + penalty
        return F.mse_loss(output, target) / 2 + penalty

    return loss


class EpsilonBeforeCorrection(optim.Callback):
    """Adam's ``eps`` for each step as scikit-learn has it."""

    def on_train_begin(self, training):
        self.set_for_next_step(training)

    def on_step_end(self, training):
        self.set_for_next_step(training)

    def set_for_next_step(self, training):
        for group in training.optimizer.param_groups:
            beta_2 = group["betas"][1]
            group["eps"] = EPSILON / np.sqrt(1 - beta_2 ** (training.step + 1))


def trained_there(dataset, model, options, shuffled, alpha=ALPHA):
    """scikit-learn's estimator, trained from the weights of the model."""
    kind = MLPRegressor if dataset.task == "regression" else MLPClassifier
    estimator = kind(
        hidden_layer_sizes=HIDDEN,
        activation="tanh",
        alpha=alpha,
        batch_size=BATCH_SIZES[dataset.name],
        shuffle=shuffled,
        random_state=0,
        max_iter=1,
        tol=0.0,
        n_iter_no_change=2 * EPOCHS,
        **options,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(dataset.x, dataset.y)  # makes what warm_start begins with
        estimator.coefs_ = [layer.weight.detach().numpy().T.copy() for layer in layers(model)]
        estimator.intercepts_ = [layer.bias.detach().numpy().copy() for layer in layers(model)]
        estimator.set_params(warm_start=True, max_iter=EPOCHS).fit(dataset.x, dataset.y)
    estimator.loss_curve_ = estimator.loss_curve_[1:]
    return estimator


def trained_here(dataset, model, solver, optimizer, shuffled):
    """The history of ``fit`` with the batches of scikit-learn."""
    size = BATCH_SIZES[dataset.name]
    return twingrad.fit(
        model,
        Shuffled(dataset, size, 0) if shuffled else in_order(dataset, size),
        loss=with_penalty(model, dataset.task),
        optimizer=optimizer,
        epochs=EPOCHS,
        callbacks=[EpsilonBeforeCorrection()] if solver == "adam" else [],
    )


@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "shuffled"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", BATCH_SIZES)
def test_the_loss_curve_and_the_weights_are_those_of_scikit_learn(name, solver, shuffled):
    dataset = prepared(name)
    assert len(dataset) % BATCH_SIZES[name]
    options, optimizer = SOLVERS[solver]
    model = network(dataset)
    theirs = trained_there(dataset, model, options, shuffled)
    ours = trained_here(dataset, model, solver, optimizer, shuffled)
    assert ours["loss"][-1] < 0.95 * ours["loss"][0]
    check_the_same(ours, model, theirs)


@pytest.mark.parametrize("name", ["iris", "wine", "digits", "breast_cancer"])
def test_the_loss_that_follows_from_classes_is_that_of_scikit_learn_without_a_penalty(name):
    dataset = prepared(name)
    options, optimizer = SOLVERS["nesterov"]
    model = network(dataset)
    theirs = trained_there(dataset, model, options, shuffled=False, alpha=0.0)
    loader = data.DataLoader(dataset, BATCH_SIZES[name])
    ours = twingrad.fit(model, loader, optimizer=optimizer, epochs=EPOCHS)
    check_the_same(ours, model, theirs)
    assert optim.evaluate(model, dataset)["accuracy"] == theirs.score(dataset.x, dataset.y)


def check_the_same(ours, model, theirs):
    """That the loss curves are the same, and the weights behind them."""
    assert len(ours["loss"]) == len(theirs.loss_curve_) == EPOCHS
    assert np.abs(np.subtract(ours["loss"], theirs.loss_curve_)).max() <= TOLERANCE
    for layer, coefficients, intercepts in zip(
        layers(model), theirs.coefs_, theirs.intercepts_, strict=True
    ):
        assert np.abs(layer.weight.detach().numpy().T - coefficients).max() <= TOLERANCE
        assert np.abs(layer.bias.detach().numpy() - intercepts).max() <= TOLERANCE
