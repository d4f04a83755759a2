"""Derived streams: each purpose, epoch and batch has one of its own."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import twingrad
from twingrad.data.seeds import Purpose, checked_seed, fresh_seed, generator_for


def test_no_two_places_share_a_stream():
    places = [(), *[(a,) for a in range(20)], *product(range(20), range(20))]
    seeds = [
        generator_for(seed, purpose, *place).initial_seed()
        for seed in (0, 1, 2**64 - 1)
        for purpose in Purpose
        for place in places
    ]
    assert len({*seeds, 0, 1, 2**64 - 1}) == len(seeds) + 3


@given(st.integers(-(2**63), 2**64 - 1))
def test_a_stream_is_a_function_of_its_place(seed):
    first, again = (generator_for(seed, Purpose.ORDER, 3, 4) for _ in range(2))
    assert first.get_state() == again.get_state()
    assert checked_seed(seed) == seed % 2**64


def test_streams_never_change():
    found = generator_for(7, Purpose.AUGMENTATION, 2, 5).initial_seed()
    assert found == 17553097063450195227  # made once by this package


def test_fresh_seeds_come_from_the_default_generator():
    state = twingrad.get_rng_state()
    twingrad.manual_seed(1)
    first = [fresh_seed(), fresh_seed()]
    twingrad.manual_seed(1)
    assert [fresh_seed(), fresh_seed()] == first
    assert first[0] != first[1]
    twingrad.set_rng_state(state)


def test_what_is_no_seed_is_refused():
    with pytest.raises(ValueError, match="seed must lie between"):
        generator_for(2**64, Purpose.ORDER)
