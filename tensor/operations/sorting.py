"""Elements in order: sorting, ranks, medians, and how often each occurs."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..broadcasting import NDArray
from ..dtypes import FLOATS, INTEGERS, int64
from ..methods import Methods
from ..quiet import quiet
from ..tracing import check_fixed, made, numbers
from .dims import one_dim
from .extremes import Picked
from .gathering import Gathering
from .positions import whole_number
from .reductions import SUM

_LONG = 256
"""From this length on, a few elements are found faster without sorting all."""


class Sorting(Gathering):
    """Order along a dimension. nan counts as greater than every number.

    Values get their gradients from the elements they are; indices are int64 and have none.
    """

    __slots__ = ()

    def sort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Picked:
        """The pair (``values``, ``indices``) of the elements in order along ``dim``.

        Equal elements keep their order in any case, with ``stable`` or without.
        """
        return self._picked_at(self._order(dim, descending, "sort"), dim)

    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Self:
        """Where the elements in order stand along ``dim``; see :meth:`sort`."""
        indices: Self = self.constant(self._order(dim, descending, "argsort"))
        return indices

    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Picked:
        """The pair (``values``, ``indices``) of the ``k`` greatest elements along ``dim``.

        Parameters
        ----------
        k : int
            How many; at most the length along ``dim``.
        dim : int
            The dimension.
        largest : bool
            False for the smallest elements.
        sorted : bool
            Whether they have to be in order; they are in any case.

        Raises
        ------
        ValueError
            If there are not ``k`` elements.
        """
        axis = one_dim(dim, self._data.ndim, "topk")
        length = (self._data.shape or (1,))[axis]
        count = whole_number(k, "topk: k")
        if not 0 <= count <= length:
            raise ValueError(
                f"topk: k must lie between 0 and the length {length} of dim {axis}, got {count}: "
                "ask for fewer"
            )
        if not self._data.ndim:
            return self._picked_at(made(np.zeros((), int64)), 0)
        return self._picked_at(leading(numbers(self), count, axis, largest), axis)

    def kthvalue(self, k: int, dim: int = -1, keepdim: bool = False) -> Picked:
        """The pair (``values``, ``indices``) of the k-th smallest elements along ``dim``.

        ``k`` counts from 1. Raises ``ValueError`` where there are not so many elements.
        """
        axis = one_dim(dim, self._data.ndim, "kthvalue")
        length = (self._data.shape or (1,))[axis]
        count = whole_number(k, "kthvalue: k")
        if not 1 <= count <= length:
            raise ValueError(
                f"kthvalue: k must lie between 1 and the length {length} of dim {axis}, got "
                f"{count}: the smallest element has k = 1"
            )
        order = self._order(axis, False, "kthvalue")
        if not self._data.ndim:
            return self._picked_at(order, 0)
        return self._single_picked(np.take(order, [count - 1], axis), axis, keepdim)

    def median(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The middle element, of an even number the lower one; nan if there is one.

        With ``dim`` the pair (``values``, ``indices``) of the medians along it. Without, the
        median of all elements; those equal to it share the gradient equally.

        Raises
        ------
        ValueError
            Along a dimension without elements.
        """
        if dim is None:
            return self._median_of_all()
        axis = one_dim(dim, self._data.ndim, "median")
        if not self._data.ndim:
            return self._picked_at(made(np.zeros((), int64)), 0)
        if not self._data.shape[axis]:
            raise ValueError(
                f"median: there must be elements along dim {axis}, got shape {self._data.shape}: "
                "there is no middle of nothing"
            )
        return self._single_picked(middle(numbers(self), axis), axis, keepdim)

    def unique(
        self,
        sorted: bool = True,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:
        """The different elements, or the different slices along ``dim``, in order.

        Parameters
        ----------
        sorted : bool
            Whether they have to be in order; they are in any case.
        return_inverse : bool
            Give too where each element has gone to.
        return_counts : bool
            Give too how often each occurs.
        dim : int, optional
            Compare slices along this dimension.

        Returns
        -------
        Tensor or tuple of Tensor
            Without gradient. Every nan is different from all others.
        """
        check_fixed(numbers(self), "unique", "call it outside the step")
        array = self._data if self._data.ndim else self._data.reshape(1)
        axis = None if dim is None else one_dim(dim, self._data.ndim, "unique")
        found, inverse, counts = np.unique(
            array, return_inverse=True, return_counts=True, axis=axis, equal_nan=False
        )
        results = [found]
        if return_inverse:
            results.append(inverse.reshape(self._data.shape if axis is None else -1))
        if return_counts:
            results.append(counts)
        tensors = tuple([self.constant(each) for each in results])
        return tensors if len(tensors) > 1 else tensors[0]

    def bincount(self, weights: Any = None, minlength: int = 0) -> Self:
        """How often 0, 1, 2, ... occur in a row of whole numbers: shape ``(max + 1,)``, int64.

        Parameters
        ----------
        weights : Tensor or array, optional
            One for every element: they are added up instead of counted, as float32 if they are
            float32 and as float64 otherwise.
        minlength : int
            The least length of the result.

        Raises
        ------
        ValueError
            For negative numbers, several dimensions, or as many weights as do not fit.
        """
        check_fixed(numbers(self), "bincount", "add up one_hot(...) along the rows")
        positions = self._data
        if positions.dtype not in INTEGERS:
            raise TypeError(
                f"bincount: the tensor must hold whole numbers, got dtype {positions.dtype}: "
                "convert it with long()"
            )
        least = whole_number(minlength, "bincount: minlength")
        if positions.ndim != 1 or least < 0 or (positions.size and positions.min() < 0):
            raise ValueError(
                "bincount: the tensor must be a row of numbers from 0 on, and minlength 0 or more, "
                f"got shape {positions.shape} and {least}: flatten the tensor, or shift it"
            )
        if weights is None:
            counted: Self = self.constant(np.bincount(positions, minlength=least).astype(int64))
            return counted
        array = np.asarray(getattr(weights, "_data", weights))
        if array.shape != positions.shape:
            raise ValueError(
                f"bincount: weights must have the shape {positions.shape} of the tensor, got "
                f"{array.shape}: give one for every element"
            )
        dtype = array.dtype if array.dtype in FLOATS else np.dtype(np.float64)
        total = np.bincount(positions, array, least)
        summed: Self = self.constant(quiet().run(total.astype, dtype))
        return summed

    def _order(self, dim: int, descending: bool, what: str) -> NDArray:
        """The indices that put the elements along a dimension in order."""
        axis = one_dim(dim, self._data.ndim, what)
        if not self._data.ndim:
            return made(np.zeros((), int64))
        return ordered(numbers(self), axis, descending)

    def _picked_at(self, indices: NDArray, dim: int) -> Picked:
        """The elements at these indices along a dimension, and the indices."""
        found = self.constant(indices)  # one tensor: a change of it before a backward pass shows
        return Picked(self.gather(dim, found), found)

    def _single_picked(self, indices: NDArray, axis: int, keepdim: bool) -> Picked:
        """The elements at indices of length 1 along a dimension, which may be dropped."""
        found = self.constant(indices)
        values: Any = self.gather(axis, found)
        if keepdim:
            return Picked(values, found)
        return Picked(values.squeeze(axis), found.squeeze(axis))

    def _median_of_all(self) -> Any:
        check_fixed(numbers(self), "median", "name a dim, for example x.reshape(-1).median(0)")
        row = self._data.reshape(-1)
        if not row.size:
            return SUM(self, None, False) + np.nan
        median = row[middle(row, 0)]
        ties = np.isnan(self._data) if np.isnan(median) else self._data == median
        chosen: Any = self.masked_select(ties)
        return chosen.max()


def ordered(x: NDArray, axis: int, descending: bool) -> NDArray:
    """The indices that sort an array along an axis, equal elements in the order they stand in."""
    if not descending:
        order: NDArray = np.argsort(x, axis, kind="stable")
        return order
    backwards = np.argsort(np.flip(x, axis), axis, kind="stable")
    found: NDArray = x.shape[axis] - 1 - np.flip(backwards, axis)
    return found


def leading(x: NDArray, count: int, axis: int, largest: bool) -> NDArray:
    """The indices of the ``count`` first elements of an array in order along an axis."""
    length = x.shape[axis]
    if length < _LONG or not 0 < count < length or type(x) is not np.ndarray:
        return np.take(ordered(x, axis, largest), range(count), axis)
    kth = length - count if largest else count - 1
    parted = np.argpartition(x, kth, axis)
    chosen = np.take(parted, range(kth, length) if largest else range(count), axis)
    chosen.sort(axis)  # so that equal elements stay in the order they stand in
    order = ordered(np.take_along_axis(x, chosen, axis), axis, largest)
    return np.take_along_axis(chosen, order, axis)


def middle(x: NDArray, axis: int) -> NDArray:
    """Where the medians stand along an axis, which is kept; the first nan if there is one."""
    place = np.take(ordered(x, axis, False), [(x.shape[axis] - 1) // 2], axis)
    if x.dtype not in FLOATS:
        return place
    is_nan = np.isnan(x)
    first: NDArray = is_nan.argmax(axis, keepdims=True)
    return np.where(is_nan.any(axis, keepdims=True), first, place)


def searchsorted(sorted_sequence: Any, values: Any, *, right: bool = False) -> Any:
    """Where ``values`` would have to be put into a sorted row to keep it sorted.

    Parameters
    ----------
    sorted_sequence : Tensor
        A row of numbers in ascending order, shape ``(n,)``.
    values : Tensor, array or number
        Any shape, which the result has too.
    right : bool
        Whether to go behind equal numbers instead of before them.

    Returns
    -------
    Tensor
        int64 positions from 0 to n.

    Raises
    ------
    ValueError
        If ``sorted_sequence`` is no row.
    """
    if not isinstance(sorted_sequence, Methods):
        raise TypeError(
            "searchsorted: sorted_sequence must be a Tensor, got "
            f"{type(sorted_sequence).__name__}: make one with tensor(...)"
        )
    row = numbers(sorted_sequence)
    if row.ndim != 1:
        raise ValueError(
            f"searchsorted: sorted_sequence must be a row, got shape {row.shape}: search each row "
            "by itself"
        )
    array = numbers(values) if isinstance(values, Methods) else np.asarray(values)
    found = np.searchsorted(row, array, side="right" if right else "left")
    return sorted_sequence.constant(np.asarray(found, int64))
