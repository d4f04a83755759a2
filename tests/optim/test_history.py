"""What training has measured, as data."""

import csv
import json
import math

import pytest

from twingrad import optim

ROWS = [
    {"epoch": 1, "loss": 0.5, "validation_loss": 0.75, "lr": 1e-3},
    {"epoch": 2, "loss": 0.25, "validation_loss": 0.5, "lr": 1e-3, "extra": 1},
    {"epoch": 3, "loss": 0.125, "validation_loss": 0.625, "lr": 1e-300},
]


def test_a_column_has_an_entry_for_each_epoch():
    history = optim.History(ROWS)
    assert history["loss"] == [0.5, 0.25, 0.125]
    assert history["extra"] == [None, 1, None]
    assert history.names == ["epoch", "loss", "validation_loss", "lr", "extra"]
    assert "extra" in history
    assert "accuracy" not in history
    assert len(history) == 3
    assert [*history] == history.rows == ROWS


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="there is no 'lss': there are epoch, loss"):
        optim.History(ROWS)["lss"]


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        (ROWS, 2),
        ([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}], 2),
        ([{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": math.nan}], 1),
        ([{"epoch": 1, "loss": math.nan}, {"epoch": 2, "loss": math.inf}], None),
        ([{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 1.0}], 1),
        ([{"epoch": 1, "loss": 0.1, "validation_loss": 3.0}, {"epoch": 2, "loss": 0.0}], 1),
        ([], None),
    ],
)
def test_the_best_epoch_is_the_first_with_the_lowest_loss(rows, best):
    assert optim.History(rows).best_epoch == best


def test_rows_are_copies():
    given = [{"epoch": 1, "loss": 0.5}]
    history = optim.History(given)
    history.rows[0]["loss"] = 3.0
    assert given == [{"epoch": 1, "loss": 0.5}]


def test_a_table_holds_every_digit(tmp_path):
    rows = [*ROWS, {"epoch": 4, "loss": 0.1 + 0.2, "validation_loss": math.nan, "lr": None}]
    optim.History(rows).to_csv(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="") as file:
        found = [*csv.DictReader(file)]
    assert [float(row["loss"]) for row in found] == [0.5, 0.25, 0.125, 0.1 + 0.2]
    assert float(found[2]["lr"]) == 1e-300
    assert [row["extra"] for row in found] == ["", "1", "", ""]
    assert math.isnan(float(found[3]["validation_loss"]))


def test_lines_are_json_that_any_reader_takes(tmp_path):
    rows = [*ROWS, {"epoch": 4, "loss": math.inf, "validation_loss": math.nan, "lr": 0.1}]
    optim.History(rows).to_jsonl(str(tmp_path / "history.jsonl"))

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    lines = (tmp_path / "history.jsonl").read_text().splitlines()
    found = [json.loads(line, parse_constant=refuse) for line in lines]
    assert found[:3] == ROWS
    assert found[3] == {"epoch": 4, "loss": None, "validation_loss": None, "lr": 0.1}


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    history = optim.History(ROWS)
    for write in (history.to_csv, history.to_jsonl):
        with pytest.raises(OSError, match="nowhere"):
            write(tmp_path / "nowhere" / "history")


def test_it_is_printed_as_a_table():
    assert str(optim.History([{"epoch": 1, "loss": 0.5}, {"epoch": 10, "loss": math.nan}])) == (
        "epoch  loss\n    1   0.5\n   10   nan"
    )
    assert repr(optim.History(ROWS[:1])) == "<History of 1 epoch: epoch, loss, validation_loss, lr>"
    assert str(optim.History()) == "no epochs"
    assert repr(optim.History()) == "<History of 0 epochs>"
