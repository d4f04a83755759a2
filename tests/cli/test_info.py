"""``twingrad info``: what it finds, in words and as JSON."""

import json
import subprocess
import sys
from importlib import metadata

import pytest
from typer.testing import CliRunner

import twingrad
from support.commands import run
from twingrad.cli import app
from twingrad.engine import installation
from twingrad.tensor.compiler import blas


def info(*words):
    result = CliRunner().invoke(app, ["info", *words])
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path / "twingrad"


def test_it_tells_everything_as_json(folder):
    found = json.loads(info("--json"))
    assert [*found] == ["versions", "system", "processor", "cores", "blas", "cache", "extras"]
    assert found["versions"]["twingrad"] == twingrad.__version__
    for name in ("numpy", "numba", "scipy", "llvmlite"):
        assert found["versions"][name] == metadata.version(name)
    assert found["blas"]["description"] == blas.description()
    assert found["cache"] == {"folder": str(folder), "entries": 0, "bytes": 0}
    assert found["extras"]["cli"] == {"missing": []}


def test_it_tells_the_same_in_words(folder):
    text = info()
    for part in (twingrad.__version__, metadata.version("numba"), blas.description(), str(folder)):
        assert part in text
    assert "0 entries, 0 B" in text
    assert all(not line.endswith(" ") for line in text.splitlines())


def test_entries_of_both_kinds_are_counted_and_nothing_else(folder):
    (folder / "twingrad_kernel_ab").mkdir(parents=True)
    (folder / "twingrad_kernel_ab" / "twingrad_kernel_ab.py").write_bytes(b"x" * 1000)
    (folder / "twingrad_cd.bin").write_bytes(b"x" * 500)
    (folder / "half.tmp").write_bytes(b"x" * 10)
    assert json.loads(info("--json"))["cache"] == {
        "folder": str(folder),
        "entries": 2,
        "bytes": 1510,
    }
    assert "2 entries, 1.51 kB" in info()


def test_a_compiled_step_is_an_entry(folder):
    @twingrad.compile
    def step(x):
        return (x * x).sum()

    for _ in range(2):
        step(twingrad.ones(3))
    assert json.loads(info("--json"))["cache"]["entries"] == 1


def test_what_is_missing_is_named_with_what_installs_it(monkeypatch):
    needed = ["numpy>=2", 'rich>=13; extra == "cli"', 'twingrad[cli]; extra == "lab"']
    needed += ['no-such-package>=1; extra == "tune"', "twingrad[cli,tune]; extra == 'all'"]
    monkeypatch.setattr(installation.metadata, "requires", lambda name: needed)
    assert installation.extras() == {
        "cli": [],
        "lab": [],
        "tune": ["no-such-package"],
        "all": ["no-such-package"],
    }
    text = info()
    assert '[tune]     without no-such-package: pip install "twingrad[tune]"' in text
    assert "[lab]      installed" in text


def test_what_is_not_installed_is_told_and_stops_nothing(monkeypatch):
    def fail(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(installation.metadata, "version", fail)
    monkeypatch.setattr(installation.metadata, "requires", fail)
    found = json.loads(info("--json"))
    assert found["versions"]["numba"] is None
    assert found["extras"] == {}
    assert "Numba (missing)" in info()


def test_the_compiler_is_not_imported_for_it():
    code = (
        "import sys; from twingrad.cli import app; sys.argv[1:] = ['info'];"
        "app(standalone_mode=False);"
        "print([m for m in ('numba', 'llvmlite', 'scipy', 'twingrad.nn') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_it_is_a_command():
    ran = run("info", "--help")
    assert ran.returncode == 0
    assert "--json" in ran.stdout
