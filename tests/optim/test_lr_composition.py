"""Schedulers made of schedulers: chains, sequences, and a warm-up before a cosine."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from support.schedules import GOLDEN, optimizer_of, present_rates, rates_along
from twingrad.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LinearLR,
    SequentialLR,
    StepLR,
    WarmupCosineLR,
)


@given(
    st.integers(1, 20),
    st.floats(0.1, 0.9),
    st.floats(0.1, 0.9),
    st.integers(1, 20),
    st.integers(0, 60),
)
def test_a_chain_equals_its_schedulers_stepped_by_hand_and_the_product_of_their_factors(
    size, gamma, decay, length, epoch
):
    def parts(optimizer):
        return [
            StepLR(optimizer, size, gamma),
            ExponentialLR(optimizer, decay),
            LinearLR(optimizer, 0.5, 0.75, length),
        ]

    chained, by_hand = optimizer_of([1.0]), optimizer_of([1.0])
    chain, loose = ChainedScheduler(parts(chained)), parts(by_hand)
    for _ in range(epoch):
        chain.step()
        for scheduler in loose:
            scheduler.step()
    assert present_rates(chained) == present_rates(by_hand)
    line = 0.5 + 0.25 * min(epoch, length) / length
    product = gamma ** (epoch // size) * decay**epoch * line
    np.testing.assert_allclose(present_rates(chained), [product], rtol=1e-9)


def test_a_sequence_may_hold_a_chain_and_a_sequence():
    optimizer = optimizer_of([1.0])
    early = SequentialLR(
        optimizer, [LinearLR(optimizer, 0.5, 1.0, 2), ExponentialLR(optimizer, 0.5)], [2]
    )
    late = ChainedScheduler([ConstantLR(optimizer, 0.1, 2), ExponentialLR(optimizer, 0.5)])
    schedule = SequentialLR(optimizer, [early, late], [5])
    expected = [0.5, 0.75, 1, 0.5, 0.25, 0.1, 0.05, 0.25, 0.125]
    np.testing.assert_allclose(rates_along(schedule, 8), expected, rtol=1e-12)


def test_a_sequence_that_begins_with_a_chain_begins_as_the_chain_does():
    def chain(optimizer):
        return ChainedScheduler([ConstantLR(optimizer, 0.1, 2), ExponentialLR(optimizer, 0.5)])

    alone, within = optimizer_of([1.0]), optimizer_of([1.0])
    schedule = SequentialLR(within, [chain(within), ExponentialLR(within, 0.5)], [9])
    assert rates_along(schedule, 8) == rates_along(chain(alone), 8)


@given(
    st.integers(1, 30),
    st.integers(1, 30),
    st.floats(0.01, 1),
    st.floats(0, 0.05),
    st.sampled_from([1e-3, 0.1, 3.0]),
)
def test_warm_up_and_cosine_equal_a_sequence_of_both_and_stay_at_the_end(
    warmup, rest, start, eta_min, rate
):
    one, other = optimizer_of([rate]), optimizer_of([rate])
    schedule = WarmupCosineLR(one, warmup, warmup + rest, start, eta_min)
    parts = [
        LinearLR(other, start, total_iters=warmup),
        CosineAnnealingLR(other, rest, eta_min=eta_min),
    ]
    expected = rates_along(SequentialLR(other, parts, [warmup]), warmup + rest)
    found = rates_along(schedule, warmup + rest)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-15)
    assert found[-1] == eta_min
    assert rates_along(schedule, 3) == [eta_min] * 4


def test_warm_up_and_cosine_have_the_numbers_of_pytorch_s_sequence():
    case = next(
        case for case in GOLDEN["cases"] if "LinearLR(optimizer, 0.01" in case["expression"]
    )
    schedule = WarmupCosineLR(optimizer_of(), 20, 200, start_factor=0.01, eta_min=0.001)
    found = np.transpose(schedule.preview(201))
    np.testing.assert_allclose(found, case["rates"], rtol=1e-10)


def test_without_warm_up_the_cosine_begins_at_once():
    found = rates_along(WarmupCosineLR(optimizer_of([1.0]), 0, 10), 10)
    assert found == rates_along(CosineAnnealingLR(optimizer_of([1.0]), 10), 10)


def test_a_sequence_begins_anew_whatever_its_schedulers_have_seen():
    optimizer = optimizer_of([1.0])
    restarts = CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=3)
    fresh = restarts.preview(30)
    rates_along(restarts, 25)
    assert SequentialLR(optimizer, [restarts], []).preview(30) == fresh
