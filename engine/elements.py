"""Object arrays of Values, and what an :class:`Array` computes on them.

``Elements`` are NumPy arrays of dtype object that hold Values (and, as operands, numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from .operation import Operation
from .primitives import AMAX, AMIN, DOT, SUM
from .shapes import Shape, broadcast_shape, check_linear, normalized_dims, reduced_dims
from .value import Value, constant

Elements = np.ndarray[Any, np.dtype[np.object_]]


def as_elements(data: Any) -> Elements:
    """Nested sequences, arrays and single numbers or Values as an object array.

    Raises ``ValueError`` for nested sequences that differ in length.
    """
    if isinstance(data, np.ndarray):
        return data.astype(object)
    try:
        elements = np.array(data, dtype=object)
    except ValueError:
        elements = None
    if elements is None or any(isinstance(each, list | tuple) for each in elements.flat):
        raise ValueError(
            "Array: data must be a regular array, got nested sequences of different lengths in "
            f"{data!r:.60}: make all rows equally long"
        )
    return elements


def filled(values: Sequence[Value], shape: Shape) -> Elements:
    """The values in a row as elements of this shape."""
    row = np.empty(len(values), dtype=object)
    row[:] = values
    return row.reshape(shape)


def elementwise(operation: Operation, operands: Sequence[Elements]) -> Elements:
    """The operation on every element of the operands, broadcast against each other."""
    shape = broadcast_shape([operand.shape for operand in operands], operation.name)
    columns = [np.broadcast_to(operand, shape).ravel() for operand in operands]
    return filled([_node(operation, row) for row in zip(*columns, strict=True)], shape)


def reduced(
    elements: Elements,
    dim: int | Sequence[int] | None,
    keepdim: bool,
    name: str,
    reduce: Callable[[list[Value]], Value],
) -> Elements:
    """The elements along ``dim`` (None: all of them) reduced to one each."""
    ndim, lengths = elements.ndim, elements.shape
    dims = reduced_dims(dim, ndim, name)
    kept = [d for d in range(ndim) if d not in dims]
    rows = elements.transpose(*kept, *dims).reshape(
        [*(lengths[d] for d in kept), prod(lengths[d] for d in dims)]
    )
    shape = tuple(
        1 if d in dims else length for d, length in enumerate(lengths) if keepdim or d in kept
    )
    return filled([reduce(list(rows[index])) for index in np.ndindex(rows.shape[:-1])], shape)


def total(values: list[Value]) -> Value:
    """The sum of the values, as one node; of none it is 0."""
    return _node(SUM, values) if values else constant(0.0)


def average(values: list[Value]) -> Value:
    """The sum of the values divided by their number; of none it is nan."""
    return total(values) / len(values)


def greatest(values: list[Value]) -> Value:
    """The greatest of the values, as one node; one value is its own greatest."""
    return _node(AMAX, values) if len(values) > 1 else values[0]


def smallest(values: list[Value]) -> Value:
    """The smallest of the values, as one node; one value is its own smallest."""
    return _node(AMIN, values) if len(values) > 1 else values[0]


def matmul(left: Elements, right: Elements) -> Elements:
    """The matrix product by the rules of ``@``; each element of it is one ``dot`` node.

    Raises ``ValueError`` with both shapes where they do not fit.
    """
    if not left.ndim or not right.ndim:
        raise ValueError(
            f"matmul: both operands must have a dimension, got shapes {left.shape} and "
            f"{right.shape}: multiply by a scalar with *"
        )
    rows = left if left.ndim > 1 else left[None, :]
    columns = right if right.ndim > 1 else right[:, None]
    if rows.shape[-1] != columns.shape[-2]:
        raise ValueError(
            f"matmul: inner lengths must be equal, got {rows.shape[-1]} and {columns.shape[-2]} "
            f"in shapes {left.shape} and {right.shape}: transpose or reshape one of them"
        )
    batch = broadcast_shape([rows.shape[:-2], columns.shape[:-2]], "matmul")
    rows = np.broadcast_to(rows, (*batch, *rows.shape[-2:]))
    columns = np.broadcast_to(columns, (*batch, *columns.shape[-2:])).swapaxes(-1, -2)
    shape = (*batch, rows.shape[-2], columns.shape[-2])
    products = [
        _dot(rows[index[:-1]], columns[(*index[:-2], index[-1])]) for index in np.ndindex(shape)
    ]
    dropped = [-2] * (left.ndim == 1) + [-1] * (right.ndim == 1)
    return filled(products, shape).squeeze(tuple(dropped))


def linear(input: Elements, weight: Elements, bias: Elements | None) -> Elements:
    """``input @ weight.T + bias``; each element of it is one ``dot`` node, its bias included.

    Raises ``ValueError`` with the shapes where they do not fit.
    """
    check_linear(input.shape, weight.shape, None if bias is None else bias.shape)
    if bias is None:
        return matmul(input, weight.T)
    outputs = [
        _node(DOT, (*neuron, *input[index], b))
        for index in np.ndindex(*input.shape[:-1])
        for neuron, b in zip(weight, bias, strict=True)
    ]
    return filled(outputs, (*input.shape[:-1], weight.shape[0]))


def joined(
    parts: Sequence[Elements], dim: int, name: str, join: Callable[..., Any], new_dims: int
) -> Elements:
    """The parts joined by ``numpy.concatenate`` or ``numpy.stack``.

    Raises ``ValueError`` with all shapes where they do not fit.
    """
    if not parts:
        raise ValueError(f"{name}: arrays must hold at least one array, got none: pass some")
    (axis,) = normalized_dims((dim,), parts[0].ndim + new_dims, name) or (0,)
    try:
        elements: Elements = join(parts, axis=axis)
    except ValueError:
        raise ValueError(
            f"{name}: arrays must have equal lengths{'' if new_dims else f' outside dim {dim}'}, "
            f"got shapes {', '.join(str(part.shape) for part in parts)}: reshape them first"
        ) from None
    return elements


def _dot(a: Elements, b: Elements) -> Value:
    return _node(DOT, (*a, *b)) if len(a) else constant(0.0)


def _node(operation: Operation, operands: Sequence[Any]) -> Value:
    node: Value = Value.apply(operation, *operands)
    return node
