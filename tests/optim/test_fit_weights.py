"""Weights of rows and of classes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

import twingrad
from support.fitting import (
    CLASSES,
    HALVES,
    NUMBERS,
    ROWS,
    X,
    check_close,
    check_same,
    differ,
    network,
    state_of,
)
from support.twins import TWINS
from twingrad import nn, optim
from twingrad.data import DataLoader, Dataset, Parts, split
from twingrad.data.augmentation import Mixup, Noise
from twingrad.nn import functional as F
from twingrad.optim.training.weights import row_weights

WEIGHTS = np.random.default_rng(2).uniform(0, 3, ROWS)
LABELS = ("fig", "kiwi", "plum")


def sgd(parameters):
    return optim.SGD(parameters, lr=0.1, momentum=0.9)


def fitted(outputs, data, twin="tensor", **options):
    """The weights of a network behind some epochs."""
    model = network(outputs, twin)
    twingrad.fit(model, data, **{"optimizer": sgd, "epochs": 3, "seed": 0} | options)
    return state_of(model)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("outputs", "targets", "loss"),
    [
        (3, CLASSES, "auto"),
        (1, HALVES, "auto"),
        (1, NUMBERS, "auto"),
        (2, X[:, :2] ** 2, "huber"),
        (1, HALVES, "hinge"),
        (1, NUMBERS, lambda output, target: (output - target)[:, 0].abs()),
    ],
    ids=["classes", "one logit", "numbers", "two numbers", "hinge", "function"],
)
def test_a_row_of_weight_2_counts_as_two(outputs, targets, loss, twin):
    counts = np.arange(ROWS) % 3
    weighted = fitted(
        outputs, (X, targets), twin, loss=loss, sample_weight=counts, batch_size="all"
    )
    doubled = (np.repeat(X, counts, axis=0), np.repeat(targets, counts, axis=0))
    check_close(weighted, fitted(outputs, doubled, twin, loss=loss, batch_size="all"), 1e-12)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, ROWS + 2), st.floats(1e-6, 1e6))
def test_only_the_proportions_of_weights_count(batch_size, factor):
    ones = fitted(3, (X, CLASSES), batch_size=batch_size)
    check_close(fitted(3, (X, CLASSES), batch_size=batch_size, sample_weight=[factor] * ROWS), ones)


SPOILT = np.arange(ROWS) % 4 == 1
KEPT = np.where(SPOILT, 0.0, WEIGHTS)
WORSE = np.where(SPOILT[:, None], X + 100, X)


def left_off(data):
    """A loader that has given two batches of an epoch."""
    loader = DataLoader(data, 5, shuffle=True, seed=5)
    batches = iter(loader)
    next(batches)
    next(batches)
    other = DataLoader(data, 5, shuffle=True, seed=5)
    other.load_state_dict(loader.state_dict())
    return other


FORMS = {
    "pair": lambda x, y: ((x, y), {"batch_size": 5}),
    "data set": lambda x, y: (Dataset(x, y), {"batch_size": 5}),
    "loader": lambda x, y: (DataLoader((x, y), 5, shuffle=True, seed=4), {}),
    "loader in order": lambda x, y: (DataLoader((x, y), 5), {}),
    "loader that leaves rows out": lambda x, y: (
        DataLoader((x, y), 5, shuffle=True, drop_last=True, seed=4),
        {},
    ),
    "loader that was left off": lambda x, y: (left_off((x, y)), {}),
    "augmented": lambda x, y: (
        (x, y),
        {"batch_size": 5, "augment": Noise(0.1)},
    ),
    "accumulated": lambda x, y: ((x, y), {"batch_size": 2, "accumulate": 3}),
    "share": lambda x, y: ((x, y), {"batch_size": 5, "validation": 0.25}),
    "share of a data set": lambda x, y: (Dataset(x, y), {"batch_size": 5, "validation": 0.25}),
}


@pytest.mark.parametrize("form", FORMS)
def test_weights_stay_with_their_rows(form):
    """Whatever the order, rows of weight 0 may be anything, and others may not."""
    results = [
        fitted(3, data, sample_weight=KEPT, **options)
        for data, options in (FORMS[form](x, CLASSES) for x in (X, WORSE))
    ]
    check_same(*results)
    moved = np.roll(KEPT, 1)
    results = [
        fitted(3, data, sample_weight=moved, **options)
        for data, options in (FORMS[form](x, CLASSES) for x in (X, WORSE))
    ]
    assert differ(*results)


def test_weights_of_parts_are_those_of_the_training_rows():
    parts = split(Dataset(X, CLASSES), validation=0.25, test=0, seed=0)
    assert isinstance(parts, Parts)
    rows = parts.rows.train
    check_same(
        fitted(3, parts, sample_weight=WEIGHTS[rows]),
        fitted(3, Dataset(X, CLASSES), sample_weight=WEIGHTS, validation=0.25),
    )


def test_a_batch_whose_rows_all_weigh_nothing_has_no_gradient():
    model = network(1)
    before = state_of(model)
    history = twingrad.fit(
        model,
        DataLoader((X, NUMBERS), 12),
        sample_weight=[0.0] * 12 + [1.0] * 11,
        epochs=1,
        optimizer=lambda parameters: optim.SGD(parameters, lr=0.1),
        callbacks=[FirstStep(before)],
    )
    assert history["step"] == [2]
    assert differ(before, state_of(model))


class FirstStep(optim.Callback):
    """Looks whether the first step left everything as it was."""

    def __init__(self, before):
        self.before = before

    def on_step_end(self, training):
        if training.step == 1:
            check_same(self.before, state_of(training.model))
            assert training.loss == 0


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("batch_size", [5, "all"])
def test_weights_of_classes_are_those_of_cross_entropy(batch_size, twin):
    weight = [0.5, 2.0, 3.0]
    check_close(
        fitted(3, (X, CLASSES), twin, class_weight=weight, batch_size=batch_size),
        fitted(
            3,
            (X, CLASSES),
            twin,
            loss=nn.CrossEntropyLoss(weight=np.array(weight)).to(twin),
            batch_size=batch_size,
        ),
        1e-12,
    )


def test_weights_of_classes_and_rows_are_multiplied():
    weight = np.array([0.5, 2.0, 3.0])
    check_close(
        fitted(3, (X, CLASSES), class_weight=weight, sample_weight=WEIGHTS),
        fitted(3, (X, CLASSES), sample_weight=weight[CLASSES] * WEIGHTS),
        1e-13,
    )


def test_balanced_classes_have_the_same_weight_in_all():
    weights = row_weights(CLASSES, "balanced", None, None)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=CLASSES)
    np.testing.assert_allclose(weights, expected[CLASSES], rtol=1e-15)
    assert np.bincount(CLASSES, weights) == pytest.approx([ROWS / 3] * 3)


def test_a_class_without_rows_has_no_share_in_the_balance():
    weights = row_weights(np.array([0, 2, 2, 2]), "balanced", None, ("a", "b", "c"))
    assert weights.tolist() == pytest.approx([2, 2 / 3, 2 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("given", "labels", "expected"),
    [
        ({1: 5.0}, None, [1, 5, 1]),
        ({"kiwi": 5.0}, LABELS, [1, 5, 1]),
        ({1: 5.0}, LABELS, [1, 5, 1]),
        ({1: 5.0}, (1, 2, 3), [5, 1, 1]),
        ({3: 5.0, 1: 2.0}, (1, 2, 3), [2, 1, 5]),
        ({1: 5.0}, (2, 1, 0), [1, 5, 1]),
        ({np.int64(2): 5.0}, None, [1, 1, 5]),
        ({}, None, [1, 1, 1]),
        ([1, 2, 3], LABELS, [1, 2, 3]),
        (np.array([1, 2, 3], np.float32), None, [1, 2, 3]),
    ],
)
def test_classes_go_by_their_labels_or_by_their_numbers(given, labels, expected):
    weights = row_weights(np.array([0, 1, 2]), given, None, labels)
    assert weights.tolist() == expected


def test_the_classes_of_a_hinge_may_be_minus_1_and_1():
    signs = 2 * HALVES - 1
    for weight in ("balanced", {-1: 3.0}, [3.0, 1.0]):
        check_same(
            fitted(1, (X, signs), loss="hinge", class_weight=weight),
            fitted(
                1,
                (X, HALVES),
                loss="hinge",
                class_weight={0: 3.0} if isinstance(weight, dict) else weight,
            ),
        )


def test_truth_values_are_classes():
    check_same(
        fitted(1, (X, HALVES == 1), class_weight="balanced"),
        fitted(1, (X, HALVES), class_weight="balanced"),
    )
    check_same(fitted(2, (X, HALVES == 1)), fitted(2, (X, HALVES)))


def test_mixed_rows_keep_the_weights_of_their_places():
    options = {"augment": Mixup(classes=3), "sample_weight": WEIGHTS, "class_weight": "balanced"}
    state = fitted(3, (X, CLASSES), **options)
    check_same(state, fitted(3, (X, CLASSES), **options))
    assert differ(state, fitted(3, (X, CLASSES), augment=Mixup(classes=3)))


def test_validation_is_measured_without_weights():
    model = network(3)
    history = twingrad.fit(
        model,
        (X, CLASSES),
        validation=(X, CLASSES),
        class_weight="balanced",
        sample_weight=WEIGHTS,
        epochs=1,
        seed=0,
    )
    plain = F.cross_entropy(twingrad.tensor(optim.predict(model, X)), twingrad.tensor(CLASSES))
    assert history["validation_loss"][0] == pytest.approx(plain.item(), rel=1e-12)


def test_losses_of_rows_are_asked_for_where_rows_have_weights():
    def mean(output, target):
        return F.mse_loss(output, target)

    with pytest.raises(ValueError, match=r"one number for each of the 23 rows, got shape \(\)"):
        fitted(1, (X, NUMBERS), loss=mean, sample_weight=WEIGHTS, batch_size="all")


WRONG = [
    ({"sample_weight": [1.0] * 22}, ValueError, r"one number for each row, 23 in all, got .*22"),
    ({"sample_weight": np.ones((ROWS, 1))}, ValueError, r"give it the shape \(23,\)"),
    ({"sample_weight": 1.0}, ValueError, r"got shape \(\)"),
    ({"sample_weight": "all"}, TypeError, "sample_weight must be numbers, one for each row"),
    ({"sample_weight": [-1.0] * ROWS}, ValueError, "finite numbers from 0 on, not all 0, got -1"),
    ({"sample_weight": [0.0] * ROWS}, ValueError, "not all 0, got 0 to 0"),
    ({"sample_weight": [np.nan] * ROWS}, ValueError, "finite numbers"),
    ({"sample_weight": [np.inf] * ROWS}, ValueError, "finite numbers"),
    ({"class_weight": "balance"}, ValueError, "'balanced', a dictionary or numbers, got 'balance'"),
    ({"class_weight": [1.0, 2.0]}, ValueError, "one number for each class, 3 in all"),
    ({"class_weight": {3: 1.0}}, ValueError, "must name classes, got 3: the classes are 0, 1, 2"),
    ({"class_weight": {"fig": 1.0}}, ValueError, "must name classes, got 'fig'"),
    ({"class_weight": {0: -1.0}}, ValueError, "class_weight must be finite numbers from 0 on"),
    ({"class_weight": {0: "a"}}, TypeError, "class_weight must be numbers, one for each class"),
    (
        {"class_weight": "balanced", "loss": nn.CrossEntropyLoss(weight=[1.0, 2.0, 3.0])},
        ValueError,
        "weights belong in one place, got CrossEntropyLoss with a weight",
    ),
]


@pytest.mark.parametrize(("options", "error", "message"), WRONG)
def test_wrong_weights_are_refused(options, error, message):
    model = network(3)
    before = state_of(model)
    with pytest.raises(error, match=message):
        twingrad.fit(model, (X, CLASSES), epochs=1, **options)
    check_same(before, state_of(model))


@pytest.mark.parametrize("targets", [NUMBERS, np.stack([HALVES, HALVES], 1)])
def test_weights_of_classes_need_classes(targets):
    with pytest.raises(ValueError, match="class_weight needs targets that are classes"):
        fitted(2, (X, targets), loss="mse", class_weight="balanced")


def test_weights_of_classes_need_classes_that_are_counted():
    with pytest.raises(ValueError, match="counted from 0, or -1 and 1, got -2"):
        fitted(3, (X, CLASSES - 2), class_weight="balanced")


@pytest.mark.parametrize("weights", [{"class_weight": "balanced"}, {"sample_weight": WEIGHTS}])
def test_weights_need_rows_that_are_known(weights):
    with pytest.raises(ValueError, match="need to know the rows, got batches in a list"):
        fitted(3, [(X, CLASSES)], **weights)
