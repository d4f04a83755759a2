"""The compiler's graph: nothing is there twice, and what changes nothing is not there at all."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from support.compiler_graphs import graphs
from support.graph_interpreter import KINDS as MEANINGS
from support.graph_interpreter import evaluate, places_of_view
from twingrad.tensor.compiler.graph import Check, Graph, Value, values_below
from twingrad.tensor.compiler.strides import tight_strides

SHAPES = st.lists(st.integers(0, 4), max_size=3).map(tuple)


@pytest.fixture
def graph():
    return Graph()


@pytest.fixture
def x(graph):
    return graph.argument((3, 4), "float32")


def build(graph, name, x):
    """A value of each kind that is computed, made anew."""
    places = graph.position((3, 4), 0)
    words = [graph.constant(k, "uint64") for k in range(3)]
    return {
        "elementwise": lambda: graph.elementwise("mul", x, x),
        "cast": lambda: graph.elementwise("cast", x, dtype="float64"),
        "view": lambda: graph.view(x, (4, 3), (1, 4)),
        "reduce": lambda: graph.reduce("add", x, (1,)),
        "argmax": lambda: graph.reduce("argmax", x, (1,)),
        "matmul": lambda: graph.value("matmul", (x, graph.view(x, (4, 3), (1, 4))), (), (3, 3), ""),
        "gather": lambda: graph.value("gather", (x, places), (0,), (3, 4), "float32"),
        "scatter": lambda: graph.value("scatter", (x, places), (0,), (5, 4), "float32"),
        "place": lambda: graph.value("place", (x,), ((4, 1), 4), (4, 4), "float32"),
        "overwrite": lambda: graph.value("overwrite", (x, x), ((4, 1), 0), (3, 4), "float32"),
        "join": lambda: graph.value("join", (x, x), (0,), (6, 4), "float32"),
        "random": lambda: graph.value("random", words, ("normal",), (3, 4), "float32"),
        "position": lambda: graph.position((2, 3), 1),
        "constant": lambda: graph.constant(2.5, "float32"),
    }[name]()


OF_X = ["elementwise", "cast", "view", "reduce", "argmax", "matmul", "gather", "scatter", "place"]
OF_X += ["overwrite", "join"]
KINDS = [*OF_X, "random", "position", "constant"]


@pytest.mark.parametrize("name", KINDS)
def test_what_is_there_already_is_given_back(graph, x, name):
    assert build(graph, name, x) is build(graph, name, x)


@pytest.mark.parametrize("name", OF_X)
def test_the_same_of_something_else_is_another_value(graph, x, name):
    other = graph.argument((3, 4), "float32")
    assert build(graph, name, x) is not build(graph, name, other)


def test_leaves_are_values_of_their_own(graph):
    made = [graph.argument((2,), "float32") for _ in range(2)]
    made += [graph.captured((2,), "float32") for _ in range(2)]
    made += [graph.host_number() for _ in range(2)]
    assert len(set(made)) == 6
    assert graph.arguments == made[:2]
    assert [memory.before for memory in graph.memories] == made[2:4]
    assert graph.numbers == made[4:]
    assert [value.attributes for value in made] == [(0,), (1,)] * 3
    assert [value.dtype for value in graph.numbers] == ["float64"] * 2


def test_functions_of_the_host_are_called_each_time(graph, x):
    first, second = (graph.host(np.sort, (x,), x.shape, x.dtype, "sort") for _ in range(2))
    assert first is not second


def test_numbers_increase_from_operands_to_values(graph, x):
    y = graph.elementwise("exp", x)
    z = graph.elementwise("add", y, x)
    assert x.number < y.number < z.number


@pytest.mark.parametrize(
    ("one", "other"), [(0.0, -0.0), (1, True), (1.0, 2.0), (float("inf"), float("-inf"))]
)
def test_constants_differ_where_their_bits_do(graph, one, other):
    assert graph.constant(one, "float64") is not graph.constant(other, "float64")


def test_constants_of_two_dtypes_are_two(graph):
    assert graph.constant(1.0, "float32") is not graph.constant(1.0, "float64")


def test_nan_is_there_once(graph):
    nan = float("nan")
    assert graph.constant(nan, "float32") is graph.constant(-nan, "float32")


def test_a_value_without_change_is_its_operand(graph, x):
    zero, one = graph.constant(0.0, "float32"), graph.constant(1.0, "float32")
    assert graph.elementwise("mul", x, one) is x
    assert graph.elementwise("mul", one, x) is x
    assert graph.elementwise("div", x, one) is x
    assert graph.elementwise("sub", x, zero) is x
    assert graph.elementwise("add", x, graph.constant(-0.0, "float32")) is x
    assert graph.elementwise("cast", x, dtype="float32") is x
    assert graph.reduce("add", x, ()) is x
    assert graph.view(x, (3, 4), (4, 1)) is x


def test_what_changes_something_stays(graph, x):
    zero, one = graph.constant(0.0, "float32"), graph.constant(1.0, "float32")
    for changed in (
        graph.elementwise("add", x, zero),  # -0 becomes 0
        graph.elementwise("mul", x, zero),  # nan and -0 stay
        graph.elementwise("div", one, x),
        graph.elementwise("sub", zero, x),
        graph.elementwise("cast", x, dtype="float64"),
        graph.reduce("argmax", x, ()),
        graph.view(x, (3, 4), (4, 1), 0) and graph.view(x, (4, 3), (3, 1)),
    ):
        assert changed is not x
        assert changed.operands


numbers = st.floats() | st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0])
functions = st.sampled_from(["add", "sub", "mul", "div", "maximum", "pow", "less", "hypot"])
float_dtypes = st.sampled_from(["float32", "float64"])


@given(functions, numbers, numbers, float_dtypes)
@example("sub", -0.0, -0.0, "float32")
@example("sub", 1e-300, -0.0, "float64")
def test_a_constant_beside_a_number_never_changes_what_comes_out(function, a, b, dtype):
    for flipped in (False, True):
        graph = Graph()
        operands = [graph.argument((), dtype), graph.constant(b, dtype)]
        graph.results = [graph.elementwise(function, *operands[:: -1 if flipped else 1])]
        plain = Graph()
        plain.results = [
            plain.elementwise(
                function,
                *[plain.argument((), dtype), plain.argument((), dtype)][:: -1 if flipped else 1],
            )
        ]
        with np.errstate(over="ignore"):
            arrays = np.array(a).astype(dtype), np.array(b).astype(dtype)
        (found,), (expected,) = (
            evaluate(g, arrays[: len(g.arguments)]).results for g in (graph, plain)
        )
        np.testing.assert_array_equal(found, expected)
        assert np.signbit(found) == np.signbit(expected) or expected != expected


@given(functions, numbers, numbers, float_dtypes)
def test_constants_are_computed_as_arrays_would_be(function, a, b, dtype):
    graph, plain = Graph(), Graph()
    graph.results = [graph.elementwise(function, *[graph.constant(n, dtype) for n in (a, b)])]
    operands = [plain.argument((), dtype) for _ in range(2)]
    plain.results = [plain.elementwise(function, *operands)]
    with np.errstate(over="ignore"):
        arrays = np.array(a).astype(dtype), np.array(b).astype(dtype)
    (found,), (expected,) = evaluate(graph).results, evaluate(plain, arrays).results
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@given(numbers, st.lists(st.sampled_from(["float32", "float64"]), min_size=2, max_size=4))
@example(0.1, ["float64", "float32", "float64"])
def test_a_constant_is_rounded_by_every_cast(number, dtypes):
    graph = Graph()
    value = graph.constant(number, dtypes[0])
    with np.errstate(over="ignore"):
        array = np.array(number).astype(dtypes[0])
        for dtype in dtypes[1:]:
            value, array = graph.elementwise("cast", value, dtype=dtype), array.astype(dtype)
    graph.results = [value]
    np.testing.assert_array_equal(evaluate(graph).results[0], array)


@st.composite
def views(draw, size):
    """Shape, strides and offset of a view of so many elements."""
    shape = draw(SHAPES)
    natural = st.sampled_from([0, 1, 2, 3, 4, 8, 12, 16, *tight_strides(shape)])
    strides = [draw(natural | st.integers(-4, 4)) for _ in shape]
    if 0 in shape:
        return shape, strides, 0
    ends = [stride * (n - 1) for n, stride in zip(shape, strides, strict=True)]
    low, high = sum(min(end, 0) for end in ends), sum(max(end, 0) for end in ends)
    assume(high - low < size)
    return shape, strides, draw(st.integers(-low, size - 1 - high))


@given(st.data())
def test_a_view_of_a_view_of_a_view_reads_what_numpy_reads(data):
    graph = Graph()
    value = graph.argument(data.draw(SHAPES.filter(lambda shape: 0 not in shape)), "int64")
    array = expected = np.arange(value.size).reshape(value.shape)
    for _ in range(data.draw(st.integers(1, 3))):
        if not expected.size:
            break
        shape, strides, offset = data.draw(views(expected.size))
        value = graph.view(value, shape, strides, offset)
        expected = expected.reshape(-1)[places_of_view(shape, strides, offset)]
    graph.results = [value]
    np.testing.assert_array_equal(evaluate(graph, [array]).results[0], expected)


@given(st.data())
def test_views_of_nothing_have_nothing(data):
    graph = Graph()
    x = graph.argument((2, 3), "float32")
    empty = graph.view(x, (0, 3), (3, 1))
    shape = data.draw(SHAPES.filter(lambda shape: 0 in shape))
    again = graph.view(empty, shape, [data.draw(st.integers(-4, 4)) for _ in shape])
    graph.results = [graph.view(again, (0,), (1,))]
    assert evaluate(graph, [np.ones((2, 3), "float32")]).results[0].shape == (0,)


COMPOSED = {
    "transposed twice": ((3, 4), [((4, 3), (1, 4), 0), ((3, 4), (1, 3), 0)]),
    "a slice of a slice": ((3, 4), [((2, 4), (4, 1), 4), ((1, 3), (4, 1), 5)]),
    "reversed twice": ((5,), [((5,), (-1,), 4), ((5,), (-1,), 4)]),
    "a column, stretched": ((3, 4), [((3,), (4,), 1), ((2, 3), (0, 1), 0)]),
    "a row of a stretched number": ((), [((3, 4), (0, 0), 0), ((4,), (1,), 4)]),
    "rows joined": ((2, 3, 4), [((2, 3, 4), (12, 4, 1), 0), ((6, 4), (4, 1), 0)]),
    "a transposed matrix within a stack": ((5, 6), [((2, 5, 6), (0, 6, 1), 0), ((5,), (6,), 30)]),
}


@pytest.mark.parametrize(("shape", "moves"), COMPOSED.values(), ids=COMPOSED.keys())
def test_a_view_of_a_view_is_one_view(graph, shape, moves):
    x = value = graph.argument(shape, "float32")
    for move in moves:
        value = graph.view(value, *move)
    assert value is x or (value.kind, value.operands) == ("view", (x,))


def test_a_view_that_moves_back_is_the_operand(graph, x):
    turned = graph.view(x, (4, 3), (1, 4))
    assert graph.view(turned, (3, 4), (1, 3)) is x


def test_a_flattened_transpose_is_a_view_of_the_transpose(graph, x):
    turned = graph.view(x, (4, 3), (1, 4))
    flat = graph.view(turned, (12,), (1,))
    assert flat.operands == (turned,)


def test_steps_along_a_length_of_one_make_no_difference(graph):
    x = graph.argument((1, 4), "float32")
    assert graph.view(x, (1, 4), (99, 1)) is x
    assert graph.view(x, (4, 1), (1, 7)) is graph.view(x, (4, 1), (1, 0))


@pytest.mark.parametrize("function", ["less", "equal", "logical_not"])
def test_conditions_give_truth_values(graph, x, function):
    one = function == "logical_not"
    operands = [graph.elementwise("less", x, x)] if one else [x, x]
    assert graph.elementwise(function, *operands).dtype == "bool"


def test_other_steps_keep_the_dtype_of_the_last_operand(graph, x):
    test = graph.elementwise("less", x, x)
    assert graph.elementwise("where", test, x, x).dtype == "float32"
    assert graph.elementwise("mask", test, dtype="float64").dtype == "float64"


def test_elementwise_shapes_broadcast_or_are_refused(graph, x):
    row = graph.argument((4,), "float32")
    column = graph.argument((3, 1), "float32")
    assert graph.elementwise("add", row, column).shape == (3, 4)
    with pytest.raises(ValueError, match=r"mul: shapes \(3, 4\) and \(3,\) do not broadcast"):
        graph.elementwise("mul", x, graph.argument((3,), "float32"))


@pytest.mark.parametrize(
    ("function", "dims", "shape", "dtype"),
    [
        ("add", (0,), (4,), "float32"),
        ("maximum", (1, 0), (), "float32"),
        ("argmax", (1,), (3,), "int64"),
        ("argmin", (0, 1), (), "int64"),
    ],
)
def test_reductions_drop_their_dims(graph, x, function, dims, shape, dtype):
    value = graph.reduce(function, x, dims)
    assert (value.shape, value.dtype) == (shape, dtype)
    assert value is graph.reduce(function, x, dims[::-1])


def test_needed_are_the_values_below_the_roots_in_order(graph, x):
    w = graph.captured((4,), "float32")
    unused = graph.elementwise("exp", x)
    squares = graph.elementwise("square", x)
    step = graph.elementwise("sub", w, graph.reduce("add", squares, (0,)))
    graph.memories[0].after = step
    needed = graph.needed()
    assert unused not in needed
    assert needed == sorted(needed, key=lambda value: value.number)
    assert {x, w, squares, step} <= set(needed)


def test_everything_a_step_is_run_for_is_a_root(graph, x):
    kept, changed = graph.captured((3,), "float32"), graph.captured((3,), "float32")
    graph.results = [graph.elementwise("exp", x)]
    graph.gradients = {0: graph.reduce("add", x, (1,))}
    graph.memories[1].after = kept
    test = graph.reduce("minimum", graph.elementwise("less", x, x), (0, 1))
    graph.checks = [Check(test, False)]
    assert set(graph.roots()) == {*graph.results, *graph.gradients.values(), kept, test}
    assert changed not in values_below(graph.roots())


def test_a_deep_graph_is_walked_without_recursion(graph):
    value = graph.argument((), "float32")
    for _ in range(20_000):
        value = graph.elementwise("tanh", value)
    assert len(values_below([value])) == 20_001


class Watched:
    """A graph that remembers what it was asked for beside what it gave."""

    def __init__(self):
        self.graph = Graph()
        self.asked = []

    def __getattr__(self, name):
        return getattr(self.graph, name)

    def elementwise(self, function, *operands, dtype=None):
        found = self.graph.elementwise(function, *operands, dtype=dtype)
        return self.noted(found, "elementwise", operands, (function,))

    def reduce(self, function, operand, dims):
        found = self.graph.reduce(function, operand, dims)
        return self.noted(found, "reduce", (operand,), (function, tuple(dims)))

    def gather(self, source, index, dim):
        found = self.graph.gather(source, index, dim)
        return self.noted(found, "gather", (source, index), (dim,))

    def noted(self, found, kind, operands, attributes):
        asked = Value(kind, operands, attributes, found.shape, found.dtype, 0)
        self.asked.append((asked, found))
        return found


@given(graphs(made=Watched))
def test_what_a_graph_gives_is_what_it_was_asked_for(case):
    graph, asked = case.graph.graph, case.graph.asked
    graph.results = [each for plain, found in asked for each in (*plain.operands, found)]
    values = evaluate(graph, case.arguments, case.captured, case.numbers).values
    for plain, found in asked:
        operands = [values[operand.number] for operand in plain.operands]
        with np.errstate(all="ignore"):
            expected = np.asarray(MEANINGS[plain.kind](plain, *operands))
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype), (plain, operands)
        np.testing.assert_allclose(values[found.number], expected, 1e-4, 1e-6, err_msg=str(plain))


@given(graphs())
def test_the_interpreter_takes_whatever_the_graph_allows(case):
    evaluation = case.evaluated()
    case.check(evaluation)
    for value in case.graph.needed():
        array = evaluation.values[value.number]
        assert (array.shape, array.dtype) == (value.shape, value.dtype)
        assert all(operand.number < value.number for operand in value.operands)
