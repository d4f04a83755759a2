"""How much of a step is done in one pass over memory."""

import numpy as np
import pytest

import twingrad
from twingrad import nn, optim
from twingrad.nn import functional as F
from twingrad.tensor.compiler.graph import Graph
from twingrad.tensor.compiler.recording import Recorder
from twingrad.tensor.compiler.schedule import Schedule
from twingrad.tensor.compiler.source_writer import SourceWriter


def recorded(function, *arguments):
    """The graph of a function of tensors."""
    with Recorder() as recorder:
        for each in arguments:
            recorder.argument(each)
        result = function(*arguments)
        recorder.finish([] if result is None else [result])
    return recorder.graph


def units(graph):
    """The loops and calls of a graph, each by what it is."""
    found = Schedule(graph).units
    return ["call" if unit.is_call else "loop" for unit in found]


def classes(rows, count):
    return twingrad.tensor(np.arange(rows) % count)


def test_a_chain_of_rows_and_the_sum_behind_it_are_one_loop():
    x = twingrad.randn(8, 5)
    graph = recorded(lambda x: ((x.tanh() * 2 + 1).exp() - x).sum(), x)
    assert units(graph) == ["loop"]


def test_softmax_is_one_loop():
    assert units(recorded(lambda x: x.softmax(1), twingrad.randn(8, 5))) == ["loop"]


def test_layer_norm_is_one_loop():
    assert units(recorded(lambda x: F.layer_norm(x, (5,)), twingrad.randn(8, 5))) == ["loop"]


def test_cross_entropy_with_its_gradient_and_the_sum_over_the_rows_is_one_loop():
    bias = twingrad.zeros(5, requires_grad=True)

    def loss(x, y):
        found = F.cross_entropy(x + bias, y)
        found.backward()
        return found

    graph = recorded(loss, twingrad.randn(8, 5), classes(8, 5))
    checking, *others = units(graph)
    assert (checking, others) == ("loop", ["loop"])


def test_a_step_passes_once_over_each_layer_forward_backward_and_for_each_update():
    model = nn.MLP(3, [7, 6], 5)
    optimizer = optim.AdamW(model.parameters())

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    graph = recorded(step, twingrad.randn(8, 3), classes(8, 5))
    found = units(graph)
    products, activations, backward, updates = 8, 2, 2, 6
    assert found.count("call") == products
    assert found.count("loop") == activations + backward + updates + 2  # the loss, and its classes


def test_transposed_operands_of_products_are_not_copied():
    w = twingrad.randn(4, 5)
    graph = recorded(lambda x: x @ w.T, twingrad.randn(8, 5))
    assert units(graph) == ["call"]


def test_broadcast_operands_are_not_materialised():
    x, row, column = twingrad.randn(8, 5), twingrad.randn(5), twingrad.randn(8, 1)
    source = SourceWriter(recorded(lambda x: x * row + column, x), "a step").source()
    assert units(recorded(lambda x: x * row + column, x)) == ["loop"]
    assert source.temporary == 0


def test_memory_is_used_again():
    def chain(x):
        for _ in range(20):
            x = (x @ x).tanh()
        return x

    source = SourceWriter(recorded(chain, twingrad.randn(16, 16)), "a step").source()
    assert source.temporary <= 2 * 16 * 16 * 4


def test_parameters_are_updated_where_they_lie():
    w = twingrad.randn(30, requires_grad=True)
    optimizer = optim.Adam([w])

    def step(x):
        optimizer.zero_grad()
        (w * x).sum().backward()
        optimizer.step()

    source = SourceWriter(recorded(step, twingrad.randn(30)), "a step").source()
    assert source.buffers.copies == []


def test_what_a_value_is_computed_from_is_read_before_it_is_overwritten():
    graph = Graph()
    a, b = (graph.captured((4,), "float64") for _ in range(2))
    graph.memories[0].after, graph.memories[1].after = b, a
    source = SourceWriter(graph, "a swap").source()
    homes = {source.buffers.of[memory.after].kind for memory in graph.memories}
    assert "temporary" in homes


@pytest.mark.parametrize("rows", [1, 3])
def test_the_code_is_the_same_in_every_process(rows):
    def text():
        x = twingrad.tensor(np.ones((rows, 4)), requires_grad=True)
        return SourceWriter(recorded(lambda y: (x * y).softmax(1).sum(), x.detach()), "s").source()

    assert text().text == text().text
