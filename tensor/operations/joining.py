"""Several tensors to one, and several tensors to one shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.operation import Operand
from ...engine.shapes import broadcast_shape, unpacked
from ..coercion import constant_array
from ..dtypes import DType, promoted
from ..methods import converted
from ..primitive import Call, Primitive
from .dims import one_dim
from .parts import position_index, slice_index
from .positions import EVERYTHING
from .selection import SLICE

if TYPE_CHECKING:
    from ..tensor import Tensor


class Cat(Primitive):
    """The operands one behind the other along a dimension."""

    name = "cat"

    def forward(self, *arguments: Any) -> Any:
        *arrays, dim, _ = arguments
        return np.concatenate(arrays, dim)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dim, lengths = call.parameters
        return [
            SLICE(gradient, slice_index(dim, start, stop)) if call.needs(k) else None
            for k, (start, stop) in enumerate(pairwise(accumulate(lengths, initial=0)))
        ]


class Stack(Primitive):
    """The operands one behind the other along a new dimension."""

    name = "stack"

    def forward(self, *arguments: Any) -> Any:
        *arrays, dim, _ = arguments
        index = (EVERYTHING,) * dim + (None,)
        return np.concatenate([array[index] for array in arrays], dim)

    def backward(self, gradient: Any, call: Call) -> Sequence[Any]:
        dim, count = call.parameters
        return [
            SLICE(gradient, position_index(dim, k)) if call.needs(k) else None for k in range(count)
        ]


CAT = Cat()
STACK = Stack()


def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """The tensors one behind the other along ``dim``.

    Parameters
    ----------
    tensors : sequence of Tensor, array or number
        At least one must be a Tensor. Shapes must be equal but for the length along ``dim``; an
        empty tensor of one dimension fits any other. Dtypes are promoted.
    dim : int
        The dimension along which the lengths add up.

    Raises
    ------
    ValueError
        For no tensors, for tensors without dimensions, and for shapes that do not fit.

    Examples
    --------
    >>> from twingrad.tensor import Tensor
    >>> from twingrad.tensor.operations import joining
    >>> joining.cat([Tensor([[1.0, 2.0]]), Tensor([[3.0, 4.0]])])
    tensor([[1., 2.],
            [3., 4.]])
    """
    return _joined(_as_tensors(tensors, "cat"), dim, "cat")


def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """The tensors one behind the other along a new dimension ``dim``; shapes must be equal.

    Dtypes are promoted. Raises ``ValueError`` for no tensors and for shapes that differ.
    """
    found = _as_tensors(tensors, "stack")
    place = one_dim(dim, found[0].ndim + 1, "stack")
    if any([each.shape != found[0].shape for each in found]):
        raise ValueError(
            f"stack: tensors must have equal shapes, got {_shapes(found)}: reshape or broadcast "
            "them first"
        )
    stacked: Tensor = STACK.apply(tuple(_promoted(found)), (place, len(found)))
    return stacked


def hstack(tensors: Sequence[Any]) -> Tensor:
    """The tensors side by side: along the columns, vectors and numbers one behind the other."""
    found = atleast_1d(_as_tensors(tensors, "hstack"))
    return _joined(found, 0 if found[0].ndim == 1 else 1, "hstack")


def vstack(tensors: Sequence[Any]) -> Tensor:
    """The tensors one below the other: along the rows, each vector being a row."""
    return _joined(atleast_2d(_as_tensors(tensors, "vstack")), 0, "vstack")


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid, whose lines are at the numbers of the tensors.

    Tensor k, of ``n_k`` numbers, varies along dimension k of a view of shape ``(n_0, n_1, ...)``;
    with ``indexing="xy"`` the first two dimensions are exchanged.

    Raises
    ------
    ValueError
        For tensors of more than one dimension, for dtypes that differ, for another ``indexing``.
    """
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing must be 'ij' or 'xy', got {indexing!r}: choose one")
    found = _as_tensors(unpacked(tensors), "meshgrid")
    if any([each.ndim > 1 for each in found]):
        raise ValueError(
            f"meshgrid: tensors must have at most one dimension, got shapes {_shapes(found)}: "
            "flatten them"
        )
    if any([each.dtype != found[0].dtype for each in found]):
        raise ValueError(
            "meshgrid: tensors must be of one dtype, got "
            f"{', '.join(str(each.dtype) for each in found)}: convert them first"
        )
    places = [*range(len(found))]
    if indexing == "xy":
        places[:2] = places[:2][::-1]
    lengths = [each.numel() for each in found]
    shape = [lengths[place] for place in places]
    return tuple(
        [
            each.reshape([-1 if d == place else 1 for d in range(len(shape))]).expand(shape)
            for each, place in zip(found, places)
        ]
    )


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Views of the tensors in the shape that they broadcast to.

    Raises ``ValueError`` with all shapes where they do not broadcast.
    """
    given = unpacked(tensors)
    found = _as_tensors(given, "broadcast_tensors") if given else []
    shape = broadcast_shape([each.shape for each in found], "broadcast_tensors")
    return tuple([each.expand(shape) for each in found])


def atleast_1d(*tensors: Any) -> Any:
    """A tensor, or each of several, with a dimension if it has none."""
    return _each(lambda tensor: tensor if tensor.ndim else tensor.reshape(1), tensors, "atleast_1d")


def atleast_2d(*tensors: Any) -> Any:
    """A tensor, or each of several, with two dimensions at least; a vector is made a row."""

    def widened(tensor: Tensor) -> Tensor:
        return tensor if tensor.ndim > 1 else tensor.reshape(1, -1)

    return _each(widened, tensors, "atleast_2d")


def _each(widen: Callable[[Tensor], Tensor], tensors: tuple[Any, ...], what: str) -> Any:
    (first, *others) = tensors or ((),)
    if not others and isinstance(first, Operand):
        tensor: Any = first
        return widen(tensor)
    return tuple([widen(each) for each in _as_tensors(unpacked(tensors), what)])


def _as_tensors(tensors: Any, what: str) -> list[Any]:
    """The operands as tensors of their own dtypes; arrays and numbers become constants."""
    is_sequence = type(tensors) in (list, tuple)  # the questions below take microseconds
    if not is_sequence and (
        isinstance(tensors, Operand | np.ndarray) or not isinstance(tensors, Sequence)
    ):
        raise TypeError(
            f"{what}: tensors must be a sequence of tensors, got {type(tensors).__name__}: put "
            "them in a list"
        )
    if not tensors:
        raise ValueError(f"{what}: tensors must hold at least one tensor, got none: pass some")
    kinds = [type(each) for each in tensors if hasattr(each, "record")]
    if not kinds:
        raise TypeError(
            f"{what}: tensors must hold a Tensor, got {type(tensors[0]).__name__} and no other "
            "kind: make one with twingrad.tensor(...)"
        )
    (kind, *_) = kinds
    return [
        each if type(each) is kind else kind.constant(constant_array(each, what))
        for each in tensors
    ]


def _promoted(tensors: Sequence[Any]) -> Sequence[Any]:
    """The tensors in the dtype that they are promoted to."""
    dtype: DType = tensors[0].dtype
    if all([each.dtype == dtype for each in tensors]):
        return tensors
    dtype = promoted([(each.dtype, each.ndim) for each in tensors])
    return [converted(each, dtype) for each in tensors]


def _joined(tensors: Sequence[Any], dim: int, what: str) -> Tensor:
    """The tensors one behind the other along ``dim``."""
    ndim = max([each.ndim for each in tensors])
    if not ndim:
        raise ValueError(
            f"{what}: tensors must have a dimension, got {_shapes(tensors)}: use stack(), or "
            "reshape them with reshape(1)"
        )
    place = one_dim(dim, ndim, what)
    model = next(each.shape for each in tensors if each.ndim == ndim)
    before, after = model[:place], model[place + 1 :]
    fitting = []
    for each in _promoted(tensors):
        shape = each.shape
        if shape == (0,) and ndim > 1:
            each = each.reshape((*before, 0, *after))
        elif len(shape) != ndim or shape[:place] != before or shape[place + 1 :] != after:
            raise ValueError(
                f"{what}: tensors must have equal shapes but for dim {dim}, got "
                f"{_shapes(tensors)}: reshape them first"
            )
        fitting.append(each)
    lengths = tuple([each.shape[place] for each in fitting])
    joined: Tensor = CAT.apply(tuple(fitting), (place, lengths))
    return joined


def _shapes(tensors: Sequence[Any]) -> str:
    return " and ".join(str(each.shape) for each in tensors)
