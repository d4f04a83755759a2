"""How a tensor is printed: its numbers as PyTorch aligns them, and what is special about it."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from .broadcasting import NDArray
from .dtypes import DEFAULT, bool_, int64
from .methods import Methods
from .tracing import check_readable

LINE_WIDTH = 80
THRESHOLD = 1000
"""Up to how many elements a tensor is printed whole."""
EDGE_ITEMS = 3
"""How many elements are printed at each end of a dimension of a larger one."""
PRECISION = 4

_PREFIX = "tensor("


class Printing(Methods):
    """The forms of a tensor as text."""

    __slots__ = ()

    _node: Any
    _requires_grad: bool

    def __repr__(self) -> str:
        return self._spelt(_numbers(self._data))

    def __format__(self, specification: str) -> str:
        """A tensor without dimensions as its number is; any other one as it is printed."""
        if not self._data.ndim:
            check_readable(self, "format")
            return format(self._data.item(), specification)
        if specification:
            raise TypeError(
                f"a format such as {specification!r} is for one number, got a tensor of shape "
                f"{self._data.shape}: take one element with [...], or leave the format out"
            )
        return repr(self)

    def _spelt(self, numbers: str) -> str:
        """``tensor(numbers, ...)``, with a new line for what would make the last one too long."""
        text = _PREFIX + numbers
        length = len(text) - text.rfind("\n") - 1
        for suffix in self._suffixes():
            if length + len(suffix) + 2 > LINE_WIDTH:
                text += ",\n" + " " * len(_PREFIX) + suffix
                length = len(_PREFIX) + len(suffix)
            else:
                text += ", " + suffix
                length += len(suffix) + 2
        return text + ")"

    def _suffixes(self) -> list[str]:
        """What is said after the numbers."""
        array = self._data
        suffixes = []
        if not array.size and array.ndim != 1:
            suffixes.append(f"size={array.shape}")
        if array.dtype not in ((DEFAULT, int64, bool_) if array.size else (DEFAULT,)):
            suffixes.append(f"dtype={array.dtype}")
        if self._node is not None:
            suffixes.append(f"grad_fn={self._node!r}")
        elif self._requires_grad:
            suffixes.append("requires_grad=True")
        return suffixes


def _numbers(array: NDArray) -> str:
    """The numbers in brackets, aligned, with dots for the middle of a large array."""
    if not array.size:
        return "[]"
    shown = _shown(array)
    spell = _float_format(shown) if shown.dtype.kind == "f" else str
    width = max([len(spell(element)) for element in _measured(shown).tolist()], default=0)

    def aligned(element: Any) -> str:
        return spell(element.item()).rjust(width)

    text = np.array2string(
        array,
        max_line_width=_line_width(width, array.ndim),
        separator=", ",
        prefix=_PREFIX,
        threshold=THRESHOLD,
        edgeitems=EDGE_ITEMS,
        formatter={"all": aligned},
    )
    return text.replace(", ...,", ",  ...,") if array.size > THRESHOLD else text


def _shown(array: NDArray) -> NDArray:
    """The elements that are printed, in a row."""
    if array.size > THRESHOLD:
        for axis, length in enumerate(array.shape):
            if length > 2 * EDGE_ITEMS:
                places = [*range(EDGE_ITEMS), *range(length - EDGE_ITEMS, length)]
                array = array.take(places, axis)
    shown: NDArray = array.ravel()
    return shown


def _measured(shown: NDArray) -> NDArray:
    """The elements that decide about the width and the notation: 0, nan and inf do not."""
    if shown.dtype.kind != "f":
        return shown
    measured: NDArray = shown[np.isfinite(shown) & (shown != 0)]
    return measured


def _line_width(width: int, ndim: int) -> int:
    """The width for NumPy that puts as many elements on a line as PyTorch does."""
    indent = len(_PREFIX) + ndim
    count = max(1, (LINE_WIDTH + 1 - indent) // (width + 2))
    return indent + count * (width + 2) - 2 + ndim


def _float_format(shown: NDArray) -> Callable[[float], str]:
    """Whole numbers with a dot, others with 4 decimals, a wide range in scientific notation."""
    sizes = np.abs(_measured(shown).astype(np.float64))
    is_whole = bool((sizes == np.floor(sizes)).all())
    least, most = (sizes.min(), sizes.max()) if sizes.size else (1.0, 1.0)
    is_wide = most > 1e8 or most > 1000 * least or (not is_whole and least < 1e-4)

    def spell(number: float) -> str:
        if is_wide:
            return f"{number:.{PRECISION}e}"
        if is_whole:
            return f"{number:.0f}." if isfinite(number) else f"{number:.0f}"
        return f"{number:.{PRECISION}f}"

    return spell
