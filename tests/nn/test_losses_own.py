"""The losses that PyTorch does not have, against their definitions, and Rosenblatt's rule."""

from math import inf

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

from support.twins import TWINS, numbers, operand
from twingrad import nn
from twingrad.nn import functional

POINTS = [0.0, 1e-8, 0.3, 1.0, 1.5, 40.0, 800.0, 1e4]
SCORES = [sign * point for point in POINTS for sign in (1, -1)]
SMOOTH = [score for score in SCORES if 0 < abs(score) <= 40 and abs(score) != 1]


def log_cosh(x, y):
    return mpmath.log(mpmath.cosh(x - y))


def pinball(q):
    return lambda x, y: q * (y - x) if y > x else (1 - q) * (x - y)


def focal(alpha, gamma):
    def definition(x, y):
        q = 1 / (1 + mpmath.exp(-x if y == 1 else x))
        share = 1 if alpha < 0 else alpha if y == 1 else 1 - alpha
        wrong = 1 / (1 + mpmath.exp(x if y == 1 else -x))
        return -share * wrong**gamma * mpmath.log(q)

    return definition


def hinge(margin, power):
    return lambda x, y: max(mpf(0), margin - y * x) ** power


DEFINITIONS = [
    ("log_cosh_loss", {}, log_cosh, (0.0, 0.75)),
    ("quantile_loss", {"q": 0.5}, pinball(mpf("0.5")), (0.0, 0.75)),
    ("quantile_loss", {"q": 0.125}, pinball(mpf("0.125")), (0.0, 0.75)),
    ("focal_loss", {}, focal(mpf("0.25"), 2), (0.0, 1.0)),
    ("focal_loss", {"alpha": -1, "gamma": 0}, focal(-1, 0), (0.0, 1.0)),
    ("focal_loss", {"alpha": 1.0, "gamma": 0.5}, focal(1, mpf("0.5")), (0.0, 1.0)),
    ("focal_loss", {"alpha": 0.5, "gamma": 5}, focal(mpf("0.5"), 5), (0.0, 1.0)),
    ("hinge_loss", {}, hinge(1, 1), (-1.0, 1.0)),
    ("hinge_loss", {"margin": 0.25}, hinge(mpf("0.25"), 1), (-1.0, 1.0)),
    ("squared_hinge_loss", {}, hinge(1, 2), (-1.0, 1.0)),
    ("squared_hinge_loss", {"margin": 2.0}, hinge(2, 2), (-1.0, 1.0)),
    ("perceptron_loss", {}, hinge(0, 1), (-1.0, 1.0)),
]


def expected_losses(definition, y):
    with mpmath.workdps(4400):  # enough for 1 - exp(-1e4)
        return [float(definition(mpf(score), mpf(y))) for score in SCORES]


def expected_slope(definition, score, y):
    with mpmath.workdps(60):
        return float(mpmath.diff(lambda x: definition(x, mpf(y)), mpf(score)))


@pytest.mark.parametrize(
    ("name", "options", "definition", "targets"),
    DEFINITIONS,
    ids=[f"{name} {options}" for name, options, *_ in DEFINITIONS],
)
def test_a_loss_is_what_its_definition_says_from_minus_1e4_to_1e4(
    name, options, definition, targets
):
    for y in targets:
        expected = expected_losses(definition, y)
        smooth = {score: expected_slope(definition, score, y) for score in SMOOTH}
        for twin in TWINS:
            x = operand(twin, SCORES, requires_grad=True)
            losses = getattr(functional, name)(x, [y] * len(SCORES), reduction="none", **options)
            losses.sum().backward()
            slopes = dict(zip(SCORES, numbers(x.grad).tolist(), strict=True))
            np.testing.assert_allclose(numbers(losses), expected, rtol=1e-10, atol=1e-12)
            assert np.isfinite(list(slopes.values())).all()
            for score, slope in smooth.items():
                assert slopes[score] == pytest.approx(slope, rel=1e-10, abs=1e-12), (score, y)


KINKS = [
    ("hinge_loss", [2.0], 1.0, 0.0, {"margin": 2.0}),
    ("perceptron_loss", [0.0], 1.0, -1.0, {}),
    ("perceptron_loss", [0.0], -1.0, 1.0, {}),
    ("perceptron_loss", [-0.0], 1.0, -1.0, {}),
    ("quantile_loss", [0.75], 0.75, 0.25, {"q": 0.25}),
    ("log_cosh_loss", [0.75], 0.75, 0.0, {}),
    ("l1_loss", [0.75], 0.75, 0.0, {}),
]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(("name", "score", "target", "slope", "options"), KINKS)
def test_slopes_at_kinks_are_the_documented_ones(twin, name, score, target, slope, options):
    x = operand(twin, score, requires_grad=True)
    getattr(functional, name)(x, [target], **options).backward()
    assert numbers(x.grad).tolist() == [slope]


def test_the_quantile_loss_is_least_at_the_quantile():
    observed = np.arange(101.0)
    candidates = np.arange(0.0, 101.0)
    for q in (0.1, 0.5, 0.9):
        costs = [
            functional.quantile_loss(np.full(101, each), observed, q).item() for each in candidates
        ]
        assert candidates[np.argmin(costs)] == pytest.approx(np.quantile(observed, q))


def rosenblatt(twin, weights, bias, sample, label):
    """The weights and the bias after one step of gradient descent with learning rate 1."""
    w, b = operand(twin, weights, requires_grad=True), operand(twin, bias, requires_grad=True)
    nn.PerceptronLoss()((w * sample).sum() + b, label).backward()
    return weights - numbers(w.grad), bias - numbers(b.grad)


small = st.integers(-8, 8).map(lambda k: k / 4)


@pytest.mark.parametrize("twin", TWINS)
@given(
    st.lists(small, min_size=2, max_size=2),
    small,
    st.lists(small, min_size=2, max_size=2),
    st.sampled_from([-1.0, 1.0]),
)
def test_a_step_down_the_perceptron_loss_is_rosenblatts_rule(twin, w, b, sample, y):
    w, sample = np.array(w), np.array(sample)
    moved, shifted = rosenblatt(twin, w, b, sample, y)
    is_mistake = y * (w @ sample + b) <= 0
    np.testing.assert_array_equal(moved, w + y * sample if is_mistake else w)
    assert shifted == (b + y if is_mistake else b)


CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def mistakes_after(labels, rounds):
    """Mistakes in each round over the corners, of a perceptron whose weights begin at 0."""
    weights, bias, found = np.zeros(2), np.zeros(()), []
    for _ in range(rounds):
        wrong = 0
        for corner, label in zip(CORNERS, labels, strict=True):
            wrong += label * (weights @ corner + bias) <= 0
            weights, bias = rosenblatt("tensor", weights, bias, corner, label)
        found.append(int(wrong))
    return found


@pytest.mark.parametrize(
    "labels", [[-1.0, -1.0, -1.0, 1.0], [-1.0, 1.0, 1.0, 1.0]], ids=["and", "or"]
)
def test_a_perceptron_learns_and_and_or(labels):
    assert mistakes_after(labels, 20)[-1] == 0


def test_a_perceptron_never_learns_exclusive_or():
    assert min(mistakes_after([-1.0, 1.0, 1.0, -1.0], 50)) > 0


@pytest.mark.parametrize("twin", TWINS)
def test_distances_of_equal_vectors_have_slope_zero(twin):
    for p in (1, 2, 3, inf):
        x = operand(twin, [[1.0, 2.0]], requires_grad=True)
        functional.pairwise_distance(x, [[1.0, 2.0]], p=p, eps=0.0).sum().backward()
        np.testing.assert_array_equal(numbers(x.grad), [[0.0, 0.0]])
