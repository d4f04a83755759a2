"""When to stop, and what is put back then."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.twins import TWINS, operand
from twingrad import Value, nn, optim
from twingrad.nn.backend import numbers_of
from twingrad.optim.stopping import snapshot

OTHER = {"scalar": "tensor", "tensor": "scalar"}
MEASURES = [3.0, 2.0, 2.0, 2.5, 1.0, 1.0, 1.5, 1.5, 1.5]
measures = st.lists(st.sampled_from([-2.0, -1.5, -1.0, 0.0, 0.5, 1.0, math.nan]), max_size=30)


def stop_in_keras(measures, patience, min_delta, mode):
    """The check at which Keras stops, counted from 1; None if it does not."""
    best = math.inf if mode == "min" else -math.inf
    wait = 0
    for check, measure in enumerate(measures, 1):
        wait += 1
        if measure < best - min_delta if mode == "min" else measure > best + min_delta:
            best, wait = measure, 0
        elif wait >= patience:
            return check
    return None


def stop(stopper, measures):
    return next((check for check, measure in enumerate(measures, 1) if stopper.step(measure)), None)


@pytest.mark.parametrize(
    ("patience", "expected"), [(0, 3), (1, 3), (2, 4), (3, 8), (4, 9), (5, None)]
)
def test_the_last_of_so_many_checks_without_progress_stops(patience, expected):
    assert stop(optim.EarlyStopping(patience=patience), MEASURES) == expected


@given(
    measures, st.integers(0, 5), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from(["min", "max"])
)
def test_it_stops_where_keras_does(measures, patience, min_delta, mode):
    stopper = optim.EarlyStopping(patience=patience, min_delta=min_delta, mode=mode)
    assert stop(stopper, measures) == stop_in_keras(measures, patience, min_delta, mode)


@given(measures)
def test_an_accuracy_is_watched_as_its_negative_would_be(measures):
    least, most = (optim.EarlyStopping(patience=2, mode=mode) for mode in ("min", "max"))
    for measure in measures:
        assert least.step(measure) == most.step(-measure)
    assert least.best == -most.best
    assert least.best_check == most.best_check


def test_it_tells_of_the_best_measure_and_when_it_came():
    stopper = optim.EarlyStopping(patience=3)
    assert (stopper.best, stopper.best_check, stopper.checks) == (math.inf, 0, 0)
    stop(stopper, MEASURES)
    assert (stopper.best, stopper.best_check, stopper.checks) == (1.0, 5, 8)


@pytest.mark.parametrize(
    ("mode", "measure", "progress"),
    [
        ("min", 0.75, False),
        ("min", 0.74, True),
        ("max", 1.25, False),
        ("max", 1.26, True),
        ("min", 1.26, False),
        ("max", 0.74, False),
    ],
)
def test_progress_is_more_than_min_delta(mode, measure, progress):
    stopper = optim.EarlyStopping(min_delta=0.25, mode=mode)
    stopper.step(1.0)
    stopper.step(measure)
    assert stopper.best == (measure if progress else 1.0)


def test_slow_progress_adds_up_until_it_counts():
    stopper = optim.EarlyStopping(min_delta=0.25, patience=4)
    assert not any(stopper.step(measure) for measure in [1.0, 0.875, 0.75, 0.625])
    assert (stopper.best, stopper.best_check) == (0.625, 4)


@pytest.mark.parametrize("mode", ["min", "max"])
def test_nan_is_never_progress(mode):
    stopper = optim.EarlyStopping(patience=2, mode=mode)
    assert [stopper.step(measure) for measure in [math.nan, 1.0, math.nan, math.nan]] == [
        False,
        False,
        False,
        True,
    ]
    assert stopper.best == 1.0


def network(twin, dtype="float64"):
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1)).to(dtype)
    return model.to(twin)


def disturb(model, seed):
    """Train a little: weights, running statistics and the count of batches change."""
    rng = np.random.default_rng(seed)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model(rng.standard_normal((4, 2))).sum().backward()
    optimizer.step()
    optimizer.zero_grad()


def copied(model):
    return {name: numbers_of(entry).copy() for name, entry in model.state_dict().items()}


def check_equal(one, other):
    assert [*one] == [*other]
    for name, entry in one.items():
        np.testing.assert_array_equal(entry, other[name], err_msg=name)


@pytest.mark.parametrize("move", ["stays", "moves", "comes back"])
@pytest.mark.parametrize("twin", TWINS)
def test_the_best_weights_and_buffers_are_put_back_to_the_last_bit(twin, move):
    model = network(twin)
    stopper = optim.EarlyStopping(model, patience=2)
    best = None
    for seed, measure in enumerate([3.0, 1.0, 2.0, 2.0]):
        disturb(model, seed)
        if measure == 1.0:
            best = copied(model)
        if seed == 2 and move != "stays":
            model.to(OTHER[twin])
        if seed == 3 and move == "comes back":
            model.to(twin)
        stopped = stopper.step(measure)
    assert stopped
    check_equal(copied(model), best)


def test_float32_weights_that_were_scalars_in_between_come_back_to_the_last_bit():
    model = network("tensor", "float32")
    stopper = optim.EarlyStopping(model, patience=1)
    best = copied(model)
    stopper.step(1.0)
    model.to("scalar")
    disturb(model, 0)
    model.to("tensor", "float32")
    assert stopper.step(2.0)
    check_equal(copied(model), best)
    assert {parameter.dtype.name for parameter in model.parameters()} == {"float32"}


def test_an_optimizer_goes_on_with_the_restored_weights():
    model = nn.Linear(1, 1, bias=False).double()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    stopper = optim.EarlyStopping(model, patience=1)
    kept = model.weight
    stopper.step(1.0)
    best = kept.item()
    for measure in (2.0, None):
        optimizer.zero_grad()
        model(np.ones((1, 1))).sum().backward()
        optimizer.step()
        if measure:
            stopper.step(measure)
    assert model.weight is kept
    assert kept.item() == best - 1


@pytest.mark.parametrize("restore_best", [True, False])
def test_restoring_waits_for_the_end_and_can_be_left_out(restore_best):
    model = network("tensor")
    stopper = optim.EarlyStopping(model, patience=2, restore_best=restore_best)
    best = copied(model)
    stopper.step(1.0)
    disturb(model, 0)
    worse = copied(model)
    assert not stopper.step(2.0)
    check_equal(copied(model), worse)
    assert stopper.step(2.0)
    check_equal(copied(model), best if restore_best else worse)


def test_the_best_weights_can_be_put_back_before_it_stops():
    model = network("tensor")
    stopper = optim.EarlyStopping(model)
    stopper.restore()
    best = copied(model)
    stopper.step(1.0)
    disturb(model, 0)
    stopper.restore()
    check_equal(copied(model), best)


def test_where_nothing_was_ever_better_nothing_is_put_back():
    model = network("tensor")
    stopper = optim.EarlyStopping(model, patience=1)
    before = copied(model)
    assert stopper.step(math.nan)
    check_equal(copied(model), before)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_state_dict_goes_on_where_it_stopped(at, twin):
    model = network(twin)
    stopper = optim.EarlyStopping(model, patience=2)
    for seed, measure in enumerate([2.0, 1.0, 1.5][:at]):
        stopper.step(measure)
        disturb(model, seed)
    again = network(OTHER[twin])
    again.load_state_dict(model.state_dict())
    fresh = optim.EarlyStopping(again, patience=2)
    fresh.load_state_dict(copy.deepcopy(stopper.state_dict()))
    for measure in [1.25, 1.25, 1.25]:
        assert stopper.step(measure) == fresh.step(measure)
    check_equal(copied(model), copied(again))
    assert (fresh.best, fresh.best_check, fresh.checks) == (
        stopper.best,
        stopper.best_check,
        stopper.checks,
    )


def test_a_saved_state_is_not_changed_by_further_checks():
    model = network("tensor")
    stopper = optim.EarlyStopping(model)
    stopper.step(2.0)
    state = stopper.state_dict()
    before = copy.deepcopy(state)
    disturb(model, 0)
    stopper.step(1.0)
    check_equal(state["weights"], before["weights"])
    assert state["best"] == 2.0


@pytest.mark.parametrize("twin", TWINS)
def test_a_snapshot_stays_as_it_is(twin):
    model = network(twin)
    before = copied(model)
    kept = snapshot(model)
    disturb(model, 0)
    check_equal(kept, before)
    assert not np.array_equal(kept["1.running_mean"], numbers_of(model[1].running_mean))


@pytest.mark.parametrize("twin", TWINS)
def test_measures_may_be_operands_of_one_element(twin):
    stopper, guard = optim.EarlyStopping(patience=1), optim.TerminateOnNaN()
    for measure in (operand(twin, 1.0), operand(twin, [[0.5]]), np.float32(0.25), 0):
        assert not stopper.step(measure)
        assert not guard.step(measure)
    assert not stopper.step(Value(-1.0))
    assert (stopper.best, stopper.checks) == (-1.0, 5)


@pytest.mark.parametrize("twin", [*TWINS, None])
@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_terminates(loss, twin):
    guard = optim.TerminateOnNaN()
    assert guard.step(loss if twin is None else operand(twin, loss))
    assert not guard.step(1e300)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: optim.EarlyStopping(patience=-1),
            ValueError,
            "EarlyStopping: patience must be at least 0, got -1: it says how many",
        ),
        (
            lambda: optim.EarlyStopping(patience=2.5),
            TypeError,
            "EarlyStopping: patience must be a whole number, got float 2.5",
        ),
        (
            lambda: optim.EarlyStopping(min_delta=-0.1),
            ValueError,
            "EarlyStopping: min_delta must be at least 0 and finite, got -0.1",
        ),
        (
            lambda: optim.EarlyStopping(mode="least"),
            ValueError,
            "EarlyStopping: mode must be 'min' or 'max', got 'least': choose one of them",
        ),
        (
            lambda: optim.EarlyStopping(5),
            TypeError,
            "EarlyStopping: model must be a Module, got int: pass the model itself",
        ),
        (
            lambda: optim.EarlyStopping().step(operand("tensor", [1.0, 2.0])),
            ValueError,
            r"EarlyStopping: measure must be one number, got shape \(2,\): take its mean first",
        ),
        (
            lambda: optim.TerminateOnNaN().step("1.0"),
            TypeError,
            "TerminateOnNaN: loss must be a real number, got str '1.0'",
        ),
        (
            lambda: optim.EarlyStopping().load_state_dict({"best": 1.0}),
            ValueError,
            r"state_dict must hold best, best_check, checks, weights, got \['best'\]: pass what",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_measure_that_is_refused_is_not_counted():
    stopper = optim.EarlyStopping()
    with pytest.raises(TypeError, match="measure must be a real number"):
        stopper.step(None)
    assert stopper.checks == 0
