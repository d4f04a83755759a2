"""So many batches make one update: that of one batch of all their rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twingrad
from support.fitting import CLASSES, HALVES, NUMBERS, ROWS, X, check_close, network, state_of
from support.twins import TWINS
from twingrad import nn, optim
from twingrad.data import DataLoader

WEIGHTS = np.random.default_rng(2).uniform(0, 3, ROWS)


def sgd(parameters):
    return optim.SGD(parameters, lr=0.1, momentum=0.9)


def fitted(outputs, data, twin="tensor", **options):
    model = network(outputs, twin)
    history = twingrad.fit(model, data, optimizer=sgd, epochs=2, seed=0, **options)
    return history, state_of(model)


def check_accumulated(outputs, data, batch_size, accumulate, twin="tensor", **options):
    """That small batches together do what large ones do, the last and smaller ones too."""
    history, state = fitted(
        outputs, data, twin, batch_size=batch_size, accumulate=accumulate, **options
    )
    joined, expected = fitted(outputs, data, twin, batch_size=batch_size * accumulate, **options)
    check_close(state, expected, 1e-12)
    assert history["step"] == joined["step"]
    np.testing.assert_allclose(history["loss"], joined["loss"], rtol=1e-12)
    np.testing.assert_allclose(history["gradient_norm"], joined["gradient_norm"], rtol=1e-10)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, ROWS + 2), st.integers(1, ROWS + 2))
def test_batches_together_make_the_update_of_one_batch(batch_size, accumulate):
    check_accumulated(3, (X, CLASSES), batch_size, accumulate)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, ROWS + 2), st.integers(1, ROWS + 2))
def test_rows_keep_their_weights_in_batches_together(batch_size, accumulate):
    check_accumulated(
        3, (X, CLASSES), batch_size, accumulate, sample_weight=WEIGHTS, class_weight="balanced"
    )


@pytest.mark.parametrize("twin", TWINS)
def test_penalties_and_clipping_count_once(twin):
    check_accumulated(1, (X, NUMBERS), 5, 3, twin, regularizer=nn.ElasticNet(0.1, 0.1), clip=0.5)


def test_schedules_count_updates():
    rates = Rates()
    fitted(1, (X, HALVES), batch_size=5, accumulate=2, schedule="linear", callbacks=[rates])
    assert rates.found == pytest.approx([0.1 * (1 - step / 6) for step in range(6)])


class Rates(optim.Callback):
    """Notes the rate of each update."""

    def __init__(self):
        self.found = []

    def on_step_end(self, training):
        self.found.append(training.lr)


def test_the_batches_of_one_epoch_are_not_joined_with_those_of_the_next():
    batches = [(X[rows], NUMBERS[rows]) for rows in (slice(0, 8), slice(8, 16), slice(16, ROWS))]
    history, state = fitted(1, batches, accumulate=2)
    assert history["step"] == [2, 4]
    _, expected = fitted(1, [(X[:16], NUMBERS[:16]), (X[16:], NUMBERS[16:])])
    check_close(state, expected, 1e-12)


def test_a_loader_that_leaves_rows_out_may_be_accumulated():
    loader = DataLoader((X, NUMBERS), 5, shuffle=True, drop_last=True, seed=0)
    history, state = fitted(1, loader, accumulate=2)
    assert history["step"] == [2, 4]
    joined = DataLoader((X, NUMBERS), 10, shuffle=True, drop_last=True, seed=0)
    _, expected = fitted(1, joined)
    check_close(state, expected, 1e-12)
