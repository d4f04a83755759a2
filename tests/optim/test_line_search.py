"""The line search of L-BFGS, and the two loops that apply its inverse Hessian."""

import math
from math import cos, inf, nan, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.optimizers import LBFGS
from twingrad.optim.curvature import Pair, two_loop_recursion
from twingrad.optim.line_search import Point, cubic_minimum, strong_wolfe


def line(value, slope):
    """The points of a function of the step."""
    return lambda step: Point(step, value(step), slope(step), np.array([slope(step)]))


LINES = {
    "a parabola": (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3)),
    "a quartic": (lambda t: (t - 1) ** 4 - t, lambda t: 4 * (t - 1) ** 3 - 1),
    "a wave": (lambda t: cos(t) - t / 10, lambda t: -sin(t) - 0.1),
    "a wall": (lambda t: t**8 - t, lambda t: 8 * t**7 - 1),
    "nan beyond 2": (
        lambda t: (t - 1) ** 2 if t < 2 else nan,
        lambda t: 2 * (t - 1) if t < 2 else nan,
    ),
    "inf beyond 2": (
        lambda t: (t - 1) ** 2 if t < 2 else inf,
        lambda t: 2 * (t - 1) if t < 2 else inf,
    ),
}


@pytest.mark.parametrize("case", LBFGS["searches"], ids=lambda case: case["value"])
def test_a_search_tries_the_steps_of_pytorch(case):
    tried = []

    def along(step):
        tried.append(step)
        here = {**vars(math), "t": step}
        value, slope = eval(case["value"], here), eval(case["slope"], here)
        return Point(step, value, float(slope), None)

    found = strong_wolfe(along, along(0.0), case["step"], 1.0, case["tries"])
    assert tried[1:] == pytest.approx(case["tried"], rel=1e-9)
    assert found.step == pytest.approx(case["taken"], rel=1e-9)


@pytest.mark.parametrize("curve", LINES)
@given(step=st.floats(1e-4, 100))
def test_a_search_finds_a_point_that_meets_both_conditions(curve, step):
    at = line(*LINES[curve])
    start = at(0.05)._replace(step=0.0)
    found = strong_wolfe(lambda t: at(t + 0.05)._replace(step=t), start, step, 1.0, 60)
    assert found.value <= start.value + 1e-4 * found.step * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)


def test_a_search_gives_the_lowest_point_when_its_tries_are_used_up():
    at = line(*LINES["a parabola"])
    tried = []

    def evaluate(step):
        tried.append(step)
        return at(step)

    found = strong_wolfe(evaluate, at(0.0), 1e-3, 1.0, 1)
    assert len(tried) == 2
    assert found.value == min(at(step).value for step in [0.0, *tried])


def test_a_search_stays_where_nothing_is_lower():
    start = Point(0.0, 1.0, -1.0, None)
    found = strong_wolfe(lambda t: Point(t, 2.0, 1.0, None), start, 1.0, 1.0, 40)
    assert found is start


@given(st.floats(-5, 5), st.floats(0.1, 5), st.floats(-3, 3))
def test_the_minimum_of_a_parabola_is_found_at_once(best, steepness, first):
    at = line(lambda t: steepness * (t - best) ** 2, lambda t: 2 * steepness * (t - best))
    found = cubic_minimum(at(first), at(first + 1.5), -10.0, 10.0)
    assert found == pytest.approx(best, abs=1e-6)


def test_without_a_minimum_the_middle_is_taken():
    always_falling = Point(0.0, 0.0, -1.0, None), Point(1.0, -2 / 3, -1.0, None)
    assert cubic_minimum(*always_falling, 0.0, 3.0) == 1.5
    flat = Point(0.0, 0.0, 0.0, None), Point(1.0, 0.0, 0.0, None)
    assert cubic_minimum(*flat, 0.0, 4.0) == 2.0


def test_a_straight_line_is_gone_down_as_far_as_it_may():
    straight = Point(0.0, 0.0, -1.0, None), Point(1.0, -1.0, -1.0, None)
    assert cubic_minimum(*straight, 0.0, 3.0) == 3.0


@given(st.integers(0, 2**32 - 1), st.integers(0, 6))
def test_the_two_loops_apply_the_inverse_of_bfgs(seed, count):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(4, 4))
    hessian = root @ root.T + np.eye(4)
    steps = rng.normal(size=(count, 4))
    pairs = [Pair(s, hessian @ s, 1 / float(s @ hessian @ s)) for s in steps]
    inverse = 0.3 * np.eye(4)
    for s, y, rho in pairs:  # Nocedal and Wright, equation 7.16
        left = np.eye(4) - rho * np.outer(s, y)
        inverse = left @ inverse @ left.T + rho * np.outer(s, s)
    gradient = rng.normal(size=4)
    direction = two_loop_recursion(gradient, pairs, 0.3)
    np.testing.assert_allclose(direction, -inverse @ gradient, rtol=1e-7, atol=1e-9)
