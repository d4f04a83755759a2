"""Functions of several arrays: products and concatenations of arrays of Values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import elements
from .array import Array, array_of, operand_elements


def matmul(a: Any, b: Any) -> Array:
    """The matrix product of two arrays of Values or numbers, as ``@`` computes it.

    (n) by (n) gives (), (m, n) by (n) gives (m), (n) by (n, p) gives (p), (m, n) by (n, p)
    gives (m, p); dimensions before the last two broadcast. Raises ``ValueError`` with both
    shapes where they do not fit.
    """
    return array_of(elements.matmul(operand_elements(a), operand_elements(b)))


def linear(input: Any, weight: Any, bias: Any = None) -> Array:
    """``input @ weight.T + bias``, of shapes (..., in), (out, in) and (out): a layer of neurons.

    Each output is one ``dot`` node with its bias. Raises ``ValueError`` with the shapes where they
    do not fit.
    """
    x, w = operand_elements(input), operand_elements(weight)
    return array_of(elements.linear(x, w, None if bias is None else operand_elements(bias)))


def cat(arrays: Sequence[Any], dim: int = 0) -> Array:
    """The arrays one behind the other along ``dim``; their other lengths must be equal."""
    return array_of(elements.joined(_constants(arrays), dim, "cat", np.concatenate, 0))


def stack(arrays: Sequence[Any], dim: int = 0) -> Array:
    """The arrays one behind the other along a new dimension ``dim``; shapes must be equal."""
    return array_of(elements.joined(_constants(arrays), dim, "stack", np.stack, 1))


def _constants(arrays: Sequence[Any]) -> list[elements.Elements]:
    """Arrays as elements; numbers in them become constants."""
    return [Array(array, requires_grad=False)._elements for array in arrays]
