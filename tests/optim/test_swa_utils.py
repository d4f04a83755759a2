"""Averages of weights: PyTorch's numbers on both twins, and what goes into an average."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twingrad
from support.twins import TWINS, numbers, operand
from twingrad import nn, optim
from twingrad.nn import functional as F
from twingrad.nn.backend import numbers_of
from twingrad.optim import swa_utils

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "averaging.json").read_text())
BATCHES = [[np.array(x), np.array(y)] for x, y in GOLDEN["batches"]]
AVERAGES = {name: getattr(swa_utils, name) for name in ("get_ema_avg_fn", "get_swa_avg_fn")}
OTHER = {"scalar": "tensor", "tensor": "scalar"}


def case_name(case):
    return f"{case['avg_fn']}{', use_buffers' if case['use_buffers'] else ''}"


def network(twin):
    """The golden network, in float64."""
    layers = [nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2)]
    model = nn.Sequential(*layers).double().to(twin)
    model.load_state_dict({name: np.array(entry) for name, entry in GOLDEN["start"].items()})
    return model


def averaged(case, twin, moves=lambda step, model, average: None):
    """The average of a golden case, and what it holds before the first batch and after each."""
    model = network(twin)
    avg_fn = eval(case["avg_fn"], dict(AVERAGES))
    average = optim.AveragedModel(model, avg_fn=avg_fn, use_buffers=case["use_buffers"])
    optimizer = optim.SGD(model.parameters(), lr=GOLDEN["rate"])
    states = [copied(average)]
    for step, (x, y) in enumerate(BATCHES):
        moves(step, model, average)
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
        average.update_parameters(model)
        states.append(copied(average))
    return average, states


def copied(model):
    return {name: numbers_of(entry).copy() for name, entry in model.state_dict().items()}


def check_states(found, expected, rtol=1e-10):
    for own, golden in zip(found, expected, strict=True):
        assert [*own] == [*golden]
        for name, entry in golden.items():
            np.testing.assert_allclose(own[name], entry, rtol=rtol, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", GOLDEN["cases"], ids=case_name)
def test_averages_are_those_of_pytorch(case, twin):
    average, states = averaged(case, twin)
    check_states(states, case["states"])
    average.eval()
    np.testing.assert_allclose(
        numbers(average(BATCHES[0][0])), case["predictions"], rtol=1e-10, atol=1e-14
    )


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=case_name)
def test_both_twins_have_the_same_averages(case):
    (_, scalar), (_, tensor) = (averaged(case, twin) for twin in TWINS)
    check_states(scalar, tensor, rtol=1e-12)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", GOLDEN["cases"], ids=case_name)
def test_renewed_running_statistics_are_those_of_pytorch(case, twin):
    average, _ = averaged(case, twin)
    average.eval()
    momentum = average.module[1].momentum
    optim.update_bn(BATCHES, average)
    found = dict(average.named_buffers())
    assert {*found} == {*case["renewed"]}
    for name, expected in case["renewed"].items():
        np.testing.assert_allclose(numbers_of(found[name]), expected, rtol=1e-10)
    predictions = numbers(average(BATCHES[0][0]))
    np.testing.assert_allclose(predictions, case["renewed_predictions"], rtol=1e-10, atol=1e-14)
    assert average.module[1].momentum == momentum == 0.1
    assert not any(module.training for module in average.modules())


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("who", ["model", "average", "both"])
@pytest.mark.parametrize("case", GOLDEN["cases"][:6], ids=case_name)
def test_model_and_average_may_move_to_the_other_twin_midway(case, who, twin):
    def moves(step, model, average):
        if step in (2, 4):
            target = OTHER[twin] if step == 2 else twin
            moving = {"model": [model], "average": [average], "both": [model, average]}
            for each in moving[who]:
                each.to(target)

    average, states = averaged(case, twin, moves)
    check_states(states, case["states"])
    assert average.backend == average.module.backend == twin


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("to", TWINS)
def test_an_average_goes_on_from_its_state_dict_to_the_last_bit(twin, to):
    model = network(twin)
    average = optim.AveragedModel(model, avg_fn=optim.get_ema_avg_fn(0.7))
    for shift in (0.25, -3.0):
        average.update_parameters(model)
        shift_weights(model, shift)
    fresh = optim.AveragedModel(network(to), avg_fn=optim.get_ema_avg_fn(0.7))
    fresh.load_state_dict(average.state_dict())
    assert int(fresh.n_averaged) == 2
    for each in (average, fresh):
        each.update_parameters(model)
    check_equal(copied(fresh), copied(average))


def shift_weights(model, shift):
    for parameter in model.parameters():
        numbers = numbers_of(parameter) + shift
        nn.state.twin_of(parameter).write(parameter, numbers)


def check_equal(one, other):
    assert [*one] == [*other]
    for name, entry in one.items():
        np.testing.assert_array_equal(entry, other[name], err_msg=name)


def test_the_state_has_the_names_of_pytorch():
    average = optim.AveragedModel(nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1)))
    assert [*average.state_dict()] == [
        "n_averaged",
        "module.0.weight",
        "module.0.bias",
        "module.1.weight",
        "module.1.bias",
        "module.1.running_mean",
        "module.1.running_var",
        "module.1.num_batches_tracked",
    ]


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=8), st.floats(0, 1))
def test_an_average_is_what_its_formula_says(weights, decay):
    mean, exponential = (
        optim.AveragedModel(Single(0.0), avg_fn=avg_fn)
        for avg_fn in (None, optim.get_ema_avg_fn(decay))
    )
    expected = weights[0]
    for position, weight in enumerate(weights):
        expected = decay * expected + (1 - decay) * weight
        for average in (mean, exponential):
            average.update_parameters(Single(weight))
            assert int(average.n_averaged) == position + 1
    assert numbers(mean.module.w).item() == pytest.approx(math.fsum(weights) / len(weights))
    assert numbers(exponential.module.w).item() == pytest.approx(expected, abs=1e-12)


class Single(nn.Module):
    """A weight, and the same weight by another name."""

    def __init__(self, weight):
        super().__init__()
        self.w = nn.Parameter(operand("tensor", weight))
        self.again = self.w
        self.register_buffer("seen", operand("tensor", [weight]), persistent=False)

    def forward(self, x):
        return self.w * x


def test_shared_weights_are_averaged_once_and_stay_shared():
    average = optim.AveragedModel(Single(0.0), avg_fn=optim.get_ema_avg_fn(0.5))
    for weight in (0.0, 8.0):
        average.update_parameters(Single(weight))
    assert average.module.again is average.module.w
    assert average.module.w.item() == 4.0


@pytest.mark.parametrize(("use_buffers", "expected"), [(False, 8.0), (True, 2.0)])
def test_buffers_that_are_not_saved_are_taken_too(use_buffers, expected):
    avg_fn = optim.get_ema_avg_fn(0.75)
    average = optim.AveragedModel(Single(0.0), avg_fn=avg_fn, use_buffers=use_buffers)
    for weight in (0.0, 8.0):
        average.update_parameters(Single(weight))
    assert average.module.seen.tolist() == [expected]


def test_the_average_is_a_copy_that_the_model_s_training_does_not_touch():
    model = nn.Linear(2, 1)
    average = optim.AveragedModel(model)
    average.update_parameters(model)
    before = copied(average)
    shift_weights(model, 1.0)
    check_equal(copied(average), before)
    average.update_parameters(model)
    assert not any(
        np.shares_memory(numbers_of(a), numbers_of(b))
        for a, b in zip(average.parameters(), model.parameters(), strict=True)
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_average_keeps_its_dtype(dtype):
    average = optim.AveragedModel(nn.Linear(2, 1).to(dtype))
    for source in ("float64", "float32"):
        average.update_parameters(nn.Linear(2, 1).to(source))
    assert {parameter.dtype.name for parameter in average.parameters()} == {dtype}


def test_modes_and_momenta_are_put_back_even_after_an_error():
    model = nn.Sequential(nn.BatchNorm1d(2, momentum=0.3), nn.Dropout(), nn.BatchNorm1d(2))
    model.eval()
    model[1].train()
    with pytest.raises(ValueError, match="BatchNorm1d"):
        optim.update_bn([np.ones((3, 2)), np.ones(3)], model)
    assert [module.training for module in model.modules()] == [False, False, True, False]
    assert [model[0].momentum, model[2].momentum] == [0.3, 0.1]


def test_without_batch_norm_nothing_is_computed():
    def batches():
        raise AssertionError("the loader is not to be read")
        yield

    optim.update_bn(batches(), nn.Linear(2, 1))


def test_batches_may_be_inputs_or_begin_with_one():
    x = np.array([[1.0], [3.0]])
    for batch in (x, (x, None), [x, None]):
        norm = nn.BatchNorm1d(1)
        optim.update_bn([batch], norm)
        assert norm.running_mean.tolist() == [2.0]


def test_statistics_are_renewed_without_a_graph():
    model = nn.BatchNorm1d(1)
    seen = []
    model.register_forward_hook(lambda module, args, output: seen.append(output.requires_grad))
    optim.update_bn([np.array([[1.0], [3.0]])], model)
    assert seen == [False]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optim.get_ema_avg_fn(1.1), ValueError, r"decay must lie in \[0, 1\], got 1.1: 0"),
        (lambda: optim.get_ema_avg_fn(-0.1), ValueError, r"decay must lie in \[0, 1\], got -0.1"),
        (lambda: optim.get_ema_avg_fn(math.nan), ValueError, r"lie in \[0, 1\], got nan"),
        (lambda: optim.get_ema_avg_fn("0.9"), TypeError, "decay must be a real number, got str"),
        (lambda: optim.AveragedModel([]), TypeError, "model must be a Module, got list: pass the"),
        (
            lambda: optim.AveragedModel(nn.Linear(1, 1), avg_fn=0.9),
            TypeError,
            "avg_fn must be a function, got float 0.9: write for example avg_fn=optim.get_ema",
        ),
        (
            lambda: optim.update_bn([], "model"),
            TypeError,
            "update_bn: model must be a Module, got str: pass the model itself",
        ),
        (
            lambda: optim.AveragedModel(nn.Linear(1, 1)).update_parameters(nn.Linear(2, 1)),
            ValueError,
            r"got weight with shape \(1, 2\) where \(1, 1\) belongs: pass the model that was cop",
        ),
        (
            lambda: optim.AveragedModel(nn.Linear(1, 1)).update_parameters(nn.Flatten()),
            ValueError,
            r"got weight with shape None where \(1, 1\) belongs",
        ),
        (
            lambda: optim.AveragedModel(nn.Flatten()).update_parameters(nn.Linear(1, 1)),
            ValueError,
            r"got weight with shape \(1, 1\) where None belongs",
        ),
    ],
)
def test_what_cannot_be_averaged_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_model_that_is_refused_leaves_the_average_as_it_was():
    average = optim.AveragedModel(nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1)))
    before = copied(average)
    with pytest.raises(ValueError, match=r"got 1.weight with shape"):
        average.update_parameters(nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 2)))
    check_equal(copied(average), before)


def test_the_average_of_a_noisy_descent_is_nearer_to_the_least_squares_than_its_end():
    _ = twingrad.manual_seed(0)
    x = twingrad.randn(200, 3)
    y = x @ twingrad.tensor([[1.0], [-2.0], [0.5]]) + 0.5 * twingrad.randn(200, 1)
    model = nn.Linear(3, 1)
    average = optim.AveragedModel(model)
    optimizer = optim.SGD(model.parameters(), lr=0.3)
    schedule = optim.swa_utils.SWALR(optimizer, swa_lr=0.2, anneal_epochs=5)
    for step in range(200):
        rows = slice(5 * (step % 40), 5 * (step % 40) + 5)
        optimizer.zero_grad()
        F.mse_loss(model(x[rows]), y[rows]).backward()
        optimizer.step()
        if step >= 40:
            schedule.step()
            average.update_parameters(model)
    with twingrad.no_grad():
        assert F.mse_loss(average(x), y).item() < F.mse_loss(model(x), y).item()
