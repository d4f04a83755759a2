"""Golden numbers from PyTorch: losses as calls on named inputs, with their values and gradients."""

import json
from math import inf
from pathlib import Path

import numpy as np
import pytest

from twingrad.nn import functional

from .twins import integers, operand

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "losses.json").read_text())
CASES = [
    pytest.param(case, id=f"{case['call']} on {case['on']}")
    for section in GOLDEN["sections"].values()
    for case in section
]


def inputs_of(case, twin):
    """The inputs of a case as operands, or whole numbers, of a twin, by name."""
    found = {}
    for name, data in GOLDEN["inputs"][case["on"]].items():
        if np.array(data).dtype.kind == "i":
            found[name] = integers(twin, data)
        else:
            found[name] = operand(twin, data, requires_grad=name in case["gradients"])
    return found


def value_of(case, names):
    """What the loss of a case gives for inputs."""
    return eval(f"functional.{case['call']}", {"functional": functional, "inf": inf} | names)


def weights_of(shape):
    """What a loss of this shape is multiplied with before its sum is differentiated."""
    return np.arange(1.0, np.prod(shape) + 1).reshape(shape)
