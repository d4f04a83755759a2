"""A tensor of one element where Python wants a number: ``if x``, ``float(x)``, ``items[x]``."""

from __future__ import annotations

from typing import Any

from ..dtypes import FLOATS
from ..methods import Methods
from ..tracing import check_readable


class Scalars(Methods):
    """What Python's own functions make of a tensor of one element.

    Each raises ``RuntimeError`` for any other number of elements.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        return bool(self._only("bool", "ask any() or all() of it, or write & | ~ for and, or, not"))

    def __float__(self) -> float:
        return float(self._only("float"))

    def __int__(self) -> int:
        return int(self._only("int"))

    def __index__(self) -> int:
        if self._data.dtype in FLOATS:
            raise TypeError(
                f"an index must be a tensor of integers, got dtype {self._data.dtype}: convert it "
                "with int(...)"
            )
        return int(self._only("index"))

    def _only(self, what: str, cure: str = "reduce it first, for example with sum()") -> Any:
        if self._data.size != 1:
            raise RuntimeError(
                f"{what}: the tensor must have one element, got shape {self._data.shape}: {cure}"
            )
        check_readable(self, what)
        return self._data.item()
