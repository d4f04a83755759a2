"""Both twins are fitted in the same way."""

import numpy as np
import pytest

import twingrad
from support.fitting import (
    CLASSES,
    HALVES,
    NUMBERS,
    ROWS,
    X,
    check_close,
    network,
    state_of,
)
from twingrad import nn, optim
from twingrad.data import Dataset
from twingrad.data.augmentation import Mixup, Noise
from twingrad.nn.losses.names import LOSSES

WEIGHTS = np.random.default_rng(2).uniform(0, 3, ROWS)

FITS = {
    "classes": (3, CLASSES, {}),
    "one logit": (1, HALVES, {}),
    "numbers": (1, NUMBERS, {}),
    "two numbers": (2, X[:, :2] ** 2, {}),
    "schedule": (3, CLASSES, {"schedule": "onecycle"}),
    "plateau": (3, CLASSES, {"schedule": "plateau", "validation": (X, CLASSES)}),
    "clipping": (3, CLASSES, {"clip": 0.1}),
    "penalties": (3, CLASSES, {"regularizer": [nn.L1(1e-2), nn.L2(1e-2)]}),
    "accumulation": (3, CLASSES, {"accumulate": 2}),
    "weights": (3, CLASSES, {"class_weight": "balanced", "sample_weight": WEIGHTS}),
    "noise": (1, NUMBERS, {"augment": Noise(0.1)}),
    "mixing": (3, CLASSES, {"augment": [Noise(0.1), Mixup(classes=3)]}),
    "validation": (3, CLASSES, {"validation": 0.25, "early_stopping": 1}),
    "descent with all rows": (1, NUMBERS, {"optimizer": "lbfgs", "batch_size": "all"}),
}


def check_twins(make, data, **options):
    """That both twins have the same history and the same weights behind it."""
    found = []
    for twin in ("scalar", "tensor"):
        model = make(twin)
        options = {"epochs": 3, "batch_size": 6, "seed": 0} | options
        history = twingrad.fit(model, data, **options)
        found.append((history, state_of(model)))
    (history, state), (other, other_state) = found
    assert history.names == other.names
    for name in history.names:
        if name != "seconds":
            np.testing.assert_allclose(history[name], other[name], rtol=1e-9, err_msg=name)
    check_close(state, other_state, 1e-10)


@pytest.mark.parametrize("name", FITS)
def test_both_twins_go_the_same_way(name):
    outputs, targets, options = FITS[name]
    check_twins(lambda twin: network(outputs, twin), (X, targets), **options)


def test_both_twins_drop_the_same_outputs_and_have_the_same_running_means():
    def make(twin):
        model = network(3, twin, norm="batch", dropout=0.25, bias=False)
        assert any("running_mean" in name for name in state_of(model))
        return model

    check_twins(make, Dataset(X, CLASSES), optimizer="sgd", validation=0.2)


def targets_for(loss):
    """Targets that a loss can be computed of."""
    if loss in ("cross_entropy", "nll", "multi_margin"):
        return 3, CLASSES
    if loss in ("mse", "l1", "huber", "smooth_l1", "log_cosh"):
        return 1, NUMBERS
    return 1, NUMBERS**2 if loss == "poisson_nll" else HALVES


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_by_its_name_is_the_same_on_both_twins(loss, weighted):
    outputs, targets = targets_for(loss)
    ends = {"bce": nn.Sigmoid, "nll": lambda: nn.LogSoftmax(1)}

    def make(twin):
        model = network(outputs, twin)
        return nn.Sequential(model, ends[loss]()) if loss in ends else model

    options = {"sample_weight": WEIGHTS} if weighted else {}
    check_twins(make, (X, targets), loss=loss, optimizer="sgd", validation=(X, targets), **options)


@pytest.mark.parametrize("name", sorted(optim.names.OPTIMIZERS.keys() - {"lbfgs"}))
def test_each_optimizer_by_its_name_is_the_same_on_both_twins(name):
    check_twins(lambda twin: network(1, twin), (X, NUMBERS), optimizer=name, schedule="cosine")
