"""The pace of training: what it remembers, and a remaining time that is calm and comes true."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad.optim.callbacks.pace import Pace

SECONDS = st.floats(1e-3, 1e4)


def times(epochs, steps, step, validation, tick=0.1, spread=0.3):
    """A training as a clock sees it: the time, what is done, and what is said to remain."""
    rng = random.Random(0)
    now, pace, due, seen = 0.0, None, 0.0, []
    for epoch in range(epochs):
        for k in range(1, steps + 1):
            now += step * rng.uniform(1 - spread, 1 + spread)
            place = epoch + k / steps
            if pace is None:
                pace = Pace(now, place, 0)
            elif now >= due:
                pace.note(now, place, k)
                seen.append((now, pace.remaining(epochs - place)))
                due = now + tick
        now += validation
        pace.note(now, epoch + 1, 0, is_epoch=True)
        seen.append((now, pace.remaining(epochs - epoch - 1)))
    return now, seen


TRAININGS = {
    "epochs of 12 ms": (1000, 10, 1e-3, 2e-3),
    "epochs of a second": (30, 400, 2e-3, 0.2),
    "epochs of a minute": (10, 500, 0.1, 10.0),
    "epochs of one step": (50, 1, 0.3, 0.1),
}


@pytest.mark.parametrize("training", TRAININGS.values(), ids=TRAININGS)
def test_the_remaining_time_comes_true(training):
    end, seen = times(*training)
    later = [(now, left) for now, left in seen if now > end / 4]
    for now, left in later:
        assert left == pytest.approx(end - now, rel=0.1, abs=3)


@pytest.mark.parametrize("training", TRAININGS.values(), ids=TRAININGS)
def test_the_remaining_time_counts_down_like_a_clock(training):
    """Where it is set anew, it is by what it was off: seldom, once an epoch is known."""
    end, seen = times(*training)
    later = [(now, left) for now, left in seen if now > end / 4 and left is not None]
    jumps = [
        (now, left)
        for (before, earlier), (now, left) in pairwise(later)
        if abs(earlier - (now - before) - left) > 1e-6 and left > 0
    ]
    assert len(jumps) <= 5


def test_what_came_first_is_forgotten():
    pace = Pace(0.0, 0, 0)
    for epoch in range(1, 101):
        pace.note(epoch * 10.0, epoch, epoch * 1000, is_epoch=True)
    for epoch in range(101, 301):
        pace.note(1000 + epoch - 100.0, epoch, epoch * 1000, is_epoch=True)
    assert pace.samples_per_second == pytest.approx(1000, rel=0.6)
    assert 90 < pace.remaining(100) < 250


def test_an_epoch_that_was_begun_near_its_end_says_nothing_of_others():
    pace = Pace(0.0, 0.99, 0)
    pace.note(30.0, 1, 100, is_epoch=True)
    pace.note(130.0, 2, 1100, is_epoch=True)
    assert pace.remaining(3) == 300.0


def test_nothing_is_known_before_anything_is_done():
    pace = Pace(5.0, 2, 100)
    assert pace.samples_per_second is None
    assert pace.remaining(3) is None
    pace.note(5.0, 2, 100)
    assert pace.remaining(3) is None


@given(st.lists(st.tuples(SECONDS, st.integers(1, 10**6)), min_size=1, max_size=30))
def test_a_mean_is_between_its_parts(epochs):
    pace, now, rows = Pace(0.0, 0, 0), 0.0, 0
    for number, (seconds, samples) in enumerate(epochs, 1):
        now, rows = now + seconds, rows + samples
        pace.note(now, number, rows, is_epoch=True)
    rates = [samples / seconds for seconds, samples in epochs]
    assert min(rates) * 0.999 <= pace.samples_per_second <= max(rates) * 1.001
    assert pace.remaining(0) <= 1.0
