"""What ``fit`` refuses, in one sentence each, and nothing is changed by it."""

import numpy as np
import pytest

import twingrad
from support.fitting import (
    CLASSES,
    HALVES,
    NUMBERS,
    X,
    check_same,
    network,
    state_of,
)
from twingrad import data, nn, optim
from twingrad.data import DataLoader, Table, toys
from twingrad.data.augmentation import Noise
from twingrad.nn.losses.names import LOSSES
from twingrad.optim.names import OPTIMIZERS

PARTS = data.split(toys.moons(50), validation=0.2, test=0.2)
DATA = [
    (None, TypeError, "data must be a Dataset, a pair .* got NoneType"),
    ("digits", TypeError, "data must be a Dataset, a pair .* got str"),
    ({"x": X, "y": CLASSES}, TypeError, "got dict"),
    ((X, CLASSES, X), TypeError, "got tuple"),
    (zip([X], [CLASSES], strict=True), TypeError, "got zip"),
    (X, TypeError, "must give batches that are pairs .* got ndarray: .* the tuple"),
    ([X, CLASSES], TypeError, "must give batches that are pairs .* got ndarray: .* the tuple"),
    ([(X, CLASSES, X)], TypeError, "pairs of inputs and targets, got tuple of 3"),
    ([], ValueError, "data must give at least one batch, got none"),
    ([(X, CLASSES[:3])], ValueError, r"equally many rows .* \(23, 3\) and \(3,\)"),
    (Table({"a": [1.0, 2.0]}), TypeError, "data must be numbers, got a Table: prepare it"),
    (PARTS.test, TypeError, "the test part is neither to train nor to validate with"),
]


@pytest.mark.parametrize(("given", "error", "message"), DATA)
def test_what_is_no_data_is_refused(given, error, message):
    with pytest.raises(error, match=message) as caught:
        twingrad.fit(network(3), given, epochs=1)
    assert "fit" in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        (X[:0], CLASSES[:0]),
        (X, CLASSES[:3]),
        (X, None),
        (X, np.array(["a"] * len(X))),
        (X.astype(complex), CLASSES),
    ],
)
def test_arrays_that_are_none_of_numbers_by_rows_are_refused(given):
    with pytest.raises(
        (TypeError, ValueError),
        match=r"(data must be (arrays|real numbers)|y must be numbers, got text)",
    ):
        twingrad.fit(network(3), given, epochs=1)


VALIDATION = [
    ("all", TypeError, "validation must be a Dataset, a pair .* got str"),
    (True, TypeError, "validation must be a Dataset, a pair .* got bool"),
    (X, TypeError, "validation must give batches that are pairs"),
    ([], ValueError, "validation must give at least one batch"),
    ([(X, CLASSES[:3])], ValueError, "validation must give batches with equally many rows"),
    (Table({"a": [1.0, 2.0]}), TypeError, "validation must be numbers, got a Table"),
    (PARTS, TypeError, "validation must be a Dataset, a pair .* got Parts"),
    (PARTS.test, TypeError, "the test part is neither to train nor to validate with"),
    (iter([(X, CLASSES)]), TypeError, "validation must be a Dataset.* got list_iterator"),
    (-0.1, ValueError, "validation must be a share"),
    (1.0, ValueError, "validation must be a share"),
    (23, ValueError, "validation .* must leave rows to train"),
    (np.nan, ValueError, "validation must be a share"),
]


@pytest.mark.parametrize(("given", "error", "message"), VALIDATION)
def test_what_cannot_be_validated_with_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        twingrad.fit(network(3), (X, CLASSES), validation=given, epochs=1)


@pytest.mark.parametrize("given", [[(X, CLASSES)], DataLoader((X, CLASSES))])
def test_only_rows_that_are_known_can_be_split(given):
    with pytest.raises(TypeError, match=r"only a Dataset or a pair \(x, y\) can be split"):
        twingrad.fit(network(3), given, validation=0.1)


def test_parts_bring_their_own_validation():
    with pytest.raises(ValueError, match="validation must be left out where data are Parts"):
        twingrad.fit(nn.MLP(2, [4], 2), PARTS, validation=0.1)


@pytest.mark.parametrize("given", [[(X, CLASSES)], DataLoader((X, CLASSES))])
@pytest.mark.parametrize(("name", "option"), [("batch_size", 8), ("augment", Noise(0.1))])
def test_what_a_loader_decides_is_not_said_twice(given, name, option):
    with pytest.raises(ValueError, match=f"{name} must be left out where data come in batches"):
        twingrad.fit(network(3), given, **{name: option})


OPTIONS = [
    ({"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
    ({"epochs": 1.5}, TypeError, "epochs must be a whole number, got float 1.5"),
    ({"epochs": True}, TypeError, "epochs must be a whole number, got bool"),
    ({"epochs": None}, TypeError, "epochs must be a whole number, got NoneType"),
    ({"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
    ({"batch_size": 2.0}, TypeError, "batch_size must be a whole number, got float"),
    ({"batch_size": "whole"}, ValueError, "batch_size must be a number of rows or 'all'"),
    ({"accumulate": 0}, ValueError, "accumulate must be at least 1, got 0"),
    ({"accumulate": "2"}, TypeError, "accumulate must be a whole number, got str"),
    ({"clip": 0}, ValueError, "clip must be above 0 and finite, got 0"),
    ({"clip": np.nan}, ValueError, "clip must be above 0 and finite, got nan"),
    ({"clip": True}, TypeError, "clip must be a real number, got bool"),
    ({"clip": "norm"}, TypeError, "clip must be a real number, got str"),
    ({"optimizer": "adm"}, ValueError, "got 'adm': did you mean 'adam'?"),
    ({"optimizer": "ftrl"}, ValueError, "got 'ftrl': the names are adadelta, .*sgd"),
    ({"optimizer": 0.1}, TypeError, "optimizer must be a name, an Optimizer or a function"),
    ({"optimizer": lambda parameters: 0.1}, TypeError, "optimizer must be an Optimizer of"),
    (
        {"optimizer": optim.SGD(network(3).parameters(), lr=0.1)},
        ValueError,
        "optimizer must have parameters of the model, got one of others",
    ),
    ({"loss": "mes"}, ValueError, "got 'mes': did you mean 'mse'?"),
    ({"loss": "contrast"}, ValueError, "got 'contrast': the names are bce, .*squared_hinge"),
    ({"loss": None}, TypeError, "loss must be the name of a loss, a module or a function"),
    ({"loss": nn.MSELoss}, TypeError, "got the class MSELoss"),
    ({"loss": lambda output, target: 1.0}, TypeError, "loss must give an operand .* got float"),
    ({"regularizer": 0.1}, TypeError, "regularizer must be a Regularizer or a list"),
    ({"regularizer": [0.1]}, TypeError, "regularizer must be a Regularizer or a list"),
    ({"regularizer": nn.L2}, TypeError, "regularizer must be a Regularizer or a list"),
    ({"metrics": [len], "validation": 0.2}, TypeError, "metrics must be a dictionary"),
    ({"metrics": {"a": 1}, "validation": 0.2}, TypeError, "metrics must be a dictionary"),
    ({"metrics": {1: max}, "validation": 0.2}, TypeError, "metrics must be a dictionary"),
    ({"metrics": {"loss": max}, "validation": 0.2}, ValueError, "names of their own, got 'loss'"),
    ({"metrics": {"a": max}}, ValueError, "metrics need something to measure"),
    (
        {"metrics": {"a": lambda *both: "text"}, "validation": 0.2},
        TypeError,
        "a must be a real number, got str",
    ),
    ({"progress": 1}, TypeError, "progress must be True or False, got 1"),
    ({"resume": 1}, TypeError, "resume must be True or False, got 1"),
    ({"resume": True}, ValueError, "resume=True needs the folder of the checkpoints"),
]


@pytest.mark.parametrize(("options", "error", "message"), OPTIONS)
def test_an_option_out_of_range_is_refused(options, error, message):
    model = network(3)
    before = state_of(model)
    twingrad.manual_seed(0)
    with pytest.raises(error, match=message) as caught:
        twingrad.fit(model, (X, CLASSES), **{"epochs": 1} | options)
    assert "fit: " in str(caught.value)
    assert "\n" not in str(caught.value)
    if "validation" not in options:
        check_same(before, state_of(model))


def test_augmentation_is_checked_by_the_loader():
    with pytest.raises(TypeError, match="must be"):
        twingrad.fit(network(3), (X, CLASSES), augment=3)


@pytest.mark.parametrize("model", [None, nn.MLP, lambda x: x])
def test_what_is_no_model_is_refused(model):
    with pytest.raises(TypeError, match="fit: model must be a Module"):
        twingrad.fit(model, (X, CLASSES))


def test_a_model_without_anything_to_train_is_refused():
    frozen = network(3)
    frozen.requires_grad_(False)
    for model in (nn.ReLU(), frozen):
        with pytest.raises(ValueError, match="fit: model must have parameters to train, got none"):
            twingrad.fit(model, (X, CLASSES))


class Both(nn.Module):
    """Gives more than its outputs."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3).double()

    def forward(self, x):
        return self.layer(x), x


def test_a_model_gives_one_operand():
    with pytest.raises(TypeError, match="fit: model must give an operand, got tuple"):
        twingrad.fit(Both(), (X, CLASSES))


@pytest.mark.parametrize(
    ("outputs", "targets", "options", "error", "message"),
    [
        (2, CLASSES, {}, IndexError, "classes from 0 to 1, as the input has 2, got 2"),
        (3, CLASSES - 1, {}, IndexError, "classes from 0 to 2, as the input has 3, got -1"),
        (1, CLASSES, {}, ValueError, "an output for each class, got 1 for classes up to 2"),
        (1, 2 * HALVES - 1, {}, ValueError, r"target must lie in \[0, 1\], got -1"),
        (2, NUMBERS, {}, ValueError, "the model must have one output, got 2"),
        (1, X[:, :2], {}, ValueError, r"shape of the input, \(23, 1\), got \(23, 2\)"),
        (3, CLASSES[:, None], {}, ValueError, r"target must have the shape"),
        (1, NUMBERS, {"loss": "bce_with_logits"}, ValueError, r"target must lie in \[0, 1\]"),
        (1, NUMBERS, {"loss": "hinge"}, ValueError, "hinge_loss: target must"),
    ],
)
def test_targets_that_do_not_fit_the_outputs_are_refused(outputs, targets, options, error, message):
    model = network(outputs)
    before = state_of(model)
    with pytest.raises(error, match=message):
        twingrad.fit(model, (X, targets), batch_size="all", epochs=1, **options)
    check_same(before, state_of(model))


@pytest.mark.parametrize("wrong", ["clip", "regularizer", "metrics", "callbacks", "progress"])
def test_a_refused_call_leaves_the_optimizer_as_it_was(wrong):
    model = network(3)
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    before = optimizer.state_dict()
    options = {"optimizer": optimizer, "schedule": "onecycle", wrong: "no"}
    with pytest.raises(TypeError, match=f"fit: {wrong} must be"):
        twingrad.fit(model, (X, CLASSES), **options)
    assert optimizer.state_dict() == before


def test_the_width_of_the_inputs_is_named():
    with pytest.raises(ValueError, match="the last length of input must be in_features, 3"):
        twingrad.fit(network(3), (X[:, :2], CLASSES))


def test_names_are_those_that_are_listed():
    assert [*OPTIMIZERS] == sorted(OPTIMIZERS)
    assert [*LOSSES] == sorted(LOSSES)
