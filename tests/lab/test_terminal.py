"""The stepper on a terminal: what the keys do, what is seen, and that the terminal is put back."""

import io
import os
import re
import signal
import termios

import pytest
from rich.console import Console

from support.screens import press, seen
from support.terminals import Terminal
from twingrad.engine.examples import EXAMPLES
from twingrad.engine.typed import graph
from twingrad.lab.session import Session
from twingrad.lab.terminal import split_keys


def session(text="tanh(w*x + b) + w", **values):
    values = values or {"w": 0.8, "x": 2.0, "b": -1.0}
    return Session(graph(text, values).steps(), text)


def row(session, name):
    """The cells of the row of the table for a node: its value and its gradient."""
    (line,) = [line for line in seen(session) if re.match(rf"[> ][● ]  {name} ", line)]
    return re.split(r"  +", line.rstrip())[-2:]


def test_before_the_first_step_only_the_leaves_are_known():
    before = session()
    assert row(before, "w") == ["0.8", "not computed"]
    assert row(before, "v1") == ["not computed", "not computed"]


def test_the_description_is_seen_before_the_first_step():
    example = EXAMPLES["neuron"]
    text = " ".join(seen(Session(example.steps(), "neuron")))
    assert "An artificial neuron with two inputs" in text


@pytest.mark.parametrize("key", ["right", " ", "n", "\r", "\n"])
def test_next(key):
    stepping = session()
    press(stepping, key)
    assert stepping.stepper.position == 1
    assert row(stepping, "v1") == ["1.6", "not computed"]


@pytest.mark.parametrize("key", ["left", "b", "p", "\x7f", "\x08"])
def test_back(key):
    stepping = session()
    press(stepping, "n", "n", key)
    assert stepping.stepper.position == 1
    assert row(stepping, "v2") == ["not computed", "not computed"]


@pytest.mark.parametrize(("key", "position"), [("G", 12), ("end", 12), ("g", 0), ("home", 0)])
def test_the_ends(key, position):
    stepping = session()
    press(stepping, "n", "n", key)
    assert stepping.stepper.position == position


def test_beyond_the_ends_there_is_a_message():
    stepping = session()
    press(stepping, "b")
    assert seen(stepping)[-1].startswith("This is the start")
    press(stepping, "G", "n")
    assert seen(stepping)[-1].startswith("This is the last step.")


def test_a_forward_step_shows_its_operands_and_its_value():
    stepping = session()
    press(stepping, "n")
    text = "\n".join(seen(stepping))
    assert "v1 = w * x = 0.8 * 2.0 = 1.6" in text
    assert "operands  w = 0.8, x = 2.0" in text
    assert "v1: not computed -> 1.6" in text


def test_a_backward_step_shows_where_every_number_comes_from():
    stepping = session()
    press(stepping, "j", "1", "1", "\r")
    text = "\n".join(seen(stepping))
    assert "upstream      dout/dv1 = 0.711578" in text
    assert "derivative    dv1/dw = x = 2.0" in text
    assert "contribution  0.711578 * 2.0 = 1.42316" in text
    assert "gradient      dout/dw: 1.0 -> 2.42316   = 1.0 + 1.42316" in text


def test_the_first_contribution_to_a_gradient_replaces_not_computed():
    stepping = session()
    press(stepping, "j", "7", "\r")
    assert any("dout/dw: not computed -> 1.0" in line for line in seen(stepping))


def test_the_changed_cell_is_marked_and_highlighted():
    stepping = session()
    press(stepping, "n")
    lines = seen(stepping, force_terminal=True, color_system="standard")
    (line,) = [line for line in lines if line.startswith("\x1b[1;33m>")]
    assert re.search(r"v1 .*w \* x .*\x1b\[1;30;43m +1\.6\x1b", line)


def test_a_constant_has_no_gradient():
    stepping = Session(EXAMPLES["2-1-1"].build().steps(), "2-1-1")
    press(stepping, "G")
    assert row(stepping, "x1") == ["1.0", "constant"]


@pytest.mark.parametrize(("answer", "position"), [("5", 5), ("12", 12), ("0", 0), ("-1", 12)])
def test_jump(answer, position):
    stepping = session()
    press(stepping, "j", *answer, "\r")
    assert stepping.stepper.position == position


@pytest.mark.parametrize("answer", ["13", "x", "1.5"])
def test_a_jump_to_nowhere_says_what_there_is(answer):
    stepping = session()
    press(stepping, "n", "j", *answer, "\r")
    assert stepping.stepper.position == 1
    assert seen(stepping)[-1].startswith(f"There is no step '{answer}': give 0 to 12.")


def test_an_answer_can_be_corrected_and_called_off():
    stepping = session()
    press(stepping, "j", "1", "9", "\x7f", "right")
    assert seen(stepping)[-1].startswith("jump to step (0 to 12): 1_")
    press(stepping, "\x1b", "n")
    assert stepping.stepper.position == 1


def test_run_stops_wherever_the_node_of_a_breakpoint_is_set():
    stepping = session()
    press(stepping, "k", "v", "1", "\r", "r")
    assert str(stepping.step) == "v1 = w * x = 0.8 * 2.0 = 1.6"
    press(stepping, "r")
    assert str(stepping.step).startswith("dout/dv1 += ")
    assert seen(stepping)[-1].startswith("Stopped at a breakpoint.")


def test_enter_puts_the_breakpoint_on_the_node_just_set_and_takes_it_away_again():
    stepping = session()
    press(stepping, "n", "k", "\r")
    assert any(line.startswith(">●  v1") for line in seen(stepping))
    press(stepping, "k", "\r", "r")
    assert stepping.stepper.position == len(stepping.stepper)
    assert seen(stepping)[-1].startswith("Ran to the end: there is no breakpoint")


def test_a_breakpoint_on_no_node_is_refused():
    stepping = session()
    press(stepping, "k", "z", "\r")
    assert seen(stepping)[-1].startswith("There is no node 'z'")


def test_the_keys_are_explained_and_any_key_goes_back():
    stepping = session()
    press(stepping, "?")
    assert any("set or clear a breakpoint" in line for line in seen(stepping))
    press(stepping, "n")
    assert stepping.stepper.position == 0


def test_an_unknown_key_says_where_the_keys_are():
    stepping = session()
    press(stepping, "z")
    assert seen(stepping)[-1].startswith("That key does nothing: ? lists the keys.")


def test_the_closing_table_is_offered_at_the_end():
    example = EXAMPLES["vanishing"]
    stepper = example.steps()
    stepping = Session(stepper, "vanishing")
    press(stepping, "G")
    assert "t shows a closing table" in seen(stepping)[-1]
    press(stepping, "t")
    assert any("2.78e-07" in line for line in seen(stepping))


@pytest.mark.parametrize("key", ["q", "\x03", "\x04"])
def test_quit(key):
    assert not session().press(key)


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_control_characters_quit_from_a_question_too(key):
    asking = session()
    press(asking, "j")
    assert not asking.press(key)


def test_the_table_moves_with_the_step():
    stepping = Session(EXAMPLES["vanishing"].build().steps(), "vanishing")
    for _ in range(len(stepping.stepper)):
        press(stepping, "n")
        name = stepping.stepper.names[stepping.step.target]
        assert any(re.match(rf">   {name} ", line) for line in seen(stepping))


def test_the_table_can_be_scrolled_within_its_bounds():
    stepping = Session(EXAMPLES["vanishing"].build().steps(), "vanishing")
    press(stepping, "down")
    assert any("2-14 of 62" in line for line in seen(stepping))
    press(stepping, *["up"] * 5)
    assert any("1-13 of 62" in line for line in seen(stepping))


@pytest.mark.parametrize(
    "size", [(80, 24), (100, 30), (40, 12), (20, 5), (5, 2), (1, 1), (300, 90)]
)
@pytest.mark.parametrize("name", list(EXAMPLES))
def test_every_screen_fills_the_terminal_exactly(name, size):
    width, height = size
    example = EXAMPLES[name]
    stepping = Session(example.steps(), name)
    for _ in range(len(stepping.stepper) + 1):
        lines = seen(stepping, width, height)
        assert len(lines) == height
        assert {len(line) for line in lines} == {width}
        press(stepping, "n")


def test_a_terminal_of_ascii_gets_ascii():
    stepping = session()
    press(stepping, "n", "k", "\r", "n")
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    Console(file=file, width=80, height=24, _environ={}).print(stepping, end="")
    file.flush()
    assert b" *  v1" in file.buffer.getvalue()
    assert b"?" not in file.buffer.getvalue().replace(b"? keys", b"")


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("jk", ["j", "k"]),
        ("\x1b[C\x1bOD", ["right", "left"]),
        ("\x1b[1~\x1b[F", ["home", "end"]),
        ("\x1b[1;5C", ["unknown"]),
        ("\x1b", ["\x1b"]),
        ("\N{GREEK SMALL LETTER ALPHA}\r", ["\N{GREEK SMALL LETTER ALPHA}", "\r"]),
    ],
)
def test_typed_bytes_are_split_into_keys(typed, keys):
    assert split_keys(typed) == keys


STEP = ("-m", "twingrad", "step", "tanh(w*x + b)", "w=0.8", "x=2", "b=-1")


def test_keys_step_on_a_terminal_there_and_back():
    with Terminal(*STEP) as terminal:
        terminal.wait_for("step 0 of 9")
        assert "not computed" in terminal.screen
        terminal.type("\x1b[C")
        terminal.wait_for("v1 = w * x = 0.8 * 2.0 = 1.6")
        terminal.type("n ")
        terminal.wait_for("step 3 of 9")
        terminal.type("\x1b[D")
        terminal.wait_for("step 2 of 9")
        terminal.type("G")
        terminal.wait_for("backward, step 9 of 9")
        terminal.type("j4\r")
        terminal.wait_for("dout/dout = 1.0")
        terminal.type("q")
        assert terminal.end() == 0
        assert terminal.is_restored()


@pytest.mark.parametrize("key", ["q", "\x03", "\x04"])
def test_the_terminal_is_put_back_after_quitting(key):
    with Terminal(*STEP) as terminal:
        terminal.wait_for("step 0 of 9")
        assert termios.tcgetattr(terminal.slave) != terminal.settings
        terminal.type(key)
        assert terminal.end() == 0
        assert terminal.is_restored()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_the_terminal_is_put_back_after_a_signal(number, code):
    with Terminal(*STEP) as terminal:
        terminal.wait_for("step 0 of 9")
        terminal.process.send_signal(number)
        assert terminal.end() == code
        assert terminal.is_restored()
        assert "Traceback" not in terminal.output


def test_the_terminal_is_put_back_after_an_exception():
    code = (
        "from twingrad.lab.session import Session\n"
        "from twingrad.lab.terminal import explore\n"
        "from twingrad.engine.typed import graph\n"
        "class Broken(Session):\n"
        "    def press(self, key):\n"
        "        raise ZeroDivisionError('on purpose')\n"
        "explore(Broken(graph('x*x', {'x': 2.0}).steps(), 'broken'))\n"
    )
    with Terminal("-c", code) as terminal:
        terminal.wait_for("step 0 of 4")
        terminal.type("n")
        assert terminal.end() == 1
        assert terminal.is_restored()
        assert "on purpose" in terminal.output.rpartition("\x1b[?1049l")[2]


def test_a_resize_draws_the_screen_again():
    with Terminal(*STEP) as terminal:
        terminal.wait_for("step 0 of 9")
        terminal.output = ""
        terminal.resize(100, 30)
        terminal.process.send_signal(signal.SIGWINCH)
        terminal.wait_for("? keys  q quit")
        assert [len(line) for line in terminal.lines] == [100] * 30
        terminal.type("q")
        assert terminal.end() == 0


def test_a_screen_is_drawn_over_the_last_one_without_clearing_it():
    with Terminal(*STEP) as terminal:
        terminal.wait_for("step 0 of 9")
        terminal.output = ""
        terminal.type("n")
        terminal.wait_for("step 1 of 9")
        assert "\x1b[2J" not in terminal.output
        terminal.type("q")
        terminal.end()


def test_a_terminal_that_cannot_be_drawn_on_gets_all_steps_as_text(monkeypatch):
    monkeypatch.setitem(os.environ, "TERM", "dumb")
    code = "import os, sys; os.environ['TERM'] = 'dumb'; sys.argv[0] = 'twingrad'; "
    run = "from twingrad.__main__ import main; main()"
    with Terminal("-c", code + run, *STEP[2:]) as terminal:
        assert terminal.end() == 0
        assert "dout/dw += dout/dv1 * dv1/dw" in terminal.output
        assert "\x1b" not in terminal.output
