"""What people pass as data or as an operand, as arrays of a supported dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.operation import Operand
from ..engine.value import Value
from .broadcasting import NDArray
from .dtypes import DEFAULT, FLOATS, INTEGERS, SUPPORTED, DType, bool_, canonical, checked, promoted
from .elementwise import Elementwise
from .quiet import quiet

_BOOL_ROWS = frozenset({"pos", "add", "mul", "maximum", "minimum", "where"})
"""Integral rows that give truth values for truth values."""


def array_from(data: Any, dtype: Any, what: str) -> NDArray:
    """A new array of ``data``: a number, a nested sequence, an array, a tensor, Values.

    Python floats become float32, ints int64; arrays and tensors keep their dtype. Raises
    ``TypeError`` for text, complex numbers and objects, and ``ValueError`` for nested sequences
    of different lengths.
    """
    wanted = None if dtype is None else checked(dtype, what)
    found = _found(data, what)
    if found.dtype == np.float64 and _is_python(data):
        wanted = wanted or DEFAULT
    if found.size == 0 and _is_python(data):
        wanted = wanted or DEFAULT
    kind = canonical(found.dtype)
    if kind is None and not (wanted is not None and found.dtype.kind in "iuf"):
        raise TypeError(_refusal(found, data, what))
    with np.errstate(all="ignore"):
        return np.array(found, dtype=wanted or kind, order="C", copy=True)


def _found(data: Any, what: str) -> NDArray:
    if isinstance(data, np.ndarray | np.generic) or (
        hasattr(data, "__array__") and not isinstance(data, Operand)
    ):
        return np.asarray(data)
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
        return [_opened(each) for each in data]
    if isinstance(data, Operand):
        return numbers_of(data)
    return data


def numbers_of(operand: Any) -> Any:
    """The numbers of a tensor as its own array; those of a Value or an Array of the scalar twin."""
    data = operand._data
    return data if isinstance(data, np.ndarray | float) else operand.data


def _is_python(data: Any) -> bool:
    """Whether data are Python numbers, also in nested sequences, and no arrays or tensors."""
    while isinstance(data, list | tuple):
        if not data:
            return True
        data = data[0]
    return isinstance(data, int | float | Value) and not isinstance(data, np.generic)


def _refusal(found: NDArray, data: Any, what: str) -> str:
    cure = "convert the data first"
    if found.dtype.kind == "c":
        cure = "pass its real and imaginary parts as two tensors"
    elif found.dtype.kind in "USO":
        cure = "convert text with float(...), and pass nested lists, an array or a tensor of numbers"
    elif found.dtype == np.float16:
        cure = "convert it with astype('float32')"
    return (
        f"{what}: data must be real numbers or bools, got dtype {found.dtype} "
        f"in {type(data).__name__} {data!r:.60}: {cure}"
    )


def constant_array(operand: Any, what: str) -> NDArray:
    """An operand that is no tensor as an array, which may share the operand's memory."""
    if isinstance(operand, np.ndarray | np.generic):
        array = np.asarray(operand)
        if array.dtype in SUPPORTED:
            return array
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
