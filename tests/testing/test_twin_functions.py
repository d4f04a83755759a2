"""Functions of Tensors, Values and Arrays as subjects of a check."""

import functools
import gc
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import twingrad as tg
from support.subjects import cotangents_of, pulled, verdict
from twingrad import nn
from twingrad.nn import functional as F
from twingrad.testing import Verdict, gradcheck
from twingrad.testing.subject import Passage
from twingrad.testing.subjects import subject_of

X = np.array([[0.1, -0.7, 1.3], [0.4, 2.0, -0.2]])
POINTS = {"tensor": tg.Tensor, "scalar": tg.Array}


class Pair(NamedTuple):
    left: object
    right: object


@pytest.fixture(params=POINTS)
def operand(request):
    return POINTS[request.param]


def test_numbers_and_arrays_become_float64_tensors():
    seen = []

    def f(x, scale):
        seen.append((type(x), x.dtype, type(scale), scale.shape))
        return (x * scale).sum()

    subject = subject_of(f, (X, 2.0))
    assert seen[0] == (tg.Tensor, np.float64, tg.Tensor, ())
    assert subject.input_names == ("x", "scale")
    assert [each.shape for each in subject.inputs] == [(2, 3), ()]
    assert subject.output_names() == ("f",)


def test_float32_stays_float32():
    subject = subject_of(lambda x: x.exp(), (X.astype(np.float32),))
    assert subject.inputs[0].dtype == np.float32
    assert subject.values(subject.inputs)[0].dtype == np.float32
    assert pulled(subject)[0].dtype == np.float32


@pytest.mark.parametrize("dtype", ["float16", "longdouble", ">f8"])
def test_floats_that_tensors_do_not_have_become_float64(dtype):
    subject = subject_of(lambda x: x.exp(), (X.astype(dtype),))
    assert subject.inputs[0].dtype == np.float64


def test_arrays_become_arrays_of_values_where_the_scalar_twin_is_selected():
    with tg.backend("scalar"):
        subject = subject_of(lambda x: x.tanh().sum(), (X,))
    assert type(subject.roots()[0]) is tg.Array


@pytest.mark.parametrize(
    "marks", [(True, True), (False, False), (True, False), (False, True)], ids=str
)
def test_only_what_requires_a_gradient_is_differentiated_by_if_anything_does(operand, marks):
    inputs = [operand(X, requires_grad=mark) for mark in marks]
    expected = ("a", "b") if marks[0] == marks[1] else ("a",) if marks[0] else ("b",)
    assert subject_of(lambda a, b: (a * b).sum(), inputs).input_names == expected


def test_other_operands_are_passed_on_as_they_are():
    seen = []

    def f(x, index, flag, text, missing, factor, table):
        seen.append((index, flag, text, missing, factor, type(table)))
        return x[index] * factor

    w = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    index = tg.tensor([2, 0])
    subject = subject_of(f, (w, index, True, "text", None, 0.5, np.ones(2)))
    assert subject.input_names == ("x",)
    assert seen[0] == (index, True, "text", None, 0.5, tg.Tensor)
    assert pulled(subject)[0].shape == (3,)


def test_whole_numbers_are_not_differentiated_by():
    subject = subject_of(lambda x, n, k: x[k] * n, (X, 3, np.array([1])))
    assert subject.input_names == ("x",)


def test_nested_arguments_and_results_have_names(operand):
    def f(batch, weights):
        return {
            "loss": (batch["left"] * weights[0]).sum(),
            "pair": Pair(batch["more"].right * 2.0, [weights[1]]),
            "count": 3,
            "nothing": None,
        }

    batch = {"left": operand(X), "more": Pair(None, operand(X[0]))}
    subject = subject_of(f, (batch, [operand(X), operand(X[1])]))
    assert subject.input_names == (
        "batch['left']",
        "batch['more'].right",
        "weights[0]",
        "weights[1]",
    )
    assert subject.output_names() == ("f['loss']", "f['pair'].left", "f['pair'].right[0]")
    assert verdict(subject) is Verdict.OK


@pytest.mark.parametrize(
    ("function", "count", "name", "inputs"),
    [
        (tg.hypot, 2, "hypot", ("a", "b")),
        (lambda *xs: xs[0] * xs[1], 2, "f", ("xs[0]", "xs[1]")),
        (functools.partial(lambda c, x: c * x, 2.0), 1, "f", ("x",)),
        (tg.nn.Tanh(), 1, "Tanh", ("input",)),
        (tg.matmul, 2, "matmul", ("input", "other")),
    ],
)
def test_names_come_from_signatures(function, count, name, inputs):
    subject = subject_of(function, [np.eye(2) + 0.5] * count)
    assert (subject.name, subject.input_names) == (name, inputs)
    assert subject_of(function, [np.eye(2)] * count, name="mine").output_names() == ("mine",)


def test_a_function_without_a_signature_has_numbered_arguments():
    class Nameless:
        __signature__ = "broken"

        def __call__(self, x):
            return x * 2.0

    assert subject_of(Nameless(), (X,)).input_names == ("argument 1",)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 3), (3, 0, 2)], ids=str)
def test_derivatives_are_those_of_the_values_in_any_shape(operand, shape):
    x = np.random.default_rng(0).normal(size=shape)
    subject = subject_of(lambda x: x.tanh() * x, (operand(x),))
    assert subject.values(subject.inputs)[0].shape == shape
    assert verdict(subject) is Verdict.OK
    assert verdict(subject.derived()) is Verdict.OK


def test_values_are_inputs_and_results():
    a, b = tg.Value(2.0, label="a"), tg.Value(-3.0)
    subject = subject_of(lambda a, b: [a * b, a**2], (a, b))
    assert subject.output_names() == ("f[0]", "f[1]")
    assert [each.shape for each in subject.inputs] == [(), ()]
    assert verdict(subject) is Verdict.OK
    assert verdict(subject.derived()) is Verdict.OK
    assert (a.grad, b.grad) == (None, None)
    product, square = subject.roots()
    assert (product.data, product.operation.name, product.parents[0].label) == (-6.0, "mul", "a")
    assert square.data == 4.0


def test_broadcast_inputs_get_gradients_of_their_own_shapes(operand):
    subject = subject_of(
        lambda x, row, one: x * row + one, (operand(X), operand(X[:1]), operand(np.array(2.0)))
    )
    assert [each.shape for each in pulled(subject)] == [(2, 3), (1, 3), ()]
    assert verdict(subject) is Verdict.OK


def test_one_operand_in_two_places_is_two_inputs():
    x = tg.Tensor(X)
    subject = subject_of(lambda a, b: a * b, (x, x))
    first, second = pulled(subject)
    assert len(subject.inputs) == 2
    np.testing.assert_allclose(first, second)
    assert verdict(subject) is Verdict.OK


def test_an_input_that_was_computed_is_taken_as_numbers():
    w = tg.tensor([1.0, 2.0], requires_grad=True)
    subject = subject_of(lambda x: x * x, (w * 2.0,))
    np.testing.assert_array_equal(subject.inputs[0], [2.0, 4.0])
    assert w.grad is None


def test_a_function_that_gives_its_input_is_judged(operand):
    subject = subject_of(lambda x: x, (operand(X),))
    np.testing.assert_array_equal(subject.values(subject.inputs)[0], X)
    np.testing.assert_array_equal(pulled(subject)[0], cotangents_of(subject)[0])
    assert verdict(subject.derived()) is Verdict.OK


def test_results_that_share_memory_with_inputs_are_given_as_copies():
    subject = subject_of(lambda x: (x.reshape(6), x[0]), (X,))
    arrays = [each.copy() for each in subject.inputs]
    values = subject.values(arrays)
    assert not any(np.shares_memory(value, arrays[0]) for value in values)
    passage = subject.passage(arrays, cotangents_of(subject))
    assert np.shares_memory(passage.results[0], passage.inputs[0])


def test_integer_results_and_plain_numbers_are_no_results():
    subject = subject_of(lambda x: (x.argmax(), x.sum().item(), x.sum(), x.detach().numpy()), (X,))
    assert subject.output_names() == ("f[2]",)


def test_results_that_are_detached_beside_others_are_not_judged():
    subject = subject_of(lambda x: (x.exp(), x.exp().detach()), (X,))
    assert subject.output_names() == ("f[0]",)


def test_a_function_whose_only_result_lost_its_history_has_no_gradient():
    subject = subject_of(lambda x: x.exp().detach(), (X,))
    assert subject.output_names() == ("f",)
    assert pulled(subject) == [None]


def test_an_input_that_is_not_used_has_no_gradient():
    subject = subject_of(lambda x, y: x * 2.0, (X, X))
    assert pulled(subject)[1] is None
    assert verdict(subject.derived()) is Verdict.OK


def test_graphs_are_recorded_inside_no_grad_too(operand):
    with tg.no_grad():
        subject = subject_of(lambda x: x.exp(), (operand(X),))
        np.testing.assert_allclose(pulled(subject)[0], np.exp(X) * cotangents_of(subject)[0])


def test_a_function_may_differentiate_inside():
    def penalty(x):
        (slope,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
        return (slope * slope).sum()

    assert verdict(subject_of(penalty, (X,))) is Verdict.OK


def test_inputs_are_those_of_the_user_never_moved(operand):
    x = operand(X)
    before = x.numpy().tobytes()
    subject = subject_of(lambda x: x * x, (x,))
    subject.values([X + 1])
    pulled(subject)
    assert x.numpy().tobytes() == before
    assert x.grad is None


def test_a_function_that_writes_to_its_input_is_seen_to_do_so():
    def f(x):
        x.detach().mul_(2.0)
        return x.sum()

    subject = subject_of(f, (X,))
    passage = subject.passage([X.copy()], [np.array(1.0)])
    np.testing.assert_array_equal(passage.inputs_after[0], 2 * X)
    np.testing.assert_array_equal(subject.inputs[0], X)


def test_a_passage_shows_memory_that_gradients_share():
    class Shares(tg.Primitive):
        def forward(self, x):
            return x * 1.0

        def backward(self, gradient, call):
            return (gradient,)

    subject = subject_of(Shares(), (X,))
    passage = subject.passage(subject.inputs, cotangents_of(subject))
    assert isinstance(passage, Passage)
    np.testing.assert_array_equal(passage.results_before[0], passage.results[0])
    assert subject.name == "shares"


def test_non_contiguous_operands_give_the_same(operand):
    def f(x, w):
        if isinstance(x, tg.Tensor):
            strides.append(x.detach().numpy().strides)
        return (x @ w).tanh()

    strides = []
    subject = subject_of(f, (operand(X), operand(np.ones((3, 2)))))
    cotangents = cotangents_of(subject)
    values, gradients = subject.scattered(subject.inputs, cotangents)
    np.testing.assert_allclose(values[0], subject.values(subject.inputs)[0])
    for one, other in zip(gradients, pulled(subject), strict=True):
        np.testing.assert_allclose(one, other)
    assert operand is tg.Array or (16, 64) in strides


def test_a_pending_backward_pass_is_not_disturbed_by_another_forward_pass(operand):
    subject = subject_of(lambda x: x * x, (operand(X),))
    cotangents = [np.ones_like(X)]
    found = subject.pending([X], [3 * X], cotangents)
    np.testing.assert_allclose(found[0], 2 * X)


def test_a_primitive_that_remembers_its_last_call_is_found_pending():
    class Stale(tg.Primitive):
        def forward(self, x):
            self.last = np.array(x)
            return x * x

        def backward(self, gradient, call):
            return (gradient * 2 * self.last,)

    subject = subject_of(Stale(), (X,))
    np.testing.assert_allclose(subject.pull([X], [np.ones_like(X)])[0], 2 * X)
    assert not np.allclose(subject.pending([X], [3 * X], [np.ones_like(X)])[0], 2 * X)


def test_two_backward_passes_add_up(operand):
    subject = subject_of(lambda x, y: (x * x * y, x), (operand(X), operand(X + 1)))
    cotangents = cotangents_of(subject)
    for twice, once in zip(
        subject.accumulated(subject.inputs, cotangents), pulled(subject), strict=True
    ):
        np.testing.assert_allclose(twice, 2 * once)


def test_two_backward_passes_leave_other_leaves_alone(operand):
    other = operand(X, requires_grad=True)
    subject = subject_of(lambda x: x * other, (operand(X),))
    subject.accumulated(subject.inputs, [np.ones_like(X)])
    assert other.grad is None


def test_dropout_draws_the_same_in_every_evaluation(operand):
    subject = subject_of(lambda x: tg.nn.functional.dropout(x * x, 0.5), (operand(np.ones(50)),))
    first, second = (subject.values(subject.inputs)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert 0 < np.count_nonzero(first) < 50
    assert verdict(subject) is Verdict.OK


def test_random_numbers_go_on_as_if_none_had_been_drawn():
    tg.manual_seed(3)
    expected = tg.rand(4).tolist()
    tg.manual_seed(3)
    subject = subject_of(lambda x: x * tg.rand(6), (np.ones(6),))
    pulled(subject)
    assert tg.rand(4).tolist() == expected


def test_a_generator_of_its_own_makes_a_function_random():
    draws = np.random.default_rng(0)
    subject = subject_of(lambda x: x * draws.random(), (X,))
    assert not np.array_equal(*(subject.values([X])[0] for _ in range(2)))


def test_precise_is_the_same_function_in_float64():
    scale = np.array([1.5, 2.5, 3.5], np.float32)
    subject = subject_of(
        lambda x, scale: x @ scale,
        (tg.tensor(X.tolist(), requires_grad=True), tg.Tensor(scale)),
    )
    precise = subject.precise()
    assert precise.inputs[0].dtype == np.float64
    assert precise.values(precise.inputs)[0].dtype == np.float64
    assert precise.output_names() == subject.output_names()
    assert verdict(precise) is Verdict.OK
    assert verdict(precise.derived()) is Verdict.OK


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.float().exp(),
        lambda x: x if x.dtype == np.float32 else 1 / 0,
        lambda x: tg.nn.functional.dropout(x),
    ],
    ids=["casts", "refuses", "draws"],
)
def test_nothing_is_precise_where_float64_is_refused_or_random(function):
    assert subject_of(function, (X.astype(np.float32),)).precise() is None


def test_a_gradient_has_names_that_say_by_what():
    derived = subject_of(lambda x, w: {"a": x * w}, (X, X)).derived()
    assert derived.name == "gradient of f"
    assert derived.input_names == ("x", "w", "cotangent of f['a']")
    assert derived.output_names() == ("df/dx", "df/dw")
    third = derived.derived()
    assert third.output_names()[0] == "d(gradient of f)/dx"
    assert verdict(third) is Verdict.OK


def test_a_primitive_whose_second_derivative_is_wrong_is_wrong_at_second_order():
    class Detached(tg.Primitive):
        saves = (0,)

        def forward(self, x):
            return x**3

        def backward(self, gradient, call):
            (x,) = call.inputs
            fixed = x.detach() if isinstance(x, tg.Tensor) else x
            return (gradient * 3 * fixed**2,)

    subject = subject_of(Detached(), (X,))
    assert verdict(subject) is Verdict.OK
    assert verdict(subject.derived()) is Verdict.WRONG


@pytest.mark.parametrize("order", [1, 2])
@given(
    x=array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3).flatmap(
        lambda shape: arrays(np.float64, shape, elements=st.floats(-2, 2))
    )
)
def test_both_twins_pull_the_same(order, x):
    found = []
    for kind in POINTS.values():
        subject = subject_of(lambda x: (x.tanh() * x).sum() + x.sigmoid(), (kind(x),))
        if order == 2:
            subject = subject.derived()
        found.append(pulled(subject))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_graphs_are_freed_after_each_evaluation():
    subject = subject_of(lambda x: x.exp().tanh(), (X,))
    pulled(subject)
    gc.collect()
    before = sum(type(each) is tg.Tensor for each in gc.get_objects())
    pulled(subject)
    gc.collect()
    assert sum(type(each) is tg.Tensor for each in gc.get_objects()) <= before


@pytest.mark.parametrize(
    ("function", "inputs", "error", "message"),
    [
        (3, (X,), TypeError, "f must be a function, got int 3"),
        (lambda x: 3, (X,), TypeError, "f must give a Tensor .* got int 3: return what"),
        (lambda x: None, (X,), TypeError, "got NoneType None"),
        (lambda x: x.sum().item(), (X,), TypeError, "f must give a Tensor .* got float"),
        (lambda x: (y for y in [x]), (X,), TypeError, "got generator"),
        (lambda x: x.argmax(), (X,), TypeError, "f must give a Tensor of floating point"),
        (lambda x: 3.0, (tg.Value(1.0),), TypeError, "f must give a Value or an Array"),
        (lambda x: x, (3,), ValueError, "f must have an input .* got int: pass floating"),
        (lambda x: x, (np.arange(2),), ValueError, "got ndarray of int64"),
        (tg.compile(lambda x: x.tanh()), (X,), TypeError, "f must be .* not compiled, got one"),
        (lambda: 1, (), ValueError, "f must have an input to differentiate by, got none"),
        (lambda x: x, (iter([1.0]),), TypeError, "x must be the same .* got a list_iterator"),
        (lambda x: sum(x), ((y for y in [1.0]),), TypeError, "got a generator, which is empty"),
    ],
)
def test_what_cannot_be_checked_is_said_in_one_sentence(function, inputs, error, message):
    with pytest.raises(error, match=message) as caught:
        subject_of(function, inputs)
    assert "\n" not in str(caught.value)


def test_a_function_whose_structure_depends_on_numbers_is_refused_there():
    subject = subject_of(lambda x: x.sum() if x.sum() > 0 else 0.0, (np.ones(2),))
    with pytest.raises(ValueError, match=r"same structure of results everywhere, got float 0\.0"):
        subject.values([-np.ones(2)])


def test_errors_of_the_function_pass_through():
    subject = subject_of(lambda x: x / 1.0 if x.sum() > 0 else 1 / 0, (np.ones(2),))
    with pytest.raises(ZeroDivisionError):
        subject.values([-np.ones(2)])


def test_numbers_for_a_module_are_of_the_dtype_of_its_parameters():
    layer = nn.Linear(3, 2)
    subject = subject_of(layer, [np.ones((2, 3))])
    assert {each.dtype for each in subject.inputs} == {np.dtype(np.float32)}
    x, y = np.ones((4, 3)), np.ones((4, 2))
    assert gradcheck(lambda x, y: F.mse_loss(layer(x), y), x, y, parameters=layer)
