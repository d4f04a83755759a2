"""What the tests of runs have in common."""

import pytest

from twingrad.engine.files import write_text
from twingrad.workflow import ending


@pytest.fixture
def undrawn(monkeypatch):
    """Reports without pictures, which take longer than all else; gives what they are made from."""
    given = []

    def write(contents, folder):
        given.append(contents)
        write_text(folder / "report.html", contents.title)
        return [folder / "report.html"]

    monkeypatch.setattr(ending, "write_report", write)
    return given
