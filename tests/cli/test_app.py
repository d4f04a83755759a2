"""The command ``twingrad``: what it says alone, its version, words that it does not know."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from support.commands import run
from twingrad import cli


def test_the_version_is_printed():
    assert run("--version").stdout == f"twingrad {version('twingrad')}\n"


def test_alone_it_names_every_command_and_its_panel():
    ran = run()
    assert ran.returncode == 0
    lines = ran.stdout.splitlines()
    for word in ("train", "predict", "evaluate", "show", "step", "check", "bench", "info"):
        assert any(line.startswith(f"\N{BOX DRAWINGS LIGHT VERTICAL} {word} ") for line in lines)
    for panel in ("Train a network, and use it", "Look into it", "Check it", "Measure it"):
        assert panel in ran.stdout
    assert "completion" not in ran.stdout


@pytest.mark.parametrize("words", [(), ("train",), ("show",), ("step",)])
def test_the_help_of_help_names_no_kind_of_value(words):
    (line,) = [each for each in run(*words, "--help").stdout.splitlines() if "--help " in each]
    assert "bool" not in line
    assert "Show this message and exit." in line


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_its_libraries_it_says_what_to_install(missing):
    code = f"import sys; sys.modules[{missing!r}] = None; import twingrad.__main__ as m; m.main()"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr == (
        'twingrad: the command line needs the extra "cli": pip install "twingrad[cli]"\n'
    )


@pytest.mark.parametrize(
    ("arguments", "command", "sentence"),
    [
        (["step", "x*2", "x=1", "--svg"], "twingrad", "requires an argument"),
        (["walk"], "twingrad", "No such command 'walk'"),
        (["--walk"], "twingrad", "--walk"),
        (["train", "--epoch", "3"], "twingrad train", "--epochs"),
        (["train", "iris", "wine"], "twingrad train", "wine"),
        (["predict", "runs/iris"], "twingrad predict", "DATA"),
    ],
)
def test_a_command_line_that_cannot_be_read_is_answered_with_one_sentence(
    arguments, command, sentence, monkeypatch, capsys
):
    monkeypatch.setattr(sys, "argv", ["twingrad", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.run()
    ran = capsys.readouterr()
    assert (ended.value.code, ran.out) == (2, "")
    (line,) = ran.err.splitlines()
    assert line.startswith(f"{command}: ")
    assert line.endswith(f"; see {command} --help")
    assert sentence in line


def test_a_command_imports_what_it_needs_and_no_more():
    code = (
        "import sys; import twingrad.cli; names = ('data', 'nn', 'optim', 'workflow', 'lab'); "
        "print([name for name in names if f'twingrad.{name}' in sys.modules], "
        "[name for name in ('pandas', 'matplotlib', 'sklearn', 'numba') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[] []\n"


def test_a_command_that_is_interrupted_says_so(monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("twingrad.cli.show.check_run", stop)
    monkeypatch.setattr(sys, "argv", ["twingrad", "show", "runs/iris"])
    with pytest.raises(SystemExit) as ended:
        cli.run()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "twingrad show: interrupted\n"
