"""Whatever CSV files there may be, well made or not, as Hypothesis writes them."""

import csv
import io

from hypothesis import strategies as st

any_text = st.text(st.characters(codec="utf-8"), max_size=6)
mild = st.one_of(st.integers(-3, 3).map(str), st.floats(-1e6, 1e6).map(repr))
wild = st.one_of(
    st.floats().map(repr),
    st.sampled_from(["1e308", "-1e308", "5e-324", "1e999", "1_0", "0x1", "\uff11", "1,5", "+.5"]),
)
missing = st.sampled_from(["", "?", "NA", "nan", "None", " "])
words = st.sampled_from(["red", "blue", "a,b", 'say "x"', "two\nlines", "1;2", "red ", "\ufeff"])
labels = st.sampled_from(["red", "blue"])
cell = st.one_of(mild, wild, missing, words, any_text)
kinds = st.sampled_from([mild, mild | missing, labels, words | missing, wild, cell])


@st.composite
def tables(draw, well_made):
    """Rows of cells below a header, each column of one kind; cells may be wild all the same."""
    name = st.sampled_from("abcxyt") | any_text
    if well_made:
        names = draw(st.lists(name, min_size=2, max_size=5, unique_by=str.strip))
        count = draw(st.integers(6, 20))
    else:
        names, count = draw(st.lists(name, min_size=1, max_size=5)), draw(st.integers(0, 20))
    columns = [draw(kinds) for _ in names[1:]] + [draw(st.sampled_from([mild, labels, cell]))]
    rows = [[draw(column) for column in columns] for _ in range(count)]
    if not well_made:
        rows.append(draw(st.lists(cell, max_size=7)))
    return [names, *rows]


@st.composite
def files(draw):
    """What a program wrote, with its quotes or without, or no table at all."""
    kind = draw(st.sampled_from(["table", "table", "table", "table", "ragged", "joined", "other"]))
    if kind == "other":
        text = st.text(st.sampled_from('ab1,;"\n\r \t'), max_size=60).map(str.encode)
        return draw(text | st.binary(max_size=200))
    rows = draw(tables(well_made=kind == "table"))
    separator, line_end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n"]))
    if kind == "joined":
        text = line_end.join([separator.join(row) for row in rows])
    else:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=separator, lineterminator=line_end).writerows(rows)
        text = buffer.getvalue()
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    return text.encode(encoding, errors="replace")


def is_sentence(error):
    """Of our own making: what was expected, what was there, on one line."""
    text = str(error)
    return type(error) in (ValueError, TypeError) and "\n" not in text and ": " in text
