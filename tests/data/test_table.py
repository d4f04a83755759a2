"""Tables: columns of numbers and of text by name."""

import numpy as np
import pytest

from twingrad.data import Table


def test_columns_are_numbers_or_text_and_none_is_missing():
    table = Table({"a": [1, None, 2.5], "b": ["x", None, "y"], "c": [True, False, None]})
    np.testing.assert_array_equal(table.column("a"), [1.0, np.nan, 2.5])
    assert table.column("b").tolist() == ["x", None, "y"]
    assert table.column("c").tolist() == ["True", "False", None]
    assert (table.names, table.shape, len(table)) == (("a", "b", "c"), (3, 3), 3)


def test_a_column_without_any_cell_is_numbers():
    assert np.isnan(Table({"a": [None, None]}).column("a")).all()


def test_parts_keep_the_numbers_of_rows():
    table = Table({"a": [1.0, 2.0, 3.0]}, target="a", name="t")
    part = table[[2, 0]][1:]
    assert part.column("a").tolist() == [1.0]
    assert part.numbers.tolist() == [1]
    assert (part.target, part.name) == ("a", "t")


def test_columns_are_left_out_and_the_target_with_them():
    table = Table({"a": [1.0], "b": [2.0]}, target="a")
    assert table.without("b").names == ("a",)
    assert table.without("a").target is None
    assert table.with_target("b").target == "b"


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ({"a": [1.0, "x"]}, TypeError, "'a' must be all numbers or all text, got 'x' in row 2"),
        ({"a": [1.0, object()]}, TypeError, "'a' must be numbers or text, got object .* in row 2"),
        ({"a": [1j]}, TypeError, "'a' must be numbers or text, got complex 1j in row 1"),
        ({"a": "text"}, TypeError, "'a' must be a sequence of cells, got 'text'"),
        ({"a": 5}, TypeError, "'a' must be a sequence of cells, got 5"),
        ({1: [1.0]}, TypeError, "columns must be a dictionary of names and cells"),
        ([[1.0]], TypeError, "columns must be a dictionary of names and cells"),
        ({"a": [1.0], "b": [1.0, 2.0]}, ValueError, "equally long, got 1 in 'a' and 2 in 'b'"),
        ({}, ValueError, "at least one column and one row, got 0 columns"),
        ({"a": []}, ValueError, "at least one column and one row, got 1 column and no row"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(columns, error, message):
    with pytest.raises(error, match=f"^Table: .*{message}"):
        Table(columns)


def test_a_column_that_is_not_there_is_refused_with_the_nearest_name():
    table = Table({"Price": [1.0], "rooms": [2.0]})
    with pytest.raises(
        ValueError, match=r"^Table: there is no column 'price': did you mean 'Price'\?"
    ):
        table.column("price")
    with pytest.raises(ValueError, match="no column 'zzz': the columns are 'Price', 'rooms'"):
        table.with_target("zzz")
    with pytest.raises(ValueError, match="no column 'zzz'"):
        table.without("zzz")
    with pytest.raises(ValueError, match="no column 'zzz'"):
        Table({"a": [1.0]}, target="zzz")


def test_rows_that_are_not_there_are_refused():
    with pytest.raises(IndexError, match="Table: rows must lie between -1 and 0, got 1"):
        Table({"a": [1.0]})[[1]]


@pytest.mark.parametrize(
    ("cells", "task", "y"),
    [
        (["b", "a", "b", "a"], "binary", [1, 0, 1, 0]),
        ([5.0, 3.0, 5.0, 3.0], "binary", [1, 0, 1, 0]),
        ([1.0, 2.0, 3.0] * 2, "multiclass", [0, 1, 2] * 2),
        ([0.5, 1.5, 0.5], "regression", [0.5, 1.5, 0.5]),
    ],
)
def test_the_target_of_a_table_can_be_split_by(cells, task, y):
    table = Table({"t": cells}, target="t")
    assert table.task == task
    assert table.y.tolist() == y


def test_a_table_without_a_target_has_no_task():
    with pytest.raises(
        ValueError, match="target must be said before it can be looked at, got none"
    ):
        _ = Table({"a": [1.0]}).task
