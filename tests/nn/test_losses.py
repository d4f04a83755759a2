"""Losses as functions: what holds for whatever they are given, on both twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from support.twins import TWINS, integers, numbers, operand
from twingrad import Tensor, Value
from twingrad.nn import functional
from twingrad.testing import gradcheck

rows = st.integers(1, 4)
scores = st.floats(-20, 20)


@st.composite
def matrices(draw, count=2, elements=scores):
    """Several float64 matrices of one shape."""
    shape = (draw(rows), draw(st.integers(2, 4)))
    return [draw(hnp.arrays(np.float64, shape, elements=elements)) for _ in range(count)]


def chances(x):
    return 1 / (1 + np.exp(-x))


def signs(x):
    return np.where(x > 0, 1.0, -1.0)


def truths(x):
    return np.where(x > 0, 1.0, 0.0)


ELEMENTWISE = {
    "mse_loss": lambda x, y, **o: functional.mse_loss(x, y, **o),
    "l1_loss": lambda x, y, **o: functional.l1_loss(x, y, **o),
    "huber_loss": lambda x, y, **o: functional.huber_loss(x, y, delta=0.7, **o),
    "smooth_l1_loss": lambda x, y, **o: functional.smooth_l1_loss(x, y, beta=0.7, **o),
    "log_cosh_loss": lambda x, y, **o: functional.log_cosh_loss(x, y, **o),
    "quantile_loss": lambda x, y, **o: functional.quantile_loss(x, y, 0.3, **o),
    "binary_cross_entropy": lambda x, y, **o: functional.binary_cross_entropy(
        x.sigmoid(), chances(y), **o
    ),
    "binary_cross_entropy_with_logits": lambda x, y, **o: (
        functional.binary_cross_entropy_with_logits(x, chances(y), **o)
    ),
    "focal_loss": lambda x, y, **o: functional.focal_loss(x, truths(y), **o),
    "soft_margin_loss": lambda x, y, **o: functional.soft_margin_loss(x, signs(y), **o),
    "hinge_loss": lambda x, y, **o: functional.hinge_loss(x, signs(y), **o),
    "squared_hinge_loss": lambda x, y, **o: functional.squared_hinge_loss(x, signs(y), **o),
    "perceptron_loss": lambda x, y, **o: functional.perceptron_loss(x, signs(y), **o),
    "hinge_embedding_loss": lambda x, y, **o: functional.hinge_embedding_loss(x, signs(y), **o),
    "margin_ranking_loss": lambda x, y, **o: functional.margin_ranking_loss(x, y, signs(y), **o),
    "kl_div": lambda x, y, **o: functional.kl_div(x, chances(y), **o),
    "poisson_nll_loss": lambda x, y, **o: functional.poisson_nll_loss(
        x, np.abs(np.round(y)), full=True, **o
    ),
    "gaussian_nll_loss": lambda x, y, **o: functional.gaussian_nll_loss(x, y, chances(y), **o),
}
"""Every loss of single elements as a function of scores and of numbers to make a target of."""

PER_ROW = {
    "cross_entropy": lambda x, y, **o: functional.cross_entropy(x, y.argmax(1), **o),
    "cross_entropy with smoothing": lambda x, y, **o: functional.cross_entropy(
        x, y.argmax(1), label_smoothing=0.1, **o
    ),
    "cross_entropy of probabilities": lambda x, y, **o: functional.cross_entropy(
        x, chances(y), **o
    ),
    "nll_loss": lambda x, y, **o: functional.nll_loss(x, y.argmax(1), **o),
    "multi_margin_loss": lambda x, y, **o: functional.multi_margin_loss(x, y.argmax(1), **o),
    "multilabel_soft_margin_loss": lambda x, y, **o: functional.multilabel_soft_margin_loss(
        x, truths(y), **o
    ),
    "cosine_embedding_loss": lambda x, y, **o: functional.cosine_embedding_loss(
        x, y, signs(y[:, 0]), **o
    ),
    "triplet_margin_loss": lambda x, y, **o: functional.triplet_margin_loss(x, y, 1 - y, **o),
}
"""Every loss of rows of numbers."""

LOSSES = ELEMENTWISE | PER_ROW


def loss_of(name, twin, x, y, reduction="mean"):
    """A loss, as a number or array, and its gradient by x."""
    leaf = operand(twin, x, requires_grad=True)
    value = LOSSES[name](leaf, y, reduction=reduction)
    value.sum().backward()
    return numbers(value), numbers(leaf.grad)


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=40)
@given(matrices())
def test_the_mean_is_the_sum_divided_by_the_number_of_losses(name, drawn):
    every, by_every = loss_of(name, "tensor", *drawn, "none")
    total, by_total = loss_of(name, "tensor", *drawn, "sum")
    mean, by_mean = loss_of(name, "tensor", *drawn, "mean")
    assert every.shape == drawn[0].shape[: 2 if name in ELEMENTWISE else 1]
    assert total.shape == mean.shape == ()
    np.testing.assert_allclose(total, every.sum(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(mean, total / every.size, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(by_total, by_every, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(by_mean, by_total / every.size, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=40)
@given(matrices())
def test_the_twins_agree(name, drawn):
    scalar, tensor = loss_of(name, "scalar", *drawn), loss_of(name, "tensor", *drawn)
    for one, other in zip(scalar, tensor, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=40)
@given(matrices(elements=st.floats(-1e4, 1e4) | st.sampled_from([0.0, 1.0, 1e4, -1e4])))
def test_losses_and_slopes_are_finite_and_float32_stays_float32(name, drawn):
    x, y = [each.astype(np.float32) for each in drawn]
    if name == "poisson_nll_loss":
        x = x.clip(max=80)  # the expected count is exp(x)
    leaf = Tensor(x, requires_grad=True)
    value = LOSSES[name](leaf, np.clip(y, -80, 80))
    value.backward()
    assert value.dtype == leaf.grad.dtype == np.float32
    assert np.isfinite(value.item())
    assert np.isfinite(leaf.grad.numpy()).all()


OPTIONS = {
    "class weights": lambda x: functional.cross_entropy(x, [0, 1], [0.5, 2.0]),
    "an ignored class": lambda x: functional.cross_entropy(x, [0, -100], [0.5, 2.0]),
    "only ignored classes": lambda x: functional.cross_entropy(x, [-100, -100]),
    "smoothing": lambda x: functional.cross_entropy(x, [0, -100], label_smoothing=0.1),
    "probabilities": lambda x: functional.cross_entropy(x, np.full((2, 2), 0.5), [0.5, 2.0]),
    "class weights of margins": lambda x: functional.multi_margin_loss(x, [0, 1], 2, 1.0, [1.0, 2]),
    "certain chances": lambda x: functional.binary_cross_entropy(x, x.detach() * 0, [0.5, 2.0]),
    "weighted logits": lambda x: functional.binary_cross_entropy_with_logits(
        x, np.ones((2, 2)), [0.5, 2.0], pos_weight=[3.0, 1.0]
    ),
    "weighted squares": lambda x: functional.mse_loss(x, np.ones((2, 2)), weight=np.eye(2)),
    "probabilities of zero": lambda x: functional.kl_div(x, np.eye(2)),
    "large counts": lambda x: functional.poisson_nll_loss(x, 3 * np.eye(2), full=True),
    "small variances": lambda x: functional.gaussian_nll_loss(x, np.eye(2), x * 0, full=True),
    "equal vectors": lambda x: functional.triplet_margin_loss(x, x, x, eps=0.0, swap=True),
    "short vectors": lambda x: functional.cosine_similarity(x * 0, x).sum(),
    "pairs": lambda x: functional.cosine_embedding_loss(x, x, [1, -1]),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_no_option_makes_float64_of_float32(option):
    x = Tensor(np.array([[0.0, 1.0], [0.25, 0.75]], np.float32), requires_grad=True)
    loss = OPTIONS[option](x)
    loss.backward()
    assert loss.dtype == x.grad.dtype == np.float32
    assert loss.shape == ()


@pytest.mark.parametrize("name", LOSSES)
def test_first_and_second_derivatives_are_those_of_differences(name):
    generator = np.random.default_rng(3)
    x = generator.uniform(-2, 2, (3, 4))
    y = generator.uniform(-2, 2, (3, 4))
    gradcheck(lambda x: LOSSES[name](x, y, reduction="none"), x, order=2)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
@given(matrices(3))
def test_a_weighted_mean_divides_by_the_sum_of_the_weights(twin, name, drawn):
    x, y, w = drawn
    w = np.abs(w) + 0.5
    found = getattr(functional, name)(operand(twin, x), y, weight=w)
    every = numbers(getattr(functional, name)(operand(twin, x), y, reduction="none"))
    np.testing.assert_allclose(found.item(), (w * every).sum() / w.sum(), rtol=1e-12)


@given(matrices(2), st.lists(st.floats(0.1, 5), min_size=4, max_size=4), st.booleans())
def test_cross_entropy_of_classes_divides_by_the_weights_of_those_that_count(drawn, w, ignores):
    x, y = drawn
    weight = np.array(w[: x.shape[1]])
    target = y.argmax(1)
    kept = np.ones(len(target), bool)
    kept[0] = not ignores
    logs = x - np.log(np.exp(x).sum(1, keepdims=True))
    shares = np.where(kept, weight[target], 0)
    losses = -shares * logs[np.arange(len(target)), target]
    found = functional.cross_entropy(Tensor(x), np.where(kept, target, -100), weight)
    if not kept.any():
        assert np.isnan(found.item())
        return
    np.testing.assert_allclose(found.item(), losses.sum() / shares.sum(), rtol=1e-9, atol=1e-12)


@given(matrices(2), st.floats(-1e3, 1e3))
def test_cross_entropy_does_not_change_when_all_scores_are_shifted(drawn, shift):
    x, y = drawn
    found = [loss_of("cross_entropy", "tensor", each, y) for each in (x, x + shift)]
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10)


@given(matrices(2), st.floats(0, 1))
def test_a_class_is_the_probabilities_one_and_zero(drawn, smoothing):
    x, y = drawn
    target = y.argmax(1)
    certain = np.eye(x.shape[1])[target]
    by_class, by_probability = [
        functional.cross_entropy(Tensor(x), each, label_smoothing=smoothing).item()
        for each in (target, certain)
    ]
    assert by_class == pytest.approx(by_probability, rel=1e-12, abs=1e-12)


@given(matrices(2))
def test_the_slope_of_cross_entropy_is_softmax_less_the_class(drawn):
    x, y = drawn
    certain = np.eye(x.shape[1])[y.argmax(1)]
    _, slope = loss_of("cross_entropy", "tensor", x, y)
    expected = (Tensor(x).softmax(1).numpy() - certain) / len(x)
    np.testing.assert_allclose(slope, expected, atol=1e-12)


@given(matrices(2), st.floats(0.01, 10))
def test_huber_is_delta_times_smooth_l1(drawn, delta):
    x, y = map(Tensor, drawn)
    huber = functional.huber_loss(x, y, "none", delta)
    smooth = functional.smooth_l1_loss(x, y, "none", delta)
    np.testing.assert_allclose(huber.numpy(), delta * smooth.numpy(), rtol=1e-12, atol=1e-12)


def recorded(root):
    """The names of the operations below a tensor."""
    nodes = [root.grad_fn]
    for node in nodes:
        parents = [parent for parent, _ in node.next_functions if not isinstance(parent, Tensor)]
        nodes += [parent for parent in parents if parent is not None and parent not in nodes]
    return sorted(node.name() for node in nodes)


def test_cross_entropy_without_options_records_no_more_than_its_definition():
    x, target = Tensor(np.eye(3), requires_grad=True), np.array([0, 2, 1])
    definition = x.log_softmax(1).gather(1, target[:, None]).neg().mean()
    assert recorded(functional.cross_entropy(x, target)) == recorded(definition)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("dtype", ["int32", "uint8", "int8"])
def test_classes_may_be_whole_numbers_of_any_size(twin, dtype):
    x = operand(twin, [[0.5, -1.5, 2.0], [0.0, 1.0, -1.0]])
    target = np.array([2, 1], dtype)
    small = functional.cross_entropy(x, target if twin == "scalar" else Tensor(target))
    assert small.item() == functional.cross_entropy(x, integers(twin, [2, 1])).item()
    assert small.item() == functional.cross_entropy(x, [2, 1]).item()


@pytest.mark.parametrize("twin", TWINS)
def test_what_is_ignored_has_no_slope_whatever_its_scores(twin):
    x = operand(twin, [[-np.inf, 0.5], [1.0, 2.0]], requires_grad=True)
    loss = functional.nll_loss(x, [-100, 0], weight=[1.0, 2.0])
    loss.backward()
    assert loss.item() == -1.0
    np.testing.assert_array_equal(numbers(x.grad), [[0.0, 0.0], [-1.0, 0.0]])


@pytest.mark.parametrize("twin", TWINS)
def test_the_mean_of_nothing_is_nan(twin):
    nothing = operand(twin, np.zeros((0, 2)))
    assert np.isnan(functional.mse_loss(nothing, nothing).item())
    assert np.isnan(functional.cross_entropy(nothing, np.zeros(0, int)).item())
    assert np.isnan(functional.binary_cross_entropy(nothing, nothing).item())
    assert functional.cross_entropy(nothing, np.zeros(0, int), reduction="sum").item() == 0


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    "call",
    [
        lambda p: functional.kl_div(np.log([0.5, 0.5]), p, "sum"),
        lambda p: functional.poisson_nll_loss([0.5, 0.5], p, full=True),
    ],
)
def test_the_slope_by_a_target_of_zero_is_finite(twin, call):
    target = operand(twin, [0.0, 1.0], requires_grad=True)
    call(target).backward()
    assert np.isfinite(numbers(target.grad)).all()


@pytest.mark.parametrize("twin", TWINS)
def test_binary_cross_entropy_is_finite_where_a_probability_is_certainly_wrong(twin):
    wrong = operand(twin, [0.0, 1.0], requires_grad=True)
    truth = operand(twin, [1.0, 0.0], requires_grad=True)
    loss = functional.binary_cross_entropy(wrong, truth, reduction="sum")
    loss.backward()
    assert loss.item() == 200.0
    np.testing.assert_allclose(numbers(wrong.grad), [-1e12, 1e12], rtol=1e-8)
    np.testing.assert_array_equal(numbers(truth.grad), [100.0, -100.0])


def test_a_value_is_a_score_too():
    score = Value(0.5)
    functional.hinge_loss(score, 1).backward()
    assert score.grad == -1.0


def test_plain_numbers_are_enough():
    assert functional.mse_loss([1.0, 2.0], [0.0, 4.0]).item() == 2.5
    assert functional.cross_entropy([[0.0, 0.0]], [1]).item() == pytest.approx(np.log(2))


def test_cosines_and_distances_broadcast():
    x, y = np.arange(6.0).reshape(2, 3), np.array([1.0, -1.0, 2.0])
    cosines = functional.cosine_similarity(Tensor(x), y).numpy()
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y)
    np.testing.assert_allclose(cosines, x @ y / lengths, rtol=1e-12)
    distances = functional.pairwise_distance(Tensor(x)[:, None], y, p=3, eps=0.0).numpy()
    np.testing.assert_allclose(distances[:, 0], np.linalg.norm(x - y, 3, axis=1), rtol=1e-12)
