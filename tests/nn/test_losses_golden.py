"""Losses against PyTorch's numbers: every option and reduction, ordinary and extreme inputs."""

import numpy as np
import pytest

from support.losses import CASES, inputs_of, value_of, weights_of
from support.twins import numbers


def evaluated(twin, case):
    """The value of a case, and the gradients of its leaves."""
    names = inputs_of(case, twin)
    root = value_of(case, names)
    value = numbers(root)
    (root * weights_of(value.shape)).sum().backward()
    return [value, *[numbers(names[leaf].grad) for leaf in case["gradients"]]]


@pytest.mark.parametrize("case", CASES)
def test_losses_and_gradients_are_those_of_pytorch_on_both_twins(case):
    golden = [np.array(case["value"]), *map(np.array, case["gradients"].values())]
    scalar, tensor = evaluated("scalar", case), evaluated("tensor", case)
    for expected, found, other in zip(golden, tensor, scalar, strict=True):
        assert found.shape == other.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(other, expected, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(other, found, rtol=1e-12, atol=1e-12)
