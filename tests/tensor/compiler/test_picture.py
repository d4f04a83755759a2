"""A graph as a picture: every value in one box, chains and update rules together in larger ones."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from support.browsers import chromium
from support.compiler_graphs import graphs
from support.drawn import EVIL
from support.steps import classifier
from twingrad.tensor.compiler.graph import Graph
from twingrad.tensor.compiler.picture import grouped
from twingrad.tensor.compiler.printing import GraphView

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def graph():
    return Graph()


def boxes(svg):
    """The lines of text of each box, by the number of its value."""
    tree = ElementTree.fromstring(svg)
    return {
        int(group.get("data-value")): [text.text for text in group.iter(f"{SVG}text")]
        for group in tree.iter(f"{SVG}g")
        if group.get("data-value")
    }


def edges(svg):
    tree = ElementTree.fromstring(svg)
    return [
        group.find(f"{SVG}title").text
        for group in tree.iter(f"{SVG}g")
        if group.get("class") == "edge"
    ]


def test_a_small_graph_has_a_box_for_every_value(graph):
    x, w = graph.argument((5, 2), "float32"), graph.captured((3, 2), "float32")
    x.label, w.label = "x", "weight"
    product = graph.value("matmul", (x, graph.view(w, (2, 3), (1, 2))), (), (5, 3), "float32")
    relu = graph.elementwise("maximum", product, graph.constant(0.0, "float32"))
    relu.label = "relu"
    graph.results = [graph.reduce("add", relu, (0,))]
    svg = GraphView(graph).to_svg()
    found = boxes(svg)
    assert found[x.number] == ["x", "float32[5,2]"]
    assert found[product.number][:2] == ["matmul", "x @ weight.T"]
    assert found[relu.number][:2] == ["relu", f"maximum(%{product.number}, 0.0)"]
    assert found[graph.results[0].number][-1] == "result"
    assert len(found) == 5
    assert edges(svg) == [
        "float32[5,2] from x to matmul",
        "float32[3,2] from weight to matmul",
        "float32[5,3] from matmul to relu",
        "float32[5,3] from relu to sum",
    ]


def test_a_training_step_has_a_box_for_each_update():
    graph = classifier()
    svg = GraphView(graph).to_svg()
    titles = [lines[0] for lines in boxes(svg).values()]
    for layer in range(3):
        for name in ("weight", "bias"):
            assert f"update of layers.{layer}.{name}" in titles
            assert titles.count(f"layers.{layer}.{name}") == 1
    assert titles.count("matmul") == 8
    assert not any("velocity" in title for title in titles)
    assert len(titles) < len(graph.needed()) / 2
    assert len(boxes(GraphView(graph).to_svg(collapse=False))) > 1.5 * len(titles)


def test_what_is_given_has_an_edge_to_its_first_use():
    step = classifier()
    found = edges(GraphView(step).to_svg())
    assert sum("from layers.0.weight to" in edge for edge in found) == 1
    every = edges(GraphView(step).to_svg(collapse=False))
    assert sum("from layers.1.weight to" in edge for edge in every) == 3


def test_a_value_with_two_users_has_a_box_of_its_own(graph):
    x = graph.argument((4,), "float32")
    shared = graph.elementwise("exp", x)
    one = graph.elementwise("neg", graph.elementwise("sqrt", shared))
    total = graph.reduce("add", shared, (0,))
    graph.results = [one, total]
    groups = [[value.number for value in each.members] for each in grouped(graph, collapse=True)]
    root = one.operands[0].number
    assert groups == [[x.number], [shared.number], [root, one.number], [total.number]]


def test_long_boxes_are_cut(graph):
    value = graph.argument((4,), "float32")
    for _ in range(40):
        value = graph.elementwise("tanh", value)
    graph.results = [value]
    (lines,) = [lines for lines in boxes(GraphView(graph).to_svg()).values() if len(lines) > 4]
    assert lines[0] == "40 steps"
    assert "… 32 more" in lines
    assert len(lines) < 16


@given(graphs())
@settings(max_examples=50)
def test_every_value_is_in_one_group_and_groups_are_in_order(case):
    graph = case.graph
    for collapse in (False, True):
        place = {}
        for number, group in enumerate(grouped(graph, collapse)):
            for member in group.members:
                assert member.number not in place
                place[member.number] = number
            assert group.last.number == max(member.number for member in group.members)
        for value in graph.needed():
            for operand in value.operands:
                if {value.number, operand.number} <= {*place}:
                    assert place[operand.number] <= place[value.number]
        for root in graph.roots():
            assert root.number in place


@given(graphs())
@settings(max_examples=30)
def test_every_picture_is_whole(case):
    for collapse in (False, True):
        svg = GraphView(case.graph).to_svg(collapse)
        assert len(boxes(svg)) == len(grouped(case.graph, collapse))
        assert "nan" not in re.sub(r"<text.*?</text>|<title>.*?</title>|<desc>.*?</desc>", "", svg)


@pytest.mark.parametrize("label", EVIL)
def test_labels_are_text(graph, label):
    x = graph.argument((2,), "float32")
    x.label = label
    y = graph.elementwise("exp", x)
    y.label = label
    graph.results = [y]
    svg = GraphView(graph).to_svg()
    assert len(boxes(svg)) == 2
    assert not ElementTree.fromstring(svg).findall(f".//{SVG}script")


def test_a_graph_of_nothing_is_drawn(graph):
    assert boxes(GraphView(graph).to_svg()) == {}


def test_a_notebook_shows_no_picture_of_a_large_graph(graph):
    value = graph.argument((), "float32")
    view = GraphView(graph)
    graph.results = [value]
    assert view._repr_svg_().startswith("<svg")
    for _ in range(1000):
        value = graph.elementwise("tanh", value)
    graph.results = [value]
    assert view._repr_svg_() is None


def test_no_text_leaves_its_box(tmp_path):
    file = tmp_path / "graph.html"
    file.write_text(GraphView(classifier()).to_svg(), encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page()
        page.goto(file.as_uri())
        beyond = page.evaluate(
            """() => [...document.querySelectorAll('g.node')].flatMap(node => {
              const card = node.querySelector('.card').getBoundingClientRect();
              return [...node.querySelectorAll('text')].filter(text => {
                const box = text.getBoundingClientRect();
                return box.width && (box.left < card.left || box.right > card.right
                    || box.top < card.top || box.bottom > card.bottom);
              }).map(text => text.textContent);
            })"""
        )
        assert beyond == []
        crossing = page.evaluate(
            """() => {
              const cards = [...document.querySelectorAll('g.node .card')]
                .map(card => card.getBoundingClientRect());
              const meet = (a, b) => a.left < b.right && b.left < a.right
                && a.top < b.bottom && b.top < a.bottom;
              return cards.filter((a, k) => cards.slice(k + 1).some(b => meet(a, b))).length;
            }"""
        )
        assert crossing == 0
