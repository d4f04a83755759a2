"""What is told about columns: text that looks like numbers or dates, and numbers of rows."""

import numpy as np
import pytest

from twingrad.data import Preparation, Table
from twingrad.data.numerals import cure_of, likeness

NUMBERS = "look like numbers with {}: write plain numbers, such as 1234.5"
DATES = "look like dates: make numbers of dates, such as the year or the days since the first"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["12%", "7.5 %", "3"], NUMBERS.format("percent signs")),
        (["$5", "-$1.50"], NUMBERS.format("currency signs")),
        (["1,234", "999", "1,234,567.5"], NUMBERS.format("thousands separators")),
        (["1'234.50", "12"], NUMBERS.format("thousands separators")),
        (["2,5", "0,25"], NUMBERS.format("decimal commas")),
        (["$1,027.22", "$5"], NUMBERS.format("currency signs, thousands separators")),
        (
            ["1 234,5 €", "1\u202f234,5 EUR"],
            NUMBERS.format("currency signs, thousands separators, decimal commas"),
        ),
        (["2024-01-31", "2024-02-01T10:30:00Z", None], DATES),
        (["31.1.2024", "1.02.24 10:30"], DATES),
        (["12/31/1999 1:30 PM"], DATES),
        (["4-Mar-21", "Mar 4, 2021", "4 March 2021"], DATES),
        (["red", "blue"], ""),
        (["1", "2", "3"], ""),
        (["1", "2", "3+"], ""),
        (["192.168.0.1", "1.2.3", "A-12"], ""),
        (["12%", "a", "b"], ""),
        ([None], ""),
    ],
)
def test_text_that_looks_like_numbers_or_dates_is_told_apart(cells, expected):
    assert likeness(cells, np.arange(1, len(cells) + 1)) == expected


def test_what_does_not_fit_is_named_with_its_row():
    cells = ["12%", "13%", "unknown", "14%", "none"]
    assert "percent signs, all but 'unknown' in row 9: write" in likeness(cells, [7, 8, 9, 10, 11])


@pytest.mark.parametrize("text", ["1" * 50_000, "1,234" * 20_000, " " * 50_000, "+" + " " * 50_000])
def test_long_text_is_no_number(text):
    assert likeness([text + "x"], [1]) == ""
    assert cure_of(text).startswith("correct it")


def test_columns_that_are_left_out_say_what_they_look_like():
    shares = [f"{k / 10:.1f}%" for k in range(60)]
    days = [f"2024-{1 + k // 28:02}-{1 + k % 28:02}" for k in range(60)]
    few = ["$5", "$10"] * 30
    table = Table({"s": shares, "d": days, "few": few, "t": np.arange(60.0) ** 2}, target="t")
    assert Preparation.fit(table).notes[1:] == (
        "column 's' is left out: 60 different texts in 60 rows are no categories, and look like "
        "numbers with percent signs: write plain numbers, such as 1234.5",
        "column 'd' is left out: 60 different texts in 60 rows are no categories, and " + DATES,
        "column 'few' is taken for 2 categories, which look like numbers with currency signs: "
        "write plain numbers, such as 1234.5",
    )
    with pytest.raises(ValueError, match="got 60 different texts in 60 rows, which look like num"):
        Preparation.fit(table, target="s")
    with pytest.raises(ValueError, match="got 60 different texts in 60 rows, which look like dat"):
        Preparation.fit(table, target="d")
    with pytest.raises(ValueError, match=r"must hold numbers, got '0.0%' in row 1: write plain"):
        Preparation.fit(table, target="s", task="regression")


def test_thousands_among_plain_numbers_are_named_in_the_cure():
    table = Table({"a": [*map(str, range(970, 1000)), "1,000"], "t": np.arange(31) / 2}, target="t")
    with pytest.raises(ValueError, match=r"got '1,000' in row 31: write plain numbers, such as"):
        Preparation.fit(table)


@pytest.mark.parametrize("first", [0, 1])
def test_a_column_that_numbers_the_rows_is_told_of(first):
    count = np.arange(40)
    columns = {"id": count + first, "year": count + 1980, "x": count**2, "t": count**3}
    table = Table(columns, target="t")
    for rows in (slice(None), np.random.default_rng(0).permutation(40)[:30]):
        preparation = Preparation.fit(table[rows])
        assert preparation.features == ("id", "year", "x")
        assert preparation.notes[1:] == (
            "column 'id' numbers the rows, and is learned from all the same: leave it out, as it "
            "says nothing of new rows",
        )
    assert len(Preparation.fit(table.without("year", "x")).notes) == 1
