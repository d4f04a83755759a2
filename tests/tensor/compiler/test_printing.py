"""A graph as text: a line a value, in columns, named as a reader would name things."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.compiler_graphs import graphs
from support.drawn import EVIL
from support.steps import classifier
from twingrad.tensor.compiler.graph import Check, Graph
from twingrad.tensor.compiler.printing import GraphView
from twingrad.tensor.compiler.strides import tight_strides
from twingrad.tensor.compiler.wording import formula, seen

STEP = """\
2 arguments, 4 memories (4 written), 44 values

  x                         float32[5,2] = argument 0
  labels                    int64[5]     = argument 1
  learning_rate             float64[]    = number 0
  layers.0.weight           float32[3,2] = captured 0
  layers.0.bias             float32[3]   = captured 1
"""


def formula_of(make, *shapes, dtype="float32"):
    """The formula of a value made of arguments called a, b, c."""
    graph = Graph()
    operands = [graph.argument(shape, dtype) for shape in shapes]
    names = {operand.number: name for operand, name in zip(operands, "abc")}
    return formula(make(graph, *operands), lambda v: names.get(v.number, formula(v, str)))


def step(function, *constants, dtype=None):
    def make(graph, *operands):
        numbers = [graph.constant(number, operands[0].dtype) for number in constants]
        return graph.elementwise(function, *operands, *numbers, dtype=dtype)

    return make


def value(kind, shape, *attributes, dtype="float32"):
    return lambda graph, *operands: graph.value(kind, operands, attributes, shape, dtype)


FORMULAS = {
    "a + b": (step("add"), (2,), (2,)),
    "a / b": (step("div"), (2,), (2,)),
    "a * (-0.5)": (step("mul", -0.5), (2,)),
    "a ** 2.0": (step("pow", 2.0), (2,)),
    "a <= 1e-08": (step("less_equal", 1e-8), (2,)),
    "maximum(a, 0.0)": (step("maximum", 0.0), (2,)),
    "-a": (step("neg"), (2,)),
    "float64(a)": (step("cast", dtype="float64"), (2,)),
    "sum(a)": (lambda graph, a: graph.reduce("add", a, (0,)), (2,)),
    "amax(a, dim=(0, 2))": (lambda graph, a: graph.reduce("maximum", a, (0, 2)), (2, 3, 4)),
    "argmin(a, dim=1)": (lambda graph, a: graph.reduce("argmin", a, (1,)), (2, 3)),
    "a @ b": (value("matmul", (2, 4)), (2, 3), (3, 4)),
    "gather(a, b, dim=1)": (value("gather", (2, 1), 1), (2, 3), (2, 1)),
    "scatter(a, b, dim=0)": (value("scatter", (5, 3), 0), (2, 3), (2, 3)),
    "join(a, b, dim=0)": (value("join", (4, 3), 0), (2, 3), (2, 3)),
    "position(dim=1)": (lambda graph: graph.position((2, 3), 1),),
    "normal(key=a, b, place=c)": (value("random", (2,), "normal"), (), (), ()),
    "place(a, at=[1:])": (value("place", (3, 3), (3, 1), 3), (2, 3)),
    "overwrite(a, b, at=[:, 0])": (value("overwrite", (2, 3), (3,), 0), (2, 3), (2,)),
    "sort(a)": (lambda graph, a: graph.host(np.sort, (a,), (2,), "float32", "sort"), (2,)),
    "something(a, 7)": (value("something", (2,), 7), (2,)),
}


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_written_as_one_would_write_them(text):
    make, *shapes = FORMULAS[text]
    assert formula_of(make, *shapes) == text


def test_truth_values_and_whole_numbers_are_written_as_such():
    assert formula_of(step("maximum", 3), (2,), dtype="int64") == "maximum(a, 3)"
    assert formula_of(step("logical_and", True), (2,), dtype="bool") == "a and True"
    assert formula_of(step("logical_not"), (2,), dtype="bool") == "not a"


VIEWS = {
    "x.T": ((3, 4), lambda x: x.T),
    "x.reshape(12)": ((3, 4), lambda x: x.reshape(12)),
    "x.reshape(3, 4, 1)": ((3, 4), lambda x: x[:, :, None]),
    "x.permute(2, 0, 1)": ((2, 3, 4), lambda x: x.transpose(2, 0, 1)),
    "x.expand(2, 3, 4)": ((3, 4), lambda x: np.broadcast_to(x, (2, 3, 4))),
    "x.expand(3, 5)": ((3, 1), lambda x: np.broadcast_to(x, (3, 5))),
    "x[1:]": ((3, 4), lambda x: x[1:]),
    "x[:2]": ((3, 4), lambda x: x[:2]),
    "x[:, 1:3]": ((3, 4), lambda x: x[:, 1:3]),
    "x[:, ::2]": ((3, 4), lambda x: x[:, ::2]),
    "x[::-1]": ((3, 4), lambda x: x[::-1]),
    "x[2]": ((3, 4), lambda x: x[2]),
    "x[:, 2]": ((3, 4), lambda x: x[:, 2]),
    "x[1, 2]": ((3, 4), lambda x: x[1, 2]),
    "x.view(strides=(5,), offset=0)": ((3, 4), lambda x: x.diagonal()),
}


@pytest.mark.parametrize("text", VIEWS)
def test_views_are_written_as_a_tensor_takes_them(text):
    shape, move = VIEWS[text]
    assert _seen(shape, move) == text


def _seen(shape, move):
    base = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    moved = np.asarray(move(base))
    strides = [0 if n == 1 else s // 8 for n, s in zip(moved.shape, moved.strides, strict=True)]
    return seen("x", shape, moved.shape, strides, int(moved.flat[0]) if moved.size else 0)


@given(st.data())
def test_an_index_that_is_written_reads_what_the_view_reads(data):
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple))
    whole = np.arange(np.prod(shape)).reshape(shape)
    index = tuple(
        data.draw(st.integers(0, n - 1) | st.slices(n).filter(lambda s, n=n: len(range(n)[s])))
        for n in shape
    )
    text = _seen(shape, lambda x: x[index])
    found = re.fullmatch(r"x\[(.*)\]", text)
    if found:
        parts = [_part(part) for part in found[1].split(", ")]
        assert whole[tuple(parts)].reshape(-1).tolist() == whole[index].reshape(-1).tolist()
    else:
        assert "x.reshape" in text or "x.view" in text or "x.expand" in text or text == "x.T"


def _part(text):
    if ":" not in text:
        return int(text)
    return slice(*[int(number) if number else None for number in text.split(":")])


def test_a_step_reads_from_top_to_bottom():
    view = GraphView(classifier(sizes=(2, 3), batch=5))
    text = str(view)
    assert text.startswith(STEP)
    assert re.search(r"%\d+ +float32\[5,3\] = x @ %\d+\n", text)
    assert re.search(r"%\d+ +float32\[2,3\] = layers\.0\.weight\.T\n", text)
    assert re.search(r" = %\d+ \+ layers\.0\.bias +# linear\n", text)
    assert re.search(r" +# cross_entropy; result\n", text)
    assert re.search(r" +# must be True\n", text)
    assert re.search(r" +# gradient of layers\.0\.bias\n", text)
    assert re.search(r" = layers\.0\.bias - %\d+ +# becomes layers\.0\.bias$", text)
    assert view.to_text() == text + "\n"
    assert repr(view) == "<GraphView: 2 arguments, 4 memories (4 written), 44 values>"


def test_what_becomes_of_several_results_is_told():
    graph = Graph()
    a, b = graph.captured((2,), "float32"), graph.captured((2,), "float32")
    a.label, b.label = "a", "b"
    graph.memories[0].after, graph.memories[1].after = b, a
    graph.results = [a, graph.constant(2.0, "float32")]
    graph.gradients[1] = a
    lines = str(GraphView(graph)).splitlines()
    assert lines[0] == "0 arguments, 2 memories (2 written), 2 values"
    assert lines[2] == "  a   float32[2] = captured 0  # result 0; gradient of b; becomes b"
    assert lines[3] == "  b   float32[2] = captured 1  # becomes a"
    assert lines[4] == "  %3  float32[]  = 2.0         # result 1"


def test_labels_that_do_not_tell_apart_are_no_names():
    graph = Graph()
    twins = [graph.argument((2,), "float32") for _ in range(2)]
    other = graph.argument((2,), "float32")
    for twin in twins:
        twin.label = "x"
    other.label = "a b"
    graph.results = [graph.elementwise("where", graph.elementwise("less", *twins), other, other)]
    text = str(GraphView(graph))
    assert "%1   float32[2] = argument 0" in text
    assert "where(%4, a_b, a_b)" in text


@pytest.mark.parametrize("label", EVIL)
def test_no_label_breaks_a_line(label):
    graph = Graph()
    x = graph.argument((2,), "float32")
    y = graph.elementwise("exp", x)
    x.label = y.label = label
    graph.results = [y]
    text = str(GraphView(graph))
    assert len(text.split("\n")) == 5
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_graph_of_nothing_is_printed():
    assert str(GraphView(Graph())) == "0 arguments, 0 memories (0 written), 0 values"


def test_a_check_of_a_constant_is_printed():
    graph = Graph()
    graph.checks = [Check(graph.constant(True, "bool"), False)]
    assert "bool[] = True  # must be False" in str(GraphView(graph))


@given(graphs())
def test_every_value_has_a_line_and_comes_before_its_uses(case):
    needed = case.graph.needed()
    lines = str(GraphView(case.graph)).splitlines()
    found = {}
    for number, line in enumerate(lines):
        match = re.match(r"  %(\d+) +(\w+)\[([\d,]*)\] +=", line)
        if match:
            found[int(match[1])] = (number, match[2], match[3])
    for each in needed:
        if each.kind == "constant":
            continue
        place, dtype, shape = found[each.number]
        assert (dtype, shape) == (each.dtype, ",".join(map(str, each.shape)))
        for operand in each.operands:
            if operand.kind != "constant":
                assert found[operand.number][0] < place
                assert re.search(rf"%{operand.number}\b", lines[place])


@given(graphs())
def test_columns_are_in_line(case):
    body = [line for line in str(GraphView(case.graph)).splitlines()[1:] if line]
    assert len({line.index(" = ") for line in body}) <= 1


def test_tight_views_of_any_shape_are_said_to_be_reshaped():
    assert seen("x", (2, 0), (0,), tight_strides((0,)), 0) == "x.reshape(0)"
    assert seen("x", (), (1, 1), (0, 0), 0) == "x.reshape(1, 1)"
