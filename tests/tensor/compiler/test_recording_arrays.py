"""Arrays that the library computes with itself, in recordings: NumPy's functions are noted."""

import numpy as np
import pytest

import twingrad
from support.recordings import check_step, kinds, recorded
from twingrad.tensor import Tensor
from twingrad.tensor.tracing import made, numbers, recorder


def tensors(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [twingrad.tensor(rng.standard_normal(shape)) for shape in shapes]


def on_arrays(function):
    """A step that computes with the arrays of its arguments."""

    def step(*operands):
        found = function(*[numbers(each) for each in operands])
        found = found if isinstance(found, tuple) else (found,)
        return [Tensor.constant(np.asarray(each)) for each in found]

    return step


FUNCTIONS = {
    "arithmetic": lambda x, y: (x + y * 2 - 1) / (abs(y) + 1) ** 2,
    "reversed": lambda x, y: 1 - 2 / (3 + abs(x)) * -y,
    "comparisons": lambda x, y: ((x > y) & (y <= 0.5) | ~(x != y)) ^ (x >= 0),
    "exponentials": lambda x, y: np.exp(x) + np.log1p(abs(y)) + np.tanh(x) * np.sqrt(y * y),
    "trigonometry": lambda x, y: np.sin(x) * np.arctan2(x, y) + np.hypot(x, y),
    "whole": lambda x, y: (np.floor(x * 3), np.ceil(y * 3), np.trunc(x * 3), np.rint(y * 3)),
    "signs": lambda x, y: np.sign(x) + np.square(y) + np.negative(x) + np.reciprocal(y),
    "kinds": lambda x, y: (np.isnan(x / (y * 0)), np.isfinite(x), np.isinf(x)),
    "maximum": lambda x, y: np.maximum(x, y) + np.minimum(x, 0.5) + np.clip(y, -0.5, 0.5),
    "sums": lambda x, y: (x.sum(0), y.sum(), x.mean(1, keepdims=True), np.mean(y), x.prod(1)),
    "extremes": lambda x, y: (x.max(1), np.min(y), x.argmax(1), np.argmin(y, 0), y.argmax()),
    "initial": lambda x, y: np.maximum.reduce(x, axis=1, initial=0.3) + y.sum(1, initial=2.0),
    "truth": lambda x, y: ((x > 0).all(1), (y > 0).any(), np.all(x < y), (x > 5).any(0)),
    "counts": lambda x, y: (np.count_nonzero(x > 0), np.count_nonzero(y > 0, axis=1)),
    "variance": lambda x, y: np.var(x, axis=1) + np.std(y, axis=1),
    "where": lambda x, y: np.where(x > y, x, 0.0) + np.where(y > 0, 1, y),
    "written": lambda x, y: np.divide(x, y, out=np.ones_like(x), where=y > 0),
    "stacked": lambda x, y: (np.vstack([x, y]), np.hstack([x, y]), np.atleast_2d(x[0])),
    "joined": lambda x, y: (np.concatenate([x, y], 1), np.stack([x, y]), np.concatenate((x, y))),
    "moved": lambda x, y: (x.T @ y, x.reshape(-1)[::2], y[:, None], x[1, 2], np.moveaxis(x, 0, 1)),
    "picked": lambda x, y: (x[[0, 2]], y.take([1, 0], 1), x[:, np.array([1])], y.ravel()),
    "broadcast": lambda x, y: np.broadcast_to(x[0], (2, 4)) * y[:2] + np.expand_dims(x[1], 0),
    "products": lambda x, y: (np.matmul(x, y.T), x @ y.T),
    "repaired": lambda x, y: np.nan_to_num(x / (y * 0), nan=1.0, posinf=2.0, neginf=3.0),
    "repaired to the ends": lambda x, y: np.nan_to_num(x / 0.0),
    "close": lambda x, y: (np.isclose(x, y, rtol=1.0), np.isclose(x, x)),
    "types": lambda x, y: (x.astype(np.float32), (y * 9).astype(int) // 2, (x > 0).astype(int)),
    "words": lambda x, y: (y * 9).astype(np.int64).view(np.uint64) < 5,
    "copies": lambda x, y: x.copy() + np.copy(y) + x.flatten().reshape(3, 4),
    "sorted": lambda x, y: (np.sort(x, 1), np.argsort(y, 1), np.cumsum(x, 0)),
    "remainders": lambda x, y: (x % 2.0, np.floor_divide(y, 0.5), np.fmod(x, y)),
    "whole numbers": lambda x, y: whole(x, y),
    "rows": lambda x, y: sum(row.sum() for row in x) * y,
    "flipped": lambda x, y: np.flip(x, 1) + np.squeeze(y[:, :1]) [:, None],
}  # fmt: skip


def whole(x, y):
    i, k = (x * 5).astype(np.int64), (y * 5).astype(np.int64)
    return i + k * 2, i % 3, abs(i), np.sign(k), i.sum(1), (i > k).sum(), i.max(), i.mean(), i / 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_numpy_computes_is_computed_anew_in_each_step(name):
    first, second = [tensors((3, 4), (3, 4), seed=seed) for seed in (1, 2)]
    with np.errstate(all="ignore"):
        check_step(on_arrays(FUNCTIONS[name]), first, second)


def test_changes_of_copies_are_recorded():
    def changed(x, y):
        x = x.copy()
        x += y
        x *= 2.0
        x[0] = y[1]
        x[:, [1, 2]] = 0.5
        np.multiply(x, y, out=x)
        return x

    check_step(on_arrays(changed), *[tensors((3, 4), (3, 4), seed=seed) for seed in (1, 2)])


def test_a_decision_becomes_a_check():
    taken = recorded(on_arrays(lambda x: x * 2 if (x > 0).all() else x), twingrad.ones(3))
    (check,) = taken.graph.checks
    assert check.expected
    again = recorded(on_arrays(lambda x: (x * 1) if x[0] else x), twingrad.zeros(3))
    assert [each.expected for each in again.graph.checks] == [False]
    both = recorded(
        on_arrays(lambda x: (bool((x > 0).any()), bool((x > 0).any())) and x), twingrad.ones(3)
    )
    assert len(both.graph.checks) == 1


@pytest.mark.parametrize(
    "use",
    [
        lambda x: x.item(),
        lambda x: float(x),
        lambda x: int(x),
        lambda x: x.tolist(),
        lambda x: x.tobytes(),
        lambda x: [0, 1][x.astype(int)],
    ],
)
def test_numbers_are_not_read(use):
    with pytest.raises(RuntimeError, match="cannot be read inside a compiled step"):
        recorded(on_arrays(lambda x: use(x[0])), twingrad.ones(3))


@pytest.mark.parametrize(
    "use",
    [
        lambda x: np.unique(x),
        lambda x: np.flatnonzero(x),
        lambda x: (x > 0).nonzero(),
        lambda x: x[x > 0],
        lambda x: np.where(x > 0),
    ],
)
def test_shapes_that_depend_on_numbers_are_refused(use):
    with pytest.raises(RuntimeError, match="depends on numbers"):
        recorded(on_arrays(use), twingrad.ones(3))


def test_what_cannot_be_followed_is_refused():
    with pytest.raises(RuntimeError, match="cannot be recorded"):
        recorded(on_arrays(lambda x: np.add.at(x.copy(), [0], 1.0)), twingrad.ones(3))
    for use in (
        lambda x: np.linalg.multi_dot([x, np.outer(x, x), x]),
        lambda x: np.searchsorted(np.arange(3.0), v=x),
    ):
        with pytest.raises(RuntimeError, match="cannot be recorded"):
            recorded(on_arrays(use), twingrad.ones(3))
    with pytest.raises(RuntimeError, match="a recording cannot follow"):
        recorded(on_arrays(lambda x: x.repeat(2) * 2), twingrad.ones(3))


def test_several_truth_values_have_none():
    with pytest.raises(ValueError, match="truth value of an array"):
        recorded(on_arrays(lambda x: bool(x > 0)), twingrad.ones(3))


def test_outside_of_a_recording_nothing_is_different():
    x = twingrad.ones(3)
    assert numbers(x) is x._data
    assert made(x._data) is x._data
    assert recorder() is None


def test_a_function_without_a_step_is_left_to_numpy():
    recording = recorded(on_arrays(lambda x: np.cumsum(x) + np.logaddexp(x, 1.0)), twingrad.ones(3))
    assert kinds(recording).count("host") == 2
