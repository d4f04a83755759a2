"""Many elements to one: sums, means, products, extremes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ..engine.operators import Operators
from ..engine.shapes import Shape, reduced_dims
from .moves import BROADCAST_TO, RESHAPE
from .primitive import Call, Primitive


class Sum(Primitive):
    """The sum along some dimensions, kept with length 1."""

    name = "sum"

    def forward(self, x: Any, dims: Shape | None, keepdim: bool) -> Any:
        return np.add.reduce(x, axis=dims, keepdims=keepdim)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dims, keepdim = call.parameters
        shape = call.shape_of(0)
        if not keepdim and dims is not None:
            gradient = RESHAPE(gradient, kept_shape(shape, dims))
        return (BROADCAST_TO(gradient, shape),)

    def array_contributions(self, node: Any, gradient: Any) -> Sequence[Any]:
        """The gradient is the same along every dimension that was summed: it stays short."""
        dims, keepdim = node.parameters
        if not keepdim and dims is not None:
            gradient = gradient.reshape(kept_shape(node.parents[0].shape, dims))
        return (gradient,)


def kept_shape(shape: Shape, dims: Shape) -> Shape:
    """The shape with length 1 along ``dims``."""
    return tuple(1 if d in dims else length for d, length in enumerate(shape))


SUM = Sum()


class Reductions(Operators):
    __slots__ = ()
    _data: Any

    def sum(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """The sum of the elements along ``dim``, or of all of them; of none it is 0."""
        dims = None if dim is None else reduced_dims(dim, self._data.ndim, "sum")
        total: Self = SUM(self, dims, keepdim)
        return total
