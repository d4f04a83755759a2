"""Figures: how good answers are."""

from math import isnan, sqrt

import numpy as np
import pytest

from twingrad import nn
from twingrad.data import Dataset, Preparation
from twingrad.workflow.measures import NAMES, answers, figures, in_brief, names_shown


def identity(width):
    """A network that gives its inputs."""
    model = nn.MLP(width, [], width)
    model.load_state_dict({"0.weight": np.eye(width), "0.bias": np.zeros(width)})
    return model.eval()


def examined(x, y, loss, classes=None):
    """The answers of a network that gives its inputs, and the figures."""
    data = Dataset(x, y, classes=classes)
    preparation = Preparation.fit(data)
    model = identity(data.x.shape[1])
    prepared = Dataset(data.x, preparation.apply(data).y, classes=data.classes)
    found = answers(model, data.x, preparation, loss)
    return found, figures(model, prepared, found, preparation, loss)


def test_classes_by_hand():
    logits = np.log([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8]])
    found, own = examined(logits, [0, 1, 1, 2], "cross_entropy")
    assert found.predicted.tolist() == [0, 1, 0, 2]
    np.testing.assert_allclose(found.probabilities, np.exp(logits), rtol=1e-6)
    expected = -np.log([0.7, 0.5, 0.3, 0.8]).mean()
    assert own["accuracy"] == 0.75
    assert own["balanced_accuracy"] == pytest.approx((1 + 0.5 + 1) / 3)
    assert own["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert own["log_loss"] == pytest.approx(expected)
    assert own["loss"] == pytest.approx(expected)
    assert "roc_auc" not in own


def test_two_classes_have_one_output():
    logits = [[-2.0], [-1.0], [0.5], [1.0]]
    found, own = examined(logits, [0, 1, 0, 1], "bce_with_logits")
    assert found.predicted.tolist() == [0, 0, 1, 1]
    assert own["accuracy"] == 0.5
    assert own["roc_auc"] == 0.75
    np.testing.assert_allclose(found.probabilities.sum(1), 1)


def test_margins_have_no_probabilities():
    found, own = examined([[-2.0], [1.0]], [0, 1], "hinge")
    assert found.probabilities is None
    assert set(own) == {"loss", "accuracy", "balanced_accuracy", "macro_f1"}


def test_numbers_are_measured_in_their_own_unit():
    y = np.array([100.0, 200.0, 300.0, 400.0])
    shares = np.array([0, 0.1, 0, -0.3])
    found, own = examined(((y - y.mean()) / y.std() + shares)[:, None], y, "mse")
    errors = shares * y.std()
    np.testing.assert_allclose(found.predicted - y, errors, atol=1e-4)
    assert own["mae"] == pytest.approx(np.abs(errors).mean(), rel=1e-5)
    assert own["rmse"] == pytest.approx(sqrt((errors**2).mean()), rel=1e-5)
    assert own["r2"] == pytest.approx(1 - (errors**2).mean() / y.var(), rel=1e-5)
    assert own["loss"] == pytest.approx((errors**2).mean() / y.var(), rel=1e-5)


def test_several_numbers_in_a_row():
    y = np.array([[1.0, 10.0], [2.0, 30.0], [3.0, 20.0]])
    found, own = examined((y - y.mean(0)) / y.std(0), y, "mse")
    np.testing.assert_allclose(found.predicted, y, rtol=1e-6)
    assert own["r2"] == pytest.approx(1)


def test_what_is_not_defined_is_nan():
    _, own = examined([[0.0], [1.0]], [1, 1], "bce_with_logits", classes=("no", "yes"))
    assert isnan(own["roc_auc"])
    preparation = Preparation.fit(Dataset([[1.0], [2.0]], [10.0, 20.0]))
    single = Dataset([[0.5]], [1.0])
    found = answers(identity(1), single.x, preparation, "mse")
    own = figures(identity(1), single, found, preparation, "mse")
    assert isnan(own["r2"])
    assert own["mae"] == pytest.approx(2.5)


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_broken_network_has_figures_all_the_same(broken):
    model = identity(2)
    model.load_state_dict({"0.weight": np.full((2, 2), broken), "0.bias": np.zeros(2)})
    for y, loss in [([0, 1], "cross_entropy"), ([[1.0, 2.0], [3.0, 5.0]], "mse")]:
        data = Dataset([[1.0, 2.0], [3.0, 4.0]], y)
        preparation = Preparation.fit(data)
        found = answers(model, data.x, preparation, loss)
        own = figures(model, data, found, preparation, loss)
        assert isnan(own["log_loss" if loss == "cross_entropy" else "rmse"])
        assert set(own) <= set(NAMES)


def test_the_loss_is_not_shown_twice():
    same = {"loss": 0.500001, "accuracy": 0.9, "log_loss": 0.5}
    assert names_shown({"train": same, "test": same}) == ["accuracy", "log_loss"]
    other = same | {"loss": 0.4}
    assert names_shown({"train": same, "test": other}) == ["accuracy", "log_loss", "loss"]
    assert names_shown({"test": {"loss": 0.4, "rmse": 3.0}}) == ["rmse", "loss"]


def test_the_loss_of_numbers_is_not_in_their_unit_and_left_out_in_brief():
    assert in_brief({"loss": 0.5, "rmse": 54.123456}) == "root mean square error 54.12"


def test_figures_are_told_without_what_is_not_defined():
    assert in_brief({"r2": float("nan"), "rmse": 54.123456}) == "root mean square error 54.12"
    assert in_brief({"accuracy": None, "loss": 0.5, "macro_f1": 0.3}) == "loss 0.5"
