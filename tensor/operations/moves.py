"""Moves of elements to other places: shapes, orders of dimensions, copies along a dimension."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from math import prod
from typing import Any, Self

import numpy as np

from ...engine.operators import Operators
from ...engine.shapes import Shape, normalized_dims, unpacked
from ..broadcasting import stretched, summed_to
from ..dtypes import DType
from ..graph import Node
from ..primitive import Call, Primitive
from .dims import as_lengths, one_dim, present_dim, resolved

SWAPPED = (1, 0)
"""The order of the dimensions of a transposed matrix."""


class Reshape(Primitive):
    """The same elements, read row by row, in another shape."""

    name = "reshape"
    is_view = True

    def forward(self, x: Any, shape: Shape) -> Any:
        return x.reshape(shape)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (RESHAPE(gradient, call.shape_of(0)),)

    def array_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """Without the detour of a call: reshapes are many, and small ones are all overhead."""
        if gradient.shape != node.shape:
            gradient = stretched(gradient, node.shape)
        return (gradient.reshape(node.parents[0].shape),)  # type: ignore[index]


class Permute(Primitive):
    """The dimensions in another order."""

    name = "permute"
    is_view = True

    def forward(self, x: Any, dims: Shape) -> Any:
        return x.transpose(dims)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (PERMUTE(gradient, _inverse(*call.parameters)),)

    def array_contributions(self, node: Node, gradient: Any) -> Sequence[Any]:
        """Lengths of 1, which stand for more, are moved like others: nothing is stretched."""
        if gradient.ndim != len(node.shape):
            return super().array_contributions(node, gradient)
        return (gradient.transpose(_inverse(*node.parameters)),)


class BroadcastTo(Primitive):
    """The elements repeated to fill a shape."""

    name = "broadcast_to"
    is_view = True

    def forward(self, x: Any, shape: Shape) -> Any:
        return np.broadcast_to(x, shape)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (SUM_TO(gradient, call.shape_of(0)),)


class SumTo(Primitive):
    """The elements summed to a shape that broadcasts to theirs."""

    name = "sum_to"

    def forward(self, x: Any, shape: Shape) -> Any:
        return summed_to(x, x.shape, shape)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (BROADCAST_TO(gradient, call.shape_of(0)),)


class To(Primitive):
    """The same numbers in another dtype."""

    name = "to"

    def forward(self, x: Any, dtype: DType, before: DType) -> Any:
        return x.astype(dtype)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dtype, before = call.parameters
        return (TO(gradient, before, dtype),)


class Clone(Primitive):
    """The same numbers in memory of their own."""

    name = "clone"

    def forward(self, x: Any) -> Any:
        return x.copy()

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        return (gradient,)


RESHAPE = Reshape()
PERMUTE = Permute()
BROADCAST_TO = BroadcastTo()
SUM_TO = SumTo()
TO = To()
CLONE = Clone()


class Moves(Operators):
    """What a tensor can do with its shape.

    All of it is a view: it shares the tensor's memory, wherever the elements of the result can be
    reached in it by one step per dimension.
    """

    __slots__ = ()

    _data: Any

    @staticmethod
    @abstractmethod
    def record(primitive: Primitive, operands: tuple[Any, ...], parameters: tuple[Any, ...]) -> Any:
        """Apply a primitive to tensors: a new tensor."""

    @property
    def shape(self) -> Shape:
        """The length along every dimension."""
        shape: Shape = self._data.shape
        return shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        ndim: int = self._data.ndim
        return ndim

    def dim(self) -> int:
        """The number of dimensions."""
        ndim: int = self._data.ndim
        return ndim

    def size(self, dim: int | None = None) -> Any:
        """The length along ``dim``, or the :attr:`shape`.

        Raises ``IndexError`` for a dimension that is not there.
        """
        if dim is None:
            return self._data.shape
        return self._data.shape[present_dim(dim, self._data.ndim, "size")]

    def numel(self) -> int:
        """The number of elements."""
        numel: int = self._data.size
        return numel

    def __len__(self) -> int:
        if not self._data.ndim:
            raise TypeError("a tensor without dimensions has no length: use item()")
        return len(self._data)

    def reshape(self, *shape: Any) -> Self:
        """The same elements, read row by row, in another shape; one length may be -1.

        Raises ``ValueError`` where the number of elements does not fit.
        """
        lengths = resolved(as_lengths(shape, "reshape"), self._data.shape, "reshape: shape")
        reshaped: Self = self.record(RESHAPE, (self,), (lengths,))
        return reshaped

    def reshape_as(self, other: Any) -> Self:
        """The same elements in the shape of ``other``."""
        return self.reshape(other.shape)

    def view(self, *shape: Any) -> Self:
        """As :meth:`reshape`, but always in the same memory.

        Raises ``RuntimeError`` where the elements would have to be copied.
        """
        lengths = resolved(as_lengths(shape, "view"), self._data.shape, "view: shape")
        if not is_part(self._data.reshape(lengths), self._data):
            raise RuntimeError(
                f"view: a tensor of shape {self._data.shape} and strides {self._data.strides} "
                f"cannot be seen as {lengths} in the same memory: use reshape(), which copies"
            )
        out: Self = self.record(RESHAPE, (self,), (lengths,))
        return out

    def view_as(self, other: Any) -> Self:
        """The same memory in the shape of ``other``."""
        return self.view(other.shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """The same elements with dimensions ``start_dim`` to ``end_dim`` made one."""
        shape = self._data.shape
        first = one_dim(start_dim, len(shape), "flatten")
        last = one_dim(end_dim, len(shape), "flatten")
        if first > last:
            raise ValueError(
                f"flatten: start_dim must not lie behind end_dim, got {start_dim} and {end_dim}: "
                "exchange them"
            )
        if first == last and shape:
            return self
        lengths = (*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :])
        flat: Self = self.record(RESHAPE, (self,), (lengths,))
        return flat

    def unflatten(self, dim: int, sizes: Sequence[int]) -> Self:
        """The same elements with ``dim`` made several dimensions; one length may be -1.

        Raises ``ValueError`` where the product of ``sizes`` is not the length along ``dim``, and
        ``IndexError`` for a tensor without dimensions.
        """
        shape = self._data.shape
        place = present_dim(dim, len(shape), "unflatten")
        lengths = as_lengths((sizes,), "unflatten")
        lengths = resolved(lengths, shape[place : place + 1], "unflatten: sizes")
        return self.reshape((*shape[:place], *lengths, *shape[place + 1 :]))

    def ravel(self) -> Self:
        """The elements in a row."""
        return self.reshape((self._data.size,))

    def squeeze(self, dim: int | Sequence[int] | None = None) -> Self:
        """Without the dimensions of length 1, or without those of ``dim`` that are."""
        shape = self._data.shape
        if dim is None:
            lengths = tuple([length for length in shape if length != 1])
        elif type(dim) is int:
            place = one_dim(dim, len(shape), "squeeze")
            lengths = (*shape[:place], *shape[place + 1 :]) if shape[place:][:1] == (1,) else shape
        else:
            dims = normalized_dims(unpacked((dim,)), len(shape), "squeeze")
            lengths = tuple([n for d, n in enumerate(shape) if n != 1 or d not in dims])
        squeezed: Self = self.record(RESHAPE, (self,), (lengths,))
        return squeezed

    def unsqueeze(self, dim: int) -> Self:
        """With a dimension of length 1 put in before ``dim``."""
        shape = self._data.shape
        place = one_dim(dim, len(shape) + 1, "unsqueeze")
        lengths = (*shape[:place], 1, *shape[place:])
        unsqueezed: Self = self.record(RESHAPE, (self,), (lengths,))
        return unsqueezed

    def expand(self, *sizes: Any) -> Self:
        """The same elements, repeated along dimensions of length 1; -1 keeps a length.

        New dimensions are put in front. Raises ``ValueError`` where a length other than 1 would
        have to change, and where a new dimension has no length.
        """
        return self._spread(self._kept_lengths(sizes, "expand"), "expand")

    def expand_as(self, other: Any) -> Self:
        """The same elements, repeated to the shape of ``other``."""
        return self._spread(other.shape, "expand_as")

    def broadcast_to(self, *shape: Any) -> Self:
        """As :meth:`expand`; the tensor itself where it has this shape."""
        lengths = self._kept_lengths(shape, "broadcast_to")
        return self if lengths == self._data.shape else self._spread(lengths, "broadcast_to")

    def summed_to(self, shape: Shape) -> Self:
        """The sum over everything that ``shape`` would be stretched along to this shape."""
        summed: Self = self if shape == self._data.shape else SUM_TO(self, shape)
        return summed

    def _spread(self, lengths: Shape, what: str) -> Self:
        try:
            spread: Self = self.record(BROADCAST_TO, (self,), (lengths,))
        except ValueError:
            raise ValueError(
                f"{what}: shape must keep every length of {self._data.shape} that is not 1, and "
                f"give new dimensions in front a length, got {lengths}: give the full shape"
            ) from None
        return spread

    def _kept_lengths(self, sizes: tuple[Any, ...], what: str) -> Shape:
        """The lengths of a call with those of this tensor in the place of -1."""
        lengths = as_lengths(sizes, what)
        if -1 not in lengths:
            return lengths
        own = self._data.shape
        new = len(lengths) - len(own)
        return tuple([own[d - new] if n == -1 and d >= new else n for d, n in enumerate(lengths)])


def is_part(view: Any, array: Any) -> bool:
    """Whether what NumPy gave for a view of an array is one, and no copy."""
    return view.base is array or (view.base is array.base and view.base is not None)


def _inverse(dims: Shape) -> Shape:
    if dims == SWAPPED:
        return dims
    places = [0] * len(dims)
    for place, dim in enumerate(dims):
        places[dim] = place
    return tuple(places)
