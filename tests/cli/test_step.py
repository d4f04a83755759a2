"""``twingrad step``: what it prints and writes, its sentences, its exit codes."""

import errno
import json
import os
import re
import resource
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import twingrad
from support.commands import TWINGRAD, refused_by, run
from twingrad.cli import app
from twingrad.engine.examples import EXAMPLES

NEURON = ["tanh(w*x + b)", "w=0.8", "x=2", "b=-1"]


def step(*arguments):
    return CliRunner().invoke(app, ["step", *map(str, arguments)])


def refused(result, code=2):
    return refused_by("step", result, code)


def test_all_steps_are_printed_without_colours_where_there_is_no_terminal():
    result = step(*NEURON)
    assert result.exit_code == 0
    w, x, b = (twingrad.Value(v, name) for v, name in [(0.8, "w"), (2.0, "x"), (-1.0, "b")])
    root = (w * x + b).tanh()
    root.label = "out"
    assert result.stdout == root.steps().to_text()
    assert "\x1b" not in result.stdout


def test_every_step_of_the_chain_rule_is_printed():
    lines = step(*NEURON).stdout.splitlines()
    wanted = "dout/dw += dout/dv1 * dv1/dw = 0.711578 * 2.0 = 1.42316"
    assert any(line.strip().startswith(wanted) for line in lines)


@pytest.mark.parametrize("text", ["-x*2", "-x", "--x*2", "-(x)", "-tanh(x)+1"])
def test_an_expression_may_begin_with_a_minus_sign(text):
    assert step(text, "x=1").exit_code == 0


@pytest.mark.parametrize(
    ("word", "value"), [("x=-1", -1.0), ("x=pi/2", 1.5708), ("x=1e-3", 0.001), ("x=-inf", "-inf")]
)
def test_numbers_may_be_negative_and_expressions(word, value):
    trace = json.loads(step("x*2", word, "--json", "-").stdout)
    found = trace["nodes"][0]["value"]
    assert found == (value if isinstance(value, str) else pytest.approx(value, rel=1e-4))


def test_the_words_may_come_in_any_order():
    assert step("x=3", "x*2").stdout == step("x*2", "x=3").stdout


def test_two_dashes_end_the_options():
    assert step("--", "-x", "x=1").stdout == step("-x", "x=1").stdout


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_an_example_begins_with_its_description(name):
    result = step("--example", name)
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert text.startswith(EXAMPLES[name].description + " Forward ")


def test_the_numbers_of_an_example_can_be_replaced():
    assert "x1w1 = x1 * w1 = 2.0 * 0.5 = 1.0" in step("--example", "neuron", "w1=0.5").stdout


def test_the_vanishing_gradient_ends_with_a_table():
    lines = step("--example", "vanishing").stdout.splitlines()
    assert lines[-11].startswith("layer")
    assert lines[-1].split() == ["1", "2.78e-07", "1.0"]


def test_an_update_goes_on_behind_the_backward_pass(tmp_path):
    result = step(*NEURON, "--update", "SGD(w, b, lr=0.1)")
    assert result.exit_code == 0
    assert "Update 1 of w by SGD\n  g = dout/dw = 1.42316\n" in result.stdout
    assert "  w     0.8       1.42316    0.657684\n" in result.stdout
    file = tmp_path / "steps.json"
    assert step("--example", "neuron", "--update", "Adam(w1)", "--json", file).exit_code == 0
    assert json.loads(file.read_text())["steps"][-1]["heading"] == "Update 1 of w1 by Adam"


def test_wrt_prints_the_chain_of_one_derivative():
    text = step("--example", "2-1-1", "--wrt", "w1").stdout
    assert "dL/dw1 = dL/da2 * da2/dz2 * dz2/da1 * da1/dz1 * dz1/dw1 = " in text
    assert "dL/dw2" not in text
    assert "dL/dw3" not in text


def test_wrt_prints_every_chain_and_their_sum():
    text = step("w*x + w", "w=2", "x=3", "--wrt", "w").stdout
    assert (
        "Chains: 2\n  dout/dv1 * dv1/dw = 1.0 * 3.0 = 3.0\n  dout/dw along this edge = 1.0\n"
        in text
    )
    assert text.endswith("dout/dw = 3.0 + 1.0 = 4.0\n")
    assert "dout/dx" not in text


def test_a_long_sum_of_chains_is_shortened():
    text = step(" * ".join(["(x+x)"] * 10), "x=1", "--wrt", "x").stdout
    assert "Chains: 20" in text
    assert "+ ... +" in text


def test_wrt_counts_no_more_than_a_thousand_chains():
    text = "x"
    for _ in range(5):
        text = f"({text})*({text})*({text})*({text})"
    result = step(text, "x=1", "--wrt", "x")
    assert "more than 1000, not written out; dout/dx = 1024.0" in result.stdout


@pytest.mark.parametrize(
    ("option", "beginning"),
    [("--html", "<!doctype html>"), ("--svg", "<svg"), ("--dot", "digraph"), ("--json", "{")],
)
def test_a_view_is_written_and_said_to_be(tmp_path, option, beginning):
    file = tmp_path / "view"
    result = step(*NEURON, option, file)
    assert result.exit_code == 0
    assert file.read_text(encoding="utf-8").lower().startswith(beginning)
    assert re.fullmatch(re.escape(str(file)) + ": wrote .*\n", result.stdout)


def test_several_views_are_written_at_once(tmp_path):
    files = [tmp_path / "a.svg", tmp_path / "b.dot"]
    result = step(*NEURON, "--svg", files[0], "--dot", files[1])
    assert len(result.stdout.splitlines()) == 2
    assert all(file.exists() for file in files)


def test_a_dash_means_stdout_and_only_the_view_is_there(tmp_path):
    result = step(*NEURON, "--json", "-", "--svg", tmp_path / "a.svg")
    assert json.loads(result.stdout)["format"] == "twingrad-trace"
    assert result.stderr.endswith("a.svg: wrote a picture of the graph\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["foo(x)", "x=1"],
            "calls the unknown function 'foo' (the nearest is 'floor'): known functions are abs",
        ),
        (["w*x", "w=1"], "x has no value: add x=..."),
        (["x", "x=1", "z=2"], "z is given a number but does not occur in 'x'"),
        (["x*2", "x=1", "x=2"], "'x' is given a number twice"),
        (["x*2", "2x=3"], "'2x=3' is not of the form NAME=VALUE"),
        (["x*2", "x"], "there are 2 expressions, 'x*2' and 'x'"),
        (["x*2", "x="], "x has no number behind '='"),
        (["x*2", "x=abc"], "x must be a number, got 'abc'"),
        (["x^2", "x=1"], "uses '^', which is not a power here: write '**'"),
        (["x+", "x=1"], "is not a formula"),
        (["x.y", "x=1"], "'x.y', which is not allowed"),
        (["f(x)(x)", "x=1"], "which is not allowed"),
        (["(x\n+", "x=1"], "is not a formula"),
        (["--example", "foo"], "there is no example 'foo': choose one of neuron, 2-1-1, xor"),
        (["--example", "neuron", "q=1"], "q is not a parameter of this example"),
        (["x*2", "--example", "neuron"], "there are both --example neuron and the expression"),
        ([], "there is neither an expression nor --example"),
        (["x=1"], "there is neither an expression nor --example"),
        (["x*2", "x=1", "--wrt", "q"], "--wrt q: the graph has no 'q': it has x, out"),
        (["x*2", "x=1", "--wrt", "2.0"], "--wrt 2.0: the graph has no '2.0'"),
        (["--example", "2-1-1", "--wrt", "x1"], "--wrt x1: x1 is a constant here"),
        (["x if x > 0 else a", "x=1", "a=1", "--wrt", "a"], "not used in the branch"),
        (["x*2", "x=1", "--wrt", "x", "--svg", "a"], "--wrt x prints one derivative, and --svg"),
        (["x*2", "x=1", "--wrt", "x", "--update", "SGD"], "and --update goes on behind all"),
        (["x*2", "x=1", "--update", "SGD(q)"], "--update: 'q' is no leaf that has a gradient"),
        (["x*2", "x=1", "--update", ""], "--update: '' is no optimizer"),
        (["x*2", "x=1", "--svg", "a", "--dot", "./a"], "--svg and --dot both write to './a'"),
        (["x*2", "x=1", "--svg", "-", "--dot", "-"], "--svg and --dot both write to '-'"),
        (["x*2", "x=1", "--svg", ""], "--svg needs a file to write to, got ''"),
        (["x*2", "x=1", "--svgg", "a"], "there is no option '--svgg': the options are --example"),
    ],
)
def test_a_mistake_is_answered_with_one_sentence(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sentence in refused(step(*arguments))
    assert not list(tmp_path.iterdir())


def test_a_missing_directory_is_said_to_be_missing(tmp_path):
    sentence = refused(step(*NEURON, "--svg", tmp_path / "no" / "a.svg"), code=1)
    assert f"there is no directory '{tmp_path / 'no'}': create it first" in sentence


def test_a_directory_is_not_written_to(tmp_path):
    assert "it is a directory" in refused(step(*NEURON, "--svg", tmp_path), code=1)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "permission is denied"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (OSError(errno.EIO, "Input/output error"), "input/output error: nothing was changed"),
    ],
)
def test_a_file_that_cannot_be_written_is_left_as_it_was(tmp_path, monkeypatch, error, sentence):
    file = tmp_path / "a.svg"
    file.write_text("old")

    def fail(descriptor):
        raise error

    monkeypatch.setattr("twingrad.engine.files.os.fsync", fail)
    assert sentence in refused(step(*NEURON, "--svg", file), code=1)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_outgrows_its_limit_is_not_begun(tmp_path):
    file = tmp_path / "a.svg"
    ran = run(
        *["step", *NEURON, "--svg", str(file)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)),
    )
    assert ran.returncode == 1
    assert "file too large: nothing was changed" in ran.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device here")
@pytest.mark.parametrize("arguments", [[], ["--svg", "-"], ["--svg", os.devnull]])
def test_a_full_standard_output_is_answered_with_one_sentence(arguments):
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            [*TWINGRAD, "step", *NEURON, *arguments], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert ran.returncode == 1
    assert ran.stderr == (
        "twingrad step: the standard output cannot be written to: the disk is full\n"
    )


def test_a_reader_that_goes_away_ends_it_quietly():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        ran = subprocess.run(
            [*TWINGRAD, "step", *NEURON], stdout=pipe, stderr=subprocess.PIPE, text=True
        )
    assert (ran.returncode, ran.stderr) == (141, "")


def test_a_standard_output_of_ascii_is_printed_to(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    name = "\N{GREEK SMALL LETTER ALPHA}"
    ran = run("step", f"{name}*2", f"{name}=1", env=environment)
    assert ran.returncode == 0
    assert "\\u03b1" in ran.stdout
    ran = run("step", f"{name}*2", f"{name}=1", "--json", "-", env=environment, encoding="utf-8")
    assert name in ran.stdout


def test_the_help_of_step_names_every_option():
    text = run("step", "--help").stdout
    views = ("--html", "--svg", "--dot", "--json")
    for option in (*views, "--wrt", "--update", "--example", "NAME=VALUE"):
        assert option in text
    assert 'twingrad step "tanh(w*x + b)" w=0.8 x=2 b=-1' in text


def test_step_imports_no_compiler():
    code = (
        "import sys; from twingrad.cli import app; "
        "app(['step', 'x*x', 'x=2'], standalone_mode=False); "
        "print([name for name in ('numba', 'scipy') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("\n[]\n")
