"""Golden expressions from PyTorch that give one tensor or several: all numbers are exact."""

import json

import numpy as np

from twingrad.tensor import Tensor
from twingrad.tensor.operations import joining

from .golden import FOLDER

OF_MOVES = {
    "pad": lambda x, *arguments, **keywords: x.pad(*arguments, **keywords),
    "ints": lambda *numbers: Tensor(np.array(numbers, np.int64)),
    "float32": np.dtype("float32"),
    "float64": np.dtype("float64"),
    "int32": np.dtype("int32"),
}
"""The names in the expressions of moves."""

OF_JOINING = {
    each.__name__: each
    for each in (
        joining.cat,
        joining.stack,
        joining.hstack,
        joining.vstack,
        joining.meshgrid,
        joining.broadcast_tensors,
        joining.atleast_1d,
        joining.atleast_2d,
    )
}
"""The functions in the expressions that join tensors."""


def golden_expressions(file):
    """The inputs, the cases and the refused expressions of a file."""
    return json.loads((FOLDER / f"{file}.json").read_text())


def golden_input(golden, name):
    """One of the inputs of a file, its numbers as float64."""
    array = np.array(golden["inputs"][name])
    return array if array.dtype.kind in "bi" else array.astype(np.float64)


def evaluated(expression, names):
    """What an expression gives, as a list of tensors."""
    found = eval(expression, dict(names))
    return [found] if isinstance(found, Tensor) else list(found)


def check_results(results, expected):
    """Shapes, dtypes and numbers must be the expected ones, the signs of zeros included."""
    assert len(results) == len(expected)
    for each, golden in zip(results, expected, strict=True):
        assert list(each.shape) == golden["shape"]
        assert str(each.dtype) == golden["dtype"]
        values = np.array(golden["values"], golden["dtype"]).reshape(each.shape)
        np.testing.assert_array_equal(each.detach().numpy(), values)
        np.testing.assert_array_equal(np.signbit(each.detach().numpy()), np.signbit(values))


def weighted_sum(results):
    """The sum of all elements, those of each result weighted by 1, 2, 3 and so on; 0 of none."""
    total = 0
    for each in results:
        if each.requires_grad:
            weights = np.arange(1, each.numel() + 1).reshape(each.shape).astype(each.dtype)
            total = (each * weights).sum() + total
    return total
