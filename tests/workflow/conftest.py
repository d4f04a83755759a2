"""What the tests of runs have in common."""

import pytest

from support.running import flats, write_table
from twingrad.engine.files import write_text
from twingrad.workflow import ending
from twingrad.workflow.report import canvas, thumbnails


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


@pytest.fixture
def csv(tmp_path):
    """The path of a table of flats."""
    return write_table(tmp_path / "flats.csv", flats())


@pytest.fixture
def coarse(monkeypatch):
    """Pictures of few pixels, for tests that do not look at them: drawing takes long."""
    for module in (canvas, thumbnails):
        monkeypatch.setattr(module, "DPI", 50)
