"""Small problems to fit networks to, and what became of the networks."""

import numpy as np

import twingrad
from support.twins import numbers
from twingrad import nn

ROWS = 23
"""A number that batches of 4 or 5 do not divide."""

X = np.random.default_rng(0).standard_normal((ROWS, 3))
NUMBERS = np.sin(X[:, 0]) + X[:, 1] * X[:, 2]
CLASSES = np.random.default_rng(1).integers(0, 3, ROWS)
HALVES = (X[:, 0] > 0).astype(np.int64)
"""Two classes that a line divides."""


def network(outputs, twin="tensor", double=True, seed=0, **options):
    """A network for the three inputs; the same seed gives the same weights on both twins."""
    twingrad.manual_seed(seed)
    model = nn.MLP(3, [5, 4], outputs, activation="tanh", backend="scalar", **options)
    return model.to(twin) if double else model.to(twin).float()


def state_of(model):
    """A copy of all parameters and buffers."""
    return {name: np.array(numbers(each)) for name, each in model.state_dict().items()}


def check_same(state, other):
    """That two states have the same bits."""
    assert [*state] == [*other]
    for name, array in state.items():
        assert array.dtype == other[name].dtype
        assert array.tobytes() == other[name].tobytes(), name


def check_close(state, other, tolerance=1e-10):
    """That two states differ by rounding at most."""
    assert [*state] == [*other]
    for name, array in state.items():
        np.testing.assert_allclose(array, other[name], rtol=0, atol=tolerance, err_msg=name)


def differ(state, other):
    """Whether any number of two states differs."""
    return any(not np.array_equal(array, other[name]) for name, array in state.items())
