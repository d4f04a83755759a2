"""Mini-batches: all rows once, in an order of their own, and the very next batch after a stop."""

import json
import math
import threading
import tracemalloc
from itertools import chain, islice, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import twingrad
from twingrad.data import DataLoader, Dataset, toys
from twingrad.data.augmentation import Augmentation, Mixup, Noise

seeds = st.integers(0, 2**32)
sizes = {"n": st.integers(1, 40), "batch_size": st.integers(1, 45)}
ORDER = [5, 2, 1, 3, 4, 0]
"""Made once by this package: the order of an epoch must never change."""


def numbered(count):
    """Rows that know their number, in both arrays."""
    return np.arange(2.0 * count).reshape(count, 2), np.arange(count)


def rows_of(batches):
    return [y.tolist() for _, y in batches]


def joined(batches):
    return [*chain(*rows_of(batches))]


def run_through(loader):
    for _ in loader:
        continue


def numbers_of(batches):
    return [[part.numpy() for part in batch] for batch in batches]


def check_same(found, expected):
    assert len(found) == len(expected)
    for left, right in zip(found, expected, strict=True):
        for a, b in zip(left, right, strict=True):
            np.testing.assert_array_equal(a, b)


@given(**sizes, seed=seeds, shuffle=st.booleans(), drop_last=st.booleans())
def test_an_epoch_takes_every_row_once_in_the_order_it_says(
    n, batch_size, seed, shuffle, drop_last
):
    if drop_last and batch_size > n:
        with pytest.raises(ValueError, match=f"at most the {n} rows with drop_last=True, got"):
            DataLoader(numbered(n), batch_size, shuffle, drop_last, seed)
        return
    loader = DataLoader(numbered(n), batch_size, shuffle, drop_last, seed)
    assert len(loader) == (n // batch_size if drop_last else math.ceil(n / batch_size))
    for epoch in range(3):
        assert loader.epoch == epoch
        order = loader.order(epoch).tolist()
        assert sorted(order) == [*range(n)]
        assert shuffle or order == [*range(n)]
        batches = [*loader]
        assert len(batches) == len(loader)
        for position, (x, y) in enumerate(batches):
            expected = order[position * batch_size :][:batch_size]
            assert y.tolist() == expected
            np.testing.assert_array_equal(x.numpy(), numbered(n)[0][expected])


def test_the_order_is_a_function_of_seed_and_epoch_alone():
    first = DataLoader(numbered(50), 7, shuffle=True, seed=3)
    orders = [first.order(epoch).tolist() for epoch in range(4)]
    assert len({tuple(order) for order in orders}) == 4
    twingrad.rand(100)
    run_through(first)
    again = DataLoader(numbered(50), 3, shuffle=True, seed=3)
    assert [again.order(epoch).tolist() for epoch in (3, 2, 1, 0)] == orders[::-1]
    other = DataLoader(numbered(50), 7, shuffle=True, seed=4)
    assert other.order(0).tolist() not in orders
    assert DataLoader(numbered(6), shuffle=True, seed=7).order(2).tolist() == ORDER


def test_all_orders_are_equally_likely_over_epochs_and_over_seeds():
    loader = DataLoader(numbered(4), shuffle=True, seed=1)
    over_epochs = [loader.order(epoch) for epoch in range(4800)]
    over_seeds = [DataLoader(numbered(4), shuffle=True, seed=s).order(0) for s in range(2400)]
    for orders in (over_epochs, over_seeds):
        counts = dict.fromkeys(permutations(range(4)), 0)
        for order in orders:
            counts[tuple(order.tolist())] += 1
        assert stats.chisquare([*counts.values()]).pvalue > 1e-3
    following = np.zeros((24, 24))
    codes = [[*permutations(range(4))].index(tuple(order.tolist())) for order in over_epochs]
    np.add.at(following, (codes[:-1], codes[1:]), 1)
    assert stats.chi2_contingency(following).pvalue > 1e-3


def test_a_seed_that_is_not_given_comes_from_the_default_generator_where_it_is_needed():
    state = twingrad.get_rng_state()
    twingrad.manual_seed(5)
    first, second = (DataLoader(numbered(20), shuffle=True) for _ in range(2))
    assert first.seed != second.seed
    twingrad.manual_seed(5)
    assert DataLoader(numbered(20), shuffle=True).seed == first.seed
    before = twingrad.get_rng_state()
    run_through(DataLoader(numbered(20)))
    run_through(DataLoader(numbered(20), shuffle=True, seed=1))
    run_through(first)
    assert twingrad.get_rng_state() == before
    assert DataLoader(numbered(20), augment=Noise(0.1)).seed != 0
    twingrad.set_rng_state(state)


@pytest.mark.parametrize("augment", [None, [Noise(0.5), Mixup(0.4, classes=11)]])
@pytest.mark.parametrize("shuffle", [True, False])
def test_an_interrupted_epoch_goes_on_with_the_very_next_batch(shuffle, augment):
    def made(seed):
        return DataLoader(numbered(11), 3, shuffle, seed=seed, augment=augment)

    loader = made(8)
    expected = [numbers_of(loader) for _ in range(3)]
    for stop in range(2 * len(loader) + 1):
        interrupted, given_out = made(8), []
        while len(given_out) < stop:
            given_out += numbers_of(islice(interrupted, stop - len(given_out)))
        saved = json.loads(json.dumps(interrupted.state_dict()))
        resumed = made(None)
        resumed.load_state_dict(saved)
        while resumed.epoch < 3:
            given_out += numbers_of(resumed)
        check_same(given_out, [*chain(*expected)])


def test_where_an_iteration_is_can_be_seen():
    loader = DataLoader(numbered(10), 4)
    seen = [(loader.epoch, loader.position)]
    for _ in loader:
        seen.append((loader.epoch, loader.position))
    seen.append((loader.epoch, loader.position))
    assert seen == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)]


def test_an_epoch_that_ended_in_all_but_name_is_over_at_once():
    loader = DataLoader(numbered(6), 3)
    batches = iter(loader)
    next(batches), next(batches)
    resumed = DataLoader(numbered(6), 3)
    resumed.load_state_dict(loader.state_dict())
    assert [*resumed] == []
    assert resumed.epoch == 1
    assert len([*resumed]) == 2


def test_an_iteration_that_was_left_is_not_gone_on_with():
    loader = DataLoader(numbered(9), 3, shuffle=True, seed=0)
    next(iter(loader))
    assert (loader.epoch, loader.position) == (0, 1)
    found = [*loader]
    assert len(found) == 3
    assert joined(found) == loader.order(1).tolist()
    assert loader.epoch == 2


def test_loops_over_one_loader_may_be_nested():
    loader = DataLoader(numbered(6), 2, shuffle=True, seed=0)
    outer, inner = [], []
    for _, y in loader:
        outer += y.tolist()
        inner.append(joined(loader))
    assert outer == loader.order(0).tolist()
    assert inner == [loader.order(epoch).tolist() for epoch in (1, 2, 3)]


def test_loops_in_several_threads_take_an_epoch_each():
    loader = DataLoader(numbered(40), 3, shuffle=True, seed=0)
    barrier, found = threading.Barrier(6), []

    def run():
        barrier.wait()
        found.append(tuple(joined(loader)))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found) == sorted(tuple(loader.order(epoch).tolist()) for epoch in range(6))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": 7}, "must be of a loader with rows 6, got 7: make the loader as it was"),
        ({"batch_size": 3}, "must be of a loader with batch_size 2, got 3"),
        ({"shuffle": True}, "must be of a loader with shuffle False, got True"),
        ({"drop_last": True}, "must be of a loader with drop_last False, got True"),
        ({"position": -1}, "position of state_dict must be at least 0, got -1"),
    ],
)
def test_a_state_of_other_batches_is_refused_and_changes_nothing(change, message):
    loader = DataLoader(numbered(6), 2)
    before = loader.state_dict()
    with pytest.raises(ValueError, match=message):
        loader.load_state_dict(before | {"epoch": 4} | change)
    assert loader.state_dict() == before
    for wrong in ({}, {"epoch": 1}, None, [1]):
        with pytest.raises(ValueError, match="state_dict must hold seed, epoch, position, rows"):
            loader.load_state_dict(wrong)


@pytest.mark.parametrize("x_dtype", ["float32", "float64"])
def test_a_data_set_gives_floats_as_they_are_and_classes_as_int64(x_dtype):
    x = np.ones((5, 2), x_dtype)
    for y, dtype in ([0, 1, 0, 1, 1], "int64"), (np.ones((5, 3), np.float32), "float32"):
        batch = next(iter(DataLoader(Dataset(x, y), 5)))
        assert [str(part.dtype) for part in batch] == [x_dtype, dtype]
        assert not any(part.requires_grad for part in batch)


def test_arrays_and_tensors_keep_their_dtype_and_may_be_any_number():
    x, y = numbered(5)
    arrays = (
        x.astype(">f4"),
        twingrad.tensor(y),
        y.astype(np.uint8),
        np.asfortranarray(x),
        x[:, 0],
    )
    for parts in DataLoader(arrays, 2, shuffle=True, seed=0):
        rows = parts[1].tolist()
        kinds = ["float32", "int64", "uint8", "float64", "float64"]
        assert [str(part.dtype) for part in parts] == kinds
        for part, whole in zip(parts, arrays, strict=True):
            np.testing.assert_array_equal(part.numpy(), np.asarray(whole)[rows])
            assert part.numpy().flags.c_contiguous
            assert part.numpy().dtype.isnative
    assert len(next(iter(DataLoader((x,), 2)))) == 1


@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_share_no_memory_with_the_data(shuffle):
    x, y = numbered(6)
    for batch in DataLoader((x, y, np.asfortranarray(x)), 2, shuffle, seed=0):
        for part in batch:
            part.zero_()
    np.testing.assert_array_equal(x, numbered(6)[0])
    np.testing.assert_array_equal(y, numbered(6)[1])


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_memory_map_is_read_batch_by_batch(tmp_path, order):
    x, y = numbered(50)
    np.save(tmp_path / "x.npy", np.asarray(x, order=order))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    whole = Dataset(mapped, y.astype(float))
    for data in ((mapped, y), whole):
        for x_part, rows in DataLoader(data, 8, shuffle=True, seed=0):
            np.testing.assert_array_equal(x_part.numpy(), x[rows.long().numpy()])
            assert x_part.numpy().flags.writeable


@pytest.mark.parametrize("by_columns", [False, True])
def test_a_memory_map_is_not_read_whole(tmp_path, by_columns):
    shape = (1 << 14, 1 << 10)
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, shape, by_columns)
    x[:8] = 1  # the rest is a hole in the file
    del x
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    tracemalloc.start()
    for data in ((mapped, np.zeros(1 << 14)), Dataset(mapped, np.zeros(1 << 14))):
        x_part, _ = next(iter(DataLoader(data, 8)))
        assert x_part.sum().item() == 8 << 10
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20 < mapped.nbytes


def test_numbers_in_a_memory_map_are_looked_at_when_they_are_read(tmp_path):
    x, y = numbered(6)
    x[4] = np.nan
    np.save(tmp_path / "x.npy", x)
    loader = DataLoader(Dataset(np.load(tmp_path / "x.npy", mmap_mode="r"), y.astype(float)), 2)
    with pytest.raises(ValueError, match="x must be finite, got nan"):
        run_through(loader)


def test_augmentation_changes_batches_alike_in_every_run_and_anew_in_every_epoch():
    x, y = numbered(10)
    loaders = [DataLoader((x, y), 5, seed=s, augment=Noise(1.0)) for s in (1, 1, 2)]
    (first, second), again, other = ([numbers_of(loader) for _ in range(2)] for loader in loaders)
    check_same(first, again[0])
    noises = [part - x[:5] for part in (first[0][0], second[0][0], other[0][0][0])]
    noises.append(first[1][0] - x[5:])
    for k, left in enumerate(noises):
        for right in noises[:k]:
            assert not np.isclose(left, right).any()
    np.testing.assert_array_equal(x, numbered(10)[0])


def test_mixup_takes_the_classes_of_the_data_set():
    x, y = next(iter(DataLoader(toys.blobs(30, centers=4), augment=Mixup(1.0))))
    assert y.shape == (30, 4)
    np.testing.assert_allclose(y.numpy().sum(1), 1, rtol=1e-12)
    x, y = next(iter(DataLoader(toys.moons(30), augment=[Mixup(1.0)])))
    assert (x.shape, y.shape) == ((30, 2), (30,))
    assert ((y > 0) & (y < 1)).any().item()
    _, y = next(iter(DataLoader(toys.linear(30), augment=Mixup(1.0))))
    assert y.shape == (30,)


class Giving(Augmentation):
    """Gives what it was told to."""

    def __init__(self, *batch):
        self.batch = batch

    def __call__(self, x, y, generator):
        return self.batch


@pytest.mark.parametrize(
    ("batch", "error", "message"),
    [
        ((np.ones((4, 2), np.float16), np.ones(4)), TypeError, "must give x and y as arrays of"),
        (([1.0], np.ones(4)), TypeError, "must give x and y as arrays of numbers, got list"),
        ((np.ones((3, 2)), np.ones(4)), ValueError, "must keep the 4 rows of a batch, got 3"),
        ((np.ones((4, 2)), np.ones(5)), ValueError, "must keep the 4 rows of a batch, got 5"),
    ],
)
def test_an_augmentation_that_gives_no_batch_is_named(batch, error, message):
    with pytest.raises(error, match=message):
        run_through(DataLoader(numbered(4), 4, augment=Giving(*batch)))


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (np.ones((3, 2)), {}, TypeError, "must be a Dataset or a tuple of arrays, got ndarray"),
        ((), {}, TypeError, "must be a Dataset or a tuple of arrays, got tuple"),
        (([1.0, 2.0],), {}, TypeError, "must be arrays or tensors with rows, got list"),
        ((np.array(1.0),), {}, TypeError, "must be arrays or tensors with rows, got ndarray"),
        ((np.array(["a"]),), {}, TypeError, "must be real numbers or bools, got an array of"),
        ((np.ones(3), np.ones(2)), {}, ValueError, "equally many rows, at least one, got 3 and 2"),
        ((np.ones(0),), {}, ValueError, "equally many rows, at least one, got 0"),
        ((np.ones(3),), {"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        ((np.ones(3),), {"batch_size": 2.0}, TypeError, "batch_size must be a whole number"),
        ((np.ones(3),), {"shuffle": 1}, TypeError, "shuffle must be True or False, got 1"),
        ((np.ones(3),), {"drop_last": None}, TypeError, "drop_last must be True or False"),
        ((np.ones(3),), {"seed": "a"}, TypeError, "seed must be a whole number, got str 'a'"),
        ((np.ones(3),), {"augment": Noise(1)}, ValueError, "needs data of two arrays, x and y"),
        ((np.ones(3),) * 2, {"augment": abs}, TypeError, "must be an Augmentation or a list of"),
        ((np.ones(3),) * 2, {"augment": Noise}, TypeError, "make an instance of a class of"),
    ],
)
def test_what_cannot_be_loaded_is_refused(data, options, error, message):
    with pytest.raises(error, match=message):
        DataLoader(data, **options)


def test_an_epoch_before_the_first_is_refused():
    with pytest.raises(ValueError, match=r"order: epoch must be at least 0, got -1"):
        DataLoader(numbered(3)).order(-1)


def test_its_repr_says_what_it_does():
    assert repr(DataLoader(numbered(3), 2, shuffle=True, seed=4, augment=[Noise(0.1)])) == (
        "DataLoader(3 rows, batch_size=2, shuffle=True, drop_last=False, seed=4, "
        "augment=Compose([Noise(std=0.1)]))"
    )


@pytest.mark.parametrize("kind", ["U", "S", "O"])
def test_text_as_labels_is_refused_with_the_way_to_number_it(kind):
    x, y = np.zeros((3, 2)), np.array(["a", "b", "a"]).astype(kind)
    with pytest.raises(TypeError, match=r"got text of .* y = numpy.unique\(y, return_inverse=True"):
        DataLoader((x, y), 2)
    y = np.unique(y, return_inverse=True)[1]
    assert len([*DataLoader((x, y), 2)]) == 2
    with pytest.raises(TypeError, match=r"convert the elements to numbers first"):
        DataLoader((x.astype("U"), y), 2)
    with pytest.raises(TypeError, match=r"convert the elements to numbers first"):
        DataLoader((x, np.array([None, None, None])), 2)
