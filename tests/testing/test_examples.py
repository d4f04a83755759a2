"""Random numbers where Hypothesis is not installed."""

import numpy as np
import pytest

from twingrad.testing.examples import common_shape, examples


def drawn(shapes, count=40, seed=0, dtype="float64"):
    return [*examples(shapes, count, seed, dtype)]


def test_the_same_seed_draws_the_same_numbers():
    first, again, other = (drawn({"x": None}, seed=seed) for seed in (0, 0, 1))
    assert all(a["x"].tobytes() == b["x"].tobytes() for a, b in zip(first, again))
    assert any(a["x"].tobytes() != b["x"].tobytes() for a, b in zip(first, other))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 4)])
def test_a_shape_that_is_given_is_kept(shape, dtype):
    for example in drawn({"x": shape}, dtype=dtype):
        assert example["x"].shape == shape
        assert example["x"].dtype == dtype


def test_shapes_that_are_drawn_can_be_broadcast_and_differ():
    found = [
        {name: array.shape for name, array in each.items()}
        for each in drawn({"a": None, "b": None})
    ]
    for each in found:
        np.broadcast_shapes(*each.values())
    assert any(each["a"] != each["b"] for each in found)
    assert len({each["a"] for each in found}) > 3


def test_zeros_ties_and_many_sizes_are_among_them():
    arrays = [example["x"] for example in drawn({"x": (20,)})]
    assert any((array == 0).any() for array in arrays)
    assert any(np.unique(array).size < array.size for array in arrays)
    largest = max(np.abs(array).max() for array in arrays)
    assert largest > 100
    assert all(np.isfinite(array).all() for array in arrays)


def test_shapes_that_are_not_given_fit_those_that_are():
    for example in examples({"x": (2, 3), "y": None}, 20, 0, "float64"):
        assert np.broadcast_shapes(example["x"].shape, example["y"].shape) == (2, 3)
    assert common_shape([(2, 3), (4,)]) is None
    assert common_shape([]) is None
