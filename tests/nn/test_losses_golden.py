"""Losses against PyTorch's numbers: every option and reduction, ordinary and extreme inputs."""

import json
from math import inf
from pathlib import Path

import numpy as np
import pytest

from support.twins import integers, numbers, operand
from twingrad.nn import functional

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "losses.json").read_text())
CASES = [
    pytest.param(case, id=f"{case['call']} on {case['on']}")
    for section in GOLDEN["sections"].values()
    for case in section
]


def given(twin, on, leaves):
    """The inputs of a set as operands, or whole numbers, of a twin."""
    found = {}
    for name, data in GOLDEN["inputs"][on].items():
        if np.array(data).dtype.kind == "i":
            found[name] = integers(twin, data)
        else:
            found[name] = operand(twin, data, requires_grad=name in leaves)
    return found


def evaluated(twin, case):
    """The value of a case, and the gradients of its leaves."""
    names = given(twin, case["on"], case["gradients"])
    root = eval(f"functional.{case['call']}", {"functional": functional, "inf": inf} | names)
    value = numbers(root)
    (root * np.arange(1.0, value.size + 1).reshape(value.shape)).sum().backward()
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
