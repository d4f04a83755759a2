"""Every optimizer that has a rule, and updates of it with random gradients."""

import numpy as np

from support.twins import numbers
from twingrad import Tensor

KINDS = {
    "SGD": {"momentum": 0.9, "weight_decay": 0.1},
    "Adam": {"amsgrad": True},
    "AdamW": {},
    "NAdam": {},
    "RAdam": {"betas": (0.9, 0.9)},
    "Adamax": {},
    "Adagrad": {"initial_accumulator_value": 0.1},
    "Adadelta": {},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Rprop": {},
    "ASGD": {"t0": 1.0},
    "Lion": {"weight_decay": 0.1},
}
"""Every optimizer that has a rule, with options that make it remember much."""


def gradient_of(parameter, seed):
    """Numbers like a parameter, drawn anew for every seed."""
    shape = numbers(parameter).shape
    return np.random.default_rng(seed).normal(size=shape).astype(numbers(parameter).dtype)


def put(parameter, gradient):
    parameter.grad = Tensor(gradient) if isinstance(parameter, Tensor) else gradient


def train(optimizer, parameters, steps=5, seed=0):
    """Updates with random gradients; gives the numbers at the end."""
    for step in range(steps):
        for k, parameter in enumerate(parameters):
            put(parameter, gradient_of(parameter, seed + 100 * step + k))
        optimizer.step()
    return [np.array(numbers(parameter)) for parameter in parameters]


def leaf(shape, dtype=np.float64, seed=7):
    data = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    return Tensor(data, requires_grad=True)


def check_equal(ones, others):
    for one, other in zip(ones, others, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
