"""What a model gives for data, and how good it is."""

import numpy as np
import pytest

from support.fitting import CLASSES, HALVES, NUMBERS, ROWS, X, check_same, network, state_of
from support.twins import TWINS, integers, numbers, operand
from twingrad import data, nn, optim
from twingrad.data import DataLoader, Dataset, toys
from twingrad.nn import functional as F


def modes(model):
    return [module.training for module in model.modules()]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("batch_size", [1, 5, 1024])
def test_it_is_the_mean_over_all_rows_however_they_are_batched(batch_size, twin):
    model = network(3, twin)
    output = model(operand(twin, X))
    expected = {
        "loss": F.cross_entropy(output, integers(twin, CLASSES)).item(),
        "accuracy": (numbers(output).argmax(1) == CLASSES).mean(),
    }
    found = optim.evaluate(model, (X, CLASSES), batch_size=batch_size)
    assert found == pytest.approx(expected, rel=1e-12)
    assert {type(each) for each in found.values()} == {float}


@pytest.mark.parametrize("twin", TWINS)
def test_outputs_are_those_of_the_model_row_by_row(twin):
    model = network(3, twin)
    expected = numbers(model(operand(twin, X)))
    for batch_size in (1, 5, 1024):
        outputs = optim.predict(model, X, batch_size=batch_size)
        assert type(outputs) is np.ndarray
        assert outputs.dtype == np.float64
        np.testing.assert_allclose(outputs, expected, rtol=1e-12)


def test_any_form_of_data_is_measured_alike(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    model = network(3)
    expected = optim.evaluate(model, (X, CLASSES), batch_size=8)
    for given in (
        (X.tolist(), CLASSES.tolist()),
        Dataset(X, CLASSES),
        Dataset(mapped, CLASSES),
        Dataset(mapped, CLASSES)[np.arange(ROWS)],
        DataLoader((X, CLASSES), 8),
        [(X[rows], CLASSES[rows]) for rows in (slice(0, 8), slice(8, 16), slice(16, ROWS))],
    ):
        assert optim.evaluate(model, given, batch_size=8) == expected
    np.testing.assert_array_equal(optim.predict(model, mapped), optim.predict(model, X))


def test_numbers_are_cast_to_the_floats_of_the_model():
    model = network(3, double=False)
    assert optim.predict(model, X).dtype == np.float32
    assert optim.evaluate(model, (X, CLASSES)) == optim.evaluate(
        model, (X.astype(np.float32), CLASSES)
    )


@pytest.mark.parametrize("mode", [True, False])
def test_the_model_is_evaluated_and_put_back(mode):
    model = network(3, norm="batch", dropout=0.5).train(mode)
    model[1].eval()
    before, state = modes(model), state_of(model)
    assert optim.evaluate(model, (X, CLASSES)) == optim.evaluate(model, (X, CLASSES))
    np.testing.assert_array_equal(optim.predict(model, X), optim.predict(model, X))
    assert modes(model) == before
    check_same(state_of(model), state)


def test_the_model_is_put_back_after_an_error():
    model = network(3).train()
    with pytest.raises(ValueError, match="in_features"):
        optim.predict(model, X[:, :2])
    with pytest.raises(ValueError, match="in_features"):
        optim.evaluate(model, (X[:, :2], CLASSES))
    assert all(modes(model))
    assert model(operand("tensor", X)).requires_grad


def test_nothing_is_recorded():
    recorded = []

    def loss(output, target):
        recorded.append(output.requires_grad)
        return output.mean()

    optim.evaluate(network(3), (X, CLASSES), loss)
    assert recorded == [False]


def test_so_many_rows_are_computed_at_once():
    sizes = []

    class Noting(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = network(3)

        def forward(self, x):
            sizes.append(len(x))
            return self.model(x)

    model = Noting()
    optim.predict(model, X, batch_size=9)
    optim.evaluate(model, (X, CLASSES), batch_size=10)
    optim.predict(model, np.zeros((2500, 3)))
    assert sizes == [9, 9, 5, 10, 10, 3, 1024, 1024, 452]


def test_metrics_are_given_all_outputs_and_all_targets():
    model = network(1)
    found = optim.evaluate(
        model,
        (X, NUMBERS),
        batch_size=4,
        metrics={
            "rows": lambda outputs, targets: len(outputs),
            "mae": lambda outputs, targets: np.abs(outputs[:, 0] - targets).mean(),
        },
    )
    mean = F.l1_loss(model(operand("tensor", X))[:, 0], operand("tensor", NUMBERS)).item()
    assert found["rows"] == ROWS
    assert found["mae"] == pytest.approx(mean, rel=1e-12)
    assert [*found] == ["loss", "rows", "mae"]


ACCURACIES = {
    "classes": (3, CLASSES, "auto", lambda outputs: outputs.argmax(1) == CLASSES),
    "one logit": (1, HALVES, "auto", lambda outputs: (outputs[:, 0] > 0) == HALVES),
    "truth values": (1, HALVES == 1, "auto", lambda outputs: (outputs[:, 0] > 0) == HALVES),
    "hinge": (1, HALVES, "hinge", lambda outputs: (outputs[:, 0] > 0) == HALVES),
    "signs": (1, 2 * HALVES - 1, "hinge", lambda outputs: (outputs[:, 0] > 0) == HALVES),
    "squares": (1, HALVES, "mse", lambda outputs: (outputs[:, 0] > 0.5) == HALVES),
    "function": (
        1,
        HALVES,
        lambda output, target: F.soft_margin_loss(output[:, 0], 2 * target.double() - 1),
        lambda outputs: (outputs[:, 0] > 0) == HALVES,
    ),
}


@pytest.mark.parametrize("name", ACCURACIES)
def test_the_accuracy_is_the_share_of_rows_whose_class_is_right(name):
    outputs, targets, loss, right = ACCURACIES[name]
    model = network(outputs)
    expected = right(optim.predict(model, X)).mean()
    assert 0 < expected < 1
    assert optim.evaluate(model, (X, targets), loss)["accuracy"] == expected


def test_a_probability_speaks_for_its_class_from_a_half_on():
    model = nn.Sequential(network(1), nn.Sigmoid())
    expected = ((optim.predict(model, X)[:, 0] > 0.5) == HALVES).mean()
    assert optim.evaluate(model, (X, HALVES), "bce")["accuracy"] == expected


@pytest.mark.parametrize(
    ("outputs", "targets", "loss"),
    [
        (1, NUMBERS, "auto"),
        (1, np.arange(ROWS), "mse"),
        (3, np.eye(3)[CLASSES], "cross_entropy"),
        (1, HALVES[:, None], "auto"),
    ],
)
def test_where_rows_have_no_class_there_is_no_accuracy(outputs, targets, loss):
    assert [*optim.evaluate(network(outputs), (X, targets), loss)] == ["loss"]


PARTS = data.split(toys.moons(50), validation=0.2, test=0.2)
WRONG = [
    (3, (X, CLASSES), {}, TypeError, "evaluate: model must be a Module, got int"),
    (None, "digits", {}, TypeError, "evaluate: data must be a Dataset, a pair"),
    (None, PARTS, {}, TypeError, "evaluate: data must be a Dataset.* got Parts"),
    (None, PARTS.test, {}, TypeError, "evaluate: data must be a Dataset.* got Holdout"),
    (None, [], {}, ValueError, "evaluate: data must give at least one batch"),
    (None, [(X, CLASSES[:3])], {}, ValueError, "evaluate: data must give batches with equally"),
    (None, [X], {}, TypeError, "evaluate: data must give batches that are pairs"),
    (None, (X, CLASSES), {"batch_size": 0}, ValueError, "evaluate: batch_size must be at least 1"),
    (None, (X, CLASSES), {"batch_size": "all"}, TypeError, "evaluate: batch_size must be a whole"),
    (None, (X, CLASSES), {"metrics": 3}, TypeError, "evaluate: metrics must be a dictionary"),
    (
        None,
        (X, CLASSES),
        {"metrics": {"mae": lambda *_: "low"}},
        TypeError,
        "evaluate: metrics: mae",
    ),
    (None, (X, CLASSES), {"loss": "mes"}, ValueError, "evaluate: loss must .*did you mean 'mse'"),
    (None, (X, CLASSES), {"loss": nn.MSELoss}, TypeError, "evaluate: loss must be the name"),
    (None, (X, CLASSES), {"loss": lambda *_: 0.5}, TypeError, "evaluate: loss must give an op"),
]


@pytest.mark.parametrize(("model", "given", "options", "error", "message"), WRONG)
def test_what_cannot_be_measured_is_refused(model, given, options, error, message):
    with pytest.raises(error, match=message):
        optim.evaluate(network(3) if model is None else model, given, **options)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (Dataset(X, CLASSES), TypeError, "predict: x must be an array of numbers, .* got Dataset"),
        ((X, CLASSES), TypeError, "predict: x must be an array of numbers, .* got tuple: pass the"),
        (None, TypeError, "predict: x must be an array of numbers, .* got NoneType"),
        (["a", "b"], TypeError, "predict: x must be an array of numbers"),
        (3.0, TypeError, "predict: x must be an array of numbers"),
        (X[:0], ValueError, "at least one, got 0"),
    ],
)
def test_what_cannot_be_predicted_from_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        optim.predict(network(3), given)


def test_options_of_predict_are_checked():
    with pytest.raises(TypeError, match="predict: model must be a Module"):
        optim.predict(3, X)
    with pytest.raises(ValueError, match="predict: batch_size must be at least 1"):
        optim.predict(network(3), X, batch_size=0)


def test_a_model_without_parameters_can_be_measured():
    assert optim.predict(nn.ReLU(), X).tolist() == np.maximum(X, 0).tolist()
    assert optim.evaluate(nn.Identity(), (X, X)) == {"loss": 0.0}
