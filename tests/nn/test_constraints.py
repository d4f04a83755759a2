"""Constraints: weights put back in place, on both twins."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import twingrad
from support.twins import TWINS, numbers, operand
from twingrad import Array, Value, nn

on_both = pytest.mark.parametrize("twin", TWINS)
ROWS = [[3.0, 4.0], [0.3, -0.4], [0.0, 0.0]]
CASES = {
    "max-norm of rows": (nn.MaxNorm(2.5), ROWS, [[1.5, 2.0], [0.3, -0.4], [0.0, 0.0]]),
    "max-norm of columns": (nn.MaxNorm(1, 0), [[3.0, 0.5], [4.0, 0.5]], [[0.6, 0.5], [0.8, 0.5]]),
    "max-norm of all": (nn.MaxNorm(1, dim=(0, 1)), [[1, 1], [1, 1]], [[0.5, 0.5], [0.5, 0.5]]),
    "max-norm of 0": (nn.MaxNorm(0), ROWS, np.zeros((3, 2))),
    "no limit": (nn.MaxNorm(inf), ROWS, ROWS),
    "max-norm of a vector": (nn.MaxNorm(1), [3.0, 4.0], [0.6, 0.8]),
    "max-norm of a number": (nn.MaxNorm(1), -3.0, -1.0),
    "max-norm of a cube": (nn.MaxNorm(1), [[[1, 1], [1, 1]]], [[[0.5, 0.5], [0.5, 0.5]]]),
    "unit norm of rows": (nn.UnitNorm(), ROWS, [[0.6, 0.8], [0.6, -0.8], [0.0, 0.0]]),
    "unit norm of columns": (nn.UnitNorm(-2), [[3.0, 0.0], [4.0, 0.0]], [[0.6, 0.0], [0.8, 0.0]]),
    "unit norm of a vector": (nn.UnitNorm(), [0.0, -2.0], [0.0, -1.0]),
    "unit norm of a number": (nn.UnitNorm(), -3.0, -1.0),
    "non-negative": (nn.NonNegative(), [[-1.0, 2.0], [0.0, -inf]], [[0.0, 2.0], [0.0, 0.0]]),
    "no rows": (nn.UnitNorm(), np.zeros((0, 3)), np.zeros((0, 3))),
    "no columns": (nn.MaxNorm(1), np.zeros((3, 0)), np.zeros((3, 0))),
}  # fmt: skip


@on_both
@pytest.mark.parametrize(("constraint", "before", "after"), CASES.values(), ids=CASES)
def test_parameters_are_put_back_in_place(twin, constraint, before, after):
    w = operand(twin, before, requires_grad=True)
    constraint(w)
    np.testing.assert_allclose(numbers(w), after, rtol=1e-15)
    if w.numel():
        w.sum().backward()
        assert (numbers(w.grad) == 1).all(), "it is a leaf still"


WEIGHTS = arrays(np.float64, (3, 4), elements=st.floats(-1e3, 1e3))


@on_both
@given(w=WEIGHTS, limit=st.just(0.0) | st.floats(1e-100, 100))  # whose squares are normal
def test_no_row_is_longer_than_the_limit_and_short_ones_stay(twin, w, limit):
    found = operand(twin, w)
    nn.MaxNorm(limit)(found)
    before, after = np.linalg.norm(w, axis=1), np.linalg.norm(numbers(found), axis=1)
    assert (after <= limit * (1 + 1e-12)).all()
    short = before < limit * (1 - 1e-12)
    assert (numbers(found)[short] == w[short]).all()


@given(w=WEIGHTS)
def test_twins_agree(w):
    for constraint in (nn.MaxNorm(1.5), nn.UnitNorm(), nn.NonNegative()):
        found = [operand(twin, w) for twin in TWINS]
        for each in found:
            constraint(each)
        assert (numbers(found[0]) == numbers(found[1])).all()


@on_both
def test_a_module_stands_for_its_weights(twin):
    model = nn.Sequential(nn.Linear(3, 2, backend=twin), nn.BatchNorm1d(2, backend=twin))
    bias, scale = numbers(model[0].bias).copy(), numbers(model[1].weight).copy()
    nn.UnitNorm()(model)
    np.testing.assert_allclose(np.linalg.norm(numbers(model[0].weight), axis=1), 1, rtol=1e-6)
    assert (numbers(model[0].bias) == bias).all()
    assert (numbers(model[1].weight) == scale).all()


@on_both
def test_constraints_hold_while_training(twin):
    w = operand(twin, [[1.0, -1.0]], requires_grad=True)
    optimizer = twingrad.optim.SGD([w], lr=0.5)
    for _ in range(5):
        optimizer.zero_grad()
        (w + 3.0).square().sum().backward()
        optimizer.step()
        nn.NonNegative()(w)
    assert numbers(w).tolist() == [[0.0, 0.0]]


def test_single_values_and_modules_of_them_are_constrained():
    values = [Value(-2.0), Value(3.0)]
    nn.NonNegative()(values)
    assert [value.data for value in values] == [0.0, 3.0]
    neuron = nn.Neuron(3)
    nn.MaxNorm(0.1)(neuron)
    assert all(abs(each.data) <= 0.1 + 1e-15 for each in neuron.parameters())


def test_float32_stays_float32():
    w = twingrad.tensor([[3.0, 4.0]])
    nn.MaxNorm(1.0)(w)
    assert w.dtype == twingrad.float32


def test_graphs_that_need_the_old_numbers_notice():
    w = twingrad.tensor([[3.0, 4.0]], requires_grad=True)
    loss = w.square().sum()
    nn.MaxNorm(1.0)(w)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_infinite_weights_make_no_warning():
    w = twingrad.tensor([[inf, 1.0]])
    nn.MaxNorm(1.0)(w)
    assert w[0, 1].item() == 0.0


@pytest.mark.parametrize(
    ("constraint", "text"),
    [
        (nn.MaxNorm(3, dim=0), "MaxNorm(3.0, dim=0)"),
        (nn.UnitNorm(), "UnitNorm(dim=None)"),
        (nn.NonNegative(), "NonNegative()"),
    ],
)
def test_repr_shows_the_options(constraint, text):
    assert repr(constraint) == text


W = twingrad.ones(2, 3)
REFUSED = {
    "a limit below 0": (lambda: nn.MaxNorm(-1), ValueError, "limit must be at least 0, got -1"),
    "a limit of nan": (lambda: nn.MaxNorm(nan), ValueError, "limit must be at least 0, got nan"),
    "text": (lambda: nn.MaxNorm("3"), TypeError, "MaxNorm: limit must be a real number"),
    "no such dimension": (lambda: nn.MaxNorm(1, 2)(W), IndexError, "MaxNorm: dim must lie between"),
    "a dimension twice": (lambda: nn.UnitNorm((1, -1))(W), ValueError, "name each dimension once"),
    "numbers": (lambda: nn.UnitNorm()([1.0]), TypeError, "UnitNorm: parameters must be Tensors"),
    "both twins": (lambda: nn.NonNegative()([W, Array([1.0])]), TypeError, "must be of one twin"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
    assert (W == 1).all()
