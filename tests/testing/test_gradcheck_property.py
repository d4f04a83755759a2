"""Property tests of derivatives: what they find, how they fail, and that they do not cry wolf."""

import inspect
import warnings

import hypothesis
import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

import twingrad
from support.examples import drawn
from twingrad import Array, Value, nn, testing
from twingrad.engine.formulas import table
from twingrad.nn import functional
from twingrad.testing import GradientError, GradientWarning, gradcheck, gradcheck_property
from twingrad.testing.properties import is_property
from twingrad.testing.strategies import dtypes, scalars, value_arrays


def planted(is_wrong, factor=1.001):
    """``x**3 + x`` with a derivative that is wrong by a factor at some numbers."""

    def vjp(cotangent, x):
        return (cotangent * (3 * x * x + 1) * np.where(is_wrong(x), factor, 1.0),)

    return testing.from_numpy(lambda x: x**3 + x, vjp=vjp)


def kinked(is_wrong):
    """relu with a slope of 5 at some numbers."""

    def vjp(cotangent, x):
        return (cotangent * np.where(is_wrong(x), 5.0, x > 0),)

    return testing.from_numpy(lambda x: np.maximum(x, 0.0), vjp=vjp)


def greatest():
    """The greatest numbers of the rows; every one of equal ones gets the whole gradient."""

    def vjp(cotangent, x):
        return (cotangent[..., None] * (x == x.max(-1, keepdims=True)),)

    return testing.from_numpy(lambda x: x.max(-1), vjp=vjp)


def greater():
    """The greater of two; both of equal ones get the whole gradient."""
    return testing.from_numpy(
        lambda a, b: np.maximum(a, b), vjp=lambda cotangent, a, b: (cotangent * (a >= b),) * 2
    )


def at_position(is_wrong):
    """A derivative that is wrong at some positions of an array."""
    return planted(lambda x: is_wrong(np.arange(x.size).reshape(x.shape)), 1.01)


def is_negative_zero(x):
    return (x == 0) & np.signbit(x)


BUGS = {
    "x < -3": (planted(lambda x: x < -3, 1.0001), {}),
    "x > 50": (planted(lambda x: x > 50), {}),
    "|x| < 1e-5": (planted(lambda x: np.abs(x) < 1e-5), {}),
    "|x| < 1e-5, but not 0": (planted(lambda x: (np.abs(x) < 1e-5) & (x != 0)), {}),
    "-0.0": (planted(is_negative_zero), {}),
    "a slope of 5 at the kink": (kinked(lambda x: x == 0), {}),
    "a slope of 5 at -0.0": (kinked(is_negative_zero), {}),
    "ties of a maximum along rows": (greatest(), {"x": ("rows", 3)}),
    "ties of two arrays": (greater(), {}),
}


def failure(test):
    """The error that a property test fails with."""
    with pytest.raises(GradientError) as caught:
        test()
    return caught.value


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_in_a_corner_is_found_within_200_examples_and_made_small(bug):
    function, arguments = BUGS[bug]
    error = failure(gradcheck_property(max_examples=200, seed=3, **arguments)(function))
    (finding, *_) = error.report.findings
    assert finding.verdict is testing.Verdict.WRONG
    if bug != "ties of a maximum along rows":
        assert not finding.index, "the smallest shape is that of a number"


def test_a_bug_in_large_arrays_only_is_found_and_the_element_named():
    function = at_position(lambda k: k == 20)
    error = failure(gradcheck_property(x=("length",), max_examples=1000, seed=0)(function))
    (finding,) = [each for each in error.report.findings if each.verdict.value == "wrong"]
    assert finding.index == (20,)
    assert "np.zeros(21)" in error.report.snippet or error.report.snippet.count("0.0,") == 20


def test_the_operation_that_is_wrong_is_named():
    wrong = twingrad.formula("wrong_tail", "x", "tanh(x)", "1 - out * out if x > -3 else 0.2")
    try:
        error = failure(
            gradcheck_property(lambda x, y: (wrong(x) + x * y).sum(), max_examples=200, seed=0)
        )
    finally:
        wrong.remove()
    assert error.report.operation == "wrong_tail"


def test_a_bug_at_one_place_in_160000_is_climbed_to():
    """What rounding excuses all around it grows towards it."""

    def vjp(cotangent, a, b, c, d):
        distance = np.abs(a - 7) + np.abs(b - 12) + np.abs(c - 5) + np.abs(d - 14)
        factor = 1 + 1.2e-5 * np.exp(-distance / 5)
        return tuple(cotangent * 2 * each * factor for each in (a, b, c, d))

    function = testing.from_numpy(lambda *x: sum(abs(each) ** 2 for each in x), vjp=vjp)
    numbers = dict.fromkeys("abcd", st.integers(0, 19).map(float))
    test = gradcheck_property(**numbers, max_examples=100, seed=0)(function)
    assert "7.0, 12.0, 5.0, 14.0" in failure(test).report.snippet
    phases = [phase for phase in Phase if phase is not Phase.target]
    settings(phases=phases)(test)()


def test_the_failure_is_the_report_and_one_line_more():
    error = failure(gradcheck_property(planted(lambda x: x < -3), x=(2,), seed=0))
    text = str(error)
    assert text == str(error.report)
    assert text.startswith("gradcheck of f: ")
    assert "Reproduce:" in text
    (note,) = error.__notes__
    assert note.startswith("gradcheck_property: example ")
    assert error.__suppress_context__
    assert "Falsifying" not in note + text


def test_nothing_is_printed(capsys):
    failure(gradcheck_property(planted(lambda x: x < -3), seed=0, max_examples=200))
    gradcheck_property(twingrad.tanh, max_examples=5)()
    assert capsys.readouterr() == ("", "")


SHAPES = set()


@gradcheck_property(x=("rows", 3), weight=(3, "columns"), max_examples=30)
def test_names_of_lengths_fit_together(x, weight):
    SHAPES.add((x.shape, weight.shape))
    return x @ weight


def test_names_of_lengths_are_drawn():
    if not SHAPES:
        test_names_of_lengths_fit_together()
    assert len({shape for shape, _ in SHAPES}) > 1
    assert len({shape for _, shape in SHAPES}) > 1


def scaled(x, y, scale=2.0):
    return x * y * scale


test_arguments_without_a_word_broadcast = gradcheck_property(scaled, max_examples=20)


@gradcheck_property(x=(2,), mode=st.sampled_from(["sum", "mean"]), max_examples=10)
def test_strategies_draw_what_is_no_array(x, mode):
    return x.exp().sum() if mode == "sum" else x.exp().mean()


@gradcheck_property(x=value_arrays((2,)), a=scalars(), max_examples=10)
def test_operands_of_the_scalar_twin_are_taken_as_they_are(x, a):
    assert isinstance(x, Array)
    assert isinstance(a, Value)
    return (x * a).tanh()


@gradcheck_property(arguments={"order": (2,), "seed": ()}, max_examples=10)
def test_arguments_with_the_names_of_options(order, seed):
    return order * seed


@gradcheck_property(x=(2,), order=2, max_examples=5)
def test_second_derivatives(x):
    return (x.sin() * x).sum()


@pytest.fixture(scope="module")
def slope():
    return 0.25


@gradcheck_property(x=(3,), slope=..., max_examples=5)
def test_fixtures_are_passed_by_pytest(x, slope):
    assert slope == 0.25
    return x.leaky_relu(slope)


@gradcheck_property(x=(3,), max_examples=5)
@pytest.mark.parametrize(("name", "power"), [("tanh", 1), ("sin", 2)])
def test_parametrize_stands_below(name, x, power):
    return getattr(x, name)() ** power


@pytest.mark.parametrize("name", ["tanh", "sin"])
@gradcheck_property(x=(3,), name=..., max_examples=5)
def test_parametrize_stands_above(x, name):
    return getattr(x, name)()


class TestMethods:
    factor = 2.0

    @gradcheck_property(x=(2,), max_examples=5)
    def test_methods_are_tests_too(self, x):
        return x.exp() * self.factor


@settings(max_examples=7)
@gradcheck_property(x=())
def test_settings_stand_above(x):
    return x.tanh()


@gradcheck_property(x=())
@settings(max_examples=7)
def test_settings_stand_below(x):
    return x.tanh()


@pytest.mark.parametrize("test", [test_settings_stand_above, test_settings_stand_below])
def test_settings_are_kept_to(test):
    reports = []
    with testing.observing.observed(reports.append):
        test()
    assert len(reports) == 7


def test_an_example_of_ones_own_is_tried():
    test = gradcheck_property(planted(lambda x: x == 12345.678), x=(), max_examples=1)
    test()
    failure(hypothesis.example(x=np.array(12345.678))(test))


def test_with_a_seed_the_same_is_drawn():
    def inputs():
        seen = []

        @gradcheck_property(x=(2,), seed=5, max_examples=10)
        def collects(x):
            seen.append(x.detach().numpy().tobytes())
            return x.tanh()

        collects()
        return seen

    assert inputs() == inputs()


def test_modules_are_checked_with_their_parameters_in_their_dtype():
    reports = []
    with testing.observing.observed(reports.append):
        gradcheck_property(nn.Linear(3, 2), input=("rows", 3), max_examples=3)()
        gradcheck_property(nn.Linear(3, 2, backend="scalar"), input=(2, 3), max_examples=3)()
    names = {finding.input for report in reports for finding in report.findings}
    assert len(reports) == 6
    assert names <= {"input", "weight", "bias"}


def test_rows_of_the_table_are_checked():
    gradcheck_property(twingrad.hypot, max_examples=10)()


def test_dtypes_may_be_drawn():
    seen = set()

    @gradcheck_property(x=(2,), y=(2,), dtype=dtypes(), max_examples=20)
    def collects(x, y):
        seen.add((x.dtype.name, y.dtype.name))
        return x * y

    collects()
    assert seen >= {("float32", "float32"), ("float64", "float64")}


def test_elements_are_those_that_were_asked_for():
    @gradcheck_property(x=(4,), elements={"min_value": 0.5}, max_examples=20)
    def root(x):
        return x.sqrt()

    root()


def test_a_function_that_is_defined_nowhere_is_warned_of():
    test = gradcheck_property(twingrad.log, elements={"max_value": -1.0}, max_examples=5)
    with pytest.warns(GradientWarning, match="nothing could be said of any derivative at 5 inputs"):
        test()


def test_a_single_input_of_which_nothing_can_be_said_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradcheck_property(twingrad.log, elements=st.sampled_from([-1.0, 2.0]), max_examples=20)()


def test_an_error_of_the_function_itself_comes_through_with_its_inputs():
    @gradcheck_property(x=(3,), y=(4,), max_examples=5)
    def mismatched(x, y):
        return x + y

    with pytest.raises(ValueError, match=r"shapes \(3,\) and \(4,\) do not broadcast") as caught:
        mismatched()
    assert "x=array([0., 0., 0.])" in "\n".join(caught.value.__notes__)


def test_a_property_can_be_called_again():
    test = gradcheck_property(planted(lambda x: x < -3), seed=0, max_examples=200)
    failure(test)
    failure(test)


def test_the_name_the_place_and_the_arguments_are_those_of_the_function():
    test = test_fixtures_are_passed_by_pytest
    assert test.__name__ == "test_fixtures_are_passed_by_pytest"
    assert test.__module__ == __name__
    assert [*inspect.signature(test).parameters] == ["slope"]
    assert not inspect.signature(test_arguments_without_a_word_broadcast).parameters


def test_properties_are_told_from_other_tests():
    assert is_property(test_second_derivatives)
    assert is_property(settings(max_examples=3)(gradcheck_property(twingrad.sin)))
    assert is_property(TestMethods().test_methods_are_tests_too)
    assert not is_property(test_properties_are_told_from_other_tests)
    assert not is_property(None)


@pytest.mark.parametrize(
    ("make", "kind", "sentence"),
    [
        (lambda: gradcheck_property(3), TypeError, "function must be a function, got int 3"),
        (
            lambda: gradcheck_property(twingrad.tanh, x=3),
            TypeError,
            "x must be a shape, a strategy or ..., got 3",
        ),
        (
            lambda: gradcheck_property(twingrad.tanh, x=(2.5,)),
            TypeError,
            "a length of x must be a whole number, got float 2.5",
        ),
        (
            lambda: gradcheck_property(twingrad.tanh, x=(-2,)),
            ValueError,
            "a length of x must be at least 0, got -2",
        ),
        (
            lambda: gradcheck_property(twingrad.tanh, z=(3,)),
            ValueError,
            "tanh has no argument 'z': its arguments are x",
        ),
        (
            lambda: gradcheck_property(lambda: 3.0),
            ValueError,
            "f must have an argument to be drawn, got none",
        ),
        (
            lambda: gradcheck_property(twingrad.tanh, max_examples=0),
            ValueError,
            "max_examples must be at least 1, got 0",
        ),
    ],
)
def test_wrong_arguments_are_refused_by_a_sentence(make, kind, sentence):
    with pytest.raises(kind, match=sentence):
        make()


def hinge(x, y):
    return functional.hinge_loss(x, np.where(np.signbit(y.detach().numpy()), -1.0, 1.0))


FUNCTIONS = {name: (row, len(row.arguments)) for name, row in table.items()} | {
    "amax": (lambda x: x.amax(), 1),
    "amin along rows": (lambda x: x.reshape(-1).amin(0), 1),
    "sort": (lambda x: x.reshape(-1).sort()[0], 1),
    "median": (lambda x: x.reshape(-1).median(), 1),
    "hinge loss": (hinge, 2),
    "huber loss": (functional.huber_loss, 2),
}
"""What is right, and how many arguments it has."""


def default_floats(count, examples):
    """Numbers and arrays just as Hypothesis draws them: nan, infinities and all."""
    arrays = of_numpy.array_shapes(max_dims=2, max_side=3).flatmap(
        lambda shape: st.tuples(*[of_numpy.arrays(np.float64, shape)] * count)
    )
    return drawn(st.tuples(*[st.floats()] * count) | arrays, examples)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_false_alarm_at_default_floats(name):
    function, count = FUNCTIONS[name]
    domain = function if name in table else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GradientWarning)
        for inputs in default_floats(count, 15):
            rows = zip(*(np.ravel(each).tolist() for each in inputs), strict=True)
            if domain is None or all(domain.is_defined(*row) for row in rows):
                gradcheck(function, *inputs)


def test_arguments_without_a_shape_fit_the_shapes_that_are_given():
    seen = set()

    @gradcheck_property(x=(2, 3), max_examples=30)
    def added(x, y):
        seen.add(y.shape)
        return x + y

    added()
    assert {(2, 3), (3,), ()} <= seen
    assert all(np.broadcast_shapes((2, 3), shape) == (2, 3) for shape in seen)
