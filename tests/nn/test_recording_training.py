"""What surrounds a loss in steps that are recorded: clipping, regularizers, constraints."""

from math import inf, nan

import numpy as np
import pytest

import twingrad
from support.replaying import Replayed, check_replayed
from twingrad import Tensor, nn, optim, tensor

RNG = np.random.default_rng(5)
BATCHES = [
    (RNG.normal(size=(6, 3)) * scale, RNG.integers(0, 2, 6)) for scale in (1, 4, 0.1, 3, 0.0)
]


def making(clip=None, penalty=None, constraint=None):
    """A step of SGD with clipping, a penalty and a constraint, made of the model, if given."""

    def made():
        twingrad.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
        optimizer = optim.SGD(model.parameters(), lr=0.5)
        own = penalty(model) if penalty is not None else None

        def step(x, y):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            results = [loss]
            if own is not None:
                results.append(own(model) if isinstance(own, nn.Regularizer) else own())
                loss = loss + results[-1]
            loss.backward()
            if clip is not None:
                given = clip([*model.parameters()])
                results += [given] if given is not None else []
            results += [each.grad for each in model.parameters()]
            optimizer.step()
            if constraint is not None:
                constraint(model)
            return results

        return step, [model]

    return made


def of_known_norm(parameters):
    total = nn.utils.get_total_norm([each.grad for each in parameters], inf)
    nn.utils.clip_grads_with_norm_(parameters, 0.1, total)
    return total


CLIPPINGS = {
    "norm": lambda p: nn.utils.clip_grad_norm_(p, 0.2),
    "norm that is never reached": lambda p: nn.utils.clip_grad_norm_(p, 1e3),
    "norm of infinity": lambda p: nn.utils.clip_grad_norm_(p, inf),
    "finite norm": lambda p: nn.utils.clip_grad_norm_(p, 0.2, error_if_nonfinite=True),
    **{
        f"{power}-norm": lambda p, power=power: nn.utils.clip_grad_norm_(p, 0.2, power)
        for power in (1, 3.0, 0.5, 0, -1, inf, -inf)
    },
    "known norm": of_known_norm,
    "norm of a part": lambda p: nn.utils.clip_grad_norm_(p[0], 0.02),
    "norm of nothing": lambda p: nn.utils.clip_grad_norm_([tensor([1.0])], 0.1),
    "value": lambda p: nn.utils.clip_grad_value_(p, 0.05),
    "adaptive": lambda p: nn.utils.adaptive_clip_grad_(p, 0.1),
    "adaptive for zeros": lambda p: nn.utils.adaptive_clip_grad_(p, 0.1, eps=0.0),
}


@pytest.mark.parametrize("name", CLIPPINGS)
def test_recorded_clipping_is_that_of_other_gradients_too(name):
    check_replayed(making(clip=CLIPPINGS[name]), BATCHES)


@pytest.mark.parametrize("wrong", [inf, nan])
def test_a_norm_that_is_not_finite_is_refused_while_recording_and_checked_later(wrong):
    step, _ = making(clip=CLIPPINGS["finite norm"])()
    x, y = map(Tensor, BATCHES[0])
    bad = Tensor(np.full((6, 3), wrong))
    with pytest.raises(RuntimeError, match="clip_grad_norm_: the norm must be finite, got nan"):
        Replayed(step)(bad, y)
    replayed = Replayed(making(clip=CLIPPINGS["finite norm"])()[0])
    replayed(x, y)
    with pytest.raises(AssertionError, match="a check failed"):
        replayed(bad, y)


def test_a_norm_below_zero_is_refused():
    w = tensor([1.0], requires_grad=True)
    w.grad = tensor([2.0])

    def step(x):
        nn.utils.clip_grads_with_norm_(w, 1.0, x.sum())
        return [w.grad]

    with pytest.raises(ValueError, match="total_norm must not be below 0, got -1"):
        Replayed(step)(tensor([-1.0]))


PENALTIES = {
    "L1": lambda model: nn.L1(0.1),
    "L2": lambda model: nn.L2(0.1),
    "ElasticNet": lambda model: nn.ElasticNet(l1=0.1, l2=0.2),
    "Orthogonal": lambda model: nn.Orthogonal(0.1),
    "none": lambda model: nn.L1(0.0),
    "ActivityPenalty": lambda model: nn.ActivityPenalty(model[1], l1=0.1, l2=0.2),
}


@pytest.mark.parametrize("name", PENALTIES)
def test_recorded_regularizers_are_those_of_other_weights_too(name):
    check_replayed(making(penalty=PENALTIES[name]), BATCHES)


CONSTRAINTS = {
    "MaxNorm": nn.MaxNorm(0.4),
    "MaxNorm of nothing": nn.MaxNorm(0.0),
    "MaxNorm of columns": nn.MaxNorm(0.4, dim=0),
    "MaxNorm of all": nn.MaxNorm(0.4, dim=(0, 1)),
    "UnitNorm": nn.UnitNorm(),
    "NonNegative": nn.NonNegative(),
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_recorded_constraints_are_those_of_other_weights_too(name):
    check_replayed(making(constraint=CONSTRAINTS[name]), BATCHES)


def test_a_strength_that_changes_outdates_a_recording():
    penalty, limit = nn.L2(0.1), nn.MaxNorm(0.4)
    step, _ = making(penalty=lambda model: penalty, constraint=limit)()
    replayed = Replayed(step)
    replayed(*map(Tensor, BATCHES[0]))
    penalty.weight = 0.1
    assert not replayed.is_outdated()
    penalty.weight = 0.2
    assert replayed.is_outdated()
    penalty.weight = 0.1
    limit.limit = 0.5
    assert replayed.is_outdated()


def test_gradients_of_gradients_can_be_recorded():
    def made():
        twingrad.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
        optimizer = optim.Adam(model.parameters())

        def step(x, y):
            optimizer.zero_grad()
            x = x.clone().requires_grad_()
            output = model(x)
            (slope,) = twingrad.autograd.grad(output.sum(), [x], create_graph=True)
            loss = nn.functional.mse_loss(output[:, 0], y.double()) + slope.square().mean()
            loss.backward(inputs=[*model.parameters()])
            optimizer.step()
            return [loss]

        return step, [model, optimizer]

    check_replayed(made, BATCHES)


def test_several_losses_and_batches_add_up_in_a_recording():
    def made():
        twingrad.manual_seed(0)
        body, heads = nn.Linear(3, 4).double(), [nn.Linear(4, 2).double() for _ in range(2)]
        optimizer = optim.SGD([*body.parameters(), *heads[0].parameters()], lr=0.1, momentum=0.9)

        def step(x, y):
            optimizer.zero_grad()
            losses = [nn.functional.cross_entropy(head(body(x).relu()), y) for head in heads]
            for loss in losses:
                (loss / 2).backward()
            heads[1].zero_grad()
            nn.functional.mse_loss(body(x), twingrad.zeros(6, 4).double()).backward()
            optimizer.step()
            return losses

        return step, [body, *heads, optimizer]

    check_replayed(made, BATCHES)


def test_gradients_that_are_set_to_zero_are_there_from_the_second_step_on():
    def made():
        twingrad.manual_seed(0)
        model = nn.Linear(3, 2).double()
        optimizer = optim.SGD(model.parameters(), lr=0.1)

        def step(x, y):
            optimizer.zero_grad(set_to_none=False)
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return [loss, *[each.grad for each in model.parameters()]]

        return step, [model, optimizer]

    check_replayed(made, BATCHES, recordings=2)


def test_gradients_add_up_over_steps_that_are_recorded():
    def made():
        twingrad.manual_seed(0)
        model = nn.Linear(3, 2).double()

        def step(x, y):
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            return [loss, *[each.grad for each in model.parameters()]]

        return step, [model]

    check_replayed(made, BATCHES, recordings=2)


def test_vectors_of_parameters_are_recorded():
    def made():
        model = nn.Linear(3, 2).double()
        model.load_state_dict({"weight": np.eye(2, 3), "bias": [0.0, 1.0]})

        def step(x, y):
            vector = nn.utils.parameters_to_vector(model.parameters())
            nn.utils.vector_to_parameters(vector * 0.5 + x.sum(), model.parameters())
            return [vector, model(x)]

        return step, [model]

    check_replayed(made, BATCHES)


def test_states_are_loaded_in_a_recording():
    def made():
        twingrad.manual_seed(0)
        model, other = nn.Linear(3, 2).double(), nn.Linear(3, 2).double()

        def step(x, y):
            model.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            with twingrad.no_grad():
                for each in model.parameters():
                    each -= 0.1 * each.grad
            other.load_state_dict(model.state_dict())
            return [other(x)]

        return step, [model, other]

    check_replayed(made, BATCHES)
