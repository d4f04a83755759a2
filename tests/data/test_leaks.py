"""Leaks: rows in two parts, and columns that give the target away."""

import numpy as np
import pytest

from twingrad.data import Dataset, Table, leaks, load, split, training

generator = np.random.default_rng(0)


def arrays(count=50, task="regression"):
    x = generator.standard_normal((count, 3))
    y = np.arange(count) % 3 if task == "classes" else generator.standard_normal(count)
    return Dataset(x, y)


def test_parts_of_their_own_are_no_leak():
    assert leaks(arrays(), arrays(), arrays()) == []
    assert leaks(load("iris")) == []


def test_rows_in_two_parts_are_found_with_their_places():
    train, test = arrays(), arrays(20)
    train.x[30] = train.x[9]
    test.x[[4, 7]] = train.x[[9, 9]]
    validation = test[3:6]
    found = leaks(train, validation, test)
    assert [(leak.parts, leak.rows) for leak in found] == [
        (("train", "validation"), ((9, 1),)),
        (("train", "test"), ((9, 4), (9, 7))),
        (("validation", "test"), ((0, 3), (1, 4), (2, 5), (1, 7))),
    ]
    assert str(found[1]) == (
        "2 rows of test are in train as well: remove copies before splitting, or split by groups"
    )
    assert {leak.kind for leak in found} == {"rows"}


def test_equal_numbers_are_the_same_row_whatever_their_sign_and_width():
    train = Dataset(np.array([[0.0, 0.5], [1.0, 2.0]], np.float32), [0.1, 0.2])
    test = Dataset([[-0.0, 0.5]], [0.3])
    assert leaks(train, test=test)[0].rows == ((0, 0),)


def test_rows_of_tables_are_compared_without_their_target():
    train = Table({"a": [1.0, None, 0.0], "b": ["x", None, "z"], "t": [0.5, 1.5, 2.5]}, target="t")
    test = Table({"t": [9.0, 8.0], "b": [None, "x"], "a": [None, 2.0]}, target="t")
    (leak,) = leaks(train, test=test)
    assert leak.rows == ((1, 0),)


def test_a_hundred_thousand_rows_are_compared():
    x = generator.integers(0, 9, (100_000, 12)).astype(float)
    train, test = Dataset(x[:90_000], x[:90_000, 0] + 0.5), Dataset(x[89_999:], x[89_999:, 0])
    pairs = leaks(train, test=test)[0].rows
    assert 0 in [second for _, second in pairs]
    for first, second in pairs:
        np.testing.assert_array_equal(train.x[first], test.x[second])


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        (lambda y: y, "column 'x2' is equal to the target 'target': leave it out"),
        (lambda y: 3 - 1e6 * y, "column 'x2' is, but for its unit, the target 'target'"),
        (lambda y: 1e250 * y, "column 'x2' is, but for its unit, the target 'target'"),
        (lambda y: y + 1e-4 * generator.standard_normal(len(y)), "is, but for its unit, the"),
        (lambda y: y + 0.1 * generator.standard_normal(len(y)), ""),
        (lambda y: 0 * y, ""),
    ],
)
def test_a_column_that_is_the_target_of_a_regression_is_found(column, sentence):
    data = arrays()
    data.x[:, 1] = column(data.y)
    found = leaks(data)
    assert [leak.column for leak in found] == (["x2"] if sentence else [])
    assert all(sentence in str(leak) for leak in found)


@pytest.mark.parametrize(
    ("column", "is_found"),
    [
        (lambda y: y, True),
        (lambda y: np.array([7.0, -1.0, 3.0])[y], True),
        (lambda y: np.array([7.0, 7.0, 3.0])[y], False),
        (lambda y: np.arange(len(y)), False),
        (lambda y: y * (np.arange(len(y)) > 0) + 5 * (np.arange(len(y)) == 0), False),
    ],
)
def test_a_column_with_a_value_for_each_class_is_found(column, is_found):
    data = arrays(task="classes")
    data.x[:, 1] = column(data.y)
    assert [leak.column for leak in leaks(data)] == ["x2"] * is_found


def test_columns_of_text_give_classes_away():
    kinds = ["a", "b", "b"] * 5
    columns = {
        "code": [f"code {kind}" for kind in kinds],
        "number": [{"a": 1.0, "b": 2.0}[kind] for kind in kinds],
        "other": ["u", "v", "u"] * 5,
        "gaps": [*kinds[:-1], None],
        "t": kinds,
    }
    assert [leak.column for leak in leaks(Table(columns, target="t"))] == ["code", "number"]


def test_a_handful_of_rows_gives_nothing_away():
    assert leaks(Dataset([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0])) == []


def test_images_are_compared_row_by_row_only():
    images = Dataset(generator.standard_normal((12, 3, 3)), np.arange(12) % 2)
    assert len(leaks(images, images[3:5])) == 1


def test_parts_of_different_kinds_are_refused():
    table = Table({"a": [1.0], "t": [2.0]}, target="t")
    with pytest.raises(TypeError, match="must all be Tables or all be Datasets, got Table as test"):
        leaks(arrays(), test=table)
    with pytest.raises(TypeError, match="must all be Tables or all be Datasets, got list as train"):
        leaks([])
    with pytest.raises(ValueError, match="leaks: target must be said in the table, got none"):
        leaks(Table({"a": [1.0]}), test=Table({"a": [1.0]}))
    with pytest.raises(ValueError, match="no column 'a'"):
        leaks(table, test=Table({"b": [1.0], "t": [2.0]}, target="t"))


def test_parts_may_be_given_as_they_come_and_the_test_part_stays_closed():
    rows = np.repeat(np.arange(20.0), 2)[:, None]
    parts = split(Dataset(rows, np.arange(40.0)), validation=0.25, test=0.25, seed=1)
    found = leaks(parts)
    assert {leak.parts for leak in found if leak.kind == "rows"} >= {("train", "test")}
    assert leaks(parts.train, test=parts.test)[0].parts == ("train", "test")
    assert not parts.test.opened
    with training(), pytest.raises(RuntimeError, match="must stay closed"):
        leaks(parts)
