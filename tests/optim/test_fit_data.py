"""What can be trained on, and what is only looked at."""

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
    check_same,
    differ,
    network,
    state_of,
)
from support.twins import TWINS, integers, operand
from twingrad import data, nn, optim
from twingrad.data import DataLoader, Dataset, toys
from twingrad.data.augmentation import Augmentation, Mixup, Noise
from twingrad.nn import functional as F
from twingrad.optim.training.batches import MEASURED_AT_ONCE

WORDS = np.random.default_rng(3).integers(0, 7, (ROWS, 4))


def fitted(model, given, **options):
    """The history and the weights of a model behind some epochs."""
    history = twingrad.fit(model, given, **{"epochs": 2, "seed": 0} | options)
    return history, state_of(model)


def in_file(folder, name, array):
    np.save(folder / name, array)
    return np.load(folder / name, mmap_mode="r")


FORMS = {
    "lists": lambda folder: (X.tolist(), CLASSES.tolist()),
    "tensors": lambda folder: (twingrad.tensor(X), twingrad.tensor(CLASSES)),
    "operands of the scalar twin": lambda folder: (operand("scalar", X), CLASSES),
    "bytes": lambda folder: (X, CLASSES.astype(np.uint8)),
    "data set": lambda folder: Dataset(X, CLASSES),
    "memory map": lambda folder: (in_file(folder, "x.npy", X), CLASSES),
    "two memory maps": lambda folder: (
        in_file(folder, "x.npy", X),
        in_file(folder, "y.npy", CLASSES),
    ),
    "data set in a memory map": lambda folder: Dataset(in_file(folder, "x.npy", X), CLASSES),
    "Fortran order": lambda folder: (np.asfortranarray(X), CLASSES),
    "parts": lambda folder: data.split(Dataset(X, CLASSES), validation=0, test=0),
}


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("form", FORMS)
def test_rows_may_be_given_in_any_form(form, twin, tmp_path):
    expected, state = fitted(network(3, twin), (X, CLASSES), batch_size=5)
    history, same = fitted(network(3, twin), FORMS[form](tmp_path), batch_size=5)
    check_same(same, state)
    assert history["loss"] == expected["loss"]
    assert history["accuracy"] == expected["accuracy"]


@pytest.mark.parametrize("share", [0.25, np.float32(0.25), 6])
@pytest.mark.parametrize("form", [form for form in FORMS if form != "parts"])
def test_a_share_may_be_split_off_any_form(form, share, tmp_path):
    expected, state = fitted(network(3), Dataset(X, CLASSES), validation=0.25)
    history, same = fitted(network(3), FORMS[form](tmp_path), validation=share)
    check_same(same, state)
    assert history["validation_loss"] == expected["validation_loss"]


@pytest.mark.parametrize("form", ["pair", "data set"])
def test_no_share_is_no_validation(form):
    given = (X, CLASSES) if form == "pair" else Dataset(X, CLASSES)
    history, state = fitted(network(3), given, validation=0)
    assert "validation_loss" not in history
    check_same(state, fitted(network(3), given)[1])


@pytest.mark.parametrize("targets", [CLASSES, 2 * HALVES, NUMBERS, NUMBERS[:, None]])
def test_a_share_is_split_off_as_split_does_it(targets):
    rows = data.split(
        Dataset(X, targets if targets.dtype.kind == "f" else CLASSES),
        validation=0.25,
        test=0,
        seed=0,
        stratify=targets if targets.dtype.kind == "i" else False,
    ).rows
    outputs = 1 if targets.dtype.kind == "f" else 3
    history, state = fitted(network(outputs), (X, targets), validation=0.25)
    other, expected = fitted(
        network(outputs),
        (X[rows.train], targets[rows.train]),
        validation=(X[rows.validation], targets[rows.validation]),
    )
    check_same(state, expected)
    assert history["validation_loss"] == other["validation_loss"]


@pytest.mark.parametrize("twin", TWINS)
def test_a_loader_gives_the_batches_it_gives_to_a_loop_by_hand(twin):
    history, state = fitted(
        network(3, twin), DataLoader((X, CLASSES), 5, shuffle=True, seed=8), seed=None
    )
    loader = DataLoader((X, CLASSES), 5, shuffle=True, seed=8)
    epochs = [[(x.numpy(), y.numpy()) for x, y in loader] for _ in range(2)]
    other, expected = fitted(network(3, twin), Epochs(epochs))
    check_same(state, expected)
    assert history["loss"] == pytest.approx(other["loss"], rel=1e-14)
    assert loader.epoch == 2


class Epochs:
    """Other batches each time they are gone through, and none more often than is asked for."""

    def __init__(self, epochs):
        self.epochs = iter(epochs)

    def __iter__(self):
        return iter(next(self.epochs))


def test_batches_of_ones_own_are_gone_through_once_an_epoch():
    batches = [(X[:10], NUMBERS[:10]), (X[10:], NUMBERS[10:])]
    model = network(1)
    twingrad.fit(model, Epochs([batches] * 3), validation=Epochs([batches] * 3), epochs=3)


@pytest.mark.parametrize("twin", TWINS)
def test_batches_may_be_operands_of_either_twin(twin):
    batches = [
        (operand(other, X[rows]), integers(other, CLASSES[rows]))
        for other, rows in (("scalar", slice(0, 12)), ("tensor", slice(12, ROWS)))
    ]
    _, state = fitted(network(3, twin), batches)
    _, expected = fitted(network(3, twin), DataLoader((X, CLASSES), 12))
    check_close(state, expected, 1e-12)


def test_outputs_of_shape_n_1_are_beside_targets_of_shape_n():
    results = [
        fitted(network(1), (X, targets), validation=(X, targets))
        for targets in (NUMBERS, NUMBERS[:, None])
    ]
    check_same(results[0][1], results[1][1])
    assert results[0][0]["validation_loss"] == results[1][0]["validation_loss"]


@pytest.mark.parametrize("targets", [NUMBERS, HALVES])
def test_outputs_may_have_the_shape_n(targets):
    flat = nn.Sequential(network(1), nn.Flatten(0))
    history, state = fitted(flat, (X, targets), validation=(X, targets))
    expected, other = fitted(network(1), (X, targets), validation=(X, targets))
    assert [*map(bytes, state.values())] == [*map(bytes, other.values())]
    for name in expected.names:
        if name != "seconds":
            assert history[name] == expected[name]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("share", [None, 0.25])
def test_whole_numbers_stay_what_they_are(twin, share):
    twingrad.manual_seed(0)
    model = nn.Sequential(nn.Embedding(7, 2), nn.Flatten(), nn.Linear(8, 3)).to(twin)
    before = state_of(model)
    history, state = fitted(model, (WORDS, CLASSES), validation=share)
    assert len(history) == 2
    assert differ(before, state)


def test_inputs_may_have_more_dimensions():
    twingrad.manual_seed(0)
    images = np.random.default_rng(0).standard_normal((ROWS, 4, 4))
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 3)).double()
    history, _ = fitted(model, Dataset(images, CLASSES), validation=0.25)
    assert history["loss"][1] < history["loss"][0]


def test_a_class_may_be_absent_and_a_network_may_have_outputs_to_spare():
    for targets in (2 * HALVES, CLASSES):
        history, _ = fitted(network(5), (X, targets), validation=0.25, class_weight="balanced")
        assert all(0 <= share <= 1 for share in history["validation_accuracy"])


def test_one_row_is_enough():
    history, _ = fitted(network(3), (X[:1], CLASSES[:1]), validation=(X[:1], CLASSES[:1]))
    assert history["step"] == [1, 2]


def test_mixed_targets_are_probabilities():
    results = [
        fitted(network(2), Dataset(X, HALVES), augment=augment, validation=(X, HALVES))
        for augment in (Mixup(), Mixup(classes=2))
    ]
    for history, _ in results:
        assert "accuracy" not in history
        assert "validation_accuracy" in history
    check_same(results[0][1], results[1][1])
    assert differ(results[0][1], fitted(network(2), (X, HALVES))[1])


def test_probabilities_are_targets_of_cross_entropy():
    hot = np.eye(3)[CLASSES]
    history, state = fitted(
        network(3), (X, hot), loss="cross_entropy", validation=(X, hot), batch_size=5
    )
    expected, other = fitted(network(3), (X, CLASSES), validation=(X, CLASSES), batch_size=5)
    check_close(state, other, 1e-12)
    assert history["validation_loss"] == pytest.approx(expected["validation_loss"], rel=1e-12)
    assert "accuracy" not in history


class Noted(Augmentation):
    """Changes nothing, and notes the sizes of the batches that it is given."""

    def __init__(self):
        self.sizes = []

    def __call__(self, x, y, generator):
        self.sizes.append(len(x))
        return x, y


def test_only_training_batches_are_augmented():
    noted = Noted()
    options = {"validation": 0.25, "batch_size": 8}
    _, state = fitted(network(3), (X, CLASSES), augment=noted, **options)
    assert noted.sizes == [8, 8, 1] * 2
    check_same(state, fitted(network(3), (X, CLASSES), **options)[1])
    assert differ(state, fitted(network(3), (X, CLASSES), augment=Noise(0.1), **options)[1])


@pytest.mark.parametrize("twin", TWINS)
def test_validation_has_no_influence_on_the_weights(twin):
    def make():
        return network(3, twin, norm="batch", dropout=0.25)

    rows = slice(0, 9)
    _, state = fitted(make(), (X, CLASSES), seed=None)
    for validation in (
        (X[rows], CLASSES[rows]),
        (1000 * X, 2 - CLASSES),
        DataLoader((X, CLASSES), 4, shuffle=True, seed=9),
        [(X, CLASSES)],
    ):
        _, other = fitted(
            make(),
            (X, CLASSES),
            validation=validation,
            metrics={"mean": lambda outputs, targets: outputs.mean()},
            seed=None,
        )
        check_same(state, other)


def test_validation_is_measured_as_evaluate_does_it():
    model = network(3, norm="batch", dropout=0.25)
    history, _ = fitted(model, (X, CLASSES), validation=(X, CLASSES))
    measured = optim.evaluate(model, (X, CLASSES))
    assert measured == {
        "loss": history["validation_loss"][-1],
        "accuracy": history["validation_accuracy"][-1],
    }


class Peeking(optim.Callback):
    """Opens the test part at some point of training."""

    def __init__(self, test, where):
        self.test = test
        self.where = where

    def on_train_begin(self, training):
        self.open("on_train_begin")

    def on_step_end(self, training):
        self.open("on_step_end")

    def on_epoch_end(self, training):
        self.open("on_epoch_end")

    def on_train_end(self, training):
        self.open("on_train_end")

    def open(self, here):
        if here == self.where:
            self.test.open()


@pytest.mark.parametrize("where", ["on_train_begin", "on_step_end", "on_epoch_end", "on_train_end"])
def test_the_test_part_stays_closed_while_training_goes_on(where):
    parts = data.split(toys.moons(50), validation=0.2, test=0.2)
    model = nn.MLP(2, [4], 2)
    with pytest.raises(RuntimeError, match="closed while training is going on"):
        twingrad.fit(model, parts, epochs=1, callbacks=[Peeking(parts.test, where)])
    assert not data.holdout.is_training()
    assert len(parts.test.open()) == 10


def test_a_loss_or_a_metric_cannot_open_the_test_part_either():
    parts = data.split(toys.moons(50), validation=0.2, test=0.2)

    def loss(output, target):
        parts.test.open()
        return F.cross_entropy(output, target)

    for options in ({"loss": loss}, {"metrics": {"test": lambda *_: len(parts.test.open())}}):
        with pytest.raises(RuntimeError, match="closed while training is going on"):
            twingrad.fit(nn.MLP(2, [4], 2), parts, epochs=1, **options)


def test_a_memory_map_is_read_batch_by_batch(tmp_path, monkeypatch):
    rows = 3 * MEASURED_AT_ONCE
    x = in_file(tmp_path, "x.npy", np.zeros((rows, 3)))
    y = np.arange(rows) % 3
    read = []
    whole = data.mapped.MappedRows.__array__

    def noted(self, *args, **kwargs):
        read.append(len(self))
        return whole(self, *args, **kwargs)

    monkeypatch.setattr(data.mapped.MappedRows, "__array__", noted)
    fitted(network(3), Dataset(x, y), validation=0.5, batch_size=512, epochs=1)
    assert read == [512, 512, 512, MEASURED_AT_ONCE, MEASURED_AT_ONCE // 2]
