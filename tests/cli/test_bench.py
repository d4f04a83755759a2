"""``twingrad bench``: its table, its files, its sentences."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from support.commands import refused_by, run
from support.works import tiny
from twingrad.benchmarks import conductor, suite
from twingrad.benchmarks.conductor import Effort
from twingrad.benchmarks.peers import PEERS
from twingrad.benchmarks.process import cores
from twingrad.benchmarks.works import WORKS
from twingrad.cli import app


def bench(*words):
    return CliRunner().invoke(app, ["bench", *map(str, words)])


@pytest.fixture
def small(monkeypatch):
    """The suite with a work of a few steps, which ourselves, NumPy and one who is missing do."""
    effort = Effort(rounds=2, fill=0.001, pause=0.0, passes=2, warm=False)
    work = replace(tiny(), aims=WORKS["tiny-epoch"].aims)
    missing = replace(PEERS["PyTorch"], modules=("no_such_package",))
    peers = {**PEERS, "PyTorch": missing}
    monkeypatch.setattr(conductor, "PEERS", peers)
    monkeypatch.setattr(suite, "QUICK", effort)
    monkeypatch.setattr(suite, "WORKS", {"tiny-epoch": work})
    monkeypatch.setattr(
        suite, "peers_for", lambda work, quick: ["twingrad", "PyTorch", "NumPy by hand"]
    )


@pytest.mark.usefixtures("small")
def test_it_prints_a_table_and_writes_figures_and_a_picture(tmp_path):
    figures, drawn = tmp_path / "figures.json", tmp_path / "figures.png"
    result = bench("tiny-epoch", "--quick", "--json", figures, "--plot", drawn)
    assert result.exit_code == 0, result.output
    for part in (
        "twingrad",
        "NumPy by hand",
        "PyTorch: not installed: pip install no_such_package",
    ):
        assert part in result.stdout
    data = json.loads(figures.read_text())
    assert [bool(each["seconds"]) for each in data["results"]] == [True, False, True]
    assert data["aims"][0]["against"] == "NumPy by hand"
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert "tiny-epoch, 1 thread: twingrad" in result.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["tiny-epoc"], "there is nothing to measure called 'tiny-epoc': did you mean"),
        (["elephant"], "there is nothing to measure called 'elephant': choose from tiny-epoch"),
        (["--threads", "0"], "--threads must be whole numbers from 1 to"),
        (["--threads", cores() + 1], "--threads must be whole numbers from 1 to"),
        (["--threads", "one"], "--threads must be whole numbers from 1 to"),
        (["--json", "nowhere/figures.json"], "--json: 'nowhere/figures.json' cannot be written"),
        (["--plot", "figures.txt"], "--plot must be a file that ends in .png, .svg or .pdf"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_a_sentence(words, sentence):
    assert refused_by("bench", bench(*words)).startswith(sentence)


def test_its_help_names_every_work():
    text = " ".join(run("bench", "--help", env=None).stdout.replace("│", " ").split())
    for name in WORKS:
        assert name in text
