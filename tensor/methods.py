"""What the modules that give tensors their methods are written with."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from ..engine.operators import Operators
from .coercion import constant_array
from .dtypes import FLOATS, DType, checked, promoted
from .operations.moves import TO
from .primitive import Primitive
from .quiet import quiet
from .tracing import made, numbers


class Methods(Operators):
    """A tensor, as far as its own methods need to know it."""

    __slots__ = ()

    _data: Any

    @staticmethod
    @abstractmethod
    def constant(array: Any) -> Any:
        """A tensor on this array, without gradient."""

    @staticmethod
    @abstractmethod
    def record(primitive: Primitive, operands: tuple[Any, ...], parameters: tuple[Any, ...]) -> Any:
        """Apply a primitive to tensors: a new tensor."""


def converted(tensor: Any, dtype: DType) -> Any:
    """The tensor in ``dtype``; itself where it is of that dtype."""
    before = tensor._data.dtype
    return tensor if before == dtype else TO(tensor, dtype, before)


def floating(tensor: Any, dtype: Any, what: str) -> Any:
    """A tensor of floating point numbers, converted to ``dtype`` first if one is given.

    Raises ``TypeError`` where the numbers, or the dtype asked for, are not floating point.
    """
    if dtype is not None:
        tensor = converted(tensor, checked(dtype, what))
    if tensor._data.dtype not in FLOATS:
        cure = "ask for dtype='float32'" if dtype is not None else "convert it with float()"
        raise TypeError(
            f"{what}: the tensor must hold floating point numbers, got dtype "
            f"{tensor._data.dtype}: {cure}"
        )
    return tensor


def plain(operand: Any) -> Any:
    """The numbers of a tensor as an array, not to be changed; an array as it is."""
    return operand if isinstance(operand, np.ndarray | np.generic) else numbers(operand)


def paired(first: Any, second: Any, kind: Any, what: str) -> tuple[Any, Any]:
    """Two operands, of which at least one is a tensor, as tensors of one dtype.

    Raises ``TypeError`` for what is no number, and ``ValueError`` for a Python number that the
    dtype of the tensor cannot hold.
    """
    tensors: list[tuple[DType, int]] = []
    weak = []
    found = []
    for operand in (first, second):
        each = operand
        if type(each) in (bool, int, float):
            weak.append(each)
        else:
            if type(each) is not kind:
                each = kind.constant(constant_array(each, what))
            tensors.append((each._data.dtype, each._data.ndim))
        found.append(each)
    dtype = promoted(tensors, weak)
    one, other = [_in_dtype(each, dtype, kind, what) for each in found]
    return one, other


def _in_dtype(operand: Any, dtype: DType, kind: Any, what: str) -> Any:
    if type(operand) is kind:
        return converted(operand, dtype)
    try:
        return kind.constant(made(quiet().run(np.array, operand, dtype)))
    except OverflowError:
        raise ValueError(
            f"{what}: a number must fit the dtype {dtype} of the tensor, got {operand!r}: convert "
            "the tensor first, for example with long() or double()"
        ) from None
