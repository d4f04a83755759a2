"""Clipping of gradients, and parameters as one vector: PyTorch's numbers, on both twins."""

import json
from math import inf, isnan, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import twingrad
from support.twins import TWINS, numbers, operand
from twingrad import Array, Tensor, Value, nn
from twingrad.nn import utils

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "clipping.json").read_text())
on_both = pytest.mark.parametrize("twin", TWINS)


def with_gradient(twin, gradient, data=None):
    """A parameter with a gradient, which may be None."""
    shape = np.shape(gradient) if gradient is not None else (2,)
    own = operand(twin, np.zeros(shape) if data is None else data, requires_grad=True)
    if gradient is not None:
        own.grad = operand(twin, gradient) if twin == "tensor" else np.array(gradient, np.float64)
    return own


def golden_parameters(twin, on):
    weights = GOLDEN["weights"].get(on, [None] * len(GOLDEN["gradients"][on]))
    return [with_gradient(twin, *each) for each in zip(GOLDEN["gradients"][on], weights)]


def check_gradients(parameters, expected):
    for own, gradient in zip(parameters, expected, strict=True):
        if gradient is None:
            assert own.grad is None
        else:
            np.testing.assert_allclose(numbers(own.grad), gradient, rtol=1e-10, atol=1e-300)


def label(case):
    return ", ".join([f"{key} {case[key]}" for key in case if key not in ("gradients", "total")])


@on_both
@pytest.mark.parametrize("case", GOLDEN["by_norm"], ids=label)
def test_clipping_by_norm_gives_the_golden_numbers(twin, case):
    own = golden_parameters(twin, case["on"])
    with twingrad.backend(twin):
        total = utils.clip_grad_norm_(own, case["max_norm"], case["norm_type"])
    np.testing.assert_allclose(total.item(), case["total"], rtol=1e-10)
    assert total.shape == ()
    assert type(total) is (Array if twin == "scalar" else Tensor)
    check_gradients(own, case["gradients"])


@on_both
@pytest.mark.parametrize("case", GOLDEN["by_norm"], ids=label)
def test_the_norm_and_then_clipping_with_it_is_the_same(twin, case):
    own = golden_parameters(twin, case["on"])
    gradients = [each.grad for each in own if each.grad is not None]
    total = utils.get_total_norm(gradients, case["norm_type"])
    np.testing.assert_allclose(total.item(), case["total"], rtol=1e-10)
    utils.clip_grads_with_norm_(own, case["max_norm"], total)
    check_gradients(own, case["gradients"])


@on_both
@pytest.mark.parametrize("case", GOLDEN["by_value"], ids=label)
def test_clipping_by_value_gives_the_golden_numbers(twin, case):
    own = golden_parameters(twin, case["on"])
    utils.clip_grad_value_(own, case["clip_value"])
    check_gradients(own, case["gradients"])


@on_both
@pytest.mark.parametrize("case", GOLDEN["adaptively"], ids=label)
def test_adaptive_clipping_gives_the_golden_numbers(twin, case):
    own = golden_parameters(twin, case["on"])
    utils.adaptive_clip_grad_(own, case["clip_factor"], case["eps"])
    check_gradients(own, case["gradients"])


CLIPPINGS = {
    "clip_grad_norm_": lambda own: utils.clip_grad_norm_(own, 0.5),
    "clip_grads_with_norm_": lambda own: utils.clip_grads_with_norm_(own, 0.5, 5.0),
    "clip_grad_value_": lambda own: utils.clip_grad_value_(own, 0.5),
    "adaptive_clip_grad_": lambda own: utils.adaptive_clip_grad_(own, 0.5),
}
each_clipping = pytest.mark.parametrize("clip", CLIPPINGS.values(), ids=CLIPPINGS)


@each_clipping
@given(g=arrays(np.float64, (3, 2), elements=st.floats(-100, 100)))
def test_twins_agree(clip, g):
    found = []
    for twin in TWINS:
        own = [with_gradient(twin, g, g + 1.0), with_gradient(twin, g[0])]
        clip(own)
        found.append(np.vstack([numbers(each.grad) for each in own]))
    np.testing.assert_allclose(*found, rtol=1e-12)


@given(
    g=arrays(np.float64, (3, 2), elements=st.floats(-1e6, 1e6)),
    longest=st.just(0.0) | st.floats(1e-3, 10),
)
def test_clipped_gradients_point_where_they_did_and_are_not_longer(g, longest):
    own = with_gradient("tensor", g)
    utils.clip_grad_norm_(own, longest)
    after = numbers(own.grad)
    assert np.linalg.norm(after) <= longest * (1 + 1e-12)
    np.testing.assert_allclose(after * np.linalg.norm(g), g * np.linalg.norm(after), atol=1e-6)


@each_clipping
@pytest.mark.parametrize("layout", [np.array, lambda g: np.array(g, order="F")])
def test_a_gradient_tensor_is_changed_itself_whatever_its_layout(clip, layout):
    own = with_gradient("tensor", np.ones((3, 2)), np.ones((3, 2)))
    gradient = Tensor.constant(layout([[3.0, 4.0], [1.0, 0.0], [0.0, -2.0]]))
    own.grad = gradient
    clip([own])
    assert own.grad is gradient
    expected = with_gradient("scalar", [[3.0, 4.0], [1.0, 0.0], [0.0, -2.0]], np.ones((3, 2)))
    clip([expected])
    np.testing.assert_allclose(numbers(gradient), expected.grad, rtol=1e-12)
    assert (numbers(gradient) != [[3.0, 4.0], [1.0, 0.0], [0.0, -2.0]]).any()


@each_clipping
def test_single_values_are_clipped(clip):
    values = [Value(1.0), Value(2.0), Value(3.0)]
    (values[0] * 3.0 - values[1] * 4.0).backward()
    clip(values)
    first, second, third = [value.grad for value in values]
    assert type(first) is type(second) is float
    assert 0 < first < 3
    assert -4 < second < 0
    assert third is None


@each_clipping
@on_both
def test_gradients_that_have_a_graph_are_changed_without_one(clip, twin):
    w = operand(twin, [0.5, 1.0], requires_grad=True)
    (w * w * w).sum().backward(create_graph=True)
    plain = with_gradient(twin, [0.75, 3.0], [0.5, 1.0])
    clip(w)
    clip(plain)
    np.testing.assert_allclose(numbers(w.grad), numbers(plain.grad), rtol=1e-12)
    assert numbers(w.grad)[1] < 3


@each_clipping
def test_float32_gradients_stay_float32(clip):
    w = twingrad.ones(3, requires_grad=True)
    (w * 5.0).sum().backward()
    clip([w])
    assert w.grad.dtype == twingrad.float32
    assert (w.grad < 5.0).all()


@each_clipping
@on_both
def test_parameters_without_gradients_are_skipped(clip, twin):
    own = with_gradient(twin, None)
    clip([own])
    clip([])
    assert own.grad is None


@each_clipping
def test_an_iterator_that_is_used_up_is_warned_of(clip):
    with pytest.warns(UserWarning, match="parameters is an iterator that gives none"):
        clip(iter([]))


def test_the_norm_has_the_dtype_of_the_gradients():
    half = twingrad.ones(3, requires_grad=True)
    full = twingrad.ones(3, dtype=twingrad.float64, requires_grad=True)
    for each in (half, full):
        each.sum().backward()
    assert utils.clip_grad_norm_(half, 1.0).dtype == twingrad.float32
    assert utils.clip_grad_norm_([half, full], 1.0).dtype == twingrad.float64
    assert utils.get_total_norm([]).dtype == twingrad.float32


def test_the_norm_of_many_float32_numbers_is_exact_to_rounding():
    w = twingrad.zeros(300, 700, requires_grad=True)
    w.grad = twingrad.full((300, 700), 0.1)
    exact = np.float64(np.float32(0.1)) * np.sqrt(210000)
    assert utils.clip_grad_norm_(w, inf).item() == pytest.approx(exact, rel=1e-6)


def test_total_norms_take_one_operand_and_plain_numbers():
    assert utils.get_total_norm(twingrad.tensor([3.0, 4.0])).item() == 5.0
    assert utils.get_total_norm(np.array([3.0, 4.0])).item() == 5.0
    assert utils.get_total_norm([3.0, -4.0]).item() == 5.0
    assert utils.get_total_norm(Value(-4.0), "inf").item() == 4.0
    assert utils.get_total_norm(-4.0).item() == 4.0


@on_both
@pytest.mark.parametrize(("number", "described"), [(nan, "nan"), (inf, "inf")])
def test_a_norm_that_is_not_finite_is_an_error_on_request(twin, number, described):
    own = with_gradient(twin, [number, 3.0])
    with pytest.raises(RuntimeError, match=f"norm must be finite, got {described}"):
        utils.clip_grad_norm_(own, 1.0, error_if_nonfinite=True)
    assert numbers(own.grad)[1] == 3.0
    with pytest.raises(RuntimeError, match="get_total_norm: the norm must be finite"):
        utils.get_total_norm(own.grad, error_if_nonfinite=True)
    assert not np.isfinite(utils.get_total_norm(own.grad).item())


def test_adaptive_clipping_leaves_short_and_infinite_rows_as_the_rule_says():
    w = with_gradient("tensor", [[1e-5, 0.0], [inf, 1.0], [nan, 1.0]], np.ones((3, 2)))
    utils.adaptive_clip_grad_(w)
    short, infinite, undefined = w.grad.tolist()
    assert short == [1e-5, 0.0]
    assert isnan(infinite[0])
    assert infinite[1] == 0.0
    assert isnan(undefined[0])
    assert undefined[1] == 1.0


def test_graphs_that_need_the_old_gradient_notice():
    w = twingrad.tensor([3.0], requires_grad=True)
    w.square().sum().backward()
    v = twingrad.tensor([2.0], requires_grad=True)
    loss = (v * w.grad).sum()
    utils.clip_grad_norm_(w, 1.0)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


@on_both
class TestVectors:
    def test_parameters_stand_one_behind_the_other(self, twin):
        own = [operand(twin, data) for data in ([[1.0, 2.0], [3.0, 4.0]], [5.0], 6.0)]
        found = utils.parameters_to_vector(own)
        assert numbers(found).tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]

    def test_their_gradient_is_passed_on(self, twin):
        own = [operand(twin, data, requires_grad=True) for data in ([[1.0], [2.0]], [3.0])]
        (utils.parameters_to_vector(own) * np.array([1.0, 2.0, 3.0])).sum().backward()
        assert numbers(own[0].grad).tolist() == [[1.0], [2.0]]
        assert numbers(own[1].grad).tolist() == [3.0]

    def test_a_vector_is_written_into_parameters(self, twin):
        model = nn.Sequential(nn.Linear(3, 2, backend=twin), nn.Linear(2, 1, backend=twin))
        vector = np.arange(11.0)
        utils.vector_to_parameters(vector, model.parameters())
        assert numbers(model[0].weight).tolist() == [[0, 1, 2], [3, 4, 5]]
        assert numbers(model[1].bias).tolist() == [10]
        assert (numbers(utils.parameters_to_vector(model.parameters())) == vector).all()
        assert all(each.requires_grad for each in model.parameters())

    def test_a_vector_of_the_other_twin_fits(self, twin):
        own = operand(twin, [0.0, 0.0])
        other = operand("tensor" if twin == "scalar" else "scalar", [1.0, 2.0], requires_grad=True)
        utils.vector_to_parameters(other, own)
        assert numbers(own).tolist() == [1.0, 2.0]

    def test_the_vector_is_copied(self, twin):
        own, vector = operand(twin, [0.0, 0.0]), np.array([1.0, 2.0])
        utils.vector_to_parameters(vector, own)
        vector[0] = 9.0
        assert numbers(own).tolist() == [1.0, 2.0]

    @pytest.mark.parametrize("vector", [np.zeros(2), np.zeros(4), np.zeros((1, 3)), np.float64(0)])
    def test_a_vector_of_another_shape_is_refused_whole(self, twin, vector):
        own = [operand(twin, [1.0, 2.0]), operand(twin, [3.0])]
        with pytest.raises(ValueError, match=r"vec must have the shape \(3,\) .* got"):
            utils.vector_to_parameters(vector, own)
        assert numbers(own[0]).tolist() == [1.0, 2.0]


def test_values_become_a_vector_and_take_one():
    values = [Value(1.0), Value(2.0)]
    vector = utils.parameters_to_vector(values)
    assert vector[1] is values[1]
    utils.vector_to_parameters([3.0, 4.0], values)
    assert [value.data for value in values] == [3.0, 4.0]


def test_no_parameters_take_an_empty_vector():
    utils.vector_to_parameters([], [])


W = with_gradient("tensor", [3.0, 4.0])
REFUSED = {
    "a norm below 0": (lambda: utils.clip_grad_norm_(W, -1), ValueError, "max_norm must be at"),
    "a norm of nan": (lambda: utils.clip_grad_norm_(W, nan), ValueError, "at least 0, got nan"),
    "text": (lambda: utils.clip_grad_norm_(W, "1"), TypeError, "max_norm must be a real number"),
    "a power": (lambda: utils.clip_grad_norm_(W, 1, "fro"), TypeError, "norm_type must be a real"),
    "a value below 0": (lambda: utils.clip_grad_value_(W, -1), ValueError, "clip_value must be at"),
    "a factor below 0": (lambda: utils.adaptive_clip_grad_(W, -1), ValueError, "clip_factor must"),
    "an eps below 0": (lambda: utils.adaptive_clip_grad_(W, 1, -1), ValueError, "eps must be at"),
    "a total below 0": (
        lambda: utils.clip_grads_with_norm_(W, 1, -1.0),
        ValueError,
        "total_norm must not be below 0, got -1.0",
    ),
    "a module": (
        lambda: utils.clip_grad_norm_(nn.Linear(1, 1), 1),
        TypeError,
        "clip_grad_norm_: parameters must be a parameter or an iterable of them, got Linear: pass",
    ),
    "names": (
        lambda: utils.clip_grad_value_(nn.Linear(1, 1).named_parameters(), 1),
        TypeError,
        "must be Tensors, Arrays or Values, got tuple as number 0: pass model.parameters",
    ),
    "both twins": (
        lambda: utils.clip_grad_norm_([W, Array([1.0])], 1),
        TypeError,
        "clip_grad_norm_: parameters must be of one twin",
    ),
    "no iterable": (lambda: utils.get_total_norm(3), TypeError, "iterable of them, got int: pass"),
    "None": (lambda: utils.get_total_norm([None]), TypeError, "got NoneType as number 0: leave"),
    "no vector": (lambda: utils.parameters_to_vector([]), ValueError, "hold at least one, got"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
    assert W.grad.tolist() == [3.0, 4.0]
