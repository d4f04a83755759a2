"""New tensors: from data, of one number, of numbers in a row."""

from __future__ import annotations

from math import ceil, isfinite
from typing import Any

import numpy as np

from .broadcasting import NDArray
from .coercion import array_from, is_array_like, lengths, plain_number, refused_dtype, single
from .dtypes import DEFAULT, INTEGERS, DType, bool_, canonical, checked, int64
from .quiet import quiet
from .tensor import Tensor
from .tracing import known
from .tracing import made as noted


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A new tensor with the numbers of ``data``, which are copied.

    Parameters
    ----------
    data : number, nested sequence, NumPy array, Tensor, Value or Array
        Python floats, Values and Arrays of them become float32, ints int64, bools bool. NumPy
        arrays and tensors keep their dtype.
    dtype : dtype, optional
        Another one: float32, float64, int8 to int64, uint8 or bool.
    requires_grad : bool
        Whether derivatives by it are wanted; floats only.

    Raises
    ------
    TypeError
        If the data is text, complex, or of another dtype that tensors do not have.
    ValueError
        If nested sequences differ in length, or a number does not fit the dtype.

    Examples
    --------
    >>> import twingrad
    >>> twingrad.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> twingrad.tensor([0.5, 1.0], dtype="float64", requires_grad=True)
    tensor([0.5000, 1.0000], dtype=float64, requires_grad=True)
    """
    return made(array_from(data, dtype, "tensor"), requires_grad)


def as_tensor(data: Any, dtype: Any = None) -> Tensor:
    """``data`` as a tensor, copied only where that cannot be helped.

    A tensor of the dtype comes back itself; one of another dtype is converted, with its history.
    A NumPy array of the dtype shares its memory with the result.
    """
    wanted = None if dtype is None else checked(dtype, "as_tensor")
    data = known(data)
    if isinstance(data, Tensor):
        return data if wanted is None else data.to(wanted)
    if is_array_like(data):
        array = np.asarray(data)
        if array.dtype == (wanted or canonical(array.dtype)) and array.dtype.isnative:
            return from_numpy(array)
    return made(array_from(data, wanted, "as_tensor"), False)


def asarray(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The same as :func:`as_tensor`, for a leaf that may require a gradient."""
    found = as_tensor(data, dtype)
    if not requires_grad:
        return found
    return (found.detach() if found.requires_grad else found).requires_grad_(requires_grad)


def from_numpy(array: NDArray) -> Tensor:
    """A tensor on the memory of a NumPy array: a change of the one is one of the other.

    The graph does not notice changes that are made through the array. A read-only array gives a
    tensor that cannot be changed in place.

    Raises ``TypeError`` for what is no array, and for a dtype or a byte order that tensors do not
    have.

    >>> import numpy as np, twingrad
    >>> counts = np.zeros(2)
    >>> shared = twingrad.from_numpy(counts)
    >>> counts[0] = 5
    >>> shared
    tensor([5., 0.], dtype=float64)
    """
    argument = known(array)
    if argument is not array:  # that of a step which is being recorded
        tensor: Tensor = argument
        return tensor
    if not isinstance(array, np.ndarray):
        raise TypeError(
            f"from_numpy: array must be a NumPy array, got {type(array).__name__} {array!r:.40}: "
            "make a tensor of it with twingrad.tensor(...)"
        )
    kind = canonical(array.dtype)
    if kind is None:
        raise TypeError(refused_dtype(array.dtype, "from_numpy"))
    if not array.dtype.isnative:
        raise TypeError(
            f"from_numpy: the bytes of a number must be in the order of this machine, got dtype "
            f"{array.dtype.str}: copy the array with twingrad.tensor(...), or convert it with "
            f"astype({str(kind)!r})"
        )
    return Tensor.constant(array.view(np.ndarray) if type(array) is not np.ndarray else array)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor on the memory of another library's array, by the DLPack protocol.

    PyTorch, JAX, CuPy and NumPy arrays in the CPU's memory are taken; a read-only one gives a
    tensor that cannot be changed in place.

    Raises
    ------
    TypeError
        For what does not know the protocol, and for a dtype that tensors do not have.
    BufferError
        For an array on another device, or one that refuses to be shared.
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        raise TypeError(
            "from_dlpack: ext_tensor must know the DLPack protocol, got "
            f"{type(ext_tensor).__name__} {ext_tensor!r:.40}: use twingrad.tensor(...) for numbers"
        )
    try:
        array = np.from_dlpack(ext_tensor)
    except (BufferError, RuntimeError) as error:
        raise BufferError(
            f"from_dlpack: the memory of this {type(ext_tensor).__name__} cannot be shared "
            f"({error}): move it to the CPU, detach it, and convert it to a dtype such as float32"
        ) from error
    if canonical(array.dtype) is None:
        raise TypeError(refused_dtype(array.dtype, "from_dlpack"))
    return Tensor.constant(array)


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros; the lengths are given as ``2, 3`` or as ``(2, 3)``.

    >>> import twingrad
    >>> twingrad.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return made(np.zeros(lengths(size, "zeros"), _kind(dtype, "zeros")), requires_grad)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones; the lengths are given as ``2, 3`` or as ``(2, 3)``."""
    return made(np.ones(lengths(size, "ones"), _kind(dtype, "ones")), requires_grad)


def empty(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor that has not been written to: its numbers are whatever stood in the memory."""
    return made(np.empty(lengths(size, "empty"), _kind(dtype, "empty")), requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of one number, in the dtype of that number if no other is given.

    Raises ``ValueError`` for a number that does not fit the dtype.

    >>> import twingrad
    >>> twingrad.full((2,), 7)
    tensor([7, 7])
    """
    value = single(fill_value, dtype, "full")
    return made(np.full(lengths((size,), "full"), value, value.dtype), requires_grad)


def zeros_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros in the shape of ``input``, and its dtype if no other is given."""
    like = tensor_argument(input, "zeros_like")
    return made(np.zeros(like.shape, _kind(dtype, "zeros_like", like.dtype)), requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones in the shape of ``input``, and its dtype if no other is given."""
    like = tensor_argument(input, "ones_like")
    return made(np.ones(like.shape, _kind(dtype, "ones_like", like.dtype)), requires_grad)


def empty_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Memory that has not been written to, in the shape of ``input``; see :func:`empty`."""
    like = tensor_argument(input, "empty_like")
    return made(np.empty(like.shape, _kind(dtype, "empty_like", like.dtype)), requires_grad)


def full_like(
    input: Tensor, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """One number in the shape of ``input``, and its dtype if no other is given."""
    like = tensor_argument(input, "full_like")
    value = single(fill_value, like.dtype if dtype is None else dtype, "full_like")
    return made(np.full(like.shape, value, value.dtype), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """``n`` rows and ``m`` columns (``n``, if not given) with ones on the diagonal, 0 elsewhere."""
    rows, columns = lengths((n, n if m is None else m), "eye")
    return made(np.eye(rows, columns, dtype=_kind(dtype, "eye")), requires_grad)


def arange(
    start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """The numbers ``start``, ``start + step``, ... before ``end``.

    ``arange(end)`` starts at 0. Whole numbers give int64 and others float32, if no ``dtype`` is
    given.

    Raises ``ValueError`` for a step of 0 or away from ``end``, and for infinite bounds.

    >>> import twingrad
    >>> twingrad.arange(4)
    tensor([0, 1, 2, 3])
    >>> twingrad.arange(1, 2, 0.25)
    tensor([1.0000, 1.2500, 1.5000, 1.7500])
    """
    if end is None:
        start, end = 0, start
    names = ("start", "end", "step")
    first, last, by = bounds = [
        plain_number(each, f"arange: {name}") for name, each in zip(names, (start, end, step))
    ]
    is_whole = all(isinstance(bound, int) for bound in bounds)
    kind = _numeric(_kind(dtype, "arange", int64 if is_whole else DEFAULT), "arange")
    if not all(isfinite(bound) for bound in bounds):
        raise ValueError(
            f"arange: start, end and step must be finite, got {first}, {last} and {by}: give "
            "numbers of steps with linspace, or other bounds"
        )
    if kind in INTEGERS:
        first, last, by = int(first), int(last), int(by)
    if not by or (last - first) * by < 0:
        raise ValueError(
            f"arange: step must lead from start to end, got {by} from {first} to {last}: "
            "change its sign, or give one that is not 0"
        )
    numbers: NDArray
    if kind in INTEGERS:
        numbers = np.arange(first, last, by, dtype=int64)
    else:
        numbers = first + by * np.arange(ceil((last - first) / by), dtype=np.float64)
    return made(quiet().run(numbers.astype, kind), requires_grad)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """``steps`` numbers from ``start`` to ``end``, both included, evenly spaced.

    >>> import twingrad
    >>> twingrad.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    kind = _numeric(_kind(dtype, "linspace"), "linspace")
    return made(_even(start, end, steps, "linspace").astype(kind), requires_grad)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``base`` to the power of ``steps`` evenly spaced numbers from ``start`` to ``end``.

    >>> import twingrad
    >>> twingrad.logspace(0, 3, 4)
    tensor([   1.,   10.,  100., 1000.])
    """
    kind = _numeric(_kind(dtype, "logspace"), "logspace")
    exponents = _even(start, end, steps, "logspace")
    powers = quiet().run(np.power, float(plain_number(base, "logspace: base")), exponents)
    return made(quiet().run(powers.astype, kind), requires_grad)


def made(array: NDArray, requires_grad: bool) -> Tensor:
    """A tensor on a new array, as a leaf."""
    leaf = Tensor.constant(noted(array))
    if requires_grad is not False:
        leaf.requires_grad = requires_grad
    return leaf


def tensor_argument(input: Any, what: str) -> Tensor:
    """The argument ``input``, refused with a ``TypeError`` if it is no tensor."""
    if not isinstance(input, Tensor):
        raise TypeError(
            f"{what}: input must be a Tensor, got {type(input).__name__} {input!r:.40}: make one "
            "with twingrad.tensor(...)"
        )
    return input


def _kind(dtype: Any, what: str, default: DType = DEFAULT) -> DType:
    return default if dtype is None else checked(dtype, what)


def _numeric(dtype: DType, what: str) -> DType:
    if dtype == bool_:
        raise TypeError(
            f"{what}: dtype must be one of numbers, got bool: compare the result with 0"
        )
    return dtype


def _even(start: Any, end: Any, steps: Any, what: str) -> NDArray:
    """Evenly spaced float64 numbers."""
    first, last = plain_number(start, f"{what}: start"), plain_number(end, f"{what}: end")
    (count,) = lengths((steps,), f"{what}: steps")
    return quiet().run(np.linspace, first, last, count)
