"""Parts in a graph: slices, diagonals and triangles, and what is put in their places."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from ....engine.shapes import Shape
from ...inplace import Overwrite
from ...operations.parts import DIAGONAL, DiagonalSpread, Triangle
from ...operations.selection import SliceSpread
from ..graph import Graph, Value
from ..lowering import Application, lowers
from ..memories import layout_of, overwritten
from ..strides import tight_strides
from ..values import broadcast, combined, empty, reshaped


@lowers(SliceSpread)
def _slice_spread(given: Application) -> Value:
    index, shape = given.parameters
    return placed(given.graph, given.operands[0], shape, lambda whole: whole[index])


@lowers(DiagonalSpread)
def _diagonal_spread(given: Application) -> Value:
    *where, shape = given.parameters
    return placed(
        given.graph, given.operands[0], shape, lambda whole: DIAGONAL.forward(whole, *where)
    )


@lowers(Overwrite)
def _overwrite(given: Application) -> Value:
    whole, part = given.operands
    primitive, parameters = given.parameters
    shape, layout = layout_of(whole.shape, lambda array: primitive.forward(array, *parameters))
    part = broadcast(given.graph, part, shape)
    return overwritten(given.graph, whole, part, layout) if part.size else whole


@lowers(Triangle)
def _triangle(given: Application) -> Value:
    graph, (x,) = given.graph, given.operands
    diagonal, upper = given.parameters
    shape = x.shape[-2:]
    row, column = graph.position(shape, 0), graph.position(shape, 1)
    last = combined(graph, "add", row, graph.constant(int(diagonal), "int64"))
    is_kept = combined(graph, "greater_equal" if upper else "less_equal", column, last)
    return combined(graph, "where", is_kept, x, empty(graph, (), x.dtype))


def placed(graph: Graph, part: Value, shape: Shape, view: Callable[[Any], Any]) -> Value:
    """Zeros of a shape with a part where a view of an array of that shape would read it."""
    own, layout = layout_of(shape, view)
    if not part.size:
        return empty(graph, shape, part.dtype)
    part = broadcast(graph, part, own)
    if part.size == prod(shape) and layout == (tight_strides(own), 0):
        return reshaped(graph, part, shape)
    return graph.value("place", (part,), tuple(layout), shape, part.dtype)
