"""Where the cards and the edges of a drawn graph lie."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.drawn import chain, duplicates, every_graph, graphs
from twingrad import Value
from twingrad.engine.drawing.alignment import spread
from twingrad.engine.drawing.layout import PORT_SPACE, layered
from twingrad.engine.drawing.ordering import crossings, ordered
from twingrad.engine.drawing.svg import place


def overlap(a, b):
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


def assert_nothing_overlaps(layout, edges):
    for a, b in combinations(layout.boxes, 2):
        assert not overlap(a, b), (a, b)
    for box in layout.boxes:
        assert box.x >= -0.1
        assert box.y >= -0.1
        assert box.x + box.width <= layout.width + 0.1
        assert box.y + box.height <= layout.height + 0.1
    for (source, target), runs in zip(edges, layout.routes, strict=True):
        start, end = layout.boxes[source], layout.boxes[target]
        assert runs[0].left == pytest.approx(start.x + start.width)
        assert start.y < runs[0].y < start.y + start.height
        assert runs[-1].right == pytest.approx(end.x)
        assert end.y < runs[-1].y < end.y + end.height
        pieces = [(run.left, run.right, run.y, run.y) for run in runs]
        pieces += [(a.right, b.left, *sorted((a.y, b.y))) for a, b in pairwise(runs)]
        for left, right, top, bottom in pieces:
            assert left <= right
            for box in layout.boxes:
                apart = box.x >= right or box.x + box.width <= left
                assert apart or box.y > bottom or box.y + box.height < top, (runs, box)


@every_graph
def test_no_two_cards_overlap_and_no_edge_runs_through_a_card(build):
    trace = build().steps().trace
    ends = [(edge["source"], edge["target"]) for edge in trace["edges"]]
    assert_nothing_overlaps(place(trace), ends)


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_no_random_graph_overlaps_itself(root):
    trace = root.steps().trace
    ends = [(edge["source"], edge["target"]) for edge in trace["edges"]]
    assert_nothing_overlaps(place(trace), ends)


@given(
    st.integers(2, 14).flatmap(
        lambda count: st.tuples(
            st.lists(
                st.tuples(st.integers(10, 90), st.integers(40, 120)),
                min_size=count,
                max_size=count,
            ),
            st.lists(
                st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
                .filter(lambda pair: pair[0] != pair[1])
                .map(lambda pair: tuple(sorted(pair))),
                max_size=20,
                unique=True,
            ),
        )
    )
)
@settings(max_examples=100, deadline=None)
def test_the_layout_takes_any_graph_and_any_sizes(drawn):
    sizes, edges = drawn
    incoming = [sum(target == node for _, target in edges) for node in range(len(sizes))]
    sizes = [(w, max(h, count * 30)) for (w, h), count in zip(sizes, incoming, strict=True)]
    layout = layered(sizes, edges, [30.0] * len(edges))
    for a, b in combinations(layout.boxes, 2):
        assert not overlap(a, b)
    for (source, target), runs in zip(edges, layout.routes, strict=True):
        assert runs[0].left <= runs[-1].right
        assert layout.boxes[source].x < layout.boxes[target].x


def test_a_chain_runs_straight():
    trace = chain(20).steps().trace
    layout = place(trace)
    spine = [edge for edge in trace["edges"] if trace["nodes"][edge["source"]]["id"] > 0]
    for edge in spine:
        heights = {run.y for run in layout.routes[edge["id"]]}
        assert len(heights) == 1


def test_the_longest_chain_runs_straight_and_short_branches_stay_close():
    total = Value(0.0)
    for k in range(12):
        total = total + Value(0.1 * k).tanh()
    trace = total.steps().trace
    layout = place(trace)
    sums = [box for node, box in zip(trace["nodes"], layout.boxes) if node["symbol"] == "+"]
    assert len({box.y for box in sums}) == 1
    assert layout.height < 5 * sums[0].height


def test_a_leaf_stands_next_to_its_first_consumer():
    x, late = Value(1.0, label="x"), Value(2.0, label="late")
    y = x
    for _ in range(5):
        y = y.tanh()
    trace = (y * late).steps().trace
    boxes = {node["name"]: box for node, box in zip(trace["nodes"], place(trace).boxes)}
    assert boxes["late"].x == boxes["v5"].x


def test_the_two_edges_of_a_sum_of_one_number_twice_end_side_by_side():
    layout = place(duplicates().steps().trace)
    first, second = layout.routes
    assert second[-1].y - first[-1].y >= PORT_SPACE


def test_a_tree_has_no_crossings():
    layer = [0, 0, 0, 0, 1, 1, 2]
    before = [[], [], [], [], [2, 0], [3, 1], [5, 4]]
    after = [[4], [5], [4], [5], [6], [6], []]
    assert crossings(ordered(layer, before, after), after) == 0


def test_crossings_are_counted():
    assert crossings([[0, 1], [2, 3]], [[3], [2], [], []]) == 1
    assert crossings([[0, 1, 2], [3, 4, 5]], [[5], [4], [3], [], [], []]) == 3


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6))
def test_what_is_spread_keeps_its_order_its_distance_and_its_bounds(wanted):
    wanted.sort()
    found = spread(wanted, [1.0] * len(wanted), [10.0] * (len(wanted) - 1), 0.0, 100.0)
    assert all(b - a >= 10 - 1e-9 for a, b in pairwise(found))
    assert all(-1e-9 <= y <= 100 + 1e-9 for y in found)
