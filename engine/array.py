"""``Array``: many Values under one shape, with the interface of a tensor.

Everything is computed Value by Value, so every weight of a layer can be opened, labelled and
stepped through. Names and semantics are PyTorch's.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, Self, final

import numpy as np

from . import elements
from .elements import Elements
from .modes import current_mode
from .operation import Operand, Operation
from .picking import Picking
from .shapes import Shape, broadcast_shape, reduced_dims
from .softmax import Dims, Softmax
from .tape import hooks
from .value import Value, constant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .stepper import Stepper


@final
class Array(Picking, Softmax):
    """An array of Values.

    Indexing with whole numbers for every dimension gives the :class:`Value` that stands there;
    slices and all else give an Array of the same Values. Elementwise operations broadcast, and
    take numbers, NumPy arrays and Values besides Arrays. ``<``, ``<=``, ``>``, ``>=`` give NumPy
    arrays of bools; ``==`` is identity.

    Parameters
    ----------
    data : nested sequence or NumPy array of numbers, Values, or both
        Any shape. Numbers become leaves; Values are taken as they are.
    label : str
        A name; the element at (0, 1) is then called ``label[0,1]``.
    requires_grad : bool
        Whether derivatives by the new leaves are wanted.

    Raises
    ------
    TypeError
        If an element is not a real number or a Value.
    ValueError
        If nested sequences differ in length.

    Examples
    --------
    >>> from twingrad import Array
    >>> w = Array([[1.0, -2.0], [0.5, 3.0]], label="w")
    >>> loss = (w @ np.array([2.0, 1.0])).relu().sum()
    >>> loss.backward()
    >>> w.grad.tolist()
    [[0.0, 0.0], [2.0, 1.0]]
    >>> w[1, 0]
    Value(data=0.5, grad=2.0, label='w[1,0]')
    """

    __slots__ = ("__weakref__", "_elements", "_place")
    __array_ufunc__ = None  # NumPy arrays leave mixed arithmetic to this class
    precedence: ClassVar[int] = 1

    _elements: Elements

    def __init__(self, data: Any, label: str = "", *, requires_grad: bool = True) -> None:
        self._elements = _elements_of(data).copy()
        for index in np.ndindex(self._elements.shape):
            element: Any = self._elements[index]
            if type(element) is not Value:
                name = f"{label}[{','.join(map(str, index))}]" if label and index else label
                self._elements[index] = Value(element, name, requires_grad=requires_grad)

    @staticmethod
    def constant(array: Any) -> Array:
        """An Array of these numbers, without gradient."""
        return Array(array, requires_grad=False)

    @staticmethod
    def apply(operation: Operation, *operands: Any) -> Any:
        """Apply a formula to every element of the operands, broadcast against each other.

        Raises ``ValueError`` with both shapes where they do not broadcast.
        """
        columns = [operand_elements(_as_numbers(each)) for each in operands]
        return array_of(elements.elementwise(operation, columns))

    def _with(self, moved: Elements) -> Array:
        return array_of(moved)

    @property
    def data(self) -> NDArray[np.float64]:
        """The numbers as a new float64 NumPy array; assigning writes them, broadcast.

        It is a copy: writing to its elements changes no Value. Assign a whole array, as in
        ``w.data -= 0.1 * w.grad``, or to ``w[0, 1].data``.
        """
        numbers = [element.data for element in self._elements.ravel()]
        return hooks.array_of_numbers(numbers).reshape(self.shape)

    @data.setter
    def data(self, data: Any) -> None:
        for element, number in zip(self._elements.ravel(), self._spread(data, "data"), strict=True):
            element.data = number

    @property
    def grad(self) -> NDArray[np.float64] | Array | None:
        """The gradients, shaped like the array; None as long as none is computed.

        Elements that the root does not depend on have gradient 0 beside others that it does
        depend on, as in a tensor. After ``backward(create_graph=True)`` it is an Array. Assigning
        None forgets the gradients; numbers are written to the elements, broadcast.
        """
        gradients = [element.grad for element in self._elements.ravel()]
        if all(gradient is None for gradient in gradients):
            return None
        known = [0.0 if gradient is None else gradient for gradient in gradients]
        if any(type(gradient) is Value for gradient in known):
            values = [g if type(g) is Value else constant(g) for g in known]
            return array_of(elements.filled(values, self.shape))
        return hooks.array_of_numbers(known).reshape(self.shape)

    @grad.setter
    def grad(self, grad: Any) -> None:
        new: list[Any] = [None] * self.numel()
        if grad is not None:
            new = self._spread(grad, "grad")
        for element, gradient in zip(self._elements.ravel(), new, strict=True):
            element.grad = gradient

    @property
    def requires_grad(self) -> bool:
        """Whether a derivative by any element is wanted. It can be assigned to leaves."""
        return any([element.requires_grad for element in self._elements.ravel()])

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        # An element that was computed refuses: it is asked first, so that all change or none.
        for element in sorted(self._elements.ravel(), key=lambda each: not each.parents):
            element.requires_grad = wanted

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Assign :attr:`requires_grad`, and give the array back."""
        self.requires_grad = requires_grad
        return self

    def backward(self, gradient: Any = None, *, create_graph: bool = False) -> None:
        """Compute the derivatives of this one number, or of ``(self * gradient).sum()``.

        Raises ``RuntimeError`` for several elements without a ``gradient`` of their shape, and
        as :meth:`Value.backward` does.
        """
        if gradient is None:
            if self.numel() != 1:
                raise RuntimeError(
                    f"backward: gradient must be given for an Array of shape {self.shape}, "
                    "got None: pass one of that shape, or call backward() on a sum or mean"
                )
            self._only("backward").backward(create_graph=create_graph)
            return
        weights = np.asarray(gradient.data if isinstance(gradient, Array) else gradient)
        if weights.shape != self.shape:
            raise ValueError(
                f"backward: gradient must have the shape of the array, {self.shape}, "
                f"got {weights.shape}: reshape or broadcast it first"
            )
        (self * weights).sum().backward(create_graph=create_graph)

    def steps(self) -> Stepper:
        """The steps of the one number in this array; see :meth:`Value.steps`."""
        return self._only("steps").steps()

    def zero_grad(self) -> None:
        """Forget the gradients of all elements."""
        self.grad = None

    def detach(self) -> Array:
        """The same numbers as constants, without their history."""
        return Array.constant(self.data)

    def clone(self) -> Self:
        """The same numbers as elements of their own, with a gradient that is passed on."""
        return self.pos()

    def item(self) -> float:
        """The number in an array of one element; ``ValueError`` for any other size."""
        return self._only("item").item()

    def tolist(self) -> Any:
        """The numbers as nested lists of floats."""
        return self.numpy().tolist()

    def numpy(self) -> NDArray[np.float64]:
        """The numbers as a new float64 NumPy array."""
        return self.data.astype(np.float64, copy=False)

    def sum(self, dim: Dims = None, keepdim: bool = False) -> Array:
        """The sum of the elements along ``dim``, or of all of them; of none it is 0."""
        return array_of(elements.reduced(self._elements, dim, keepdim, "sum", elements.total))

    def mean(self, dim: Dims = None, keepdim: bool = False) -> Array:
        """The sum along ``dim`` divided by the number of elements; of none it is nan."""
        return array_of(elements.reduced(self._elements, dim, keepdim, "mean", elements.average))

    def __iadd__(self, other: Any) -> Self:
        return self._changed_to(self + other)

    def __isub__(self, other: Any) -> Self:
        return self._changed_to(self - other)

    def __imul__(self, other: Any) -> Self:
        return self._changed_to(self * other)

    def __itruediv__(self, other: Any) -> Self:
        return self._changed_to(self / other)

    def _changed_to(self, result: Self) -> Self:
        """The result; where no graph is recorded, its numbers written into the leaves here.

        So ``w -= 0.1 * w.grad`` updates the leaves themselves inside ``no_grad()``, as on tensors,
        and a running ``total += x`` stays an operation.
        """
        values: list[Value] = self._elements.ravel().tolist()
        if current_mode().record or not all([value.is_leaf for value in values]):
            return result
        self.data = result.data
        return self

    def __matmul__(self, other: Any) -> Array:
        return array_of(elements.matmul(self._elements, operand_elements(other)))

    def __rmatmul__(self, other: Any) -> Array:
        return array_of(elements.matmul(operand_elements(other), self._elements))

    def __bool__(self) -> bool:
        return bool(self._only("bool").data)

    def __format__(self, specification: str) -> str:
        return format(self.item(), specification) if specification else repr(self)

    def __lt__(self, other: Any) -> NDArray[np.bool_]:
        return hooks.compared(np.less, self.data, _numbers(operand_elements(other)))

    def __le__(self, other: Any) -> NDArray[np.bool_]:
        return hooks.compared(np.less_equal, self.data, _numbers(operand_elements(other)))

    def __gt__(self, other: Any) -> NDArray[np.bool_]:
        return hooks.compared(np.greater, self.data, _numbers(operand_elements(other)))

    def __ge__(self, other: Any) -> NDArray[np.bool_]:
        return hooks.compared(np.greater_equal, self.data, _numbers(operand_elements(other)))

    def __float__(self) -> float:
        return self.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("an Array of Values has no buffer to share: pass copy=None or True")
        return self.data if dtype is None else self.data.astype(dtype)

    def __repr__(self) -> str:
        numbers = np.array2string(self.data, separator=", ", prefix="Array(")
        return f"Array({numbers})"

    def _spread(self, data: Any, what: str) -> list[float]:
        """Numbers broadcast to this shape, in a row; what does not fit is refused."""
        numbers = _numbers(data)
        if broadcast_shape([self.shape, numbers.shape], f"Array: {what}") != self.shape:
            raise ValueError(
                f"Array: {what} of shape {numbers.shape} does not broadcast to {self.shape}: "
                "assign an array of that shape, or one number"
            )
        spread: list[float] = np.broadcast_to(numbers, self.shape).ravel().tolist()
        return spread

    def _greatest(self, dim: Dims, what: str) -> tuple[NDArray[Any], Shape]:
        dims = reduced_dims(dim, self.ndim, what) or tuple(range(self.ndim))
        if current_mode().tape is not None and self.numel():
            return self.detach().amax(dims or None, keepdim=True).data, dims
        return self.data.max(axis=dims, keepdims=True, initial=-inf), dims

    def _total(self, dims: Shape | None, keepdim: bool) -> Array:
        return self.sum(dims, keepdim)

    def _only(self, what: str) -> Value:
        if self.numel() != 1:
            raise ValueError(
                f"{what} needs an Array of one element, got shape {self.shape}: "
                "take one element with [...] or reduce it first, for example with sum()"
            )
        only: Value = self._elements.item()
        return only


def array_of(values: Elements) -> Array:
    """An Array of these Values, which it shares."""
    array = object.__new__(Array)
    array._elements = values
    return array


def operand_elements(operand: Any) -> Elements:
    """The Values and numbers of anything that can be an operand beside an Array.

    Raises ``TypeError`` for an operand of another twin, whose history would be lost.
    """
    if isinstance(operand, Operand) and operand.precedence > Array.precedence:
        raise TypeError(
            f"operands must be of one twin, got an Array and a {type(operand).__name__}: take the "
            f"numbers of the {type(operand).__name__} with .numpy(), or move both to one twin"
        )
    return _elements_of(operand)


def _elements_of(data: Any) -> Elements:
    return data._elements if isinstance(data, Array) else elements.as_elements(_opened(data))


def _opened(data: Any) -> Any:
    """Nested sequences with the Arrays in them opened, down to their Values."""
    if isinstance(data, list | tuple):
        return [_opened(each) for each in data]
    return data._elements.tolist() if isinstance(data, Array) else data


def _as_numbers(operand: Any) -> Any:
    """A mask as ones and zeros; anything else as it is."""
    is_mask = isinstance(operand, np.ndarray | np.bool_) and operand.dtype == np.bool_
    return operand.astype(np.float64) if is_mask else operand


def _numbers(data: Any) -> NDArray[np.float64]:
    return Array.constant(data).data
