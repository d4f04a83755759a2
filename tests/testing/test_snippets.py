"""Snippets: pasted into another process, they show the same failure."""

import json
import re
import subprocess
import sys
from functools import partial, wraps
from math import inf, nan
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as extra

import twingrad
from twingrad import Array, Primitive, Tensor, Value, nn, testing
from twingrad.testing.definitions import Definitions
from twingrad.testing.literals import alike, array_code, float_code, full_code
from twingrad.testing.snippets import snippet
from twingrad.testing.sources import import_path, is_importable, source_of

MATRIX = np.random.default_rng(2).standard_normal((2, 3))
LONG = np.linspace(0, 1, 20)
SCALE = 3.0


class Pair(NamedTuple):
    x: np.ndarray
    y: float


class Cube(Primitive):
    saves = (0,)

    def __init__(self, factor=2.0):
        self.factor = factor

    def forward(self, x):
        return x**3

    def backward(self, gradient, call):
        return (self.factor * gradient * call.inputs[0] ** 2,)


class Gate(nn.Module):
    """A module of one's own, with a number, a parameter and a wrong operation."""

    def __init__(self, width, sharpness=1.0):
        super().__init__()
        self.width = width
        self.sharpness = sharpness
        self.weight = nn.Parameter(twingrad.ones(width))

    def forward(self, x):
        return cube(x * self.weight) * self.sharpness


cube = Cube()


def scaled(x):
    return cube(x) * SCALE


def twice(function):
    def inner(x):
        return function(function(x))

    return inner


def with_a_closure():
    offset, width = np.array([0.5, -0.0, 2.0]), 2

    def function(x):
        return cube(x + offset) * width

    return function


def executed(code):
    """What another process, in a folder of its own, writes when it runs some code."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd="/"
    ).stderr


RUNNER = """
import json, sys
from twingrad.engine.formulas import table
from twingrad.testing import GradientError
for code in json.loads(sys.argv[1]):
    try:
        exec(code, {})
        print(json.dumps("nothing is wrong"))
    except GradientError as error:
        print(json.dumps(str(error)))
    for row in [row for row in table.values() if not row.is_built_in]:
        row.remove()
"""


@pytest.fixture(scope="module")
def pasted(rows):
    """What each case says here, and what its snippet says in a process that never saw this one."""
    reports = [
        testing.gradcheck(function, *inputs, raise_exception=False)
        for function, *inputs in CASES.values()
    ]
    codes = json.dumps([report.snippet for report in reports])
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUNNER, codes],
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert not ran.returncode, ran.stderr
    said = map(json.loads, ran.stdout.splitlines())
    return dict(zip(CASES, zip(reports, said, strict=True), strict=True))


CASES = {
    "a function of a module": (scaled, MATRIX),
    "a lambda": (lambda x: cube(x).sum(), MATRIX),
    "a lambda of several lines": (
        lambda x, y: (
            cube(x)  # with a comment
            + y
        ),
        MATRIX,
        2.0,
    ),
    "a function with a closure": (with_a_closure(), MATRIX),
    "a function around another": (twice(scaled), np.array([0.5, -0.25])),
    "a primitive": (cube, MATRIX),
    "a primitive made with options": (Cube(1.5), MATRIX),
    "a partial function": (partial(lambda scale, x: scale * cube(x), 2.0), MATRIX),
    "a method": (Gate(3).double().forward, MATRIX),
    "a module": (nn.Sequential(nn.Linear(3, 3), Gate(3, sharpness=0.5)), MATRIX.astype("f4")),
    "a Value": (lambda x: cube_row(x), Value(0.5, "x")),
    "an Array": (lambda x: cube_row(x).sum(), Array(MATRIX)),
    "tensors": (lambda x, y: cube(x) * y, Tensor(MATRIX, requires_grad=True), Tensor(MATRIX)),
    "nested inputs": (lambda b: cube(b["x"][0]) * b["y"], {"x": (MATRIX, 2), "y": [1.0, 2][0]}),
    "large parts of a dictionary": (
        lambda batch: cube(batch["left"]) * batch["right"][0],
        {"left": np.linspace(0, 1, 20), "right": [np.linspace(1, 2, 20)]},
    ),
    "large parts of a list": (lambda leaves: cube(leaves[0]) * leaves[1], [LONG, LONG.copy()]),
    "any number of large inputs": (lambda *leaves: cube(leaves[0]) * leaves[1], LONG, LONG),
    "a named tuple": (lambda pair: cube(pair.x) + pair.y, Pair(LONG, 2.0)),
    "awkward numbers": (lambda x: cube(x), np.array([0.1, -0.0, 1e-310, 1 / 3, 1e100])),
    "float32": (lambda x: cube(x), Tensor(np.array([0.1, 1 / 3, -7e5], np.float32))),
    "integers beside": (lambda x, k: cube(x)[k], MATRIX, np.array([1, 0])),
    "a large array": (lambda x: cube(x).sum(), np.linspace(1, 2, 70)),
    "a pair for NumPy": (testing.from_numpy(np.tanh, gradient=lambda x: 1 + np.tanh(x)), MATRIX),
}


@pytest.fixture(scope="module", autouse=True)
def rows():
    global cube_row
    cube_row = twingrad.formula("snippet_cube", "x", "x ** 3", "2 * x * x")
    yield
    cube_row.remove()


@pytest.mark.parametrize("case", CASES)
def test_a_pasted_snippet_shows_the_same_failure(pasted, case):
    report, said = pasted[case]
    assert not report.ok
    assert "to be filled in" not in report.snippet
    assert said.splitlines()[0] == str(report).splitlines()[0]
    ours, theirs = (re.findall(r"\n  Operation .*: (\w+)", text) for text in (str(report), said))
    assert ours == theirs


def test_options_and_parameters_are_part_of_the_snippet():
    weight = Tensor(MATRIX, requires_grad=True)
    report = testing.gradcheck(
        lambda x: (cube(weight) * x).sum(),
        2.0,
        parameters=[weight],
        order=2,
        seed=3,
        raise_exception=False,
    )
    assert report.snippet.endswith(
        "testing.gradcheck(f, 2.0, parameters=[weight], order=2, seed=3)"
    )
    assert "GradientError: gradcheck of f: 6 of 7 derivatives" in executed(report.snippet)


def test_nested_inputs_are_built_as_they_were_passed():
    batch = {"left": LONG, "right": [LONG.copy(), 2.0], "both": LONG}
    lines = snippet(lambda batch, *rest: cube(batch["left"]), [batch, LONG + 1]).splitlines()
    assert [line.partition(" ")[0] for line in lines if " = np." in line] == [
        "batch_left",
        "batch_right_0",
        "rest_0",
    ]
    assert (
        "batch = {'left': batch_left, 'right': [batch_right_0, 2.0], 'both': batch_left}"
    ) in lines
    assert lines[-1] == "testing.gradcheck(f, batch, rest_0)"


def test_no_input_is_called_as_what_is_imported():
    lines = snippet(lambda np: cube(np), [LONG]).splitlines()
    assert lines[-1] == "testing.gradcheck(f, np_)"


def test_parameters_of_a_module_are_those_of_the_module():
    layer = nn.Linear(3, 2).double()
    report = testing.gradcheck(
        lambda x: cube(layer(x)), MATRIX, parameters=layer.parameters(), raise_exception=False
    )
    assert report.snippet.endswith(
        'parameters = [layer.get_parameter("weight"), layer.get_parameter("bias")]\n'
        "testing.gradcheck(f, x, parameters=parameters)"
    )
    assert f"GradientError: {str(report).splitlines()[0]}" in executed(report.snippet)


def test_what_comes_with_a_library_is_imported():
    assert snippet(nn.functional.huber_loss, [0.5, 1.0]) == (
        "from twingrad import testing\n"
        "from twingrad.nn.functional import huber_loss\n"
        "\n"
        "testing.gradcheck(huber_loss, 0.5, 1.0)"
    )
    assert snippet(twingrad.tanh, [1]).startswith("from twingrad import tanh, testing\n")
    assert "import numpy as np" in snippet(lambda x: np.tanh(x), [1.0])


def test_rows_of_ones_own_are_declared_with_all_that_they_say():
    partials = "1 if x > 0 else slope; 0 if x > 0 else x"
    value = "x if x > 0 else slope * x"
    row = twingrad.formula("ramp", "x, slope=0.1", value, partials, domain="x < 9", kinks="x")
    try:
        code = snippet(row, [0.5])
    finally:
        row.remove()
    assert (
        'ramp = twingrad.formula("ramp", "x, slope=0.1", "x if x > 0 else slope * x", '
        '"1 if x > 0 else slope; 0 if x > 0 else x", domain="x < 9", kinks="x")'
    ) in code
    assert executed(code) == ""


def test_what_cannot_be_written_is_left_to_be_filled_in_and_said():
    draws = np.random.default_rng(0)
    code = snippet(lambda x: x * draws.uniform(), [1.0])
    assert code.startswith("# to be filled in: draws (Generator)\n")
    assert "draws = ...\n" in code
    unknown = snippet(type("Unknown", (), {"__call__": lambda self, x: x})(), [1.0])
    assert unknown.startswith("# to be filled in: Unknown (class)\n")


def test_an_object_that_cannot_be_looked_into_hides_no_report():
    class Secret:
        def __init__(self, width):
            assert width

        @property
        def width(self):
            raise RuntimeError("none of your business")

        def __call__(self, x):
            return cube(x)

    report = testing.gradcheck(Secret(1), 2.0, raise_exception=False)
    assert report.operation == "cube"
    assert report.snippet.startswith("# to be filled in: everything, for RuntimeError: none of")
    assert "Reproduce, by cube alone:" in str(report)


def test_modules_are_made_with_their_options_and_numbers():
    module = nn.CrossEntropyLoss(label_smoothing=0.1)
    assert "model = twingrad.nn.CrossEntropyLoss(label_smoothing=0.1)" in snippet(module, [1.0])
    layer = nn.Linear(1, 1, bias=False).double().eval()
    layer.weight.data = np.array([[0.1]])
    assert (
        "model = twingrad.nn.Linear(in_features=1, out_features=1, bias=False)\n"
        "model.double()\n"
        'model.load_state_dict({"weight": np.array([[0.1]])})\n'
        "model.eval()\n"
    ) in snippet(layer, [1.0])
    code = snippet(nn.MLP(2, [50], 1), [1.0])
    assert "twingrad.nn.ReLU()" in code
    assert "random numbers stand in their place" in code


def test_objects_are_made_with_attributes_of_the_names_of_their_arguments():
    class Scale:
        def __init__(self, by, *, power=1):
            self.by, self.power = by, power

        def __call__(self, x):
            return x**self.power * self.by

    assert "\nf = Scale(by=2.5)\n" in snippet(Scale(2.5), [1.0])
    assert "\nf = Scale(by=-0.0, power=3)\n" in snippet(Scale(-0.0, power=3), [1.0])


def test_names_that_hide_builtin_ones_are_defined():
    def sum(x):
        return cube(x).sum()

    assert "    return cube(x).sum()" in snippet(lambda x: sum(x), [1.0])


def test_two_things_of_one_name_are_not_mixed_up():
    def other():
        SCALE = 5.0
        return lambda x: scaled(x) * SCALE

    assert "# to be filled in: another SCALE (float)" in snippet(other(), [1.0])


def test_large_arrays_are_replaced_and_it_is_said_whether_they_fail_too():
    x = np.linspace(-1, 1, 100)
    code = snippet(scaled, [x], fails=lambda inputs: True)
    assert code.startswith("# Large arrays are not written out: random numbers stand in")
    assert "x = np.random.default_rng(0).uniform(-1, 1, (100,)).astype(np.float64)" in code
    assert "nothing is wrong" not in code
    seen = []
    code = snippet(scaled, [{"x": x, "y": 1}, Tensor(x)], fails=lambda given: seen.append(given))
    assert "# With these nothing is wrong: put your numbers in their place." in code
    ((batch, tensor),) = seen
    assert batch["y"] == 1
    assert batch["x"].shape == tensor.shape == (100,)
    assert np.abs(batch["x"] - x).max() > 0.1
    assert "np.full((100,), 1.0" in snippet(scaled, [np.ones(100)])


def test_an_input_does_not_hide_what_the_function_refers_to():
    code = snippet(lambda cube_row: cube(cube_row), [MATRIX])
    assert "cube_row = np.array" in code
    code = snippet(lambda SCALE, x=scaled: x(SCALE), [MATRIX])
    assert "SCALE_ = np.array" in code
    assert "testing.gradcheck(f, SCALE_)" in code


FLOATS = st.floats(width=64) | st.sampled_from([0.0, -0.0, inf, -inf, nan, 5e-324, 1e300, 0.1])


def evaluated(code):
    """What an expression of ours gives; tests may do what the library may not."""
    return eval(code, {"np": np})


@given(FLOATS)
@example(-0.0)
def test_floats_are_written_so_that_they_come_back(number):
    found = evaluated(float_code(number))
    assert np.float64(found).tobytes() == np.float64(number).tobytes() or number != number
    assert type(found) is float


@given(
    extra.arrays(
        st.sampled_from([np.float32, np.float64, np.int8, np.int64, np.bool_]),
        extra.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=9),
    )
)
@example(np.array([-0.0, nan, inf, -inf, 5e-324, 0.1]))
@example(np.array([1e-45, 0.1, 16777217.0, -0.0], np.float32))
@example(np.zeros((0, 3), np.float32))
@example(np.zeros((2, 0), np.int64))
@example(np.linspace(0, 1, 60).reshape(20, 3))
@example(np.linspace(0, 1, 60))
def test_arrays_are_written_so_that_they_come_back_bit_for_bit(array):
    code = array_code(array)
    found = evaluated(code)
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array)
    if array.dtype.kind == "f":
        known = ~np.isnan(array)
        assert (np.signbit(found) == np.signbit(array))[known].all()
    assert max(map(len, code.splitlines())) <= 110


@given(extra.arrays(st.sampled_from([np.float32, np.float64, np.int64, np.bool_]), 80))
def test_random_numbers_are_like_those_that_they_replace(array):
    code, like = alike(array)
    found = evaluated(code)
    assert found.dtype == like.dtype == array.dtype
    assert found.tobytes() == like.tobytes()
    known = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    if known.size and array.dtype.kind == "f" and np.abs(known).max() < 1e30:
        slack = 0.01 * np.abs(known.astype(float)).max() + 1e-300
        assert known.min() - slack <= like.min()
        assert like.max() <= known.max() + slack


def test_an_array_of_one_number_is_told_by_its_bits():
    assert full_code(np.array([0.0, -0.0])) is None
    assert full_code(np.array([nan, nan])) == "np.full((2,), np.nan, dtype=np.float64)"


def test_the_right_one_of_several_lambdas_on_a_line_is_found():
    first, second = (lambda x: x + 1), (lambda x: x + 2)
    assert source_of(first).text == "lambda x: x + 1"
    assert source_of(second).text == "lambda x: x + 2"


def logged(function):
    @wraps(function)
    def wrapper(x):
        return function(x)

    return wrapper


@logged
def wrapped(x):
    return x


def test_the_source_of_a_function_has_the_decorators_that_made_it_what_it_is():
    assert source_of(wrapped).text == "@logged\ndef wrapped(x):\n    return x"
    assert set(source_of(wrapped).needs) == {"logged"}
    assert source_of(wrapped.__wrapped__).text == "def wrapped(x):\n    return x"


def test_what_has_no_source_has_none():
    assert source_of(len) is None
    namespace = {}
    exec("def typed_in(x): return x", namespace)
    assert source_of(namespace["typed_in"]) is None


def test_names_are_imported_from_where_another_process_finds_them():
    assert import_path(np.linalg.norm) == ("numpy.linalg", "norm")
    assert import_path(nn.Linear) == ("twingrad.nn", "Linear")
    assert import_path(twingrad.logsumexp) == ("twingrad", "logsumexp")
    assert import_path(nn.Module.train) == ("twingrad.nn", "Module.train")
    assert import_path(scaled) is None
    assert not is_importable(sys.modules["__main__"])
    assert is_importable(np)


def test_definitions_are_written_once():
    definitions = Definitions()
    assert definitions.bind("f", scaled) == "f"
    assert definitions.code(cube) == "cube"
    assert definitions.bind("cube", cube) == "cube"
    assert sum(line.startswith("cube = ") for line in definitions.lines) == 1
    assert definitions.missing == []
