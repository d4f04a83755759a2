"""Which values of a graph stand in which memory.

While a step is recorded, every array that occurs lies in a block of memory. What a block holds is
one value of the graph, and every array in it is a view of that value: strides and an offset say
which. So a change through one view is a change of all, as it is in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import numpy as np

from ...engine.shapes import Shape
from ..broadcasting import NDArray
from .graph import Graph, Value
from .strides import tight_strides


class Layout(NamedTuple):
    """Which elements of a block an array is made of: ``offset + i * strides[0] + ...``."""

    strides: Shape
    offset: int


class Block:
    """A piece of memory, and the value that it holds.

    Attributes
    ----------
    array : array
        What the memory belongs to, without gaps.
    order : tuple of int
        The dimensions of the array in the order in which they lie in memory.
    value : Value
        What it holds, with its dimensions in that order.
    origin : str
        ``"argument"``, ``"captured"`` for memory that outlives the step, or ``"made"`` by it.
    """

    __slots__ = ("_end", "_start", "array", "order", "origin", "value")

    def __init__(self, array: NDArray, order: Shape, value: Value) -> None:
        self.array = array
        self.order = order
        self.value = value
        self.origin = "made"
        self._start = address(array)
        self._end = self._start + array.nbytes

    def holds(self, first: int, last: int) -> bool:
        """Whether the bytes from the first to the last lie in this block."""
        return self._start <= first and last <= self._end

    def layout(self, array: NDArray) -> Layout:
        """Which of its elements an array in this memory is made of."""
        size = array.itemsize
        strides = tuple(
            [0 if n == 1 else s // size for n, s in zip(array.shape, array.strides, strict=True)]
        )
        return Layout(strides, (address(array) - self._start) // size)


class Memories:
    """The blocks of memory that a recording has met."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._blocks: dict[int, list[Block]] = {}

    def block(self, array: NDArray) -> Block | None:
        """The block that an array lies in, if it is known."""
        blocks = self._blocks.get(id(owner(array)))
        if blocks is None:
            return None
        first, last = _bounds(array)
        return next((block for block in blocks if block.holds(first, last)), None)

    def add(self, array: NDArray, value: Value) -> Block:
        """Note that an array, which is a block of its own, holds a value."""
        order = memory_order(array)
        if order is None:
            raise RuntimeError(
                f"compile: an array of shape {array.shape} and strides {array.strides} does not "
                "lie in memory without gaps: copy it before it is used in a compiled step"
            )
        if order != tuple(range(array.ndim)):
            value = permuted(self._graph, value, order)
        block = Block(array, order, value)
        self._blocks.setdefault(id(owner(array)), []).append(block)
        return block

    def read(self, block: Block, array: NDArray) -> Value:
        """The value of an array in a block."""
        layout = block.layout(array)
        value = self._graph.view(block.value, array.shape, layout.strides, layout.offset)
        dtype = str(array.dtype)
        return (
            value if value.dtype == dtype else self._graph.elementwise("cast", value, dtype=dtype)
        )

    def write(self, block: Block, array: NDArray, value: Value) -> None:
        """Let an array in a block take a value of its shape and dtype."""
        layout = block.layout(array)
        block.value = overwritten(self._graph, block.value, value, layout)


def owner(array: NDArray) -> NDArray:
    """The array that the memory of an array belongs to."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def address(array: NDArray) -> int:
    """Where the first element stands in memory."""
    found: int = array.__array_interface__["data"][0]
    return found


def memory_order(array: NDArray) -> Shape | None:
    """The dimensions in the order in which they lie in memory; None if there are gaps."""
    if array.flags.c_contiguous:
        return tuple(range(array.ndim))
    order = sorted(range(array.ndim), key=lambda d: (-array.strides[d], d))
    return tuple(order) if array.transpose(order).flags.c_contiguous else None


def permuted(graph: Graph, value: Value, order: Shape) -> Value:
    """A value with its dimensions in another order."""
    strides = tight_strides(value.shape)
    return graph.view(value, tuple([value.shape[d] for d in order]), [strides[d] for d in order])


def overwritten(graph: Graph, whole: Value, part: Value, layout: Layout) -> Value:
    """A value with a part of it replaced."""
    shape = part.shape
    if prod(shape) == whole.size and layout == (tight_strides(shape), 0):
        return graph.view(part, whole.shape, tight_strides(whole.shape))
    is_again = whole.kind == "overwrite" and whole.attributes == tuple(layout)
    if is_again and whole.operands[1].shape == shape:
        whole = whole.operands[0]  # what stands there is written over at once
    return graph.value("overwrite", (whole, part), tuple(layout), whole.shape, whole.dtype)


def layout_of(shape: Shape, view: Callable[[NDArray], NDArray]) -> tuple[Shape, Layout]:
    """The shape of a view of an array of ``shape``, and which of its elements it is made of."""
    whole = np.empty(shape, np.int8)  # never touched: its bytes are counted, not read
    part = view(whole)
    return part.shape, Block(whole, (), None).layout(part)  # type: ignore[arg-type]


def _bounds(array: NDArray) -> tuple[int, int]:
    """The addresses of the first byte of an array, and behind its last."""
    first = last = address(array)
    for length, stride in zip(array.shape, array.strides, strict=True):
        if stride < 0:
            first += (length - 1) * stride
        else:
            last += (length - 1) * stride
    return first, last + array.itemsize
