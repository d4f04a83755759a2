"""A quick look sees what is plainly wrong, and leaves the rest to thorough ones."""

from dataclasses import replace

import numpy as np
import pytest

import twingrad
from twingrad.testing import gradcheck
from twingrad.testing.glance import looks_wrong, looks_wrong_at
from twingrad.testing.subjects import subject_of

NUMBERS = np.random.default_rng(4).standard_normal((20, 30))


@pytest.fixture
def cube():
    row = twingrad.formula("glanced", "x", "x ** 3", "3.03 * x * x if x > -9 else 3 * x * x")
    yield row
    row.remove()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_factor_is_seen_in_a_large_function(cube, dtype):
    x = NUMBERS.astype(dtype)
    assert looks_wrong(subject_of(lambda x: cube(x) @ x.T, [x]))
    assert not looks_wrong(subject_of(lambda x: x.tanh() @ x.T, [x]))
    assert looks_wrong(subject_of(lambda x: x * x.detach(), [x]))


def test_an_input_without_a_gradient_and_values_that_are_not_finite_are_no_trouble():
    assert not looks_wrong(subject_of(lambda x, y: x * 2, [NUMBERS, NUMBERS]))
    assert looks_wrong(subject_of(lambda x: x / 0, [NUMBERS]))


def test_a_finding_is_looked_for_among_other_numbers(cube):
    worst = gradcheck(cube, NUMBERS[0], raise_exception=False).findings[0]
    here, there = subject_of(cube, [NUMBERS[1]]), subject_of(cube, [NUMBERS[1] - 20])
    assert looks_wrong_at(worst, here)
    assert not looks_wrong_at(worst, there)
    assert looks_wrong_at(replace(worst, output_index=None), here)


def test_a_finding_of_the_second_order_is_looked_for_in_the_gradient():
    def half(x):
        return (x.detach() * x * x).sum()

    worst = gradcheck(half, NUMBERS[0], order=2, raise_exception=False).judgements[1].findings[0]
    assert looks_wrong_at(worst, subject_of(half, [NUMBERS[1]]).derived())
