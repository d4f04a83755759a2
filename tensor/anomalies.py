"""What looks at operations on tensors: ``detect_anomaly``, and a witness.

``detect_anomaly`` finds the first operation that makes a nan or an infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.modes import Mode
from .dtypes import FLOATS
from .graph import Node


def applied_under(
    mode: Mode, operation: Any, operands: Sequence[Any], parameters: Sequence[Any], out: Any
) -> None:
    """Let whoever looks at operations under this mode see one that was just applied."""
    if mode.anomaly:
        check_forward(operation.name, operands, out._data)
    if mode.witness is not None:
        mode.witness(operation, operands, parameters, out)


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


def check_backward(node: Node, gradient: Any, contributions: Sequence[Any]) -> None:
    """Raise ``FloatingPointError`` if a contribution is not finite and the gradient is."""
    upstream = np.asarray(getattr(gradient, "_data", gradient))
    for position, contribution in enumerate(contributions):
        array = np.asarray(getattr(contribution, "_data", contribution))
        if contribution is None or np.isfinite(array).all() or not np.isfinite(upstream).all():
            continue
        raise FloatingPointError(
            f"the backward pass of {node.name()} made the first "
            f"{'nan' if np.isnan(array).any() else 'inf'}, in the gradient by operand "
            f"{position + 1}, from an upstream gradient that ranges {_range(upstream)}; keep the "
            "operand away from where the slope is not finite"
        )


def _range(array: Any) -> str:
    if not array.size:
        return "over nothing"
    return f"from {array.min():.6g} to {array.max():.6g}"
