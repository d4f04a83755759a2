"""A tensor's numbers for others: Python numbers, NumPy, other libraries' arrays, pickle, copies."""

from __future__ import annotations

from abc import abstractmethod
from copy import deepcopy
from typing import Any

import numpy as np

from .broadcasting import NDArray
from .graph import Memory
from .methods import Methods
from .tracing import check_readable


class Interchange(Methods):
    """What hands out the numbers of a tensor, and what copies the tensor as an object."""

    __slots__ = ()

    _grad: Any
    _memory: Any
    _node: Any
    _requires_grad: bool

    @abstractmethod
    def _shared_memory(self) -> Memory:
        """The record of changes of this tensor's memory."""

    def item(self) -> Any:
        """The number of a tensor of one element, as a Python number.

        Raises ``RuntimeError`` for any other number of elements.
        """
        if self._data.size != 1:
            raise RuntimeError(
                f"item: the tensor must have one element, got shape {self._data.shape}: take one "
                "with [...] or reduce it first, for example with sum()"
            )
        check_readable(self, "item")
        return self._data.item()

    def tolist(self) -> Any:
        """The numbers as nested lists of Python numbers; one number without dimensions."""
        check_readable(self, "tolist")
        return self._data.tolist()

    def numpy(self, *, force: bool = False) -> NDArray:
        """The numbers as a NumPy array on the same memory.

        The graph does not notice changes that are made through the array. With ``force``, a
        tensor that requires a gradient gives its numbers too.

        Raises ``RuntimeError`` for a tensor that requires a gradient, as what is computed with
        the array has none.
        """
        if self._requires_grad and not force:
            raise RuntimeError(
                "numpy: the tensor requires a gradient, which what is computed by NumPy would not "
                "pass on: use detach().numpy()"
            )
        check_readable(self, "numpy")
        array: NDArray = self._data
        return array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray:
        """What ``np.asarray(tensor)`` gives; the memory is shared where that is possible."""
        array = self.numpy()
        if dtype is None or np.dtype(dtype) == array.dtype:
            return array.copy() if copy else array
        if copy is False:
            raise ValueError(
                f"a tensor of dtype {array.dtype} cannot be an array of dtype {np.dtype(dtype)} "
                "without a copy: pass copy=None, or convert it with to(...)"
            )
        return array.astype(dtype)

    def __dlpack__(self, **options: Any) -> Any:
        """The memory for another library, by the DLPack protocol.

        Raises ``BufferError`` for a tensor that requires a gradient, and for what the protocol
        cannot say.
        """
        if self._requires_grad:
            raise BufferError(
                "__dlpack__: the tensor requires a gradient, which another library would not "
                "know: use detach()"
            )
        check_readable(self, "__dlpack__")
        if any([stride < 0 for stride in self._data.strides]):
            raise BufferError(
                "__dlpack__: the memory is run through backwards, which other libraries cannot: "
                "use clone()"
            )
        return self._data.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        """The device of the memory, as DLPack names it: the CPU."""
        device: tuple[int, int] = self._data.__dlpack_device__()
        return device

    def __reduce__(self) -> tuple[Any, ...]:
        """What pickle keeps: the numbers, whether a gradient is wanted, and the ``grad`` of a leaf.

        As in PyTorch, a result that requires a gradient comes back as a leaf, without history.
        Hooks are not kept. A parameter of a network comes back as one.
        """
        check_readable(self, "pickle")
        grad = self._grad if self._node is None else None
        state = {"_requires_grad": self._requires_grad, "_grad": grad}
        if (place := getattr(self, "_place", None)) is not None:
            state["_place"] = place
        return self.constant, (self._data,), (None, state)

    def __copy__(self) -> Any:
        """A leaf on the same memory; the graph of the one notices changes of the other."""
        copied: Any = self.constant(self._data)
        copied._memory = self._shared_memory()
        copied._requires_grad = self._requires_grad
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """A leaf on memory of its own, with a copy of its ``grad``.

        Raises ``RuntimeError`` for a tensor that is no leaf, as its history is not copied.
        """
        if self._node is not None:
            raise RuntimeError(
                "deepcopy: only leaves can be copied with all that belongs to them, and this "
                f"tensor was computed by {self._node.name()}: use detach().clone(), or clone() "
                "for a copy that passes gradients on"
            )
        check_readable(self, "deepcopy")
        copied: Any = self.constant(deepcopy(self._data, memo))
        memo[id(self)] = copied
        copied._requires_grad = self._requires_grad
        copied._grad = deepcopy(self._grad, memo)
        if (place := getattr(self, "_place", None)) is not None:
            copied._place = deepcopy(place, memo)
        return copied
