"""The page about checking gradients: what its doctests leave out."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from twingrad import testing
from twingrad.testing.observing import observed

PAGE = (Path(__file__).parents[1] / "docs" / "checking.md").read_text()


def blocks(kind):
    """The blocks of the page that are written in a language."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def without_errors(report):
    """A report without its estimates of errors, whose last digit hangs on the machine."""
    return re.sub(r" +\d+e-\d+ ", " ", report).replace("  ", " ")


def test_the_report_of_the_planted_bug_is_what_is_printed(tmp_path, monkeypatch):
    (script,) = [each for each in blocks("python") if "class Normalized" in each]
    (shown,) = [each for each in blocks("text") if each.startswith("gradcheck of loss")]
    (tmp_path / "losses.py").write_text(script)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(testing.GradientError) as caught:
        runpy.run_path("losses.py", run_name="__main__")
    assert without_errors(str(caught.value)) == without_errors(shown.rstrip("\n"))


@pytest.mark.parametrize("library", ["torch", "jax", "autograd"])
def test_functions_of_other_libraries_are_checked_as_shown(library, tmp_path):
    pytest.importorskip(library)
    (block,) = [each for each in blocks("python") if f"import {library}" in each]
    (tmp_path / "shown.py").write_text(block)
    reports = []
    with observed(reports.append):
        runpy.run_path(str(tmp_path / "shown.py"))
    assert reports
    assert all(report.ok for report in reports)
