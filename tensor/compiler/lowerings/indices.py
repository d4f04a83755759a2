"""Elements read and written at positions, in a graph."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from ....engine.shapes import Shape, broadcast_shape
from ...broadcasting import NDArray
from ...operations.gathering import Gather, GatherSpread
from ...operations.selection import (
    Index,
    IndexPut,
    IndexSpread,
    Select,
    Spread,
    part_start,
    row_positions,
)
from ..graph import Graph, Value
from ..lowering import Application, by_host, lowers
from ..memories import Layout, overwritten, permuted
from ..strides import tight_strides
from ..values import all_true, broadcast, combined, empty, reshaped, within


@lowers(Gather)
def _gather(given: Application) -> Value:
    x, index = given.operands
    (dim,) = given.parameters
    check_positions(given, index, 0, x.shape[dim])
    if not index.shape:
        index = reshaped(given.graph, index, (1,))
    found = given.graph.gather(x, index, dim)
    return reshaped(given.graph, found, given.shape)


@lowers(GatherSpread)
def _gather_spread(given: Application) -> Value:
    graph = given.graph
    part, index = given.operands
    dim, shape = given.parameters
    check_positions(given, index, 0, shape[dim])
    if not index.shape:
        part, index = reshaped(graph, part, (1,)), reshaped(graph, index, (1,))
    if index.shape == (*shape[:dim], 1, *shape[dim + 1 :]):
        is_there = combined(graph, "equal", graph.position(shape, dim), index)
        return combined(graph, "where", is_there, part, empty(graph, (), part.dtype))
    return graph.value("scatter", (part, index), (dim,), shape, given.dtype)


@lowers(Index)
def _index(given: Application) -> Value:
    graph = given.graph
    x, *arrays = given.operands
    (dims,) = given.parameters
    lengths, others = _taken_apart(x.shape, dims)
    fixed = _fixed_row(given, arrays, lengths)
    if fixed is not None and len(dims) == 1 and (steps := _even(fixed)) is not None:
        shape, layout = _slice(x.shape, dims[0], steps)
        return reshaped(graph, graph.view(x, shape, *layout), given.shape)
    row = _row(given, arrays, lengths) if fixed is None else given.holdings.fixed(fixed)
    found = _rows_at(graph, _rows(graph, x, dims), row)
    index = _index_shape(arrays)
    start = part_start(dims)
    ndim, count = len(index), len(others)
    order = (*range(ndim, ndim + start), *range(ndim), *range(ndim + start, ndim + count))
    return permuted(graph, reshaped(graph, found, index + others), order)


@lowers(IndexSpread)
def _index_spread(given: Application) -> Value:
    graph = given.graph
    part, *arrays = given.operands
    dims, shape = given.parameters
    lengths, others = _taken_apart(shape, dims)
    if not part.size:
        return empty(graph, shape, part.dtype)
    fixed = _fixed_row(given, arrays, lengths)
    if fixed is not None and len(dims) == 1 and (steps := _even(fixed)) is not None:
        own, layout = _slice(shape, dims[0], steps)
        return graph.value("place", (reshaped(graph, part, own),), tuple(layout), shape, part.dtype)
    row = _row(given, arrays, lengths) if fixed is None else given.holdings.fixed(fixed)
    ndim = len(_index_shape(arrays))
    start = part_start(dims)
    after = range(start + ndim, len(part.shape))
    front = permuted(graph, part, (*range(start, start + ndim), *range(start), *after))
    rows = reshaped(graph, front, (row.size, prod(others)))
    whole = (prod(lengths), prod(others))
    index = broadcast(graph, reshaped(graph, row, (row.size, 1)), rows.shape)
    spread = graph.value("scatter", (rows, index), (0,), whole, part.dtype)
    order = tuple(np.argsort(_in_front(dims, len(shape))).tolist())
    return permuted(graph, reshaped(graph, spread, lengths + others), order)


@lowers(IndexPut)
def _index_put(given: Application) -> Value:
    graph = given.graph
    x, part, *arrays = given.operands
    (dims,) = given.parameters
    lengths, _ = _taken_apart(x.shape, dims)
    if 0 in _index_shape(arrays):
        return x
    fixed = _fixed_row(given, arrays, lengths)
    if fixed is not None and len(dims) == 1 and (steps := _even(fixed)) is not None:
        shape, layout = _slice(x.shape, dims[0], steps)
        return overwritten(graph, x, broadcast(graph, part, shape), layout)
    if fixed is None:
        _row(given, arrays, lengths)  # for the check of the positions
    return by_host(given)


@lowers(Select)
def _select(given: Application) -> Value:
    graph, (x,) = given.graph, given.operands
    (mask,) = given.parameters
    rows = reshaped(graph, x, (mask.size, x.size // mask.size))
    positions = given.holdings.fixed(np.flatnonzero(mask))
    return reshaped(graph, _rows_at(graph, rows, positions), given.shape)


@lowers(Spread)
def _spread(given: Application) -> Value:
    graph, (part,) = given.graph, given.operands
    (mask,) = given.parameters
    positions = np.flatnonzero(mask)
    if not positions.size:
        return empty(graph, given.shape, given.dtype)
    rows = reshaped(graph, part, (positions.size, part.size // positions.size))
    column = reshaped(graph, given.holdings.fixed(positions), (positions.size, 1))
    index = broadcast(graph, column, rows.shape)
    whole = (mask.size, rows.shape[1])
    spread = graph.value("scatter", (rows, index), (0,), whole, part.dtype)
    return reshaped(graph, spread, given.shape)


def check_positions(given: Application, index: Value, least: int, length: int) -> None:
    """Let positions have to lie between ``least`` and before ``length`` in every step."""
    if given.holdings.numbers(index) is None:
        row = reshaped(given.graph, index, (index.size,))
        given.recording.check(all_true(given.graph, within(given.graph, row, least, length)))


def _taken_apart(shape: Shape, dims: Shape) -> tuple[Shape, Shape]:
    """The lengths along some dimensions, and along the others."""
    others = tuple([length for d, length in enumerate(shape) if d not in dims])
    return tuple([shape[d] for d in dims]), others


def _in_front(dims: Shape, ndim: int) -> Shape:
    """The order that puts some dimensions in front."""
    return (*dims, *[d for d in range(ndim) if d not in dims])


def _rows(graph: Graph, x: Value, dims: Shape) -> Value:
    """A value with one row for every position along some dimensions."""
    lengths, others = _taken_apart(x.shape, dims)
    front = permuted(graph, x, _in_front(dims, len(x.shape)))
    return reshaped(graph, front, (prod(lengths), prod(others)))


def _rows_at(graph: Graph, rows: Value, positions: Value) -> Value:
    """The rows at a row of positions."""
    shape = (positions.size, rows.shape[1])
    index = broadcast(graph, reshaped(graph, positions, (positions.size, 1)), shape)
    return graph.gather(rows, index, 0)


def _index_shape(arrays: Sequence[Value]) -> Shape:
    return broadcast_shape([array.shape for array in arrays], "index")


def _fixed_row(given: Application, arrays: Sequence[Value], lengths: Shape) -> NDArray | None:
    """Arrays of positions as one row of positions, none below 0, if they are always the same."""
    found = [given.holdings.numbers(array) for array in arrays]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return None
    return row_positions(np.broadcast_arrays(*known), lengths)


def _row(given: Application, arrays: Sequence[Value], lengths: Shape) -> Value:
    """The same for positions that differ from step to step, which are checked in each."""
    graph = given.graph
    shape = _index_shape(arrays)
    total: Value | None = None
    for k, (array, length) in enumerate(zip(arrays, lengths, strict=True)):
        size = graph.constant(length, "int64")
        raised = combined(graph, "add", array, size)
        check_positions(given, array, -length, length)
        is_below = combined(graph, "less", array, graph.constant(0, "int64"))
        place = combined(graph, "where", is_below, raised, array)
        if step := prod(lengths[k + 1 :]):
            place = combined(graph, "mul", place, graph.constant(step, "int64"))
        total = place if total is None else combined(graph, "add", total, place)
    assert total is not None
    return reshaped(graph, broadcast(graph, total, shape), (prod(shape),))


def _even(positions: NDArray) -> tuple[int, int, int] | None:
    """The start, the step and the number of positions at equal distances, if they are."""
    start, count = int(positions[0]), len(positions)
    step = int(positions[1]) - start if count > 1 else 1
    is_even = step != 0 and np.array_equal(positions, start + step * np.arange(count))
    return (start, step, count) if is_even else None


def _slice(shape: Shape, dim: int, steps: tuple[int, int, int]) -> tuple[Shape, Layout]:
    """The shape of a slice along a dimension, and where its elements stand."""
    start, step, count = steps
    strides = [*tight_strides(shape)]
    offset = start * strides[dim]
    strides[dim] = 0 if count == 1 else step * strides[dim]
    return (*shape[:dim], count, *shape[dim + 1 :]), Layout(tuple(strides), offset)
