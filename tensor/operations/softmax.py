"""Softmax and its logarithm on tensors: the dtypes that they are computed in."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, Self

import numpy as np

from ...engine import softmax
from ...engine.shapes import Shape
from ..dtypes import DEFAULT, FLOATS
from ..methods import Methods, converted, floating
from ..tracing import numbers
from .reductions import SUM, Dims, dims_of


class Softmax(softmax.Softmax, Methods):
    """What is computed from the exponentials of the elements along dimensions."""

    __slots__ = ()

    def logsumexp(self, dim: Dims, keepdim: bool = False) -> Self:
        """``log(sum(exp(x)))`` along ``dim``.

        Finite wherever the result is: the greatest element m is taken out, as in
        ``m + log(sum(exp(x - m)))``. Where all elements are -inf, and where there are none, it
        is -inf. Integers are computed with as float32.
        """
        if self._data.dtype not in FLOATS:
            total: Self = converted(self, DEFAULT).logsumexp(dim, keepdim)
            return total
        return super().logsumexp(dim, keepdim)

    def softmax(self, dim: int, dtype: Any = None) -> Self:
        """``exp(x) / sum(exp(x))``, with the sum along ``dim``: it adds up to 1 there.

        Raises ``TypeError`` for integers, unless a floating point ``dtype`` is given.
        """
        if dtype is not None or self._data.dtype not in FLOATS:
            shares: Self = floating(self, dtype, "softmax").softmax(dim)
            return shares
        return super().softmax(dim)

    def log_softmax(self, dim: int, dtype: Any = None) -> Self:
        """``x - log(sum(exp(x)))``, with the sum along ``dim``: the logarithm of the softmax.

        Raises ``TypeError`` for integers, unless a floating point ``dtype`` is given.
        """
        if dtype is not None or self._data.dtype not in FLOATS:
            logarithms: Self = floating(self, dtype, "log_softmax").log_softmax(dim)
            return logarithms
        return super().log_softmax(dim)

    def _greatest(self, dim: Dims, what: str) -> tuple[Any, Shape | None]:
        x = numbers(self)
        dims = dims_of(dim, x.ndim, what)
        if not x.size:
            return _maximum(x, axis=dims, keepdims=True, initial=-inf), dims
        if dims == (1,) and x.ndim == 2 and x.shape[1] <= _SHORT and type(x) is np.ndarray:
            return _maximum(x.T.copy())[:, None], dims
        return _maximum(x, axis=dims, keepdims=True), dims

    def _total(self, dims: Shape | None, keepdim: bool) -> Self:
        total: Self = self.record(SUM, (self,), (dims, keepdim))
        return total


_maximum: Callable[..., Any] = np.maximum.reduce

_SHORT = 32
"""Length of rows up to which NumPy finds their greatest faster in columns, copying included."""
