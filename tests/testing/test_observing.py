"""Who is told of finished checks."""

import pytest

import twingrad
from twingrad.testing.gradcheck import gradcheck
from twingrad.testing.observing import observed
from twingrad.testing.report import GradientError
from twingrad.testing.tally import Tally


def test_each_check_is_told_inside_the_block_only():
    outer, inner = [], []
    with observed(outer.append):
        gradcheck(twingrad.tanh, 0.5)
        with observed(inner.append):
            gradcheck(twingrad.sin, 0.5)
    gradcheck(twingrad.cos, 0.5)
    assert [each.function for each in outer] == ["tanh", "sin"]
    assert [each.function for each in inner] == ["sin"]


def test_a_check_that_raises_is_told_too():
    wrong = twingrad.formula("wrong_square", "x", "x * x", "3 * x")
    seen = []
    try:
        with observed(seen.append), pytest.raises(GradientError):
            gradcheck(wrong, 2.0)
    finally:
        wrong.remove()
    (report,) = seen
    assert not report.ok


def test_a_tally_sums_reports_up_and_goes_through_json():
    tally = Tally()
    with observed(tally.add):
        gradcheck(lambda x: x * x, 2.0)
        gradcheck(twingrad.tanh, 3.0)
        gradcheck(lambda x: x.abs(), 0.0)
    assert (tally.checks, tally.derivatives, tally.judged) == (3, 3, 3)
    assert tally.words() == "2 ok, 1 at a kink"
    again = Tally.from_dict(tally.to_dict())
    assert again == tally
    again.merge(tally)
    assert again.words() == "4 ok, 2 at a kink"


def test_a_tally_of_nothing_says_so():
    assert Tally().words() == "nothing to compare"
    assert Tally(broken=2).words() == "2 promises broken"
    assert Tally.from_dict(Tally(relative=float("inf")).to_dict()).relative == float("inf")
