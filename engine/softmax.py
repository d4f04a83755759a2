"""Softmax and its logarithm, without overflow: the greatest element is taken out first."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .operators import Operators
from .shapes import Shape, whole_numbers
from .tape.hooks import finite_or_zero

if TYPE_CHECKING:
    from numpy.typing import NDArray

Dims = int | Sequence[int] | None
"""One dimension, several, or None for all of them."""


class Softmax(Operators):
    """What both twins compute from the exponentials of the elements along a dimension."""

    __slots__ = ()

    @staticmethod
    @abstractmethod
    def constant(array: Any) -> Any:
        """An operand with these numbers, without gradient."""

    @abstractmethod
    def _greatest(self, dim: Dims, what: str) -> tuple[NDArray[Any], Shape | None]:
        """The greatest numbers along ``dim``, kept with length 1, and ``dim`` as dimensions.

        The greatest of none is -inf. Raises ``IndexError``, with ``what`` in its sentence, for a
        dimension that is not there.
        """

    @abstractmethod
    def _total(self, dims: Shape | None, keepdim: bool) -> Self:
        """The sum of the elements along dimensions that have been checked."""

    def softmax(self, dim: int) -> Self:
        """``exp(x) / sum(exp(x))``, with the sum along ``dim``: it adds up to 1 there.

        Where all elements are -inf, it is nan.
        """
        shifted, dims = self._shifted(dim, "softmax")
        exponentials = shifted.exp()
        return exponentials / exponentials._total(dims, True)

    def log_softmax(self, dim: int) -> Self:
        """``x - log(sum(exp(x)))``, with the sum along ``dim``: the logarithm of the softmax."""
        shifted, dims = self._shifted(dim, "log_softmax")
        return shifted - shifted.exp()._total(dims, True).log()

    def log_softmax_at(self, dim: int, index: Any) -> Self:
        """``log_softmax(dim).gather(dim, index)``, without computing the other elements.

        ``index`` has length 1 along ``dim``.
        """
        shifted, dims = self._shifted(dim, "log_softmax_at")
        picked: Self = shifted.gather(dim, index)
        return picked - shifted.exp()._total(dims, True).log()

    @abstractmethod
    def gather(self, dim: int, index: Any) -> Self:
        """The elements at these positions along ``dim``."""

    def logsumexp(self, dim: Dims, keepdim: bool = False) -> Self:
        """``log(sum(exp(x)))`` along ``dim``.

        Finite wherever the result is: the greatest element m is taken out, as in
        ``m + log(sum(exp(x - m)))``. Where all elements are -inf, and where there are none, it
        is -inf.
        """
        top, dims = self._greatest(dim, "logsumexp")
        if top.dtype == object:
            top = finite_or_zero(top)
        else:
            is_finite = np.isfinite(top)
            # an array of a recording is not asked: it may be other in the next step
            if type(top) is not np.ndarray or not np.logical_and.reduce(is_finite, axis=None):
                top = np.where(is_finite, top, top.dtype.type(0))
        total: Any = (self - self.constant(top)).exp()._total(dims, keepdim).log()
        result: Self = total + self.constant(top.reshape(total.shape))
        return result

    def _shifted(self, dim: int, what: str) -> tuple[Self, Shape | None]:
        """The elements less the greatest of them along one dimension, and that as dimensions."""
        if type(dim) is not int:
            whole_numbers((dim,), f"{what}: dim")
        top, dims = self._greatest(dim, what)
        return self - self.constant(top), dims
