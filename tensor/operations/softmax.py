"""Softmax and its logarithm, without overflow: the greatest element is taken out first."""

from __future__ import annotations

from math import inf, isfinite
from typing import Any, Self

import numpy as np

from ...engine import formulas
from ...engine.shapes import Shape
from ..dtypes import DEFAULT, FLOATS
from ..methods import Methods, converted, floating
from ..quiet import quiet
from ..sums import sum_along
from .dims import one_dim
from .reductions import SUM, Dims, dims_of


class Softmax(Methods):
    """What is computed from the exponentials of the elements along dimensions."""

    __slots__ = ()

    def logsumexp(self, dim: Dims, keepdim: bool = False) -> Self:
        """``log(sum(exp(x)))`` along ``dim``.

        Finite wherever the result is: the greatest element m is taken out, as in
        ``m + log(sum(exp(x - m)))``. Where all elements are -inf, and where there are none, it
        is -inf. Integers are computed with as float32.
        """
        tensor: Any = self
        if self._data.dtype not in FLOATS:
            tensor = converted(self, DEFAULT)
        dims = dims_of(dim, self._data.ndim, "logsumexp")
        top = _greatest(tensor._data, dims)
        if not isfinite(quiet().run(sum_along, top, None)):
            top = np.where(np.isfinite(top), top, top.dtype.type(0))
        exponentials = self.apply(formulas.sub, tensor, self.constant(top)).exp()
        total = self.record(SUM, (exponentials,), (dims, keepdim)).log()
        result: Self = self.apply(formulas.add, total, self.constant(top.reshape(total.shape)))
        return result

    def softmax(self, dim: int, dtype: Any = None) -> Self:
        """``exp(x) / sum(exp(x))``, with the sum along ``dim``: it adds up to 1 there.

        Raises ``TypeError`` for integers, unless a floating point ``dtype`` is given.
        """
        shifted, dims = self._shifted(dim, dtype, "softmax")
        exponentials = shifted.exp()
        total = self.record(SUM, (exponentials,), (dims, True))
        shares: Self = self.apply(formulas.div, exponentials, total)
        return shares

    def log_softmax(self, dim: int, dtype: Any = None) -> Self:
        """``x - log(sum(exp(x)))``, with the sum along ``dim``: the logarithm of the softmax.

        Raises ``TypeError`` for integers, unless a floating point ``dtype`` is given.
        """
        shifted, dims = self._shifted(dim, dtype, "log_softmax")
        total = self.record(SUM, (shifted.exp(),), (dims, True))
        logarithms: Self = self.apply(formulas.sub, shifted, total.log())
        return logarithms

    def _shifted(self, dim: int, dtype: Any, what: str) -> tuple[Any, Shape]:
        """The elements less the greatest of them along ``dim``, and that as dims."""
        tensor: Any = self
        if dtype is not None or self._data.dtype not in FLOATS:
            tensor = floating(self, dtype, what)
        ndim = self._data.ndim
        dims = (one_dim(dim, ndim, what),)[:ndim]
        top = self.constant(_greatest(tensor._data, dims))
        return self.apply(formulas.sub, tensor, top), dims


def _greatest(x: Any, dims: Shape | None) -> Any:
    """The greatest elements, kept with length 1; of none it is -inf."""
    if not x.size:
        return np.maximum.reduce(x, axis=dims, keepdims=True, initial=-inf)
    if x.ndim == 2 and dims == (1,) and x.shape[1] <= _SHORT:
        return np.maximum.reduce(x.T.copy(), axis=0)[:, None]
    return np.maximum.reduce(x, axis=dims, keepdims=True)


_SHORT = 32
"""Length of rows up to which NumPy finds their greatest faster in columns, copying included."""
