"""Many elements to one: sums, means, counts, and whether any or all are true."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Self

import numpy as np

from ...engine import formulas
from ...engine.shapes import Shape, reduced_dims
from ..dtypes import checked, int64, uint8
from ..methods import Methods, converted, floating
from ..primitive import Call, Primitive
from ..sums import sum_along
from ..tracing import numbers
from .dims import one_dim
from .moves import BROADCAST_TO, RESHAPE

Dims = int | Sequence[int] | None
"""One dimension, several, or None for all of them."""


class Sum(Primitive):
    """The sum along some dimensions, kept with length 1."""

    name = "sum"

    def forward(self, x: Any, dims: Shape | None, keepdim: bool) -> Any:
        return sum_along(x, dims, keepdim)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (stretched_back(gradient, call),)

    def array_contributions(self, node: Any, gradient: Any) -> Sequence[Any]:
        """The gradient is the same along every dimension that was summed: it stays short."""
        return (with_kept_dims(gradient, node),)


class Mean(Primitive):
    """The sum along some dimensions, divided by a number: by how many elements there are."""

    name = "mean"

    def forward(self, x: Any, dims: Shape | None, keepdim: bool, divisor: float) -> Any:
        return sum_along(x, dims, keepdim) / divisor

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (stretched_back(gradient / call.parameters[2], call),)

    def array_contributions(self, node: Any, gradient: Any) -> Sequence[Any]:
        """The gradient is the same along every dimension that was summed: it stays short."""
        return (with_kept_dims(gradient / node.parameters[2], node),)


def kept_shape(shape: Shape, dims: Shape) -> Shape:
    """The shape with length 1 along ``dims``."""
    return tuple(1 if d in dims else length for d, length in enumerate(shape))


def with_length_one(reduced: Any, shape: Shape, dims: Shape | None, keepdim: bool) -> Any:
    """What a reduction of ``shape`` gave, in a form that broadcasts to ``shape``."""
    if keepdim or dims is None:
        return reduced
    return RESHAPE(reduced, kept_shape(shape, dims))


def stretched_back(gradient: Any, call: Call) -> Any:
    """The gradient of a reduction, copied to all elements that were reduced."""
    shape = call.shape_of(0)
    dims, keepdim = call.parameters[:2]
    return BROADCAST_TO(with_length_one(gradient, shape, dims, keepdim), shape)


def with_kept_dims(gradient: Any, node: Any) -> Any:
    """A gradient, which may stand for a greater one, with length 1 where ``node`` reduced."""
    dims, keepdim = node.parameters[:2]
    if keepdim or dims is None or not gradient.ndim:
        return gradient
    missing = len(node.shape) - gradient.ndim
    lengths = iter((1,) * missing + gradient.shape)
    ndim = len(node.shape) + len(dims)
    return gradient.reshape([1 if d in dims else next(lengths) for d in range(ndim)])


def dims_of(dim: Any, ndim: int, what: str) -> Shape | None:
    """The dimensions to reduce, as primitives take them: None for all, which ``()`` means too."""
    if dim is None:
        return None
    if type(dim) is int and ndim:
        return (one_dim(dim, ndim, what),)
    return reduced_dims(dim, ndim, what) or None


def count_along(shape: Shape, dims: Shape | None) -> int:
    """How many elements are reduced to one."""
    return prod(shape if dims is None else [shape[d] for d in dims])


SUM = Sum()
MEAN = Mean()


class Reductions(Methods):
    """What makes one element of many.

    ``dim`` is a dimension, a tuple of them, or None for all; ``keepdim`` keeps them with length 1.
    """

    __slots__ = ()

    def sum(self, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """The sum of the elements along ``dim``, or of all of them; of none it is 0.

        Sums of integers and of bools are int64, unless a ``dtype`` to sum in is given.
        """
        tensor = self if dtype is None and self._data.dtype.kind == "f" else summable(self, dtype)
        dims = None if dim is None else dims_of(dim, self._data.ndim, "sum")
        total: Self = self.record(SUM, (tensor,), (dims, keepdim))
        return total

    def nansum(self, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """The sum of the elements that are not nan."""
        total: Self = _without_nan(self).sum(dim, keepdim, dtype=dtype)
        return total

    def mean(self, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """The sum along ``dim`` divided by the number of elements; of none it is nan.

        Raises ``TypeError`` for integers, unless a floating point ``dtype`` is given.
        """
        tensor = self
        if dtype is not None or self._data.dtype.kind != "f":
            tensor = floating(self, dtype, "mean")
        dims = None if dim is None else dims_of(dim, self._data.ndim, "mean")
        divisor = self._data.size if dims is None else count_along(self._data.shape, dims)
        mean: Self = self.record(MEAN, (tensor,), (dims, keepdim, divisor))
        return mean

    def nanmean(self, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """The mean of the elements that are not nan; nan where there are none."""
        tensor = floating(self, dtype, "nanmean")
        is_number = type(self).constant(~np.isnan(numbers(tensor)))
        total: Self = _without_nan(tensor).sum(dim, keepdim)
        mean: Self = total / is_number.sum(dim, keepdim)
        return mean

    def all(self, dim: Dims = None, keepdim: bool = False) -> Self:
        """Whether all elements along ``dim`` are true (not 0); of none it is true."""
        return self._truth(np.logical_and, dim, keepdim, "all")

    def any(self, dim: Dims = None, keepdim: bool = False) -> Self:
        """Whether an element along ``dim`` is true (not 0); of none it is false."""
        return self._truth(np.logical_or, dim, keepdim, "any")

    def count_nonzero(self, dim: Dims = None) -> Self:
        """How many elements along ``dim`` are not 0, as int64."""
        dims = dims_of(dim, self._data.ndim, "count_nonzero")
        counts: Self = self.constant(np.asarray(np.count_nonzero(numbers(self), axis=dims), int64))
        return counts

    def _truth(self, reduce: np.ufunc, dim: Dims, keepdim: bool, what: str) -> Self:
        dims = None if dim is None else reduced_dims(dim, self._data.ndim, what)
        found = reduce.reduce(numbers(self), axis=dims, keepdims=keepdim)
        if self._data.dtype == uint8:  # PyTorch's exception, from a time before it had bools
            found = found.astype(uint8)
        truth: Self = self.constant(np.asarray(found))
        return truth


def summable(tensor: Any, dtype: Any) -> Any:
    """The tensor in the dtype that it is added up or multiplied in."""
    if dtype is not None:
        return converted(tensor, checked(dtype, "dtype"))
    return tensor if tensor._data.dtype.kind == "f" else converted(tensor, int64)


def _without_nan(tensor: Any) -> Any:
    """The tensor with 0 in the place of every nan."""
    is_number = tensor.constant(~np.isnan(numbers(tensor)))
    return formulas.where(is_number, tensor, 0)
