"""Data sets: what they hold, which rows can be taken, and what is refused."""

import tracemalloc

import numpy as np
import pytest

from twingrad.data import Dataset, Preparation, Table

X = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


@pytest.mark.parametrize(
    ("y", "task", "classes", "dtype"),
    [
        ([0, 1, 1], "binary", (0, 1), np.int64),
        ([True, False, True], "binary", (0, 1), np.int64),
        (np.array([0, 2, 1], np.uint8), "multiclass", (0, 1, 2), np.int64),
        ([0.0, 1.0, 1.0], "regression", None, np.float64),
        (np.zeros((3, 2), np.float32), "regression", None, np.float32),
        (np.zeros(3, np.float16), "regression", None, np.float64),
    ],
)
def test_whole_numbers_are_classes_and_floats_are_a_regression(y, task, classes, dtype):
    data = Dataset(X, y)
    assert (data.task, data.classes, data.y.dtype) == (task, classes, dtype)
    np.testing.assert_array_equal(data.y, np.asarray(y))


@pytest.mark.parametrize(
    ("dtype", "kept"), [("f4", "f4"), ("f8", "f8"), ("f2", "f8"), ("u1", "f8"), (">f4", "f8")]
)
def test_float32_is_kept_and_all_else_becomes_float64(dtype, kept):
    assert Dataset(np.array(X, dtype), [0, 1, 1]).x.dtype == kept


def test_a_class_may_be_absent_where_labels_are_given():
    data = Dataset(X, [0, 0, 1], classes=["a", "b", "c"])
    assert data.task == "multiclass"
    assert data[:1].classes == ("a", "b", "c")


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        (slice(1, None), [1, 2]),
        (slice(None, None, -2), [2, 0]),
        ([0], [0]),
        ([2, 2, -3], [2, 2, 0]),
        (np.array([1], np.uint8), [1]),
        ([True, False, True], [0, 2]),
    ],
)
def test_rows_are_chosen_by_slices_numbers_and_truth_values(rows, kept):
    whole = Dataset(X, [0, 1, 0], features=["a", "b"], target="t", classes=["n", "y"], name="d")
    part = whole[rows]
    np.testing.assert_array_equal(part.x, np.array(X)[kept])
    np.testing.assert_array_equal(part.y, np.array([0, 1, 0])[kept])
    assert (len(part), part.shape) == (len(kept), (len(kept), 2))
    assert (part.features, part.target, part.classes, part.task, part.name) == (
        ("a", "b"),
        "t",
        ("n", "y"),
        "binary",
        "d",
    )


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (5, TypeError, r"or truth values, got int 5: write data\[5:6\] for a single row"),
        (0, TypeError, r"got int 0: write data\[0:1\] for a single row"),
        (-2, TypeError, r"write data\[-2:-1\] for a single row"),
        (-1, TypeError, r"write data\[-1:\] for a single row"),
        (np.int64(1), TypeError, r"write data\[1:2\] for a single row"),
        (True, TypeError, r"write data\[5:6\] for a single row"),
        ([0.5], TypeError, r"got list \[0.5\]: write data\[5:6\]"),
        ("a", TypeError, r"got str 'a'"),
        ([[0]], TypeError, r"got list"),
        ([3], IndexError, r"rows must lie between -3 and 2, got 3: count rows from 0"),
        ([True], IndexError, r"truth values must be one for each of 3 rows, got 1"),
        ([], ValueError, r"rows must choose at least one, got none of 3"),
        (slice(3, None), ValueError, r"rows must choose at least one"),
    ],
)
def test_what_chooses_no_rows_is_refused(rows, error, message):
    with pytest.raises(error, match=f"^Dataset: .*{message}"):
        Dataset(X, [0, 1, 1])[rows]


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "message"),
    [
        (X, [0, 1], {}, ValueError, "x and y must have equally many rows, got 3 and 2"),
        (np.zeros((0, 2)), [], {}, ValueError, r"x must have the shape .* got \(0, 2\)"),
        ([1.0, 2.0], [0, 1], {}, ValueError, r"got \(2,\): write x.reshape\(-1, 1\)"),
        ([[1, 2], [3]], [0, 1], {}, ValueError, "x must be an array, got rows of different len"),
        ([["a"], ["b"]], [0, 1], {}, TypeError, "x must be real numbers .* got dtype <U1"),
        ([[1j], [2j]], [0, 1], {}, TypeError, "x must be real numbers .* got dtype complex128"),
        ([[1, np.nan], [1, 2]], [0, 1], {}, ValueError, "got nan in row 0, feature 'x2'"),
        ([[1, 2], [-np.inf, 2]], [0, 1], {}, ValueError, "got -inf in row 1, feature 'x1'"),
        (
            [[1, np.nan], [1, 2]],
            [0, 1],
            {},
            ValueError,
            "or give a Table of the columns, whose mis",
        ),
        ([[1, 2], [-np.inf, 2]], [0, 1], {}, ValueError, "feature 'x1': leave the row out$"),
        (np.full((2, 2, 2), np.nan), [0, 1], {}, ValueError, r"\(0, 0\): leave the row out$"),
        (X, [0.0, np.inf, 1.0], {}, ValueError, "y must be finite, got inf in row 1: leave"),
        (X, [[0.0, np.nan]] * 3, {}, ValueError, "y must be finite, got nan in row 0, column 1"),
        (X, ["a", "b", "a"], {}, TypeError, "y must be real numbers"),
        (X, [0, 2, 2], {}, ValueError, "y must be classes each of 0, 1, ..., got 0 to 2"),
        (X, [-1, 0, 1], {}, ValueError, "got -1 to 1: write classes, y = numpy.unique"),
        (X, [0, 1, 2**62], {}, ValueError, "y must be classes each of 0, 1"),
        (X, [0, 0, 0], {}, ValueError, "y must hold at least two classes, got 1"),
        (X, [0, 1, 2], {"classes": "ab"}, ValueError, "classes 0 to 1 as classes say, got 0 to 2"),
        (X, [0.0, 1.0, 1.0], {"classes": "ab"}, TypeError, "y must be whole numbers where"),
        (X, [[0], [1], [1]], {}, ValueError, r"y must have the shape \(N,\) for classes"),
        (X, np.zeros((3, 1, 1)), {}, ValueError, r"y must have the shape \(N,\) or \(N, k\)"),
        (X, [0, 1, 1], {"features": ["a"]}, ValueError, "features must be 2 names for x of shape"),
        (X, [0, 1, 1], {"features": "ab"}, TypeError, "features must be names, got 'ab'"),
        (X, [0, 1, 1], {"features": [1, 2]}, TypeError, "features must be names"),
    ],
)
def test_what_is_no_data_set_is_refused_with_a_sentence(x, y, options, error, message):
    with pytest.raises(error, match=f"^Dataset: .*{message}"):
        Dataset(x, y, **options)


def test_images_have_no_names():
    data = Dataset(np.zeros((2, 3, 4)), [0, 1])
    assert data.features == ()
    with pytest.raises(ValueError, match="features must be 0 names"):
        Dataset(np.zeros((2, 3, 4)), [0, 1], features=["a"])


def test_a_data_set_describes_itself():
    assert (
        repr(Dataset(X, [0, 1, 1]))
        == "Dataset: x (3, 2) float64, target 'target' with 2 classes: 0, 1"
    )
    assert repr(Dataset(X, np.zeros((3, 2)), name="d", target="t")) == (
        "Dataset 'd': x (3, 2) float64, target 't' of 2 numbers"
    )


def mapped(folder, rows, columns, dtype="f4"):
    path = folder / "x.npy"
    array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=(rows, columns))
    array[:] = np.arange(rows)[:, None]
    array.flush()
    del array
    return np.load(path, mmap_mode="r")


def test_rows_of_a_memory_map_are_not_read_until_they_are_asked_for(tmp_path):
    x = mapped(tmp_path, 20_000, 500)
    y = np.arange(len(x)) % 2
    tracemalloc.start()
    try:
        data = Dataset(x, y)
        part = data[np.arange(len(x))[::-1]]
        part.x[[19_994, 0]]
        view = data[100:200]
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert used < x.nbytes / 20
    assert part.x[[19_994, 0], 0].tolist() == [5.0, 19_999.0]
    assert view.x[0, 0] == 100.0
    assert isinstance(view.x, np.memmap)
    assert "in a memory map" in repr(view)
    assert "in a memory map" in repr(part)


@pytest.mark.parametrize("mapped_answers", [False, True])
def test_rows_of_rows_of_a_memory_map_are_those_of_arrays(tmp_path, mapped_answers):
    x = mapped(tmp_path, 30, 2)
    np.save(tmp_path / "y.npy", np.arange(60.0).reshape(30, 2))
    y = np.load(tmp_path / "y.npy", mmap_mode="r" if mapped_answers else None)
    lazy, whole = Dataset(x, y), Dataset(np.array(x), np.array(y))
    is_even = np.arange(10) % 2 == 0
    for rows in ([*range(20, -1, -1)], slice(3, 18), [-1, 2, *range(8)], is_even, slice(1, None)):
        lazy, whole = lazy[rows], whole[rows]
        read = lazy.in_memory()
        assert (len(lazy), lazy.shape, lazy.features) == (len(whole), whole.shape, ("x1", "x2"))
        assert isinstance(lazy.y, np.ndarray) != mapped_answers
        for part in (lazy, read, Dataset(lazy.x, lazy.y)):
            np.testing.assert_array_equal(part.x, whole.x)
            np.testing.assert_array_equal(part.y, whole.y)
        assert [type(array) for array in (read.x, read.y)] == [np.ndarray, np.ndarray]


def test_what_is_in_memory_stays_where_it_is():
    data = Dataset(X, [0, 1, 1])
    assert data.in_memory().x is data.x
    assert data.in_memory().y is data.y


def test_numbers_in_a_memory_map_are_checked_when_they_are_read(tmp_path):
    np.save(tmp_path / "x.npy", np.array([[1.0, 2.0], [3.0, 4.0], [np.nan, 3.0]]))
    np.save(tmp_path / "y.npy", np.array([0.5, np.inf, 1.5]))
    x, y = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "xy")
    data = Dataset(x, y)
    assert data[[0]].in_memory().x.tolist() == [[1.0, 2.0]]
    with pytest.raises(ValueError, match="x must be finite, got nan in row 2, feature 'x1'"):
        data[[0, 2]].in_memory()
    with pytest.raises(ValueError, match="x must be finite, got nan in row 2, feature 'x1'"):
        data.in_memory()
    with pytest.raises(ValueError, match="y must be finite, got inf in row 1: leave"):
        data[[1, 0]].in_memory()


def test_classes_in_a_memory_map_are_read(tmp_path):
    np.save(tmp_path / "y.npy", np.array([0, 1, 1]))
    data = Dataset(X, np.load(tmp_path / "y.npy", mmap_mode="r"))
    assert data[[2, 0]].y.tolist() == [1, 0]


def test_a_memory_map_of_other_numbers_is_refused(tmp_path):
    with pytest.raises(TypeError, match="in a memory map must be float32 or float64, got uint8"):
        Dataset(mapped(tmp_path, 2, 2, "u1"), [0, 1])


@pytest.mark.parametrize("dtype", ["nonsense", "int32", "float16", 5, object()])
def test_other_dtypes_are_refused_with_a_sentence(dtype):
    with pytest.raises(
        ValueError, match=r"^Dataset: dtype must be float32 or float64, got .*: give"
    ):
        Dataset(X, [0, 1, 1]).astype(dtype)


def test_rows_with_missing_numbers_are_prepared_as_the_message_says():
    x = np.array([[1.0, np.nan], [2.0, 3.0], [4.0, 5.0]])
    table = Table({"a": x[:, 0], "b": x[:, 1], "t": ["n", "y", "y"]}, target="t")
    assert np.isfinite(Preparation.fit(table).apply(table).x).all()
