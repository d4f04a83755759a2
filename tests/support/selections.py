"""Golden numbers from PyTorch for what tensors pick, write and sort."""

import json
from pathlib import Path

import numpy as np
import pytest

from twingrad.tensor import Tensor, autograd
from twingrad.tensor.operations.gathering import one_hot
from twingrad.tensor.operations.sorting import searchsorted

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "selection.json").read_text())
NAMES = {
    "tensor": Tensor,
    "float64": np.dtype("float64"),
    "int32": np.dtype("int32"),
    "int64": np.dtype("int64"),
    "one_hot": one_hot,
    "searchsorted": searchsorted,
}


def golden_selections(section):
    """The cases of a section as parameters for pytest."""
    return [pytest.param(case, id=f"{case['case']} on {case['on']}") for case in GOLDEN[section]]


def check_selection(case, layout=np.array):
    """Evaluate a case; results, dtypes and the gradient must be the golden ones.

    ``layout`` arranges the numbers of x in memory.
    """
    array = np.array(GOLDEN["inputs"][case["on"]])
    leaf = Tensor(np.zeros(array.shape, array.dtype))
    leaf._data = layout(array)
    if array.dtype == np.float64:
        leaf.requires_grad_()
    names = NAMES | {"x": leaf, "out": leaf * 1}
    if case["case"].startswith("out"):
        exec(case["case"], names)
        results = names["out"]
    else:
        results = eval(case["case"], names)
    results = tuple(results) if isinstance(results, tuple) else (results,)
    for result, golden in zip(results, case["results"], strict=True):
        assert result.dtype == golden["dtype"]
        assert result.shape == tuple(golden["shape"])
        np.testing.assert_array_equal(result.detach().numpy().ravel(), golden["values"])
    if case["gradient"] is None:
        return
    roots = [result for result in results if result.requires_grad]
    weights = [np.arange(1.0, r.numel() + 1).reshape(r.shape) for r in roots]
    for create_graph in (True, False):
        (gradient,) = autograd.grad(roots, leaf, weights, create_graph=create_graph)
        np.testing.assert_allclose(gradient.detach().numpy().ravel(), case["gradient"], rtol=1e-12)
