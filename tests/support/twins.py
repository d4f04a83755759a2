"""The same test on both twins."""

import numpy as np

from twingrad import Array, Tensor

TWINS = ("scalar", "tensor")


def operand(twin, data, requires_grad=False):
    """Numbers as an operand of a twin, in float64."""
    numbers = np.array(data, np.float64)
    if twin == "scalar":
        return Array(numbers, requires_grad=requires_grad)
    return Tensor(numbers, requires_grad=requires_grad)


def integers(twin, data):
    """Whole numbers as a twin has them."""
    return np.array(data, np.int64) if twin == "scalar" else Tensor(np.array(data, np.int64))


def numbers(operand):
    """The numbers of an operand of either twin, or of its ``grad``, as a NumPy array."""
    if operand is None or isinstance(operand, np.ndarray | float):
        return operand
    return operand.detach().numpy()
