"""The dry run tells rates that ruin training from those that are merely great."""

import pytest

import twingrad
from twingrad import data, nn, optim

SGD, MOMENTUM, ADAM = "sgd", "momentum", "adam"
MAKERS = {
    SGD: lambda lr: lambda parameters: optim.SGD(parameters, lr=lr),
    MOMENTUM: lambda lr: lambda parameters: optim.SGD(parameters, lr=lr, momentum=0.9),
    ADAM: lambda lr: lambda parameters: optim.Adam(parameters, lr=lr),
}
TOO_FAST = [
    *(("digits", 32, SGD, 3.0), ("digits", 32, MOMENTUM, 0.3), ("digits", 32, MOMENTUM, 1.0)),
    *(("digits", 32, ADAM, 0.3), ("breast_cancer", 16, SGD, 3.0), ("iris", 16, MOMENTUM, 3.0)),
    *(("breast_cancer", 16, MOMENTUM, 1.0), ("diabetes", 16, MOMENTUM, 0.3)),
]
"""Rates at which 10 epochs end above the loss of constant answers, or at no number."""
RIGHT = [
    *(("digits", 32, SGD, 1.0), ("digits", 32, MOMENTUM, 0.1), ("digits", 32, ADAM, 0.03)),
    *(("breast_cancer", 16, SGD, 1.0), ("breast_cancer", 16, MOMENTUM, 0.3)),
    *(("diabetes", 16, MOMENTUM, 0.03), ("iris", 16, MOMENTUM, 0.3), ("iris", 16, ADAM, 0.1)),
]
"""Greater than usual, and still as good as any."""


def rate_findings(name, width, kind, lr):
    given = data.load(name)
    given = data.Preparation.fit(given).apply(given)
    outputs = 1 if given.classes is None else len(given.classes)
    twingrad.manual_seed(1)
    model = nn.MLP(given.x.shape[1], [width], outputs)
    return optim.dry_run(model, given, optimizer=MAKERS[kind](lr), seed=0).findings


@pytest.mark.parametrize(("name", "width", "kind", "lr"), TOO_FAST)
def test_a_rate_that_ruins_training_is_found_although_one_batch_is_learned(name, width, kind, lr):
    (found,) = rate_findings(name, width, kind, lr)
    assert found.kind == "rate too high"
    assert "changing batches" in found.verdict


@pytest.mark.parametrize(("name", "width", "kind", "lr"), RIGHT)
def test_a_great_rate_that_is_right_is_not_blamed(name, width, kind, lr):
    assert rate_findings(name, width, kind, lr) == ()


def test_methods_for_all_rows_at_once_are_not_told_to_take_smaller_steps():
    given = data.load("breast_cancer")
    given = data.Preparation.fit(given).apply(given)
    twingrad.manual_seed(0)
    model = nn.Linear(30, 2)
    (found,) = optim.dry_run(model, given, optimizer="lbfgs", seed=0).findings
    assert found.kind == "rate too high"
    assert found.cure == "pass batch_size='all', for which LBFGS is made"
    assert optim.dry_run(model, given, optimizer="lbfgs", batch_size="all", seed=0).healthy
