"""Indexing by whole numbers, slices, masks and arrays of positions: reading and writing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ...engine.modes import special_mode
from ...engine.shapes import Shape, broadcast_shape
from ..coercion import array_from
from ..dtypes import FLOATS, int64
from ..methods import Methods
from ..quiet import quiet
from ..tracing import check_fixed, made
from .dims import present_dim
from .moves import CLONE
from .positions import (
    EVERYTHING,
    Plan,
    check_mask,
    check_positions,
    checked_slice,
    entries_of,
    is_mask,
    planned,
    position,
    whole_number,
)
from .selection import INDEX, INDEX_PUT, INDEX_SPREAD, SELECT, SLICE, indexed_shape, placed

if TYPE_CHECKING:
    from ..graph import Memory


class Indexing(Methods):
    """Elements by their index, as in NumPy and PyTorch.

    Whole numbers, slices, ``...`` and None give a view of the same memory. Masks and arrays of
    positions (tensors, NumPy arrays or lists) give a copy. Negative positions count from the end.
    """

    __slots__ = ()

    _memory: Any
    _node: Any
    _requires_grad: bool
    _view: Any

    @abstractmethod
    def _replace(self, new: Any, by: str, *, convert: bool = False) -> Self:
        """Take the numbers of ``new``, broadcast, and its history."""

    @abstractmethod
    def _check_writable(self, by: str) -> None:
        """Raise ``RuntimeError`` if the numbers cannot be changed."""

    @abstractmethod
    def _shared_memory(self) -> Memory:
        """The record of changes of this tensor's memory."""

    def __getitem__(self, index: Any) -> Self:
        part: Self
        kind = type(index)
        shape = self._data.shape
        if shape and (kind is int or kind is slice):
            entry = position(index, shape[0], 0) if kind is int else checked_slice(index, shape[0])
            part = self.record(SLICE, (self,), ((entry, ...),))
            return part
        if kind is tuple and _only_adds_dims(index, len(shape)):
            part = self.record(SLICE, (self,), ((*index, ...),))
            return part
        arrays = index if kind is tuple else (index,)
        if 0 < len(arrays) <= len(shape) and _are_positions(arrays, type(self)):
            return self._indexed(tuple(range(len(arrays))), arrays)
        entries = entries_of(index)
        if len(entries) == 1 and is_mask(entries[0]) and entries[0].ndim:
            return self._where_true(entries[0])
        plan = planned(entries, shape)
        part = self._viewed(plan)
        return part._indexed(plan.dims, plan.arrays) if plan.dims else part

    def __setitem__(self, index: Any, value: Any) -> None:
        plan = planned(entries_of(index), self._data.shape)
        if not plan.dims and _is_the_part(value, self, plan.view):
            return  # the last step of x[i] += 1, which has changed the view
        if plan.dims:
            self._viewed(plan)._put_at(plan, value, False, "setitem")
            return
        target = self._data[plan.view or ...]
        values = self._fitting(value, target.shape, "setitem")
        if self._is_recorded(values):
            self._viewed(plan)._replace(values, "setitem")
        else:
            self._write(_write_at, target, ..., values, "setitem")

    def index_put_(self, indices: Sequence[Any], values: Any, accumulate: bool = False) -> Self:
        """Write ``values``, broadcast, at ``self[indices]`` in place.

        Parameters
        ----------
        indices : tuple
            Positions or masks, as tensors, arrays or lists, for the first dimensions.
        values : Tensor, array or number
            Converted to this tensor's dtype.
        accumulate : bool
            Add the values to what is there. Values for the same element are then added up;
            otherwise the last one is written.
        """
        plan = planned(_only_arrays(indices, "index_put_"), self._data.shape)
        return self._put_at(plan, values, accumulate, "index_put_") if plan.dims else self

    def index_put(self, indices: Sequence[Any], values: Any, accumulate: bool = False) -> Self:
        """A copy with ``values`` at ``indices``; see :meth:`index_put_`."""
        copied: Self = CLONE(self)
        return copied.index_put_(indices, values, accumulate)

    def select(self, dim: int, index: Any) -> Self:
        """The view at one position along ``dim``, which is dropped: ``x[:, index]`` for dim 1."""
        axis = present_dim(dim, self._data.ndim, "select")
        entry = position(whole_number(index, "select: index"), self._data.shape[axis], axis)
        part: Self = self.record(SLICE, (self,), ((*[EVERYTHING] * axis, entry, ...),))
        return part

    def narrow(self, dim: int, start: Any, length: int) -> Self:
        """The view of ``length`` positions along ``dim`` from ``start`` on.

        Raises ``ValueError`` where they are not all there.
        """
        axis = present_dim(dim, self._data.ndim, "narrow")
        total = self._data.shape[axis]
        first, count = whole_number(start, "narrow: start"), whole_number(length, "narrow: length")
        begin = first + total if first < 0 else first
        if begin < 0 or count < 0 or begin + count > total:
            raise ValueError(
                f"narrow: start and length must lie within the {total} positions of dim {axis}, "
                f"got start {first} and length {count}: choose a shorter part"
            )
        index = (*[EVERYTHING] * axis, slice(begin, begin + count, 1), ...)
        part: Self = self.record(SLICE, (self,), (index,))
        return part

    def _viewed(self, plan: Plan) -> Self:
        """The view of an index before its arrays; the tensor itself where it has arrays only."""
        if plan.view is None and plan.dims:
            return self
        part: Self = self.record(SLICE, (self,), (plan.view or (...,),))
        return part

    def _where_true(self, mask: Any) -> Self:
        """The elements where a mask over the first dimensions is true."""
        check_mask(mask, self._data.shape, 0)
        check_fixed(mask, "index: a mask", "use where(mask, x, 0), or masked_fill")
        if self._requires_grad:
            mask = mask.copy()  # the backward pass needs it as it is now
        selected: Self = self.record(SELECT, (self,), (mask,))
        return selected

    def _indexed(self, dims: Shape, arrays: tuple[Any, ...]) -> Self:
        """The elements at arrays of positions along some dimensions."""
        try:
            picked: Self = self.record(INDEX, (self, *arrays), (dims,))
        except IndexError:
            check_positions(arrays, dims, self._data.shape)  # raises, if that was the reason
            raise
        return picked

    def _put_at(self, plan: Plan, value: Any, accumulate: bool, by: str) -> Self:
        """Write, or add, a value at arrays of positions along some dimensions."""
        _, dims, arrays = plan
        plain = [np.ascontiguousarray(getattr(each, "_data", each)) for each in arrays]
        check_positions(plain, dims, self._data.shape)
        index = placed(dims, plain)
        shape = indexed_shape(self._data.shape, dims, plain)
        values = self._fitting(value, shape, by)
        if not self._is_recorded(values):
            self._write(_add_at if accumulate else _write_at, self._data, index, values, by)
            return self
        values = values.broadcast_to(shape)
        if accumulate:
            parameters = (dims, self._data.shape)
            result = self + INDEX_SPREAD.apply((values, *arrays), parameters)
        else:
            result = INDEX_PUT.apply((self, values, *arrays), (dims,))
        return self._replace(result, by)

    def _is_recorded(self, values: Any) -> bool:
        """Whether writing ``values`` to this tensor belongs into its history, or a recording."""
        mode = special_mode()
        if mode is not None and mode.recorder is not None:
            return True
        return (self._requires_grad or values._requires_grad) and (mode is None or mode.record)

    def _write(
        self, write: Callable[..., None], target: Any, index: Any, values: Any, by: str
    ) -> None:
        """Write values to a part of this tensor's memory that has no history."""
        self._check_writable(by)
        quiet().run(write, target, index, values._data)
        self._shared_memory().change(by)

    def _fitting(self, value: Any, shape: Shape, by: str) -> Any:
        """A value as a tensor of this dtype that broadcasts to ``shape``, or is refused."""
        dtype = self._data.dtype
        is_number = type(value) is float or (type(value) is int and abs(value) < 2**63)
        if is_number and dtype in FLOATS:
            return self.constant(made(quiet().run(np.array, value, dtype)))
        if type(value) is not type(self):
            value = self.constant(array_from(value, None, by))
        extra = value._data.ndim - len(shape)
        if extra > 0 and value._data.shape[:extra] == (1,) * extra:
            value = value.reshape(value._data.shape[extra:])
        given = value._data.shape
        if given != shape and broadcast_shape([shape, given], by) != shape:
            raise ValueError(
                f"{by}: the value must broadcast to the shape {shape} of what is indexed, got "
                f"shape {given}: reshape it, or index a part of that shape"
            )
        return value.to(dtype)


def _only_adds_dims(index: tuple[Any, ...], ndim: int) -> bool:
    """Whether an index is made of ``:`` and None alone, as in ``labels[:, None]``."""
    kept = 0
    for entry in index:
        if type(entry) is slice and entry == EVERYTHING:
            kept += 1
        elif entry is not None:
            return False
    return kept <= ndim


def _are_positions(index: tuple[Any, ...], kind: type) -> bool:
    """Whether an index is made of int64 arrays and tensors only, none without dimensions."""
    for each in index:
        is_array = type(each) is np.ndarray or type(each) is kind
        if not (is_array and each.dtype == int64 and each.ndim):
            return False
    return True


def _only_arrays(indices: Any, what: str) -> list[Any]:
    """The entries of an index that must be made of positions and masks."""
    entries = entries_of(tuple(indices)) if isinstance(indices, list | tuple) else [indices]
    for entry in entries:
        if not getattr(entry, "ndim", 0):
            raise TypeError(
                f"{what}: indices must be a tuple of tensors, arrays or lists of positions or "
                f"masks, got {type(entry).__name__} {entry!r:.60}: to write to slices, assign to "
                "x[...]"
            )
    return entries


def _is_the_part(value: Any, source: Any, view: tuple[Any, ...] | None) -> bool:
    """Whether a value is the very view of the source that it would be written to."""
    if type(value) is not type(source) or value._view is None:
        return False
    whole, primitive, parameters, _ = value._view
    return (
        whole is source
        and value._memory is source._memory
        and primitive is SLICE
        and parameters == (view or (...,),)
    )


def _write_at(array: Any, index: tuple[Any, ...], values: Any) -> None:
    array[index] = values


def _add_at(array: Any, index: tuple[Any, ...], values: Any) -> None:
    np.add.at(array, index, values)
