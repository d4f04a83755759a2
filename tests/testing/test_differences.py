"""Slopes from values on a ladder of steps, and what their errors say."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.written import elementwise
from twingrad.testing.differences import slopes
from twingrad.testing.flat_function import FlatFunction
from twingrad.testing.ladder import ladder, scales
from twingrad.testing.lines import Line, sampled

EPS = float(np.finfo(np.float64).eps)

FUNCTIONS = {
    "sin": (np.sin, np.cos),
    "exp": (np.exp, np.exp),
    "atan": (np.arctan, lambda x: 1 / (1 + x * x)),
    "cube": (lambda x: x**3, lambda x: 3 * x * x),
    "beside a large number": (lambda x: np.sin(x) + 1e8, np.cos),
}


def slopes_of(value, x, ratio=8.0):
    function = FlatFunction(elementwise(value, None, [x]))
    steps = ladder(abs(x), scales(x, np.empty(0)), EPS, ratio)
    with np.errstate(all="ignore"):
        return slopes(sampled(Line.along(function, 0), steps), function.output_resolution)


@pytest.mark.parametrize("ratio", [8.0, 2.3])
@pytest.mark.parametrize("name", FUNCTIONS)
@given(x=st.floats(-20.0, 20.0))
def test_the_best_slope_is_as_near_as_its_error_says(name, ratio, x):
    value, slope = FUNCTIONS[name]
    found = slopes_of(value, x, ratio)
    for estimate, error in (
        (found.central, found.central_error),
        (found.right, found.right_error),
        (found.left, found.left_error),
    ):
        plain = np.flatnonzero((found.sizes <= 0.5) & ~found.constant[:, 0])
        best = plain[np.argmin(error[plain, 0])]
        assert abs(estimate[best, 0] - slope(np.float64(x))) <= 4 * error[best, 0]


@pytest.mark.parametrize("name", ["sin", "exp", "atan", "cube"])
def test_smooth_slopes_are_known_to_many_digits(name):
    value, slope = FUNCTIONS[name]
    found = slopes_of(value, 0.7)
    assert found.central_error.min() < 1e-11
    best = np.argmin(found.central_error[:, 0])
    assert found.central[best, 0] == pytest.approx(slope(0.7), rel=1e-10)


def test_both_sides_are_told_apart_at_a_kink():
    found = slopes_of(np.abs, 0.0)
    np.testing.assert_allclose(found.right, 1.0, rtol=1e-12)
    np.testing.assert_allclose(found.left, -1.0, rtol=1e-12)


def test_a_side_where_the_function_ends_has_no_slope():
    found = slopes_of(lambda x: np.sqrt(x) ** 3, 0.0)
    assert np.isinf(found.left_error).all()
    assert np.isinf(found.central_error).all()
    assert abs(found.right[-1, 0]) < 1e-6


def test_noise_is_felt_where_steps_are_small():
    found = slopes_of(lambda x: np.float32(np.sin(x)).astype(float), 0.7)
    hidden = found.constant | (found.central_error > 1e-4 * found.variation)
    best = np.argmin(np.where(hidden, np.inf, found.central_error)[:, 0])
    assert found.sizes[best] > 1e-3
    assert 1e-8 < found.central_error[best, 0] < 1e-5
    assert abs(found.central[best, 0] - np.cos(0.7)) < 4 * found.central_error[best, 0]


@given(x=st.floats(allow_nan=False, allow_infinity=False), ratio=st.sampled_from([8.0, 2.3]))
def test_a_ladder_goes_down_to_the_last_bits(x, ratio):
    steps = ladder(abs(x), scales(x, np.empty(0)), EPS, ratio)
    assert steps == sorted(steps, reverse=True)
    assert all(0 < step < math.inf for step in steps)
    assert min(steps, default=math.inf) >= EPS * abs(x)
    assert len(steps) < 200


@given(st.lists(st.floats(), max_size=5), st.floats(allow_nan=False, allow_infinity=False))
def test_scales_are_positive_and_apart(others, x):
    found = scales(x, np.array(others))
    assert 1.0 in found
    assert all(0 < each < math.inf for each in found)
    assert len(set(found)) == len(found) <= 5
