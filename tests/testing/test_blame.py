"""The operation that is wrong by itself is named, wherever it stands in a graph."""

import linecache

import numpy as np
import pytest

import twingrad
from twingrad import Array, Primitive, Tensor, Value, nn, testing
from twingrad.engine.formulas import table
from twingrad.engine.modes import witnessed
from twingrad.engine.primitives import Dot
from twingrad.testing import blame as blaming
from twingrad.testing import gradcheck
from twingrad.testing.blame import applied, blame
from twingrad.testing.subjects import subject_of

UNARY = ["sin", "atan", "asinh", "tanh"]
MATRIX = np.random.default_rng(5).standard_normal((2, 3))


@pytest.fixture
def declare():
    """Declares rows for one test."""
    rows = []

    def formula(*parts, **options):
        rows.append(twingrad.formula(*parts, **options))
        return rows[-1]

    yield formula
    for row in reversed(rows):
        row.remove()


def fifty(wrong, at):
    """A function of 50 operations, of which the one at position ``at`` is given."""

    def function(x):
        known = [x, x]
        for position in range(1, 51):
            last = known[-1]
            if position == at:
                known.append(wrong(last))
            elif position % 10 == 0:
                known.append(twingrad.hypot(last, known[-3]))
            elif position % 2:
                known.append(last * 1.1)
            else:
                known.append(table[UNARY[position // 2 % 4]](last))
        return known[-1]

    return function


class Sine(Primitive):
    name = "sine"
    saves = (0,)

    def forward(self, x):
        return np.sin(x)

    def backward(self, gradient, call):
        cosine = table["cos"](call.inputs[0]) if isinstance(gradient, Tensor) else None
        return (gradient * (np.cos(call.inputs[0]) if cosine is None else cosine),)


class WrongSine(Sine):
    """Off by one part in a thousand."""

    name = "wrong_sine"

    def backward(self, gradient, call):
        (found,) = super().backward(gradient, call)
        return (found * 1.001,)


class DetachedSine(Sine):
    """Right, but its derivative cannot be differentiated."""

    name = "detached_sine"

    def backward(self, gradient, call):
        if not isinstance(gradient, Tensor):
            return super().backward(gradient, call)
        return (gradient * call.inputs[0].detach().cos(),)


class StaleSine(Sine):
    """Right, as long as it is applied once."""

    name = "stale_sine"

    def forward(self, x):
        self.x = x.copy()
        return np.sin(x)

    def backward(self, gradient, call):
        return (gradient * np.cos(self.x),)


def told(function, *inputs, **options):
    report = gradcheck(function, *inputs, raise_exception=False, **options)
    assert not report.ok
    return report.blame


OPERANDS = {
    "Value": Value(0.4),
    "Array": Array([0.4, -0.3]),
    "Tensor": Tensor(np.array([0.4, -0.3])),
    "float32": Tensor(np.array([0.4, -0.3], np.float32)),
}


@pytest.mark.parametrize("at", [1, 23, 50])
@pytest.mark.parametrize("twin", OPERANDS)
def test_one_wrong_row_among_fifty_operations_is_named(declare, twin, at):
    row = declare("wrong_sine", "x", "sin(x)", "1.01 * cos(x)")
    found = told(fifty(row, at), OPERANDS[twin])
    culprit = found.culprit
    assert culprit.name == "wrong_sine"
    assert culprit.argument == "x"
    assert culprit.partial == "1.01 * cos(x)"
    assert culprit.operands[0].startswith("x = ")
    assert culprit.finding.analytic == pytest.approx(1.01 * culprit.finding.numeric, rel=1e-4)
    size = 2 if twin == "Array" else 1
    assert found.operations == 50 * size
    assert (culprit.position - 1) // size == at - 1


@pytest.mark.parametrize("at", [1, 23, 50])
def test_one_wrong_primitive_among_fifty_operations_is_named(at):
    found = told(fifty(WrongSine(), at), OPERANDS["Tensor"])
    assert (found.culprit.name, found.culprit.position) == ("wrong_sine", at)
    assert found.culprit.argument == "x"
    assert found.culprit.partial == ""


@pytest.mark.parametrize("at", [1, 31])
def test_a_row_whose_partial_has_a_wrong_derivative_is_named_by_the_second_order(declare, at):
    declare("bad_cosine", "x", "cos(x)", "-1.01 * sin(x)")
    row = declare("outer_sine", "x", "sin(x)", "bad_cosine(x)")
    for operand in (OPERANDS["Value"], OPERANDS["Tensor"]):
        assert gradcheck(fifty(row, at), operand)
        found = told(fifty(row, at), operand, order=2)
        assert (found.culprit.name, found.culprit.position) == ("outer_sine", at)
        assert found.culprit.argument == "x"
        assert found.culprit.partial == "bad_cosine(x)"
        assert found.culprit.finding.order == 2


def test_a_primitive_whose_gradient_forgets_its_history_is_named_by_the_second_order():
    function = fifty(DetachedSine(), 12)
    assert gradcheck(function, OPERANDS["Tensor"])
    found = told(function, OPERANDS["Tensor"], order=2)
    assert (found.culprit.name, found.culprit.position) == ("detached_sine", 12)


class Wave(nn.Module):
    def __init__(self, sine):
        super().__init__()
        self.sine = sine

    def forward(self, x):
        return self.sine(x) * 2


def test_an_operation_within_a_module_is_named_with_the_line_that_applies_it():
    model = nn.Sequential(nn.Linear(3, 2), Wave(WrongSine()), nn.Linear(2, 1)).double()
    culprit = told(lambda x: model(x).sum(), MATRIX).culprit
    assert culprit.name == "wrong_sine"
    name, _, line = culprit.place.partition(":")
    assert name == "test_blame.py"
    assert "self.sine(x) * 2" in linecache.getline(__file__, int(line))


def test_a_wrong_row_within_a_loss_is_named(declare):
    row = declare("wrong_huber", "d", "huber(d)", "0.99 * clamp(d, -1, 1)")
    target = Tensor(MATRIX[::-1].copy())
    culprit = told(lambda x: row(x - target).mean(), MATRIX).culprit
    assert culprit.name == "wrong_huber"
    assert culprit.position == 2
    assert culprit.partial == "0.99 * clamp(d, -1, 1)"


def test_constants_that_no_gradient_keeps_are_known(declare):
    row = declare("scaled", "x, by", "x * by", "1; x")
    culprit = told(lambda x: row(x, 3.0).sum(), MATRIX).culprit
    assert culprit.name == "scaled"
    assert culprit.argument == "x"
    assert culprit.operands[1] == "by = 3.0"


def test_the_argument_by_which_a_row_is_wrong_is_named(declare):
    row = declare("product", "a, b", "a * b", "b; 2 * a")
    culprit = told(lambda x, y: row(x, y), np.array([3.0, 4.0]), np.array(5.0)).culprit
    assert (culprit.argument, culprit.partial) == ("b", "2 * a")
    assert culprit.operands == ("a = 3.0", "b = 5.0")


@pytest.mark.parametrize("glance", [None, lambda subject: False, lambda subject: 1 / 0])
def test_large_operations_are_looked_at_even_if_a_glance_shows_nothing(
    declare, monkeypatch, glance
):
    if glance is not None:
        monkeypatch.setattr(blaming, "looks_wrong", glance)
    large = np.random.default_rng(0).standard_normal((40, 40))
    row = declare("plainly", "x", "sin(x)", "1.1 * cos(x)")
    found = told(lambda x: row(x.tanh() @ x).sum(), large)
    assert (found.culprit.name, found.culprit.position, found.operations) == ("plainly", 3, 4)


def test_operands_without_a_name_are_told_by_their_position():
    class Difference(Primitive):
        arity = 2

        def forward(self, *operands):
            return operands[0] - operands[1]

        def backward(self, gradient, call):
            return (gradient, gradient)

    found = told(Difference(), np.array([3.0, 4.0]), np.array([5.0, 6.0]))
    assert found.culprit.argument == "operand 2"
    assert found.culprit.operands == ("operand 1 = [3., 4.]", "operand 2 = [5., 6.]")


def test_a_row_that_is_wrong_in_a_tail_is_named_where_it_is_applied_there(declare):
    row = declare("tailed", "x", "tanh(x)", "1 - out * out if x > -3 else 0")
    found = told(lambda x: row(row(x) - 3.5) + row(x), Tensor(np.array(0.25)))
    assert (found.culprit.name, found.culprit.position) == ("tailed", 3)
    assert found.culprit.operands == (f"x = {float(np.tanh(0.25)) - 3.5!r}",)


def test_an_operation_that_breaks_a_promise_is_named():
    sine = StaleSine()
    found = told(lambda x: (x * 2).tanh() + sine(x.sigmoid()), MATRIX)
    assert found.culprit.name == "stale_sine"
    assert found.culprit.violation.rule == "stale"


def test_an_operation_whose_numbers_are_wrong_only_beside_others_is_named():
    sine = StaleSine()
    found = told(lambda x: sine(x) + sine(2 * x), MATRIX)
    assert found.culprit.name == "stale_sine"
    assert found.culprit.violation.rule == "stale"


def test_an_operation_of_values_that_has_no_fixed_arity_is_named():
    class WrongDot(Dot):
        def linearize(self, *inputs):
            value, partials = super().linearize(*inputs)
            return value, (*partials[:-1], 2 * partials[-1])

    dot = WrongDot()
    culprit = told(lambda a, b: Value.apply(dot, a, a, b, b), Value(2.0), Value(3.0)).culprit
    assert culprit.name == "dot"
    assert culprit.argument == "b2"
    assert culprit.operands == ("a1 = 2.0", "a2 = 2.0", "b1 = 3.0", "b2 = 3.0")


def test_there_is_code_for_the_operation_alone_shown_where_the_function_cannot_be_written(declare):
    row = declare("lost", "x", "sin(x)", "cos(x) + 0.5")
    draws = np.random.default_rng(0)
    report = gradcheck(lambda x: row(x) + draws.spawn(0).__len__(), 0.5, raise_exception=False)
    alone = report.blame.culprit.alone
    assert alone == (
        "import numpy as np\nimport twingrad\nfrom twingrad import testing\n\n"
        'lost = twingrad.formula("lost", "x", "sin(x)", "cos(x) + 0.5")\n'
        "x = twingrad.tensor(np.array(0.5), requires_grad=True)\n"
        "testing.gradcheck(lost, x)"
    )
    assert str(report).endswith(f"Reproduce, by lost alone:\n\n{alone}")
    whole = gradcheck(lambda x: row(x), 0.5, raise_exception=False)
    assert "Reproduce:" in str(whole)


def test_an_operation_that_cannot_be_checked_alone_is_passed_over():
    class Guarded(Sine):
        name = "guarded"
        is_open = False

        def forward(self, x):
            if not self.is_open:
                raise ValueError("only within the function")
            return np.sin(x)

    guarded, wrong = Guarded(), WrongSine()

    def function(x):
        guarded.is_open = True
        y = guarded(x)
        guarded.is_open = False
        return wrong(y)

    culprit = told(function, MATRIX).culprit
    assert (culprit.name, culprit.position) == ("wrong_sine", 2)


def test_nobody_is_blamed_where_each_operation_is_right():
    found = told(lambda x: (x * x.detach()).tanh(), MATRIX)
    assert found.culprit is None
    assert found.operations == 2


def test_nobody_is_blamed_in_other_libraries():
    pair = testing.from_numpy(np.sin, gradient=np.sin)
    assert told(pair, MATRIX).operations == 0


def test_a_function_that_is_compiled_is_looked_into(declare):
    row = declare("wrong_cosine", "x", "cos(x)", "sin(x)")
    scalar = twingrad.compile(lambda x: row(x) * 2)
    assert told(lambda x: scalar(x), Value(0.5)).culprit.name == "wrong_cosine"


def test_what_leads_to_no_gradient_is_no_operation_of_the_graph():
    def function(x):
        with twingrad.no_grad():
            x.tanh()
        return x.detach().exp() * x

    names = [each.operation.name for each in applied(subject_of(function, [MATRIX]))]
    assert names == ["mul"]
    assert blame(subject_of(function, [MATRIX * 0 + 1])).operations == 1


def test_operands_are_those_of_the_moment_also_where_they_change_later():
    def function(x):
        y = x * 1.0
        z = y.sin()
        y.mul_(3)
        return z + y

    (sine,) = [
        each for each in applied(subject_of(function, [MATRIX])) if each.operation is table["sin"]
    ]
    assert np.array_equal(sine.operands[0].detach().numpy(), MATRIX)


@pytest.mark.parametrize("twin", ["Value", "Tensor"])
def test_a_witness_sees_operations_and_nothing_is_left_behind(twin):
    seen = []

    def witness(operation, operands, parameters, out):
        seen.append((operation.name, len(operands), out))

    x = OPERANDS[twin]
    with witnessed(witness):
        y = (x * 2).sin()
    x * 3
    assert [name for name, _, _ in seen] == ["mul", "sin"]
    assert [count for _, count, _ in seen] == [2, 1]
    assert seen[-1][2] is y


def test_a_witness_sees_primitives_with_their_parameters_and_changes_in_place():
    seen = []
    with witnessed(lambda operation, operands, parameters, out: seen.append(parameters)):
        x = Tensor(MATRIX)
        x.sum(1)
        x.add_(x)
    assert seen[0] != ()
    assert len(seen) == 2
