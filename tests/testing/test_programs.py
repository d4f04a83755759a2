"""Random programs of rows, and random graphs of tensors, on either twin."""

import numpy as np
import pytest
from hypothesis import assume, find, given, settings
from hypothesis import strategies as st

from support.examples import drawn
from support.twins import numbers
from twingrad import Array, Tensor, Value
from twingrad.engine.formulas import table
from twingrad.testing.strategies import KINKED, SMOOTH, Graph, Program, graphs, programs
from twingrad.testing.strategies.operations import OPERATIONS


@given(programs())
def test_a_program_has_leaves_between_minus_2_and_2_and_results_that_stay_small(program):
    assert 1 <= len(program.numbers) <= 4
    assert all(abs(number) <= 2 for number in program.numbers)
    assert 1 <= len(program.instructions) <= 40
    assert abs(program.build().data) <= 2


@given(programs(longest=10))
def test_a_program_reads_as_what_it_computes(program):
    names = {}
    for line in repr(program).splitlines()[1:-1]:
        name, _, code = line.strip().partition(" = ")
        names[name] = eval(code, dict(table), names)
    *_, last = names.values()
    assert last == program.build().data


@given(programs(longest=10), st.data())
def test_any_part_of_the_instructions_is_a_program_too(program, data):
    kept = data.draw(st.lists(st.sampled_from(program.instructions), min_size=1, max_size=5))
    assert np.isfinite(Program(program.numbers[:1], tuple(kept)).build().data)


@given(programs(longest=20))
def test_a_program_runs_on_values_arrays_tensors_and_floats(program):
    value = program(*program.leaves())
    assert isinstance(value, Value)
    assert program(*[Array(number) for number in program.numbers]).item() == value.data
    tensors = [Tensor(np.array(number)) for number in program.numbers]
    assert program(*tensors).item() == pytest.approx(value.data, rel=1e-12, abs=1e-12)
    assert program.run(program.numbers, table) == value.data


def test_programs_shrink_to_few_simple_instructions():
    program = find(programs(), lambda program: "mul" in repr(program))
    assert program.instructions == (("mul", (0, 0)),)
    assert program.numbers == (0.0,)


def test_programs_hold_the_rows_that_were_asked_for_and_are_as_long_as_asked_for():
    for program in drawn(programs(rows=["tanh", "neg"], shortest=5, longest=5), 20):
        assert len(program.instructions) == 5
        assert {name for name, _ in program.instructions} <= {"tanh", "neg"}


@pytest.mark.parametrize(
    ("draw", "sentence"),
    [
        (lambda: programs(longest=-1), "programs: longest must be at least 0, got -1"),
        (lambda: programs(2, shortest=3), "shortest must not be above longest, got 3 and 2"),
        (lambda: programs(rows=["tahn"]), "programs: rows must be 'pos' or"),
        (lambda: graphs(["convolution"]), "graphs: operations must be 'add' or"),
        (lambda: graphs(["relu"], smooth=True), r"must leave one .* got \['relu'\]: name others"),
        (lambda: graphs(["sort"], twin="scalar"), r"must leave one .* got \['sort'\]"),
        (lambda: graphs([]), r"must leave one .* got \[\]"),
        (lambda: graphs(twin="gpu"), "graphs: twin must be 'tensor' or 'scalar' or None"),
        (lambda: graphs(dtype="float16"), "graphs: dtype must be 'float64' or 'float32'"),
        (lambda: graphs(longest=0), "shortest must not be above longest, got 1 and 0"),
    ],
)
def test_wrong_arguments_are_refused_by_a_sentence(draw, sentence):
    with pytest.raises(ValueError, match=sentence):
        draw()


@given(graphs())
def test_a_graph_computes_finite_numbers_and_can_be_differentiated(graph):
    leaves = graph.leaves()
    result = graph(*leaves)
    assert np.isfinite(numbers(result)).all()
    assert result.numel() <= 200
    result.sum().backward()
    assert any(leaf.grad is not None for leaf in leaves)
    assert all(leaf.grad is None or leaf.grad.shape == leaf.shape for leaf in leaves)


@settings(max_examples=150)
@given(graphs(twin="scalar", smooth=True, longest=12))
def test_a_smooth_graph_gives_the_same_values_and_gradients_on_either_twin(graph):
    tensors, arrays = graph.leaves("tensor"), graph.leaves("scalar")
    results = graph(*tensors), graph(*arrays)
    np.testing.assert_allclose(*map(numbers, results), rtol=1e-10, atol=1e-12)
    weights = np.linspace(0.5, 1.5, results[0].numel()).reshape(results[0].shape)
    results[0].backward(weights)
    results[1].backward(weights)
    for tensor, array in zip(tensors, arrays, strict=True):
        assert (tensor.grad is None) == (array.grad is None)
        if array.grad is not None:
            assume(np.abs(array.grad).max() < 1e4)
            np.testing.assert_allclose(tensor.grad.numpy(), array.grad, rtol=1e-8, atol=1e-9)


@given(graphs(dtype="float32"))
def test_a_graph_of_float32_stays_float32(graph):
    assert {array.dtype.name for array in graph.arrays} == {"float32"}
    assert graph(*graph.leaves()).dtype == np.float32


@given(graphs())
def test_a_graph_holds_what_its_result_needs_and_nothing_else(graph):
    used = {place for _, places in graph.steps for place in places}
    last = len(graph.arrays) + len(graph.steps) - 1
    assert used >= set(range(len(graph.arrays), last))
    assert last not in used


@given(graphs(longest=5, twin="scalar"))
def test_a_graph_reads_as_what_it_computes(graph):
    names = {"array": lambda data: Tensor(np.array(data))}
    for line in repr(graph).splitlines()[1:-1]:
        name, _, code = line.strip().partition(" = ")
        names[name] = eval(code, dict(table), names)
    *_, last = names.values()
    assert np.array_equal(numbers(last), numbers(graph(*graph.leaves())))


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_occurs_in_graphs(name):
    found = [graph for graph in drawn(graphs([name, "unsqueeze"]), 25) if uses(graph, name)]
    assert found
    assert all(graph.on_values == OPERATIONS[name].on_values for graph in found)


@pytest.mark.parametrize("name", ["add", "sum", "softmax", "matmul"])
def test_graphs_shrink_to_few_steps_and_small_shapes(name):
    operations = ["add", "tanh", "sum", "softmax", "matmul"]
    graph = find(graphs(operations), lambda graph: uses(graph, name))
    assert len(graph.steps) <= 2
    assert all(array.size == 1 for array in graph.arrays)


def uses(graph, name):
    written = {"matmul": " @ ", "index": "["}.get(name, f"{name}(")
    return any(written in call.text for call, _ in graph.steps)


def test_graphs_have_several_steps_and_leaves_that_broadcast():
    found = drawn(graphs(), 200)
    assert any(len({array.shape for array in graph.arrays}) > 1 for graph in found)
    assert sum(len(graph.steps) >= 3 for graph in found) > 40
    assert {type(graph) for graph in found} == {Graph}


def test_a_graph_of_operations_that_only_tensors_have_is_refused_to_values():
    graph = next(graph for graph in drawn(graphs(["sort", "flip"]), 10))
    with pytest.raises(ValueError, match="twin must be 'tensor' for a graph with operations"):
        graph.leaves("scalar")
    with pytest.raises(ValueError, match="leaves: twin must be 'tensor' or 'scalar'"):
        graph.leaves("gpu")


def test_leaves_do_not_share_the_memory_of_the_graph():
    (graph,) = drawn(graphs(), 1)
    leaf, *_ = graph.leaves()
    assert not np.shares_memory(leaf.detach().numpy(), graph.arrays[0])


def test_all_rows_of_graphs_are_in_the_table():
    assert {*SMOOTH, *KINKED} <= set(table)
    assert not {*SMOOTH} & {*KINKED}
