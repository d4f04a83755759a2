"""Products of matrices, whose gradients are products again: ``dC = dA B + A dB``.

For C = A B the gradient by A is ``G B^T`` and the gradient by B is ``A^T G``, where G is the
gradient by C. A transpose is a view, which BLAS reads as fast as what it is a view of.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ...engine.shapes import Shape, broadcast_shape
from ..broadcasting import NDArray, stretched, summed_to
from ..graph import Node
from ..primitive import Call, Primitive
from ..sums import sum_along
from .moves import RESHAPE, SUM_TO

# The arrays' own dot() is used for two matrices: np.matmul takes 0.4 us more to get to BLAS, and
# does without BLAS where the inner length is 1.


class MatrixProduct(Primitive):
    """The product of two matrices, ``(m, n)`` by ``(n, p)`` to ``(m, p)``."""

    name = "mm"
    arity = 2
    saves_for = MappingProxyType({0: (1,), 1: (0,)})

    def forward(self, a: Any, b: Any) -> Any:
        return product(a, b)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        a, b = call.inputs
        by_a = MM(gradient, b.T) if call.needs(0) else None
        by_b = MM(a.T, gradient) if call.needs(1) else None
        return (by_a, by_b)

    def array_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """As :meth:`backward`, without a call of anything but BLAS."""
        if gradient.shape != node.shape:
            gradient = stretched(gradient, node.shape)
        return _by_factors(gradient, node, 0)


class AddMatrixProduct(Primitive):
    """``beta * x + alpha * (a @ b)`` for matrices a and b, and x that broadcasts to the product.

    With ``beta=0`` the numbers of x do not matter, not even nan.
    """

    name = "addmm"
    arity = 3
    saves_for = MappingProxyType({0: (), 1: (2,), 2: (1,)})

    def forward(self, x: Any, a: Any, b: Any, beta: float, alpha: float) -> Any:
        out = product(a, b)
        if alpha != 1:
            out *= alpha
        if beta == 1:
            out += x
        elif beta != 0:
            out += beta * x
        return out

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        _, a, b = call.inputs
        beta, alpha = call.parameters
        by_x = by_a = by_b = None
        if call.needs(0):
            by_x = _summed(gradient if beta == 1 else gradient * beta, call.shape_of(0))
        if alpha != 1:
            gradient = gradient * alpha
        if call.needs(1):
            by_a = MM(gradient, b.T)
        if call.needs(2):
            by_b = MM(a.T, gradient)
        return (by_x, by_a, by_b)

    def array_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """As :meth:`backward`, without a call of anything but BLAS."""
        if gradient.shape != node.shape:
            gradient = stretched(gradient, node.shape)
        beta, alpha = node.parameters
        x = node.parents[0]  # type: ignore[index]
        by_x = None
        if x is not None:
            by_x = _array_summed(gradient if beta == 1 else gradient * beta, x.shape)
        return (by_x, *_by_factors(gradient if alpha == 1 else gradient * alpha, node, 1))


class Matmul(Primitive):
    """``a @ b`` for vectors and for stacks of matrices, which broadcast.

    The parameters are the shapes of a and b as (stacks of) matrices, of which the first is one
    matrix if the second is, and the shape of the value.
    """

    name = "matmul"
    arity = 2
    saves_for = MappingProxyType({0: (1,), 1: (0,)})

    def forward(self, a: Any, b: Any, left: Shape, right: Shape, shape: Shape) -> Any:
        a, b = a.reshape(left), b.reshape(right)
        if len(right) == 2:
            found = product(a, b)
        elif right[-2] == 1:  # np.matmul does without BLAS, and four times slower than this
            found = a * b
        else:
            found = np.matmul(a, b)
        return found.reshape(shape)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        a, b = call.inputs
        left, right, _ = call.parameters
        stack = broadcast_shape([left[:-2], right[:-2]], self.name)
        gradient = RESHAPE(gradient, (*stack, left[-2], right[-1]))
        by_a = by_b = None
        if call.needs(0):
            by_a = multiplied(gradient, RESHAPE(b, right).swapaxes(-2, -1))
            by_a = RESHAPE(_summed(by_a, left), call.shape_of(0))
        if call.needs(1):
            by_b = multiplied(RESHAPE(a, left).swapaxes(-2, -1), gradient)
            by_b = RESHAPE(_summed(by_b, right), call.shape_of(1))
        return (by_a, by_b)


class Linear(Primitive):
    """``x @ weight.T + bias`` for x of shape (..., in), a weight (out, in), and a bias (out)."""

    name = "linear"
    arity = 3
    saves_for = MappingProxyType({0: (1,), 1: (0,), 2: ()})

    def forward(self, x: Any, weight: Any, *bias: Any) -> Any:
        out = product(_rows(x), weight.T)
        if bias:
            out += bias[0]
        return out if x.ndim == 2 else out.reshape(*x.shape[:-1], len(weight))

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        x, weight, *bias = call.inputs
        gradient = _rows(gradient)
        by_x = by_weight = by_bias = None
        if call.needs(0):
            by_x = RESHAPE(MM(gradient, weight), call.shape_of(0))
        if call.needs(1):
            by_weight = MM(gradient.T, _rows(x))
        if bias and call.needs(2):
            by_bias = SUM_TO(gradient, call.shape_of(2))
        return (by_x, by_weight, by_bias)[: len(call.inputs)]

    def array_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """As :meth:`backward`, without a call of anything but BLAS where x is a matrix."""
        if len(node.shape) != 2:
            return super().array_contributions(node, gradient)
        if gradient.shape != node.shape:
            gradient = stretched(gradient, node.shape)
        x, weight, *_ = node.inputs
        wants_x, wants_weight, *bias = node.parents  # type: ignore[misc]
        return (
            product(gradient, weight._data) if wants_x is not None else None,
            product(gradient.T, x._data) if wants_weight is not None else None,
            sum_along(gradient, (0,)) if bias and bias[0] is not None else None,
        )


MM = MatrixProduct()
ADDMM = AddMatrixProduct()
MATMUL = Matmul()
LINEAR = Linear()


def product(a: NDArray, b: NDArray) -> NDArray:
    """The product of two matrices.

    With an inner length of 1 it is every row times every column: BLAS leaves out what is
    multiplied by 0, and with it infinities and nan.
    """
    found: NDArray = a * b if a.shape[1] == 1 else a.dot(b)
    return found


def multiplied(a: Any, b: Any, what: str = "matmul") -> Any:
    """``a @ b`` for two arrays or tensors of one dtype, with dimensions.

    Raises ``ValueError`` with both shapes where they do not fit.
    """
    first, second = a.shape, b.shape
    if len(first) == 2 == len(second) and first[1] == second[0]:
        return MM(a, b)
    return MATMUL(a, b, *matrix_shapes(first, second, what))


def _by_factors(gradient: Any, node: Node, place: int) -> tuple[Any, Any]:
    """What two matrices get of the gradient of their product; they stand at ``place`` in a node."""
    inputs, parents = node.inputs, node.parents
    by_a = by_b = None
    if parents[place] is not None:  # type: ignore[index]
        by_a = product(gradient, inputs[place + 1]._data.T)
    if parents[place + 1] is not None:  # type: ignore[index]
        by_b = product(inputs[place]._data.T, gradient)
    return by_a, by_b


def _summed(x: Any, shape: Shape) -> Any:
    return x if x.shape == shape else SUM_TO(x, shape)


def _array_summed(gradient: NDArray, shape: Shape) -> NDArray:
    """The gradient of a matrix, summed to the shape of what was stretched to it."""
    if shape == gradient.shape:
        return gradient
    if shape == gradient.shape[1:]:
        total: NDArray = sum_along(gradient, (0,))
        return total
    return summed_to(gradient, gradient.shape, shape)


def _rows(x: Any) -> Any:
    """What has the last dimension of x, one below the other."""
    if x.ndim == 2:
        return x
    count = 1
    for length in x.shape[:-1]:
        count *= length
    return RESHAPE(x, (count, x.shape[-1]))


def matrix_shapes(first: Shape, second: Shape, what: str) -> tuple[Shape, Shape, Shape]:
    """The shapes of two factors as (stacks of) matrices, and the shape of their product.

    A stack of matrices times one matrix is as good as one matrix of all their rows.
    """
    inner = second[-2] if len(second) > 1 else second[0]
    if first[-1] != inner:
        raise ValueError(
            f"{what}: inner lengths must be equal, got {first[-1]} and {inner} in shapes {first} "
            f"and {second}: transpose or reshape one of them"
        )
    if len(second) <= 2:
        columns = second[1:]
        rows = int(np.prod(first[:-1], dtype=int))
        return (rows, inner), (inner, *(columns or (1,))), (*first[:-1], *columns)
    left = first if len(first) > 1 else (1, *first)
    try:
        stack = broadcast_shape([left[:-2], second[:-2]], what)
    except ValueError:
        raise ValueError(
            f"{what}: the dimensions before the last two must broadcast, got {left[:-2]} and "
            f"{second[:-2]} in shapes {first} and {second}: make each pair of lengths equal or 1"
        ) from None
    return left, second, (*stack, *first[-2:-1], second[-1])
