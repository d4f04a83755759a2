"""Preparation: what is fitted on training rows, what is applied to others, what is refused."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twingrad.data import Dataset, Preparation, Table, load, read_csv

FLATS = Table(
    {
        "rooms": [1.0, 2.0, None, 9.0, 4.0, 3.0],
        "heating": ["gas", None, "oil", "gas", "oil", "gas"],
        "floor": [2.0] * 6,
        "id": ["a", "b", "c", "d", "e", "f"],
        "note": [None] * 6,
        "rent": [500.5, 700.0, 650.0, 1100.0, 900.0, 800.0],
    },
    target="rent",
    name="flats",
)


def rows(**changes):
    """The first two flats with other cells."""
    columns = {name: FLATS[:2].column(name).tolist() for name in FLATS.names} | changes
    kept = {name: cells for name, cells in columns.items() if name not in ("id", "note")}
    return Table(kept, target="rent")


def test_numbers_are_standardized_and_missing_ones_become_the_median():
    data = Preparation.fit(FLATS).apply(rows(heating=["gas", "oil"]))
    filled = np.array([1.0, 2.0, 3.0, 9.0, 4.0, 3.0])
    expected = (filled[:2] - filled.mean()) / filled.std()
    assert data.features[:2] == ("rooms", "rooms is missing")
    np.testing.assert_allclose(data.x[:, 0], expected, rtol=1e-15)
    assert data.x[:, 1].tolist() == [0.0, 0.0]
    missing = Preparation.fit(FLATS).apply(rows(rooms=[None, None]))
    np.testing.assert_allclose(missing.x[:, :2], [[(3.0 - filled.mean()) / filled.std(), 1.0]] * 2)


def test_categories_become_one_feature_each_and_missing_is_one_of_them():
    preparation = Preparation.fit(FLATS)
    data = preparation.apply(rows())
    names = ("heating = gas", "heating = oil", "heating is missing")
    assert data.features[2:5] == names
    assert data.x[:, 2:5].tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


def test_what_never_changes_becomes_zero_even_where_it_does():
    data = Preparation.fit(FLATS).apply(rows(floor=[2.0, 7.0]))
    assert data.x[:, 5].tolist() == [0.0, 0.0]
    tenths = Table({"a": [0.1] * 7, "t": [0.5 * k for k in range(7)]}, target="t")
    assert Preparation.fit(tenths).apply(tenths).x.ravel().tolist() == [0.0] * 7


def test_what_was_decided_is_told():
    assert Preparation.fit(FLATS).notes == (
        "target 'rent': numbers for a regression, 775.083 ± 190.821",
        "column 'rooms': 1 missing cell becomes the median 3, and a feature tells where",
        "column 'floor' is the same in all rows: it becomes 0",
        "column 'id' is left out: 6 different texts in 6 rows are no categories",
        "column 'note' is left out: it is empty",
    )


def test_targets_of_a_regression_are_standardized_and_back():
    preparation = Preparation.fit(FLATS)
    data = preparation.apply(FLATS)
    rent = FLATS.column("rent")
    np.testing.assert_allclose(data.y, (rent - rent.mean()) / rent.std(), rtol=1e-14)
    np.testing.assert_allclose(preparation.inverse_target(data.y), rent, rtol=1e-15)
    np.testing.assert_allclose(preparation.inverse_target(data.y[:, None])[:, 0], rent, rtol=1e-15)
    assert (data.task, data.target, data.name, data.classes) == (
        "regression",
        "rent",
        "flats",
        None,
    )


@pytest.mark.parametrize("part", [slice(0, 3), slice(3, 6)])
def test_rows_that_are_not_trained_on_have_no_influence(part):
    train = FLATS[part]
    fitted = Preparation.fit(train).to_dict()
    changed = {name: FLATS.column(name).copy() for name in FLATS.names}
    others = np.ones(6, bool)
    others[part] = False
    changed["rooms"][others] = 1e9
    changed["heating"][others] = "peat"
    changed["rent"][others] = -1.0
    assert Preparation.fit(Table(changed, target="rent")[part]).to_dict() == fitted


@pytest.mark.parametrize(
    ("cells", "task", "classes"),
    [
        (["b", "a", "b", "a"], "binary", ("a", "b")),
        (["b", "a", "c", "a"], "multiclass", ("a", "b", "c")),
        ([1.0, 0.0, 1.0, 0.0], "binary", (0, 1)),
        ([-1.0, 5.0, 3.0] * 2, "multiclass", (-1, 3, 5)),
        ([1.0, 2.0, 3.0, 4.0], "regression", None),
        ([0.5, 1.5, 0.5, 1.5], "regression", None),
        ([*range(20)] * 2, "multiclass", tuple(range(20))),
        ([*range(21)] * 2, "regression", None),
        ([True, False, True, True], "binary", ("False", "True")),
    ],
)
def test_the_task_follows_from_the_target(cells, task, classes):
    table = Table({"a": np.arange(len(cells)), "t": cells}, target="t")
    preparation = Preparation.fit(table)
    assert (preparation.task, preparation.classes) == (task, classes)
    data = preparation.apply(table)
    assert (data.task, data.classes) == (task, classes)
    if classes:
        shown = [str(cell) if isinstance(cell, bool) else cell for cell in cells]
        assert preparation.inverse_target(data.y).tolist() == shown


@pytest.mark.parametrize(
    ("cells", "task", "found"),
    [
        ([1.0, 0.0, 1.0, 0.0], "regression", "regression"),
        ([0.5, 1.5, 0.5, 1.5], "classification", "binary"),
        ([1.0, 2.0, 3.0, 4.0], "multiclass", "multiclass"),
        ([1.0, 0.0, 1.0, 0.0], "binary", "binary"),
    ],
)
def test_the_task_can_be_said(cells, task, found):
    table = Table({"a": [1.0, 2.0, 3.0, 4.0], "t": cells}, target="t")
    assert Preparation.fit(table, task=task).task == found


def table(target=(0.0, 1.0, 0.0, 1.0), **columns):
    return Table({"a": [1.0, 2.0, 3.0, 4.0], "t": [*target], **columns})


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (table(), {"target": "tt"}, r"no column 'tt': did you mean 't'\?"),
        (table(), {}, "target must be the column to predict, got none: choose one of 'a', 't'"),
        (table([None, 1.0, None, 0.0]), {"target": "t"}, "got 2 missing, the first in row 1"),
        (table([None] * 4), {"target": "t"}, "'t' must be given in each row, got 4 missing"),
        (table([1.0] * 4), {"target": "t"}, "at least two classes, got 1 in all rows"),
        (table("xxxx"), {"target": "t"}, "at least two classes, got 'x' in all rows"),
        (table([0.5] * 4), {"target": "t"}, "must differ between rows, got 0.5 in all 4"),
        (table([0.5, np.inf, 1.0, 2.0]), {"target": "t"}, "finite numbers, got inf in row 2"),
        (table(["1", "2", "x", "4"]), {"target": "t"}, "as most of its cells do, got 'x' in row 3"),
        (table("xyzz"), {"target": "t", "task": "regression"}, "must hold numbers, got 'x' in row"),
        (table("xyzz"), {"target": "t", "task": "binary"}, "task must fit the 3 classes of 't'"),
        (table(), {"target": "t", "task": "tree"}, "task must be 'auto', .* got 'tree'"),
        (table(a=[1.0, 2.0, -np.inf, 0.0]), {"target": "t"}, "'a' must hold finite .* row 3"),
        (table(a=[None] * 4), {"target": "t"}, "column to learn 't' from, got none, column 'a'"),
        (table(a=["1", "2", "3", "b"]), {"target": "t"}, "'a' must hold numbers only, .* 'b' in"),
        (table(a=[1e200, 2.0, 3.0, -1e200]), {"target": "t"}, "'a' must hold .* below 1e150"),
        (table(), {"target": "t", "max_categories": 0}, "max_categories must be at least 1, got 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_from_is_refused_with_a_sentence(data, options, message):
    with pytest.raises(ValueError, match=message):
        Preparation.fit(data, **options)


def ages(*others, count=120):
    """Text of which most is numbers, of thirty different values."""
    return [str(20 + k % 30) for k in range(count - len(others))] + [*others]


def test_text_among_many_numbers_is_an_error_and_no_category():
    columns = {"a": ages("old"), "t": np.arange(120.0), "c": ["1", "2", "3+"] * 40}
    with pytest.raises(ValueError, match=r"'a' must hold numbers only, .* got 'old' in row 120"):
        Preparation.fit(Table(columns), target="t")
    with pytest.raises(
        ValueError, match=r"the target 'a' must hold numbers only, .* got 'old' in row"
    ):
        Preparation.fit(Table(columns), target="a")
    del columns["a"]
    assert Preparation.fit(Table(columns), target="t").features == ("c = 1", "c = 2", "c = 3+")
    assert Preparation.fit(Table(columns), target="c").classes == ("1", "2", "3+")


def test_text_that_is_all_numbers_in_training_rows_is_numbers():
    whole = Table({"a": ages("old"), "t": np.arange(120.0)})
    train = whole[:119]
    assert Preparation.fit(train, target="t").features == ("a",)
    assert Preparation.fit(train, target="a").task == "regression"
    with pytest.raises(ValueError, match="'a' must hold numbers, got 'old' in row 120"):
        Preparation.fit(train, target="t").apply(whole[110:])


def test_many_texts_are_no_classes():
    names = [f"name {k}" for k in range(30)]
    with pytest.raises(ValueError, match="'t' must be classes that occur again and again, got 30"):
        Preparation.fit(Table({"a": range(30), "t": names}), target="t")


@pytest.mark.parametrize("name", ["target", "y", "Class", "LABEL"])
def test_a_column_of_a_usual_name_is_the_target(name):
    assert Preparation.fit(Table({"a": [1.0, 2.0], name: [0.5, 1.0]})).target == name


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            rows().without("rooms", "floor"),
            "got none named 'rooms', 'floor': the columns are 'heat",
        ),
        (rows().without("rent"), "all columns of training, got none named 'rent'"),
        (rows(rooms=["two", "three"]), "'rooms' must hold numbers, got 'two' in row 1"),
        (rows(rooms=[1.0, np.inf]), "'rooms' must hold finite numbers, got inf in row 2"),
        (rows(rent=[None, 1.0]), "'rent' must be given in each row, got 1 missing, .* row 1"),
        (rows(rent=["low", "high"]), "'rent' must hold numbers, got 'low' in row 1"),
    ],
)
def test_rows_of_another_kind_are_refused_with_row_and_column(data, message):
    with pytest.raises(ValueError, match=message):
        Preparation.fit(FLATS).apply(data)


def test_refused_rows_are_named_by_their_numbers_in_the_file(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,t\n" + "".join([f"{k},{k / 2}\n" for k in range(30)]) + "x,0\n")
    whole = read_csv(path, target="t")
    preparation = Preparation.fit(whole[:20])
    assert preparation.features == ("a",)
    with pytest.raises(ValueError, match="'a' must hold numbers, got 'x' in row 31"):
        preparation.apply(whole[20:])


def test_rows_to_predict_need_no_target():
    preparation = Preparation.fit(FLATS)
    x = preparation.inputs(rows().without("rent"))
    np.testing.assert_array_equal(x, preparation.apply(rows()).x)


def test_unknown_categories_are_zero_and_told_of_once():
    preparation = Preparation.fit(FLATS)
    with pytest.warns(UserWarning, match="did not occur in training") as told:
        data = preparation.apply(rows(heating=["peat", "coal"]))
    assert data.x[:, 2:5].tolist() == [[0.0] * 3] * 2
    assert [str(each.message) for each in told] == [
        "Preparation: column 'heating': 'peat', 'coal' did not occur in training and count as no "
        "category"
    ]
    assert told[0].filename == __file__


def test_missing_counts_as_no_category_where_training_had_none():
    train = Table({"c": ["a", "b", "a", "b"], "t": [0.0, 1.5, 2.0, 3.0]}, target="t")
    with pytest.warns(UserWarning, match="'c': missing cells did not occur in training and"):
        x = Preparation.fit(train).inputs(Table({"c": [None, "b"]}))
    assert x.tolist() == [[0.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["peat", "b"], "'peat' did not occur in training and counts as no category"),
        (["peat", None], "'peat' and missing cells did not occur in training and count as no"),
    ],
)
def test_what_did_not_occur_is_told_in_a_sentence(cells, told):
    train = Table({"c": ["a", "b", "a", "b"], "t": [0.0, 1.5, 2.0, 3.0]}, target="t")
    with pytest.warns(UserWarning, match=f"column 'c': {told}"):
        Preparation.fit(train).inputs(Table({"c": cells}))


def test_missing_numbers_are_told_of_where_training_had_none():
    train = Table({"a": [1.0, 2.0, 4.0], "b": [1.0, None, 2.0], "t": [0.0, 1.5, 2.0]}, target="t")
    preparation = Preparation.fit(train)
    with pytest.warns(UserWarning, match="1 missing cell") as told:
        x = preparation.inputs(Table({"a": [None, 2.0], "b": [None, 1.0]}))
    assert x[0, 0] == x[1, 0]
    assert [str(each.message) for each in told] == [
        "Preparation: column 'a': 1 missing cell becomes the median 2, and nothing tells where, as "
        "none was missing in training"
    ]


@pytest.mark.parametrize(("place", "told"), [((7, 1), "row 7, column 1"), ((3000, 0), "row 3000")])
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_memory_map_with_nan_is_refused_with_row_and_column(tmp_path, place, told, number):
    x = np.ones((4000, 300), np.float32)
    x[place] = number
    np.save(tmp_path / "x.npy", x)
    data = Dataset(np.load(tmp_path / "x.npy", mmap_mode="r"), np.arange(4000) % 2)
    for part in (data, data[np.arange(4000)[::-1]]):
        with pytest.raises(
            ValueError, match=f"x must hold finite numbers, got {number} in {told}.*: leave the row"
        ):
            Preparation.fit(part)


def test_other_columns_are_ignored_and_named_and_order_does_not_matter():
    preparation = Preparation.fit(FLATS)
    names = ["color", "rent", "floor", "heating", "rooms"]
    columns = {name: rows(color=["red", "red"]).column(name).tolist() for name in names}
    with pytest.warns(UserWarning, match="^Preparation: 1 column not used in training: 'color'$"):
        data = preparation.apply(Table(columns))
    np.testing.assert_array_equal(data.x, preparation.apply(rows()).x)


def test_categories_that_look_like_numbers_in_a_small_file_are_found():
    codes = ["12", "A1", "12", "A1"]
    preparation = Preparation.fit(Table({"c": codes, "t": ["7", "x", "7", "x"]}), target="t")
    data = preparation.apply(Table({"c": [12.0, 12.0], "t": [7.0, 7.0]}))
    assert data.x.tolist() == [[1.0, 0.0]] * 2
    assert data.y.tolist() == [0, 0]


def test_classes_that_training_had_not_are_refused():
    preparation = Preparation.fit(table("xyxy"), target="t")
    with pytest.raises(
        ValueError, match="one of the classes that were trained on, 'x', 'y', got 'z'"
    ):
        preparation.apply(table("xyzz"))


def test_a_small_part_of_many_classes_is_prepared():
    labels = [f"c{k}" for k in range(25)]
    train = Table({"a": np.arange(100), "t": labels * 4}, target="t")
    assert (
        Preparation.fit(train).apply(train[:25]).y.tolist()
        == np.argsort(np.argsort(labels)).tolist()
    )


def images(dtype="f4", count=40):
    x = np.random.default_rng(0).integers(0, 256, (count, 3, 4)).astype(dtype)
    return Dataset(x, np.arange(count) % 3, name="images")


def test_tables_are_prepared_into_a_file_too(tmp_path):
    preparation = Preparation.fit(FLATS)
    data = preparation.apply(FLATS, out=tmp_path / "flats.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "flats.npy"), preparation.inputs(FLATS))
    assert isinstance(data.x, np.memmap)


def test_arrays_are_standardized_number_by_number():
    data = images("f8")
    prepared = Preparation.fit(data).apply(data)
    np.testing.assert_allclose(prepared.x, (data.x - data.x.mean(0)) / data.x.std(0), rtol=1e-13)
    assert prepared.y is data.y
    assert (prepared.classes, prepared.name, prepared.shape) == ((0, 1, 2), "images", (40, 3, 4))


def test_pixels_are_divided_by_one_constant():
    data = images()
    prepared = Preparation.fit(data, pixels=255).apply(data)
    np.testing.assert_array_equal(prepared.x, data.x / np.float32(255))
    assert prepared.x.dtype == np.float32


def test_columns_of_arrays_are_matched_by_name():
    train = Dataset(np.arange(8.0).reshape(4, 2), [0.0, 1.0, 2.0, 4.0], features=["a", "b"])
    preparation = Preparation.fit(train)
    expected = preparation.apply(train).x
    turned = Dataset(train.x[:, ::-1], train.y, features=["b", "a"])
    np.testing.assert_array_equal(preparation.apply(turned).x, expected)
    columns = {"a": train.x[:, 0], "target": train.y, "b": train.x[:, 1]}
    np.testing.assert_array_equal(preparation.apply(Table(columns)).x, expected)
    with pytest.raises(
        ValueError, match=r"'a' must hold a number in each row, .* missing cell in row 4"
    ):
        preparation.apply(Table(columns | {"a": [1.0, 2.0, 3.0, None]}))
    with pytest.raises(
        ValueError, match=r"rows of shape \(2,\), as in training, got \(1,\) without 'b'"
    ):
        preparation.apply(Dataset(train.x[:, :1], train.y, features=["a"]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (Dataset(np.zeros((3, 4, 3)), [0, 1, 2]), r"shape \(3, 4\), as"),
        (Dataset(np.zeros((3, 3, 4)), [0, 1, 1]), "that were trained on, 0, 1, 2, got 0, 1"),
        (Dataset(np.zeros((3, 3, 4)), [0.0, 1.0, 1.0]), "trained on, 0, 1, 2, got numbers"),
    ],
)  # fmt: skip
def test_arrays_of_another_kind_are_refused(data, message):
    with pytest.raises(ValueError, match=message):
        Preparation.fit(images()).apply(data)


def test_arguments_of_other_types_are_refused():
    with pytest.raises(TypeError, match="data must be a Table or a Dataset, got ndarray"):
        Preparation.fit(np.zeros((2, 2)))
    with pytest.raises(TypeError, match="data must be a Table or a Dataset, got list"):
        Preparation.fit(FLATS).apply([])
    with pytest.raises(TypeError, match="data must be a Table, as in training, got Dataset"):
        Preparation.fit(FLATS).apply(images())
    with pytest.raises(TypeError, match="pixels is for arrays, got 255 and a table"):
        Preparation.fit(FLATS, pixels=255)
    with pytest.raises(ValueError, match="pixels must be above 0 and finite, got 0"):
        Preparation.fit(images(), pixels=0)
    with pytest.raises(ValueError, match="target must be that of the data set, 'target', got 'y'"):
        Preparation.fit(images(), target="y")
    with pytest.raises(
        ValueError, match="task must be that of the data set, 'multiclass', got 'reg"
    ):
        Preparation.fit(images(), task="regression")


def test_several_numbers_are_predicted_each_on_its_scale():
    y = np.array([[1.0, 10.0], [2.0, 30.0], [6.0, 20.0]])
    data = Dataset([[1.0], [2.0], [4.0]], y)
    preparation = Preparation.fit(data)
    scaled = preparation.apply(data).y
    np.testing.assert_allclose(scaled, (y - y.mean(0)) / y.std(0))
    np.testing.assert_allclose(preparation.inverse_target(scaled), y)
    with pytest.raises(ValueError, match=r"2 numbers in each row, got shape \(3, 1\)"):
        preparation.inverse_target(scaled[:, :1])
    with pytest.raises(
        ValueError, match=r"must have rows of shape \(2,\), as in training, got \(\)"
    ):
        preparation.apply(Dataset([[1.0]], [1.0]))


def test_predictions_that_are_no_classes_are_refused():
    preparation = Preparation.fit(images())
    with pytest.raises(
        TypeError, match="must be classes as whole numbers, got float64: take the argm"
    ):
        preparation.inverse_target([0.1, 0.9])
    with pytest.raises(ValueError, match="must be classes from 0 to 2, got 0 to 3"):
        preparation.inverse_target([0, 3])
    with pytest.raises(TypeError, match="predicted must be real numbers"):
        preparation.inverse_target(["a"])


def test_a_memory_map_is_prepared_in_blocks_into_another(tmp_path):
    source, prepared = tmp_path / "x.npy", tmp_path / "prepared.npy"
    x = np.random.default_rng(0).standard_normal((3000, 500)).astype(np.float32)
    np.save(source, x)
    data = Dataset(np.load(source, mmap_mode="r"), np.arange(3000) % 2)
    mapped = Preparation.fit(data).apply(data, out=prepared)
    assert isinstance(mapped.x, np.memmap)
    whole = Dataset(x, data.y)
    np.testing.assert_array_equal(mapped.x, Preparation.fit(whole).apply(whole).x)
    np.testing.assert_array_equal(np.load(prepared), mapped.x)
    with pytest.raises(FileExistsError, match="Preparation: out must be a new file, got '"):
        Preparation.fit(data).apply(data, out=source)


PREPARATIONS = {
    "regression": lambda: Preparation.fit(FLATS),
    "classes": lambda: Preparation.fit(load("iris")),
    "text": lambda: Preparation.fit(table("xyxy"), target="t"),
    "pixels": lambda: Preparation.fit(images(), pixels=16),
    "images": lambda: Preparation.fit(images()),
    "diabetes": lambda: Preparation.fit(load("diabetes")),
}


@pytest.mark.parametrize("name", PREPARATIONS)
def test_plain_data_gives_the_same_preparation_bit_by_bit(name):
    preparation = PREPARATIONS[name]()
    text = json.dumps(preparation.to_dict(), allow_nan=False)
    again = Preparation.from_dict(json.loads(text))
    assert json.dumps(again.to_dict()) == text
    assert repr(again) == repr(preparation)
    assert (again.features, again.task, again.classes, again.target, again.notes) == (
        preparation.features,
        preparation.task,
        preparation.classes,
        preparation.target,
        preparation.notes,
    )


@given(
    st.lists(st.floats(-1e100, 1e100), min_size=3, max_size=10),
    st.lists(st.sampled_from(["a", "b", None, "c"]), min_size=3, max_size=3),
)
def test_a_preparation_from_plain_data_prepares_the_same(numbers, categories):
    cells = [categories[k % 3] for k in range(len(numbers))]
    train = Table({"n": numbers, "c": cells, "t": [float(k) + 0.5 for k in range(len(numbers))]})
    preparation = Preparation.fit(train, target="t")
    again = Preparation.from_dict(json.loads(json.dumps(preparation.to_dict())))
    np.testing.assert_array_equal(again.apply(train).x, preparation.apply(train).x)
    np.testing.assert_array_equal(again.apply(train).y, preparation.apply(train).y)


def places(data, path=()):
    """The path of each entry in plain data."""
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    for key, entry in entries:
        yield (*path, key)
        if isinstance(entry, dict | list):
            yield from places(entry, (*path, key))


@pytest.mark.parametrize("name", PREPARATIONS)
def test_damaged_plain_data_is_refused_or_still_a_preparation(name):
    whole = PREPARATIONS[name]().to_dict()
    text = json.dumps(whole)
    refused = 0
    for path in places(whole):
        for other in (None, "x", -1, 0, 1e400, 10**400, [], {}, [None], True):
            data = json.loads(text)
            inside = data
            for key in path[:-1]:
                inside = inside[key]
            inside[path[-1]] = other
            try:
                Preparation.from_dict(data)
            except ValueError as error:
                refused += str(error).startswith("Preparation.from_dict: data")
    assert refused > 20


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (5, "data must be a dictionary, got 5"),
        ({}, "data.'format'. must be one of 'twingrad.preparation', got None"),
        ({"format": "twingrad.preparation", "version": 2}, "data.'version'. must be 1, got 2"),
    ],
)
def test_foreign_plain_data_is_refused(data, message):
    with pytest.raises(ValueError, match=f"^Preparation.from_dict: {message}"):
        Preparation.from_dict(data)


@pytest.mark.parametrize("arrays", [False, True])
def test_with_a_limit_numbers_are_at_most_so_many_deviations_off(arrays):
    column = [0.0] * 99 + [1.0]
    train = Table({"x": column, "y": ["a", "b"] * 50}, target="y")
    other = Table({"x": [50.0, -50.0, 0.0], "y": ["a", "b", "a"]}, target="y")
    if arrays:
        train = Dataset(np.array(column)[:, None], [0, 1] * 50)
        other = Dataset(np.array([[50.0], [-50.0], [0.0]]), [0, 1, 0], classes=(0, 1))
    plain, limited = Preparation.fit(train), Preparation.fit(train, limit=5)
    assert abs(plain.apply(other).x).max() > 400
    assert limited.apply(other).x.ravel().tolist() == [5.0, -5.0, plain.apply(other).x[2, 0]]
    again = Preparation.from_dict(json.loads(json.dumps(limited.to_dict())))
    assert (again.apply(other).x == limited.apply(other).x).all()


@pytest.mark.parametrize("limit", [0, -1.0, float("nan")])
def test_a_limit_is_above_0(limit):
    with pytest.raises(ValueError, match="Preparation: limit must be above 0"):
        Preparation.fit(FLATS, limit=limit)
    with pytest.raises(ValueError, match="'limit'"):
        Preparation.from_dict(Preparation.fit(FLATS).to_dict() | {"limit": -1.0})
