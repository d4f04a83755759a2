"""The kinds of numbers a tensor can hold, and which kind comes of two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

DType = np.dtype[Any]

float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)
int8 = np.dtype(np.int8)
int16 = np.dtype(np.int16)
int32 = np.dtype(np.int32)
int64 = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
bool_ = np.dtype(np.bool_)
double = float64
long = int64

FLOATS: frozenset[DType] = frozenset({float32, float64})
INTEGERS: frozenset[DType] = frozenset({int8, int16, int32, int64, uint8})
SUPPORTED: frozenset[DType] = FLOATS | INTEGERS | {bool_}

DEFAULT = float32
"""What Python floats become, and integers where a function gives real numbers."""

OF_PYTHON: Mapping[type, DType] = {bool: bool_, int: int64, float: DEFAULT}
"""What the numbers of Python become."""


def checked(dtype: Any, what: str) -> DType:
    """``dtype`` as one of the supported ones; ``bool``, ``int`` and ``float`` are taken too.

    As in PyTorch and NumPy, ``float`` is float64, though the floats of Python become float32.
    Raises ``TypeError`` for any other.
    """
    try:
        found = np.dtype(dtype).newbyteorder("=") if dtype is not None else None
    except TypeError:
        found = None
    if found is None or found not in SUPPORTED:
        raise TypeError(
            f"{what}: dtype must be one of {', '.join(sorted(str(each) for each in SUPPORTED))}, "
            f"got {dtype!r}: convert the data first"
        )
    return _canonical[found]


_canonical: dict[DType, DType] = {each: each for each in SUPPORTED}


def canonical(dtype: DType) -> DType | None:
    """The supported dtype equal to this one up to its byte order, or None."""
    return _canonical.get(dtype.newbyteorder("="))


def category(dtype: DType) -> int:
    """0 for truth values, 1 for integers, 2 for floating point numbers."""
    return 0 if dtype == bool_ else 1 if dtype in INTEGERS else 2


def joined(first: DType, second: DType) -> DType:
    """The dtype of two tensors with dimensions taken together; a float wins over any integer."""
    if category(first) != category(second):
        return max(first, second, key=category)
    return _canonical[np.promote_types(first, second)]


def promoted(tensors: Iterable[tuple[DType, int]], numbers: Iterable[Any] = ()) -> DType:
    """The dtype that a computation on tensors, given as (dtype, ndim), and numbers is done in.

    As in PyTorch: bool < integers < floats. Within the highest category, tensors with dimensions
    decide; 0-d tensors and Python numbers only where they are of a higher category.

    >>> promoted([(float32, 2), (float64, 0)])
    dtype('float32')
    >>> promoted([(int64, 1)], [2.5])
    dtype('float32')
    """
    with_dims: DType | None = None
    without: DType | None = None
    for dtype, ndim in tensors:
        if ndim:
            with_dims = dtype if with_dims is None else joined(with_dims, dtype)
        else:
            without = dtype if without is None else joined(without, dtype)
    weak: DType | None = None
    for number in numbers:
        kind = OF_PYTHON[type(number)]
        weak = kind if weak is None or category(kind) > category(weak) else weak
    found = with_dims
    for other in (without, weak):
        if other is not None and (found is None or category(other) > category(found)):
            found = other
    assert found is not None
    return found
