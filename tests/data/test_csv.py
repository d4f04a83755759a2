"""CSV files: what is found out about them, what is read, and what is refused."""

import csv
import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad.data import load, read_csv
from twingrad.data.columns import MISSING
from twingrad.data.sources import delimited, sniffing

NAN = np.nan


def written(folder, text, encoding="utf-8", name="table.csv"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def cells(table):
    return {name: table.column(name).tolist() for name in table.names}


def same(found, expected):
    """Equal, where nan equals nan."""
    return repr(found) == repr(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2\n", {"a": [1.0], "b": [2.0]}),
        ("a,b\r\n1,x\r\n\r\n2,y", {"a": [1.0, 2.0], "b": ["x", "y"]}),
        ("a,b\r1,2\r", {"a": [1.0], "b": [2.0]}),
        ("a;b;c\n1;x;\n2;;3\n", {"a": [1.0, 2.0], "b": ["x", None], "c": [NAN, 3.0]}),
        ("a\tb\n1\tx y\n", {"a": [1.0], "b": ["x y"]}),
        ("a|b\n1|x,y\n", {"a": [1.0], "b": ["x,y"]}),
        ("a\n1\n2\n", {"a": [1.0, 2.0]}),
        ('a, b\n 1 , "x, y"\n', {"a": [1.0], "b": ["x, y"]}),
        ('a,b\n1,"say ""x""\nagain"\n', {"a": [1.0], "b": ['say "x"\nagain']}),
        ("a,b\n?,NA\nnan,x\n", {"a": [NAN, NAN], "b": [None, "x"]}),
        ("a,b\n-1e-3,007\n.5,+2\n", {"a": [-0.001, 0.5], "b": [7.0, 2.0]}),
        ("a,b\n1_0,1e999\n", {"a": ["1_0"], "b": [np.inf]}),
        ("5.1,3,setosa\n4,2,virginica\n", {"column 1": [5.1, 4.0], "column 2": [3.0, 2.0],
                                           "column 3": ["setosa", "virginica"]}),
        ("5.1,?,a\n4,2,b\n", {"column 1": [5.1, 4.0], "column 2": [NAN, 2.0],
                               "column 3": ["a", "b"]}),
        ("id,2019,2020\n1,3,4\n", {"id": [1.0], "2019": [3.0], "2020": [4.0]}),
        ("1,2\n3,4\n", {"column 1": [1.0, 3.0], "column 2": [2.0, 4.0]}),
        (",a\n0,5\n1,6\n", {"a": [5.0, 6.0]}),
        (",a\n1,5\n2,6\n", {"a": [5.0, 6.0]}),
        (",a\n1,5\n3,6\n", {"column 1": [1.0, 3.0], "a": [5.0, 6.0]}),
        ("a,\n1,2\n", {"a": [1.0], "column 2": [2.0]}),
        ("größe,名\n1,ö\n", {"größe": [1.0], "名": ["ö"]}),
    ],
)  # fmt: skip
def test_tables_are_read_as_people_write_them(tmp_path, text, expected):
    assert same(cells(read_csv(written(tmp_path, text))), expected)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_are_known_by_their_mark(tmp_path, encoding):
    path = written(tmp_path, "größe,b\n1,ö\n", encoding)
    assert cells(read_csv(path)) == {"größe": [1.0], "b": ["ö"]}


def test_what_is_not_found_out_can_be_said(tmp_path):
    path = written(tmp_path, "größe b\n1,5 ö\n", "latin-1")
    table = read_csv(path, separator=" ", encoding="latin-1", decimal=",", header=True, target="b")
    assert cells(table) == {"größe": [1.5], "b": ["ö"]}
    assert (table.target, table.name) == ("b", "table")
    untitled = read_csv(written(tmp_path, "a,b\nc,d\n"), header=False)
    assert untitled.column("column 1").tolist() == ["a", "c"]
    points = read_csv(written(tmp_path, "a;b\n1.5;2,5\n"), decimal=",")
    assert cells(points) == {"a": ["1.5"], "b": [2.5]}


def test_packed_files_and_other_endings_are_read(tmp_path):
    packed = tmp_path / "table.csv.gz"
    packed.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert cells(load(packed)) == {"a": [1.0], "b": [2.0]}
    assert load(packed).name == "table"
    assert cells(load(written(tmp_path, "a\tb\n1\t2\n", name="t.TSV"))) == {"a": [1.0], "b": [2.0]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must lead to a table, got the empty file"),
        ("\n \n\r\n", "must lead to a table, got the empty file"),
        ("a,b\n", "a table with rows, got '.*' with a header only: write a line for each row"),
        ("a,b\n1,2\n3\n", "each line must have 2 cells, as the first has, got 1 in line 3"),
        ("a,b\n1,2\n\n3,4,5\n", "each line must have 2 cells, .* got 3 in line 4"),
        ("a,a,b\n1,2,3\n", "names of columns must differ, got 'a' more than once"),
        ('a,b\n1,"x\n2,y\n', "a well-formed table, got .*unexpected end of data in line 3"),
        ('a,b\n1,"x"y\n', "a well-formed table, got .* in line 2.: close quotes"),
        ("a\n" + "x" * 140_000, "well-formed table, got .*field larger than field limit"),
        ("x" * 140_000, "must lead to a table, got other text in"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path, text, message):
    with pytest.raises(ValueError, match=f"^read_csv: .*{message}"):
        read_csv(written(tmp_path, text))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"separator": ", "}, "separator must be a single character that .* got ', '"),
        ({"separator": "\n"}, "separator must be a single character that neither quotes nor ends"),
        ({"encoding": "utf-9"}, "encoding must be one that Python knows, got 'utf-9'"),
        ({"encoding": "ascii"}, r"text in ascii, got other bytes .*save it as UTF-8, or read"),
        ({"decimal": "'"}, "decimal must be '.' or ',', got"),
    ],
)
def test_options_out_of_range_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=f"^read_csv: .*{message}"):
        read_csv(written(tmp_path, "ä,b\n1,2\n"), **options)


def test_text_in_other_encodings_is_refused_wherever_it_begins(tmp_path):
    for text in ("ä,b\n1,2\n", "a,b\n" + "1,2\n" * (sniffing.SAMPLE // 4) + "1,ä\n"):
        with pytest.raises(
            ValueError, match="read_csv: path must lead to text in UTF-8, got other"
        ):
            read_csv(written(tmp_path, text, "latin-1"))


def test_a_letter_may_lie_across_the_end_of_the_sample(tmp_path):
    text = "a\n" + "x" * 1000 + "\n"
    text *= sniffing.SAMPLE // len(text)
    text += "y" * (sniffing.SAMPLE - len(text) - 1)
    table = read_csv(written(tmp_path, text + "öz\n2\n"), header=True)
    assert table.column("a")[-2].endswith("yöz")


def test_files_that_cannot_be_read_are_refused_with_the_systems_kind_of_error(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"read_csv: path must lead to a file, got '.*none.csv'"
    ):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(IsADirectoryError, match="read_csv: path must lead to a file"):
        read_csv(tmp_path)
    packed = gzip.compress(b"a,b\n1,2\n" * 50)
    for damaged in (b"a,b\n1,2\n", packed[:-10], packed[:30] + b"\0\0\0" + packed[33:]):
        path = tmp_path / "table.csv.gz"
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="read_csv: path must lead to a whole gzip file"):
            read_csv(path)


def test_a_column_may_begin_with_numbers_and_go_on_with_text(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "_BLOCK", 3)
    rows = [("007", "1", "", "x")] * 4 + [("7a", "2", "late", "")] + [("", "", "", "x")] * 3
    text = "\n".join(map(",".join, [("a", "b", "c", "d"), *rows]))
    assert same(
        cells(read_csv(written(tmp_path, text))),
        {
            "a": ["007"] * 4 + ["7a"] + [None] * 3,
            "b": [1.0] * 4 + [2.0] + [NAN] * 3,
            "c": [None] * 4 + ["late"] + [None] * 3,
            "d": ["x"] * 4 + [None] + ["x"] * 3,
        },
    )


def test_numbers_are_the_nearest_floats(tmp_path):
    numbers = np.random.default_rng(0).standard_normal(1000) * 10.0 ** np.arange(-100, 100).repeat(
        5
    )
    path = written(tmp_path, "a\n" + "\n".join(map(repr, numbers.tolist())))
    np.testing.assert_array_equal(read_csv(path).column("a"), numbers)


def test_large_files_are_not_in_memory_as_text(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "_BLOCK", 1000)
    rows = 60_000
    line = ",".join(["0.12345678901234567"] * 8)
    path = written(tmp_path, "a,b,c,d,e,f,g,h\n" + f"{line}\n" * rows)
    tracemalloc.start()
    try:
        table = read_csv(path)
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert table.shape == (rows, 8)
    assert used < 4 * rows * 8 * 8


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)


@given(
    st.lists(st.lists(words, min_size=2, max_size=2), min_size=1, max_size=5),
    st.sampled_from(sniffing.SEPARATORS),
)
def test_text_that_python_writes_is_read_back(tmp_path_factory, rows, separator):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=separator).writerows([["a", "b"], *rows])
    table = read_csv(path, separator=separator, header=True, decimal=".")
    for k, name in enumerate(["a", "b"]):
        texts = table.column(name).tolist()
        for found, (*cell,) in zip(texts, rows, strict=True):
            expected = cell[k].strip()
            if isinstance(found, str):
                assert found == expected
            elif found is not None and not np.isnan(found):
                assert found == float(expected)
            else:
                assert expected in MISSING or np.isnan(float(expected))
