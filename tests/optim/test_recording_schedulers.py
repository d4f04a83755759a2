"""Schedulers in steps that are recorded: the host steps them before each run."""

from copy import deepcopy

import numpy as np
import pytest

from support.replaying import Replayed, check_replayed, compare
from support.schedules import GOLDEN, made, present_momenta, present_rates
from twingrad import Tensor, nn, optim

EXPRESSIONS = sorted({case["expression"] for case in GOLDEN["cases"] if not case["metrics"]})
BATCHES = [(np.full(1, 1.0 + k),) for k in range(30)]


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_scheduler_steps_before_each_run(expression, kind):
    def stepping():
        optimizer, schedulers = made(expression, kind)
        weights = [group["params"][0] for group in optimizer.param_groups]

        def step(x):
            optimizer.zero_grad()
            loss = sum([(w - x).square().sum() for w in weights])
            loss.backward()
            optimizer.step()
            for each in schedulers:
                each.step()
            return [loss, *weights]

        return step, optimizer, schedulers

    eager, one, ones = stepping()
    step, two, twos = stepping()
    replayed = Replayed(step)
    for (x,) in BATCHES:
        expected = [each.detach().numpy() for each in eager(Tensor(x))]
        compare(replayed(Tensor(x)), expected, 1e-10)
        assert present_rates(one) == present_rates(two)
        if kind == "SGD" or "Cycl" in expression:
            assert present_momenta(one) == present_momenta(two)
        for own, other in zip(twos, ones, strict=True):
            assert own.get_last_lr() == other.get_last_lr()
            assert own.last_epoch == other.last_epoch
    assert replayed.recordings <= 2  # a momentum that becomes 0 is another rule


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_step_can_be_taken_back(expression):
    optimizer, schedulers = made(expression)
    replayed = Replayed(lambda x: [x * 1, *[each.step() for each in schedulers]][:1])
    replayed(Tensor([1.0]))
    for _ in range(30):
        before = deepcopy([optimizer.state_dict(), *[each.state_dict() for each in schedulers]])
        for action in replayed.recorder.actions:
            action.run()
        after = deepcopy([optimizer.state_dict(), *[each.state_dict() for each in schedulers]])
        for action in reversed(replayed.recorder.actions):
            action.undo()
        assert [optimizer.state_dict(), *[each.state_dict() for each in schedulers]] == before
        for action in replayed.recorder.actions:
            action.run()
        assert [optimizer.state_dict(), *[each.state_dict() for each in schedulers]] == after


class Halving(optim.lr_scheduler.StepLR):
    """A scheduler whose step does something besides."""

    def __init__(self, optimizer):
        super().__init__(optimizer, 2, 0.5)
        self.calls = 0

    def step(self):
        self.calls += 1
        super().step()


def test_a_step_of_ones_own_steps_the_schedule_once():
    def stepping():
        model = nn.Linear(1, 1).double()
        model.load_state_dict({"weight": [[1.0]], "bias": [0.0]})
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        schedule = Halving(optimizer)

        def step(x):
            optimizer.zero_grad()
            loss = model(x).square()
            loss.backward()
            optimizer.step()
            schedule.step()
            return [loss]

        return step, [model, optimizer]

    check_replayed(stepping, BATCHES[:8])


def test_a_restart_at_any_epoch_is_made_before_each_run():
    optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    schedule = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 10)
    replayed = Replayed(lambda x: [x * 1, schedule.step(2.5)][:1])
    for (x,) in BATCHES[:3]:
        replayed(Tensor(x))
        assert schedule.T_cur == 2.5


@pytest.mark.parametrize("metric", [lambda x: x.sum(), lambda x: 1.0], ids=["tensor", "number"])
def test_a_plateau_is_looked_for_outside(metric):
    optimizer = optim.SGD([Tensor([1.0], requires_grad=True)], lr=1.0)
    schedule = optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    with pytest.raises(RuntimeError, match="must be called outside of a compiled step"):
        Replayed(lambda x: [x, schedule.step(metric(x))])(Tensor([1.0]))
