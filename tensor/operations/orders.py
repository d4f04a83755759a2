"""The dimensions of a tensor in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from ...engine.shapes import normalized_dims, unpacked
from ..methods import Methods
from .dims import one_dim
from .moves import PERMUTE, SWAPPED


class Orders(Methods):
    """What a tensor can do with the order of its dimensions: views of the same memory."""

    __slots__ = ()

    def permute(self, *dims: Any) -> Self:
        """The dimensions in another order: dimension ``k`` of the result was ``dims[k]``."""
        given = unpacked(dims)
        ndim = self._data.ndim
        order = tuple([one_dim(dim, ndim, "permute") for dim in given])
        if len(order) != ndim or len(set(order)) != ndim:
            raise ValueError(
                f"permute: dims must name each of the {ndim} dimensions once, got {given}: list "
                "them all in their new order"
            )
        permuted: Self = self.record(PERMUTE, (self,), (order,))
        return permuted

    def transpose(self, dim0: int, dim1: int) -> Self:
        """Two dimensions exchanged."""
        ndim = self._data.ndim
        first, second = one_dim(dim0, ndim, "transpose"), one_dim(dim1, ndim, "transpose")
        order = [*range(ndim)]
        if first != second:
            order[first], order[second] = second, first
        transposed: Self = self.record(PERMUTE, (self,), (tuple(order),))
        return transposed

    def swapaxes(self, axis0: int, axis1: int) -> Self:
        """Two dimensions exchanged: another name of :meth:`transpose`."""
        return self.transpose(axis0, axis1)

    def t(self) -> Self:
        """The transpose of a matrix; a vector or a number as it is.

        Raises ``ValueError`` for more than two dimensions.
        """
        if self._data.ndim > 2:
            raise ValueError(
                f"t: the tensor must have at most 2 dimensions, got shape {self._data.shape}: "
                "use mT or transpose(dim0, dim1)"
            )
        return self.T

    @property
    def T(self) -> Self:
        """The dimensions in reverse order."""
        ndim = self._data.ndim
        order = SWAPPED if ndim == 2 else tuple(range(ndim))[::-1]
        reversed_: Self = self.record(PERMUTE, (self,), (order,))
        return reversed_

    @property
    def mT(self) -> Self:
        """The last two dimensions exchanged: every matrix transposed.

        Raises ``ValueError`` for fewer than two dimensions.
        """
        if self._data.ndim < 2:
            raise ValueError(
                f"mT: the tensor must hold matrices, got shape {self._data.shape}: make it one "
                "with unsqueeze(dim)"
            )
        return self.T if self._data.ndim == 2 else self.transpose(-2, -1)

    def movedim(self, source: int | Sequence[int], destination: int | Sequence[int]) -> Self:
        """The dimensions ``source`` at the places ``destination``, the others in their order."""
        ndim = self._data.ndim
        sources = normalized_dims(unpacked((source,)), ndim, "movedim")
        destinations = normalized_dims(unpacked((destination,)), ndim, "movedim")
        if len(sources) != len(destinations):
            raise ValueError(
                "movedim: source and destination must name equally many dimensions, got "
                f"{source} and {destination}: give each dimension its place"
            )
        moved = dict(zip(destinations, sources))
        others = iter([d for d in range(ndim) if d not in sources])
        return self.permute([moved[d] if d in moved else next(others) for d in range(ndim)])
