"""Moves in a graph: shapes, orders, copies and dtypes. Most of them are views of what is there."""

from __future__ import annotations

from ...broadcasting import summed_dims
from ...operations.copies import Flip, Repeat, Roll
from ...operations.cumulative import Shift
from ...operations.gates import Gate
from ...operations.joining import Cat, Stack
from ...operations.moves import BroadcastTo, Clone, Permute, Reshape, SumTo, To
from ..graph import Graph, Value
from ..lowering import Application, lowers
from ..memories import permuted
from ..slices import joined, sliced
from ..strides import tight_strides
from ..values import broadcast, cast, empty, reduced, reshaped


@lowers(Reshape)
def _reshape(given: Application) -> Value:
    return reshaped(given.graph, given.operands[0], given.shape)


@lowers(Permute)
def _permute(given: Application) -> Value:
    return permuted(given.graph, given.operands[0], given.parameters[0])


@lowers(BroadcastTo)
def _broadcast_to(given: Application) -> Value:
    return broadcast(given.graph, given.operands[0], given.shape)


@lowers(Clone, Gate)
def _clone(given: Application) -> Value:
    return given.operands[0]


@lowers(To)
def _to(given: Application) -> Value:
    return cast(given.graph, given.operands[0], given.dtype)


@lowers(SumTo)
def _sum_to(given: Application) -> Value:
    (x,) = given.operands
    dims = summed_dims(x.shape, given.shape)
    total = reduced(given.graph, "add", cast(given.graph, x, given.dtype), dims)
    return reshaped(given.graph, total, given.shape)


@lowers(Repeat)
def _repeat(given: Application) -> Value:
    (x,) = given.operands
    (times,) = given.parameters
    own = (1,) * (len(times) - len(x.shape)) + x.shape
    pairs = tuple([n for pair in zip(times, own) for n in pair])
    strides = [step for stride in tight_strides(own) for step in (0, stride)]
    return reshaped(given.graph, given.graph.view(x, pairs, strides), given.shape)


@lowers(Flip)
def _flip(given: Application) -> Value:
    (x,) = given.operands
    (dims,) = given.parameters
    strides = list(tight_strides(x.shape))
    offset = 0
    for dim in dims:
        offset += (x.shape[dim] - 1) * strides[dim]
        strides[dim] = -strides[dim]
    return given.graph.view(x, x.shape, strides, offset)


@lowers(Roll)
def _roll(given: Application) -> Value:
    (x,) = given.operands
    shifts, dims = given.parameters
    if dims is None:
        row = reshaped(given.graph, x, (x.size,))
        return reshaped(given.graph, _rolled(given.graph, row, shifts[0], 0), x.shape)
    for shift, dim in zip(shifts, dims, strict=True):
        x = _rolled(given.graph, x, shift, dim)
    return x


def _rolled(graph: Graph, x: Value, shift: int, dim: int) -> Value:
    length = x.shape[dim]
    start = -shift % length
    if not start:
        return x
    return joined(
        graph, [sliced(graph, x, dim, start, length), sliced(graph, x, dim, 0, start)], dim
    )


@lowers(Shift)
def _shift(given: Application) -> Value:
    (x,) = given.operands
    dim, step, fill = given.parameters
    length = x.shape[dim]
    edge = empty(given.graph, (*x.shape[:dim], 1, *x.shape[dim + 1 :]), x.dtype, fill)
    if step > 0:
        return joined(given.graph, [edge, sliced(given.graph, x, dim, 0, length - 1)], dim)
    return joined(given.graph, [sliced(given.graph, x, dim, 1, length), edge], dim)


@lowers(Cat)
def _cat(given: Application) -> Value:
    return joined(given.graph, given.operands, given.parameters[0])


@lowers(Stack)
def _stack(given: Application) -> Value:
    dim = given.parameters[0]
    own = given.operands[0].shape
    shape = (*own[:dim], 1, *own[dim:])
    return joined(given.graph, [reshaped(given.graph, x, shape) for x in given.operands], dim)
