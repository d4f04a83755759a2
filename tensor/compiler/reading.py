"""How values read each other: which are calls, which are sums along rows, and in what order.

A value is computed inside the loop that uses it where it reads everything element by element; what
is said here is what a loop may rely on.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...engine.shapes import Shape
from .graph import Value
from .strides import tight_strides

PRODUCTS = frozenset({"matmul", "gemm"})
"""Kinds that BLAS computes."""

CALLS = PRODUCTS | frozenset({"scatter", "place", "overwrite", "join", "host"})
"""Kinds that are units of their own."""

GIVEN = frozenset({"argument", "captured"})
"""Kinds that are in memory from the start."""


def core(shape: Shape) -> Shape:
    """A shape without the dimensions of length 1."""
    return tuple([n for n in shape if n != 1])


def is_single(value: Value) -> bool:
    """Whether a value is one number."""
    return value.size == 1


def stem(value: Value) -> Value:
    """The value that a view is of."""
    return value.operands[0] if value.kind == "view" else value


def is_stretching(view: Value) -> bool:
    """Whether a view repeats elements, or adds and drops dimensions of length 1, and no more.

    What it is of can be computed where the view is read.
    """
    strides, offset = view.attributes
    own = view.operands[0].shape
    steps = [s for s in tight_strides(own) if s]
    return offset == 0 and [s for s in strides if s] == steps and _lengths(view) == core(own)


def _lengths(view: Value) -> Shape:
    strides, _ = view.attributes
    return tuple([n for n, s in zip(view.shape, strides) if s])


def matrix(value: Value) -> tuple[bool, int] | None:
    """How BLAS reads the last two dimensions of a value: transposed or not, and its row length.

    None where it cannot.
    """
    rows, columns = value.shape[-2:]
    if value.kind != "view":
        return False, max(columns, 1)
    strides, _ = value.attributes
    down, along = strides[-2:]
    if value.size == 0 or not _batches_fit(value):
        return None
    if (along == 1 or columns == 1) and (down >= columns or rows == 1):
        return False, max(down, columns, 1)
    if (down == 1 or rows == 1) and (along >= rows or columns == 1):
        return True, max(along, rows, 1)
    return None


def _batches_fit(value: Value) -> bool:
    return all(s >= 0 for s in value.attributes[0])


def is_given(value: Value) -> bool:
    """Whether a value is in memory from the start."""
    return value.kind in GIVEN


def is_call(value: Value) -> bool:
    """Whether a value is made by a unit of its own; and so is a search across rows."""
    if value.kind != "reduce" or not value.attributes[0].startswith("arg"):
        return value.kind in CALLS
    return not is_single(value) and row_split(value) is None


def added_to(value: Value) -> Value | None:
    """What a product is added to where it lies, if to anything."""
    return value.operands[2] if value.kind == "gemm" and len(value.operands) > 2 else None


def space_of(value: Value) -> Shape:
    """The lengths of the loop that computes a value."""
    return core(value.operands[0].shape if value.kind == "reduce" else value.shape)


def row_split(value: Value) -> int | None:
    """How many dimensions of its loop are left where a value is a sum along the last ones."""
    if value.kind != "reduce":
        return None
    summed = reduced_dims(value)
    first = min(summed, default=0)
    return first if first and summed == tuple(range(first, len(space_of(value)))) else None


def reduced_dims(value: Value) -> tuple[int, ...]:
    """The dimensions that a reduction runs along, counted without those of length 1."""
    _, dims = value.attributes
    shape = value.operands[0].shape
    places = {d: k for k, d in enumerate([d for d, n in enumerate(shape) if n != 1])}
    return tuple([places[d] for d in dims if d in places])


Dims = tuple[int | None, ...]
"""For each dimension of what is read, the dimension of the loop that runs along it.

Dimensions of length 1 are left out; None stands for any other order.
"""


def readings(value: Value, source: Value, items: set[Value]) -> Iterator[Dims]:
    """The ways in which the computation of ``value`` reads ``source``."""
    shape = value.operands[0].shape if value.kind == "reduce" else value.shape
    places = iter(range(len(shape)))
    start = tuple([None if n == 1 else next(places) for n in shape])
    yield from _readings(value, shape, start, source, items)


def _readings(
    value: Value, shape: Shape, dims: Dims, source: Value, items: set[Value]
) -> Iterator[Dims]:
    for position, operand in enumerate(value.operands):
        own = _aligned(operand.shape, shape, dims)
        if value.kind == "gather" and position == 0:
            own = (None,) * len(operand.shape)
        elif value.kind == "view":
            own = _through_view(value, dims)
        target = operand
        if operand.kind == "view" and operand not in items:
            target = operand.operands[0]
            own = _through_view(operand, own)
        if target is source:
            yield tuple([d for d, n in zip(own, target.shape) if n != 1])
        elif not (is_given(target) or target in items or is_single(target)):
            yield from _readings(target, target.shape, own, source, items)


def _aligned(own: Shape, shape: Shape, dims: Dims) -> Dims:
    """The value's dimensions along those of an operand that is stretched to ``shape``."""
    behind = len(shape) - len(own)
    return tuple([None if n == 1 else dims[behind + d] for d, n in enumerate(own)])


def _through_view(view: Value, dims: Dims) -> Dims:
    """The value's dimensions along those of what a view is of."""
    target = view.operands[0]
    if not is_stretching(view):
        return (None,) * len(target.shape)
    strides, _ = view.attributes
    running = iter([d for d, s in zip(dims, strides) if s])
    return tuple([None if n == 1 else next(running) for n in target.shape])
