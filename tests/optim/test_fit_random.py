"""What is drawn at random: orders, augmentation, dropout."""

import numpy as np
import pytest

import twingrad
from support.fitting import CLASSES, X, check_same, differ, network, state_of
from support.twins import TWINS
from twingrad import optim
from twingrad.data import DataLoader
from twingrad.data.augmentation import Mixup, Noise


def trained(seed, twin="tensor", before=0):
    """The weights and the losses of a training in which all is drawn that ever may be."""
    model = network(3, twin, norm="batch", dropout=0.25)
    twingrad.manual_seed(before)
    history = twingrad.fit(
        model,
        (X, CLASSES),
        validation=0.25,
        augment=[Noise(0.1), Mixup(classes=3)],
        epochs=2,
        seed=seed,
    )
    return state_of(model), history["loss"]


@pytest.mark.parametrize("twin", TWINS)
def test_the_same_seed_gives_the_same_bits(twin):
    state, losses = trained(7, twin)
    other, other_losses = trained(7, twin, before=123)
    check_same(state, other)
    assert losses == other_losses
    assert differ(state, trained(8, twin)[0])


def test_a_seed_leaves_the_random_numbers_of_others_alone():
    network(3)
    twingrad.manual_seed(5)
    expected = twingrad.rand(3).tolist()
    model = network(3, norm="batch", dropout=0.25)
    twingrad.manual_seed(5)
    twingrad.fit(model, (X, CLASSES), epochs=1, validation=0.25, augment=Noise(0.1), seed=0)
    assert twingrad.rand(3).tolist() == expected


def test_a_seed_leaves_them_alone_after_an_error_too():
    model = network(3, dropout=0.25)
    twingrad.manual_seed(5)
    expected = twingrad.rand(3).tolist()
    twingrad.manual_seed(5)
    with pytest.raises(KeyError):
        twingrad.fit(model, (X, CLASSES), seed=0, callbacks=lambda training: {}["nothing"])
    assert twingrad.rand(3).tolist() == expected


def test_without_a_seed_all_follows_from_manual_seed():
    results = []
    for _ in range(2):
        model = network(3, norm="batch", dropout=0.25)
        twingrad.manual_seed(11)
        twingrad.fit(model, (X, CLASSES), epochs=2, augment=Noise(0.1))
        results.append((state_of(model), twingrad.rand(2).tolist()))
    check_same(results[0][0], results[1][0])
    assert results[0][1] == results[1][1]
    twingrad.fit(model, (X, CLASSES), epochs=1)
    assert twingrad.rand(2).tolist() != results[0][1]


def test_without_a_seed_one_training_is_not_like_the_next():
    states = []
    models = [network(3), network(3)]
    twingrad.manual_seed(11)
    for model in models:
        twingrad.fit(model, (X, CLASSES), epochs=2, batch_size=4)
        states.append(state_of(model))
    assert differ(*states)


def test_each_epoch_has_another_order():
    seen = []

    def loss(output, target):
        seen.append(target.numpy().tolist())
        return output.square().mean()

    twingrad.fit(network(1), (X, X[:, 0]), loss=loss, batch_size="all", epochs=4, seed=0)
    orders = {tuple(targets) for targets in seen}
    assert len(orders) == 4
    assert {tuple(sorted(order)) for order in orders} == {tuple(sorted(X[:, 0]))}


def test_orders_do_not_depend_on_dropout_or_augmentation():
    orders = []
    for options in ({}, {"augment": Noise(0.0)}, {"validation": (X, X[:, 0])}):
        found = []

        def loss(output, target, found=found):
            if target.shape[0] < len(X):
                found.append(target.numpy().tolist())
            return output.square().mean()

        model = network(1, dropout=0.25 * len(orders))
        twingrad.fit(model, (X, X[:, 0]), loss=loss, batch_size=8, epochs=2, seed=3, **options)
        orders.append(found)
    assert orders[0] == orders[1] == orders[2]


def test_a_loader_keeps_its_own_seed():
    results = []
    for seed in (0, 1):
        model = network(3)
        loader = DataLoader((X, CLASSES), 8, shuffle=True, seed=42)
        twingrad.fit(model, loader, epochs=2, seed=seed)
        results.append(state_of(model))
    check_same(*results)


def test_a_seed_says_which_rows_validate():
    splits = []
    for seed in (0, 1, 0):
        history = twingrad.fit(
            network(3),
            (X, CLASSES),
            validation=0.25,
            epochs=1,
            seed=seed,
            optimizer=lambda parameters: optim.SGD(parameters, lr=1e-12),
        )
        splits.append(round(history["validation_loss"][0], 9))
    assert splits[0] == splits[2] != splits[1]


@pytest.mark.parametrize("seed", [1.5, True, "0", [0], -1, 2**64])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises((TypeError, ValueError), match="fit: seed must be a whole number from 0"):
        trained(seed)


@pytest.mark.parametrize("seed", [0, 2**64 - 1, np.int64(3)])
def test_seeds_have_64_bits(seed):
    trained(seed)
