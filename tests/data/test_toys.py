"""Toy sets: on their curves without noise, repeatable, balanced, and without global state."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import twingrad
from twingrad.data import toys

PLANE = [toys.moons, toys.circles, toys.spirals, toys.xor]
ALL = [*PLANE, toys.blobs, toys.linear]

each_toy = pytest.mark.parametrize("toy", ALL, ids=lambda toy: toy.__name__)


@each_toy
@given(n=st.integers(3, 60), seed=st.integers(0, 2**32))
def test_a_seed_gives_the_same_set_and_leaves_the_default_generator_alone(toy, n, seed):
    state = twingrad.get_rng_state()
    first, again, other = toy(n, seed=seed), toy(n, seed=seed), toy(n, seed=seed + 1)
    np.testing.assert_array_equal(first.x, again.x)
    np.testing.assert_array_equal(first.y, again.y)
    assert (first.x != other.x).any()
    assert twingrad.get_rng_state() == state


@each_toy
def test_arrays_are_of_float64_and_classes_of_int64(toy):
    data = toy(50)
    assert len(data) == 50
    assert data.name == toy.__name__
    assert data.x.dtype == np.float64
    is_regression = toy is toys.linear
    assert data.y.dtype == (np.float64 if is_regression else np.int64)
    assert data.target == ("y" if is_regression else "class")
    assert data.features == tuple(f"x{k + 1}" for k in range(data.x.shape[1]))


@pytest.mark.parametrize("toy", [*PLANE, toys.blobs], ids=lambda toy: toy.__name__)
@given(n=st.integers(3, 60))
def test_classes_are_balanced_and_in_random_order(toy, n):
    data = toy(n)
    counts = np.bincount(data.y)
    assert len(counts) == len(data.classes)
    assert max(counts) - min(counts) <= 1
    orders = {tuple(toy(12, seed=seed).y.tolist()) for seed in range(5)}
    assert len(orders) > 1


@given(st.integers(2, 80))
def test_moons_are_two_half_circles(n):
    x, y = toys.moons(n, noise=0.0).x, toys.moons(n, noise=0.0).y
    upper, lower = x[y == 0], x[y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, rtol=1e-12)
    np.testing.assert_allclose(np.hypot(1 - lower[:, 0], 0.5 - lower[:, 1]), 1, rtol=1e-12)
    assert (upper[:, 1] >= 0).all()
    assert (lower[:, 1] <= 0.5).all()


@given(st.integers(2, 80), st.floats(0, 1))
def test_circles_have_their_radii_and_no_point_twice(n, factor):
    data = toys.circles(n, noise=0.0, factor=factor)
    np.testing.assert_allclose(
        np.hypot(*data.x.T), np.where(data.y == 0, 1, factor), rtol=1e-12, atol=1e-12
    )
    assert len(np.unique(data.x[data.y == 0].round(9), axis=0)) == (data.y == 0).sum()


@given(st.integers(4, 80), st.integers(2, 4), st.floats(0.2, 3))
def test_spirals_turn_with_their_radius(n, classes, turns):
    data = toys.spirals(n, noise=0.0, classes=classes, turns=turns)
    r = np.hypot(*data.x.T)
    assert 0 < r.min() <= r.max() == pytest.approx(1)
    angle = 2 * np.pi * (turns * r + data.y / classes)
    np.testing.assert_allclose(data.x, (r * (np.cos(angle), np.sin(angle))).T, atol=1e-9)
    assert data.classes == tuple(map(str, range(classes)))


@given(st.integers(2, 80))
def test_xor_is_decided_by_the_signs_and_fills_four_squares(n):
    data = toys.xor(n, noise=0.0)
    assert (np.abs(data.x) <= 1).all()
    assert ((data.x[:, 0] * data.x[:, 1] < 0) == (data.y == 1)).all()
    squares = np.bincount(2 * (data.x[:, 0] > 0) + (data.x[:, 1] > 0), minlength=4)
    assert max(squares) - min(squares) <= 1


def test_blobs_lie_around_their_centers():
    centers = [[0.0, 0.0, 1.0], [5.0, 5.0, 1.0]]
    data = toys.blobs(4000, centers, std=2.0)
    assert data.x.shape == (4000, 3)
    spread = data.x - np.array(centers)[data.y]
    assert stats.kstest(spread.ravel(), "norm", args=(0, 2)).pvalue > 1e-3
    drawn = toys.blobs(600, 300, 4, std=0.0)
    assert drawn.x.shape == (600, 4)
    assert stats.kstest(np.unique(drawn.x), "uniform", args=(-10, 20)).pvalue > 1e-3
    np.testing.assert_array_equal(
        toys.blobs(10, np.array(centers)).x, toys.blobs(10, centers, features=9).x
    )


@pytest.mark.parametrize("toy", PLANE, ids=lambda toy: toy.__name__)
def test_noise_is_normal_and_changes_nothing_else(toy):
    plain, noisy = toy(3000, noise=0.0), toy(3000, noise=0.3)
    np.testing.assert_array_equal(plain.y, noisy.y)
    differences = (noisy.x - plain.x).ravel()
    assert stats.kstest(differences, "norm", args=(0, 0.3)).pvalue > 1e-3


def test_linear_has_the_weights_it_says():
    data = toys.linear(300, features=2, noise=0.0, weights=[2.0, -3.0], bias=0.5)
    np.testing.assert_allclose(data.y, data.x @ [2.0, -3.0] + 0.5, rtol=1e-12)
    noisy = toys.linear(5000, noise=0.2)
    residuals = noisy.y - noisy.x @ [1.0, 2.0, 3.0]
    assert stats.kstest(residuals, "norm", args=(0, 0.2)).pvalue > 1e-3
    assert stats.kstest(noisy.x.ravel(), "norm").pvalue > 1e-3


@pytest.mark.parametrize(
    ("made", "error", "message"),
    [
        (lambda: toys.moons(1), ValueError, "moons: n must be at least 2, got 1"),
        (lambda: toys.moons(10.0), TypeError, "moons: n must be a whole number, got float"),
        (lambda: toys.moons(noise=-1), ValueError, "moons: noise must be at least 0 and finite"),
        (lambda: toys.moons(seed="0"), TypeError, "seed must be a whole number, got str '0'"),
        (
            lambda: toys.circles(factor=1.5),
            ValueError,
            "factor must be at least 0 and at most 1, got 1.5",
        ),
        (lambda: toys.spirals(classes=1), ValueError, "spirals: classes must be at least 2"),
        (lambda: toys.spirals(2, classes=3), ValueError, "spirals: n must be at least 3, got 2"),
        (lambda: toys.spirals(turns=0), ValueError, "turns must be above 0 and finite"),
        (lambda: toys.blobs(centers=1), ValueError, "blobs: centers must be at least 2, got 1"),
        (lambda: toys.blobs(centers=[1.0, 2.0]), ValueError, r"rows of finite .*shape \(2,\)"),
        (lambda: toys.blobs(centers=[[1.0], [2.0, 3.0]]), ValueError, "different lengths"),
        (lambda: toys.blobs(centers="three"), TypeError, "centers must be a whole number, got st"),
        (lambda: toys.blobs(std=np.inf), ValueError, "blobs: std must be at least 0 and finite"),
        (lambda: toys.blobs(features=0), ValueError, "blobs: features must be at least 1, got 0"),
        (lambda: toys.xor(noise=None), TypeError, "xor: noise must be a real number, got None"),
        (lambda: toys.linear(weights=[1.0]), ValueError, "one for each of 3 features, got 1"),
        (lambda: toys.linear(weights=["a"] * 3), TypeError, "weights must be a real number, got s"),
        (lambda: toys.linear(bias=np.nan), ValueError, "linear: bias must be finite, got nan"),
    ],
)
def test_arguments_out_of_range_are_refused(made, error, message):
    with pytest.raises(error, match=message):
        made()
