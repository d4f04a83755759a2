"""The pytest plugin: what it tells, and that it is silent and free where nobody asks for it."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec

import pytest

# what is loaded here is not loaded by each run, as NumPy cannot be
import twingrad.testing.plugin  # noqa: F401

pytest_plugins = ["pytester"]

pytestmark = pytest.mark.skipif(
    not entry_points(group="pytest11", name="twingrad"),
    reason='pytest does not know the plugin yet: run pip install -e ".[dev]" again',
)

RIGHT = """
    from twingrad import testing

    def test_square():
        testing.gradcheck(lambda x: x * x, 3.0)
        testing.gradcheck(lambda x: abs(x), 0.0)
"""
TRIPLED = """
    import numpy as np
    import twingrad
    from twingrad import testing

    class Doubled(twingrad.Primitive):
        def forward(self, x):
            return 2 * x

        def backward(self, gradient, call):
            return (3 * gradient,)

    doubled = Doubled()
"""


@pytest.fixture
def run(pytester, monkeypatch):
    monkeypatch.delenv("CI", raising=False)  # with it, pytest's summary repeats whole messages
    """Run pytest in this process on the text of a file."""

    def runner(text, *options):
        pytester.makepyfile(test_it=text)
        return pytester.runpytest("-p", "no:cacheprovider", *options)

    return runner


def section(result):
    """The lines of the report."""
    lines = result.outlines
    (start,) = [k for k, line in enumerate(lines) if re.fullmatch("=+ gradcheck =+", line)]
    stop = next(k for k in range(start + 1, len(lines)) if lines[k].startswith("="))
    return [line for line in lines[start + 1 : stop] if line]


def test_a_report_sums_up_each_test(run):
    result = run(RIGHT, "--gradcheck-report")
    heads, line = section(result)
    assert heads.split() == ["test", "derivatives", "found", "worst", "difference", "time"]
    assert re.match(r"test_it.py::test_square +2  1 ok, 1 at a kink +\S+  \d+\.\d\d s", line)
    result.assert_outcomes(passed=1)


def test_several_tests_are_added_up(run):
    result = run(RIGHT + RIGHT.replace("test_square", "test_again"), "--gradcheck-report")
    *_, total = section(result)
    assert re.match(r"all +4  2 ok, 2 at a kink ", total)


def test_without_the_option_nothing_is_said(run):
    result = run(RIGHT)
    assert "gradcheck" not in result.stdout.str()
    result.assert_outcomes(passed=1)


def test_where_no_test_checks_gradients_the_report_says_so(run):
    result = run("def test_nothing(): pass", "--gradcheck-report")
    assert section(result) == ["no test has checked a gradient with twingrad"]


def test_a_file_gets_the_same_as_json(run, pytester):
    result = run(RIGHT, "--gradcheck-report=found.json")
    tests = json.loads((pytester.path / "found.json").read_text())["tests"]
    found = tests["test_it.py::test_square"]
    assert found.pop("seconds") > 0
    assert 0 <= found.pop("worst_relative_difference") < 1e-6
    assert found == {
        "outcome": "passed",
        "checks": 2,
        "derivatives": 2,
        "verdicts": {"ok": 1, "at a kink": 1, "cannot tell": 0, "wrong": 0},
        "promises_broken": 0,
    }
    assert section(result)[-1] == f"written to {pytester.path / 'found.json'}"


@pytest.mark.parametrize("name", ["tests", "test_it.py"])
def test_a_name_that_could_be_that_of_a_test_is_refused(run, pytester, name):
    result = run(RIGHT, "--gradcheck-report", name)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [each for each in result.errlines if "--gradcheck-report" in each and "must" in each]
    assert f"it must be a file that ends in .json, got '{name}'" in line
    assert "from twingrad" in (pytester.path / "test_it.py").read_text()


def test_a_folder_that_is_missing_is_told_before_tests_run(run):
    result = run(RIGHT, "--gradcheck-report=nowhere/found.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert any("create " in line and "nowhere" in line for line in result.errlines)
    assert "passed" not in result.stdout.str()


def test_a_file_that_cannot_be_written_is_a_sentence_and_no_success(run, pytester):
    (pytester.path / "found.json").mkdir()
    result = run(RIGHT, "--gradcheck-report=found.json")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert section(result)[-1].startswith(
        "--gradcheck-report must be a file that can be written, got "
    )
    assert "(is a directory): " in section(result)[-1]
    result.assert_outcomes(passed=1)


def test_an_old_file_stays_where_a_new_one_cannot_be_written(run, pytester, monkeypatch):
    (pytester.path / "found.json").write_text("old")

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    result = run(RIGHT, "--gradcheck-report=found.json")
    assert "no space left on device" in section(result)[-1]
    assert (pytester.path / "found.json").read_text() == "old"
    assert [each.name for each in pytester.path.glob("*.tmp")] == []


def test_the_error_shows_the_report_and_not_our_code(run):
    result = run(
        TRIPLED
        + """
    def test_it():
        testing.gradcheck(lambda x: doubled(x).sin(), np.array([0.5, 1.0]))
"""
    )
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "E       " in text
    assert "gradcheck of f: 2 of 4 derivatives are wrong" in text
    assert "Operation 1 of 2 is wrong: doubled" in text
    assert "gradcheck.py" not in text
    assert text.count("Reproduce:") == 1


def test_an_assertion_about_a_report_shows_it(run):
    result = run(
        TRIPLED
        + """
    def test_it():
        right = testing.gradcheck(lambda x: x.sin(), 0.5, raise_exception=False)
        assert right
        assert testing.gradcheck(doubled, np.array([0.5, 1.0]), raise_exception=False)
"""
    )
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert re.search("^-+ gradcheck -+$", text, re.MULTILINE)
    assert "gradcheck of doubled: 2 of 4 derivatives are wrong" in text
    (line,) = [each for each in text.splitlines() if each.startswith("E       assert")]
    assert len(line) < 200


def test_another_failure_is_left_alone(run):
    result = run(
        TRIPLED
        + """
    def test_it():
        testing.gradcheck(doubled, 0.5, raise_exception=False)
        raise ValueError("something else")
"""
    )
    result.assert_outcomes(failed=1)
    assert "gradcheck of" not in result.stdout.str()


def test_what_is_wrong_is_counted(run):
    text = (
        TRIPLED
        + """
    def test_it():
        testing.gradcheck(doubled, np.array([0.5, 1.0]))
"""
    )
    result = run(text, "--gradcheck-report")
    assert "2 wrong" in section(result)[1]


def test_the_marker_is_known_and_chooses(run):
    text = """
    import pytest

    @pytest.mark.gradcheck
    def test_marked(): pass

    def test_other(): pass
    """
    result = run(text, "--strict-markers", "-m", "gradcheck")
    result.assert_outcomes(passed=1, deselected=1)


def test_property_tests_are_marked(run):
    pytest.importorskip("hypothesis")
    text = """
    from twingrad import testing

    @testing.gradcheck_property(x=(2,), max_examples=3)
    def test_square(x):
        return x * x

    def test_other(): pass
    """
    result = run(text, "--strict-markers", "-m", "gradcheck", "--gradcheck-report")
    result.assert_outcomes(passed=1, deselected=1)
    assert "test_square" in section(result)[1]


def test_it_can_be_switched_off(run):
    result = run(RIGHT, "-p", "no:twingrad")
    result.assert_outcomes(passed=1)
    refused = run(RIGHT, "-p", "no:twingrad", "--gradcheck-report")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR


def test_it_runs_with_warnings_as_errors_and_imported_by_importlib(run):
    options = ("-W", "error", "--import-mode=importlib", "--gradcheck-report")
    run(RIGHT, *options).assert_outcomes(passed=1)


def test_workers_hand_their_notes_over(run, pytester):
    if find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed")
    text = RIGHT + RIGHT.replace("test_square", "test_again")
    result = run(text, "-n", "2", "--gradcheck-report=found.json")
    assert {"test_it.py::test_square", "test_it.py::test_again", "all"} <= {
        line.split()[0] for line in section(result)[1:]
    }
    assert len(json.loads((pytester.path / "found.json").read_text())["tests"]) == 2


def test_a_start_of_pytest_imports_nothing_of_the_package(pytester):
    pytester.makepyfile("def test_nothing(): pass")
    code = (
        "import pytest, sys; pytest.main(['-q', '-p', 'no:cacheprovider']); "
        "print([m for m in sys.modules if m.split('.')[0] in ('twingrad', 'numba')], "
        "'twingrad_pytest' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[] True"


def test_tests_of_twingrad_that_check_no_gradients_do_not_load_the_checker(pytester):
    pytester.makepyfile("import twingrad\n\ndef test_nothing(): pass")
    code = (
        "import pytest, sys; pytest.main(['-q', '-p', 'no:cacheprovider']); "
        "print([m for m in sys.modules if m.startswith('twingrad.testing')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
