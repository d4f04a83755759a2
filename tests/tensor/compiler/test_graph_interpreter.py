"""What a graph means, by examples, and that the interpreter takes nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.compiler_cases import Case
from support.compiler_graphs import graphs
from support.graph_interpreter import evaluate
from support.steps import classifier
from twingrad import tensor
from twingrad.nn import functional
from twingrad.tensor.compiler.graph import Check, Graph
from twingrad.tensor.random import streams

SIX = np.arange(6.0, dtype=np.float32).reshape(2, 3)


def of_six(make, *others):
    """What a value made of a 2x3 array of 0 to 5, and of others, is."""
    graph = Graph()
    arrays = [SIX, *map(np.asarray, others)]
    graph.results = [make(graph, *[graph.argument(a.shape, str(a.dtype)) for a in arrays])]
    return evaluate(graph, arrays).results[0]


def made(kind, shape, *attributes, dtype="float32"):
    return lambda graph, *operands: graph.value(kind, operands, attributes, shape, dtype)


def elementwise(function, dtype=None):
    return lambda graph, *operands: graph.elementwise(function, *operands, dtype=dtype)


EXAMPLES = {
    "view": (lambda graph, x: graph.view(x, (3, 2), (-1, 3), 2), [], [[2, 5], [1, 4], [0, 3]]),
    "sum": (lambda graph, x: graph.reduce("add", x, (0,)), [], [3, 5, 7]),
    "greatest": (lambda graph, x: graph.reduce("maximum", x, (0, 1)), [], 5),
    "place of the greatest": (lambda graph, x: graph.reduce("argmax", x, (1,)), [], [2, 2]),
    "place among all": (lambda graph, x: graph.reduce("argmax", x, (0, 1)), [], 5),
    "gather": (made("gather", (2, 2), 1), [[[2, 0], [1, 1]]], [[2, 0], [4, 4]]),
    "gather of rows": (made("gather", (1, 3), 0), [[[1, 0, 1]]], [[3, 1, 5]]),
    "scatter": (made("scatter", (2, 2), 1), [[[0, 0, 1], [1, 1, 1]]], [[1, 2], [0, 12]]),
    "place": (made("place", (3, 3), (3, 1), 3), [], [[0, 0, 0], [0, 1, 2], [3, 4, 5]]),
    "overwrite": (made("overwrite", (2, 3), (3,), 1), [np.float32([8, 9])], [[0, 8, 2], [3, 9, 5]]),
    "join": (made("join", (2, 4), 1), [np.float32([[8], [9]])], [[0, 1, 2, 8], [3, 4, 5, 9]]),
    "product": (made("matmul", (2, 1)), [np.float32([[1], [1], [1]])], [[3], [12]]),
    "position": (lambda graph, x: graph.position((2, 3), 1), [], [[0, 1, 2], [0, 1, 2]]),
    "cast": (elementwise("cast", "int64"), [], [[0, 1, 2], [3, 4, 5]]),
    "comparison": (elementwise("less"), [np.float32(2)], [[True, True, False], [False] * 3]),
}


@pytest.mark.parametrize(("make", "others", "expected"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_every_kind_is_what_its_definition_says(make, others, expected):
    np.testing.assert_array_equal(of_six(make, *others), expected)


def test_nan_is_the_greatest_and_its_place_is_found():
    graph = Graph()
    x = graph.argument((3,), "float64")
    graph.results = [
        graph.reduce("maximum", x, (0,)),
        graph.reduce("argmin", x, (0,)),
        graph.elementwise("maximum", x, graph.constant(1.0, "float64")),
    ]
    greatest, place, each = evaluate(graph, [np.array([0.0, np.nan, 2.0])]).results
    assert np.isnan(greatest)
    assert place == 1
    np.testing.assert_array_equal(each, [1.0, np.nan, 2.0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_numbers_are_those_of_the_stream(dtype):
    graph = Graph()
    words = [graph.host_number("uint64") for _ in range(3)]
    graph.results = [graph.value("random", words, ("uniform",), (2, 2), dtype)]
    key = streams.key_of(5)
    (found,) = evaluate(graph, numbers=[*key, 7]).results
    if dtype == "float64":
        expected = [streams.uniform64(streams.word(*key, 7 + k)) for k in range(4)]
    else:
        expected = [streams.uniform32(streams.half(*key, 7, k)) for k in range(4)]
    np.testing.assert_array_equal(found.reshape(-1), np.array(expected, dtype))


def test_memories_may_be_swapped():
    graph = Graph()
    a, b = graph.captured((2,), "float32"), graph.captured((2,), "float32")
    graph.memories[0].after, graph.memories[1].after = b, a
    one, two = np.float32([1, 1]), np.float32([2, 2])
    after = evaluate(graph, captured=[one, two]).memories
    np.testing.assert_array_equal(after, [two, one])


def test_a_step_by_hand_is_what_the_library_computes(generator):
    graph = classifier(sizes=(2, 4, 3), batch=5)
    captured = [
        generator.normal(size=memory.before.shape).astype(np.float32) for memory in graph.memories
    ]
    x, labels = generator.normal(size=(5, 2)).astype(np.float32), np.array([0, 1, 2, 1, 0])
    found = evaluate(graph, [x, labels], captured, [0.1])
    leaves = [tensor.Tensor(array, requires_grad=True) for array in captured[:4]]
    hidden = functional.relu(functional.linear(tensor.Tensor(x), *leaves[:2]))
    loss = functional.cross_entropy(functional.linear(hidden, *leaves[2:]), tensor.Tensor(labels))
    loss.backward()
    np.testing.assert_allclose(found.results[0], loss.numpy(force=True), 1e-5)
    assert found.checks == [True]
    for position, leaf in enumerate(leaves):
        np.testing.assert_allclose(found.gradients[position], leaf.grad.numpy(), 1e-4, 1e-6)
        velocity = next(
            k
            for k, memory in enumerate(graph.memories)
            if memory.before.label == f"{graph.memories[position].before.label}.velocity"
        )
        moved = np.float32(0.9) * captured[velocity] + found.gradients[position]
        np.testing.assert_allclose(found.memories[velocity], moved, 1e-5)
        after = captured[position] - np.float32(0.1) * moved
        np.testing.assert_allclose(found.memories[position], after, 1e-5, 1e-6)


REFUSED = {
    "two dtypes": (elementwise("add", "float32"), [np.float64(1)]),
    "a choice by numbers": (elementwise("where"), [np.float32(1), np.float32(1)]),
    "an index out of range": (made("gather", (2, 1), 1), [[[3], [0]]]),
    "a place that is not there": (lambda graph, x: graph.view(x, (3,), (3,)), []),
    "a place written twice": (made("place", (2, 3), (0, 1), 0), []),
    "another shape": (made("matmul", (3, 1)), [np.float32([[1], [1], [1]])]),
    "another dtype": (elementwise("less", "float32"), [np.float32(1)]),
}


@pytest.mark.parametrize(("make", "others"), REFUSED.values(), ids=REFUSED.keys())
def test_what_breaks_a_definition_is_refused(make, others):
    with pytest.raises(AssertionError):
        of_six(make, *others)


def test_a_check_is_one_truth_value():
    graph = Graph()
    graph.checks = [Check(graph.argument((1,), "bool"), True)]
    with pytest.raises(AssertionError, match="truth value without dimensions"):
        evaluate(graph, [np.array([True])])


@given(graphs(), st.integers(100, 1000))
def test_another_way_to_round_passes_for_the_same(case, seed):
    case.check(case.evaluated(np.random.default_rng(seed)))


def test_something_else_does_not():
    graph = Graph()
    x = graph.argument((2, 3), "float32")
    graph.results = [graph.elementwise("exp", x)]
    case = Case(graph, [SIX])
    found = case.evaluated()
    found.results[0] = found.results[0] * np.float32(1.001)
    with pytest.raises(AssertionError, match="result 0"):
        case.check(found)
    found.results[0] = np.full((2, 3), np.nan, np.float32)
    with pytest.raises(AssertionError, match="result 0"):
        case.check(found)
