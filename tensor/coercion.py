"""What people pass as data or as an operand, as arrays of a supported dtype."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..engine.array import Array
from ..engine.operation import Operand, real_number
from ..engine.shapes import Shape, unpacked, whole_numbers
from ..engine.value import Value
from .broadcasting import NDArray
from .dtypes import (
    DEFAULT,
    FLOATS,
    INTEGERS,
    OF_PYTHON,
    SUPPORTED,
    DType,
    bool_,
    canonical,
    checked,
    joined,
    promoted,
)
from .kernels.elementwise import Elementwise
from .quiet import quiet
from .tracing import check_readable, copied, sourced

_NUMBERS = frozenset({bool, int, float})
"""The types of Python numbers."""

_BOOL_ROWS = frozenset({"pos", "add", "mul", "maximum", "minimum", "where"})
"""Integral rows that give truth values for truth values."""


def array_from(data: Any, dtype: Any, what: str) -> NDArray:
    """A new array of ``data``: a number, a nested sequence, an array, a tensor, Values.

    Python floats become float32, as do the numbers of the scalar twin; ints become int64; arrays
    and tensors keep their dtype. ``what`` begins the sentence of an error.

    Raises
    ------
    TypeError
        For text, complex numbers, objects, and arrays of a dtype that tensors do not have.
    ValueError
        For nested sequences of different lengths, and numbers that do not fit the dtype.
    """
    source = sourced(data)
    wanted = None if dtype is None else checked(dtype, what)
    if source is not None:
        data = source
    elif isinstance(data, Operand) and not isinstance(data, Value | Array):
        data = numbers_of(data)
    if is_array_like(data):
        found = np.asarray(data)
        wanted = wanted or canonical(found.dtype)
        if wanted is None or found.dtype.kind not in "biuf":
            raise TypeError(refused_dtype(found.dtype, what))
    else:
        found = _gathered(data, what)
        wanted = wanted or _natural_dtype(data, what)
        _check_numbers(found, data, wanted, what)
    converted: NDArray = quiet().run(np.array, found, wanted, order="C")
    return copied(converted, source)


def is_array_like(data: Any) -> bool:
    """Whether data know themselves as an array: NumPy's own, and those of other libraries."""
    if isinstance(data, np.ndarray | np.generic):
        return True
    return not isinstance(data, Operand) and hasattr(data, "__array__")


def lengths(size: Sequence[Any], what: str) -> Shape:
    """The lengths of a shape, given as ``2, 3`` or as ``(2, 3)``.

    Raises ``TypeError`` for what are no whole numbers, ``ValueError`` for negative ones.
    """
    found = whole_numbers(unpacked(size), f"{what}: length")
    if any(length < 0 for length in found):
        raise ValueError(
            f"{what}: a length must not be negative, got {found}: give 0 or more for every "
            "dimension"
        )
    return found


def single(fill_value: Any, dtype: Any, what: str) -> NDArray:
    """The one number that a new tensor is to be filled with, as an array without dimensions."""
    value = array_from(fill_value, dtype, f"{what}: fill_value")
    check_readable(value, f"{what}: fill_value")
    if value.size != 1:
        raise TypeError(
            f"{what}: fill_value must be one number, got shape {value.shape}: write several with "
            "broadcast_to or copy_"
        )
    return value.reshape(())


def plain_number(value: Any, what: str) -> int | float:
    """A number, or the one in a tensor or an array, as a Python int or float.

    Raises ``TypeError`` for what is no real number.
    """
    if isinstance(value, Operand) and not isinstance(value, Value | Array):
        check_readable(value, what)
        value = numbers_of(value)
    if isinstance(value, np.ndarray | np.generic) and value.size == 1:
        value = value.item()
    return int(value) if isinstance(value, int) else real_number(value, what)


def refused_dtype(dtype: DType, what: str) -> str:
    """The sentence that refuses an array of a dtype that tensors do not have."""
    cure = "take the numbers out of it first"
    if dtype.kind == "c":
        cure = "pass its real and imaginary parts as two tensors"
    elif dtype.kind in "SUO":
        cure = "convert the elements to numbers first, for example with astype('float32')"
    elif dtype.kind in "iuf":
        larger = "int32" if dtype.itemsize < 4 else "int64"
        if dtype.kind == "f":
            larger = "float32" if dtype.itemsize < 4 else "float64"
        cure = f"convert it with astype({larger!r})"
    return f"{what}: data must be real numbers or bools, got an array of dtype {dtype}: {cure}"


def _gathered(data: Any, what: str) -> NDArray:
    """Nested sequences, or one number, as an array of whatever dtype NumPy finds."""
    try:
        return np.array(_opened(data))
    except ValueError:
        raise ValueError(
            f"{what}: data must be a regular array, got nested sequences of different lengths in "
            f"{data!r:.60}: make all rows equally long"
        ) from None


def _opened(data: Any) -> Any:
    """Nested sequences with the tensors and Values in them opened."""
    if isinstance(data, list | tuple):
        if _NUMBERS.issuperset(map(type, data)):
            return data
        return [_opened(each) for each in data]
    if isinstance(data, Operand):
        if not isinstance(data, Value | Array):
            check_readable(data, "a list of tensors")
        return numbers_of(data)
    return data


def numbers_of(operand: Any) -> Any:
    """The numbers of a tensor as its own array; those of a Value or an Array of the scalar twin."""
    return operand.data if isinstance(operand, Value | Array) else operand._data


def _natural_dtype(data: Any, what: str) -> DType:
    """The dtype that data are given if nobody asks for another."""
    dtypes = set(_leaf_dtypes(data, what))
    return reduce(joined, dtypes) if dtypes else DEFAULT


def _leaf_dtypes(data: Any, what: str) -> Iterator[DType]:
    """The dtypes of what stands in nested sequences, some of them repeatedly."""
    if not isinstance(data, list | tuple):
        yield _leaf_dtype(data, what)
        return
    kinds = set(map(type, data))
    yield from (OF_PYTHON[kind] for kind in kinds & _NUMBERS)
    if not kinds <= _NUMBERS:
        for each in data:
            if type(each) not in _NUMBERS:
                yield from _leaf_dtypes(each, what)


def _leaf_dtype(leaf: Any, what: str) -> DType:
    """The dtype of what is no nested sequence; refuses what is no number."""
    if type(leaf) in _NUMBERS:
        return OF_PYTHON[type(leaf)]
    if isinstance(leaf, Operand):
        dtype: DType = DEFAULT if isinstance(leaf, Value | Array) else numbers_of(leaf).dtype
        return dtype
    array = np.asarray(leaf)
    found = canonical(array.dtype)
    if found is None:
        is_array = is_array_like(leaf) or array.dtype.kind in "biuf"
        raise TypeError(refused_dtype(array.dtype, what) if is_array else _refused(leaf, what))
    return found


def _refused(leaf: Any, what: str) -> str:
    """The sentence that refuses one element that is no number."""
    cure = "pass numbers, nested lists of numbers, an array or a tensor"
    if isinstance(leaf, str | bytes):
        cure = "convert text with float(...)"
    elif isinstance(leaf, complex):
        cure = "pass its real and imaginary parts as two tensors"
    elif isinstance(leaf, set | frozenset | dict):
        cure = "make a list of it, which has an order"
    received = f"{type(leaf).__name__} {leaf!r:.60}"
    return f"{what}: data must be real numbers or bools, got {received}: {cure}"


def _check_numbers(found: NDArray, data: Any, dtype: DType, what: str) -> None:
    """Refuse what is no number, and Python numbers that do not fit an integer dtype."""
    if found.dtype.kind not in "biuf":
        for _ in _leaf_dtypes(data, what):
            continue  # which refuses the element that is no number
    if dtype not in INTEGERS or not found.size:
        return
    limits = np.iinfo(dtype)
    least, most = np.asarray(found.min()).item(), np.asarray(found.max()).item()
    if not limits.min - 1 < least <= most < limits.max + 1:
        wrong = most if limits.min - 1 < least else least
        raise ValueError(
            f"{what}: a number must fit the dtype {dtype}, from {limits.min} to {limits.max}, got "
            f"{wrong}: name another dtype"
        )


def constant_array(operand: Any, what: str) -> NDArray:
    """An operand that is no tensor as an array of its own: nobody changes it from outside."""
    if isinstance(operand, np.ndarray | np.generic):
        array = np.array(operand)
        if array.dtype in SUPPORTED:
            return copied(array, operand)
    _refuse_scalar_twin(operand, what)
    return array_from(operand, None, what)


def _refuse_scalar_twin(operand: Any, what: str) -> None:
    if isinstance(operand, Operand):
        raise TypeError(
            f"{what}: operands must be of one twin, got a Tensor and {type(operand).__name__}: "
            "make a tensor of it with twingrad.tensor(...), or a Value of the tensor's item()"
        )


def matched(
    row: Elementwise, operands: tuple[Any, ...], kind: Any
) -> tuple[tuple[Any, ...], list[NDArray], DType]:
    """The operands of a row, and their arrays, converted to the dtype it is computed in.

    Numbers become constants. Raises ``TypeError`` for what is no
    number, and for truth values where the row needs numbers.
    """
    numbers = []
    tensors = []
    found: list[Any] = []
    for position, operand in enumerate(operands):
        each = operand
        if type(each) is not kind and type(each) not in (bool, int, float):
            if isinstance(each, np.ndarray | list | tuple):
                each = kind.constant(constant_array(each, row.name))
            else:
                _refuse_scalar_twin(each, row.name)
                each = row.formula.number(position, each)
        found.append(each)
        if row.formula.accepts_bool and position == 0:
            continue  # a condition: it may be of any dtype
        if type(each) is kind:
            tensors.append((each._data.dtype, each._data.ndim))
        elif type(each) is not float or np.isfinite(each) or not row.is_integral:
            numbers.append(each)
    dtype = promoted(tensors, numbers)
    if dtype not in FLOATS and not row.is_integral:
        dtype = DEFAULT
    if dtype == bool_ and row.name not in _BOOL_ROWS:
        raise TypeError(
            f"{row.name}: operands must be numbers, got tensors of bools: convert them with "
            "float() or long()"
        )
    kept: list[Any] = []
    arrays: list[NDArray] = []
    for position, each in enumerate(found):
        if type(each) is kind:
            if not (row.formula.accepts_bool and position == 0):
                each = each.to(dtype)
            kept.append(each)
            arrays.append(each._data)
        else:
            array = quiet().run(_number_array, each, dtype, row.name)
            kept.append(kind.constant(array))
            arrays.append(array)
    return tuple(kept), arrays, dtype


def _number_array(number: float, dtype: DType, what: str) -> NDArray:
    """A Python number as an array without dimensions; a bound that is infinite is the widest."""
    if dtype in INTEGERS and type(number) is float:
        limits = np.iinfo(dtype)
        return np.array(limits.max if number > 0 else limits.min, dtype)
    try:
        return np.array(number, dtype)
    except OverflowError:
        raise ValueError(
            f"{what}: a number must fit the dtype {dtype} of the tensors, got {number!r}: "
            "convert the tensor first, for example with long() or double()"
        ) from None
