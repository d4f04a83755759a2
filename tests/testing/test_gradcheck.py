"""``gradcheck`` from end to end: what is right passes, what is wrong is named."""

import re
import warnings

import numpy as np
import pytest

import twingrad
from twingrad import Array, Primitive, Tensor, Value, nn, testing
from twingrad.testing import GradientError, GradientWarning, Verdict, gradcheck
from twingrad.testing.observing import observed

NORMAL = np.random.default_rng(7).standard_normal
MATRIX = NORMAL((3, 4))


class Power(Primitive):
    """``x**3``, with a factor of its derivative to be got wrong."""

    saves = (0,)

    def __init__(self, factor=3.0):
        self.factor = factor

    def forward(self, x):
        return x**3

    def backward(self, gradient, call):
        (x,) = call.inputs
        return (self.factor * gradient * x * x,)


RIGHT = {
    "a row": (twingrad.tanh, MATRIX),
    "a row of a number": (twingrad.tanh, 0.5),
    "a primitive": (Power(), MATRIX),
    "its own input": (lambda x: x, MATRIX),
    "a view": (lambda x: x.T[::2], MATRIX),
    "a constant": (lambda x: twingrad.ones(3, dtype=twingrad.float64), MATRIX),
    "an unused input": (lambda x, y: x * 2, MATRIX, MATRIX),
    "an unused Value": (lambda a, b: b + b, Value(0.0), Value(0.0)),
    "an unused Array": (lambda a, b: b + b, Array(0.0), Array(0.0)),
    "integers beside floats": (lambda x: (x * x, x.argmax()), MATRIX),
    "several results": (lambda x, y: {"sum": x + y, "both": (x * y, x.sum())}, MATRIX, NORMAL(4)),
    "nested inputs": (lambda batch: batch["a"] * batch["b"][0], {"a": MATRIX, "b": [NORMAL(4)]}),
    "no dimension": (lambda x: x * x, np.array(3.0)),
    "no elements": (lambda x: x.sum(), np.zeros((0, 3))),
    "a transposed input": (lambda x: (x * x).sum(0), MATRIX.T),
    "a Value": (lambda x: x * x.sin(), Value(0.7)),
    "an Array": (lambda x: (x @ x.T).relu().sum(), Array(MATRIX)),
    "a Tensor of float32": (lambda x: x.softmax(1), Tensor(MATRIX.astype(np.float32))),
    "a module": (nn.Sequential(nn.Linear(4, 3), nn.GELU(), nn.Linear(3, 1)).double(), MATRIX),
    "a loss": (nn.functional.mse_loss, MATRIX, NORMAL((3, 4))),
    "dropout": (lambda x: nn.functional.dropout(x, 0.5), MATRIX),
    "batch normalization": (nn.BatchNorm1d(4).double(), MATRIX),
    "huge numbers": (lambda x: x * 3, np.array([1e300, -1e-300])),
    "half an elementwise product": (lambda x: x[0] * x[1], MATRIX),
    "accumulated": (lambda x: x * x + x.sin() * x, MATRIX),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("case", RIGHT)
def test_what_is_right_passes(case, order):
    function, *inputs = RIGHT[case]
    report = gradcheck(function, *inputs, order=order)
    assert report
    assert report.ok
    assert report.verdict is Verdict.OK
    assert not report.violations
    assert len(str(report).splitlines()) == 1
    assert len(report.judgements) == order


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (Power(3.0003), [MATRIX]),
        (Power(-3.0), [2.0]),
        (lambda x: Power(2.9)(x).sum(), [MATRIX]),
        (lambda x: nn.functional.mse_loss(Power(3.3)(x), Tensor(MATRIX)), [MATRIX]),
        (lambda x: x * x.detach(), [MATRIX]),
    ],
)
def test_what_is_wrong_raises_an_error_whose_text_is_the_report(function, inputs):
    with pytest.raises(GradientError, match=r"gradcheck of \w+: .* wrong\n") as caught:
        gradcheck(function, *inputs)
    report = caught.value.report
    assert isinstance(caught.value, AssertionError)
    assert str(caught.value) == str(report)
    assert not report.ok
    assert not report
    assert "Reproduce:" in str(report)


def test_the_report_is_given_back_if_no_exception_is_wanted():
    report = gradcheck(Power(2.0), MATRIX, raise_exception=False)
    assert report.verdict is Verdict.WRONG
    assert report.operation == "power"
    assert report.counts[Verdict.WRONG] == 12


def test_a_wrong_derivative_of_the_gradient_is_found_by_order_2_only():
    class Forgetful(Primitive):
        saves = (0,)

        def forward(self, x):
            return x**3

        def backward(self, gradient, call):
            (x,) = call.inputs
            factor = 3 * x * x
            return (gradient * (factor.detach() if isinstance(x, Tensor) else factor),)

    assert gradcheck(Forgetful(), 2.0)
    with pytest.raises(GradientError, match="second derivative") as caught:
        gradcheck(Forgetful(), 2.0, order=2)
    assert caught.value.report.operation == "forgetful"


@pytest.mark.parametrize(("slope", "is_right"), [(0, True), (0.3, True), (-1, True), (5, False)])
def test_at_a_kink_any_slope_between_those_to_both_sides_is_right(slope, is_right):
    row = twingrad.formula("absolute", "x", "abs(x)", f"sign(x) if x != 0 else {slope}")
    try:
        report = gradcheck(row, 0.0, raise_exception=False)
    finally:
        row.remove()
    assert report.ok is is_right
    assert report.verdict is (Verdict.KINK if is_right else Verdict.WRONG)
    assert "kink" in str(report) or not is_right


def test_if_an_input_requires_a_gradient_only_those_that_do_are_looked_at():
    x = Tensor(MATRIX, requires_grad=True)
    report = gradcheck(lambda x, y: x * y.detach(), x, Tensor(MATRIX))
    assert report.verdict is Verdict.OK
    assert {finding.input for finding in report.findings} <= {"x"}


def test_parameters_in_a_closure_are_inputs_and_are_put_back_bit_for_bit():
    weight = Tensor(NORMAL((4, 2)), requires_grad=True)
    weight.grad = twingrad.zeros(4, 2, dtype=twingrad.float64)
    before, grad = weight.detach().numpy().tobytes(), weight.grad

    def loss(x):
        return (Power(2.0)(weight) * x[:, :2]).sum()

    square = np.eye(4)
    report = gradcheck(loss, square, parameters={"W": weight}, raise_exception=False)
    assert {"W"} == {each.input for each in report.findings if each.verdict is Verdict.WRONG}
    assert weight.detach().numpy().tobytes() == before
    assert weight.grad is grad
    assert gradcheck(lambda x: (weight * x[:, :2]).sum(), square, parameters=[weight])


def test_parameters_of_a_module_are_inputs():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(twingrad.ones(4, dtype=twingrad.float64))

        def forward(self, x):
            return x * Power(1.0)(self.scale)

    report = gradcheck(Odd(), MATRIX, raise_exception=False)
    wrong = {each.input for each in report.findings if each.verdict is Verdict.WRONG}
    assert wrong == {"scale"}


def test_inputs_are_never_changed():
    tensor, array = Tensor(MATRIX, requires_grad=True), MATRIX.copy()
    gradcheck(lambda x, y: x * y, tensor, array)
    assert tensor.detach().numpy().tobytes() == MATRIX.tobytes() == array.tobytes()
    assert tensor.grad is None


def test_a_function_that_draws_by_itself_cannot_be_told():
    draws = np.random.default_rng(0)
    with pytest.warns(GradientWarning, match="gives other results for the same inputs"):
        report = gradcheck(lambda x: x * draws.uniform(), MATRIX)
    assert report.verdict is Verdict.UNKNOWN
    assert report.ok
    assert not report.judgements


def test_a_function_of_which_nothing_can_be_told_is_warned_of():
    with pytest.warns(GradientWarning, match="none of 4 derivatives can be judged"):
        assert gradcheck(lambda x: (x * np.nan).sum(), MATRIX[0])


def test_a_random_function_is_told_of_even_where_it_changes_its_input():
    draws = np.random.default_rng(0)

    class Writes(Primitive):
        def forward(self, x):
            x *= draws.uniform()
            return x * 2

        def backward(self, gradient, call):
            return (2 * gradient,)

    report = gradcheck(Writes(), MATRIX, raise_exception=False)
    assert [each.rule for each in report.violations] == ["mutation"]


def test_many_directions_are_checked_where_they_are_asked_for():
    report = gradcheck(lambda x: (x * x).sum(), MATRIX, projections=5)
    assert sum(report.counts.values()) > 0
    assert report.verdict is Verdict.OK
    with pytest.raises(GradientError):
        gradcheck(lambda x: Power(2.999)(x).sum(), MATRIX, projections=5)


def test_of_a_large_function_it_is_said_that_a_sample_was_looked_at():
    large = NORMAL((60, 60))
    assert re.search(
        r"all \d\d sampled derivatives are right", str(gradcheck(twingrad.tanh, large))
    )
    report = gradcheck(lambda x: Power(2.9)(x), large, raise_exception=False)
    assert "sampled derivative" in str(report)
    assert "nothing is wrong" not in report.snippet
    assert report.sizes == (3600**2,)


def test_of_large_inputs_it_is_said_if_random_ones_in_their_place_are_right():
    tailed = twingrad.formula("tailed", "x", "tanh(x)", "1 - out * out if x > -1e5 else 7")
    large = np.linspace(-2, 2, 200)
    large[100] = -1e6
    try:
        report = gradcheck(lambda x: tailed(x).sum(), large, raise_exception=False)
        tail = gradcheck(lambda x: tailed(x).sum(), -1e6 - large, raise_exception=False)
    finally:
        tailed.remove()
    assert "# With these nothing is wrong" not in tail.snippet
    assert not report.ok


def test_observers_are_told_of_every_report_also_of_one_that_is_raised():
    reports = []
    with observed(reports.append):
        gradcheck(twingrad.tanh, 0.5)
        with pytest.raises(GradientError):
            gradcheck(Power(2.0), 0.5)
    assert [report.ok for report in reports] == [True, False]


def test_no_warning_of_numpy_and_no_setting_of_it_comes_out():
    before = np.geterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradcheck(
            testing.from_numpy(lambda x: np.log(x), gradient=lambda x: 1 / x), np.array([1e-9, 2.0])
        )
    assert np.geterr() == before


def test_errors_of_the_function_pass_through():
    def fails(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        gradcheck(fails, MATRIX)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"order": 3}, ValueError, "order must be 1 or 2, got 3"),
        ({"order": 0}, ValueError, "order must be at least 1, got 0"),
        ({"order": 1.5}, TypeError, "order"),
        ({"projections": 0}, ValueError, "projections must be at least 1, got 0"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        ({"raise_exception": 1}, TypeError, "raise_exception must be True or False, got 1"),
    ],
)
def test_wrong_options_are_refused_with_a_sentence(options, error, message):
    with pytest.raises(error, match=message):
        gradcheck(twingrad.tanh, 0.5, **options)


def test_what_is_no_function_and_what_has_no_input_is_refused():
    with pytest.raises(TypeError, match=r"must be a function, got float 0\.5"):
        gradcheck(0.5)
    with pytest.raises(ValueError, match="must have an input to differentiate by"):
        gradcheck(lambda x: x, 3)


def test_numpy_functions_are_checked_with_the_gradient_that_was_written_for_them():
    def softplus(x):
        return np.logaddexp(0, x)

    assert gradcheck(testing.from_numpy(softplus, gradient=lambda x: 1 / (1 + np.exp(-x))), MATRIX)
    with pytest.raises(GradientError, match="gradcheck of softplus: "):
        gradcheck(testing.from_numpy(softplus, gradient=lambda x: 1 / (1 + np.exp(x))), MATRIX)
    unsummed = testing.from_numpy(lambda x, b: x + b, vjp=lambda g, x, b: (g, g))
    with pytest.raises(GradientError, match=r"the gradient of b must have its shape \(4,\)"):
        gradcheck(unsummed, MATRIX, NORMAL(4))


def test_the_room_is_loaded_when_it_is_asked_for_and_hypothesis_later():
    assert twingrad.testing is testing
    assert callable(testing.gradcheck_property)
    assert testing.strategies.__name__ == "twingrad.testing.strategies"
    assert set(testing.__all__) <= set(dir(testing))
    with pytest.raises(AttributeError, match="gradchek"):
        testing.gradchek  # noqa: B018
