"""Functions by their names, and where code that is not ours goes wrong."""

import os
import re
import sys

import pytest

from twingrad.testing import named


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working directory of the test's own, whose modules are forgotten behind it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = {*sys.modules}
    yield tmp_path
    for name in {*sys.modules} - before:
        del sys.modules[name]


def write(folder, name, text):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


TEXT = "def double(x):\n    return 2 * x\n\nclass Box:\n    item = double\n"


@pytest.mark.parametrize("place", ["found_here.py", "./found_here.py", "found_here"])
def test_a_function_is_found_in_a_file_and_in_a_module(folder, place):
    write(folder, "found_here.py", TEXT)
    found = named.find(f"{place}:double")
    assert (found.name, found.found(3)) == ("double", 6)


def test_a_module_in_a_package_and_an_attribute_of_a_class_are_found(folder):
    write(folder, "parcel/__init__.py", "")
    write(folder, "parcel/inside.py", TEXT)
    assert named.find("parcel.inside:Box.item").found(3) == 6


def test_a_file_imports_its_neighbours(folder):
    write(folder, "there/neighbour.py", TEXT)
    write(folder, "there/asking.py", "from neighbour import double\n")
    assert named.find("there/asking.py:double").found(3) == 6


def test_a_file_may_be_called_as_a_module_that_is_in_use(folder):
    write(folder, "json.py", TEXT)
    before = sys.modules["json"]
    assert named.find("json.py:double").found(3) == 6
    assert sys.modules["json"] is before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("found_here.py", "a function must be given as MODULE:FUNCTION, got 'found_here.py': "),
        (":double", "a function must be given as MODULE:FUNCTION, got ':double'"),
        ("found_here:", "a function must be given as MODULE:FUNCTION, got 'found_here:'"),
        ("nothing.py:f", "MODULE must be a file or a module, got 'nothing.py': there is no such"),
        ("nothing:f", "there is no module 'nothing', seen from "),
        ("parcel.nothing:f", "there is no module 'parcel.nothing', seen from "),
        ("found_here.py:doubel", "found_here.py has no 'doubel': did you mean 'double'?"),
        ("found_here.py:Box.thing", "Box has no 'thing': it has item"),
        ("failing.py:f", "failing.py cannot be imported: ZeroDivisionError: division by zero ("),
        ("broken.py:f", "broken.py cannot be imported: SyntaxError: "),
        ("missing.py:f", "missing.py cannot be imported: ModuleNotFoundError: No module named "),
        ("ending.py:f", "ending.py ends the program when it is imported (ending.py, line 2): put"),
        ("parcel:f", "parcel has no 'f': it has no public names"),
        ("...:f", "... cannot be imported: TypeError"),
        (".:f", ". cannot be imported: TypeError"),
    ],
)
def test_what_cannot_be_found_is_a_sentence(folder, text, sentence):
    write(folder, "found_here.py", TEXT)
    write(folder, "failing.py", "\n\n1 / 0\n")
    write(folder, "broken.py", "def f(:\n")
    write(folder, "missing.py", "import no_such_module\n")
    write(folder, "ending.py", "import sys\nsys.exit(3)\n")
    write(folder, "parcel/__init__.py", "")
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        named.find(text)


def test_the_line_is_told_where_a_module_fails(folder):
    write(folder, "failing.py", "\n\n1 / 0\n")
    with pytest.raises(ValueError, match=r"\(failing.py, line 3\)$"):
        named.find("failing.py:f")


def test_a_file_that_may_be_meant_is_named(folder):
    write(folder, "there/found_here.py", TEXT)
    write(folder, "there/__init__.py", "raise ModuleNotFoundError(name='there.found_here')")
    with pytest.raises(
        ValueError, match=r"no module 'there.found_here', .* did you mean there.fou"
    ):
        named.find("there.found_here:double")


def test_what_a_module_that_fails_leaves_is_removed(folder):
    write(folder, "failing.py", "1 / 0\n")
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        named.find("failing.py:f")
    assert "failing" not in sys.modules


def caught(function, *arguments):
    try:
        function(*arguments)
    except Exception as error:
        return error


def test_the_line_of_an_error_is_the_innermost_one_of_the_module(folder):
    write(folder, "neighbour.py", "def fail():\n    raise KeyError('a')\n")
    write(folder, "asking.py", "import neighbour\n\ndef f():\n    neighbour.fail()\n")
    found = named.find("asking.py:f")
    error = caught(found.found)
    assert found.line_of(error) == "asking.py, line 4"
    assert named.said(error) == "KeyError: 'a'"
    assert found.line_of(ValueError("raised nowhere")) == ""


def test_the_line_is_that_of_the_function_where_a_package_only_hands_it_on(folder):
    write(folder, "parcel/__init__.py", "from .inside import f\n")
    write(folder, "parcel/inside.py", "def f():\n    return 1 / 0\n")
    found = named.find("parcel:f")
    assert found.line_of(caught(found.found)) == os.path.join("parcel", "inside.py") + ", line 2"


def test_code_of_this_package_has_no_line():
    found = named.find("twingrad:softmax")
    assert found.line_of(caught(found.found, 3)) == ""
