"""Tables from pandas, and from Parquet files."""

import numpy as np
import pytest

from twingrad.data import Table, load, read_parquet

pandas = pytest.importorskip("pandas")


def frame():
    return pandas.DataFrame(
        {
            "whole": pandas.array([1, None, 3], dtype="Int64"),
            "real": [0.5, np.nan, 1.5],
            "text": ["x", None, "y"],
            "truth": [True, False, True],
            "kind": pandas.Categorical(["a", None, "b"]),
        },
        index=[5, 6, 7],
    )


def check(table):
    np.testing.assert_array_equal(table.column("whole"), [1.0, np.nan, 3.0])
    np.testing.assert_array_equal(table.column("real"), [0.5, np.nan, 1.5])
    assert table.column("text").tolist() == ["x", None, "y"]
    assert table.column("truth").tolist() == ["True", "False", "True"]
    assert table.column("kind").tolist() == ["a", None, "b"]
    assert len(table.names) == 5


def test_a_data_frame_becomes_a_table():
    check(Table.from_frame(frame()))


def test_columns_of_one_name_and_dates_are_refused():
    twice = pandas.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(ValueError, match="names of columns must differ, got 'a' more than once"):
        Table.from_frame(twice)
    with pytest.raises(TypeError, match="'when' must be numbers or text, got Timestamp"):
        Table.from_frame(pandas.DataFrame({"when": pandas.to_datetime(["2020-01-01"])}))


@pytest.fixture
def file(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "table.parquet"
    frame().to_parquet(path)
    return path


def test_a_parquet_file_becomes_a_table(file):
    check(read_parquet(file))
    table = load(file, target="text")
    assert (table.target, table.name) == ("text", "table")


def test_damaged_and_empty_parquet_files_are_refused(file):
    content = file.read_bytes()
    for damaged in (b"", b"PAR1", content[:-20], content[20:], b"x" * 200):
        file.write_bytes(damaged)
        with pytest.raises(
            ValueError, match=r"^read_parquet: path must lead to a whole Parquet file"
        ):
            read_parquet(file)
    frame()[:0].to_parquet(file)
    with pytest.raises(ValueError, match=r"must lead to a table with rows, got '.*' with none"):
        read_parquet(file)


def test_no_such_parquet_file(tmp_path):
    pytest.importorskip("pyarrow")
    with pytest.raises(FileNotFoundError, match="read_parquet: path must lead to a file"):
        read_parquet(tmp_path / "none.parquet")
