"""New tensors of the kind of one that is there."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from .broadcasting import NDArray
from .coercion import array_from, lengths, single
from .dtypes import DType, checked
from .methods import Methods
from .tracing import made as noted


class Alike(Methods):
    """The methods that make new tensors, in this tensor's dtype if no other is given.

    They do not depend on its numbers, and have no history.
    """

    __slots__ = ()

    def new_tensor(self, data: Any, *, dtype: Any = None, requires_grad: bool = False) -> Self:
        """A tensor with the numbers of ``data``, which are copied."""
        return self._new(
            array_from(data, self._kind(dtype, "new_tensor"), "new_tensor"), requires_grad
        )

    def new_zeros(self, *size: Any, dtype: Any = None, requires_grad: bool = False) -> Self:
        """Zeros; the lengths are given as ``2, 3`` or as ``(2, 3)``."""
        shape = lengths(size, "new_zeros")
        return self._new(np.zeros(shape, self._kind(dtype, "new_zeros")), requires_grad)

    def new_ones(self, *size: Any, dtype: Any = None, requires_grad: bool = False) -> Self:
        """Ones; the lengths are given as ``2, 3`` or as ``(2, 3)``."""
        shape = lengths(size, "new_ones")
        return self._new(np.ones(shape, self._kind(dtype, "new_ones")), requires_grad)

    def new_empty(self, *size: Any, dtype: Any = None, requires_grad: bool = False) -> Self:
        """Memory that has not been written to."""
        shape = lengths(size, "new_empty")
        return self._new(np.empty(shape, self._kind(dtype, "new_empty")), requires_grad)

    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False
    ) -> Self:
        """One number for every element."""
        value = single(fill_value, self._kind(dtype, "new_full"), "new_full")
        return self._new(np.full(lengths((size,), "new_full"), value), requires_grad)

    def _kind(self, dtype: Any, what: str) -> DType:
        own: DType = self._data.dtype
        return own if dtype is None else checked(dtype, what)

    def _new(self, array: NDArray, requires_grad: bool) -> Self:
        made: Any = self.constant(noted(array))
        if requires_grad is not False:
            made.requires_grad = requires_grad
        new: Self = made
        return new
