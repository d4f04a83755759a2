"""Moves of the elements of an array to another shape: no number is computed by them."""

from __future__ import annotations

from abc import abstractmethod
from math import prod
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .operators import Operators
from .shapes import broadcast_shape, normalized_dims, reshaped, unpacked, whole_numbers

if TYPE_CHECKING:
    from .elements import Elements


class Moves(Operators):
    """What an :class:`~twingrad.Array` can do with its shape. The Values stay the same ones."""

    __slots__ = ()

    _elements: Elements

    @abstractmethod
    def _with(self, moved: Elements) -> Self:
        """An array of these elements."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The length along every dimension."""
        shape: tuple[int, ...] = self._elements.shape
        return shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._elements.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self._elements.size

    def reshape(self, *shape: Any) -> Self:
        """The same elements in another shape; one length may be -1."""
        return self._with(reshaped(self._elements, shape))

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """The same elements with dimensions ``start_dim`` to ``end_dim`` made one."""
        dims = normalized_dims((start_dim, end_dim), self.ndim, "flatten", repeats=True)
        if not dims:
            return self.reshape(1)
        first, last = dims
        if first > last:
            raise ValueError(
                f"flatten: start_dim must not lie behind end_dim, got {start_dim} and {end_dim}: "
                "exchange them"
            )
        joined = prod(self.shape[first : last + 1])
        return self.reshape(*self.shape[:first], joined, *self.shape[last + 1 :])

    def unflatten(self, dim: int, sizes: Any) -> Self:
        """The same elements with ``dim`` made several dimensions; one length may be -1."""
        if not self.ndim:
            raise IndexError(
                "unflatten: the array must have a dimension, got an array without any: give it "
                "one with reshape(1)"
            )
        (place,) = normalized_dims((dim,), self.ndim, "unflatten")
        return self.reshape(*self.shape[:place], *unpacked((sizes,)), *self.shape[place + 1 :])

    def transpose(self, dim0: int, dim1: int) -> Self:
        """The same elements with two dimensions exchanged."""
        dims = normalized_dims((dim0, dim1), self.ndim, "transpose", repeats=True)
        return self._with(self._elements.swapaxes(*dims) if dims else self._elements)

    def permute(self, *dims: Any) -> Self:
        """The same elements with the dimensions in another order."""
        order = normalized_dims(unpacked(dims), self.ndim, "permute")
        if len(order) != self.ndim:
            raise ValueError(
                f"permute: dims must name each of the {self.ndim} dimensions once, got {dims}: "
                "list them all in their new order"
            )
        return self._with(self._elements.transpose(order))

    @property
    def T(self) -> Self:
        """The same elements with the dimensions in reverse order."""
        return self._with(self._elements.T)

    @property
    def mT(self) -> Self:
        """The same elements with the last two dimensions exchanged."""
        return self.transpose(-2, -1)

    def squeeze(self, dim: Any = None) -> Self:
        """The same elements without the dimensions of length 1, or those of ``dim`` that are."""
        given = range(self.ndim) if dim is None else unpacked((dim,))
        dims = normalized_dims(given, self.ndim, "squeeze")
        return self._with(self._elements.squeeze(tuple(d for d in dims if self.shape[d] == 1)))

    def unsqueeze(self, dim: int) -> Self:
        """The same elements with a dimension of length 1 put in before ``dim``."""
        (axis,) = normalized_dims((dim,), self.ndim + 1, "unsqueeze")
        return self._with(np.expand_dims(self._elements, axis))

    def broadcast_to(self, *shape: Any) -> Self:
        """The same elements, repeated along dimensions of length 1; -1 keeps a length.

        New dimensions are put in front.
        """
        return self._stretched(shape, "broadcast_to")

    def expand(self, *sizes: Any) -> Self:
        """As :meth:`broadcast_to`."""
        return self._stretched(sizes, "expand")

    def _stretched(self, shape: tuple[Any, ...], what: str) -> Self:
        lengths = whole_numbers(unpacked(shape), f"{what}: length")
        own = (-1,) * (len(lengths) - self.ndim) + self.shape
        lengths = tuple(own[d] if length == -1 else length for d, length in enumerate(lengths))
        fits = broadcast_shape([self.shape, lengths], what) == lengths
        if not fits or min(lengths, default=0) < 0:
            raise ValueError(
                f"{what}: shape must keep every length of {self.shape} that is not 1, and give "
                f"new dimensions in front a length, got {lengths}: give the full shape"
            )
        return self._with(np.broadcast_to(self._elements, lengths))
