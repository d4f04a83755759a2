"""Indexing by whole numbers, slices, masks and arrays of positions: reading and writing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self, SupportsIndex

import numpy as np

from ..engine.modes import current_mode
from ..engine.shapes import Shape, broadcast_shape
from .coercion import array_from
from .dims import present_dim
from .dtypes import int64, uint8
from .methods import Methods
from .primitive import PLAIN
from .quiet import quiet
from .selection import INDEX, INDEX_PUT, INDEX_SPREAD, SELECT, SLICE, placed

if TYPE_CHECKING:
    from .graph import Memory

_EVERYTHING = slice(None)


class Plan(NamedTuple):
    """An index, taken apart: first a view, then arrays of positions along its dimensions.

    Attributes
    ----------
    view : tuple or None
        The whole numbers, slices and None of the index, ending with an ellipsis; None where they
        leave the tensor as it is.
    dims : tuple of int
        The dimensions of the view that arrays stand for.
    arrays : tuple of arrays or Tensors
        The int64 positions, one for each of ``dims``.
    """

    view: tuple[Any, ...] | None
    dims: Shape
    arrays: tuple[Any, ...]


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
        if kind is not tuple:
            index = (index,)
        if len(index) == 1:
            mask = _mask(index[0])
            if mask is not None and mask.ndim:
                return self._selected(mask)
        plan = planned(index, shape)
        part = self if plan.view is None and plan.dims else self._part(plan)
        return part._picked(plan.dims, plan.arrays) if plan.dims else part

    def __setitem__(self, index: Any, value: Any) -> None:
        plan = planned(index if type(index) is tuple else (index,), self._data.shape)
        if not plan.dims and _is_the_part(value, self, plan.view):
            return  # as the last step of x[i] += 1
        part = self if plan.view is None and plan.dims else self._part(plan)
        if plan.dims:
            part._put(plan, value, False, "setitem")
        else:
            part._replace(self._fitting(value, part._data.shape, "setitem"), "setitem", convert=True)

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
        if plan.view is not None and plan.dims:
            raise _not_arrays(indices, "index_put_")
        return self._put(plan, values, accumulate, "index_put_") if plan.dims else self

    def index_put(self, indices: Sequence[Any], values: Any, accumulate: bool = False) -> Self:
        """A copy with ``values`` at ``indices``; see :meth:`index_put_`."""
        copied: Self = self.clone()  # type: ignore[attr-defined]
        return copied.index_put_(indices, values, accumulate)

    def select(self, dim: int, index: Any) -> Self:
        """The view at one position along ``dim``, which is dropped: ``x[:, index]`` for dim 1."""
        axis = present_dim(dim, self._data.ndim, "select")
        entry = position(_whole(index, "select: index"), self._data.shape[axis], axis)
        part: Self = self.record(SLICE, (self,), ((*[_EVERYTHING] * axis, entry, ...),))
        return part

    def narrow(self, dim: int, start: Any, length: int) -> Self:
        """The view of ``length`` positions along ``dim`` from ``start`` on.

        Raises ``ValueError`` where they are not all there.
        """
        axis = present_dim(dim, self._data.ndim, "narrow")
        total = self._data.shape[axis]
        first, count = _whole(start, "narrow: start"), _whole(length, "narrow: length")
        begin = first + total if first < 0 else first
        if begin < 0 or count < 0 or begin + count > total:
            raise ValueError(
                f"narrow: start and length must lie within the {total} positions of dim {axis}, "
                f"got start {first} and length {count}: choose a shorter part"
            )
        index = (*[_EVERYTHING] * axis, slice(begin, begin + count, 1), ...)
        part: Self = self.record(SLICE, (self,), (index,))
        return part

    def _part(self, plan: Plan) -> Self:
        """The view of an index, before its arrays."""
        part: Self = self.record(SLICE, (self,), (plan.view or (...,),))
        return part

    def _selected(self, mask: Any) -> Self:
        """The elements where a mask over the first dimensions is true."""
        check_mask(mask, self._data.shape, 0)
        if self._requires_grad:
            mask = mask.copy()  # the backward pass needs it as it is now
        selected: Self = self.record(SELECT, (self,), (mask,))
        return selected

    def _picked(self, dims: Shape, arrays: tuple[Any, ...]) -> Self:
        """The elements at arrays of positions along some dimensions."""
        try:
            picked: Self = self.record(INDEX, (self, *arrays), (dims,))
        except IndexError:
            check_positions(arrays, dims, self._data.shape)  # raises, if that was the reason
            raise
        return picked

    def _put(self, plan: Plan, value: Any, accumulate: bool, by: str) -> Self:
        """Write, or add, a value at arrays of positions along some dimensions."""
        _, dims, arrays = plan
        plain = [np.ascontiguousarray(getattr(each, "_data", each)) for each in arrays]
        check_positions(plain, dims, self._data.shape)
        index = placed(dims, plain)
        shape = indexed_shape(self._data.shape, dims, plain)
        values = self._fitting(value, shape, by)
        if not (current_mode().record and (self._requires_grad or values._requires_grad)):
            self._check_writable(by)
            write = _add_at if accumulate else _write_at
            quiet().run(write, self._data, index, values._data)
            self._shared_memory().change(by)
            return self
        values = values.broadcast_to(shape)
        if accumulate:
            parameters = (dims, self._data.shape)
            result = self + INDEX_SPREAD.apply((values, *arrays), parameters)
        else:
            result = INDEX_PUT.apply((self, values, *arrays), (dims,))
        return self._replace(result, by)

    def _fitting(self, value: Any, shape: Shape, by: str) -> Any:
        """A value as a tensor of this dtype that broadcasts to ``shape``, or is refused."""
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
        return value.to(self._data.dtype)


def planned(index: tuple[Any, ...], shape: Shape) -> Plan:
    """An index for a tensor of this shape, taken apart and checked.

    Raises ``IndexError`` for positions that are not there and for too many of them, and
    ``TypeError`` for what is no index.
    """
    entries = [_entry(each) for each in index]
    consumed = sum([_consumed(entry) for entry in entries])
    if consumed > len(shape) or sum([entry is Ellipsis for entry in entries]) > 1:
        raise IndexError(
            f"index must name at most the {len(shape)} dimensions of shape {shape} and hold one "
            f"'...', got an index for {consumed}: leave some out"
        )
    view: list[Any] = []
    dims: list[int] = []
    arrays: list[Any] = []
    source = 0  # the dimension of the tensor that comes next
    kept = 0  # the dimension of the view that comes next
    for entry in entries:
        if entry is None:
            view.append(None)
            kept += 1
        elif entry is Ellipsis:
            rest = len(shape) - consumed
            view += [_EVERYTHING] * rest
            source += rest
            kept += rest
        elif type(entry) is int:
            view.append(position(entry, shape[source], source))
            source += 1
        elif type(entry) is slice:
            view.append(checked_slice(entry, shape[source]))
            source += 1
            kept += 1
        else:
            found = _positions_of(entry, shape, source)
            is_flag = _consumed(entry) == 0  # x[True] adds a dimension, of length 1 or 0
            view += [None if is_flag else _EVERYTHING] * len(found)
            dims += range(kept, kept + len(found))
            arrays += found
            source += 0 if is_flag else len(found)
            kept += len(found)
    is_whole = all([entry is _EVERYTHING for entry in view])
    return Plan(None if is_whole else (*view, ...), tuple(dims), tuple(arrays))


def _entry(given: Any) -> Any:
    """One part of an index: an int, a slice, None, an ellipsis, or an array or Tensor."""
    if given is None or given is Ellipsis or type(given) in (int, slice):
        return given
    mask = _mask(given)
    if mask is not None:
        return mask
    if isinstance(given, SupportsIndex) and not hasattr(given, "ndim"):
        return given.__index__()
    positions = as_positions(given, "index")
    return int(positions.item()) if positions.ndim == 0 else positions


def _mask(given: Any) -> Any:
    """Truth values as an array; None for anything else."""
    data = getattr(given, "_data", given)
    if isinstance(data, np.ndarray | np.bool_ | bool):
        return np.asarray(data) if isinstance(data, bool) or data.dtype == np.bool_ else None
    if isinstance(data, list) and data:
        array = array_from(data, None, "index")
        return array if array.dtype == np.bool_ else None
    return None


def as_positions(given: Any, what: str) -> Any:
    """Positions as an int64 array; a Tensor of int64 stays what it is.

    Raises ``TypeError`` where they are not whole numbers, and for uint8, which is a mask in one
    place and whole numbers in another.
    """
    array = getattr(given, "_data", given)
    if isinstance(array, np.ndarray):
        if array.dtype == int64:
            return given
    elif isinstance(given, str) or not isinstance(given, list | tuple | PLAIN):
        raise TypeError(
            f"{what} must be made of whole numbers, slices, '...', None, masks and arrays of "
            f"positions, got {type(given).__name__} {given!r:.60}: convert it"
        )
    else:
        array = array_from(given, None, what)
        if not array.size and isinstance(given, list | tuple):
            array = array.astype(int64)
    if array.dtype.kind not in "iu" or array.dtype == uint8:
        raise TypeError(
            f"{what} must hold whole numbers or bools, got dtype {array.dtype}: convert positions "
            "with long(), and a mask with bool()"
        )
    return array.astype(int64)


def _consumed(entry: Any) -> int:
    """How many dimensions one part of an index stands for; an ellipsis counts for none."""
    if entry is None or entry is Ellipsis:
        return 0
    if isinstance(entry, np.ndarray) and entry.dtype == np.bool_:
        return entry.ndim
    return 1


def _positions_of(entry: Any, shape: Shape, dim: int) -> Sequence[Any]:
    """An array of positions, or a mask as arrays of the positions where it is true."""
    if getattr(entry, "_data", entry).dtype != np.bool_:
        return (entry,)
    if not entry.ndim:
        return (np.zeros(int(entry), int64),)
    check_mask(entry, shape, dim)
    found: Sequence[Any] = entry.nonzero()
    return found


def check_mask(mask: Any, shape: Shape, dim: int) -> None:
    """Raise ``IndexError`` where a mask does not cover the dimensions of ``shape`` from ``dim``."""
    if mask.shape != shape[dim : dim + mask.ndim]:
        raise IndexError(
            f"index: a mask must have the lengths of the dimensions that it stands for, got shape "
            f"{mask.shape} at dim {dim} of shape {shape}: compare the tensor itself, or reshape "
            "the mask"
        )


def position(index: int, length: int, dim: int) -> int:
    """A position counted from the front; ``IndexError`` for one that is not there."""
    if -length <= index < length:
        return index + length if index < 0 else index
    raise IndexError(
        f"index {index} is out of range for dim {dim} of length {length}: count from 0 to "
        f"{length - 1}, or from the end with negative numbers"
        if length
        else f"index {index} is out of range for dim {dim} of length 0: there are no elements"
    )


def checked_slice(given: slice, length: int) -> slice:
    """A slice with its bounds written out; ``ValueError`` where its step is not positive."""
    if given.step is not None and _whole(given.step, "index: step") <= 0:
        raise ValueError(
            f"index: the step of a slice must be positive, got {given.step}: reverse with flip()"
        )
    try:
        return slice(*given.indices(length))
    except TypeError:
        raise TypeError(
            f"index: the bounds of a slice must be whole numbers or None, got {given}: give ints"
        ) from None


def _whole(given: Any, what: str) -> int:
    """A whole number, also one in a tensor without dimensions."""
    found = as_positions(given, what) if not isinstance(given, int) else given
    if isinstance(found, bool) or getattr(found, "ndim", 0):
        raise TypeError(
            f"{what} must be one whole number, got {type(given).__name__} {given!r:.60}: give an "
            "int"
        )
    return found if isinstance(found, int) else int(found.item())


def check_positions(arrays: Sequence[Any], dims: Shape, shape: Shape) -> None:
    """Raise ``IndexError`` for a position that is not there, or arrays that do not broadcast."""
    plain = [getattr(array, "_data", array) for array in arrays]
    for array, dim in zip(plain, dims, strict=True):
        length = shape[dim]
        outside = array[(array < -length) | (array >= length)]
        if outside.size:
            position(int(outside[0]), length, dim)
    try:
        np.broadcast_shapes(*[array.shape for array in plain])
    except ValueError:
        raise IndexError(
            "index: arrays of positions must broadcast against each other, got shapes "
            f"{' and '.join([str(array.shape) for array in plain])}: reshape them"
        ) from None


def indexed_shape(shape: Shape, dims: Shape, arrays: Sequence[Any]) -> Shape:
    """The shape of what arrays of positions along ``dims`` pick from a tensor of ``shape``."""
    nothing = np.broadcast_to(np.zeros((), bool), shape)
    return nothing[placed(dims, arrays)].shape


def _only_arrays(indices: Any, what: str) -> tuple[Any, ...]:
    if not isinstance(indices, list | tuple):
        raise _not_arrays(indices, what)
    for each in indices:
        if each is None or each is Ellipsis or isinstance(each, slice):
            raise _not_arrays(each, what)
    return tuple([[each] if type(each) is int else each for each in indices])


def _not_arrays(given: Any, what: str) -> TypeError:
    return TypeError(
        f"{what}: indices must be a tuple of tensors, arrays or lists of positions or masks, got "
        f"{type(given).__name__} {given!r:.60}: to write to slices, assign to x[...]"
    )


def _is_the_part(value: Any, source: Any, view: tuple[Any, ...] | None) -> bool:
    """Whether a value is the very view of the source that it would be written to."""
    if type(value) is not type(source) or value._view is None:
        return False
    own = value._view
    return own.source is source and own.primitive is SLICE and own.parameters == (view or (...,),)


def _write_at(array: Any, index: tuple[Any, ...], values: Any) -> None:
    array[index] = values


def _add_at(array: Any, index: tuple[Any, ...], values: Any) -> None:
    np.add.at(array, index, values)
