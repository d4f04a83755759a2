"""Running sums and products, and the product, with derivatives that hold where elements are 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from ...engine.shapes import normalized_dims
from ..dtypes import float32, float64
from ..methods import Methods, floating
from ..primitive import Call, Primitive
from .moves import CLONE, RESHAPE
from .reductions import summable, with_length_one

_multiply_along: Callable[..., Any] = np.multiply.reduce


class CumSum(Primitive):
    """``y[k] = x[0] + ... + x[k]`` along a dimension; in reverse, from ``x[k]`` to the last."""

    name = "cumsum"

    def forward(self, x: Any, dim: int, reverse: bool) -> Any:
        # A long sum of float32 numbers one by one would lose digits that PyTorch keeps.
        wide = float64 if x.dtype == float32 else x.dtype
        sums = np.add.accumulate(_turned(x, dim, reverse), axis=dim, dtype=wide)
        return _turned(sums, dim, reverse).astype(x.dtype, copy=False)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dim, reverse = call.parameters
        return (CUMSUM(gradient, dim, not reverse),)


class CumProd(Primitive):
    """``y[k] = x[0] * ... * x[k]`` along a dimension; in reverse, from ``x[k]`` to the last.

    The derivative of y[i] by x[k] is the product before k times the product after k up to i,
    which needs no division: so x may be 0.
    """

    name = "cumprod"
    saves = (0,)
    saves_out = True

    def forward(self, x: Any, dim: int, reverse: bool) -> Any:
        products = np.multiply.accumulate(_turned(x, dim, reverse), axis=dim)
        return _turned(products, dim, reverse)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dim, reverse = call.parameters
        step = -1 if reverse else 1
        before = SHIFT(call.out, dim, step, 1.0)
        after = RECURRENCE(SHIFT(call.inputs[0], dim, -step, 0.0), gradient, dim, not reverse)
        return (before * after,)


class Prod(Primitive):
    """The product along a dimension; the derivative by an element is the product of the others."""

    name = "prod"
    saves = (0,)

    def forward(self, x: Any, dim: int, keepdim: bool) -> Any:
        return _multiply_along(x, axis=dim, keepdims=keepdim)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dim, keepdim = call.parameters
        (x,) = call.inputs
        before = SHIFT(CUMPROD(x, dim, False), dim, 1, 1.0)
        after = SHIFT(CUMPROD(x, dim, True), dim, -1, 1.0)
        return (with_length_one(gradient, call.shape_of(0), (dim,), keepdim) * before * after,)


class Shift(Primitive):
    """The elements moved one place along a dimension, with ``fill`` in the place that is free."""

    name = "shift"

    def forward(self, x: Any, dim: int, step: int, fill: float) -> Any:
        moved = np.empty_like(x)
        to, source = _along(moved, dim), _along(x, dim)
        if step > 0:
            to[1:] = source[:-1]
            to[:1] = fill
        else:
            to[:-1] = source[1:]
            to[-1:] = fill
        return moved

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dim, step, _ = call.parameters
        return (SHIFT(gradient, dim, -step, 0.0),)


class Recurrence(Primitive):
    """``y[k] = factor[k] * y[k-1] + term[k]`` along a dimension, ``y[0] = term[0]``.

    In reverse it starts at the end: ``y[k] = factor[k] * y[k+1] + term[k]``. Its derivative is
    another one, in the other direction.
    """

    name = "recurrence"
    arity = 2
    saves = (0,)
    saves_out = True

    def forward(self, factor: Any, term: Any, dim: int, reverse: bool) -> Any:
        y = np.array(term)
        factors = _along(_turned(factor, dim, reverse), dim)
        values = _along(_turned(y, dim, reverse), dim)
        for k in range(1, len(values)):
            values[k] += factors[k] * values[k - 1]
        return y

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dim, reverse = call.parameters
        step = -1 if reverse else 1
        by_term = RECURRENCE(SHIFT(call.inputs[0], dim, -step, 0.0), gradient, dim, not reverse)
        return (by_term * SHIFT(call.out, dim, step, 0.0), by_term)


class LogCumSumExp(Primitive):
    """``y[k] = log(exp(x[0]) + ... + exp(x[k]))`` along a dimension.

    The derivative of y[i] by x[k] is ``exp(x[k] - y[i])``: the product of ``exp(x[k] - y[k])``
    and of all ``exp(y[j] - y[j+1])`` from k to i, none of which is greater than 1.
    """

    name = "logcumsumexp"
    saves = (0,)
    saves_out = True

    def forward(self, x: Any, dim: int) -> Any:
        return np.logaddexp.accumulate(x, axis=dim)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        (dim,) = call.parameters
        out = call.out
        growth = _exponential(out - SHIFT(out, dim, -1, np.inf))
        after = RECURRENCE(growth, gradient, dim, True)
        return (_exponential(call.inputs[0] - out) * after,)


def _along(x: Any, dim: int) -> Any:
    """A view with the dimension in front."""
    return np.moveaxis(x, dim, 0)


def _turned(x: Any, dim: int, reverse: bool) -> Any:
    return np.flip(x, dim) if reverse else x


def _exponential(x: Any) -> Any:
    return np.exp(x) if isinstance(x, np.ndarray) else x.exp()


CUMSUM = CumSum()
CUMPROD = CumProd()
PROD = Prod()
SHIFT = Shift()
RECURRENCE = Recurrence()
LOGCUMSUMEXP = LogCumSumExp()


class Cumulative(Methods):
    """Running sums and products along a dimension, and the product."""

    __slots__ = ()

    def prod(self, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Self:
        """The product of the elements along ``dim``, or of all of them; of none it is 1.

        Products of integers and of bools are int64, unless a ``dtype`` to multiply in is given.
        """
        tensor = summable(self, dtype)
        shape = self._data.shape
        dims = () if dim is None else normalized_dims((dim,), len(shape), "prod")
        if dims:
            product: Self = PROD(tensor, dims[0], keepdim)
            return product
        total: Self = PROD(RESHAPE(tensor, (-1,)), 0, False)
        return RESHAPE(total, (1,) * len(shape)) if keepdim else total

    def cumsum(self, dim: int, dtype: Any = None) -> Self:
        """``y[k] = x[0] + ... + x[k]`` along ``dim``; of integers and bools it is int64."""
        return self._accumulated(CUMSUM, summable(self, dtype), dim, (False,))

    def cumprod(self, dim: int, dtype: Any = None) -> Self:
        """``y[k] = x[0] * ... * x[k]`` along ``dim``; of integers and bools it is int64."""
        return self._accumulated(CUMPROD, summable(self, dtype), dim, (False,))

    def logcumsumexp(self, dim: int) -> Self:
        """``y[k] = log(exp(x[0]) + ... + exp(x[k]))`` along ``dim``, without overflow.

        Raises ``TypeError`` for integers.
        """
        return self._accumulated(LOGCUMSUMEXP, floating(self, None, "logcumsumexp"), dim, ())

    def _accumulated(
        self, primitive: Primitive, tensor: Any, dim: int, parameters: tuple[Any, ...]
    ) -> Self:
        dims = normalized_dims((dim,), self._data.ndim, primitive.name)
        if not dims:  # one element, which is all there is to accumulate
            copy: Self = CLONE(tensor)
            return copy
        found: Self = self.record(primitive, (tensor,), (dims[0], *parameters))
        return found
