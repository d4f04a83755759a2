"""What a recording knows of arrays: their values, what outlives the step, what never changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, final

import numpy as np

from ..broadcasting import NDArray
from .graph import Graph, Value, values_below
from .memories import Block, Memories, memory_order, owner, permuted
from .records import Captured
from .traced import Traced
from .values import broadcast, cast, empty

if TYPE_CHECKING:
    from ..tensor import Tensor


@final
class Holdings:
    """The arrays of a recording, and the values that stand for them.

    An array of which nothing is known is memory that outlives the step: its numbers are read anew
    in each run, and what is written to it stays.

    Attributes
    ----------
    captured : list of Captured
        The memory that outlives the step, by its position in the graph.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.captured: list[Captured] = []
        self._memories = Memories(graph)
        self._blocks: list[Block | None] = []
        self._fixed: dict[int, NDArray] = {}
        self._kept: list[Any] = []

    def keep(self, thing: Any) -> None:
        """Keep something alive as long as the recording is."""
        self._kept.append(thing)

    def block(self, array: NDArray) -> Block | None:
        """The block of memory that an array lies in, if it is known."""
        return self._memories.block(array)

    def value(self, array: NDArray, tensor: Tensor | None = None) -> Value:
        """The value of an array, which may be that of a tensor, as it is now."""
        if not array.size:
            return empty(self._graph, array.shape, array.dtype)
        block = self.block(array)
        if block is None:
            self._capture_owner(array, tensor)
            block = self.block(array)
            assert block is not None
        return self._memories.read(block, array)

    # What is new

    def add(self, array: NDArray, value: Value) -> Block:
        """Note that a new array holds a value."""
        self._kept.append(array)
        return self._memories.add(array, value)

    def owned(self, numbers: NDArray, value: Value) -> NDArray:
        """Numbers in memory of their own, with the value that stands for them."""
        own = numbers
        if type(own) is not np.ndarray or own.base is not None or not own.flags.c_contiguous:
            own = np.array(numbers, order="C")
        self.add(own, broadcast(self._graph, value, own.shape))
        return own

    def constant(self, array: NDArray) -> None:
        """Note that an array, if nothing is known of it, holds the same numbers in every step."""
        if not array.size or self.block(array) is not None:
            return
        _check_known(array)
        whole = array if memory_order(array) is not None else owner(array)
        first = whole.flat[0]
        if (whole == first).all() and (first or not np.signbit(whole).any()):
            self.add(whole, empty(self._graph, whole.shape, whole.dtype, first.item()))
            return
        kept = whole.copy("K")
        before = self.capture(whole, None, lambda: kept, "constant")
        block = self.block(whole)
        assert block is not None
        block.origin = "made"  # nobody else has it: what is written to it is not kept
        self._fixed[before.number] = kept

    def fixed(self, array: NDArray) -> Value:
        """The value of an array that holds the same numbers in every step."""
        self.constant(array)
        return self.value(array)

    def numbers(self, value: Value) -> NDArray | None:
        """The numbers of a value that are the same in every step; None for others."""
        if value.kind == "constant":
            return np.array(value.attributes[0]).astype(value.dtype)
        if value.number in self._fixed:
            kept = self._fixed[value.number]
            return kept.transpose(memory_order(kept) or ())
        if value.kind == "view":
            found = self.numbers(value.operands[0])
            if found is not None:
                strides, offset = value.attributes
                row = np.ascontiguousarray(found).reshape(-1)[offset:]
                steps = [stride * row.itemsize for stride in strides]
                return np.lib.stride_tricks.as_strided(row, value.shape, steps)
        return None

    def is_fixed(self, value: Value) -> bool:
        """Whether the numbers of a value are the same in every step."""
        for each in values_below([value]):
            is_leaf = not each.operands and each.kind not in ("constant", "position")
            if each.kind in ("host", "random") or (is_leaf and each.number not in self._fixed):
                return False
        return True

    # What is changed

    def written(self, array: NDArray, value: Value) -> None:
        """Note that an array takes a value."""
        if not array.size:
            return
        self.value(array)
        block = self.block(array)
        assert block is not None
        if block.origin == "argument":
            raise RuntimeError(
                f"compile: an argument of the step, of shape {array.shape}, cannot be changed in "
                "place: change a clone() of it"
            )
        value = broadcast(self._graph, cast(self._graph, value, array.dtype), array.shape)
        self._memories.write(block, array, value)

    # What outlives the step

    def capture(
        self, array: NDArray, tensor: Tensor | None, locate: Callable[[], NDArray], label: str
    ) -> Value:
        """Let an array be memory that outlives the step, and give what it holds at its begin."""
        order = memory_order(array) or ()
        is_in_order = order == tuple(range(array.ndim))
        before = self._graph.captured(tuple([array.shape[d] for d in order]), str(array.dtype))
        before.label = label
        value = before
        if not is_in_order:
            value = permuted(self._graph, before, tuple(np.argsort(order).tolist()))
        block = self.add(array, value)
        block.origin = "captured"
        self._blocks.append(block)
        located = locate if is_in_order else lambda: locate().transpose(order)
        self.captured.append(Captured(tensor, located, label))
        return before

    def position_of(self, leaf: Tensor) -> int:
        """The position among the captured memory of a leaf that the step did not make.

        One that is part of other memory gets a position of its own.
        """
        array = leaf._data
        for position, captured in enumerate(self.captured):
            if captured.tensor is leaf:
                return position
        self._graph.captured(array.shape, str(array.dtype))
        self.captured.append(Captured(leaf, lambda: leaf._data, ""))
        self._blocks.append(None)
        return len(self.captured) - 1

    def finish(self) -> None:
        """Note what the captured memory holds when the step is over."""
        for memory, block in zip(self._graph.memories, self._blocks, strict=True):
            memory.after = memory.before if block is None else block.value

    def _capture_owner(self, array: NDArray, tensor: Tensor | None) -> None:
        _check_known(array)
        whole = owner(array)
        if array.size == whole.size and memory_order(array) is not None:
            whole = array
        if tensor is None:
            self.capture(whole, None, lambda: whole, "")
        elif whole is array:
            self.capture(whole, tensor, lambda: tensor._data, "")
        else:
            self.capture(whole, None, lambda: owner(tensor._data), "")


def _check_known(array: NDArray) -> None:
    """Refuse what NumPy made of a tensor's numbers by a way that is not recorded."""
    if type(owner(array)) is Traced:
        raise RuntimeError(
            "compile: something was computed with the numbers of a tensor that a recording cannot "
            "follow: use operations on tensors"
        )
