"""Tables as text: columns that stand under each other."""

from hypothesis import given
from hypothesis import strategies as st

from twingrad.nn.tables import aligned, short

cells = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6)
)


def test_words_go_to_the_left_and_numbers_to_the_right():
    rows = [("layer", "norm", ""), ("0.weight", "12.5", "##"), ("10", "3", "#")]
    assert aligned(rows, "<><") == [
        "layer     norm",
        "0.weight  12.5  ##",
        "10           3  #",
    ]


@given(tables, st.data())
def test_every_cell_stands_in_its_column_at_its_side(table, data):
    sides = data.draw(st.text("<>", min_size=len(table[0]), max_size=len(table[0])))
    lines = aligned(table, sides)
    start = 0
    for column, side in enumerate(sides):
        width = max(len(row[column]) for row in table)
        for line, row in zip(lines, table, strict=True):
            found = line[start : start + width]
            pad = " " * (width - len(row[column]))
            expected = row[column] + pad if side == "<" else pad + row[column]
            assert found == expected.rstrip() or found == expected
        start += width + 2
    assert all(line == line.rstrip() for line in lines)


def test_numbers_are_shortened_to_three_digits():
    assert [short(x) for x in (1234.5, 0.012345, 1e-12, 0.0, float("inf"), float("nan"))] == [
        "1.23e+03",
        "0.0123",
        "1e-12",
        "0",
        "inf",
        "nan",
    ]


def test_what_was_not_measured_is_a_dash():
    assert short(None) == "-"
