"""What the machine can do is measured in a time that is given, the best of several runs."""

import itertools

import numpy as np
import pytest

from twingrad.tensor.compiler import limits
from twingrad.tensor.compiler.limits import Limits, Product, measured, through_blas


class Clock:
    """A clock that stands still unless something takes time."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def multiplying(clock, costs):
    """A way to multiply that takes time: for each run of a size, the next of its costs."""
    runs = []

    def prepare(a, b, out):
        size = (*out.shape, a.shape[1])
        cost = itertools.cycle(costs[size])

        def multiply():
            runs.append(size)
            clock.now += next(cost)

        return multiply

    return prepare, runs


@pytest.fixture
def one_thread(monkeypatch):
    monkeypatch.setattr(limits, "threads", lambda: 1)


@pytest.mark.usefixtures("one_thread")
def test_the_best_of_several_runs_counts_without_its_call(clock):
    costs = {(1, 1, 1): [0.5e-3], (8, 4, 2): [9e-3, 9e-3, 4e-3, 2.5e-3, 7e-3]}
    prepare, runs = multiplying(clock, costs)
    product = Product(8, 4, 2)
    found = measured([product], 0, budget=0.2, prepare=prepare, clock=clock)
    assert found.products == {product: pytest.approx(2e-3)}
    assert runs.count((8, 4, 2)) > 4


@pytest.mark.usefixtures("one_thread")
def test_what_is_as_short_as_a_call_takes_some_time_all_the_same(clock):
    prepare, _ = multiplying(clock, {(1, 1, 1): [1e-3], (2, 2, 2): [1e-3]})
    found = measured([Product(2, 2, 2)], 0, prepare=prepare, clock=clock)
    assert found.products[Product(2, 2, 2)] == pytest.approx(1e-4)


def test_the_better_number_of_threads_counts(clock, monkeypatch):
    counts = []

    class Limited:
        def __init__(self, count):
            counts.append(count)

        def __enter__(self):
            pass

        def __exit__(self, *error):
            pass

    def prepare(a, b, out):
        cost = 1e-3 if counts[-1] == 1 else 3e-3

        def multiply():
            clock.now += cost * out.size

        return multiply

    monkeypatch.setattr(limits, "threads", lambda: 4)
    monkeypatch.setattr(limits, "limited_threads", Limited)
    found = measured([Product(2, 1, 5)], 0, prepare=prepare, clock=clock)
    assert counts == [1, 4]
    assert found.products[Product(2, 1, 5)] == pytest.approx(1e-3)


def test_the_time_that_is_given_is_not_passed_by_far(clock, monkeypatch):
    monkeypatch.setattr(limits, "threads", lambda: 2)
    products = [Product(n, n, n) for n in range(2, 12)]
    costs = {(n, n, n): [1e-3 * n] for n in range(1, 12)}
    prepare, runs = multiplying(clock, costs)
    measured(products, 0, budget=0.25, prepare=prepare, clock=clock)
    assert clock.now < 0.25 + 3 * 11e-3
    assert {*runs} == {*costs}


def test_however_slow_everything_is_run_once(clock):
    prepare, runs = multiplying(clock, {(n, n, n): [1.0] for n in range(1, 5)})
    products = [Product(n, n, n) for n in range(2, 5)]
    found = measured(products, 0, budget=0.01, prepare=prepare, clock=clock)
    assert {*runs} == {(n, n, n) for n in range(1, 5)}
    assert {*found.products} == {*products}


def test_nothing_takes_no_time(clock):
    prepare, _ = multiplying(clock, {(1, 1, 1): [1e-3]})
    empty = Product(3, 0, 2)
    found = measured([empty], 0, prepare=prepare, clock=clock)
    assert found.multiplying({empty: 5}) == 0.0
    assert measured([], 0, clock=clock).multiplying({}) == 0.0


def test_products_and_bytes_add_up():
    product, other = Product(2, 3, 4), Product(2, 3, 4, "float64")
    found = Limits({product: 1e-3, other: 2e-3}, 1e9)
    assert found.multiplying({product: 3, other: 1}) == pytest.approx(5e-3)
    assert found.moving(2_000_000) == pytest.approx(2e-3)
    assert product.flops == 48


def test_this_machine_multiplies_and_copies():
    product = Product(16, 8, 4, turns_b=True)
    found = measured([product, product], 100_000, budget=0.02)
    assert 0 < found.products[product] < 1
    assert 1e6 < found.bandwidth < 1e13


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("turns", [*itertools.product([False, True], repeat=2)])
@pytest.mark.parametrize("size", [(1, 1, 1), (2, 3, 4), (5, 1, 3), (1, 7, 2), (4, 2, 1)])
def test_blas_multiplies_as_numpy_does(size, turns, dtype, generator):
    n, m, k = size
    a = generator.normal(size=(k, n) if turns[0] else (n, k)).astype(dtype)
    b = generator.normal(size=(m, k) if turns[1] else (k, m)).astype(dtype)
    a, b = a.T if turns[0] else a, b.T if turns[1] else b
    out = np.empty((n, m), dtype)
    through_blas(a, b, out)()
    np.testing.assert_allclose(out, a @ b, 1e-5, 1e-6)
