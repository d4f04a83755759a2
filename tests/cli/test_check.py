"""``twingrad check``: what it says of right, wrong and impossible functions, and its exit codes."""

import re
import sys
from importlib.util import find_spec

import pytest
from typer.testing import CliRunner

from support.commands import refused_by, run
from twingrad.cli import app
from twingrad.testing import trials

FUNCTIONS = """
import numpy as np
import twingrad
from twingrad import nn, testing


def huber(x):
    return twingrad.where(x.abs() < 1, 0.5 * x * x, x.abs() - 0.5)


class Doubled(twingrad.Primitive):
    def forward(self, x):
        return 2 * x

    def backward(self, gradient, call):
        return (3 * gradient,)


doubled = Doubled()


def wrong(x):
    return doubled(x).sin()


def scores(x, weight):
    return x @ weight


def loss(scores, target, reduction="mean"):
    return nn.functional.cross_entropy(scores, target, reduction=reduction)


def failing(x):
    if x.ndim < 3:
        raise KeyError("what")
    return x


def nowhere(x):
    return (-1 - x * x).log()


def constant():
    return 3


def second(x):
    return Cubed()(x)


class Cubed(twingrad.Primitive):
    saves = (0,)

    def forward(self, x):
        return x**3

    def backward(self, gradient, call):
        (x,) = call.inputs
        return (SquaredTimesThree()(x) * gradient,)


class SquaredTimesThree(twingrad.Primitive):
    saves = (0,)

    def forward(self, x):
        return 3 * x**2

    def backward(self, gradient, call):
        (x,) = call.inputs
        return (5 * x * gradient,)


model = nn.MLP(3, [2], 2, activation="tanh")
number = 3
by_hand = testing.from_numpy(np.sin, gradient=np.cos)
by_hand_wrong = testing.from_numpy(np.sin, gradient=lambda x: -np.cos(x))


class Layers:
    first = model[0]


def chatty(x):
    print("hello")
    return x.sin()


def drawing_lots(x):
    return x + np.random.default_rng().random()
"""


LOSS = ["--shape", "scores=2,3", "--values", "target=0,2"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working directory with a file of functions, which is forgotten behind the test."""
    (tmp_path / "functions.py").write_text(FUNCTIONS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def check(*words):
    sys.modules.pop("functions", None)
    return CliRunner().invoke(app, ["check", *map(str, words), "--examples", "10"])


def answered(*words):
    result = check(*words)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    (line,) = result.stdout.splitlines()
    return line


def refused(*words):
    return refused_by("check", check(*words))


@pytest.fixture(params=["hypothesis", "random numbers"])
def drawing(request, monkeypatch):
    """Examples drawn by Hypothesis, and those without it."""
    if request.param == "random numbers":
        monkeypatch.setattr(trials, "find_spec", lambda name: None)
    elif find_spec("hypothesis") is None:
        pytest.skip("hypothesis is not installed")


@pytest.mark.usefixtures("drawing")
@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["functions.py:huber"], "huber"),
        (["functions:huber", "--shape", "x=3,4"], "huber"),
        (["functions.py:scores", "--shape", "x=2,3", "--shape", "weight=3,2"], "scores"),
        (["functions.py:loss", *LOSS], "loss"),
        (["functions.py:loss", *LOSS, "--values=reduction=sum"], "loss"),
        (["functions.py:model", "--shape", "input=2,3"], "model"),
        (["functions.py:Layers.first", "--shape", "input=1,3", "--order", "2"], "first"),
        (["functions.py:by_hand"], "by_hand"),
        (["twingrad:huber", "--shape", "x=", "--values", "delta=0.5"], "huber"),
        (["twingrad:softmax", "--shape", "self=2,3", "--values", "dim=1"], "softmax"),
        (["twingrad:tanh", "--dtype", "float32"], "tanh"),
    ],
)
def test_what_is_right_is_one_line(words, name):
    line = answered(*words)
    assert re.match(rf"{name}: all \d+ derivatives at \d+ places are right", line)


def test_places_that_are_given_are_the_only_ones():
    assert answered("twingrad:abs", "--values", "x=0.0") == (
        "abs: the derivative at 1 place is right (1 at a kink)"
    )
    line = answered("twingrad:sin", "--shape", "x=2,1", "--values", "x=0.5,1.5")
    assert line.startswith("sin: all 4 derivatives at 1 place are right")


@pytest.mark.usefixtures("drawing")
def test_what_is_wrong_is_a_report_and_exit_code_1():
    result = check("functions.py:wrong")
    assert result.exit_code == 1
    assert "gradcheck of wrong: " in result.stdout
    assert "doubled" in result.stdout
    assert "Reproduce:" in result.stdout
    assert result.stderr == ""


def test_a_wrong_gradient_of_a_function_of_numpy_is_found():
    assert check("functions.py:by_hand_wrong").exit_code == 1


def test_second_derivatives_are_checked_where_they_are_asked_for():
    assert answered("functions.py:second", "--values", "x=0.5,2.0")
    result = check("functions.py:second", "--values", "x=0.5,2.0", "--order", "2")
    assert result.exit_code == 1
    assert "second derivative" in result.stdout


def test_the_same_seed_says_the_same():
    words = ["functions.py:wrong", "--seed", "5"]
    assert check(*words).stdout == check(*words).stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["functions.py"], "a function must be given as MODULE:FUNCTION, got 'functions.py': "),
        (["nothing.py:f"], "MODULE must be a file or a module, got 'nothing.py': there is no "),
        (["nothing:f"], "there is no module 'nothing', seen from "),
        (["functions.py:hubr"], "functions.py has no 'hubr': did you mean 'huber'?"),
        (["functions.py:number"], "number is of type int, and what is checked is a function or "),
        (["functions.py:Doubled"], "Doubled is a class, and what is checked is a function or a "),
        (["functions.py:constant"], "constant must have an input to differentiate by, got none: "),
        (
            ["functions.py:failing"],
            "failing raised KeyError: 'what' (functions.py, line 36): say what it takes, as in ",
        ),
        (
            ["functions.py:scores", "--shape", "x=2,3", "--shape", "weight=2,3"],
            "scores raised ValueError: matmul: ",
        ),
        (["functions.py:huber", "--shape", "y=3"], "huber has no argument 'y': its arguments are "),
        (["functions.py:huber", "--shape", "3,4"], "--shape must begin with the name of an "),
        (["functions.py:huber", "--shape", "x=a"], "--shape x must be sizes with commas between "),
        (["functions.py:huber", "--values", "x=1,b"], "--values x must be a number, got 'b'"),
        (
            ["functions.py:huber", "--values", "x=1,2", "--shape", "x=3"],
            "--values x must fill the shape (3,) of --shape, got 2 values: ",
        ),
        (["functions.py:huber", "--values", "x=1"], "huber must have an input to differentiate "),
        (["functions.py:huber", "--order", "3"], "--order must be 1 or 2, got '3'"),
        (["functions.py:huber", "--dtype", "int8"], "--dtype must be float64 or float32, got "),
        (["functions.py:huber", "--seed", "-1"], "--seed must be a whole number from 0, got '-1'"),
        (["functions.py:nowhere"], "none of "),
    ],
)
def test_what_cannot_be_checked_is_a_sentence(words, sentence):
    assert refused(*words).startswith(sentence)


@pytest.mark.usefixtures("drawing")
def test_what_a_function_raises_is_told_with_its_line():
    said = refused("functions.py:failing", "--shape", "x=2")
    assert said == (
        "failing raised KeyError: 'what' (functions.py, line 36): see whether it takes such "
        "shapes, numbers and dtypes"
    )


def test_what_a_function_prints_is_no_result():
    result = check("functions.py:chatty", "--values", "x=0.5")
    assert result.exit_code == 0
    assert result.stdout.startswith("chatty: the derivative at 1 place is right")
    assert "hello" in result.stderr


def test_a_random_function_is_said_to_be_one():
    said = refused("functions.py:drawing_lots")
    assert said.startswith("drawing_lots gives other results for the same inputs, ")


def test_numbers_of_examples_are_counted_from_1():
    result = CliRunner().invoke(app, ["check", "functions.py:huber", "--examples", "0"])
    assert refused_by("check", result).startswith("--examples must be a whole number from 1")


def test_a_file_that_cannot_be_imported_is_a_sentence(folder):
    (folder / "broken.py").write_text("import twingrad\n\n1 / 0\n")
    assert refused("broken.py:f") == (
        "broken.py cannot be imported: ZeroDivisionError: division by zero (broken.py, line 3)"
    )


def test_it_leaves_no_files(folder):
    before = {each.name for each in folder.iterdir()}
    ran = run("check", "functions.py:huber", "--shape", "x=2", "--examples", "5", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    after = {each.name for each in folder.iterdir()} - {"__pycache__"}
    assert after == before


def test_it_is_a_command():
    ran = run("check", "--help")
    assert ran.returncode == 0
    for word in ("--shape", "--values", "--order", "--dtype", "--examples", "--seed"):
        assert word in ran.stdout
    assert "Exit codes: 0 right, 1 wrong" in ran.stdout
