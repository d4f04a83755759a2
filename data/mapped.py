"""Rows of a memory map: chosen now, read when they are asked for."""

from __future__ import annotations

from typing import Any, TypeGuard, final

import numpy as np
from numpy.typing import NDArray

from .rows import Rows


@final
class MappedRows:
    """Some rows of a memory map, as an array of shape (n, ...) that is read piece by piece.

    It holds the numbers of the rows only. Indexing reads what it asks for, as a NumPy array;
    ``numpy.asarray`` reads everything.

    Parameters
    ----------
    mapped : memory map of shape (N, ...)
    rows : array of shape (n,)
        Whole numbers from 0 to N - 1, in any order, also more than once.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from twingrad.data.mapped import MappedRows
    >>> path = os.path.join(tempfile.mkdtemp(), "x.npy")
    >>> np.save(path, np.arange(8.0).reshape(4, 2))
    >>> x = MappedRows(np.load(path, mmap_mode="r"), np.array([3, 1, 0]))
    >>> x
    <(3, 2) float64, rows of a memory map>
    >>> x[:2].tolist(), x[:, 1].tolist()
    ([[6.0, 7.0], [2.0, 3.0]], [7.0, 3.0, 1.0])
    """

    __slots__ = ("mapped", "rows")

    def __init__(self, mapped: np.memmap[Any, Any], rows: NDArray[np.intp]) -> None:
        self.mapped = mapped
        self.rows = rows

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, ...)."""
        return len(self.rows), *self.mapped.shape[1:]

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the memory map."""
        dtype: np.dtype[Any] = self.mapped.dtype
        return dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.mapped.ndim

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        """What NumPy would give; rows that are not asked for are not read."""
        rows, *others = index if isinstance(index, tuple) and index else (index,)
        if isinstance(rows, slice) and all(isinstance(each, int | slice) for each in others):
            return np.asarray(self.mapped[(slice(None), *others)][self.rows[rows]])
        if isinstance(rows, int | np.integer) or np.ndim(rows) == 1:
            return np.asarray(self.mapped[(self.rows[rows], *others)])[()]
        return np.asarray(self)[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError(
                "MappedRows: copy must not be False, got rows of a memory map: they are not in "
                "memory, and are copied when they are read"
            )
        return np.asarray(self.mapped[self.rows], dtype=dtype)

    def __repr__(self) -> str:
        return f"<{self.shape} {self.dtype}, rows of a memory map>"


Numbers = NDArray[Any] | MappedRows
"""An array in memory, in a file, or rows of one in a file."""


def is_mapped(array: Any) -> TypeGuard[np.memmap[Any, Any] | MappedRows]:
    """Whether an array lies in a file, to be read piece by piece."""
    return isinstance(array, np.memmap | MappedRows)


def read(array: Numbers) -> NDArray[Any]:
    """An array that is not in a file any more; what is in memory stays as it is."""
    return np.array(array, order="C") if is_mapped(array) else np.asarray(array)


def taken(array: Numbers, rows: Rows) -> Numbers:
    """Some rows of an array, all of which are there; those of a memory map are not read."""
    if isinstance(array, MappedRows):
        return MappedRows(array.mapped, array.rows[rows])
    if isinstance(array, np.memmap) and not isinstance(rows, slice):
        numbers = np.flatnonzero(rows) if rows.dtype == bool else rows % len(array)
        return MappedRows(array, numbers)
    found: NDArray[Any] = array[rows]
    return found
