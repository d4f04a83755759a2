"""Data in a memory map: divided, looked through, prepared and trained on without being read."""

import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest

import twingrad
from twingrad.data import DataLoader, Dataset, Preparation, kfold, leaks, split
from twingrad.data.mapped import MappedRows

X = np.arange(60.0).reshape(5, 4, 3)
ROWS = np.array([3, 0, 4, 3])

ROWS_IN_FILE, COLUMNS = 20_000, 500
"""Together 40 MB of float32."""


@pytest.fixture
def rows(tmp_path):
    np.save(tmp_path / "x.npy", X)
    return MappedRows(np.load(tmp_path / "x.npy", mmap_mode="r"), ROWS)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Every row holds its number, but for the last column, which goes down."""
    path = tmp_path_factory.mktemp("large") / "x.npy"
    shape = (ROWS_IN_FILE, COLUMNS)
    x = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    x[:] = np.arange(ROWS_IN_FILE)[:, None]
    x[:, -1] *= -1
    x.flush()
    return np.load(path, mmap_mode="r")


@contextmanager
def at_most(megabytes):
    """Fails where the block inside takes more memory at any time."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes * 2**20


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        np.int64(2),
        slice(1, 3),
        slice(None, None, -2),
        [2, 2, -4],
        np.array([], np.intp),
        [True, False, True, True],
        (slice(None), 2),
        (slice(1, None), slice(2), -1),
        (slice(None), [1, 0]),
        (slice(None), slice(None), np.array([True, False, True])),
        (slice(2), ..., 0),
        (slice(None), None),
        ([0, 3], [1, 2]),
        ([3, 1], slice(1, 3)),
        ([0, 1], ..., 2),
        (1, 2, 0),
        (1, ..., 0),
        (1, [2, 0]),
        ...,
        (..., 0),
        None,
        (None, 0),
        (),
        np.ones((4, 4), bool),
        np.array([[0, 1], [2, 3]]),
    ],
    ids=repr,
)
def test_rows_are_indexed_as_arrays_are(rows, index):
    found, expected = rows[index], X[ROWS][index]
    np.testing.assert_array_equal(found, expected)
    assert (type(found), found.shape) == (type(expected), expected.shape)


@pytest.mark.parametrize("index", [4, -5, [4], (0, 4), (0, 0, 0, 0)])
def test_what_is_not_there_is_refused_by_numpy(rows, index):
    with pytest.raises(IndexError):
        rows[index]


def test_rows_describe_themselves_as_arrays_do(rows):
    assert (rows.shape, rows.dtype, rows.ndim, len(rows)) == ((4, 4, 3), np.float64, 3, 4)
    assert repr(rows) == "<(4, 4, 3) float64, rows of a memory map>"
    np.testing.assert_array_equal([*rows], X[ROWS])


def test_rows_become_arrays_and_tensors(rows):
    np.testing.assert_array_equal(np.asarray(rows), X[ROWS])
    assert np.asarray(rows, np.float32).dtype == np.float32
    np.testing.assert_array_equal(twingrad.tensor(np.asarray(rows)).numpy(), X[ROWS])
    for copy in (True, None):
        assert type(np.array(rows, copy=copy)) is np.ndarray
    with pytest.raises(ValueError, match="copy must not be False, got rows of a memory map"):
        np.array(rows, copy=False)


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("options", [{}, {"shuffle": False}, {"groups": np.arange(20_000) // 7}])
def test_dividing_and_an_epoch_take_a_few_megabytes_of_memory(large, classes, options):
    y = np.arange(len(large)) % classes if classes else np.arange(float(len(large)))
    seen = []
    with at_most(megabytes=5):
        parts = split(Dataset(large, y, name="large"), 0.1, 0.1, seed=1, **options)
        for shuffle in (True, False):
            for x, _ in DataLoader(parts.train, 64, shuffle, seed=0):
                seen += x[:, 0].tolist()
        x, y = next(iter(DataLoader((parts.train.x, parts.train.y), 64)))
    expected = parts.rows.train.tolist()
    count = len(expected)
    assert seen[count:] == expected
    assert sorted(seen[:count]) == expected != seen[:count]
    assert x[:, 0].tolist() == expected[:64]
    test = parts.test.open()
    np.testing.assert_array_equal(test.x[:, 0], parts.rows.test)


def test_folds_of_a_part_and_answers_in_a_memory_map_take_as_little(large):
    with at_most(megabytes=5):
        train = split(Dataset(large, large), seed=1).train
        fold = next(kfold(train, 4))
        for x, y in DataLoader(fold.validation, 64, shuffle=True):
            assert (x == y).all().item()
    assert len(fold.validation) == 4000


def test_a_part_is_prepared_and_looked_through_in_blocks(large, tmp_path):
    parts = split(Dataset(large, np.arange(len(large)) % 2), seed=1)
    with at_most(megabytes=20):
        preparation = Preparation.fit(parts.train)
        train = preparation.apply(parts.train, out=tmp_path / "train.npy")
        found = leaks(parts.train, parts.validation)
    assert isinstance(train.x, np.memmap)
    assert found == []
    rows = parts.rows.train
    expected = ((rows - rows.mean()) / rows.std()).astype(np.float32)
    np.testing.assert_allclose(train.x[:, 0], expected, rtol=1e-6)


def test_columns_in_another_order_are_prepared_in_blocks_too(large, tmp_path):
    names = [f"c{k}" for k in range(COLUMNS)]
    whole = Dataset(large, np.arange(len(large)) % 2, features=names)
    preparation = Preparation.fit(whole[:100])
    turned = Dataset(large, whole.y, features=names[::-1])
    with at_most(megabytes=20):
        found = preparation.apply(turned, out=tmp_path / "turned.npy")
    assert (found.features, found.shape) == (tuple(names), large.shape)
    hundred = np.arange(100)
    for column, sign in ((0, -1), (1, 1), (-1, 1)):
        scaled = (sign * hundred - large[:100, column].mean()) / hundred.std()
        np.testing.assert_allclose(found.x[:100, column], scaled, rtol=1e-5)


def test_leaks_are_found_between_parts_in_a_memory_map(large):
    data = Dataset(large, np.arange(float(len(large))))
    found = leaks(data[[5, 9, *range(100, 150)]], data[[7, 9]])
    assert found[0].rows == ((1, 1),)
    assert [leak.column for leak in found[1:]] == [f"x{k + 1}" for k in range(COLUMNS)]
