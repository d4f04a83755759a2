"""What a step costs, counted, and compared with what the machine can do."""

import pytest
from hypothesis import given

from support.compiler_graphs import graphs
from support.steps import classifier
from twingrad.tensor.compiler.explaining import (
    bytes_of,
    bytes_read,
    bytes_written,
    explained,
    flops,
    moved_by,
    products,
    products_of,
    works_of,
)
from twingrad.tensor.compiler.graph import Graph
from twingrad.tensor.compiler.limits import Limits, Product
from twingrad.tensor.compiler.schedule import Schedule


@pytest.fixture
def graph():
    return Graph()


@pytest.fixture
def x(graph):
    return graph.argument((100, 16), "float32")


def works(graph):
    schedule = Schedule(graph)
    units = [(unit.items, unit.reads) for unit in schedule.units]
    return works_of(graph, units, schedule.stored)


def test_a_step_is_an_operation_for_each_element(graph, x):
    double = graph.elementwise("add", x, x)
    assert flops(double) == 1600
    assert bytes_read(double) == 6400  # the same operand twice is read once
    assert bytes_written(double) == 6400


def test_what_only_moves_numbers_is_none(graph, x):
    test = graph.elementwise("less", x, graph.constant(0.0, "float32"))
    assert flops(graph.elementwise("where", test, x, x)) == 0
    assert flops(graph.elementwise("cast", x, dtype="float64")) == 0
    assert flops(graph.value("join", (x, x), (0,), (200, 16), "float32")) == 0


def test_a_sum_is_one_addition_less_than_there_are_terms(graph, x):
    assert flops(graph.reduce("add", x, (0,))) == 1600 - 16
    assert flops(graph.reduce("maximum", x, (0, 1))) == 1599


def test_a_product_is_a_multiplication_and_an_addition_each(graph, x):
    weight = graph.captured((8, 16), "float32")
    turned = graph.view(weight, (16, 8), (1, 16))
    product = graph.value("matmul", (x, turned), (), (100, 8), "float32")
    assert flops(product) == 2 * 100 * 8 * 16
    assert bytes_read(product) == 4 * (1600 + 128)
    assert bytes_written(product) == 3200
    assert products(product) == {Product(100, 8, 16, "float32", False, True): 1}


def test_every_matrix_of_a_stack_is_a_product(graph):
    a = graph.argument((5, 2, 3), "float64")
    turned = graph.view(a, (5, 3, 2), (6, 1, 3))
    product = graph.value("matmul", (a, turned), (), (5, 2, 2), "float64")
    assert products(product) == {Product(2, 2, 3, "float64", False, True): 5}
    assert products(a) == {}


def test_a_stretched_value_is_read_as_it_is_in_memory(graph, x):
    bias = graph.captured((16,), "float32")
    stretched = graph.view(bias, (100, 16), (0, 1))
    assert bytes_of(stretched) == 64
    assert bytes_written(stretched) == 0
    assert bytes_read(graph.elementwise("add", x, stretched)) == 6400 + 64
    assert bytes_of(graph.view(bias, (15, 2), (1, 1))) == 64
    assert bytes_of(graph.view(bias, (8,), (2,))) == 32


def test_a_gather_reads_no_more_than_it_gives(graph):
    table = graph.captured((1000, 4), "float32")
    index = graph.argument((10, 4), "int64")
    found = graph.value("gather", (table, index), (0,), (10, 4), "float32")
    assert bytes_read(found) == 160 + 320
    small = graph.captured((2, 4), "float32")
    found = graph.value("gather", (small, index), (0,), (10, 4), "float32")
    assert bytes_read(found) == 32 + 320


def test_constants_and_what_is_given_cost_nothing(graph, x):
    for value in (x, graph.constant(1.0, "float32"), graph.host_number()):
        assert (flops(value), bytes_read(value), bytes_written(value)) == (0, 0, 0)


def test_a_loop_reads_what_it_does_not_compute_itself(graph, x):
    shifted = graph.elementwise("exp", graph.elementwise("neg", x))
    total = graph.reduce("add", shifted, (0, 1))
    kept = graph.elementwise("sqrt", shifted)
    graph.results = [total, kept]
    (work,) = works_of(graph, [([kept, total], {x})], {kept, total})
    assert work.flops == 3 * 1600 + 1599
    assert work.bytes_read == 6400
    assert work.bytes_written == 6400 + 4
    (first, second) = works_of(graph, [([shifted], {x}), ([kept, total], {shifted})], {kept, total})
    assert (first.bytes_read, first.bytes_written) == (6400, 0)
    assert (second.flops, second.bytes_read) == (1600 + 1599, 6400)


def test_a_value_read_through_several_views_is_read_once(graph, x):
    halves = [graph.view(x, (50, 16), (16, 1), offset) for offset in (0, 800)]
    total = graph.elementwise("add", *halves)
    again = graph.elementwise("mul", total, halves[0])
    graph.results = [again]
    (work,) = works_of(graph, [([again], {x})], {again})
    assert work.bytes_read == 6400


def test_the_work_of_a_step_is_told_and_counted():
    graph = classifier(sizes=(2, 16, 3), batch=100)
    found = works(graph)
    told = [work.what for work in found]
    assert "x @ layers.0.weight.T" in told
    assert any("gradient of layers.0.bias" in what for what in told)
    assert any("update of layers.1.weight" in what for what in told)
    taken = products_of(found)
    assert sum(taken.values()) == 5
    expected = 2 * 100 * (2 * 16 * 2 + 16 * 3 * 3)
    assert sum(product.flops * count for product, count in taken.items()) == expected
    assert moved_by(found) == sum(
        work.bytes_read + work.bytes_written for work in found if not work.products
    )


def test_the_table_ends_with_what_it_comes_to():
    found = works(classifier(sizes=(2, 16, 3), batch=100))
    head, *rows, last = explained(found).splitlines()
    assert head.split() == ["flops", "read", "written"]
    assert len(rows) == len(found)
    assert last.startswith(f"{len(found)} passes")
    assert len({line.rindex("B") for line in (*rows, last)}) == 1


def test_the_share_of_the_limit_is_stated():
    found = works(classifier(sizes=(2, 16, 3), batch=100))
    limits = Limits(dict.fromkeys(products_of(found), 1e-6), moved_by(found) / 5e-6)
    *_, limit, share = explained(found, limits, 20e-6).splitlines()
    assert limit.startswith("This machine needs 5 us for the products (8.32 Gflop/s) and 5 us for")
    assert limit.endswith(": 10 us at least.")
    assert share == "The step takes 20 us: 50% of the limit."
    assert explained(found, limits).splitlines()[-1] == limit


def test_nothing_is_explained_too():
    limits = Limits({}, 1e9)
    assert "0 passes" in explained([], limits)
    assert "0 us at least" in explained([], limits)


@given(graphs())
def test_no_count_is_negative_and_no_view_costs_anything(case):
    for value in case.graph.needed():
        counts = flops(value), bytes_read(value), bytes_written(value)
        assert min(counts) >= 0
        if value.kind == "view":
            assert counts == (0, 0, 0)
            assert bytes_of(value) <= bytes_of(value.operands[0])
