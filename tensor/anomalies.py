"""``detect_anomaly`` for tensors: the first operation that makes a nan or an infinity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .dtypes import FLOATS
from .graph import Node


def check_forward(name: str, operands: Sequence[Any], data: Any) -> None:
    """Raise ``FloatingPointError`` if the operation has just made a nan or an infinity."""
    if data.dtype not in FLOATS or np.isfinite(data).all():
        return
    arrays = [np.asarray(getattr(each, "_data", each)) for each in operands]
    if any(np.isnan(array).any() for array in arrays):
        return
    is_nan = np.isnan(data)
    if not is_nan.any() and not all(np.isfinite(array).all() for array in arrays):
        return
    where = np.argwhere(is_nan if is_nan.any() else ~np.isfinite(data))[0]
    raise FloatingPointError(
        f"{name} made the first {'nan' if is_nan.any() else 'inf'}, at index "
        f"{tuple(int(k) for k in where)} of a result of shape {data.shape}: its operands range "
        f"{', '.join(map(_range, arrays))}; keep them where {name} is finite"
    )


def check_backward(node: Node, gradient: Any, position: int, contribution: Any) -> None:
    """Raise ``FloatingPointError`` if a contribution is not finite and the gradient is."""
    arrays = [np.asarray(getattr(each, "_data", each)) for each in (gradient, contribution)]
    if np.isfinite(arrays[1]).all() or not np.isfinite(arrays[0]).all():
        return
    kind = "nan" if np.isnan(arrays[1]).any() else "inf"
    raise FloatingPointError(
        f"the backward pass of {node.name()} made the first {kind}, in the gradient by operand "
        f"{position + 1}, from an upstream gradient that ranges {_range(arrays[0])}; keep the "
        "operand away from where the slope is not finite"
    )


def _range(array: Any) -> str:
    if not array.size:
        return "over nothing"
    return f"from {array.min():.6g} to {array.max():.6g}"
