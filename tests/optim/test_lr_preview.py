"""Previews: the rates to come, and nothing changed by looking at them."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.schedules import GOLDEN, case_name, made, optimizer_of, present_momenta, present_rates
from twingrad.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    WarmupCosineLR,
)

SINGLE = [case for case in GOLDEN["cases"] if not case["expression"].startswith("[")]
METRICS = GOLDEN["metrics"]


def preview(schedule, steps, metrics):
    return schedule.preview(steps, metrics) if metrics else schedule.preview(steps)


def advance(schedule, metrics):
    for metric in metrics or [None] * 30:
        schedule.step(*([] if metric is None else [metric]))


@pytest.mark.parametrize("case", SINGLE, ids=case_name)
@pytest.mark.parametrize("begun", [0, 30])
def test_a_preview_is_what_happens(case, begun):
    optimizer, (schedule,) = made(case["expression"], case["optimizer"])
    if begun:
        advance(schedule, METRICS[:30] if case["metrics"] else None)
    foreseen = preview(schedule, 60, METRICS[30:] if case["metrics"] else None)
    assert len(foreseen) == 60
    for step, rates in enumerate(foreseen):
        assert rates == present_rates(optimizer)
        schedule.step(*([METRICS[30 + step]] if case["metrics"] else []))


@pytest.mark.parametrize("case", SINGLE, ids=case_name)
def test_a_preview_changes_nothing(case):
    optimizer, (schedule,) = made(case["expression"], case["optimizer"])
    parts = {id(part): part.state_dict() for part in getattr(schedule, "_schedulers", [])}
    state, groups = schedule.state_dict(), copy.copy(optimizer.param_groups)
    options = [dict(group) for group in groups]
    preview(schedule, 50, METRICS if case["metrics"] else None)
    assert schedule.state_dict() == state
    assert schedule.optimizer is optimizer
    assert all(a is b for a, b in zip(optimizer.param_groups, groups, strict=True))
    for before, after in zip(options, optimizer.param_groups, strict=True):
        assert after["params"][0] is before.pop("params")[0]
        assert {key: value for key, value in after.items() if key != "params"} == before
    for part in getattr(schedule, "_schedulers", []):
        assert part.state_dict() == parts[id(part)]
        assert part.optimizer is optimizer


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_preview_of_later_steps_is_the_end_of_an_earlier_one(first, rest):
    schedule = WarmupCosineLR(optimizer_of([1.0]), 10, 50)
    whole = schedule.preview(first + rest)
    for _ in range(first):
        schedule.step()
    assert schedule.preview(rest) == whole[first:]


def test_a_preview_of_one_group_is_a_list_of_floats_and_of_several_a_list_of_lists():
    one = ExponentialLR(optimizer_of([1.0]), 0.5).preview(2)
    assert one == [1.0, 0.5]
    assert [type(rate) for rate in one] == [float, float]
    assert ExponentialLR(optimizer_of([1.0, 3.0]), 0.5).preview(2) == [[1.0, 3.0], [0.5, 1.5]]
    assert ExponentialLR(optimizer_of([1.0]), 0.5).preview(0) == []


def test_a_preview_begins_with_a_rate_that_was_changed_by_hand():
    optimizer = optimizer_of([1.0])
    schedule = ExponentialLR(optimizer, 0.5)
    optimizer.param_groups[0]["lr"] = 8.0
    assert schedule.preview(3) == [8.0, 4.0, 2.0]


def test_a_preview_leaves_momentum_alone():
    optimizer = optimizer_of([1.0], momentum=0.9)
    OneCycleLR(optimizer, 1.0, 20).preview(20)
    assert present_momenta(optimizer) == [0.95]


def test_a_preview_leaves_callable_objects_alone():
    class Counting:
        calls = 0

        def __call__(self, epoch):
            self.calls += 1
            return 1 / self.calls

    factor = Counting()
    schedule = LambdaLR(optimizer_of([1.0]), factor)
    assert schedule.preview(3) == [1.0, 1 / 2, 1 / 3]
    assert factor.calls == 1
    schedule.step()
    assert schedule.get_last_lr() == [1 / 2]


def test_a_preview_of_a_scheduler_of_one_s_own_leaves_its_lists_alone():
    class Remembering(LRScheduler):
        def __init__(self, optimizer):
            self.seen = []
            super().__init__(optimizer)

        def get_lr(self):
            self.seen.append(self.last_epoch)
            return [rate / len(self.seen) for rate in self.base_lrs]

    schedule = Remembering(optimizer_of([1.0]))
    assert schedule.preview(3) == [1.0, 1 / 2, 1 / 3]
    assert schedule.seen == [0]


def test_a_preview_can_end_where_one_cycle_does_but_not_beyond():
    schedule = OneCycleLR(optimizer_of([1.0], momentum=0.9), 1.0, 20)
    assert len(schedule.preview(21)) == 21
    with pytest.raises(ValueError, match="20 times at most"):
        schedule.preview(22)


def test_a_preview_of_a_plateau_needs_the_metrics_to_come():
    schedule = ReduceLROnPlateau(optimizer_of([1.0]), factor=0.5, patience=0)
    with pytest.raises(TypeError, match="must be a whole number, got str '3': give an int"):
        schedule.preview("3")
    assert schedule.preview(1) == [1.0]
    assert schedule.preview(4, metrics=[1.0, 1.0, 1.0]) == [1.0, 1.0, 0.5, 0.25]
    for metrics in (None, [1.0]):
        with pytest.raises(ValueError, match=r"at least 2 for 3 steps, got [01]: the rates"):
            schedule.preview(3, metrics)


@pytest.mark.parametrize(
    ("steps", "error", "message"),
    [
        (-1, ValueError, r"CosineAnnealingLR: steps of preview\(\) must be at least 0, got -1"),
        (
            2.0,
            TypeError,
            r"steps of preview\(\) must be a whole number, got float 2.0: give an int",
        ),
    ],
)
def test_a_preview_takes_a_whole_number_of_steps(steps, error, message):
    with pytest.raises(error, match=message):
        CosineAnnealingLR(optimizer_of([1.0]), 10).preview(steps)
