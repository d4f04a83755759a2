"""Generated code computes what its graph means: as plain Python, and compiled."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import twingrad
from support import compiled_cases, source_runner
from support.compiler_cases import Case
from support.compiler_graphs import graphs
from twingrad.engine.formulas import table
from twingrad.tensor.compiler.graph import Graph

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3.0, -6.5, 1e4, -1e4, 1e-300, -1e-30, 88.5, -1e300]
SPECIAL += [float("inf"), -float("inf"), float("nan"), 0.25]

unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def check_run(run, case):
    """What code gives is what the graph means, or nothing where a decision comes out otherwise."""
    found = run(case)
    is_expected = case.evaluated().checks == [check.expected for check in case.graph.checks]
    assert (found is not None) == is_expected
    if found is not None:
        case.check(found)


@settings(max_examples=150, suppress_health_check=unhurried)
@given(graphs())
@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_code_of_random_graphs(case):
    check_run(source_runner.run, case)


@settings(max_examples=15, suppress_health_check=unhurried)
@given(graphs(steps=20))
def test_compiled_code_of_random_graphs(case):
    check_run(compiled_cases.run, case)


@pytest.mark.parametrize("run", [source_runner.run, compiled_cases.run])
def test_memories_that_take_each_others_numbers(run):
    graph = Graph()
    a, b = graph.captured((5,), "float64"), graph.captured((5,), "float64")
    two, three = graph.constant(2.0, "float64"), graph.constant(3.0, "float64")
    graph.memories[0].after = graph.elementwise("mul", b, two)
    graph.memories[1].after = graph.elementwise("mul", a, three)
    check_run(run, Case(graph, [], [np.arange(5.0), np.arange(5.0) - 9]))


@pytest.mark.parametrize("run", [source_runner.run, compiled_cases.run])
def test_a_value_may_lie_where_another_one_did_that_is_read_for_the_last_time(run):
    graph = Graph()
    x = graph.argument((4, 3), "float64")
    memory = graph.captured((3,), "float64")
    first = graph.reduce("add", x, (0,))
    share = graph.elementwise("mul", first, graph.constant(0.25, "float64"))
    centred = graph.elementwise("sub", x, share)
    second = graph.reduce("add", graph.elementwise("square", centred), (0,))
    spread = graph.elementwise("mul", second, graph.constant(0.25, "float64"))
    graph.memories[0].after = graph.elementwise(
        "add", graph.elementwise("mul", memory, share), spread
    )
    graph.results = [graph.reduce("add", graph.elementwise("div", centred, spread), (0, 1))]
    numbers = np.random.default_rng(0).normal(size=(4, 3))
    check_run(run, Case(graph, [numbers], [np.ones(3)]))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("part", range(4))
def test_every_row_of_the_table_with_its_slopes(part, dtype):
    """Compiled, they are what they are without, on mild numbers and on extreme ones."""
    rows = [*table.values()][part::4]

    def slopes(*operands):
        found = []
        for row in rows:
            leaves = [each.detach().requires_grad_() for each in operands[: row.arity[1]]]
            out = row(*leaves)
            found += [out, *twingrad.autograd.grad(out.sum(), leaves, allow_unused=True)]
        return found

    step = twingrad.compile(slopes)
    rng = np.random.default_rng(part)
    for k in range(5):
        draw = rng.permutation if k % 2 else lambda special: rng.normal(size=len(special)) * 2
        operands = [twingrad.tensor(draw(SPECIAL), dtype=dtype) for _ in range(3)]
        with np.errstate(all="ignore"):
            expected = slopes(*operands)
        for ours, theirs in zip(step(*operands), expected, strict=True):
            assert (ours is None) == (theirs is None)
            if theirs is not None:
                rounding = np.finfo(dtype).eps
                np.testing.assert_allclose(
                    ours.numpy(), theirs.detach().numpy(), rtol=250 * rounding, atol=4 * rounding
                )
