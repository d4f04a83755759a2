"""Optimizers in steps that are recorded: every rule with every option, and what may change."""

import copy

import numpy as np
import pytest

import twingrad
from support.optimizers import GOLDEN, name
from support.replaying import Replayed, check_replayed, compare
from twingrad import Tensor, nn, optim
from twingrad.optim.optimizer import Optimizer
from twingrad.optim.rule import Rule
from twingrad.optim.rules import SGD

RNG = np.random.default_rng(3)
BATCHES = [(RNG.normal(size=(6, 3)), RNG.integers(0, 2, 6)) for _ in range(12)]


OPTIONS = {name({**case, "problem": ""}): case for case in GOLDEN["cases"]}


def network():
    twingrad.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()


def training(make, model=network):
    """What makes a step of the optimizer that ``make`` makes of a model."""

    def made():
        own = model()
        optimizer = make(own)

        def step(x, y):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(own(x), y)
            loss.backward()
            optimizer.step()
            return [loss]

        return step, [own, optimizer]

    return made


@pytest.mark.parametrize("case", OPTIONS.values(), ids=OPTIONS)
def test_one_recording_makes_all_steps_of_an_optimizer(case):
    kind = getattr(optim, case["optimizer"])
    check_replayed(training(lambda model: kind(model.parameters(), **case["options"])), BATCHES)


RULES = [optim.SGD, optim.Adam, optim.RAdam, optim.ASGD, optim.Rprop, optim.Lion]


@pytest.mark.parametrize("kind", RULES, ids=lambda kind: kind.__name__)
def test_float32_stays_float32(kind):
    def float_network():
        return network().float()

    batches = [(x.astype(np.float32), y) for x, y in BATCHES]
    made = training(lambda model: kind(model.parameters(), lr=1e-2), float_network)
    check_replayed(made, batches, tolerance=1e-4)


def test_large_and_small_parameters_have_one_set_of_numbers():
    def large():
        twingrad.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 6000), nn.Tanh(), nn.Linear(6000, 2)).double()

    made = training(lambda model: optim.Adam(model.parameters(), lr=1e-3), large)
    replayed = check_replayed(made, BATCHES[:4])
    assert len(replayed.recorder.actions) == 1


def groups(model, **options):
    return [
        {"params": model[0].parameters(), "lr": 0.05, **options},
        {"params": model[2].parameters()},
    ]


@pytest.mark.parametrize("kind", [optim.SGD, optim.AdamW, optim.NAdam, optim.ASGD])
def test_groups_have_options_of_their_own(kind):
    check_replayed(training(lambda model: kind(groups(model, weight_decay=0.1), lr=0.01)), BATCHES)


CHANGES = {
    "rate": (lambda o, k: o.param_groups[0].update(lr=0.01 * k), 1),
    "momentum": (lambda o, k: o.param_groups[1].update(momentum=0.1 * k), 1),
    "no momentum": (lambda o, k: o.param_groups[1].update(momentum=0.0), 2),
    "decay": (lambda o, k: o.param_groups[0].update(weight_decay=0.1 * k), 2),
    "direction": (lambda o, k: o.param_groups[0].update(maximize=not o.defaults["maximize"]), 2),
    "state": (lambda o, k: o.load_state_dict(copy.deepcopy(o.state_dict())), 1),
    "rate as a tensor": (lambda o, k: o.param_groups[0].update(lr=twingrad.tensor(0.01 * k)), 1),
}


@pytest.mark.parametrize("name", CHANGES)
def test_options_may_be_changed_between_steps(name):
    change, recordings = CHANGES[name]
    eager, *eager_parts = training(lambda m: optim.SGD(groups(m), lr=0.1, momentum=0.9))()
    step, *parts = training(lambda m: optim.SGD(groups(m), lr=0.1, momentum=0.9))()
    replayed = Replayed(step)
    for position, batch in enumerate(BATCHES):
        if position in (4, 7):
            change(eager_parts[0][1], position)
            change(parts[0][1], position)
        expected = [each.detach().numpy() for each in eager(*map(Tensor, batch))]
        compare(replayed(*map(Tensor, batch)), expected, 1e-10)
        for own, other in zip(parts[0], eager_parts[0], strict=True):
            compare(numbers(own.state_dict()), numbers(other.state_dict()), 1e-10)
    assert replayed.recordings == recordings


def numbers(state):
    """A state without tensors among its options."""
    for group in state.get("param_groups", ()):
        group["lr"] = float(group["lr"])
    return state


def test_an_option_out_of_range_is_refused_before_anything_is_changed():
    step, (model, optimizer) = training(lambda model: optim.Adam(model.parameters()))()
    replayed = Replayed(step)
    replayed(*map(Tensor, BATCHES[0]))
    before = copy.deepcopy([model.state_dict(), optimizer.state_dict()])
    optimizer.param_groups[0]["lr"] = "fast"
    with pytest.raises(TypeError, match="Adam: lr must be"):
        replayed(*map(Tensor, BATCHES[0]))
    optimizer.param_groups[0]["lr"] = 1e-3
    compare([model.state_dict(), optimizer.state_dict()], before, 0)


def test_an_option_that_decides_may_not_change_within_a_step():
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
    momenta = iter([0.5, 0.25, 0.0])

    class Falling(optim.lr_scheduler.LambdaLR):
        def _set_lr(self, rates):
            super()._set_lr(rates)
            self.optimizer.param_groups[0]["momentum"] = next(momenta, 0.0)

    schedule = Falling(optimizer, lambda epoch: 1.0)

    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        schedule.step()
        optimizer.step()
        return [loss]

    replayed = Replayed(step)
    replayed(*map(Tensor, BATCHES[0]))
    with pytest.raises(RuntimeError, match="SGD: a scheduler that makes an option 0"):
        replayed(*map(Tensor, BATCHES[0]))


def test_eager_steps_may_come_between():
    make = training(lambda model: optim.Adam(model.parameters(), lr=0.1))
    eager, parts = make()
    step, own = make()
    replayed = Replayed(step)
    for position, batch in enumerate(BATCHES):
        eager(*map(Tensor, batch))
        (step if position in (0, 3, 4, 8) else replayed)(*map(Tensor, batch))
        compare([each.state_dict() for each in own], [each.state_dict() for each in parts], 1e-10)
    assert replayed.recordings == 1


def test_a_state_that_is_loaded_is_gone_on_with():
    make = training(lambda model: optim.Adam(model.parameters(), lr=0.1, amsgrad=True))
    first, parts = make()
    for batch in BATCHES[:4]:
        first(*map(Tensor, batch))
    saved = copy.deepcopy([each.state_dict() for each in parts])
    step, own = make()
    replayed = Replayed(step)
    replayed(*map(Tensor, BATCHES[0]))
    for each, state in zip(own, saved, strict=True):
        each.load_state_dict(state)
    for batch in BATCHES[4:]:
        first(*map(Tensor, batch))
        replayed(*map(Tensor, batch))
        compare([each.state_dict() for each in own], [each.state_dict() for each in parts], 1e-10)
    assert replayed.recordings == 1


@pytest.mark.parametrize("kind", [optim.SGD, optim.Rprop, optim.NAdam])
def test_a_state_from_before_the_first_step_starts_afresh(kind):
    make = training(lambda model: kind(model.parameters(), lr=0.1))
    fresh, _ = make()
    expected = [[each.detach().numpy() for each in fresh(*map(Tensor, b))] for b in BATCHES]
    step, own = make()
    saved = copy.deepcopy([each.state_dict() for each in own])
    replayed = Replayed(step)
    for _ in range(2):
        found = [replayed(*map(Tensor, batch)) for batch in BATCHES]
        compare(found, expected, 1e-10)
        for each, state in zip(own, saved, strict=True):
            each.load_state_dict(state)


def test_a_parameter_that_is_frozen_gets_no_updates_and_later_others_than_the_rest():
    def steps():
        step, (model, optimizer) = training(lambda m: optim.Adam(m.parameters(), lr=0.1))()
        return step, model, optimizer

    (eager, *eager_parts), (step, *parts) = steps(), steps()
    replayed = Replayed(step)
    for position, batch in enumerate(BATCHES):
        if position in (3, 6):
            for model, optimizer in (parts, eager_parts):
                model[0].requires_grad_(position == 6)
                optimizer.zero_grad()
        eager(*map(Tensor, batch))
        replayed(*map(Tensor, batch))
        for own, other in zip(parts, eager_parts, strict=True):
            compare(own.state_dict(), other.state_dict(), 1e-10)
    assert replayed.recordings == 3


def test_a_group_that_is_added_and_hooks_outdate_a_recording():
    step, (model, optimizer) = training(lambda m: optim.SGD(m[0].parameters(), lr=0.1))()
    model[2].requires_grad_(False)
    replayed = Replayed(step)
    replayed(*map(Tensor, BATCHES[0]))
    assert not replayed.is_outdated()
    handle = optimizer.register_step_post_hook(lambda *_: None)
    assert replayed.is_outdated()
    handle.remove()
    assert not replayed.is_outdated()
    optimizer.add_param_group({"params": model[2].parameters()})
    assert replayed.is_outdated()
    replayed(*map(Tensor, BATCHES[0]))
    model.to("float32").to("float64")
    assert replayed.is_outdated()


def test_a_count_can_be_taken_back():
    step, (_, optimizer) = training(lambda m: optim.NAdam(m.parameters(), lr=0.1))()
    replayed = Replayed(step)
    replayed(*map(Tensor, BATCHES[0]))
    before = copy.deepcopy(optimizer.state_dict())
    (action,) = replayed.recorder.actions
    first = [*action.run()]
    action.undo()
    compare(optimizer.state_dict(), before, 0)
    assert [*action.run()] == first


@pytest.mark.parametrize("inner", [optim.SGD, optim.Adam])
@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_lookahead_is_one_recording(inner, k, alpha):
    made = training(
        lambda model: optim.Lookahead(inner(model.parameters(), lr=0.1), k=k, alpha=alpha)
    )
    check_replayed(made, BATCHES)


def test_lookahead_may_go_on_eagerly_and_back():
    make = training(lambda m: optim.Lookahead(optim.SGD(m.parameters(), lr=0.5), k=3))
    eager, parts = make()
    step, own = make()
    replayed = Replayed(step)
    for position, batch in enumerate(BATCHES):
        if position == 8:
            for each in (own, parts):
                each[1].load_state_dict(copy.deepcopy(each[1].state_dict()))
        eager(*map(Tensor, batch))
        (step if position in (2, 4, 5, 6) else replayed)(*map(Tensor, batch))
        compare([each.state_dict() for each in own], [each.state_dict() for each in parts], 1e-10)
    assert replayed.recordings == 1


AVERAGES = {
    "plain": {},
    "exponential": {"avg_fn": optim.get_ema_avg_fn(0.75)},
    "with buffers": {"avg_fn": optim.get_ema_avg_fn(0.75), "use_buffers": True},
}


@pytest.mark.parametrize("name", AVERAGES)
def test_averages_of_weights_are_recorded(name):
    def made():
        twingrad.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).double()
        step, parts = training(lambda m: optim.SGD(m.parameters(), lr=0.1), lambda: model)()
        average = optim.AveragedModel(model, **AVERAGES[name])

        def averaging(x, y):
            found = step(x, y)
            average.update_parameters(model)
            return found

        return averaging, [*parts, average]

    check_replayed(made, BATCHES)


def test_lbfgs_is_refused():
    model = network()
    optimizer = optim.LBFGS(model.parameters())
    with pytest.raises(RuntimeError, match=r"LBFGS: step\(\) cannot be compiled"):
        Replayed(lambda x: [optimizer.step(lambda: model(x).sum())])(Tensor(BATCHES[0][0]))


def test_the_scalar_twin_is_refused():
    w = twingrad.Value(1.0)
    w.grad = 1.0
    optimizer = optim.SGD([w], lr=0.1)
    with pytest.raises(RuntimeError, match="SGD: the parameters of a compiled step must be"):
        Replayed(lambda x: [x.sum(), optimizer.step()])(Tensor(BATCHES[0][0]))


class Momentous(Optimizer):
    """An optimizer of one's own, with a condition on its count of updates."""

    rule = SGD

    def __init__(self, params):
        options = {"momentum": 0.9, "dampening": 0.0, "weight_decay": 0.0}
        super().__init__(params, {"lr": 0.1, **options, "nesterov": False, "maximize": False})


def test_an_optimizer_of_ones_own_is_recorded_too():
    check_replayed(training(lambda model: Momentous(model.parameters())), BATCHES)


class Fixed(Optimizer):
    """An optimizer without options."""

    rule = Rule("Fixed", [], {}, "w = w - 0.1 * grad", reference="Cauchy 1847")

    def __init__(self, params):
        super().__init__(params, {})


def test_an_optimizer_without_options_is_recorded_too():
    check_replayed(training(lambda model: Fixed(model.parameters())), BATCHES)


def test_a_closure_computes_the_loss_and_its_gradients():
    def made():
        model = network()
        optimizer = optim.Adam(model.parameters())

        def step(x, y):
            def closure():
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(x), y)
                loss.backward()
                return loss

            return [optimizer.step(closure)]

        return step, [model, optimizer]

    check_replayed(made, BATCHES)
