"""Moves of elements to other places: shapes, orders of dimensions, copies along a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ..engine.operators import Operators
from ..engine.shapes import Shape, broadcast_shape, normalized_dims, unpacked, whole_numbers
from .broadcasting import summed_to
from .dtypes import DType, checked
from .primitive import Call, Primitive


class Reshape(Primitive):
    """The same elements, read row by row, in another shape."""

    name = "reshape"
    is_view = True

    def forward(self, x: Any, shape: Shape) -> Any:
        return x.reshape(shape)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (RESHAPE(gradient, call.shape_of(0)),)


class Permute(Primitive):
    """The dimensions in another order."""

    name = "permute"
    is_view = True

    def forward(self, x: Any, dims: Shape) -> Any:
        return x.transpose(dims)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        (dims,) = call.parameters
        return (PERMUTE(gradient, tuple(int(d) for d in np.argsort(dims))),)


class BroadcastTo(Primitive):
    """The elements repeated to fill a shape."""

    name = "broadcast_to"
    is_view = True

    def forward(self, x: Any, shape: Shape) -> Any:
        return np.broadcast_to(x, shape)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (SUM_TO(gradient, call.shape_of(0)),)


class SumTo(Primitive):
    """The elements summed to a shape that broadcasts to theirs."""

    name = "sum_to"

    def forward(self, x: Any, shape: Shape) -> Any:
        return summed_to(x, x.shape, shape)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (BROADCAST_TO(gradient, call.shape_of(0)),)


RESHAPE = Reshape()
PERMUTE = Permute()
BROADCAST_TO = BroadcastTo()
SUM_TO = SumTo()


class To(Primitive):
    """The same numbers in another dtype."""

    name = "to"

    def forward(self, x: Any, dtype: DType, before: DType) -> Any:
        return x.astype(dtype)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dtype, before = call.parameters
        return (TO(gradient, before, dtype),)


class Clone(Primitive):
    """The same numbers in memory of their own."""

    name = "clone"

    def forward(self, x: Any) -> Any:
        return x.copy()

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (gradient,)


TO = To()
CLONE = Clone()


class Moves(Operators):
    """What a tensor can do with its shape and its order."""

    __slots__ = ()

    _data: Any

    @property
    def shape(self) -> Shape:
        """The length along every dimension."""
        shape: Shape = self._data.shape
        return shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        ndim: int = self._data.ndim
        return ndim

    def to(self, dtype: Any) -> Self:
        """The same numbers as ``dtype``; this tensor itself where it is of that dtype."""
        wanted = checked(dtype, "to")
        if wanted == self._data.dtype:
            return self
        converted: Self = TO(self, wanted, self._data.dtype)
        return converted

    def clone(self) -> Self:
        """The same numbers in memory of their own, with a gradient that is passed on."""
        cloned: Self = CLONE(self)
        return cloned

    def broadcast_to(self, *shape: Any) -> Self:
        """The same elements, repeated along dimensions of length 1 to fill ``shape``.

        Raises ``ValueError`` where a length other than 1 would have to change.
        """
        lengths = whole_numbers(unpacked(shape), "broadcast_to: length")
        if broadcast_shape([self._data.shape, lengths], "broadcast_to") != lengths:
            raise ValueError(
                f"broadcast_to: shape must keep every length of {self._data.shape} that is not "
                f"1, got {lengths}: give the full shape"
            )
        return self if lengths == self._data.shape else BROADCAST_TO(self, lengths)

    def summed_to(self, shape: Shape) -> Self:
        """The sum over everything that ``shape`` would be stretched along to this shape."""
        return self if shape == self._data.shape else SUM_TO(self, shape)
