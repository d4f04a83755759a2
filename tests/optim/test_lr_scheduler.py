"""Schedulers: PyTorch's numbers, states, compositions, rates changed by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.schedules import (
    GOLDEN,
    case_name,
    made,
    optimizer_of,
    present_momenta,
    present_rates,
    resumed,
)
from support.twins import TWINS, numbers, operand
from twingrad.optim import SGD
from twingrad.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
    WarmupCosineLR,
)

CASES = GOLDEN["cases"]
WITHOUT_METRICS = [
    case["expression"] for case in CASES if not case["metrics"] and case["optimizer"] == "SGD"
]
epochs = st.integers(0, 60)


def trajectory(case, interruption=None):
    """The rates and the momenta of a golden case, with the group as the first index."""
    expression, kind = case["expression"], case["optimizer"]
    optimizer, schedulers = made(expression, kind)
    rates, momenta = [present_rates(optimizer)], [present_momenta(optimizer)]
    for step, metric in enumerate(GOLDEN["metrics"]):
        if case["by_hand"] and step == case["by_hand"]["at"]:
            set_by_hand(optimizer, case["by_hand"]["rates"])
        if step == interruption:
            optimizer, schedulers = resumed(expression, kind, optimizer, schedulers)
        for scheduler in schedulers:
            scheduler.step(*([metric] if case["metrics"] else []))
        rates.append(present_rates(optimizer))
        momenta.append(present_momenta(optimizer))
    return np.transpose(rates), np.transpose(momenta)


def set_by_hand(optimizer, rates):
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate


def steps(scheduler, count):
    """The rates of the first group now and after each of some steps."""
    seen = [scheduler.optimizer.param_groups[0]["lr"]]
    for _ in range(count):
        scheduler.step()
        seen.append(scheduler.optimizer.param_groups[0]["lr"])
    return seen


@pytest.mark.parametrize("interruption", [None, GOLDEN["interruption"]], ids=["through", "resumed"])
@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_rates_and_momenta_are_those_of_pytorch(case, interruption):
    rates, momenta = trajectory(case, interruption)
    np.testing.assert_allclose(rates, case["rates"], rtol=1e-10, atol=1e-13)
    if "momenta" in case:
        np.testing.assert_allclose(momenta, case["momenta"], rtol=1e-10)
    else:
        np.testing.assert_array_equal(momenta.T, np.tile(momenta[:, 0], (momenta.shape[1], 1)))


@pytest.mark.parametrize("twin", TWINS)
def test_an_update_uses_the_rate_that_was_set(twin):
    weight = operand(twin, [0.0], requires_grad=True)
    optimizer = SGD([weight], lr=1.0)
    schedule = ExponentialLR(optimizer, gamma=0.5)
    seen = []
    for _ in range(3):
        optimizer.zero_grad()
        weight.sum().backward()
        optimizer.step()
        schedule.step()
        seen.append(numbers(weight).item())
    assert seen == [-1.0, -1.5, -1.75]


@given(st.sampled_from(WITHOUT_METRICS), epochs)
def test_resuming_at_any_step_equals_not_stopping(expression, interruption):
    optimizer, schedulers = made(expression)
    for _ in range(interruption):
        for scheduler in schedulers:
            scheduler.step()
    again, copies = resumed(expression, "SGD", optimizer, schedulers)
    assert [copy.get_last_lr() for copy in copies] == [s.get_last_lr() for s in schedulers]
    for _ in range(30):
        for scheduler in [*schedulers, *copies]:
            scheduler.step()
        assert present_rates(again) == present_rates(optimizer)
        assert present_momenta(again) == present_momenta(optimizer)
    assert [copy.state_dict() for copy in copies] == [s.state_dict() for s in schedulers]


@given(st.lists(st.floats(-10, 10), min_size=40, max_size=40), st.integers(0, 39), st.booleans())
def test_a_plateau_resumed_at_any_step_equals_one_that_was_not_stopped(metrics, at, largest):
    expression = f"ReduceLROnPlateau(optimizer, {'max' if largest else 'min'!r}, 0.5, 1, cooldown=1)"
    optimizer, (schedule,) = made(expression)
    for metric in metrics[:at]:
        schedule.step(metric)
    again, (copy,) = resumed(expression, "SGD", optimizer, [schedule])
    for metric in metrics[at:]:
        schedule.step(metric)
        copy.step(metric)
    assert present_rates(again) == present_rates(optimizer)
    assert copy.state_dict() == schedule.state_dict()


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_the_last_rates_are_those_of_the_optimizer_and_cannot_be_spoilt(case):
    optimizer, schedulers = made(case["expression"], case["optimizer"])
    last = schedulers[-1]
    assert last.get_last_lr() == present_rates(optimizer)
    last.step(*([1.0] if case["metrics"] else []))
    last.get_last_lr().clear()
    last.state_dict()["base_lrs"].clear()
    assert last.get_last_lr() == present_rates(optimizer)
    assert len(last.base_lrs) == 2
    state = last.state_dict()
    last.load_state_dict(state)
    last.step(*([1.0] if case["metrics"] else []))
    assert state["last_epoch"] == 1
    assert last.last_epoch == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda o: StepLR(o, 3, 0.5),
        lambda o: MultiStepLR(o, [3], 0.5),
        lambda o: ConstantLR(o, 0.5, 3),
        lambda o: LinearLR(o, 0.5, 1.0, 4),
        lambda o: ExponentialLR(o, 0.5),
        lambda o: PolynomialLR(o, 10, 2.0),
        lambda o: CosineAnnealingLR(o, 10),
        lambda o: MultiplicativeLR(o, lambda epoch: 0.5),
        lambda o: WarmupCosineLR(o, 4, 10),
    ],
)
def test_a_rate_changed_by_hand_goes_on_from_there(make):
    one, twice = (make(optimizer_of([1.0])) for _ in range(2))
    set_by_hand(twice.optimizer, [2 * twice.optimizer.param_groups[0]["lr"]])
    np.testing.assert_allclose(steps(twice, 8), 2 * np.array(steps(one, 8)), rtol=1e-12)


@given(
    st.integers(1, 20), st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.integers(1, 20), epochs
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
    factors = [steps(part(optimizer_of([1.0])), epoch)[-1] for part in (
        lambda o: parts(o)[0], lambda o: ExponentialLR(o, decay),
    )]  # fmt: skip
    assert factors
    line = 0.5 + 0.25 * min(epoch, length) / length
    product = gamma ** (epoch // size) * decay**epoch * line
    np.testing.assert_allclose(present_rates(chained), [product], rtol=1e-9)
