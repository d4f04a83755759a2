"""The checks of options, and the sentences that they raise."""

from math import inf, nan

import pytest

from twingrad.engine.checks import check_function, checked_count, number_within, ordered
from twingrad.engine.wording import suggestion

WITHIN = [
    ({"at_least": 0}, [0, 2.5, inf], [-1, nan, -inf]),
    ({"above": 0}, [1e-300, inf], [0, -1, nan]),
    ({"at_most": 1}, [1, -inf], [1.5, nan, inf]),
    ({"below": 1}, [0.5, -inf], [1, nan]),
    ({"at_least": 0, "below": inf}, [0, 1e308], [inf, nan, -1]),
    ({}, [nan, inf], []),
]


@pytest.mark.parametrize(("bounds", "inside", "outside"), WITHIN, ids=str)
def test_a_number_lies_within_its_bounds(bounds, inside, outside):
    for number in inside:
        assert number_within(number, "f: x", "so it is", **bounds) == pytest.approx(
            number, nan_ok=True
        )
    for number in outside:
        with pytest.raises(ValueError, match="f: x must be "):
            number_within(number, "f: x", "so it is", **bounds)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"at_least": 0, "at_most": 1}, "f: x must be at least 0 and at most 1, got -2: so it is$"),
        ({"above": 0, "below": 1}, "f: x must be above 0 and below 1, got -2: so it is$"),
        ({"at_least": 0, "below": inf}, "f: x must be at least 0 and finite, got -2: so it is$"),
    ],
)
def test_the_sentence_names_every_bound(bounds, message):
    with pytest.raises(ValueError, match=message):
        number_within(-2, "f: x", "so it is", **bounds)


def test_what_is_no_number_is_refused_before_its_bounds_are_looked_at():
    with pytest.raises(TypeError, match="f: x must be a real number, got"):
        number_within("1", "f: x", "so it is", at_least=0)


def test_bounds_are_in_order():
    assert ordered("f", low=1, high=1) == (1, 1)
    for high in (0.5, nan):
        with pytest.raises(ValueError, match=r"low must not be above high, got 1 and .*: exchange"):
            ordered("f", low=1, high=high)


def test_counts_are_whole_numbers():
    assert checked_count(3, "f: n") == 3
    with pytest.raises(ValueError, match="f: n must be at least 1, got 0: it says how many"):
        checked_count(0, "f: n", at_least=1)
    with pytest.raises(TypeError, match="f: n must be a whole number, got"):
        checked_count(1.5, "f: n")


def test_a_choice_that_is_near_is_suggested():
    assert suggestion("Rellu", ["tanh", "relu"], "write one of these") == "did you mean 'relu'?"
    assert suggestion(7, ["tanh", "relu"], "write one of these") == "write one of these"
    assert suggestion("price", ["Price"], "") == "did you mean 'Price'?"


def test_functions_can_be_called():
    check_function(abs, "f: g")
    with pytest.raises(TypeError, match="f: g must be a function, got str 'abs': pass the"):
        check_function("abs", "f: g")
