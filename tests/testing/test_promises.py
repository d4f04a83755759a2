"""Promises about gradients: each planted fault is told in a sentence, correct code in none."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as extra

import twingrad
from twingrad import Primitive, Tensor, nn, testing
from twingrad.testing.probe import differ
from twingrad.testing.promises import broken_promises
from twingrad.testing.subjects import subject_of

MATRIX = np.random.default_rng(3).standard_normal((3, 4))


class Square(Primitive):
    """``x**2`` as it should be; its kin below break one promise each."""

    saves = (0,)

    def forward(self, x):
        return x * x

    def backward(self, gradient, call):
        return (2 * gradient * call.inputs[0],)


class WritesToItsInput(Square):
    def forward(self, x):
        y = x * x
        x[...] = -x
        return y


class FlipsTheSignOfZero(Square):
    def forward(self, x):
        y = x * x
        x[x == 0] = -0.0
        return y


class WritesToTheGradient(Square):
    def backward(self, gradient, call):
        gradient *= 2
        return (gradient * call.inputs[0],)


class WritesToItsResult(Square):
    saves_out = True

    def backward(self, gradient, call):
        call.out[...] = 0
        return (2 * gradient * call.inputs[0],)


class KeepsOnlyTheLatest(Square):
    def forward(self, x):
        self.x = x.copy()
        return x * x

    def backward(self, gradient, call):
        return (2 * gradient * self.x,)


class KeepsOnlyOnce(Square):
    def forward(self, x):
        self.kept = [x.copy()]
        return x * x

    def backward(self, gradient, call):
        return (2 * gradient * self.kept.pop(),)


class UsesUpItsInput(Square):
    def backward(self, gradient, call):
        (x,) = call.inputs
        found = 2 * gradient * x
        if isinstance(x, np.ndarray):
            x *= 0.5
        return (found,)


class CountsCalls(Square):
    calls = 0

    def backward(self, gradient, call):
        self.calls += 1
        return (2 * gradient * call.inputs[0] * self.calls,)


class GoesByMemory(Square):
    def backward(self, gradient, call):
        (x,) = call.inputs
        in_order = np.empty(x.shape).strides
        return (2 * gradient * np.lib.stride_tricks.as_strided(x, x.shape, in_order),)


class SquaresTheGradient(Square):
    def backward(self, gradient, call):
        return (2 * gradient * gradient * call.inputs[0],)


class TakesTheSizeOfTheGradient(Square):
    def backward(self, gradient, call):
        return (2 * abs(gradient) * call.inputs[0],)


class AddsAConstant(Square):
    def backward(self, gradient, call):
        return (2 * gradient * call.inputs[0] + 1e-5,)


class GivesNone(Square):
    def backward(self, gradient, call):
        return (None,)


def found(function, *inputs, **options):
    return broken_promises(subject_of(function, inputs, name="f"), **options)


@pytest.mark.parametrize(
    ("kind", "rule", "message"),
    [
        (WritesToItsInput, "mutation", r"changes the input .* in place, at index \(0, 0\) from 2."),
        (WritesToTheGradient, "mutation", "changes the gradient that it is given for f in place"),
        (
            WritesToItsResult,
            "mutation",
            r"changes the result f in place, at index \(0, 0\) from 4.",
        ),
        (KeepsOnlyTheLatest, "stale", "has been computed with other numbers before the backward"),
        (KeepsOnlyOnce, "accumulation", "second backward pass .* fails, with IndexError 'pop from"),
        (UsesUpItsInput, "mutation", "changes the input .* in place"),
        (CountsCalls, "repetition", "is another one when it is computed a second time"),
        (GoesByMemory, "layout", "is another one for transposed and strided arrays"),
        (SquaresTheGradient, "linearity", "is not multiplied by -4 when the gradients"),
        (TakesTheSizeOfTheGradient, "linearity", "it must be linear in them"),
        (AddsAConstant, "linearity", "it must be linear in them"),
        (GivesNone, "missing", "is None, but f changes with"),
    ],
)
def test_each_broken_promise_is_told_in_a_sentence_with_its_cure(kind, rule, message):
    x = MATRIX.copy()
    x[0, 0] = 2.0
    told = found(kind(), x)
    assert rule in {each.rule for each in told}
    (first,) = [each for each in told if each.rule == rule]
    assert re.search(message, first.sentence)
    assert ": " in first.sentence


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_primitive_that_keeps_its_promises_breaks_none(dtype):
    assert found(Square(), MATRIX.astype(dtype)) == []


def test_a_change_of_the_sign_of_zero_is_a_change():
    (told,) = found(FlipsTheSignOfZero(), np.array([1.0, 0.0]))
    assert told.rule == "mutation"
    assert "at index (1,) from 0 to -0" in told.sentence


def numpy_pair(gradient, function=lambda x: x * x):
    return testing.from_numpy(function, vjp=gradient)


GRADIENTS = {
    "shared with the input": (lambda g, x: x, "aliasing", "shares memory with the input x"),
    "a part of the input": (lambda g, x: x[::1], "aliasing", "shares memory with the input x"),
    "of another shape": (lambda g, x: (g * x).sum(0), "shape", "give each element its own number"),
    "transposed": (lambda g, x: (g * x).T, "shape", "transpose it"),
    "flat": (lambda g, x: (g * x).ravel(), "shape", "reshape it"),
    "not summed": (lambda g, x: (g * x)[None].repeat(2, 0), "shape", "sum it over what was"),
    "integers": (lambda g, x: (g * x).astype(int), "dtype", "dtype float64, got int64"),
    "narrow": (lambda g, x: (2 * g * x).astype(np.float32), "dtype", "got float32: convert it"),
    "None": (lambda g, x: None, "missing", "the gradient of x is None, but f changes with x"),
}


@pytest.mark.parametrize("case", GRADIENTS)
def test_gradients_written_in_numpy_are_held_to_the_same(case):
    gradient, rule, message = GRADIENTS[case]
    told = found(numpy_pair(gradient), MATRIX)
    assert message in " | ".join(each.sentence for each in told if each.rule == rule)
    assert all(each.input == "x" for each in told)


def test_a_gradient_is_no_wider_than_everything_around_it():
    x = MATRIX.astype(np.float32)
    (told,) = found(numpy_pair(lambda g, x: (2 * g * x).astype(np.float64)), x)
    assert told.rule == "dtype"
    wide = numpy_pair(lambda g, x: 2.0 * g * x, function=lambda x: x * x.astype(np.float64))
    assert found(wide, x) == []


def test_gradients_that_nobody_can_write_to_may_share_memory():
    def broadcast(g, x):
        return np.broadcast_to(g, x.shape)

    assert found(numpy_pair(broadcast, function=lambda x: x.sum()), MATRIX) == []


def test_a_random_function_is_told_from_a_wrong_one():
    draws = np.random.default_rng(0)
    (told,) = found(lambda x: x * draws.uniform(), MATRIX)
    assert told.rule == "random"
    assert "seed what it draws inside the function" in told.sentence
    rare = np.random.default_rng(0)
    told = found(lambda x: x * float(rare.uniform() < 0.5), np.array([1.0]))
    assert [each.rule for each in told] in ([], ["random"])


def test_a_gradient_that_is_random_by_itself_is_told():
    draws = np.random.default_rng(0)
    (told,) = found(numpy_pair(lambda g, x: 2 * g * x * draws.uniform()), MATRIX)
    assert told.rule == "repetition"


CORRECT = {
    "itself": lambda x: x,
    "a view": lambda x: x.T,
    "a slice": lambda x: x[..., ::2],
    "a constant": lambda x: twingrad.ones(2),
    "a comparison": lambda x: (x > 0).double() + x,
    "integers beside": lambda x: (x * 2, x.argsort(0)),
    "relu": lambda x: x.relu(),
    "ties of amax": lambda x: (x * 0).amax(0),
    "sort": lambda x: x.sort(0),
    "rounding": lambda x: x.floor() + x * 0,
    "no slope": lambda x: x.floor(),
    "a sum of a softmax": lambda x: x.softmax(0).sum(),
    "cancellation": lambda x: ((x + 1e8) - 1e8).sum() + (x - x.mean()).sum(),
    "in place": lambda x: x.clone().mul_(2).add_(x),
    "dropout": lambda x: nn.functional.dropout(x, 0.5),
    "detached on purpose": lambda x: x * 2 + (x - x.detach()),
}
SHAPES = [(3, 4), (5,), (1, 1), (), (0, 3)]
NEEDS_ELEMENTS = {"ties of amax", "sort", "a sum of a softmax"}
NEEDS_DIMENSIONS = {"a slice", "integers beside", *NEEDS_ELEMENTS}
CASES = [
    (name, shape)
    for name in CORRECT
    for shape in SHAPES
    if (shape or name not in NEEDS_DIMENSIONS) and (0 not in shape or name not in NEEDS_ELEMENTS)
]


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_correct_code_breaks_no_promise(name, shape):
    function = CORRECT[name]
    x = np.random.default_rng(1).standard_normal(shape)
    for array in (x, x.astype(np.float32), np.round(x), x * 1e-310, x * 1e300):
        assert found(function, Tensor(array)) == []


@settings(max_examples=150, deadline=None)
@given(
    function=st.sampled_from(
        [
            lambda x: x.relu() * x.abs(),
            lambda x: (x * x).sum() / (1 + x.abs().sum()),
            lambda x: x.logsumexp(0) if x.numel() else x.sum(),
            lambda x: x / (x.norm() + 1),
            lambda x: x.cumsum(0).exp(),
            lambda x: twingrad.maximum(x, -x) + twingrad.minimum(x, 0),
        ]
    ),
    x=extra.arrays(st.sampled_from([np.float32, np.float64]), extra.array_shapes(max_dims=2)),
)
def test_correct_code_breaks_no_promise_at_any_numbers(function, x):
    assert found(function, x) == []


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6])
def test_a_staircase_without_a_gradient_is_no_slope_without_one(size):
    assert found(lambda x: x.to(twingrad.int64).double(), MATRIX * size) == []
    assert found(lambda x: (x > 0).double(), np.array([0.0, 1.0, size])) == []
    (told,) = found(lambda x: x.detach() * 2, MATRIX * size)
    assert told.rule == "missing"


def test_differences_of_rounding_are_none():
    one = np.array([1.0, 1e-20])
    assert not differ(one, one + np.array([1e-12, 0.0]), lambda: 0.0)
    assert differ(one, one + np.array([1e-3, 0.0]), lambda: 0.0)
    assert not differ(one, one + np.array([1e-3, 0.0]), lambda: 1e-4)
    assert not differ(np.array([np.nan, 1.0]), np.array([1.0, np.inf]), lambda: 0.0)
    assert differ(one, np.array([1.0]), lambda: 0.0)
