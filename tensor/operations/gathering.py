"""Elements gathered from, and scattered to, positions along a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, Self

import numpy as np

from ...engine.positions import check_gather_index
from ...engine.shapes import Shape, broadcast_shape
from ..broadcasting import NDArray
from ..dtypes import int64
from ..methods import Methods, plain
from ..primitive import Call, Primitive
from ..tracing import made
from .dims import one_dim
from .moves import BROADCAST_TO, CLONE, RESHAPE
from .positions import as_positions
from .selection import INDEX_PUT
from .slices import Slices, with_length


class Gather(Primitive):
    """The elements at ``index`` along ``dim``, and at their own place along other dimensions.

    ``out[i, j] = x[i, index[i, j]]`` for dim 1 of 2. The operands are x and the index, an int64
    array no longer than x along the other dimensions, without negative positions.
    """

    name = "gather"
    arity = 2
    saves = (1,)

    def forward(self, x: Any, index: Any, dim: int) -> Any:
        return x.reshape(-1).take(places(index, dim, x.shape))

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        index = call.inputs[1]
        return (GATHER_SPREAD(gradient, index, *call.parameters, call.shape_of(0)), None)


class GatherSpread(Primitive):
    """An array of ``shape`` with elements at ``index`` along ``dim``, and 0 elsewhere.

    Where a position is named several times, what goes there is added up.
    """

    name = "gather_spread"
    arity = 2
    saves = (1,)

    def forward(self, part: Any, index: Any, dim: int, shape: Shape) -> Any:
        spread = np.zeros(shape, part.dtype)
        elements = places(index, dim, shape)
        if index.ndim and index.shape[dim] == 1:  # every place is named once
            spread.reshape(-1)[elements] = part
        else:
            np.add.at(spread.reshape(-1), elements.reshape(-1), part.reshape(-1))
        return spread

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (GATHER(gradient, call.inputs[1], call.parameters[0]), None)


GATHER = Gather()
GATHER_SPREAD = GatherSpread()


def places(index: NDArray, dim: int, shape: Shape) -> NDArray:
    """What ``index`` names along ``dim``, counted as if an array of ``shape`` were one row."""
    own_stride = prod(shape[dim + 1 :])
    found: NDArray = index if own_stride == 1 else index * own_stride
    for d, length in enumerate(index.shape):
        if d != dim and length > 1:
            found = found + _steps(length, prod(shape[d + 1 :]), index.ndim - 1 - d)
    return found


@lru_cache(maxsize=64)
def _steps(count: int, stride: int, ndim: int) -> NDArray:
    """0, stride, 2 * stride and so on, with dimensions of length 1 behind them."""
    steps: NDArray = (stride * np.arange(count)).reshape(-1, *[1] * ndim)
    steps.flags.writeable = False
    return steps


class Gathering(Slices):
    """Elements read and written by positions along one dimension.

    An ``index`` is an int tensor, a NumPy array or a list. Positions count from 0; negative ones
    are refused with an ``IndexError``, but for :meth:`take` and :meth:`take_along_dim`. A tensor
    without dimensions counts as one of shape (1,).
    """

    __slots__ = ()

    def gather(self, dim: int, index: Any) -> Self:
        """The elements at ``index`` along ``dim``: for dim 1, ``out[i, j] = x[i, index[i, j]]``.

        Parameters
        ----------
        dim : int
            The dimension.
        index : int tensor, array or list
            As many dimensions as this tensor has, and no longer along the other ones. The result
            has its shape.

        Raises
        ------
        IndexError
            For a position that is not there.
        ValueError
            For an index of another number of dimensions, or longer than the tensor.

        Examples
        --------
        >>> from twingrad.tensor import Tensor
        >>> scores = Tensor([[0.5, 2.0], [3.0, 1.5]])
        >>> scores.gather(1, [[1], [0]]).numpy()
        array([[2.],
               [3.]], dtype=float32)
        """
        axis, index = self._checked_index(dim, index, "gather")
        gathered: Self = self.record(GATHER, (self._with_a_dim(), index), (axis,))
        return gathered

    def scatter(self, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Self:
        """A copy with the elements of ``src`` at ``index`` along ``dim``.

        For dim 1, ``out[i, index[i, j]] = src[i, j]``. Where a position is named several times,
        the last element is written, and it alone gets the gradient.

        Parameters
        ----------
        dim : int
            The dimension.
        index : int tensor, array or list
            As many dimensions as this tensor has, and no longer along the other ones.
        src : Tensor, array or number
            A tensor must be at least as long as the index along every dimension: what stands
            beyond is left out. It is converted to this tensor's dtype.
        value : number
            The same as a number for ``src``.
        """
        axis, index = self._checked_index(dim, index, "scatter")
        given = src if value is None else value
        if isinstance(given, bool | int | float):
            source = self._filling(given, "scatter")
        else:
            source = self._scattered(given, index, "scatter")
        if not index._data.ndim:
            index, source = RESHAPE(index, (1,)), RESHAPE(source, (1,))
        if not index._data.size:
            return CLONE(self)  # type: ignore[no-any-return]
        row = self._with_a_dim()
        arrays = [
            index if d == axis else np.arange(length).reshape(-1, *[1] * (index._data.ndim - 1 - d))
            for d, length in enumerate(index._data.shape)
        ]
        dims = tuple(range(len(arrays)))
        return self._as_before(self.record(INDEX_PUT, (row, source, *arrays), (dims,)))

    def scatter_(self, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Self:
        """:meth:`scatter` in place."""
        return self._replace(self.scatter(dim, index, src, value=value), "scatter_")

    def scatter_add(self, dim: int, index: Any, src: Any) -> Self:
        """A copy with the elements of the tensor ``src`` added at ``index`` along ``dim``.

        For dim 1, ``out[i, index[i, j]] += src[i, j]``; see :meth:`scatter`.
        """
        axis, index = self._checked_index(dim, index, "scatter_add")
        source = self._scattered(src, index, "scatter_add")
        row: Any = self._with_a_dim()
        added = self.record(GATHER_SPREAD, (source, index), (axis, row._data.shape))
        return self._as_before(row + added)

    def scatter_add_(self, dim: int, index: Any, src: Any) -> Self:
        """:meth:`scatter_add` in place."""
        return self._replace(self.scatter_add(dim, index, src), "scatter_add_")

    def take(self, index: Any) -> Self:
        """The elements at ``index``, counted as if the tensor were one row: the index's shape."""
        row: Any = RESHAPE(self, (self._data.size,))
        picked: Self = row._indexed((0,), (as_positions(index, "take: index"),))
        return picked

    def take_along_dim(self, indices: Any, dim: int | None = None) -> Self:
        """The elements at ``indices`` along ``dim``, broadcast along the other dimensions.

        Made for the results of ``argsort`` and of ``argmax`` with ``keepdim``. Without ``dim``,
        both are read in a row, and the result is a row. Raises ``ValueError`` where the numbers
        of dimensions differ, or lengths do not broadcast.
        """
        index = as_positions(indices, "take_along_dim: indices")
        array = plain(index)
        shape = self._data.shape
        if dim is None:
            return self.take(array.reshape(-1))
        axis = one_dim(dim, len(shape), "take_along_dim")
        if array.ndim != len(shape):
            raise ValueError(
                f"take_along_dim: indices must have the {len(shape)} dimensions of the tensor, got "
                f"shape {array.shape}: add dimensions with unsqueeze()"
            )
        if not shape:
            return self.take(array)
        length = shape[axis]
        others = broadcast_shape(
            [with_length(each, axis, 1) for each in (shape, array.shape)], "take_along_dim"
        )
        whole: Any = BROADCAST_TO(self, with_length(others, axis, length))
        positions = np.where(array < 0, array + length, array)
        stretched = np.broadcast_to(positions, with_length(others, axis, array.shape[axis]))
        gathered: Self = whole.gather(axis, stretched)
        return gathered

    def _checked_index(self, dim: Any, given: Any, what: str) -> tuple[int, Any]:
        """The dimension, and an index for ``gather`` as a tensor."""
        shape = self._data.shape or (1,)
        axis = one_dim(dim, len(self._data.shape), what)
        index = self._positions(given, what)
        array = index._data
        if not array.size and array.ndim != len(shape):
            return axis, RESHAPE(index, with_length(shape, axis, 0))
        check_gather_index(array, shape, axis, what)
        return axis, index

    def _scattered(self, given: Any, index: Any, what: str) -> Any:
        """What is scattered, in the shape of the index and in this tensor's dtype."""
        source = self._in_own_dtype(given, what)
        shape = index._data.shape
        if source._data.shape == shape:
            return source
        if index._data.size == 0:
            return self.constant(made(np.zeros(shape, self._data.dtype)))
        is_short = [n > m for n, m in zip(shape, source._data.shape)]
        if source._data.ndim != len(shape) or any(is_short):
            raise ValueError(
                f"{what}: src must be at least as long as index along every dimension, got shape "
                f"{source._data.shape} for an index of shape {shape}: broadcast it first"
            )
        return source[tuple([slice(length) for length in shape])]


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """For every class index k a row with 1 at k and 0 elsewhere: ``(...)`` to ``(..., C)``.

    Parameters
    ----------
    tensor : Tensor
        Class indices from 0 on, whole numbers.
    num_classes : int
        The length C of the rows; -1 for the greatest index plus 1.

    Returns
    -------
    Tensor
        int64, without gradient.

    Raises
    ------
    ValueError
        For an index that is negative or beyond ``num_classes``, or if there are no indices to
        find their number from.

    Examples
    --------
    >>> from twingrad.tensor import Tensor
    >>> one_hot(Tensor([0, 2]), 3).numpy()
    array([[1, 0, 0],
           [0, 0, 1]])
    """
    if not isinstance(tensor, Methods):
        raise TypeError(
            f"one_hot: tensor must be a Tensor, got {type(tensor).__name__}: make one with "
            "tensor(...)"
        )
    index = plain(as_positions(tensor, "one_hot: tensor"))
    if num_classes == -1:
        if not index.size:
            raise ValueError(
                f"one_hot: num_classes must be given for a tensor without elements, got shape "
                f"{index.shape}: pass num_classes"
            )
        num_classes = int(index.max()) + 1
    if index.size and not 0 <= index.min() <= index.max() < num_classes:
        raise ValueError(
            f"one_hot: class indices must lie between 0 and num_classes - 1 = {num_classes - 1}, "
            f"got {index.min()} to {index.max()}: pass a greater num_classes"
        )
    if type(index) is not np.ndarray:  # an array of a recording
        is_there = np.equal(index[..., None], np.arange(num_classes))
        return type(tensor).constant(is_there.astype(int64))
    rows = np.zeros((*index.shape, num_classes), int64)
    rows.reshape(-1)[np.arange(index.size) * num_classes + index.reshape(-1)] = 1
    return type(tensor).constant(rows)
