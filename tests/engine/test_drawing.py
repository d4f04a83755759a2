"""The views of a trace that are text: text, SVG, DOT, and the page before a browser opens it."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.drawn import EVIL, constants_only, duplicates, every_graph, graphs, neuron, wide
from twingrad import Value
from twingrad.engine.drawing import draw_dot, draw_frame, draw_html, draw_svg, draw_text
from twingrad.engine.drawing.progress import progress
from twingrad.engine.drawing.words import cells, one_line, shortened, written

SVG = "{http://www.w3.org/2000/svg}"


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
        "Results\n        value   gradient\n  6.0   6.0     constant\n"
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


@every_graph
def test_pictures_know_after_every_step_what_the_stepper_knows(build):
    stepper = build().steps()
    ids = {node: k for k, node in enumerate(stepper.nodes)}
    for position in {0, 1, 2, len(stepper) // 2, len(stepper)} & set(range(len(stepper) + 1)):
        stepper.jump(position)
        known = progress(stepper.trace, position)
        for drawn, stepped in [
            (known.values, stepper.state.values),
            (known.gradients, stepper.state.gradients),
        ]:
            assert {k: written(x) for k, x in drawn.items()} == {
                ids[node]: written(x) for node, x in stepped.items()
            }
