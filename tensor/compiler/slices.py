"""Slices along a dimension: taken out of a value, put in their place, one behind the other.

What several slices of a tensor get of a gradient is a sum of arrays that are 0 but for one slice.
Where the slices are neighbours it is one longer slice, and in the end they are joined, and no zeros
are written or added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...engine.shapes import Shape
from ..operations.slices import with_length
from .graph import Graph, Value
from .strides import tight_strides


class Slice(NamedTuple):
    """Zeros but for a part from ``start`` to before ``stop`` along a dimension."""

    part: Value
    dim: int
    start: int
    stop: int


def joined(graph: Graph, values: Sequence[Value], dim: int) -> Value:
    """Values one behind the other along a dimension."""
    parts: list[Value] = []
    for value in values:
        is_joined = value.kind == "join" and value.attributes == (dim,)
        parts += value.operands if is_joined else [value] * bool(value.size)
    if len(parts) == 1:
        return parts[0]
    shape = with_length(parts[0].shape, dim, sum([part.shape[dim] for part in parts]))
    return graph.value("join", parts, (dim,), shape, parts[0].dtype)


def sliced(graph: Graph, value: Value, dim: int, start: int, stop: int) -> Value:
    """What lies from ``start`` to before ``stop`` along a dimension."""
    strides = tight_strides(value.shape)
    shape = with_length(value.shape, dim, stop - start)
    return graph.view(value, shape, strides, start * strides[dim])


def added(graph: Graph, first: Value, second: Value) -> Value | None:
    """The sum of two values that are 0 but for slices, if these are neighbours."""
    if first.kind != "place" or second.kind != "place" or first.shape != second.shape:
        return None
    one, other = _slice(graph, first), _slice(graph, second)
    if one is None or other is None or one.dim != other.dim:
        return None
    if other.stop == one.start:
        one, other = other, one
    if one.stop != other.start:
        return None
    part = joined(graph, [one.part, other.part], one.dim)
    if part.shape == first.shape:
        return part
    strides = tight_strides(first.shape)
    own = tuple([0 if n == 1 else s for n, s in zip(part.shape, strides)])
    offset = one.start * strides[one.dim]
    return graph.value("place", (part,), (own, offset), first.shape, first.dtype)


def _slice(graph: Graph, value: Value) -> Slice | None:
    """The slice that a value is 0 but for; None if it is none along one dimension."""
    (part,) = value.operands
    strides, offset = value.attributes
    steps = tight_strides(value.shape)
    for dim, step in enumerate(steps):
        for shape, own in _forms(part.shape, strides, dim):
            kept = [
                n == 1 or (n == length and stride == s)
                for n, length, stride, s in zip(shape, value.shape, own, steps)
            ]
            is_slice = shape[dim] == 1 or own[dim] == step
            others = all(kept[:dim] + kept[dim + 1 :])
            same = with_length(shape, dim, 0) == with_length(value.shape, dim, 0)
            if step and is_slice and others and same and offset % step == 0:
                start = offset // step
                whole = graph.view(part, shape, tight_strides(shape))
                return Slice(whole, dim, start, start + shape[dim])
    return None


def _forms(shape: Shape, strides: Shape, dim: int) -> list[tuple[Shape, Shape]]:
    """A part as it is, and with a dimension of length 1 that it may have lost."""
    return [
        (each, steps)
        for each, steps in (
            (shape, strides),
            ((*shape[:dim], 1, *shape[dim:]), (*strides[:dim], 0, *strides[dim:])),
        )
        if dim < len(each)
    ]
