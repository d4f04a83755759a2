"""Divided data: every row in one part, classes in proportion, groups together, the test apart."""

import contextlib
import threading
import time
from itertools import chain

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import twingrad
from twingrad.data import Dataset, Table, kfold, split, toys, training
from twingrad.data.apportioning import stratified_counts
from twingrad.data.holdout import is_training

# Made once by this package: a seed must never give other parts.
PARTS = [[0, 1, 3, 4, 5, 9], [2, 7], [6, 8]]

seeds = st.integers(0, 2**32)
shares = st.one_of(st.integers(0, 20), st.floats(0, 0.6))


def numbered(count, y=None):
    """Rows that know their number."""
    return Dataset(np.arange(float(count))[:, None], np.zeros(count) if y is None else y)


@st.composite
def classes(draw, least=2):
    """The class of each row; every class occurs."""
    totals = draw(st.lists(st.integers(1, 30), min_size=2, max_size=6))
    labels = np.repeat(np.arange(len(totals)), totals)
    assume(len(labels) >= least)
    return draw(st.permutations(labels.tolist()).map(np.array))


def rows_of(part):
    return [] if part is None else part.x[:, 0].astype(int).tolist()


def size_of(share, count):
    return share if isinstance(share, int) else max(1, int(share * count + 0.5)) if share else 0


@given(st.integers(1, 80), shares, shares, seeds, st.booleans())
def test_every_row_is_in_one_part_of_the_size_that_was_asked_for(
    n, validation, test, seed, shuffle
):
    sizes = size_of(validation, n), size_of(test, n)
    if sum(sizes) >= n:
        with pytest.raises(ValueError, match=f"must leave rows to train, got {sizes[0]} and"):
            split(numbered(n), validation, test, seed=seed, shuffle=shuffle)
        return
    parts = split(numbered(n), validation, test, seed=seed, shuffle=shuffle)
    assert [len(part) if part is not None else 0 for part in parts[1:3]] == [*sizes]
    held_out = [] if parts.test is None else rows_of(parts.test.open())
    found = [rows_of(parts.train), rows_of(parts.validation), held_out]
    assert found == [rows.tolist() for rows in parts.rows]
    assert all(part == sorted(part) for part in found)
    assert sorted(chain(*found)) == [*range(n)]
    if not shuffle:
        assert [*chain(*found)] == [*range(n)]


@given(classes(least=4), st.floats(0.02, 0.45), st.floats(0.02, 0.45), seeds)
def test_classes_are_in_proportion_to_within_a_row(y, validation, test, seed):
    n, totals = len(y), np.bincount(y)
    sizes = size_of(validation, n), size_of(test, n)
    assume(n - sum(sizes) >= len(totals))
    parts = split(numbered(n, y), validation, test, seed=seed)
    counts = [np.bincount(y[rows], minlength=len(totals)) for rows in parts.rows]
    assert (counts[0] >= 1).all()
    if totals.min() > 1 / (1 - sum(sizes) / n):  # no class is kept from being held out
        for found, size in zip(counts[1:], sizes, strict=True):
            assert found.sum() == size
            assert (np.abs(found - totals * size / n) <= 1).all()


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.data())
def test_counts_of_classes_add_up_and_leave_a_row_of_each_to_train(totals, data):
    totals = np.array(totals)
    spare = int(totals.sum()) - len(totals)
    held = data.draw(st.tuples(st.integers(0, spare), st.integers(0, spare)))
    assume(sum(held) <= spare)
    sizes = [int(totals.sum()) - sum(held), *held]
    parts = stratified_counts(totals, sizes)
    assert [int(part.sum()) for part in parts] == sizes
    assert (sum(parts) == totals).all()
    assert all((part >= 0).all() for part in parts)
    assert (parts[0] >= 1).all()


def test_many_small_classes_are_held_out_too():
    y = np.repeat(np.arange(100), 4)
    parts = split(numbered(400, y), 0.1, 0.1)
    assert len(parts.validation) == len(parts.test) == 40
    assert np.unique(parts.validation.y).size == np.unique(parts.test.open().y).size == 40
    assert np.bincount(parts.train.y).min() >= 3


def test_a_class_of_one_row_is_trained_on():
    y = np.array([0] * 50 + [1] * 49 + [2])
    parts = split(numbered(100, y), 0.3, 0.3)
    assert 99 in parts.rows.train


def test_fewer_rows_to_train_on_than_classes_are_refused():
    data = numbered(10, np.arange(10))
    with pytest.raises(ValueError, match=r"a row for each of 10 classes, got 8 rows: .*=False"):
        split(data)
    assert len(split(data, stratify=False).train) == 8


@given(seeds)
def test_the_same_seed_gives_the_same_parts_and_leaves_the_default_generator_alone(seed):
    state = twingrad.get_rng_state()
    data = toys.moons(60)
    first, again, other = (split(data, seed=s).rows for s in (seed, seed, seed + 1))
    for left, right in zip(first, again, strict=True):
        np.testing.assert_array_equal(left, right)
    assert any(left.tolist() != right.tolist() for left, right in zip(first, other, strict=True))
    assert twingrad.get_rng_state() == state


def test_parts_never_change():
    rows = split(numbered(10), 0.2, 0.2, seed=7).rows
    assert [part.tolist() for part in rows] == PARTS


def test_every_row_is_held_out_equally_often():
    data = numbered(10, np.array([0] * 6 + [1] * 4))
    found = np.zeros(10)
    for seed in range(2000):
        found[split(data, 0, 3, seed=seed).rows.test] += 1
    # Of the 3 rows, 2 are of class 0 and 1 of class 1: 1.8 and 1.2, rounded.
    expected = np.array([2 / 6] * 6 + [1 / 4] * 4) * 2000
    assert (np.abs(found - expected) < 5 * np.sqrt(expected)).all()


def test_labels_of_its_own_are_kept_in_proportion():
    data = toys.linear(100)
    bins = data.y > 0
    parts = split(data, 0.2, 0.2, stratify=bins)
    assert abs(bins[parts.rows.test].sum() - bins.mean() * 20) <= 1
    words = split(data, 0.2, 0.2, stratify=np.where(bins, "high", "low"))
    assert words.rows.test.size == 20


@given(st.lists(st.integers(0, 8), min_size=3, max_size=60), seeds)
def test_no_group_is_in_two_parts(groups, seed):
    groups = np.array(groups)
    assume(np.unique(groups).size >= 3)
    rows = split(numbered(len(groups)), 0.1, 0.1, seed=seed, groups=groups).rows
    found = [set(groups[part]) for part in rows]
    assert all(found)
    assert not found[0] & found[1] | found[0] & found[2] | found[1] & found[2]
    assert sorted(np.concatenate(rows)) == [*range(len(groups))]


def test_groups_may_have_any_labels_and_meet_the_sizes_where_they_are_small():
    patients = np.array([f"patient {k // 2}" for k in range(200)])
    rows = split(toys.moons(200), 0.1, 0.2, groups=patients).rows
    assert [len(part) for part in rows] == [140, 20, 40]


def test_a_part_without_rows_is_none_with_groups_too():
    parts = split(numbered(20), 0, 0.2, groups=np.arange(20) // 2)
    assert parts.validation is None
    assert len(parts.test) == 4


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"validation": 1.0}, ValueError, "validation must be a share from 0 up to 1 or a whole"),
        ({"test": -0.1}, ValueError, "test must be a share from 0 up to 1"),
        ({"test": -1}, ValueError, "test must be at least 0, got -1"),
        ({"test": float("nan")}, ValueError, "test must be a share"),
        ({"test": True}, TypeError, "test must be a real number, got bool True"),
        ({"test": "0.1"}, TypeError, "test must be a real number, got str"),
        ({"test": 12}, ValueError, "must leave rows to train, got 1 and 12 of 12 rows"),
        ({"shuffle": 0}, TypeError, "shuffle must be True or False, got 0"),
        ({"stratify": "yes"}, TypeError, 'stratify must be "auto", True, False or an array'),
        ({"stratify": True}, ValueError, "stratify=True needs classes, got targets that are"),
        ({"stratify": [0, 1]}, ValueError, r"a label for each of 12 rows, got shape \(2,\)"),
        ({"stratify": [0] * 12, "shuffle": False}, ValueError, "rows that are drawn one by one"),
        ({"stratify": [0] * 12, "groups": [0] * 12}, ValueError, "rows that are drawn one by one"),
        ({"groups": [0] * 12}, ValueError, "groups must be at least as many as parts, got 1 for 3"),
        ({"groups": [0]}, ValueError, "groups must hold a label for each of 12 rows"),
        ({"groups": [0] * 12, "shuffle": False}, ValueError, "groups cannot be kept together"),
        ({"seed": 0.5}, TypeError, "seed must be a whole number, got float 0.5"),
    ],
)
def test_what_does_not_divide_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        split(numbered(12), **arguments)


@given(classes(), st.integers(2, 7), seeds)
def test_folds_hold_every_row_out_once_in_equal_shares(y, k, seed):
    data = numbered(len(y), y)
    if k > len(y):
        with pytest.raises(ValueError, match=f"k must be at most the {len(y)} rows, got {k}"):
            kfold(data, k)
        return
    folds = [*kfold(data, k, seed)]
    held_out = [rows_of(fold.validation) for fold in folds]
    assert sorted(chain(*held_out)) == [*range(len(y))]
    for fold, rows in zip(folds, held_out, strict=True):
        assert sorted(rows_of(fold.train) + rows) == [*range(len(y))]
    for counts in ([len(rows) for rows in held_out], *table_of(y, held_out)):
        assert max(counts) - min(counts) <= 1


def table_of(y, parts):
    """For each class, how many rows of it each part has."""
    return np.array([np.bincount(y[rows], minlength=y.max() + 1) for rows in parts]).T


@given(st.lists(st.integers(0, 8), min_size=3, max_size=60), st.integers(2, 3), seeds)
def test_folds_keep_groups_together(groups, k, seed):
    groups = np.array(groups)
    assume(np.unique(groups).size >= k)
    for fold in kfold(numbered(len(groups)), k, seed, groups=groups):
        kept, held_out = rows_of(fold.train), rows_of(fold.validation)
        assert not {*groups[kept]} & {*groups[held_out]}


def test_folds_refuse_what_they_cannot_do_at_once():
    with pytest.raises(ValueError, match="k must be at least 2, got 1"):
        kfold(numbered(5), 1)
    with pytest.raises(ValueError, match="kfold: groups must be at least as many as parts"):
        kfold(numbered(5), 3, groups=[0, 0, 0, 1, 1])
    with pytest.raises(ValueError, match="kfold: stratify=True needs classes"):
        kfold(numbered(5), 2, stratify=True)


def test_tables_are_divided_before_they_are_prepared():
    animals = ["cat", "cat", "dog"] * 20
    table = Table({"age": [*range(60)], "kind": animals}, target="kind", name="animals")
    parts = split(table, 0.2, 0.1)
    assert [type(part) for part in parts[:2]] == [Table, Table]
    assert [part.names for part in parts[:2]] == [("age", "kind")] * 2
    assert parts.validation.column("kind").tolist().count("dog") == 4
    assert parts.train.column("age").tolist() == parts.rows.train.tolist()
    assert repr(parts.test) == "<6 rows of animals, held out for the last test>"
    assert parts.test.open().column("kind").tolist().count("dog") == 2
    dogs = [fold.validation.column("kind").tolist().count("dog") for fold in kfold(table, 4)]
    assert dogs == [5, 5, 5, 5]
    with pytest.raises(ValueError, match="target must be said"):
        split(Table({"age": [1, 2, 3]}))
    assert len(split(Table({"age": [1, 2, 3]}), 1, 1, stratify=False).train) == 1


def test_what_has_no_rows_to_divide_is_refused():
    for divide in (split, kfold):
        with pytest.raises(TypeError, match="data must be a Dataset or a Table, got ndarray"):
            divide(np.zeros((5, 2)))


def test_the_first_rows_of_a_memory_map_are_not_read_to_be_divided(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(40.0).reshape(20, 2))
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    parts = split(Dataset(x, np.zeros(20)), shuffle=False)
    assert isinstance(parts.train.x, np.memmap)
    assert np.asarray(parts.test.open().x).tolist() == [[36.0, 37.0], [38.0, 39.0]]


def test_the_test_part_opens_once():
    test = split(toys.moons(100)).test
    assert len(test) == 10
    assert not test.opened
    assert repr(test) == "<10 rows of moons, held out for the last test>"
    assert len(test.open()) == 10
    assert test.opened
    assert repr(test) == "<10 rows of moons, opened for the last test>"
    with pytest.raises(RuntimeError, match="opens once, and has been opened: keep what open"):
        test.open()
    assert repr(split(numbered(10)).test) == "<1 row of a data set, held out for the last test>"


def test_the_test_part_stays_closed_while_training_is_going_on():
    test = split(toys.moons(100)).test
    with training():
        with training(), pytest.raises(RuntimeError, match="must stay closed while training"):
            test.open()
        with pytest.raises(RuntimeError, match="choose by the validation part"):
            test.open()
    assert not test.opened
    test.open()


def test_training_ends_with_its_block_however_that_ends():
    assert not is_training()
    with contextlib.suppress(KeyError), training():
        assert is_training()
        raise KeyError
    assert not is_training()


def test_training_belongs_to_its_thread():
    found = []
    with training():
        other = threading.Thread(target=lambda: found.append(is_training()))
        other.start()
        other.join()
    assert found == [False]


def test_of_many_threads_one_opens_the_test_part(monkeypatch):
    test = split(toys.moons(100)).test
    take = Dataset.__getitem__

    def take_slowly(dataset, rows):
        time.sleep(0.01)
        return take(dataset, rows)

    monkeypatch.setattr(Dataset, "__getitem__", take_slowly)
    barrier, opened = threading.Barrier(8), []

    def try_to_open():
        barrier.wait()
        with contextlib.suppress(RuntimeError):
            opened.append(test.open())

    threads = [threading.Thread(target=try_to_open) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(opened) == 1
