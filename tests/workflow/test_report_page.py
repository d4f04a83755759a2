"""The page of a report: what it says, that no text becomes markup, and how a browser shows it."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.browsers import chromium, watched
from support.markup import Parsed
from support.reports import UNTRAINED, history, of_classes, of_numbers, plane, untested
from twingrad.engine.drawing.words import one_line
from twingrad.workflow.report import write_report
from twingrad.workflow.report.numerals import ABSENT
from twingrad.workflow.report.page import page
from twingrad.workflow.report.palette import LIGHT
from twingrad.workflow.report.pictures import pictures_of

pytestmark = pytest.mark.usefixtures("coarse")

EVIL = (
    "</script><script>window.hacked = 1</script>",
    "</style><img src=x onerror='window.hacked = 1'>",
    '"><svg onload="window.hacked = 1">',
    "<!--<script>window.hacked = 1",
    "]]>&lt;\u2028\x00\ud800",
    "$x^2$ $\\frac$",
    "日本語 عربي 😀",
)
ALLOWED = {
    *("html", "head", "meta", "link", "title", "style", "body", "header", "main", "footer"),
    *("section", "h1", "h2", "h3", "p", "span", "strong", "b", "small", "pre", "div", "ul", "li"),
    *("dl", "dt", "dd", "figure", "figcaption", "table", "thead", "tbody", "tr", "th", "td", "img"),
    *("svg", "g", "defs", "path", "use", "text", "tspan", "clippath", "rect", "image"),
}
"""The elements of a page, as a browser names them; no script among them."""


def sections(contents, **pictures):
    """The text of each section by its heading, and of what is above the first."""
    text = Parsed(page(contents, pictures)).text
    names = ("Decisions", "Figures", "Training", "Test", "The decision boundary")
    names += ("Worst examples", "Model", "History")
    parts = re.split(rf"\n({'|'.join(names)})\n", text)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@pytest.fixture(scope="module")
def everything():
    """Contents of which a page shows all that it can, and their pictures."""
    contents = of_classes(boundary=plane(3))
    return contents, pictures_of(contents)


def test_the_page_says_all_that_there_is(everything):
    contents, pictures = everything
    parts = sections(contents, **pictures)
    assert [*parts][1:] == [
        "Decisions",
        "Figures",
        "Training",
        "Test",
        "The decision boundary",
        "Worst examples",
        "Model",
        "History",
    ]
    assert "twingrad train letters --seed 0" in parts[""]
    assert "Predicting letter: one of 3 classes" in parts[""]
    assert "The loss is cross-entropy." in parts["Decisions"]
    assert "0       Linear" in parts["Model"]
    assert "1.5 s" in parts["History"]  # what follows it


def test_what_there_is_nothing_of_has_no_section():
    bare = {"notes": [], "parts": {}, "metrics": {}, "model": " ", "command": "", "facts": {}}
    parts = sections(of_classes(**UNTRAINED, **untested(probabilities=None), **bare))
    assert [*parts] == [""]


def test_figures_are_a_row_each_with_a_column_for_each_part():
    metrics = {"train": {"loss": 0.00031, "accuracy": 1.0}, "test": {"loss": 0.25, "macro_f1": 0.5}}
    text = sections(of_classes(metrics=metrics))["Figures"]
    assert "|train|validation|test|" in text
    assert "rows|120|20|40|" in text
    assert f"loss|0.00031|{ABSENT}|0.25000|" in text
    assert f"macro F1|{ABSENT}|{ABSENT}|0.5" in text


def test_the_cells_of_the_confusion_matrix_are_counts_and_shares():
    truth, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    fields = {"truth": truth, "predicted": predicted, "probabilities": None}
    text = sections(of_classes(("no", "yes"), 4, **fields))["Test"]
    assert "no|267%|133%|67%|3|" in text
    assert "yes|0|1100%|100%|1|" in text
    assert "precision|100%|50%||4|" in text


def test_of_too_many_classes_the_most_confused_are_listed():
    truth = np.array([5, 5, 5, 6, 7])
    predicted = np.array([8, 8, 5, 6, 9])
    fields = {"truth": truth, "predicted": predicted, "probabilities": None}
    contents = of_classes([f"k{k}" for k in range(27)], 5, **fields)
    text = sections(contents)["Test"]
    assert "k5|k8|2|66.7%|" in text
    assert text.index("k5|k8") < text.index("k7|k9|1|100%|")
    assert "confusion" not in pictures_of(contents)
    right = of_classes([f"k{k}" for k in range(27)], 5, **{**fields, "predicted": truth})
    assert "None of the 5 test rows is answered wrong." in sections(right)["Test"]


def test_worst_examples_are_rows_of_the_source_the_surest_mistake_first():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.05, 0.95], [0.45, 0.55]])
    contents = of_classes(
        ("no", "yes"),
        4,
        truth=np.array([1, 0, 0, 1]),
        predicted=probabilities.argmax(axis=1),
        probabilities=probabilities,
        inputs=np.array([["a", 1.5], ["b", 2.25], ["c", None], ["d", 4]], dtype=object),
        rows=np.array([10, 20, 30, 40]),
    )
    wrong, unsure = sections(contents)["Worst examples"].split("The least certain")
    assert "3 wrong answers, the most certain first" in wrong
    assert re.findall(r"^(?:10|20|30|40).*", wrong, re.MULTILINE) == [
        "30|no|yes|95.0%|c|missing|",
        "10|yes|no|90.0%|a|1.50|",
        "20|no|yes|80.0%|b|2.25|",
    ]
    assert re.findall(r"^(\d\d)", unsure, re.MULTILINE) == ["40", "20", "10", "30"]


def test_the_largest_errors_of_a_regression_come_first():
    truth = np.array([1.0, 2.0, 3.0])
    predicted, inputs = np.array([1.5, np.nan, 0.0]), np.array([[1], [2], [3]])
    contents = of_numbers(3, truth=truth, predicted=predicted, inputs=inputs, features=("x",))
    text = sections(contents)["Worst examples"]
    assert re.findall(r"^[147].*", text, re.MULTILINE) == [
        "4|2|nan|nan|2|",
        "7|3|0.000|-3.000|3|",
        "1|1|1.500|0.500|1|",
    ]


def test_images_are_shown_as_images_that_say_their_row():
    contents = of_classes(inputs=np.random.default_rng(0).random((40, 8, 8)), features=())
    images = Parsed(page(contents, {})).all("img")
    wrong = int((contents.truth != contents.predicted).sum())
    assert len(images) == wrong + 12
    assert all(each["src"].startswith("data:image/png;base64,") for each in images)
    assert all(re.fullmatch(r"row \d+", each["alt"]) for each in images)


def test_a_long_history_is_shown_in_parts_with_its_best_epoch():
    short = Parsed(page(of_classes(epochs=20), {}))
    assert "20 epochs" in short.text
    assert "history.csv" not in short.text
    long = of_classes(history=history(5000), best_epoch=1234)
    parsed = Parsed(page(long, {}))
    assert "18 of 5,000 epochs; all are in history.csv. The best is marked" in parsed.text
    assert [each for each in parsed.all("tr") if each.get("class") == "marked"]
    assert "1,234" in parsed.text


def test_every_table_and_picture_says_what_it_is(everything):
    parsed = Parsed(page(*everything))
    named = parsed.all("table") + parsed.all("svg")
    assert len(named) == 10
    assert all(each["aria-label"] for each in named)
    assert len(parsed.all("figcaption")) == len(parsed.all("figure"))
    for cell in parsed.all("th"):
        assert cell["scope"] in ("row", "col")


def test_pictures_take_their_colours_from_the_page(everything):
    _, pictures = everything
    for picture in pictures.values():
        assert LIGHT["ink"] not in picture.svg
        assert "font-family" not in picture.svg
    assert "var(--ink)" in pictures["loss"].svg


def evil(**changes):
    """Contents whose every text is one that tries to become markup."""
    fields = {
        "title": EVIL[0],
        "command": "\n".join(EVIL),
        "target": EVIL[1],
        "notes": EVIL,
        "parts": {EVIL[2]: 3},
        "metrics": {EVIL[3]: {EVIL[0]: 1.0}},
        "model": "\n".join(EVIL),
        "history": history(2, **{EVIL[0]: EVIL[:2], EVIL[2]: [1, 2]}),
        "features": EVIL[:2],
        "inputs": np.array([EVIL[:2], EVIL[2:4]] * 20, dtype=object),
        "flow": [(k, dict.fromkeys(EVIL, 1.0)) for k in (1, 2)],
        "boundary": plane(len(EVIL)),
        "facts": {text: text for text in EVIL},
    }
    return of_classes(EVIL, **{**fields, **changes})


IMAGES = {"inputs": np.ones((40, 8, 8)), "boundary": None, **UNTRAINED}


def test_texts_of_every_field_stay_text():
    contents = evil()
    parsed = Parsed(page(contents, pictures_of(contents)))
    assert {name for name, _ in parsed.elements} <= ALLOWED
    for name, attributes in parsed.elements:
        assert not [key for key in attributes if key.startswith("on")]
        assert "src" not in attributes or attributes["src"].startswith("data:"), name
    for text in EVIL:
        assert one_line(text) in parsed.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=8), st.lists(st.text(max_size=8), min_size=2, max_size=5))
def test_any_text_stays_text(text, labels):
    contents = of_classes(
        labels, 3, title=text, target=text, notes=labels, facts={text: text}, **UNTRAINED
    )
    parsed = Parsed(page(contents, {}))
    assert {name for name, _ in parsed.elements} <= ALLOWED
    for each in [text, *labels]:
        assert one_line(each).strip() in parsed.text


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def show(browser, tmp_path):
    """Opens the report of contents."""
    with watched(browser) as opened:
        yield lambda contents, **options: opened(write_report(contents, tmp_path)[0], **options)


@pytest.mark.parametrize("changes", [{}, IMAGES], ids=["cells", "images"])
def test_no_text_runs_in_a_browser(show, changes):
    page = show(evil(**changes))
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.scripts.length") == 0
    assert page.inner_text("h1") == EVIL[0]


LONG = "one_very_long_name_without_any_space_in_it_" * 4
OUTPUTS = {
    "cells": of_classes([f"class number {k}" for k in range(26)], 300),
    "images": of_classes(inputs=np.ones((40, 8, 8)), **UNTRAINED),
    "numbers": of_numbers(boundary=plane(0), **UNTRAINED),
    "long names": of_classes(
        (LONG, LONG + "2"),
        title=LONG,
        target=LONG,
        command=LONG,
        notes=[LONG],
        features=(LONG, LONG),
        facts={LONG: LONG},
        boundary=plane(),
        **UNTRAINED,
    ),
}


@pytest.mark.parametrize("contents", OUTPUTS.values(), ids=OUTPUTS)
def test_only_tables_are_ever_scrolled_sideways(show, contents):
    page = show(contents)
    for width in (390, 800, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        cut = page.evaluate(
            "() => [...document.querySelectorAll('main *:not(.scroll *, .scroll, pre, svg *)')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML)"
        )
        assert not cut


def luminance(colour):
    red, green, blue = (int(each) / 255 for each in re.findall(r"\d+", colour)[:3])
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_texts_can_be_read_on_either_paper(show):
    page = show(of_classes())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        paper = luminance(page.eval_on_selector("body", "e => getComputedStyle(e).backgroundColor"))
        assert (paper > 0.5) == (scheme == "light")
        for selector in ("h1", "p", "figcaption", "td", "th", "dt", "strong", "pre", "small"):
            text = luminance(page.eval_on_selector(selector, "e => getComputedStyle(e).color"))
            lighter, darker = max(text, paper), min(text, paper)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, selector
        cell = page.eval_on_selector(".matrix .right", "e => getComputedStyle(e).backgroundColor")
        assert 0.1 < float(re.findall(r"[\d.]+", cell)[-1]) < {"light": 0.56, "dark": 0.48}[scheme]
        ink = luminance(page.eval_on_selector("svg text", "e => getComputedStyle(e).fill"))
        assert (ink > paper) == (scheme == "dark")


def test_words_of_pictures_stay_inside_and_apart(show):
    """Letters of the page are not those that the picture was laid out with."""
    page = show(of_classes(boundary=plane(3)), viewport={"width": 1200, "height": 800})
    boxes = page.evaluate(
        "() => [...document.querySelectorAll('figure > svg')].map(svg => {"
        " const all = [...svg.querySelectorAll('text')].map(t => t.getBoundingClientRect());"
        " const frame = svg.getBoundingClientRect();"
        " return [frame, ...all].map(b => [b.left, b.top, b.right, b.bottom]) })"
    )
    assert len(boxes) == 5
    for frame, *words in boxes:
        for left, top, right, bottom in words:
            assert frame[0] <= left
            assert right <= frame[2] + 0.5
            assert frame[1] - 0.5 <= top
            assert bottom <= frame[3] + 0.5
        for k, one in enumerate(words):
            for other in words[:k]:
                across = min(one[2], other[2]) - max(one[0], other[0])
                up = min(one[3], other[3]) - max(one[1], other[1])
                room = 0.35 * (one[3] - one[1])  # within the height of a line, around its letters
                assert across <= 0 or up <= room, (one, other)
