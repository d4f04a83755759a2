"""What picks elements out of an array: indices, positions, and being greatest or smallest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from . import elements
from .moves import Moves
from .operation import Operand
from .positions import check_gather_index
from .shapes import normalized_dims, reduced_dims
from .value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Extremes(NamedTuple):
    """What ``max(dim)`` and ``min(dim)`` give: the values, and where along ``dim`` they stand."""

    values: Any
    indices: NDArray[np.int64]


class Picking(Moves):
    """What gives some of the elements of an :class:`~twingrad.Array`, as the Values they are."""

    __slots__ = ()

    @property
    @abstractmethod
    def data(self) -> NDArray[np.float64]:
        """The numbers."""

    def __getitem__(self, index: Any) -> Any:
        try:
            found = self._elements[index]
        except IndexError as error:
            raise IndexError(
                f"Array index must be made of whole numbers, slices, masks and ... inside shape "
                f"{self.shape}, got {index!r:.60} ({error}): count from 0, or from the end with "
                "negative numbers"
            ) from None
        return found if type(found) is Value else self._with(found)

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("an Array without dimensions cannot be iterated over: use item()")
        return (self[k] for k in range(len(self)))

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("an Array without dimensions has no length: use item()")
        return len(self._elements)

    def gather(self, dim: int, index: Any) -> Self:
        """The elements at ``index`` along ``dim``: for dim 1, ``out[i, j] = x[i, index[i, j]]``.

        Parameters
        ----------
        dim : int
            The dimension.
        index : NumPy array or nested list of whole numbers
            As many dimensions as this array has, and no longer along the other ones. Positions
            count from 0. The result has its shape.

        Raises
        ------
        IndexError
            For a position that is not there, negative ones included.
        TypeError
            For an index of other than whole numbers.
        ValueError
            For an index of another number of dimensions, or longer than the array.

        Examples
        --------
        >>> from twingrad import Array
        >>> scores = Array([[0.5, 2.0], [3.0, 1.5]])
        >>> scores.gather(1, [[1], [0]]).tolist()
        [[2.0], [3.0]]
        """
        own = np.atleast_1d(self._elements)
        (axis,) = normalized_dims((dim,), self.ndim, "gather") or (0,)
        positions = _whole(index)
        if not positions.size and positions.ndim != own.ndim:
            return self._with(own.take(np.zeros(0, np.int64), axis))
        check_gather_index(positions, own.shape, axis, "gather")
        places = np.atleast_1d(positions)
        beside = [slice(None) if d == axis else slice(n) for d, n in enumerate(places.shape)]
        found = np.take_along_axis(own[tuple(beside)], places, axis)
        return self._with(found.reshape(positions.shape))

    def amax(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """The greatest element along ``dim``; equal greatest ones share the gradient equally."""
        return self._extreme("amax", dim, keepdim, elements.greatest)

    def amin(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Self:
        """The smallest element along ``dim``; equal smallest ones share the gradient equally."""
        return self._extreme("amin", dim, keepdim, elements.smallest)

    def max(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The greatest element, or along ``dim`` the pair (values, indices).

        Without ``dim``, equal greatest elements share the gradient equally, as in :meth:`amax`;
        with it, the first of them gets it whole.
        """
        if dim is None:
            return self._extreme("max", None, keepdim, elements.greatest)
        return self._picked("max", np.argmax, dim, keepdim)

    def min(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The smallest element, or along ``dim`` the pair (values, indices); see :meth:`max`."""
        if dim is None:
            return self._extreme("min", None, keepdim, elements.smallest)
        return self._picked("min", np.argmin, dim, keepdim)

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> NDArray[np.int64]:
        """Where the greatest element stands along ``dim`` (all elements: counted in a row)."""
        return self._indices("argmax", np.argmax, dim, keepdim)

    def argmin(self, dim: int | None = None, keepdim: bool = False) -> NDArray[np.int64]:
        """Where the smallest element stands along ``dim`` (all elements: counted in a row)."""
        return self._indices("argmin", np.argmin, dim, keepdim)

    def _extreme(
        self, name: str, dim: Any, keepdim: bool, reduce: Callable[[list[Value]], Value]
    ) -> Self:
        self._refuse_nothing(name, dim)
        return self._with(elements.reduced(self._elements, dim, keepdim, name, reduce))

    def _refuse_nothing(self, name: str, dim: Any) -> None:
        if not prod(self.shape[d] for d in reduced_dims(dim, self.ndim, name)):
            raise ValueError(
                f"{name} needs at least one element along dim {dim}, got shape {self.shape}: "
                "there is no greatest or smallest of nothing"
            )

    def _indices(
        self, name: str, find: Callable[..., Any], dim: int | None, keepdim: bool
    ) -> NDArray[np.int64]:
        """Where the extreme elements stand."""
        self._refuse_nothing(name, dim)
        if not self.ndim:
            return np.zeros((), dtype=np.int64)
        found = find(self.data, axis=dim, keepdims=keepdim)
        return np.asarray(found, dtype=np.int64)

    def _picked(self, name: str, find: Callable[..., Any], dim: int, keepdim: bool) -> Extremes:
        """The extreme elements along ``dim`` themselves, and where they stand."""
        if isinstance(dim, Operand | np.ndarray):
            raise TypeError(
                f"{name}: dim must be a whole number, got {type(dim).__name__}: use {name}imum to "
                "compare two arrays element by element"
            )
        indices = self._indices(name, find, dim, keepdim=True)
        if not self.ndim:
            return Extremes(self, indices)
        (axis,) = normalized_dims((dim,), self.ndim, name)
        values = np.take_along_axis(self._elements, indices, axis)
        if not keepdim:
            values, indices = values.squeeze(axis), indices.squeeze(axis)
        return Extremes(self._with(values), indices)


def _whole(index: Any) -> NDArray[np.int64]:
    """The positions of an index as int64; an empty list is one of no positions."""
    positions = np.asarray(index)
    if not positions.size and isinstance(index, list | tuple):
        positions = positions.astype(np.int64)
    if positions.dtype.kind not in "iu":
        raise TypeError(
            f"gather: index must hold whole numbers, got dtype {positions.dtype}: convert it with "
            "astype(int)"
        )
    return positions.astype(np.int64, copy=False)
