"""Elements picked by a mask, by slices, or by arrays of positions, and put back."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ...engine.shapes import Shape
from ..broadcasting import NDArray
from ..dtypes import FLOATS
from ..primitive import Call, Primitive
from ..tracing import by_host, traced

_FEW = 512
"""Up to here NumPy adds rows at once; beyond, element by element is faster."""

_MANY = 20_000
"""From here on a sparse matrix product adds rows fastest, in spite of what setting it up costs."""


class Select(Primitive):
    """``x[mask]``: where ``mask``, an array over the first dims of x, is true, in a row."""

    name = "masked_select"

    def forward(self, x: Any, mask: Any) -> Any:
        return x[mask]

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (SPREAD(gradient, *call.parameters),)


class Spread(Primitive):
    """What stands in a row put at the places where ``mask`` is true, 0 elsewhere."""

    name = "masked_spread"

    def forward(self, row: Any, mask: Any) -> Any:
        spread = np.zeros(mask.shape + row.shape[1:], row.dtype)
        spread[mask] = row
        return spread

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (SELECT(gradient, *call.parameters),)


SELECT = Select()
SPREAD = Spread()


class Slice(Primitive):
    """``x[index]`` for an index of whole numbers, slices and None that ends with an ellipsis."""

    name = "slice"
    is_view = True

    def forward(self, x: Any, index: tuple[Any, ...]) -> Any:
        return x[index]

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (SLICE_SPREAD(gradient, *call.parameters, call.shape_of(0)),)


class SliceSpread(Primitive):
    """An array of ``shape`` that has a part at ``index``, and 0 elsewhere."""

    name = "slice_spread"

    def forward(self, part: Any, index: tuple[Any, ...], shape: Shape) -> Any:
        spread = np.zeros(shape, part.dtype)
        spread[index] = part
        return spread

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (SLICE(gradient, call.parameters[0]),)


SLICE = Slice()
SLICE_SPREAD = SliceSpread()


class Index(Primitive):
    """``x[..., index, ...]``: arrays of positions along some ``dims``, everything along others.

    The operands are x and one array for each of ``dims``. The arrays broadcast; their dimensions
    take the place of ``dims`` if these are neighbours, and come first otherwise, as in NumPy.
    The primitive is applied with :meth:`apply`, because the number of operands varies.
    """

    name = "index"
    saves = tuple(range(1, 65))  # all arrays: NumPy knows no more than 64 dimensions

    def forward(self, x: Any, *rest: Any) -> Any:
        *arrays, dims = rest
        if len(dims) == 1 and x.flags.c_contiguous:
            return x.take(arrays[0], dims[0])
        return x[placed(dims, arrays)]

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        arrays = call.inputs[1:]
        operands = (gradient, *arrays)
        spread = INDEX_SPREAD.apply(operands, (*call.parameters, call.shape_of(0)))
        return (spread, *[None for _ in arrays])


class IndexSpread(Primitive):
    """An array of ``shape`` with a part at arrays of positions along ``dims``, and 0 elsewhere.

    Where a position is named several times, what goes there is added up.
    """

    name = "index_spread"
    saves = Index.saves

    def forward(self, part: Any, *rest: Any) -> Any:
        *arrays, dims, shape = rest
        lengths = tuple([shape[d] for d in dims])
        positions = row_positions(arrays, lengths)
        if len(dims) == len(shape):
            spread = np.zeros(shape, part.dtype)
            np.add.at(spread.reshape(-1), positions, part.reshape(-1))
            return spread
        others = tuple([shape[d] for d in range(len(shape)) if d not in dims])
        rows = added(positions, rows_of(part, arrays, dims), prod(lengths), prod(others))
        spread = rows.reshape(lengths + others)
        come_first = dims[-1] == len(dims) - 1
        return spread if come_first else spread.transpose(_order_back(dims, len(shape)))

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        arrays = call.inputs[1:]
        part = INDEX.apply((gradient, *arrays), call.parameters[:1])
        return (part, *[None for _ in arrays])


class IndexPut(Primitive):
    """x with a part written over it at arrays of positions along ``dims``.

    The operands are x, the part in the shape that :class:`Index` would give (or a constant
    without dimensions), and the arrays. Where a position is named several times the last one is
    written, and it alone gets the gradient.
    """

    name = "index_put"
    saves = tuple(range(2, 66))

    def forward(self, x: Any, part: Any, *rest: Any) -> Any:
        *arrays, dims = rest
        others = [d for d in range(x.ndim) if d not in dims]
        changed = x.transpose(*dims, *others).copy()
        lengths = changed.shape[: len(dims)]
        rows = changed.reshape(prod(lengths), prod(changed.shape[len(dims) :]))
        rows[row_positions(arrays, lengths)] = rows_of(part, arrays, dims) if part.ndim else part
        return changed.transpose(_order_back(dims, x.ndim))

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        arrays = call.inputs[2:]
        (dims,) = call.parameters
        rest = part = None
        if call.needs(0):
            nothing = np.zeros((), gradient.dtype)
            rest = INDEX_PUT.apply((gradient, nothing, *arrays), (dims,))
        if call.needs(1):
            part = INDEX.apply((gradient, *arrays), (dims,))
            numbers = [traced(getattr(each, "_data", each)) for each in arrays]
            was_last = by_host(last_ones, numbers, dims, call.shape)
            if type(was_last) is not np.ndarray or not was_last.all():
                part = part * was_last.astype(gradient.dtype)
        return (rest, part, *[None for _ in arrays])


INDEX = Index()
INDEX_SPREAD = IndexSpread()
INDEX_PUT = IndexPut()


def placed(dims: Shape, arrays: Sequence[Any]) -> tuple[Any, ...]:
    """The index that has the arrays at ``dims``, and takes everything along the others."""
    if dims[-1] == len(dims) - 1:
        return tuple(arrays)
    index: list[Any] = [slice(None)] * (dims[-1] + 1)
    for dim, array in zip(dims, arrays, strict=True):
        index[dim] = array
    return tuple(index)


def part_start(dims: Shape) -> int:
    """The dim of an indexed part at which the dimensions of the arrays begin."""
    are_neighbours = dims[-1] - dims[0] == len(dims) - 1
    return dims[0] if are_neighbours else 0


def index_shape(arrays: Sequence[Any]) -> Shape:
    """The shape that arrays of positions broadcast to."""
    shape: Shape = np.broadcast(*arrays).shape if len(arrays) > 1 else arrays[0].shape
    return shape


def indexed_shape(shape: Shape, dims: Shape, arrays: Sequence[Any]) -> Shape:
    """The shape of what arrays of positions along ``dims`` pick from ``shape``."""
    start = part_start(dims)
    others = [length for d, length in enumerate(shape) if d not in dims]
    return (*others[:start], *index_shape(arrays), *others[start:])


def _order_back(dims: Shape, ndim: int) -> Shape:
    """The permutation that takes ``dims`` from the front back to their places."""
    front = [*dims, *[d for d in range(ndim) if d not in dims]]
    return tuple([front.index(d) for d in range(ndim)])


def row_positions(arrays: Sequence[Any], lengths: Shape) -> NDArray:
    """Positions along several dimensions of these lengths as one row of positions, none below 0."""
    if len(arrays) == 1:
        row: NDArray = arrays[0].ravel() % lengths[0]
        return row
    positions: NDArray = np.ravel_multi_index(tuple(arrays), lengths, mode="wrap").ravel()
    return positions


def rows_of(part: Any, arrays: Sequence[Any], dims: Shape) -> NDArray:
    """An indexed part with one row for every element of the arrays."""
    ndim = len(index_shape(arrays))
    start = part_start(dims)
    if start:
        part = np.moveaxis(part, range(start, start + ndim), range(ndim))
    count = prod(part.shape[:ndim])
    rows: NDArray = part.reshape(count, prod(part.shape[ndim:]))
    return rows


def added(positions: NDArray, rows: NDArray, length: int, width: int) -> NDArray:
    """``length`` rows, each the sum of those of ``rows`` whose position it is; 0 if there is none.

    Positions must not be negative.
    """
    total = np.zeros((length, width), rows.dtype)
    if width == 1:
        np.add.at(total.reshape(-1), positions, rows.reshape(-1))
    elif rows.size <= _FEW:
        np.add.at(total, positions, rows)
    elif rows.size < _MANY or rows.dtype not in FLOATS:
        elements = positions[:, None] * width + np.arange(width)
        np.add.at(total.reshape(-1), elements.reshape(-1), rows.reshape(-1))
    else:
        return _sparse_product(positions, rows, length)
    return total


def _sparse_product(positions: NDArray, rows: NDArray, length: int) -> NDArray:
    """The sums of rows as a product with the sparse matrix that has a 1 for every position."""
    from scipy.sparse import csc_array  # here: importing it takes longer than most uses

    count = len(positions)
    ones = np.ones(count, rows.dtype)
    sums: NDArray = csc_array((ones, positions, np.arange(count + 1)), (length, count)) @ rows
    return sums


def last_ones(arrays: Sequence[Any], dims: Shape, shape: Shape) -> NDArray:
    """Where no later element of the arrays names the same position, to be broadcast to the part."""
    lengths = tuple([shape[d] for d in dims])
    positions = row_positions(arrays, lengths)
    numbers = np.arange(len(positions))
    written = np.empty(prod(lengths), numbers.dtype)
    written[positions] = numbers
    was_last: NDArray = written[positions] == numbers
    after = len(shape) - len(dims) - part_start(dims)
    return was_last.reshape(index_shape(arrays) + (1,) * after)
