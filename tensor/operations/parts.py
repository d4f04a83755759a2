"""Parts of a tensor as views of it: pieces along a dimension, diagonals; and triangles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, Self

import numpy as np

from ...engine.shapes import Shape, whole_numbers
from ..methods import Methods
from ..primitive import Call, Primitive
from .dims import as_lengths, one_dim, one_number, present_dim
from .moves import CLONE
from .positions import EVERYTHING
from .selection import SLICE


class Diagonal(Primitive):
    """The elements at ``k`` along one dimension and at ``k + offset`` along another, for all k.

    The dimension of the ``k`` is the last one.
    """

    name = "diagonal"
    is_view = True

    def forward(self, x: Any, offset: int, dim1: int, dim2: int) -> Any:
        diagonal = x.diagonal(offset, dim1, dim2)
        diagonal.flags.writeable = x.flags.writeable
        return diagonal

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (DIAGONAL_SPREAD(gradient, *call.parameters, call.shape_of(0)),)


class DiagonalSpread(Primitive):
    """An array of ``shape`` that has a part as a diagonal, and 0 elsewhere."""

    name = "diagonal_spread"

    def forward(self, part: Any, offset: int, dim1: int, dim2: int, shape: Shape) -> Any:
        spread = np.zeros(shape, part.dtype)
        DIAGONAL.forward(spread, offset, dim1, dim2)[...] = part
        return spread

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (DIAGONAL(gradient, *call.parameters[:3]),)


class Triangle(Primitive):
    """Matrices with 0 in place of all on one side of a diagonal."""

    name = "triangle"

    def forward(self, x: Any, diagonal: int, upper: bool) -> Any:
        return np.triu(x, diagonal) if upper else np.tril(x, diagonal)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (TRIANGLE(gradient, *call.parameters),)


DIAGONAL = Diagonal()
DIAGONAL_SPREAD = DiagonalSpread()
TRIANGLE = Triangle()


class Parts(Methods):
    """What a tensor can be taken apart into.

    Pieces and diagonals are views: they share the tensor's memory.
    """

    __slots__ = ()

    def split(self, split_size: int | Sequence[int], dim: int = 0) -> tuple[Self, ...]:
        """Pieces of ``split_size`` along ``dim``, the last perhaps smaller, or of given sizes.

        Raises ``ValueError`` for sizes that do not add up to the length, and for a size of 0
        where there are elements.
        """
        place = present_dim(dim, self._data.ndim, "split")
        length = self._data.shape[place]
        if isinstance(split_size, list | tuple):
            sizes = as_lengths((split_size,), "split")
            if sum(sizes) != length or min(sizes, default=0) < 0:
                raise ValueError(
                    f"split: sizes must add up to the length {length} of dim {dim}, got "
                    f"{split_size}: change one of them"
                )
            return self._pieces(place, [0, *accumulate(sizes)])
        size = one_number(split_size, "split: split_size")
        if size < 0 or (size == 0 and length):
            raise ValueError(
                f"split: split_size must be greater than 0 for the length {length} of dim {dim}, "
                f"got {size}: give the length of a piece"
            )
        return self._pieces(place, [*range(0, length, size or 1), length] if length else [0, 0])

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Self, ...]:
        """At most ``chunks`` pieces along ``dim``, equally long but for the last.

        There are fewer where equally long ones have used up the elements before.
        """
        place = present_dim(dim, self._data.ndim, "chunk")
        count = _positive(chunks, "chunk: chunks")
        length = self._data.shape[place]
        if not length:
            return self._pieces(place, [0] * (count + 1))
        return self.split(-(-length // count), place)

    def tensor_split(
        self, indices_or_sections: int | Sequence[int], dim: int = 0
    ) -> tuple[Self, ...]:
        """So many pieces along ``dim``, the first ones longer by 1; or cut before given places.

        Places are those of a slice: negative ones count from the end.
        """
        place = present_dim(dim, self._data.ndim, "tensor_split")
        length = self._data.shape[place]
        if isinstance(indices_or_sections, list | tuple):
            cuts = whole_numbers(indices_or_sections, "tensor_split: index")
            edges = [slice(cut).indices(length)[1] for cut in cuts]
            return self._pieces(place, [0, *edges, length])
        count = _positive(indices_or_sections, "tensor_split: sections")
        short, longer = divmod(length, count)
        edges = [k * short + min(k, longer) for k in range(count + 1)]
        return self._pieces(place, edges)

    def unbind(self, dim: int = 0) -> tuple[Self, ...]:
        """The slices along ``dim``, without that dimension."""
        place = present_dim(dim, self._data.ndim, "unbind")
        return tuple([self._select(place, k) for k in range(self._data.shape[place])])

    def __iter__(self) -> Iterator[Self]:
        if not self._data.ndim:
            raise TypeError("a tensor without dimensions cannot be iterated over: use item()")
        return iter(self.unbind())

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Self:
        """The diagonals of the matrices along ``dim1`` and ``dim2``, as the last dimension.

        ``offset`` counts diagonals to the right of the main one, negative ones below it. Raises
        ``ValueError`` where the two dimensions are the same.
        """
        ndim = self._data.ndim
        dims = _two_dims(dim1, dim2, ndim, "diagonal")
        k = one_number(offset, "diagonal: offset")
        diagonal: Self = self.record(DIAGONAL, (self,), (k, *dims))
        return diagonal

    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Self:
        """Matrices along ``dim1`` and ``dim2`` with the last dimension as a diagonal, else 0."""
        length = self._data.shape[-1] if self._data.ndim else 1
        dims = _two_dims(dim1, dim2, self._data.ndim + 1, "diag_embed")
        k = one_number(offset, "diag_embed: offset")
        shape = [*self._data.shape[:-1]]
        for dim in sorted(dims):
            shape.insert(dim, length + abs(k))
        matrices: Self = self.record(DIAGONAL_SPREAD, (self,), (k, *dims, tuple(shape)))
        return matrices

    def diag(self, diagonal: int = 0) -> Self:
        """The matrix with a vector as its diagonal, or a copy of the diagonal of a matrix.

        Raises ``ValueError`` for other tensors.
        """
        if self._data.ndim == 1:
            return self.diag_embed(diagonal)
        if self._data.ndim != 2:
            raise ValueError(
                f"diag: the tensor must have 1 or 2 dimensions, got shape {self._data.shape}: use "
                "diagonal() or diag_embed() for more"
            )
        copied: Self = CLONE(self.diagonal(diagonal))
        return copied

    def trace(self) -> Any:
        """The sum of the diagonal of a matrix; ``ValueError`` for other tensors."""
        if self._data.ndim != 2:
            raise ValueError(
                f"trace: the tensor must be a matrix, got shape {self._data.shape}: for others "
                "use diagonal(0, dim1, dim2).sum(-1)"
            )
        diagonal: Any = self.diagonal()
        return diagonal.sum()

    def tril(self, diagonal: int = 0) -> Self:
        """Matrices with 0 above the diagonal; ``diagonal`` counts to the right of the main one."""
        return self._triangle(diagonal, False, "tril")

    def triu(self, diagonal: int = 0) -> Self:
        """Matrices with 0 below the diagonal; ``diagonal`` counts to the right of the main one."""
        return self._triangle(diagonal, True, "triu")

    def _pieces(self, dim: int, edges: Sequence[int]) -> tuple[Self, ...]:
        """What lies between the edges along ``dim``."""
        return tuple(
            [
                self.record(SLICE, (self,), (slice_index(dim, start, stop),))
                for start, stop in pairwise(edges)
            ]
        )

    def _select(self, dim: int, position: int) -> Self:
        selected: Self = self.record(SLICE, (self,), (position_index(dim, position),))
        return selected

    def _triangle(self, diagonal: int, upper: bool, what: str) -> Self:
        if self._data.ndim < 2:
            raise ValueError(
                f"{what}: the tensor must hold matrices, got shape {self._data.shape}: make it "
                "one with unsqueeze(dim)"
            )
        k = one_number(diagonal, f"{what}: diagonal")
        triangle: Self = self.record(TRIANGLE, (self,), (k, upper))
        return triangle


def slice_index(dim: int, start: int, stop: int) -> tuple[Any, ...]:
    """The index of what lies from ``start`` to before ``stop`` along ``dim``."""
    return (EVERYTHING,) * dim + (slice(start, stop), ...)


def position_index(dim: int, position: int) -> tuple[Any, ...]:
    """The index of what stands at a position along ``dim``, without that dimension."""
    return (EVERYTHING,) * dim + (position, ...)


def _positive(number: Any, what: str) -> int:
    count = one_number(number, what)
    if count <= 0:
        raise ValueError(f"{what} must be greater than 0, got {count}: give a number of pieces")
    return count


def _two_dims(dim1: int, dim2: int, ndim: int, what: str) -> Shape:
    dims = (one_dim(dim1, ndim, what), one_dim(dim2, ndim, what))
    if dims[0] == dims[1]:
        raise ValueError(
            f"{what}: dim1 and dim2 must be two dimensions, got {dim1} and {dim2} of {ndim}: name "
            "two that differ"
        )
    return dims
