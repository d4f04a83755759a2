"""``Tensor``: an array of numbers that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from types import FunctionType
from typing import Any, ClassVar, final

import numpy as np

from ..engine.formula import Formula
from ..engine.modes import current_mode, special_mode
from ..engine.shapes import Shape, broadcast_shape
from .alike import Alike
from .anomalies import applied_under
from .coercion import array_from, constant_array, matched
from .conversions import Conversions
from .dtypes import FLOATS, DType
from .gradients import Gradients
from .graph import Node, edge_of, new_node, next_number
from .interchange import Interchange
from .kernels.elementwise import Elementwise, row_of, rows
from .operations.comparisons import Comparisons
from .operations.copies import Copies
from .operations.cumulative import Cumulative
from .operations.extremes import Extremes
from .operations.moves import Moves, is_part
from .operations.norms import Norms
from .operations.orders import Orders
from .operations.padding import Padding
from .operations.parts import Parts
from .operations.products import Products
from .operations.reductions import Reductions
from .operations.rounding import Rounding
from .operations.scalars import Scalars
from .operations.softmax import Softmax
from .operations.sorting import Sorting
from .primitive import Primitive
from .printing import Printing
from .quiet import quiet
from .random.sampling import Sampling
from .tracing import unwrapped

_new = object.__new__
_ndarray = np.ndarray
_NOTHING = (None,)
_LARGEST = 3e38
"""Python numbers beyond are converted by the careful way: they overflow float32."""


@final
class Tensor(
    Gradients,
    Moves,
    Orders,
    Conversions,
    Parts,
    Copies,
    Padding,
    Reductions,
    Cumulative,
    Extremes,
    Norms,
    Products,
    Comparisons,
    Rounding,
    Scalars,
    Sorting,
    Alike,
    Sampling,
    Printing,
    Interchange,
    Softmax,
):
    """An array of numbers of one kind, with gradients.

    Names, defaults and semantics are PyTorch's. A tensor made by a computation on tensors that
    require a gradient remembers the operation; :meth:`backward` walks that graph from a result
    down and leaves in every leaf's :attr:`grad` the derivative of the result by it.

    Parameters
    ----------
    data : number, nested sequence, NumPy array or Tensor
        Copied. Python floats become float32, ints int64, bools bool; arrays keep their dtype.
    dtype : dtype, optional
        Another one of float32, float64, int8 to int64, uint8 and bool.
    requires_grad : bool
        Whether derivatives by it are wanted; floats only.

    Raises
    ------
    TypeError
        If the data is text, complex, or of another dtype that tensors do not have.
    ValueError
        If nested sequences differ in length.

    Examples
    --------
    >>> from twingrad import Tensor
    >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([[2., 4.],
            [6., 8.]])
    """

    __slots__ = (
        "__weakref__",
        "_data",
        "_grad",
        "_hooks",
        "_memory",
        "_node",
        "_place",
        "_requires_grad",
        "_view",
    )

    precedence: ClassVar[int] = 2
    __array_priority__: ClassVar[int] = 1000  # NumPy arrays leave mixed arithmetic to this class

    def __init__(self, data: Any, dtype: Any = None, *, requires_grad: bool = False) -> None:
        self._data = array_from(data, dtype, "Tensor")
        self._grad = None
        self._hooks = None
        self._memory = None
        self._node = None
        self._requires_grad = False
        self._view = None
        self.requires_grad = requires_grad

    def __init_subclass__(cls) -> None:
        raise TypeError(
            f"{cls.__name__} cannot be a subclass of Tensor: its operators make plain Tensors; "
            "wrap a Tensor, or add an operation with twingrad.formula(...) or a Primitive"
        )

    @staticmethod
    def constant(array: Any) -> Tensor:
        """A tensor on this array, which is not copied, without gradient."""
        out = _new(Tensor)
        out._data = array if type(array) is _ndarray else unwrapped(array)
        out._grad = None
        out._hooks = None
        out._memory = None
        out._node = None
        out._requires_grad = False
        out._view = None
        return out

    @staticmethod
    def of_node(array: Any, node: Node) -> Tensor:
        """A tensor on this array that comes from ``node``."""
        out = Tensor.constant(array)
        out._node = node
        out._requires_grad = True
        return out

    @staticmethod
    def apply(operation: Formula, a: Any, b: Any = _NOTHING, *others: Any) -> Any:
        """Apply a row of the table to every element, broadcasting: a new tensor.

        Raises ``ValueError`` with both shapes where they do not broadcast.
        """
        row = rows.get(operation) or row_of(operation)
        mode = special_mode()
        if mode is not None and mode.recorder is not None:
            return mode.recorder.apply(row, (a,) if b is _NOTHING else (a, b, *others))
        # One and two operands are spelt out: it is what small tensors spend their time on.
        if b is _NOTHING:
            x = a._data
            kernels = row.kernels.get(x.dtype)
            if kernels is None:
                return _apply_matched(row, (a,))
            data = quiet().run(kernels.value, x)
            needs = a._requires_grad
            if needs:
                applied = kernels.applied[1]
                keeps_a, keeps_out = applied.saves
                parents: tuple[Any, ...] = (a._node or a,)
                shapes: tuple[Any, ...] = ()
                inputs = (a,) if keeps_a else _NOTHING
        elif not others:
            if type(a) is not Tensor or type(b) is not Tensor:
                a, b = _with_number(a, b)
                if type(a) is not Tensor or type(b) is not Tensor:
                    return _apply_matched(row, (a, b))
            x, y = a._data, b._data
            kernels = row.kernels.get(x.dtype)
            if kernels is None or x.dtype is not y.dtype:
                return _apply_matched(row, (a, b))
            try:
                data = quiet().run(kernels.value, x, y)
            except ValueError:
                broadcast_shape([x.shape, y.shape], row.name)  # raises, if that was the reason
                raise
            needs = a._requires_grad + 2 * b._requires_grad
            if needs:
                applied = kernels.applied[needs]
                keeps_a, keeps_b, keeps_out = applied.saves
                parents = (
                    a._node or a if needs != 2 else None,
                    b._node or b if needs != 1 else None,
                )
                shapes = () if x.shape == y.shape else (x.shape, y.shape)
                inputs = (a if keeps_a else None, b if keeps_b else None)
        else:
            return _apply_matched(row, (a, b, *others))
        if type(data) is not _ndarray:
            data = np.asarray(data)
        out = _new(Tensor)
        out._data = data
        out._grad = None
        out._hooks = None
        out._memory = None
        out._view = None
        if needs and (mode is None or mode.record):
            node = _new(Node)
            node.operation = applied
            node.parents = parents
            node.inputs = inputs
            node.out = data if keeps_out else None
            node.memory = None
            node.parameters = shapes
            node.shape = data.shape
            node.number = next_number()
            node.hooks = None
            out._node = node
            out._requires_grad = True
        else:
            out._node = None
            out._requires_grad = False
        if mode is not None and (mode.anomaly or mode.witness):
            applied_under(mode, operation, (a,) if b is _NOTHING else (a, b), (), out)
        return out

    @staticmethod
    def record(primitive: Primitive, operands: tuple[Any, ...], parameters: tuple[Any, ...]) -> Any:
        """Apply a primitive to tensors, and to arrays or numbers beside them: a new tensor."""
        mode = special_mode()
        if mode is not None and mode.recorder is not None:
            return mode.recorder.record(primitive, operands, parameters)
        if len(operands) == 1:
            tensors: tuple[Any, ...] = operands
            (a,) = operands
            data = quiet().run(primitive.forward, a._data, *parameters)
            needs = a._requires_grad
            if needs:
                parents: tuple[Any, ...] = (a._node or a,)
                inputs: tuple[Any, ...] = operands if primitive.saves else _NOTHING
        else:
            tensors = operands
            for each in operands:
                if type(each) is not Tensor:
                    tensors = _all_tensors(operands, primitive)
                    break
            arrays = []
            needs = False
            for each in tensors:
                arrays.append(each._data)
                needs |= each._requires_grad
            data = quiet().run(primitive.forward, *arrays, *parameters)
            if needs:
                parents, inputs = _history(primitive, tensors)
        if type(data) is not _ndarray:
            data = _single_array(data, primitive)
        if not primitive.is_view and any([data is tensor._data for tensor in tensors]):
            data = data.copy()  # results share no memory with operands, unless they say so
        out = _new(Tensor)
        out._data = data
        out._grad = None
        out._hooks = None
        out._memory = None
        out._view = None
        if needs and (mode is None or mode.record) and data.dtype in FLOATS:
            out._node = new_node(primitive, parents, inputs, parameters, data.shape)
            out._node.out = data if primitive.saves_out else None
            out._requires_grad = True
        else:
            out._node = None
            out._requires_grad = False
        if primitive.is_view and is_part(data, tensors[0]._data):
            out._become_view(tensors[0], primitive, parameters)
        if mode is not None and (mode.anomaly or mode.witness):
            applied_under(mode, primitive, tensors, parameters, out)
        return out


def _with_number(a: Any, b: Any) -> tuple[Any, Any]:
    """A tensor of floats and a Python number, the number made a tensor; others as they are."""
    if type(b) is float or type(b) is int:
        if type(a) is Tensor and a._data.dtype in FLOATS and -_LARGEST < b < _LARGEST:
            return a, Tensor.constant(np.array(b, a._data.dtype))
    elif (type(a) is float or type(a) is int) and (
        type(b) is Tensor and b._data.dtype in FLOATS and -_LARGEST < a < _LARGEST
    ):
        return Tensor.constant(np.array(a, b._data.dtype)), b
    return a, b


def _shapes_if_stretched(arrays: Sequence[Any]) -> tuple[Shape, ...]:
    """The shapes of arrays that differ in shape, and nothing for those that do not."""
    shapes = tuple([array.shape for array in arrays])
    return shapes if len(set(shapes)) > 1 else ()


def _single_array(data: Any, primitive: Primitive) -> Any:
    """What a primitive computed, which may be a NumPy number, as an array."""
    if isinstance(data, tuple | list):
        raise TypeError(
            f"{primitive.name}: forward must give one array, got {type(data).__name__} of "
            f"{len(data)}: write one primitive for each of them"
        )
    return np.asarray(data)


def _all_tensors(operands: tuple[Any, ...], primitive: Primitive) -> tuple[Tensor, ...]:
    """The operands of a primitive, arrays and numbers among them as constants."""
    return tuple(
        [
            each if type(each) is Tensor else Tensor.constant(constant_array(each, primitive.name))
            for each in operands
        ]
    )


def _history(
    primitive: Primitive, tensors: Sequence[Tensor]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The parents of a primitive's node, and the operands that its backward pass uses."""
    parents: list[Any] = []
    uses = primitive.saves_for
    saves = primitive.saves if uses is None else ()
    inputs = [each if position in saves else None for position, each in enumerate(tensors)]
    for position, tensor in enumerate(tensors):
        if not tensor._requires_grad:
            parents.append(None)
            continue
        parents.append(tensor._node or tensor)
        if uses is not None:
            for used in uses[position]:
                inputs[used] = tensors[used]
    return tuple(parents), tuple(inputs)


def _matched_floats(
    row: Elementwise, operands: tuple[Any, ...]
) -> tuple[tuple[Tensor, ...], list[Any], DType] | None:
    """What :func:`matched` gives, in less time, for floats of one dtype beside Python numbers."""
    dtype = next((each._data.dtype for each in reversed(operands) if type(each) is Tensor), None)
    if dtype is None or dtype not in FLOATS:
        return None
    kept = []
    for position, each in enumerate(operands):
        if type(each) is Tensor:
            is_condition = position == 0 and row.formula.accepts_bool and not each._requires_grad
            if each._data.dtype is not dtype and not is_condition:
                return None
            kept.append(each)
        elif (type(each) is float or type(each) is int) and (
            -_LARGEST < each < _LARGEST or each in (inf, -inf)
        ):
            kept.append(Tensor.constant(np.array(each, dtype)))
        else:
            return None
    return tuple(kept), [each._data for each in kept], dtype


def _apply_matched(row: Elementwise, operands: tuple[Any, ...]) -> Tensor:
    """Apply a row where operands differ in kind or dtype, or are not floating point numbers."""
    kept, arrays, dtype = _matched_floats(row, operands) or matched(row, operands, Tensor)
    kernels = row.kernels.get(dtype) or row.kernels_for(dtype)
    try:
        data = quiet().run(kernels.value, *arrays)
    except ValueError:
        broadcast_shape([array.shape for array in arrays], row.name)
        if dtype in FLOATS:
            raise
        raise ValueError(
            f"{row.name}: whole numbers cannot be raised to negative powers, got dtype {dtype}: "
            "convert the tensor first, for example with float()"
        ) from None
    data = np.asarray(data)
    if data.dtype != dtype:
        data = data.astype(dtype)
    out = Tensor.constant(data)
    needs = 0
    for position, each in enumerate(kept):
        if each._requires_grad:
            needs += 1 << position
    mode = current_mode()
    if needs and mode.record and dtype in FLOATS:
        applied = kernels.applied[needs]
        out._node = new_node(
            applied,
            tuple([edge_of(each) for each in kept]),
            tuple([each if wanted else None for each, wanted in zip(kept, applied.saves)]),
            _shapes_if_stretched(arrays),
            data.shape,
        )
        out._node.out = data if applied.saves[-1] else None
        out._requires_grad = True
    applied_under(mode, row.formula, kept, (), out)
    return out


def _name_methods() -> None:
    """Let Python's own messages about arguments name Tensor, not the classes that it is made of."""
    for base in Tensor.__mro__[1:]:
        if base.__module__.startswith(f"{__package__}."):
            for name, member in vars(base).items():
                if isinstance(member, FunctionType):
                    member.__qualname__ = f"Tensor.{name}"


_name_methods()
