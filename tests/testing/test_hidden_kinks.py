"""What the chain rule gives at kinks inside a graph is nobody's mistake."""

import numpy as np
import pytest

import twingrad
from twingrad import Value
from twingrad.testing import GradientError, Verdict, gradcheck


@pytest.mark.parametrize("zero", [0.0, Value(0.0), np.zeros(2)], ids=["float", "Value", "array"])
def test_two_kinks_that_cancel_are_a_kink(zero):
    report = gradcheck(lambda x: twingrad.relu(x) - twingrad.relu(-x), zero)
    assert report.verdict in (Verdict.KINK, Verdict.OK)
    assert report.counts[Verdict.KINK] == np.size(getattr(zero, "data", zero))
    assert "chain rule" in report.findings[0].reason


def test_where_the_whole_is_wrong_nearby_too_it_stays_wrong():
    with pytest.raises(GradientError):
        gradcheck(lambda x: twingrad.relu(x) + 2 * x * x.detach(), np.zeros(2) + 0.5)
    with pytest.raises(GradientError):
        gradcheck(lambda x: x.relu() - (-x).relu() + (x + 1) * x.detach(), np.zeros(1))


def test_an_operation_that_is_wrong_at_ties_alone_is_no_hidden_kink():
    both = twingrad.formula(
        "both", "a, b", "maximum(a, b)", "1 if a >= b else 0 ; 1 if b >= a else 0"
    )
    try:
        report = gradcheck(lambda a, b: both(a, b) * 2, 1.0, 1.0, raise_exception=False)
    finally:
        both.remove()
    assert not report.ok
    assert report.operation == "both"
