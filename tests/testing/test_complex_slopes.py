"""Where a function takes complex numbers, its slopes are known to nearly all digits."""

import numpy as np
import pytest

from twingrad import testing
from twingrad.testing.findings import Verdict
from twingrad.testing.judging import judge

X = np.linspace(-2.0, 2.5, 12).reshape(3, 4)

FUNCTIONS = {
    "sin": (np.sin, np.cos),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "polynomial": (lambda x: x**4 - 3 * x, lambda x: 4 * x**3 - 3),
}
BROKEN = {
    "abs": (np.abs, np.sign),
    "max": (lambda x: np.maximum(x, 0.5), lambda x: (x > 0.5) * 1.0),
    "conjugate": (lambda x: x * np.conj(x), lambda x: 2 * x),
    "partly real": (lambda x: x + np.abs(x), lambda x: 1 + np.sign(x)),
}
"""Functions whose complex step says nothing, or something else."""


def judged(value, slope, x):
    wrapped = testing.from_numpy(value, vjp=lambda cotangent, x: cotangent * slope(x))
    return judge(wrapped.subject((x,)))[0]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_evaluation_for_each_element_is_enough(name):
    judgement = judged(*FUNCTIONS[name], X)
    assert judgement.counts[Verdict.OK] == sum(judgement.counts.values()) == 144
    assert judgement.evaluations <= 2 + X.size + 8
    assert judgement.relative < 1e-11


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("error", [1e-9, -1e-9, 1e-6, 0.1])
def test_a_mistake_in_the_ninth_digit_is_found(name, error):
    value, slope = FUNCTIONS[name]
    judgement = judged(value, lambda x: slope(x) * (1 + error), X)
    found = [each for each in judgement.findings if each.verdict is Verdict.WRONG]
    assert {each.index for each in found} == set(np.ndindex(3, 4))
    assert judgement.relative == pytest.approx(abs(error) / max(1, 1 + error), rel=1e-3)


@pytest.mark.parametrize("size", [1.0, 4.0, 9.0])
def test_digits_that_cancel_in_a_formula_are_no_mistake(size):
    value, slope = FUNCTIONS["tanh"]
    assert not judged(value, slope, size * X).counts[Verdict.WRONG]


@pytest.mark.parametrize("name", BROKEN)
def test_it_is_believed_only_where_differences_agree(name):
    value, slope = BROKEN[name]
    judgement = judged(value, slope, X)
    assert judgement.counts[Verdict.OK] == sum(judgement.counts.values())
    assert judged(value, lambda x: slope(x) * 1.01, X).counts[Verdict.WRONG]


def test_kinks_stay_kinks():
    judgement = judged(lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0, np.array([0.0, 1.0]))
    assert judgement.counts[Verdict.KINK] == 1
    assert judgement.counts[Verdict.WRONG] == 0


@pytest.mark.parametrize("x", [0.0, -0.0, 1e-300, 5e-324, 1e150, 1e308, np.inf, np.nan])
def test_it_raises_no_alarm_at_any_size(x):
    for value, slope in (*FUNCTIONS.values(), (lambda x: 1 / x, lambda x: -1 / x**2)):
        with np.errstate(all="ignore"):
            assert not judged(value, slope, np.array([x, 1.0])).counts[Verdict.WRONG]
