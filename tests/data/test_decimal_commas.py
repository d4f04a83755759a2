"""Files with decimal commas: which columns have them, and that later files are read alike."""

import json
import warnings

import numpy as np
import pytest

from twingrad.data import Preparation, Table, read_csv
from twingrad.data.numerals import numbers_with_commas
from twingrad.data.sources import delimited

NAN = np.nan


def read(folder, *lines, **options):
    path = folder / "table.csv"
    path.write_text("\n".join(lines))
    return read_csv(path, **options)


def cells(table):
    return {name: table.column(name).tolist() for name in table.names}


@pytest.mark.parametrize(
    ("lines", "expected", "commas"),
    [
        (["a;b", "1,5;x", "2;y"], {"a": [1.5, 2.0], "b": ["x", "y"]}, {"a"}),
        (["a\tb", "-1,5\t7", ",25\t8"], {"a": [-1.5, 0.25], "b": [7.0, 8.0]}, {"a"}),
        (["a;b", "1.234,56;1", "12;2"], {"a": [1234.56, 12.0], "b": [1.0, 2.0]}, {"a"}),
        (["a;b", "1.234;1", "1,5;2"], {"a": [1234.0, 1.5], "b": [1.0, 2.0]}, {"a"}),
        (["a;b", "1,5e3;?", "NA;2,5"], {"a": [1500.0, NAN], "b": [NAN, 2.5]}, {"a", "b"}),
        (["a;b", "1.234;1", "5.678;2"], {"a": [1.234, 5.678], "b": [1.0, 2.0]}, set()),
        (["a;b", "1.234;1,5", "5.678;2"], {"a": [1.234, 5.678], "b": [1.5, 2.0]}, {"b"}),
        (["a;b", "1,234;1", "12;2"], {"a": ["1,234", "12"], "b": [1.0, 2.0]}, set()),
        (["a;b", "1,234;1,5", "12;2"], {"a": [1.234, 12.0], "b": [1.5, 2.0]}, {"a", "b"}),
        (["a;b", "0,234;1", "12;2"], {"a": [0.234, 12.0], "b": [1.0, 2.0]}, {"a"}),
        (["a;b", "1,5;1", "2.5;2"], {"a": ["1,5", "2.5"], "b": [1.0, 2.0]}, set()),
        (["a;b", "1,234,567;1", "5,5;2"], {"a": ["1,234,567", "5,5"], "b": [1.0, 2.0]}, set()),
        (["a;b", "1.234.567;1", "5;2"], {"a": ["1.234.567", "5"], "b": [1.0, 2.0]}, set()),
        (["a;b", "0.123,5;1", "5;2"], {"a": ["0.123,5", "5"], "b": [1.0, 2.0]}, set()),
        (["a;b", "1,5;1", "old;2"], {"a": ["1,5", "old"], "b": [1.0, 2.0]}, set()),
        (["a;b", "1_0,5;1", "1;2"], {"a": ["1_0,5", "1"], "b": [1.0, 2.0]}, set()),
        (["a,b", '"1,5",1', '"2,5",2'], {"a": ["1,5", "2,5"], "b": [1.0, 2.0]}, set()),
        (["1,5;2", "3,5;4"], {"column 1": [1.5, 3.5], "column 2": [2.0, 4.0]}, {"column 1"}),
        (["a", "1,5", "12"], {"a": [1.5, 12.0]}, {"a"}),
        (["5,1;x", "4,9;y"], {"column 1": [5.1, 4.9], "column 2": ["x", "y"]}, {"column 1"}),
        ([";a", "0;1,5", "1;2,5"], {"a": [1.5, 2.5]}, {"a"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("block", [1, 1000])
def test_decimal_commas_are_read_column_by_column(
    tmp_path, monkeypatch, lines, expected, commas, block
):
    monkeypatch.setattr(delimited, "_BLOCK", block)
    table = read(tmp_path, *lines)
    assert repr(cells(table)) == repr(expected)
    assert table.decimal_commas == commas


def test_what_separates_decimals_can_be_said(tmp_path):
    lines = ["a;b", "1,5;1.234", "2,5;1.5"]
    assert cells(read(tmp_path, *lines, decimal=".")) == {"a": ["1,5", "2,5"], "b": [1.234, 1.5]}
    assert cells(read(tmp_path, *lines, decimal=",")) == {"a": [1.5, 2.5], "b": ["1.234", "1.5"]}
    grouped = read(tmp_path, "a|b", "1,234|1.234", decimal=",")
    assert cells(grouped) == {"a": [1.234], "b": [1234.0]}
    assert grouped.decimal_commas == {"a", "b"}


PRICES = ["n;price;size;area", *[f"{k};{k}.234,5;{k},5;2.{k}50" for k in range(1, 10)]]


def test_a_preparation_tells_of_decimal_commas(tmp_path):
    notes = Preparation.fit(read(tmp_path, *PRICES, target="n")).notes
    assert notes[1:3] == (
        "2 columns with decimal commas, 1,5 for 1.5: 'price', 'size'",
        "column 'area' has points and no comma, so 1.234 in it is 1.234: remove the points if "
        "1234 is meant",
    )


@pytest.mark.parametrize(
    ("cell", "number"), [("1.234", 1234.0), ("1,234", 1.234), ("7", 7.0), ("7,5", 7.5)]
)
@pytest.mark.parametrize("name", ["price", "size"])
def test_later_files_are_read_like_that_of_training(tmp_path, name, cell, number):
    preparation = Preparation.fit(read(tmp_path, *PRICES, target="n"))
    preparation = Preparation.from_dict(json.loads(json.dumps(preparation.to_dict())))
    other = {"price": "1,5", "size": "2,5", "area": "3.5", name: cell}
    rows = read(tmp_path, ";".join(other), ";".join(other.values()))
    plain = Table({"price": [1.5], "size": [2.5], "area": [3.5], name: [number]})
    both = read(tmp_path, ";".join(other), ";".join(other.values()), ";".join(other.values()))
    expected = preparation.inputs(plain)
    for table in (rows, both[1:]):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            np.testing.assert_array_equal(preparation.inputs(table), expected)
        sentences = [
            "Preparation: 1 column with decimal commas, as in training, 1,234 for 1.234 and 1.234 "
            f"for 1234: {name!r}"
        ]
        is_unclear = cell == "1.234"
        assert [str(each.message) for each in told] == sentences * is_unclear


def test_a_target_is_read_like_that_of_training(tmp_path):
    train = read(tmp_path, *PRICES, target="price")
    preparation = Preparation.fit(train)
    later = read(tmp_path, PRICES[0], "1;1.234;1,5;2.5")
    with pytest.warns(UserWarning, match="1 column with decimal commas, as in training"):
        y = preparation.apply(later).y
    assert preparation.inverse_target(y) == pytest.approx([1234.0])


def test_commas_that_might_separate_thousands_are_read_as_in_training(tmp_path):
    preparation = Preparation.fit(read(tmp_path, *PRICES, target="n"))
    later = read(tmp_path, "price;size;area", "1,234;2;3.5")
    assert later.column("price").tolist() == ["1,234"]
    plain = Table({"price": [1.234], "size": [2.0], "area": [3.5]})
    with pytest.warns(UserWarning, match="1,234 for 1.234 and 1.234 for 1234: 'price'"):
        x = preparation.inputs(later)
    np.testing.assert_array_equal(x, preparation.inputs(plain))


def test_categories_and_classes_with_commas_are_known_again(tmp_path):
    lines = ["size;t", *["38,5;1,5", "XL;other"] * 5]
    preparation = Preparation.fit(read(tmp_path, *lines, target="t"))
    data = preparation.apply(read(tmp_path, "size;t", "38,5;1,5", "38,5;1,5"))
    assert data.x.tolist() == [[1.0, 0.0]] * 2
    assert data.y.tolist() == [0, 0]


def test_columns_that_are_left_out_are_not_told_of(tmp_path):
    table = read(tmp_path, "a;b;t", "1,5;1;2", "2,5;2;4", "3,5;2;9", target="t").without("a")
    assert table.decimal_commas == frozenset()
    assert not any("commas" in note for note in Preparation.fit(table).notes)


def test_numbers_are_those_of_points():
    numbers = np.random.default_rng(0).standard_normal(200) * 10.0 ** np.arange(-5, 5).repeat(20)
    texts = [f"{number:,.9f}".translate(str.maketrans(",.", ".,")) for number in numbers]
    expected = [float(f"{number:.9f}") for number in numbers]
    np.testing.assert_array_equal(numbers_with_commas(texts), expected)
