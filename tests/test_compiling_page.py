"""The page about the compiler shows the very code that is generated."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
SPEC = importlib.util.spec_from_file_location("make_source", DOCS / "make_source.py")
make_source = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(make_source)
PAGE = DOCS / "compiling.md"


@pytest.fixture(scope="module")
def source():
    return make_source.source_on(PAGE)


def without_blank_lines(text):
    return [line for line in text.split("\n") if line]


def test_the_page_shows_all_of_the_code_as_it_is(source):
    text = PAGE.read_text(encoding="utf-8")
    shown = make_source.code_on(text)
    assert without_blank_lines(shown) == without_blank_lines(source), (
        "the code has changed: run python docs/make_source.py, and read whether the words between "
        "still say what it does"
    )
    assert make_source.with_source(text, source) == text


def test_code_that_has_changed_is_written_into_the_page(source):
    text = PAGE.read_text(encoding="utf-8")
    other = source.replace("product_1", "product_7").replace("range(200)", "range(300)")
    written = make_source.with_source(text, other)
    assert without_blank_lines(make_source.code_on(written)) == without_blank_lines(other)
    assert make_source.with_source(written, source) == text


def test_code_without_the_parts_that_the_page_speaks_of_is_refused(source):
    text = PAGE.read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="the blocks of the page begin at the lines"):
        make_source.with_source(text, source.replace("# greatest_1 = amax", "# something"))


def test_no_line_of_the_code_is_too_long_to_read(source):
    assert max(map(len, source.split("\n"))) <= 100


def test_every_file_of_the_compiler_is_introduced_to_contributors():
    root = DOCS.parent
    page = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.partition("## How the compiler is built")[2].partition("\n## ")[0]
    rows = [line for line in table.split("\n") if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)(?:\.py|/)`", row)}
    there = {each.stem for each in (root / "tensor" / "compiler").glob("[a-z]*")}
    assert named == there
