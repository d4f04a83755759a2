"""Schedulers: PyTorch's numbers, states, resuming, rates changed by hand."""

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
    rates_along,
    resumed,
)
from support.twins import TWINS, numbers, operand
from twingrad.optim import SGD
from twingrad.optim.lr_scheduler import (
    SWALR,
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
    expression = (
        f"ReduceLROnPlateau(optimizer, {'max' if largest else 'min'!r}, 0.5, 1, cooldown=1)"
    )
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
    np.testing.assert_allclose(rates_along(twice, 8), 2 * np.array(rates_along(one, 8)), rtol=1e-12)


@given(
    st.integers(3, 200),
    st.floats(0.05, 0.5),
    st.sampled_from(["cos", "linear"]),
    st.booleans(),
)
def test_one_cycle_begins_rises_and_ends_at_its_bounds(total, share, strategy, three_phase):
    optimizer = optimizer_of([1.0], momentum=0.9)
    schedule = OneCycleLR(
        optimizer, 2.0, total, pct_start=share, anneal_strategy=strategy, three_phase=three_phase
    )
    rates = schedule.preview(total)
    assert max(rates) <= 2.0 * (1 + 1e-12)
    assert rates[-1] == min(rates)
    np.testing.assert_allclose(rates[-1], 2.0 / 25 / 1e4, rtol=1e-9)
    if share * total > 1:
        assert rates[0] == pytest.approx(2.0 / 25)
    for _ in range(total - 1):
        schedule.step()
    assert optimizer.param_groups[0]["momentum"] == pytest.approx(0.95)


def test_one_cycle_whose_rise_takes_one_step_begins_at_its_peak():
    rates = OneCycleLR(optimizer_of([1.0], momentum=0.9), 2.0, 10, pct_start=0.1).preview(10)
    assert rates[0] == max(rates) == 2.0


def test_one_cycle_refuses_to_step_beyond_its_end_and_stays_as_it_is():
    schedule = OneCycleLR(optimizer_of([1.0], momentum=0.9), 2.0, total_steps=5)
    rates_along(schedule, 5)
    state = schedule.state_dict()
    with pytest.raises(ValueError, match="5 times at most, the total_steps, got call 6: give"):
        schedule.step()
    assert schedule.state_dict() == state


@given(st.integers(1, 9), st.integers(1, 3), st.integers(0, 60))
def test_restarts_come_at_once_to_where_steps_lead(first, times, epoch):
    walked = CosineAnnealingWarmRestarts(optimizer_of([1.0]), first, times, 0.01)
    jumped = CosineAnnealingWarmRestarts(optimizer_of([1.0]), first, times, 0.01)
    for _ in range(epoch):
        walked.step()
    jumped.step(epoch)
    assert jumped.state_dict() == walked.state_dict()
    jumped.step()
    walked.step()
    assert jumped.get_last_lr() == walked.get_last_lr()


def test_restarts_take_fractions_of_epochs():
    schedule = CosineAnnealingWarmRestarts(optimizer_of([1.0]), T_0=4, T_mult=2)
    for epoch, height in [(1.5, 1.5 / 4), (6.5, 2.5 / 8), (0.25, 0.25 / 4), (4, 0)]:
        schedule.step(epoch)
        assert schedule.get_last_lr() == [pytest.approx((1 + math.cos(math.pi * height)) / 2)]
        assert schedule.last_epoch == math.floor(epoch)


def test_restarts_are_found_exactly_where_logarithms_are_not():
    schedule = CosineAnnealingWarmRestarts(optimizer_of([1.0]), T_0=2, T_mult=3)
    schedule.step(242)
    assert (schedule.T_cur, schedule.T_i) == (0, 486)
    assert schedule.get_last_lr() == [1.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda o, last: MultiStepLR(o, [3, 20], 0.5, last),
        lambda o, last: LinearLR(o, 0.5, 1.0, 20, last),
        lambda o, last: ExponentialLR(o, 0.9, last),
        lambda o, last: PolynomialLR(o, 20, 2.0, last),
        lambda o, last: CosineAnnealingLR(o, 20, 0.01, last),
        lambda o, last: CosineAnnealingWarmRestarts(o, 4, 2, 0.01, last),
        lambda o, last: LambdaLR(o, lambda epoch: 0.9**epoch, last),
        lambda o, last: MultiplicativeLR(o, lambda epoch: 0.9, last),
        lambda o, last: CyclicLR(o, 0.1, 1.0, 7, last_epoch=last),
        lambda o, last: OneCycleLR(o, 1.0, 30, last_epoch=last),
        lambda o, last: WarmupCosineLR(o, 5, 25, last_epoch=last),
        lambda o, last: SWALR(o, 0.2, 20, last_epoch=last),
    ],
)
def test_the_optimizer_s_state_and_the_last_epoch_are_enough_to_resume(make):
    optimizer = optimizer_of([1.0], momentum=0.9)
    schedule = make(optimizer, -1)
    rates_along(schedule, 10)
    again = optimizer_of([1.0], momentum=0.9)
    again.load_state_dict(optimizer.state_dict())
    np.testing.assert_allclose(
        rates_along(make(again, 9), 15), rates_along(schedule, 15), rtol=1e-12
    )
    assert present_momenta(again) == present_momenta(optimizer)


def test_as_in_pytorch_a_decay_of_the_first_resumed_epoch_is_made():
    optimizer = optimizer_of([1.0])
    optimizer.param_groups[0]["initial_lr"] = 1.0
    assert StepLR(optimizer, 3, 0.5, last_epoch=2).get_last_lr() == [0.5]


def test_a_plateau_lets_its_patience_pass_and_reduces_at_the_next_bad_epoch():
    schedule = ReduceLROnPlateau(optimizer_of([1.0]), factor=0.5, patience=2, cooldown=1)
    seen = []
    for metric in [5.0, 5.0, math.nan, 5.0, 5.0, 5.0, 5.0, 5.0, 1.0]:
        schedule.step(metric)
        seen.append((schedule.get_last_lr()[0], schedule.num_bad_epochs, schedule.in_cooldown))
    assert [rate for rate, _, _ in seen] == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert [bad for _, bad, _ in seen] == [0, 1, 2, 0, 0, 1, 2, 0, 0]
    assert [cooling for _, _, cooling in seen] == [0, 0, 0, 1, 0, 0, 0, 1, 0]
    assert schedule.best == 1.0


@pytest.mark.parametrize("twin", TWINS)
def test_a_plateau_takes_a_loss_of_either_twin(twin):
    schedule = ReduceLROnPlateau(optimizer_of([1.0], twin=twin), factor=0.5, patience=0)
    for loss in [3.0, 3.0]:
        schedule.step(operand(twin, loss))
    assert schedule.get_last_lr() == [0.5]


def test_a_plateau_beside_another_scheduler_reduces_what_it_finds():
    optimizer = optimizer_of([1.0])
    plateau = ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    decay = ExponentialLR(optimizer, 0.1)
    for _ in range(2):
        plateau.step(1.0)
        decay.step()
    assert present_rates(optimizer) == [pytest.approx(0.005)]
    plateau.step(0.5)
    assert plateau.get_last_lr() == present_rates(optimizer)


def test_a_warm_up_of_no_epochs_is_none():
    assert rates_along(ConstantLR(optimizer_of([1.0]), 0.5, 0), 3) == [1.0] * 4
    assert rates_along(LinearLR(optimizer_of([1.0]), 0.5, 1.0, 0), 3) == [1.0] * 4
    assert rates_along(LinearLR(optimizer_of([1.0]), 0.5, 0.25, 0), 3) == [0.25] * 4


def test_what_a_scheduler_of_one_s_own_changes_in_place_is_not_shared_with_a_loaded_state():
    class Remembering(LRScheduler):
        def __init__(self, optimizer):
            self.seen = []
            super().__init__(optimizer)

        def get_lr(self):
            self.seen.append(self.last_epoch)
            return self.base_lrs

    schedule = Remembering(optimizer_of([1.0]))
    state = schedule.state_dict()
    schedule.load_state_dict(state)
    schedule.step()
    assert (state["seen"], schedule.seen) == ([0], [0, 1])


def test_a_scheduler_of_one_s_own_needs_only_its_rates():
    class EveryOther(LRScheduler):
        def get_lr(self):
            return [rate * (self.last_epoch % 2) for rate in self.base_lrs]

    assert rates_along(EveryOther(optimizer_of([2.0])), 3) == [0.0, 2.0, 0.0, 2.0]


def test_the_first_scheduler_notes_the_initial_rates_and_later_ones_use_them():
    optimizer = optimizer_of([1.0])
    ExponentialLR(optimizer, 0.5).step()
    assert optimizer.param_groups[0]["initial_lr"] == 1.0
    late = LambdaLR(optimizer, lambda epoch: 1.0)
    assert late.base_lrs == [1.0]
    assert present_rates(optimizer) == [1.0]


def test_groups_added_later_are_taken_where_rates_are_multiplied_and_refused_elsewhere():
    optimizer = optimizer_of([1.0])
    decay, absolute = ExponentialLR(optimizer, 0.5), LambdaLR(optimizer, lambda epoch: 1.0)
    optimizer.add_param_group({"params": [operand("tensor", [0.0], requires_grad=True)], "lr": 4.0})
    decay.step()
    assert present_rates(optimizer) == [0.5, 2.0]
    with pytest.raises(ValueError, match="one rate for each of the 2 param_groups, got 1: add"):
        absolute.step()
