"""Ctrl-C on a terminal while training: once, and twice."""

import re

from support.terminals import Terminal


def train(*words):
    return ("-m", "twingrad", "train", *words)


def test_on_a_terminal_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    words = ("moons", "--epochs", "20000", "--patience", "0", "--schedule", "constant")
    with Terminal(*train(*words), cwd=tmp_path) as terminal:
        terminal.wait_for_line("/20000")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.output
    said = re.sub(r"\s+", " ", terminal.text)
    found = re.search(
        r"twingrad train: interrupted after epoch (\d+) of 20000: go on with "
        r"twingrad train --resume runs/moons",
        said,
    )
    assert found, said
    assert int(found[1]) < 20000
    assert any((tmp_path / "runs/moons/checkpoints").iterdir())
    assert not (tmp_path / "runs/moons/report.html").exists()


def test_on_a_terminal_the_second_ctrl_c_does_not_wait_for_the_epoch(tmp_path):
    words = ("moons", "--backend", "scalar", "--batch-size", "1", "--hidden", "64,64")
    with Terminal(*train(*words), cwd=tmp_path) as terminal:
        terminal.wait_for_line("/100")
        terminal.type("\x03")
        terminal.wait_for_line("at once with another Ctrl-C")
        terminal.type("\x03")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.output
        said = " ".join(terminal.text.split())
        assert re.search(
            r"stopped at once: go on, from (step \d+|the beginning, as no checkpoint is there), "
            r"with twingrad train --resume runs/moons",
            said,
        )
