"""Updates in the terminal: how one is asked for, and what is seen of it."""

import re

import pytest

from support.screens import press, seen
from support.updates import neuron, stepped
from twingrad import Tensor, optim
from twingrad.engine.typed import graph
from twingrad.lab.session import Session
from twingrad.lab.updating import append_update


def typed(text, **values):
    """The steps that an optimizer's text appends, in words."""
    stepper = graph("w * x + b", values or {"w": 3.0, "x": 2.0, "b": 1.0}).steps()
    passes = len(stepper)
    append_update(stepper, text)
    return [str(step) for step in stepper[passes:]]


def row(session, name):
    """The cells of the row for ``name``: how it is computed, and its numbers."""
    (line,) = [line for line in seen(session, 100, 40) if re.match(rf"[> ][● ]  {name}  ", line)]
    return re.split(r"  +", line.rstrip())[2:]


def test_a_line_of_an_update_shows_where_its_numbers_come_from():
    stepper, _, _ = stepped()
    session = Session(stepper, "a neuron")
    press(session, "j", "1", "0", "\r")
    lines = seen(session, 100, 40)
    assert lines[0].rstrip().endswith("update, step 10 of 20")
    assert lines[2].startswith("m = beta1 * m + (1 - beta1) * g = 0.9 * 0.0 + (1 - 0.9) * 1.42316")
    shown = "\n".join(lines)
    assert "part of   Update 1 of w by Adam" in shown
    assert "operands  beta1 = 0.9, g = 1.42316" in shown
    assert "result    m of w: 0.0 -> 0.142316" in shown
    assert row(session, "m of w") == ["beta1 * m + (1 - beta1) * g", "0.142316"]
    assert row(session, "v of w")[1:] == ["0.0"]
    assert row(session, "m_hat of w")[1:] == ["not computed"]


def test_the_weight_changes_in_the_row_of_its_node():
    stepper, _, _ = stepped()
    session = Session(stepper, "a neuron")
    press(session, "j", "1", "4", "\r")
    assert "result    w: 0.8 -> 0.7" in "\n".join(seen(session))
    assert row(session, "w") == ["given", "0.7", "1.42316"]
    press(session, "b")
    assert row(session, "w") == ["given", "0.8", "1.42316"]


def test_a_branch_says_why_it_is_taken():
    stepper, _, _ = stepped(optim.SGD, momentum=0.9)
    session = Session(stepper, "a neuron")
    press(session, "j", "1", "0", "\r")
    assert "branch    since t == 1" in "\n".join(seen(session))


def test_what_is_read_and_what_is_changed_is_highlighted():
    stepper, _, _ = stepped()
    session = Session(stepper, "a neuron")
    press(session, "j", "9", "\r")
    lines = seen(session, 100, 40, force_terminal=True, color_system="standard")
    (weight,) = [line for line in lines if "given" in line and "0.8" in line]
    (gradient,) = [line for line in lines if line.startswith("\x1b[1;33m>")]
    assert re.search(r"\x1b\[1;36m +1\.42316\x1b", weight)
    assert re.search(r"g of w.*\x1b\[1;30;43m +1\.42316\x1b", gradient)


def test_steps_appended_to_an_open_session_and_not_of_its_graph_are_shown():
    root, _, _ = neuron()
    session = Session(root.steps(), "a neuron")
    seen(session)
    parameter = Tensor([1.0], requires_grad=True)
    parameter.grad = Tensor([0.5])
    session.stepper.extend(optim.SGD([parameter], lr=0.5).steps())
    for _ in range(len(session.stepper)):
        press(session, "n")
        assert len(seen(session)) == 24
    assert row(session, r"w\[0\]") == ["w[0] - lr * g", "0.75"]
    press(session, "k", "\r")
    assert seen(session)[-1].startswith("r now stops wherever L gets its value or a gradient.")


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (5, 2)])
def test_every_screen_of_an_update_fills_the_terminal_exactly(size):
    width, height = size
    stepper, _, _ = stepped()
    session = Session(stepper, "a neuron")
    for _ in range(len(stepper) + 1):
        lines = seen(session, width, height)
        assert [len(line) for line in lines] == [width] * height
        press(session, "n")


@pytest.mark.parametrize("text", ["SGD(w, lr=0.1)", " SGD ( w , lr = 0.1, maximize=False)"])
def test_an_optimizer_is_typed_as_in_python(text):
    assert typed(text) == ["g = dout/dw = 2.0", "w = w - lr * g = 3.0 - 0.1 * 2.0 = 2.8"]


@pytest.mark.parametrize("text", ["SGD", "SGD()", "SGD(w, x, b)"])
def test_without_names_all_leaves_are_updated(text):
    assert [line.split()[0] for line in typed(text)] == ["g", "w", "g", "x", "g", "b"]


def test_options_may_be_pairs_and_truth_values():
    lines = typed("Adam(w, lr=0.1, betas=(0.5, 0.75), amsgrad=True)")
    assert lines[1] == "m = beta1 * m + (1 - beta1) * g = 0.5 * 0.0 + (1 - 0.5) * 2.0 = 1.0"
    assert any(line.startswith("v_max = maximum(v_max, v) = ") for line in lines)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"'' is no optimizer: write for example 'SGD\(w, b, lr=0.1\)'"),
        ("(" * 300, "is no optimizer: write for example"),
        ("SGD(", "is no optimizer: write for example"),
        ("optim.SGD(w)", "is no optimizer: write for example"),
        ("Sgd(w)", "there is no optimizer 'Sgd': choose one of .*SGD"),
        ("Optimizer(w)", "there is no optimizer 'Optimizer'"),
        ("LBFGS(w)", "there is no optimizer 'LBFGS'"),
        ("SGD(q)", "'q' is no leaf that has a gradient: choose among w, x, b$"),
        ("SGD(out)", "'out' is no leaf"),
        ("SGD(w * 2)", r"'w \* 2' in 'SGD\(w \* 2\)' is no name of a leaf"),
        ("SGD(*w)", r"'\*w' in 'SGD\(\*w\)' is no name of a leaf"),
        ("SGD(w, w)", "SGD: params must hold each parameter once"),
        ("SGD(w, rate=1)", "SGD has no option 'rate': its options are lr, momentum"),
        ("SGD(w, **x)", "SGD has no option None"),
        ("SGD(w, lr=x)", "lr=x is no value of an option"),
        ("SGD(w, lr={[]: 1})", "is no value of an option"),
        ("SGD(w, lr=-1)", "SGD: lr must be at least 0"),
        ("SGD(w, lr='a')", "SGD: lr must be a real number"),
    ],
)
def test_a_text_that_is_no_optimizer_is_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        typed(text)
