"""The greatest and the smallest elements, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from ...engine.operation import Operand
from ...engine.shapes import Shape
from ..dtypes import int64
from ..methods import Methods, plain
from ..primitive import Call, Primitive
from ..quiet import quiet
from ..sums import sum_along
from ..tracing import made, numbers
from .dims import one_dim
from .gathering import GATHER
from .moves import CLONE, RESHAPE
from .reductions import Dims, count_along, dims_of, with_length_one


class Picked(NamedTuple):
    """What ``max(dim)`` and ``min(dim)`` give: the values, and where along ``dim`` they stand."""

    values: Any
    indices: Any


class Extrema(NamedTuple):
    """What ``aminmax`` gives."""

    min: Any
    max: Any


class Extreme(Primitive):
    """The greatest or the smallest element along some dimensions; ties share the gradient."""

    saves = (0,)
    saves_out = True
    reduce: ClassVar[Callable[..., Any]]
    nan_counts: ClassVar[bool] = False
    """Whether elements that are nan share the gradient where the extreme is nan."""

    def forward(self, x: Any, dims: Shape | None, keepdim: bool) -> Any:
        return type(self).reduce(x, axis=dims, keepdims=keepdim)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dims, keepdim = call.parameters
        shape = call.shape_of(0)
        extreme = with_length_one(plain(call.out), shape, dims, keepdim)
        shares = quiet().run(self._shares, plain(call.inputs[0]), extreme, dims)
        return (with_length_one(gradient, shape, dims, keepdim) * shares,)

    def _shares(self, x: Any, extreme: Any, dims: Shape | None) -> Any:
        """What part of the gradient each element gets: the extreme ones equal parts."""
        ties = x == extreme
        if self.nan_counts and (type(x) is not np.ndarray or np.isnan(extreme).any()):
            ties = ties | np.isnan(x) & np.isnan(extreme)
        ties = ties.astype(x.dtype)
        return ties / sum_along(ties, dims, keepdim=True)


class Amax(Extreme):
    """The greatest element along some dimensions."""

    name = "amax"
    reduce = np.maximum.reduce


class Amin(Extreme):
    """The smallest element along some dimensions."""

    name = "amin"
    reduce = np.minimum.reduce


class Max(Amax):
    """The greatest of all elements."""

    name = "max"
    nan_counts = True


class Min(Amin):
    """The smallest of all elements."""

    name = "min"
    nan_counts = True


AMAX = Amax()
AMIN = Amin()
MAX = Max()
MIN = Min()


class Extremes(Methods):
    """The greatest and the smallest elements of a tensor. nan is greater and smaller than all.

    Each raises ``ValueError`` where there are no elements to choose from.
    """

    __slots__ = ()

    def amax(self, dim: Dims = None, keepdim: bool = False) -> Self:
        """The greatest element along ``dim``; equal greatest ones share the gradient equally."""
        return self._extreme(AMAX, dim, keepdim)

    def amin(self, dim: Dims = None, keepdim: bool = False) -> Self:
        """The smallest element along ``dim``; equal smallest ones share the gradient equally."""
        return self._extreme(AMIN, dim, keepdim)

    def aminmax(self, *, dim: int | None = None, keepdim: bool = False) -> Extrema:
        """The pair (``min``, ``max``) of :meth:`amin` and :meth:`amax`."""
        return Extrema(self.amin(dim, keepdim), self.amax(dim, keepdim))

    def max(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The greatest element, or along ``dim`` the pair (``values``, ``indices``).

        Without ``dim``, equal greatest elements share the gradient equally, as in :meth:`amax`;
        with it, the first of them gets it whole. With a tensor in the place of ``dim`` it is
        :meth:`maximum`.
        """
        if dim is None:
            return self._extreme(MAX, None, keepdim)
        if isinstance(dim, Operand | np.ndarray):
            return self.maximum(dim)
        return self._picked(np.argmax, dim, keepdim, "max")

    def min(self, dim: Any = None, keepdim: bool = False) -> Any:
        """The smallest element, or along ``dim`` the pair (values, indices); see :meth:`max`."""
        if dim is None:
            return self._extreme(MIN, None, keepdim)
        if isinstance(dim, Operand | np.ndarray):
            return self.minimum(dim)
        return self._picked(np.argmin, dim, keepdim, "min")

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Where the greatest element stands along ``dim``, the first of equal ones, as int64.

        Without ``dim``, all elements are counted in a row.
        """
        return self._indices(np.argmax, dim, keepdim, "argmax")

    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Where the smallest element stands along ``dim``; see :meth:`argmax`."""
        return self._indices(np.argmin, dim, keepdim, "argmin")

    def _extreme(self, primitive: Extreme, dim: Dims, keepdim: bool) -> Self:
        dims = None if dim is None else dims_of(dim, self._data.ndim, primitive.name)
        self._refuse_nothing(dims, primitive.name)
        found: Self = self.record(primitive, (self,), (dims, keepdim))
        return found

    def _indices(self, find: Callable[..., Any], dim: int | None, keepdim: bool, what: str) -> Self:
        axis = None if dim is None else _one_dim(dim, self._data.ndim, what)
        self._refuse_nothing(None if axis is None else (axis,), what)
        indices: Self = self.constant(_found(find, numbers(self), axis, keepdim))
        return indices

    def _picked(self, find: Callable[..., Any], dim: int, keepdim: bool, what: str) -> Picked:
        axis = _one_dim(dim, self._data.ndim, what)
        if axis is None:
            return Picked(CLONE(self), self.constant(made(np.zeros((), int64))))
        self._refuse_nothing((axis,), what)
        indices = _found(find, numbers(self), axis, keepdim=True)
        places: Any = self.constant(indices)  # a change of it before a backward pass shows
        values: Any = self.record(GATHER, (self, places), (axis,))
        if not keepdim:
            shape = indices.shape[:axis] + indices.shape[axis + 1 :]
            values, places = RESHAPE(values, shape), RESHAPE(places, shape)
        return Picked(values, places)

    def _refuse_nothing(self, dims: Shape | None, what: str) -> None:
        shape = self._data.shape
        if not self._data.size and not count_along(shape, dims):
            raise ValueError(
                f"{what} needs at least one element along dim "
                f"{'None (all)' if dims is None else dims}, got shape {shape}: there is no "
                "greatest or smallest of nothing"
            )


def _one_dim(dim: int, ndim: int, what: str) -> int | None:
    """The dimension, counted from the front; None for a tensor without dimensions."""
    axis = one_dim(dim, ndim, what)
    return axis if ndim else None


def _found(find: Callable[..., Any], x: Any, axis: int | None, keepdim: bool) -> Any:
    return np.asarray(find(x, axis=axis, keepdims=keepdim), int64)
