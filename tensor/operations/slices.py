"""Whole slices read and written by positions along one dimension."""

from __future__ import annotations

from typing import Any, Self

from ...engine.positions import check_from_zero
from ...engine.shapes import Shape
from .dims import one_dim
from .masks import Masks
from .moves import BROADCAST_TO, RESHAPE
from .positions import as_positions
from .selection import INDEX, INDEX_PUT, INDEX_SPREAD


class Slices(Masks):
    """Slices along ``dim``, named by ``index``: a row of positions, or a single one.

    An ``index`` is an int tensor, a NumPy array or a list. Positions count from 0; negative ones
    are refused with an ``IndexError``. A tensor without dimensions counts as one of shape (1,).
    """

    __slots__ = ()

    def index_select(self, dim: int, index: Any) -> Self:
        """A copy of the slices at ``index``, a row of positions, along ``dim``.

        Raises ``ValueError`` for an index of several dimensions.
        """
        axis, index = self._checked_row(dim, index, "index_select")
        return self._as_before(self.record(INDEX, (self._with_a_dim(), index), ((axis,),)))

    def index_add(self, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Self:
        """A copy with ``alpha`` times the slices of ``source`` added at ``index`` along ``dim``."""
        axis, index = self._checked_row(dim, index, "index_add")
        slices = self._given_slices(axis, index, source, "index_add")
        row: Any = self._with_a_dim()
        scaled = slices if alpha == 1 else slices * alpha
        added = self.record(INDEX_SPREAD, (scaled, index), ((axis,), row._data.shape))
        return self._as_before(row + added)

    def index_add_(self, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Self:
        """:meth:`index_add` in place."""
        return self._replace(self.index_add(dim, index, source, alpha=alpha), "index_add_")

    def index_copy(self, dim: int, index: Any, source: Any) -> Self:
        """A copy with the slices of ``source`` at ``index`` along ``dim``.

        Where a position is named several times, the last slice is written.
        """
        axis, index = self._checked_row(dim, index, "index_copy")
        slices = self._given_slices(axis, index, source, "index_copy")
        return self._as_before(
            self.record(INDEX_PUT, (self._with_a_dim(), slices, index), ((axis,),))
        )

    def index_copy_(self, dim: int, index: Any, source: Any) -> Self:
        """:meth:`index_copy` in place."""
        return self._replace(self.index_copy(dim, index, source), "index_copy_")

    def index_fill(self, dim: int, index: Any, value: Any) -> Self:
        """A copy with one number, ``value``, in the slices at ``index`` along ``dim``."""
        axis, index = self._checked_row(dim, index, "index_fill")
        row: Any = self._with_a_dim()
        shape = with_length(row._data.shape, axis, index._data.size)
        slices = BROADCAST_TO(self._filling(value, "index_fill"), shape)
        return self._as_before(self.record(INDEX_PUT, (row, slices, index), ((axis,),)))

    def index_fill_(self, dim: int, index: Any, value: Any) -> Self:
        """:meth:`index_fill` in place."""
        return self._replace(self.index_fill(dim, index, value), "index_fill_")

    def _with_a_dim(self) -> Self:
        """The tensor itself, or as one of shape (1,) if it has no dimensions."""
        row: Self = self if self._data.ndim else RESHAPE(self, (1,))
        return row

    def _as_before(self, result: Any) -> Self:
        """A result for :meth:`_with_a_dim`, without dimensions if the tensor has none."""
        shaped: Self = result if self._data.ndim else RESHAPE(result, ())
        return shaped

    def _checked_row(self, dim: Any, given: Any, what: str) -> tuple[int, Any]:
        """The dimension, and a row of positions along it as a tensor."""
        axis = one_dim(dim, self._data.ndim, what)
        index = self._positions(given, what)
        if index._data.ndim != 1:
            if index._data.ndim:
                raise ValueError(
                    f"{what}: index must be a row of positions, got shape {index._data.shape}: "
                    "flatten it, or index with [...]"
                )
            index = RESHAPE(index, (1,))
        count = index._data.size
        if not self._data.ndim and count != 1:
            raise ValueError(
                f"{what}: index must hold one position for a tensor without dimensions, got "
                f"{count}: give it a dimension with reshape(1)"
            )
        check_from_zero(index._data, (self._data.shape or (1,))[axis], axis, what)
        return axis, index

    def _positions(self, given: Any, what: str) -> Any:
        """Positions as a tensor."""
        index = as_positions(given, f"{what}: index")
        return index if type(index) is type(self) else self.constant(index)

    def _given_slices(self, axis: int, index: Any, given: Any, what: str) -> Any:
        """Slices, one for each position of a row, in this tensor's dtype."""
        source = self._in_own_dtype(given, what)
        if not self._data.ndim and not source._data.ndim:
            source = RESHAPE(source, (1,))
        shape = with_length(self._data.shape or (1,), axis, index._data.size)
        if source._data.shape != shape:
            raise ValueError(
                f"{what}: source must have the shape {shape}, one slice for each position of index "
                f"along dim {axis}, got {source._data.shape}: broadcast it first"
            )
        return source


def with_length(shape: Shape, dim: int, length: int) -> Shape:
    """The shape with another length along ``dim``."""
    return (*shape[:dim], length, *shape[dim + 1 :])
