"""Golden products from PyTorch: expressions of named inputs, all numbers exact."""

import json

import numpy as np
import pytest

from twingrad.tensor import Tensor
from twingrad.tensor.operations.einsum import einsum, tensordot
from twingrad.tensor.operations.products import linear

from .expressions import evaluated, weighted_sum
from .golden import FOLDER, LAYOUTS

GOLDEN = json.loads((FOLDER / "products.json").read_text())


def golden_products(section):
    """The cases of a section, in every layout, as parameters for pytest."""
    return [
        pytest.param(case, layout, id=f"{case['expression']}, {layout.__name__}")
        for case in GOLDEN["sections"][section]
        for layout in LAYOUTS
    ]


def named_inputs(layout=np.array):
    """The inputs by name, each a leaf, their numbers arranged by ``layout``; and functions."""
    names = {}
    for name, (values, dtype) in GOLDEN["inputs"].items():
        names[name] = Tensor.constant(layout(np.array(values, dtype)))
        names[name].requires_grad = names[name].dtype.kind == "f"
    return names | {"einsum": einsum, "tensordot": tensordot, "linear": linear}


def check_product(case, layout):
    """The result and the gradients must be the golden ones, but for the signs of zeros."""
    names = named_inputs(layout)
    (result,) = evaluated(case["expression"], names)
    golden = case["result"]
    assert list(result.shape) == golden["shape"]
    assert str(result.dtype) == golden["dtype"]
    expected = np.array(golden["values"], golden["dtype"]).reshape(result.shape)
    np.testing.assert_array_equal(result.detach().numpy(), expected)
    assert result.requires_grad == bool(case["gradients"])
    if case["gradients"]:
        weighted_sum([result]).backward()
    for name, tensor in names.items():
        if isinstance(tensor, Tensor) and tensor.grad is not None:
            expected = np.array(case["gradients"][name]).reshape(tensor.shape)
            np.testing.assert_array_equal(tensor.grad.numpy(), expected)
            assert tensor.grad.dtype == tensor.dtype
        else:
            assert name not in case["gradients"]


def check_refused(expression):
    """The expression must be refused with a sentence; gives the message."""
    with pytest.raises((ValueError, TypeError, IndexError)) as refusal:
        evaluated(expression, named_inputs())
    message = str(refusal.value)
    assert ": " in message
    return message
