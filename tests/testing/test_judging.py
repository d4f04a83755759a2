"""Right gradients pass wherever they are looked at, wrong ones are found, and named."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twingrad
from support.written import Written, elementwise
from twingrad import testing
from twingrad.testing import GradientError, gradcheck
from twingrad.testing.findings import Verdict
from twingrad.testing.judging import judge
from twingrad.testing.subjects import subject_of

COUNTABLE = {
    "sin": (np.sin, np.cos),
    "exp": (np.exp, np.exp),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "square": (lambda x: x * x, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x * x),
    "abs": (np.abs, np.sign),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    "clip": (lambda x: np.clip(x, -1, 2), lambda x: ((x >= -1) & (x <= 2)) * 1.0),
    "huber": (
        lambda x: np.where(np.abs(x) < 1, 0.5 * x * x, np.abs(x) - 0.5),
        lambda x: np.clip(x, -1, 1),
    ),
    "floor": (np.floor, np.zeros_like),
    "sign": (np.sign, np.zeros_like),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "log": (np.log, lambda x: 1 / x),
    "three halves": (
        lambda x: np.abs(x) ** 1.5,
        lambda x: 1.5 * np.sign(x) * np.sqrt(np.abs(x)),
    ),
    "cube root": (np.cbrt, lambda x: 1 / (3 * np.cbrt(x) ** 2)),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2),
    "rounded on its way": (
        lambda x: np.sin(x.astype(np.float32)).astype(np.float64),
        lambda x: np.where(np.abs(x) < 1e6, np.cos(x), 0.0),
    ),
    "beside a large number": (lambda x: 1e12 + np.sin(x), np.cos),
    "cancelling": (lambda x: np.log(1 + x), lambda x: 1 / (1 + x)),
    "fast": (lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x)),
    "shrinking": (
        lambda x: np.where(np.abs(x) > 1e-6, x, 0),
        lambda x: (np.abs(x) > 1e-6) * 1.0,
    ),
}
"""Functions of each element, with right derivatives: 0 or one of both sides' at a kink."""

SMOOTH = ("sin", "exp", "tanh", "square", "cube", "huber")


def verdicts(subject, **options):
    (judgement,) = judge(subject, **options)
    return {verdict for verdict, count in judgement.counts.items() if count}


def wrong(subject, **options):
    (judgement,) = judge(subject, **options)
    found = [each for each in judgement.findings if each.verdict is Verdict.WRONG]
    assert bool(found) == bool(judgement.counts[Verdict.WRONG])
    return found


@pytest.mark.parametrize("name", COUNTABLE)
def test_right_gradients_are_never_called_wrong_at_any_floats(name):
    value, slope = COUNTABLE[name]

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.floats(), min_size=1, max_size=3))
    def check(x):
        with np.errstate(all="ignore"):
            assert not wrong(elementwise(value, slope, np.array(x)))

    check()


@pytest.mark.parametrize("name", ["sin", "tanh", "abs", "relu", "clip", "huber", "square"])
def test_nor_are_they_in_float32(name):
    value, slope = COUNTABLE[name]

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.floats(width=32), min_size=1, max_size=3), st.booleans())
    def check(x, has_precise):
        def same(x):
            return slope(x).astype(x.dtype)

        with np.errstate(all="ignore"):
            array = np.array(x, np.float32)
            assert not wrong(elementwise(value, same, array, has_precise=has_precise))

    check()


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("factor", [1 + 1e-4, 1 - 1e-4, -1.0, 0.0, 2.0])
def test_a_factor_is_found_wherever_the_slope_is(name, factor):
    value, slope = COUNTABLE[name]
    x = np.array([-2.5, -0.3, 1e-3, 0.7, 11.0])
    found = wrong(elementwise(value, lambda x: factor * slope(x), x))
    steep = {(k,) for k in range(5) if abs(slope(x)[k]) > 1e-6 * abs(value(x)[k])}
    assert {each.index for each in found} >= steep
    assert all(each.index == each.output_index for each in found)


@settings(max_examples=60, deadline=None)
@given(st.floats(-5.0, 5.0).filter(lambda x: x == 0 or abs(x) > 1e-50))
def test_a_right_tanh_passes_and_a_slightly_wrong_one_does_not(x):
    def slope(x):
        return 1 / np.cosh(x) ** 2

    assert verdicts(elementwise(np.tanh, slope, [x])) == {Verdict.OK}
    assert wrong(elementwise(np.tanh, lambda x: slope(x) * (1 + 1e-4), [x]))


@pytest.mark.parametrize("slope", [0.0, 0.3, -1.0, 1.0])
def test_any_number_between_both_slopes_is_right_at_a_kink(slope):
    subject = elementwise(np.abs, lambda x: np.where(x == 0, slope, np.sign(x)), [0.0, 2.0])
    (judgement,) = judge(subject)
    assert judgement.counts[Verdict.KINK] == 1
    (finding,) = [each for each in judgement.findings if each.verdict is Verdict.KINK]
    assert finding.index == (0,)
    assert (finding.left, finding.right) == (pytest.approx(-1), pytest.approx(1))


@pytest.mark.parametrize("slope", [5.0, 1.5, 1.001, -1.001, -5.0])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_any_other_number_is_wrong_there(slope, zero):
    subject = elementwise(np.abs, lambda x: np.where(x == 0, slope, np.sign(x)), [1.0, zero])
    (finding,) = wrong(subject)
    assert finding.index == finding.output_index == (1,)
    assert (finding.left, finding.right) == (pytest.approx(-1), pytest.approx(1))


def test_a_bug_at_negative_zero_only_is_found():
    def slope(x):
        return np.where((x == 0) & np.signbit(x), 2.0, 1.0)

    assert not wrong(elementwise(np.sin, lambda x: np.cos(x) * slope(x), [0.0]))
    assert wrong(elementwise(np.sin, lambda x: np.cos(x) * slope(x), [-0.0]))


@pytest.mark.parametrize("other", [1.0, 1e20, 1e100])
def test_a_huge_element_hides_no_bug_of_its_neighbours(other):
    def value(x):
        return x**3 + x

    def slope(x):
        return (3 * x * x + 1) * np.where(x == 0, 1.001, 1.0)

    found = wrong(elementwise(value, slope, [-0.0, other]))
    assert {each.index for each in found} == {(0,)}
    total = Written(lambda x: value(x).sum(), lambda c, x: c * slope(x), np.array([-0.0, 1e100]))
    assert verdicts(total) == {Verdict.OK, Verdict.UNKNOWN}


@pytest.mark.parametrize("x", [1e-9, -1e-9, 1e-30, -1e-30, 1e-300])
def test_a_kink_nearby_is_none_here(x):
    relu, slope = COUNTABLE["relu"]
    assert verdicts(elementwise(relu, slope, [x])) == {Verdict.OK}
    assert Verdict.OK not in verdicts(elementwise(relu, lambda x: 1 - slope(x), [x]))


def test_a_kink_too_near_to_be_told_from_here_is_one():
    found = verdicts(elementwise(lambda x: 1e3 + np.abs(x - 1), lambda x: np.sign(x - 1), [1.0]))
    assert found == {Verdict.KINK}


@pytest.mark.parametrize("function", ["floor", "sign"])
def test_jumps_are_told_from_kinks(function):
    value, slope = COUNTABLE[function]
    (judgement,) = judge(elementwise(value, slope, [0.0]))
    assert not judgement.counts[Verdict.WRONG] + judgement.counts[Verdict.OK]
    (finding,) = judge(elementwise(value, lambda x: slope(x) + 3.0, [0.0]))[0].findings
    assert (finding.verdict, finding.reason) == (Verdict.UNKNOWN, "jump")


@pytest.mark.parametrize("share", [0.5, 0.0, 1.0, 0.3])
def test_a_tie_may_be_shared_in_any_way(share):
    def vjp(cotangent, a, b):
        left = np.where(a == b, share, a > b)
        return cotangent * left, cotangent * (1 - left)

    assert not wrong(Written(np.maximum, vjp, np.array([1.0, 2.0]), np.array([1.0, 1.0])))


@pytest.mark.parametrize("shares", [(1.0, 1.0), (0.0, 0.0), (0.5, 1.0), (0.5, 0.4)])
def test_but_the_shares_must_make_a_whole(shares):
    def vjp(cotangent, a, b):
        return tuple(
            cotangent * np.where(a == b, share, over)
            for share, over in zip(shares, (a > b, b > a), strict=True)
        )

    (finding, *_) = wrong(Written(np.maximum, vjp, np.array([1.0, 2.0]), np.array([1.0, 1.0])))
    assert finding.index is None
    assert finding.output_index == (0,)


def chosen(position):
    """The gradient of the element that a sort puts there, ties broken by order."""

    def vjp(cotangent, x):
        gradient = np.zeros_like(x)
        gradient[np.argsort(x, kind="stable")[position]] = cotangent
        return gradient

    return vjp


@pytest.mark.parametrize("size", [3, 4, 9])
@pytest.mark.parametrize("position", [0, 1, -1])
def test_one_of_several_equal_elements_may_get_it_all(size, position):
    x = np.full(size, 0.25)
    assert not wrong(Written(lambda x: np.sort(x)[position], chosen(position), x))


@pytest.mark.parametrize("size", [2, 4, 8, 25])
@pytest.mark.parametrize("seed", [0, 2])
def test_a_sort_of_equal_numbers_may_leave_them_in_their_order(size, seed):
    def vjp(cotangent, x):
        gradient = np.zeros_like(x)
        gradient[np.argsort(x, kind="stable")] = cotangent
        return gradient

    assert not wrong(Written(np.sort, vjp, np.zeros(size)), seed=seed)


@pytest.mark.parametrize("shapes", [((2,), (2,), (2,)), ((), (3,), (2, 1))])
def test_nor_are_ties_of_several_inputs_wrong(shapes):
    assert not wrong(subject_of(twingrad.clamp, [np.full(shape, 0.3) for shape in shapes]))


@pytest.mark.parametrize("size", [3, 8])
@pytest.mark.parametrize("position", [0, 1, -1])
@pytest.mark.parametrize("factor", [2.0, 1.01, 0.9, -1.0])
def test_but_not_more_than_all_nor_less(size, position, factor):
    def several(cotangent, x):
        return factor * chosen(position)(cotangent, x)

    assert wrong(Written(lambda x: np.sort(x)[position], several, np.full(size, 0.25)))


@pytest.mark.parametrize("size", [2, 3, 8])
def test_nor_may_each_get_it_all(size):
    assert wrong(Written(np.max, lambda cotangent, x: cotangent * (x == x.max()), np.ones(size)))


def test_a_wrong_element_is_named():
    def vjp(cotangent, a, b):
        gradient = cotangent @ b.T
        gradient[2, 1] *= 1.001
        return gradient, a.T @ cotangent

    generator = np.random.default_rng(0)
    a, b = generator.normal(size=(3, 4)), generator.normal(size=(4, 2))
    found = wrong(Written(np.matmul, vjp, a, b))
    assert {(each.input, each.index) for each in found} == {("a", (2, 1))}


def test_tails_are_judged_on_their_own_scale():
    def sigmoid(x):
        return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(x) / (1 + np.exp(x)))

    def slope(x):
        return sigmoid(x) * sigmoid(-x)

    x = np.array([[0.5, -30.0], [-90.0, 3.0]])
    with np.errstate(over="ignore"):
        assert verdicts(elementwise(sigmoid, slope, x)) == {Verdict.OK}
        found = wrong(elementwise(sigmoid, lambda x: slope(x) * np.where(x < -20, 1.001, 1), x))
    assert {each.index for each in found} == {(0, 1), (1, 0)}


@pytest.mark.parametrize("w", [-17.0, -14.0, -10.3, 12.0, 16.0])
def test_digits_that_cancel_on_the_way_are_no_bug(w):
    def slope(w):
        return (1 - np.tanh(w) ** 2) * (1 - 2 * w * np.tanh(w))

    assert not wrong(elementwise(lambda w: w * (1 - np.tanh(w) ** 2), slope, [w]))


def test_nor_is_a_slope_that_is_lost_beside_a_larger_number():
    for order in (1, 2):
        subject = subject_of(lambda x: x.log_softmax(0), (np.array([0.0, 60.0]),))
        for judgement in judge(subject, order=order):
            assert not judgement.counts[Verdict.WRONG]


def test_what_is_not_finite_cannot_be_told():
    x = np.array([0.0, math.nan, math.inf, -math.inf])
    with np.errstate(all="ignore"):
        (judgement,) = judge(elementwise(lambda x: 1 / x, lambda x: -1 / x**2, x))
    assert not judgement.counts[Verdict.WRONG] + judgement.counts[Verdict.OK]


def test_a_gradient_of_nan_is_wrong_where_the_slope_is_known():
    def slope(x):
        return np.exp(-x) / (1 + np.exp(-x)) ** 2

    with np.errstate(all="ignore"):
        found = wrong(elementwise(lambda x: 1 / (1 + np.exp(-x)), slope, [1.0, -1000.0]))
    assert {each.index for each in found} == {(1,)}


def test_zero_times_infinity_of_another_element_is_excused():
    with np.errstate(all="ignore"):
        assert not wrong(elementwise(np.sqrt, lambda x: 0.5 / np.sqrt(x), [0.0, 4.0]))


def test_a_gradient_of_another_shape_is_wrong():
    def vjp(cotangent, a, b):
        return cotangent, cotangent

    (finding,) = wrong(Written(np.add, vjp, np.ones((2, 3)), np.ones(3)))
    assert (finding.input, finding.index) == ("b", None)
    assert finding.reason == "the gradient has the shape (2, 3), the input (3,)"


def test_none_is_a_gradient_of_zeros():
    assert not wrong(Written(lambda a, b: a * 2, lambda c, a, b: (2 * c, None), 1.0, 2.0))
    (finding,) = wrong(Written(lambda a, b: a * b, lambda c, a, b: (c * b, None), 1.0, 2.0))
    assert (finding.input, finding.index, finding.analytic) == ("b", (), 0.0)


def test_forward_mode_is_judged_too():
    def vjp(cotangent, x):
        return cotangent * np.cos(x)

    x = np.array([0.5, 2.0])
    right = Written(np.sin, vjp, x, jvp=lambda x, v: np.cos(x) * v)
    (judgement,) = judge(right)
    assert judgement.counts[Verdict.OK] == 8
    found = wrong(Written(np.sin, vjp, x, jvp=lambda x, v: np.cos(x) * v * np.array([1, 1.01])))
    assert {(each.mode, each.index) for each in found} == {("forward", (1,))}


def test_each_order_has_a_judgement_of_its_own():
    def second(cotangent, x, c):
        return -np.sin(x) * c * cotangent, np.cos(x) * cotangent * 1.5

    x = np.array([0.5, 2.0])
    derived = Written(lambda x, c: np.cos(x) * c, second, x, np.array([1.0, 3.0]))
    subject = elementwise(np.sin, np.cos, x, second=derived)
    first, second = judge(subject, order=2)
    assert not first.counts[Verdict.WRONG]
    assert {each.input for each in second.findings if each.verdict is Verdict.WRONG} == {"b"}
    assert {each.order for each in second.findings} == {2}


def test_a_function_that_changes_its_mind_cannot_be_told():
    generator = np.random.default_rng(0)
    subject = elementwise(lambda x: x * generator.uniform(), np.ones_like, [1.0, 2.0])
    assert verdicts(subject) == {Verdict.UNKNOWN}


def test_a_function_may_refuse_what_is_not_given_to_it():
    def root(x):
        if x < 0:
            raise ValueError("the root of a negative number")
        return np.sqrt(x) ** 3

    def vjp(cotangent, x):
        return cotangent * 1.5 * np.sqrt(x)

    assert not wrong(Written(root, vjp, 0.0))
    assert wrong(Written(root, lambda cotangent, x: vjp(cotangent, x) + cotangent, 0.0))
    with pytest.raises(ValueError, match="the root of a negative number"):
        judge(Written(root, vjp, -1.0))


def test_empty_inputs_and_results_have_nothing_to_judge():
    (judgement,) = judge(elementwise(np.sin, np.cos, np.empty((0, 3))))
    assert set(judgement.counts.values()) == {0}


def test_inputs_are_left_as_they_were():
    x = np.array([0.0, 1.0])
    x.flags.writeable = False
    judge(elementwise(np.abs, np.sign, x))
    assert x.tolist() == [0.0, 1.0]


def test_what_a_search_makes_larger_is_the_relative_difference():
    def relative(error):
        subject = elementwise(np.sin, lambda x: np.cos(x) * (1 + error), [0.5, 1.0])
        return judge(subject)[0].relative

    assert relative(0.0) < 1e-7
    assert relative(1e-6) == pytest.approx(1e-6, rel=0.1)
    assert relative(0.1) == pytest.approx(0.1 / 1.1, rel=0.1)


@pytest.mark.parametrize("name", ["sin", "exp", "tanh", "square", "cube"])
def test_a_plain_function_takes_few_evaluations(name):
    value, slope = COUNTABLE[name]
    subject = elementwise(value, slope, np.linspace(0.3, 2.2, 12).reshape(3, 4))
    (judgement,) = judge(subject)
    assert judgement.evaluations == subject.calls <= 50


def test_float32_is_judged_in_float64_where_that_is_possible():
    def slightly(x):
        return np.cos(x) * np.asarray(1 + 1e-4, x.dtype)

    x = np.array([0.3, 1.0], np.float32)
    assert wrong(elementwise(np.sin, slightly, x, has_precise=True))
    assert not wrong(elementwise(np.sin, slightly, x))
    assert wrong(elementwise(np.sin, lambda x: slightly(x) * np.float32(1.1), x))


def test_what_is_wrong_in_float32_only_is_found():
    def slope(x):
        return np.cos(x) * np.asarray(1.1 if x.dtype == np.float32 else 1.0, x.dtype)

    x = np.array([0.3, 1.0], np.float32)
    found = wrong(elementwise(np.sin, slope, x, has_precise=True))
    assert {each.reason for each in found} == {"in float64 the gradient is another one"}


def test_a_weight_beside_a_huge_input_is_not_told_from_the_rounding_of_the_sum():
    """At w = 0 the slope is x, but tanh has gone to 1 before the sum feels it."""
    report = gradcheck(lambda x, w: x + (x * w).tanh(), np.array([6.7e16]), np.array([0.0]))
    assert report.ok


def test_an_infinite_slope_beside_numbers_whose_inverse_overflows_is_not_wrong():
    a, b = np.array([2.22507386e-313, -5.05307147e257]), np.array([0.0, -1.46331599e49])
    assert gradcheck(twingrad.atan2, a, b).ok
    with pytest.raises(GradientError):
        gradcheck(testing.from_numpy(np.sin, gradient=lambda x: np.inf * x), np.array([1.0]))


def test_nan_at_a_kink_is_between_no_slopes():
    ratio = testing.from_numpy(np.abs, gradient=lambda x: x / np.abs(x))
    with np.errstate(invalid="ignore"), pytest.raises(GradientError, match="1 of 2"):
        testing.gradcheck(ratio, np.array([0.0, -2.0]))
