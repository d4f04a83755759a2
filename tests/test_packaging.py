"""The wheel: what it holds, what it installs, and that it works without the clone."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The built wheel; built from a copy, so that nothing is left in the clone."""
    folder = tmp_path_factory.mktemp("wheel")
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if files.returncode:
        pytest.skip("the tests do not run in a clone, so there is nothing to build a wheel from")
    for name in files.stdout.splitlines():
        if (ROOT / name).is_file():
            copy = folder / "source" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / name).read_bytes())
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", folder, folder / "source"],
        capture_output=True,
        text=True,
    )
    if built.returncode and "No matching distribution" in built.stderr:
        pytest.skip("the build needs setuptools, and no package index can be reached")
    assert built.returncode == 0, built.stderr
    (file,) = folder.glob("*.whl")
    return file


def test_the_wheel_holds_only_the_package(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    assert packages == {"twingrad", "twingrad_pytest.py"}
    seconds = {name.split("/")[1] for name in names if name.startswith("twingrad/")}
    assert not seconds & {"tests", "build", "README.md", "pyproject.toml"}
    assert "py.typed" in seconds


def test_the_wheel_holds_every_module_and_data_file(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    rooms = [
        room
        for room in (
            "benchmarks",
            "cli",
            "data",
            "engine",
            "lab",
            "nn",
            "optim",
            "tensor",
            "testing",
            "workflow",
        )
        if (ROOT / room).is_dir()
    ]
    for room in rooms:
        for file in (ROOT / room).rglob("*"):
            if file.suffix in {".py", ".html", ".css", ".js"}:
                assert f"twingrad/{file.relative_to(ROOT).as_posix()}" in names


def test_a_source_distribution_would_hold_the_whole_suite():
    listed = (ROOT / "MANIFEST.in").read_text().split()
    for folder in ("tests", "benchmarks", "docs"):
        assert folder in listed, f"MANIFEST.in leaves out {folder}"


def test_the_wheel_works_without_the_clone(wheel, tmp_path):
    code = (
        "import twingrad, sys; from twingrad import Value; "
        "x = Value(2.0); (x ** 3).backward(); "
        "assert twingrad.__file__.startswith(sys.argv[1]); "
        "assert '<script' in (x * x).steps().to_html(); print(x.grad)"
    )
    target = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(target)
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(target)!r}); {code}", target],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ran.stdout.strip() == "12.0", ran.stderr
