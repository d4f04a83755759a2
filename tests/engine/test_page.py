"""The page, driven in a browser."""

import itertools
import json
import math
from html import unescape

import pytest

from support.browsers import chromium, watched
from support.updates import neuron, stepped
from twingrad import Tensor, Value, optim
from twingrad.engine.drawing import draw_frame, draw_html, draw_svg
from twingrad.engine.drawing.words import is_plain, written
from twingrad.engine.examples import EXAMPLES


def small():
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(7.0, label="c")
    out = (a * b + c).tanh() * a + 1.5
    out.label = "L"
    return out


def larger():
    x = [Value(0.5 * k - 1, label=f"x{k}", requires_grad=False) for k in range(4)]
    w = [[Value(math.sin(3 * i + k), label=f"w{i}{k}") for k in range(4)] for i in range(3)]
    hidden = [sum((a * b for a, b in zip(x, row, strict=True)), start=x[0]).tanh() for row in w]
    return (hidden[0] * hidden[1] + hidden[2]).sigmoid() * hidden[0]


EVIL = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    '"><svg onload="window.hacked = 1">',
    "<!--<script>window.hacked = 1",
    "]]>&lt;\u2028\x00\ud800",
]


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def show(browser, tmp_path):
    """Opens the page of a trace, each in a file of its own."""
    numbers = itertools.count()
    with watched(browser) as opened:

        def shown(trace, **options):
            file = tmp_path / f"page{next(numbers)}.html"
            file.write_text(draw_html(trace), encoding="utf-8")
            return opened(file, **{"viewport": size(1280, 800), **options})

        yield shown


def size(width, height):
    return {"width": width, "height": height}


def everything(page):
    """All that the page says at its step: the whole of its content."""
    return page.evaluate(
        "() => [document.querySelector('main').innerHTML,"
        " document.querySelector('#counter').textContent, document.querySelector('#slider').value]"
    )


def counter(page):
    return page.inner_text("#counter")


def panel(page):
    return {
        int(number): (value, gradient)
        for number, value, gradient in page.evaluate(
            "() => [...document.querySelectorAll('#known tr')].map(row => [row.dataset.row,"
            " row.children[1].textContent, row.children[2].textContent])"
        )
    }


def known_after(trace, position):
    """What the panel must say, worked out from the steps alone."""
    values = {n["id"]: n["value"] for n in trace["nodes"] if n["kind"] != "operation"}
    gradients = {}
    for step in trace["steps"][:position]:
        if step["kind"] == "forward":
            values[step["node"]] = step["value"]
        else:
            gradients[step.get("parent", step["node"])] = step["after"]
    return {
        node["id"]: (
            written(values.get(node["id"])),
            "constant" if node["kind"] == "constant" else written(gradients.get(node["id"])),
        )
        for node in trace["nodes"]
        if not is_plain(node)
    }


def test_at_the_start_only_the_leaves_have_numbers(show):
    trace = small().steps().trace
    page = show(trace)
    assert counter(page) == f"0 of {len(trace['steps'])}"
    found = panel(page)
    for node in trace["nodes"]:
        if node["kind"] == "leaf":
            assert found[node["id"]] == (written(node["value"]), "not computed")
        elif node["kind"] == "operation":
            assert found[node["id"]] == ("not computed", "not computed")
    shown = page.eval_on_selector_all(".gradient", "cells => cells.map(c => c.textContent)")
    assert set(shown) == {"not computed"}
    labels = page.eval_on_selector_all(".derivative", "cells => cells.map(c => c.textContent)")
    assert set(labels) == {""}


@pytest.mark.parametrize("build", [small, larger])
def test_every_step_shows_what_the_trace_says(show, build):
    trace = build().steps().trace
    page = show(trace)
    for position, step in enumerate(trace["steps"], start=1):
        page.click("#next")
        assert counter(page) == f"{position} of {len(trace['steps'])}"
        assert page.text_content("#text") == step["text"]
        assert page.text_content("#local") == step.get("local", "")
        assert panel(page) == known_after(trace, position)
        parts = page.eval_on_selector_all("#parts dd", "cells => cells.map(c => c.textContent)")
        if step["kind"] == "backward":
            *numbers, change = parts
            assert numbers == [written(step[k]) for k in ("upstream", "derivative", "contribution")]
            assert change == f"{written(step['before'])}→{written(step['after'])}"
        target = step.get("parent", step["node"])
        kind = "value" if step["kind"] == "forward" else "gradient"
        assert page.eval_on_selector_all(
            "#known .changed", "cells => cells.map(c => [c.parentNode.dataset.row, c.classList[0]])"
        ) == [[str(target), kind]]
        assert page.eval_on_selector_all(
            ".node.current", "cards => cards.map(card => card.dataset.node)"
        ) == [str(target)]
        assert page.text_content("#steps [aria-current]") == step["text"]
        assert within(page, "#steps [aria-current]", "#steps-scroll")
        assert within(page, "#known .changed", "#known-scroll")


def within(page, inner, outer):
    own, box = (page.locator(each).bounding_box() for each in (inner, outer))
    return box["y"] <= own["y"] and own["y"] + own["height"] <= box["y"] + box["height"]


def test_the_page_and_the_picture_say_the_same_at_every_step(show):
    """The state is worked out in Python and in the page: they must agree."""
    trace = small().steps().trace
    page = show(trace)
    collect = """svg => [...svg.querySelectorAll('[data-node], [data-edge]')].map(g => [
        [...g.classList].sort().join(' '),
        ...[...g.querySelectorAll('text')].map(t => t.textContent)])"""
    for position in range(len(trace["steps"]) + 1):
        page.evaluate(
            "([k]) => { slider.value = k; slider.dispatchEvent(new Event('input')) }", [position]
        )
        live = page.eval_on_selector("#stage > svg", collect)
        drawn = page.evaluate(
            f"text => ({collect})(new DOMParser().parseFromString(text, 'image/svg+xml')"
            ".documentElement)",
            draw_svg(trace, position),
        )
        assert live == drawn


def test_the_edge_in_flight_is_marked_and_points_the_right_way(show):
    trace = small().steps().trace
    page = show(trace)
    for step in trace["steps"]:
        page.click("#next")
        marked = {
            way: page.eval_on_selector_all(
                f".edge.{way}", "edges => edges.map(edge => Number(edge.dataset.edge)).sort()"
            )
            for way in ("forward", "backward")
        }
        into = [edge["id"] for edge in trace["edges"] if edge["target"] == step["node"]]
        assert marked["forward"] == (into if step["kind"] == "forward" else [])
        assert marked["backward"] == ([step["edge"]] if step["kind"] == "backward" else [])
        for way in ("forward", "backward"):
            for head, shown in (("ahead", way == "forward"), ("astern", way == "backward")):
                displays = page.eval_on_selector_all(
                    f".edge.{way} .{head}", "heads => heads.map(h => getComputedStyle(h).display)"
                )
                assert all((display != "none") == shown for display in displays)
            directions = page.eval_on_selector_all(
                f".edge.{way} .line",
                "lines => lines.map(l => getComputedStyle(l).animationDirection)",
            )
            assert all((each == "reverse") == (way == "backward") for each in directions)


@pytest.mark.parametrize("build", [small, larger])
def test_going_back_restores_exactly_what_was_there(show, build):
    trace = build().steps().trace
    page = show(trace)
    seen = [everything(page)]
    for _ in trace["steps"]:
        page.keyboard.press("ArrowRight")
        seen.append(everything(page))
    assert len({json.dumps(each) for each in seen}) == len(seen)
    for earlier in reversed(seen[:-1]):
        page.keyboard.press("ArrowLeft")
        assert everything(page) == earlier
    for position in (7, 2, 9, 0, len(trace["steps"])):
        page.locator("#slider").fill(str(position))
        assert everything(page) == seen[position]


def test_buttons_go_to_the_ends_and_stay_there(show):
    trace = small().steps().trace
    page = show(trace)
    end = len(trace["steps"])
    for button, expected in (
        ("back", 0),
        ("last", end),
        ("next", end),
        ("back", end - 1),
        ("first", 0),
        ("next", 1),
    ):
        page.click(f"#{button}", force=True)  # playwright waits for a button that is disabled
        assert counter(page) == f"{expected} of {end}"


def test_keys_move_over_the_steps(show):
    trace = small().steps().trace
    page = show(trace)
    end = len(trace["steps"])
    for key, expected in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", end),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        assert counter(page) == f"{expected} of {end}"


def test_arrow_keys_on_the_slider_count_once(show):
    page = show(small().steps().trace)
    page.focus("#slider")
    page.keyboard.press("ArrowRight")
    assert counter(page).startswith("1 of")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert counter(page) == "13 of 14"


def test_a_step_of_the_list_can_be_chosen(show):
    trace = small().steps().trace
    page = show(trace)
    page.locator("#steps button").nth(6).click()
    assert counter(page).startswith("7 of")
    assert page.text_content("#text") == trace["steps"][6]["text"]


def test_play_runs_to_the_end_and_begins_again(show):
    page = show(small().steps().trace)
    page.clock.install()
    page.select_option("#speed", "4")
    page.click("#play")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    page.clock.run_for(60_000)
    assert counter(page) == "14 of 14"
    assert page.get_attribute("#play", "aria-label") == "Play"
    page.click("#play")
    assert counter(page) == "0 of 14"


def test_space_plays_and_pauses_even_after_a_click_on_a_button(show):
    page = show(small().steps().trace)
    page.clock.install()
    page.click("#next")
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    page.clock.run_for(2000)
    reached = counter(page)
    assert reached not in ("0 of 14", "1 of 14")
    page.keyboard.press("Space")
    page.clock.run_for(20_000)
    assert counter(page) == reached


def test_a_faster_speed_plays_faster(show):
    reached = {}
    for speed in ("0.5", "4"):
        page = show(small().steps().trace)
        page.clock.install()
        page.select_option("#speed", speed)
        page.click("#play")
        page.clock.run_for(3500)
        reached[speed] = int(counter(page).split()[0])
    assert 0 < reached["0.5"] < reached["4"]


def test_play_stops_at_a_breakpoint(show):
    trace = small().steps().trace
    page = show(trace)
    page.clock.install()
    node = next(node for node in trace["nodes"] if node["name"] == "b")
    page.locator(f"[data-node='{node['id']}']").click()
    assert page.get_attribute(f"[data-node='{node['id']}']", "aria-pressed") == "true"
    page.click("#play")
    page.clock.run_for(60_000)
    hit = next(k for k, s in enumerate(trace["steps"], 1) if s.get("parent") == node["id"])
    assert counter(page).startswith(f"{hit} of")
    page.focus(f"[data-node='{node['id']}']")
    page.keyboard.press("Enter")
    assert page.get_attribute(f"[data-node='{node['id']}']", "aria-pressed") == "false"


def test_numbers_are_written_as_in_the_steps(show):
    numbers = [
        0.0,
        -0.0,
        1.0,
        -12.0,
        1 / 3,
        1e-300,
        5e-324,
        1.7976931348623157e308,
        123456.0,
        1234567.0,
        100000.5,
        100001.5,
        99999.95,
        999999.5,
        9999995.0,
        0.0001,
        0.00001,
        0.000099999951,
        1e16,
        123456.5,
        0.5000005,
        2.5e-7,
        1e22,
        1e21,
        -1e100,
        0.1 + 0.2,
        1000000.0,
        65536.25,
        0.0001220703125,
        2**-20,
        2**-17,
        2**-13 * 1001,
        math.inf,
        -math.inf,
        math.nan,
    ]
    numbers += [math.sin(k) * 10.0 ** (k % 41 - 20) for k in range(300)]
    numbers += [(k + 0.5) * 2.0**-j for k in range(100000, 100040) for j in range(4)]
    nodes = [
        {
            "id": k,
            "name": f"n{k}",
            "kind": "leaf",
            "operation": None,
            "symbol": None,
            "value": number if math.isfinite(number) else str(number),
            "gradient": None,
        }
        for k, number in enumerate(numbers)
    ]
    trace = {
        "format": "twingrad-trace",
        "version": 1,
        "root": 0,
        "nodes": nodes,
        "edges": [],
        "steps": [],
    }
    page = show(trace)
    assert [value for value, _ in panel(page).values()] == [written(number) for number in numbers]


@pytest.mark.parametrize("label", EVIL)
def test_an_evil_label_is_text_and_nothing_else(show, label):
    a, b = Value(2.0, label=label), Value(3.0, label="b")
    root = (a * b + a).tanh()
    root.label = label + "'"
    trace = json.loads(json.dumps(root.steps().trace))
    page = show(trace)
    for _ in trace["steps"]:
        page.click("#next")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, svg svg, iframe, #stage script").count() == 0
    names = page.eval_on_selector_all("#known th", "cells => cells.map(c => c.textContent)")
    assert json.dumps(names) == json.dumps([node["name"] for node in trace["nodes"]])


def test_the_frame_of_a_notebook_runs_the_page(browser):
    evil = Value(2.0, label=EVIL[2]) * Value(3.0, label=EVIL[0])
    trace = evil.steps().trace
    page = browser.new_page()
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.set_content(f"<h1>Notebook</h1>{draw_frame(trace)}")
    frame = page.frame_locator("iframe")
    frame.locator("#next").click()
    assert frame.locator("#text").text_content() == trace["steps"][0]["text"]
    assert page.evaluate("window.hacked") is None
    assert not [url for url in requests if not url.startswith("about:")]
    assert unescape(draw_frame(trace)).count("<iframe") == 1
    page.close()


def luminance(page, selector, what):
    red, green, blue = (
        int(each) / 255
        for each in page.eval_on_selector(
            selector, f"e => getComputedStyle(e).{what}.match(/\\d+/g).slice(0, 3)"
        )
    )
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_in_light_and_dark(show, scheme):
    page = show(small().steps().trace, color_scheme=scheme)
    for _ in range(9):
        page.click("#next")
    paper = luminance(page, "body", "backgroundColor")
    assert (paper > 0.5) == (scheme == "light")
    pairs = [
        (luminance(page, selector, "color"), luminance(page, ground, "backgroundColor"))
        for selector, ground in (
            ("#text", "body"),
            ("#phase", "body"),
            ("#local", "body"),
            (".legend p", "body"),
            ("#counter", "body"),
            ("#known td.value", "aside"),
            ("#known td.gradient", "aside"),
            ("#known .missing", "aside"),
            ("#steps button", "aside"),
            ("#known .changed", "#known .changed"),
            ("#play", "#play"),
        )
    ]
    pairs += [
        (luminance(page, selector, "fill"), luminance(page, ground, "fill"))
        for selector, ground in (
            (".operation .name", ".operation .card"),
            (".formula", ".operation .card"),
            (".operation .value", ".operation .card"),
            (".leaf .value", ".leaf .card"),
            (".operation .gradient", ".operation .card"),
            (".leaf .caption", ".leaf .card"),
            (".leaf .missing", ".leaf .card"),
            (".constant .name", ".constant .card"),
        )
    ]
    for one, other in pairs:
        assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4.5


def test_reduced_motion_stops_the_animation(show):
    page = show(small().steps().trace, reduced_motion="reduce")
    page.click("#next")
    style = "line => getComputedStyle(line).animationName"
    assert page.eval_on_selector(".edge.forward .line", style) == "none"
    moving = show(small().steps().trace, reduced_motion="no-preference")
    moving.click("#next")
    assert moving.eval_on_selector(".edge.forward .line", style) == "along"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844), (320, 568)])
def test_nothing_hangs_over_the_edge_of_the_window(show, width, height):
    trace = larger().steps().trace
    page = show(trace, viewport=size(width, height))
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in ("first", "back", "play", "next", "last", "slider", "speed", "counter"):
        box = page.locator(f"#{control}").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height


def test_no_text_of_a_card_hangs_over_its_edge_or_over_another(show):
    trace = larger().steps().trace
    for position in (0, len(trace["steps"])):
        page = show(trace)
        page.locator("#slider").fill(str(position))
        page.wait_for_function(f"counter.textContent.startsWith('{position} of')")
        wrong = page.evaluate("""() => {
          const wrong = [];
          for (const card of document.querySelectorAll('.node')) {
            const outer = card.querySelector('.card').getBoundingClientRect();
            const boxes = [...card.querySelectorAll('text')].map(t => t.getBoundingClientRect());
            for (const box of boxes) {
              if (box.left < outer.left || box.right > outer.right) wrong.push(card.textContent);
              for (const other of boxes) {
                const apart = box.right <= other.left || other.right <= box.left
                  || Math.abs(box.top - other.top) > 6;
                if (box !== other && !apart) wrong.push(card.textContent);
              }
            }
          }
          return wrong;
        }""")
        assert wrong == []


def test_every_control_has_a_name_and_shows_its_focus(show):
    page = show(small().steps().trace)
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('button, input, select, [role=button], section')]"
        ".filter(e => !e.getAttribute('aria-label') && !e.textContent.trim()).length"
    )
    assert unnamed == 0
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_graph_without_steps_is_a_page_too(show):
    page = show((Value(2.0, requires_grad=False) * 3.0).steps().trace)
    assert counter(page) == "0 of 0"
    for key in ("ArrowRight", "Space", "End", "ArrowLeft"):
        page.keyboard.press(key)
    assert list(panel(page).values()) == [("6.0", "constant")]
    assert page.get_attribute("#play", "aria-label") == "Play"


def test_steps_of_another_kind_are_shown(show):
    trace = json.loads(json.dumps(small().steps().trace))
    update = {"kind": "other", "node": 0, "text": "a = a - 0.1 * 2.0 = 1.8", "value": 1.8}
    count = {"kind": "other", "node": None, "text": "t = t + 1 = 1"}
    trace["steps"] += [update, count]
    page = show(trace)
    page.keyboard.press("End")
    assert page.text_content("#text") == count["text"]
    assert page.locator(".node.current").count() == 0
    page.keyboard.press("ArrowLeft")
    assert page.text_content("#text") == update["text"]
    assert page.get_attribute(".node.current", "data-node") == "0"
    assert panel(page)[0][0] == "1.8"
    assert page.inner_text("#phase") == "Afterwards"


def test_an_update_is_shown_with_its_numbers(show):
    stepper, _, _ = stepped()
    trace = stepper.trace
    page = show(trace)
    for position, step in enumerate(trace["steps"][8:], start=9):
        page.evaluate(
            "([k]) => { slider.value = k; slider.dispatchEvent(new Event('input')) }", [position]
        )
        assert page.inner_text("#phase") == step["heading"]
        assert page.text_content("#text") == step["text"]
        parts = page.eval_on_selector_all(
            "#parts > div",
            "cells => cells.map(c => [c.children[0], c.children[1]])"
            ".map(pair => pair.map(each => each.textContent))",
        )
        assert parts == [
            *[[name, written(number)] for name, number in step["operands"]],
            [step["name"], f"{written(step['before'])}→{written(step['after'])}"],
        ]
        assert page.get_attribute(".node.current", "data-node") == str(step["node"])
        (changed,) = page.eval_on_selector_all(
            "#known .changed",
            "cells => cells.map(c => [...c.parentNode.children].map(each => each.textContent))",
        )
        quantity = step.get("quantity")
        symbol = step["name"] if quantity is None else trace["quantities"][quantity]["symbol"]
        assert changed[:2] == [symbol, written(step["after"])]
        assert within(page, "#known .changed", "#known-scroll")
        assert page.get_attribute("#steps [aria-current]", "class").split() == ["update", "done"]
    page.keyboard.press("Home")
    rows = page.eval_on_selector_all("#known tr", "rows => rows.map(row => row.innerText)")
    start = rows.index("Update of w")
    assert [row.strip() for row in rows[start + 1 : start + 4]] == [
        "g\tnot computed",
        "m\t0.0",
        "v\t0.0",
    ]


def test_a_branch_of_an_update_says_why_it_is_taken(show):
    stepper, _, _ = stepped(optim.SGD, momentum=0.9)
    page = show(stepper.trace)
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.text_content("#local") == "since t == 1"


def test_play_stops_where_an_update_sets_the_weight_of_a_breakpoint(show):
    stepper, _, _ = stepped(optim.SGD)
    page = show(stepper.trace)
    page.clock.install()
    page.click('.node[data-node="0"]')
    page.evaluate("slider.value = 8; slider.dispatchEvent(new Event('input'))")
    page.click("#play")
    page.clock.run_for(60_000)
    assert page.text_content("#text").startswith("w = w - lr * g")


def test_an_update_of_what_is_not_in_the_graph_is_shown(show):
    root, _, _ = neuron()
    parameter = Tensor([1.0], requires_grad=True)
    parameter.grad = Tensor([0.5])
    stepper = root.steps()
    stepper.extend(optim.SGD([parameter], lr=0.5).steps())
    page = show(stepper.trace)
    page.keyboard.press("End")
    assert page.locator(".node.current").count() == 0
    assert page.text_content("#known .changed") == "0.75"
    assert page.inner_text("#phase") == "Update 1 of w[0] by SGD"


def test_an_example_begins_with_its_introduction_and_ends_with_its_conclusion(show):
    stepper = EXAMPLES["vanishing"].steps()
    page = show(stepper.trace)
    assert "The vanishing gradient" in page.inner_text("#text")
    assert page.inner_text("#conclusion") == ""
    page.keyboard.press("End")
    assert "layer" in page.inner_text("#conclusion")
    assert len(page.inner_text("#conclusion").splitlines()) == 13
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#conclusion") == ""


def test_a_named_constant_is_called_one_in_the_table(show):
    page = show(EXAMPLES["2-1-1"].steps().trace)
    page.keyboard.press("End")
    constants = [numbers[1] for numbers in panel(page).values() if numbers[1] == "constant"]
    assert len(constants) == 3  # x1, x2 and t
