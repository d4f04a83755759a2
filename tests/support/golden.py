"""Golden numbers from PyTorch: expressions of x and y, their values and their gradients."""

import json
from pathlib import Path

import numpy as np
import pytest

from twingrad.tensor import Tensor, autograd

FOLDER = Path(__file__).parents[1] / "golden"
DTYPES = {name: np.dtype(name) for name in ("float32", "float64", "int64")}
TOLERANCES = {"float32": 1e-6, "float64": 1e-12}


def golden_cases(file, section):
    """The cases of a section as parameters for pytest."""
    golden = json.loads((FOLDER / f"{file}.json").read_text())
    return [
        pytest.param(
            case | {"x": golden["inputs"][case["on"]], "y": golden["others"].get(case["on"])},
            id=f"{case['expression']} on {case['on']}",
        )
        for case in golden["sections"][section]
    ]


def fortran(array):
    """The numbers column by column."""
    return array.copy(order="F")


def strided(array):
    """The numbers with gaps between them, the last of every dimension first."""
    if not array.ndim:
        return array
    wide = np.zeros([2 * length for length in array.shape], array.dtype)
    every_second = wide[(slice(None, None, -2),) * array.ndim]
    every_second[...] = array
    return every_second


def check_golden(case, layout=np.array):
    """Evaluate the expression of a case; value, dtype and gradients must be the golden ones.

    ``layout`` arranges the numbers of x in memory.
    """
    names = {"x": _tensor(case["x"], case["on"], layout), "inf": np.inf, **DTYPES}
    if case["y"] is not None:
        names["y"] = _tensor(case["y"], case["on"], np.array)
    value = eval(case["expression"], names)
    assert value.dtype == case["dtype"]
    assert value.shape == tuple(case["shape"])
    tolerance = TOLERANCES.get(case["dtype"], 0)
    golden = np.array(case["value"], case["dtype"]).reshape(case["shape"])
    np.testing.assert_allclose(value.detach().numpy(), golden, rtol=tolerance, atol=tolerance)
    if case["gradients"]:
        weights = np.arange(1.0, value.detach().numpy().size + 1).reshape(value.shape)
        leaves = [names[name] for name in case["gradients"]]
        for create_graph in (True, False):
            found = autograd.grad(value, leaves, Tensor(weights), create_graph=create_graph)
            for name, gradient in zip(case["gradients"], found, strict=True):
                expected = np.array(case["gradients"][name]).reshape(names[name].shape)
                own = gradient.detach().numpy()
                np.testing.assert_allclose(own, expected, rtol=1e-6, atol=1e-12)
    else:
        assert not value.requires_grad


def _tensor(data, on, layout):
    array = np.array(data)
    array = array.astype(np.uint8) if on == "bytes" else array
    tensor = Tensor.constant(layout(array))
    return tensor.requires_grad_() if array.dtype.kind == "f" else tensor


LAYOUTS = [np.array, fortran, strided]
"""Ways to arrange the same numbers in memory."""
