"""The views of a trace that are text: text, SVG, DOT, and the page before a browser opens it."""

import json
import math
import re
from html.parser import HTMLParser
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twingrad import Value
from twingrad.engine.drawing import draw_dot, draw_frame, draw_html, draw_svg, draw_text
from twingrad.engine.drawing.alignment import spread
from twingrad.engine.drawing.layout import PORT_SPACE, layered
from twingrad.engine.drawing.ordering import crossings, ordered
from twingrad.engine.drawing.svg import place
from twingrad.engine.drawing.words import cells, one_line, shortened, written

SVG = "{http://www.w3.org/2000/svg}"
EVIL = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    '"><svg onload="window.hacked = 1">',
    "<!--<script>",
    "]]>",
    "a\nb\r\tc\x00\x1b[31m\u2028\u2029\ud800\ufffe",
    'x"; n0 -> n9; "\\',
    "\\N \\l &amp; &lt;",
    "\u202egnp.exe",
    "${title} $script %s {0}",
    "の" * 90,
    "w" * 400,
]


def neuron():
    w, x = Value(-3.0, label="w"), Value(2.0, label="x", requires_grad=False)
    b = Value(6.88137, label="b")
    out = (w * x + b).tanh() + w * 0.5
    out.label = "out"
    return out


def duplicates():
    a = Value(3.0, label="a")
    return a + a


def chain(length=120):
    x = y = Value(0.5, label="x")
    for _ in range(length):
        y = (y * x).tanh()
    return y


def extremes():
    a, b = Value(math.inf, label="a"), Value(1e-300, label="b")
    return (a - a) * b + b * b * 1e300


def constants_only():
    return Value(2.0, requires_grad=False) * Value(3.0, requires_grad=False)


def wide(nodes=300):
    values = [Value(math.sin(k)) for k in range(nodes // 6)]
    k = 0
    while len(values) < nodes:
        k += 1
        a, b = values[-1 - (k * 7) % 40], values[-1 - (k * 13) % 45]
        values.append(a * b if k % 2 else a - b)
    return sum(values[-40:], start=values[0])


GRAPHS = {
    "a neuron": neuron,
    "a sum of one number twice": duplicates,
    "a chain": chain,
    "inf, nan and tiny numbers": extremes,
    "constants only": constants_only,
    "a single leaf": lambda: Value(1.0, label="a"),
    "300 nodes": wide,
}
every_graph = pytest.mark.parametrize("build", GRAPHS.values(), ids=GRAPHS.keys())

labels = st.one_of(st.text(max_size=60), st.sampled_from(EVIL))


@st.composite
def graphs(draw):
    """A small random graph of random labels: sums, products and tanh of earlier nodes."""
    nodes = [
        Value(draw(st.floats(-3, 3)), label=draw(labels), requires_grad=draw(st.booleans()))
        for _ in range(draw(st.integers(1, 4)))
    ]
    for _ in range(draw(st.integers(0, 14))):
        a, b = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        nodes.append(draw(st.sampled_from([a * b, a + b, a.tanh(), a - b * 2.0])))
        if draw(st.booleans()):
            nodes[-1].label = draw(labels)
    return nodes[-1]


def parsed(svg):
    """The elements of an SVG text, whose comments and processing instructions must be none."""
    return ElementTree.fromstring(svg.encode())


def groups(svg, attribute):
    return {
        int(group.get(attribute)): group
        for group in parsed(svg).iter(f"{SVG}g")
        if group.get(attribute) is not None
    }


def texts(group, name):
    return [
        text.text or ""
        for text in group.iter(f"{SVG}text")
        if name in (text.get("class") or "").split()
    ]


class Page(HTMLParser):
    """The elements of a page, and the text of its scripts, as a browser would split it."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.scripts, self.open = [], [], None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.open = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.open = None

    def handle_data(self, data):
        if self.open == "script":
            self.scripts[-1] += data


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


@every_graph
def test_the_picture_shows_every_node_and_every_edge_with_its_numbers(build):
    trace = build().steps().trace
    svg = draw_svg(trace)
    cards, edges = groups(svg, "data-node"), groups(svg, "data-edge")
    assert sorted(cards) == [node["id"] for node in trace["nodes"]]
    assert sorted(edges) == [edge["id"] for edge in trace["edges"]]
    for node in trace["nodes"]:
        if node["kind"] != "constant":
            assert texts(cards[node["id"]], "value") == [written(node["value"])]
            assert texts(cards[node["id"]], "gradient") == [written(node["gradient"])]
    for edge in trace["edges"]:
        expected = [written(edge["derivative"])] if edge["flows"] else []
        assert texts(edges[edge["id"]], "derivative") == expected


def test_a_constant_is_a_pill_with_its_number_only():
    svg = draw_svg((Value(2.0, label="a") * 3.0).steps().trace)
    assert texts(groups(svg, "data-node")[1], "name") == ["3.0"]
    assert texts(groups(svg, "data-node")[1], "gradient") == []


def test_a_gradient_that_is_not_computed_is_never_drawn_as_zero():
    trace = json.loads(json.dumps(duplicates().steps().trace))
    trace["nodes"][0]["gradient"] = None
    assert texts(groups(draw_svg(trace, 0), "data-node")[0], "gradient") == ["not computed"]
    assert "  a    3.0     not computed\n" in draw_text(trace)
    assert "gradient not computed" in draw_dot(trace)


def test_the_picture_after_some_steps_shows_what_is_known_then():
    trace = neuron().steps().trace
    forward = [step for step in trace["steps"] if step["kind"] == "forward"]
    for position in range(len(trace["steps"]) + 1):
        svg = draw_svg(trace, position)
        cards, edges = groups(svg, "data-node"), groups(svg, "data-edge")
        values = {n["id"]: n["value"] for n in trace["nodes"] if n["kind"] != "operation"}
        gradients, passed = {}, set()
        for step in trace["steps"][:position]:
            if step["kind"] == "forward":
                values[step["node"]] = step["value"]
            elif step["kind"] == "seed":
                gradients[step["node"]] = step["after"]
            else:
                gradients[step["parent"]] = step["after"]
                passed.add(step["edge"])
        for node in trace["nodes"]:
            if node["kind"] != "constant":
                card = cards[node["id"]]
                assert texts(card, "value") == [written(values.get(node["id"]))]
                assert texts(card, "gradient") == [written(gradients.get(node["id"]))]
        for number, edge in edges.items():
            shown = [text for text in texts(edge, "derivative") if text]
            assert bool(shown) == (number in passed)
        marked = {n for n, edge in edges.items() if "backward" in edge.get("class").split()}
        if position > len(forward) + 1:
            assert marked == {trace["steps"][position - 1]["edge"]}
        else:
            assert not marked


def test_a_position_outside_the_steps_is_refused():
    with pytest.raises(IndexError, match="between 0 and 4, got 5"):
        draw_svg(duplicates().steps().trace, 5)


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_no_label_breaks_a_view(root):
    trace = root.steps().trace
    assert_svg_is_sound(trace)
    assert_dot_is_sound(trace)
    assert_text_is_sound(trace)
    assert_html_is_sound(trace)


@pytest.mark.parametrize("label", EVIL)
def test_an_evil_label_breaks_no_view(label):
    a = Value(2.0, label=label)
    root = (a * a).tanh()
    root.label = label + "!"
    trace = root.steps().trace
    assert_svg_is_sound(trace)
    assert_dot_is_sound(trace)
    assert_text_is_sound(trace)
    assert_html_is_sound(trace)


def assert_svg_is_sound(trace):
    svg = draw_svg(trace)
    root = parsed(svg)
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds <= {"svg", "title", "desc", "style", "rect", "circle", "g", "path", "text"}
    cards = groups(svg, "data-node")
    for node in trace["nodes"]:
        assert cards[node["id"]].find(f"{SVG}title").text.startswith(one_line(node["name"]))
        for text in texts(cards[node["id"]], "name"):
            assert cells(text) <= 40


def assert_dot_is_sound(trace):
    quoted = r'"(?:[^"\\\n]|\\.)*"'
    value = rf"(?:{quoted}|[\w.,]+)"
    attributes = rf"\[\w+={value}(?:, \w+={value})*\]"
    lines = draw_dot(trace).splitlines()
    assert lines[0] == "digraph twingrad {"
    assert lines[-1] == "}"
    body = lines[4:-1]
    assert len(body) == len(trace["nodes"]) + len(trace["edges"])
    for line in body:
        assert re.fullmatch(rf"  n\d+( -> n\d+)? {attributes};", line), line


def assert_text_is_sound(trace):
    text = draw_text(trace)
    assert all(
        character == "\n" or character.isprintable() or ord(character) > 127 for character in text
    )
    lines = text.split("\n")
    assert len(text.splitlines()) == len(lines) - 1
    for step in trace["steps"]:
        assert any(one_line(step["text"]) in line for line in lines)


def assert_html_is_sound(trace):
    html = draw_html(trace)
    page = Page(html)
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert json.loads(page.scripts[0]) == trace
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert all(ord(character) < 128 for character in page.scripts[0])
    html.encode()
    (frame,) = Page(draw_frame(trace)).elements
    assert frame[0] == "iframe"
    assert frame[1]["srcdoc"] == html


@every_graph
def test_every_view_of_every_graph_is_sound(build):
    trace = build().steps().trace
    assert_svg_is_sound(trace)
    assert_dot_is_sound(trace)
    assert_text_is_sound(trace)
    assert_html_is_sound(trace)


@every_graph
def test_views_are_the_same_every_time(build):
    trace = build().steps().trace
    copy = json.loads(json.dumps(trace))
    for draw in (draw_text, draw_svg, draw_dot, draw_html, draw_frame):
        assert draw(trace) == draw(copy)
    assert trace == copy


def test_a_long_name_is_cut_in_the_picture_and_whole_in_its_title():
    name = "a weight of a name beyond all measure and then some"
    svg = draw_svg((Value(1.0, label=name) * 2.0).steps().trace)
    card = groups(svg, "data-node")[0]
    assert card.find(f"{SVG}title").text == name
    (shown,) = texts(card, "name")
    assert shown.endswith("…")
    assert name.startswith(shown[:-1])


@given(st.text(max_size=40), st.integers(1, 30))
def test_a_shortened_text_fits(text, columns):
    assert cells(shortened(text, columns)) <= columns


def test_the_text_reads_like_a_page_of_a_textbook():
    w, x = Value(3.0, label="w"), Value(2.0, label="x")
    out = w * x + w
    out.label = "L"
    assert draw_text(out.steps().trace) == (
        "Forward\n"
        "  v1 = w * x = 3.0 * 2.0 = 6.0\n"
        "  L = v1 + w = 6.0 + 3.0 = 9.0\n"
        "\n"
        "Backward\n"
        "  dL/dL = 1.0\n"
        "  dL/dv1 += dL/dL * dL/dv1 = 1.0 * 1.0 = 1.0   where dL/dv1 = 1.0\n"
        "  dL/dw += dL/dL * dL/dw = 1.0 * 1.0 = 1.0     where dL/dw = 1.0\n"
        "  dL/dw += dL/dv1 * dv1/dw = 1.0 * 2.0 = 2.0   where dv1/dw = x = 2.0; "
        "gradient of w: 1.0 -> 3.0\n"
        "  dL/dx += dL/dv1 * dv1/dx = 1.0 * 3.0 = 3.0   where dv1/dx = w = 3.0\n"
        "\n"
        "Results\n"
        "       value   gradient\n"
        "  w    3.0     3.0\n"
        "  x    2.0     3.0\n"
        "  v1   6.0     1.0\n"
        "  L    9.0     1.0\n"
    )


def test_lines_that_would_be_too_long_have_their_remark_below():
    lines = draw_text(neuron().steps().trace).splitlines()
    assert any(line.startswith("      where ") for line in lines)


def test_a_trace_without_steps_has_results_only():
    assert draw_text(constants_only().steps().trace) == (
        "Results\n        value   gradient\n  6.0   6.0     not computed\n"
    )


def test_steps_of_another_kind_are_shown():
    trace = json.loads(json.dumps(duplicates().steps().trace))
    trace["steps"].append(
        {"kind": "other", "node": 0, "text": "a = a - 0.1 * 2.0 = 2.8", "value": 2.8}
    )
    trace["steps"].append({"kind": "other", "node": None, "text": "t = t + 1 = 1"})
    assert "Afterwards\n  a = a - 0.1 * 2.0 = 2.8\n  t = t + 1 = 1\n" in draw_text(trace)
    after = groups(draw_svg(trace, len(trace["steps"]) - 1), "data-node")[0]
    assert "current" in after.get("class").split()
    assert texts(after, "value") == ["2.8"]
    draw_svg(trace, len(trace["steps"]))
    assert_html_is_sound(trace)


def test_the_page_refers_to_nothing_outside_itself():
    html = draw_html(neuron().steps().trace)
    found = set(re.findall(r"https?://[^\s\"'<>]*|//[a-z]+\.[a-z]+", html))
    assert found == {"http://www.w3.org/2000/svg"}
    assert "@import" not in html
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_the_frame_grows_with_the_graph_within_bounds():
    def height(root):
        return int(re.search(r"height: (\d+)px", draw_frame(root.steps().trace))[1])

    assert height(duplicates()) < height(neuron()) <= height(wide())
    assert height(wide()) <= 860
