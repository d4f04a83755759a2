"""Parameters: the operands that training changes, and how they stay themselves on either twin."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Self
from weakref import ref

import numpy as np

from ..engine.shapes import Shape
from .backend import backend_of, named


class Place:
    """What an operand is through all its moves between twins and dtypes.

    Attributes
    ----------
    is_parameter : bool
        Whether it has been made a :class:`Parameter`. An optimizer takes plain leaves too.
    label : str
        The name that a module has given it, such as ``"weight0"``; empty for none.
    """

    __slots__ = ("_operand", "is_parameter", "label")

    _operand: ref[Any]

    def __init__(self, operand: Any, is_parameter: bool = False, label: str = "") -> None:
        self.operand = operand
        self.is_parameter = is_parameter
        self.label = label

    @property
    def operand(self) -> Any:
        """What stands here now. An optimizer that holds an earlier operand finds it here.

        None, if it has been dropped: a place keeps nothing alive.
        """
        return self._operand()

    @operand.setter
    def operand(self, operand: Any) -> None:
        self._operand = ref(operand)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return type(self)(deepcopy(self.operand, memo), self.is_parameter, self.label)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.operand, self.is_parameter, self.label)


def place_of(operand: Any) -> Place:
    """The place of an operand; one without gets it, which does not make it a parameter."""
    place: Place | None = getattr(operand, "_place", None)
    if place is None:
        place = operand._place = Place(operand)
    return place


def is_parameter(operand: object) -> bool:
    """Whether an operand has been made a parameter."""
    place = getattr(operand, "_place", None)
    return type(place) is Place and place.is_parameter


def move_place(old: Any, new: Any) -> None:
    """Let ``new`` stand where ``old`` stood."""
    new._place = place_of(old)
    new._place.operand = new


class _IsParameter(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return is_parameter(instance)


class Parameter(metaclass=_IsParameter):
    """A leaf that a :class:`Module` counts among its parameters when it is assigned to it.

    It is a plain Tensor, or an Array on the scalar twin, with a mark: ``isinstance(x, Parameter)``
    asks for the mark, as in PyTorch.

    Parameters
    ----------
    data : Tensor, Array, Value, NumPy array or numbers
        A tensor or NumPy array of floats is not copied; Values are, with their labels. Numbers
        become an operand of the selected twin.
    requires_grad : bool
        Whether derivatives by it are wanted; False for what is frozen.

    Raises
    ------
    TypeError
        If the data is not made of floating point numbers.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad import nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(twingrad.ones(1))
    ...
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> [name for name, _ in Scale().named_parameters()]
    ['factor']
    """

    def __new__(cls, data: Any, requires_grad: bool = True) -> Any:
        twin = backend_of(data) or named()
        leaf = twin.leaf(data, False)
        dtype = twin.numbers(leaf).dtype
        if dtype.kind != "f":
            raise TypeError(
                f"Parameter: data must be floating point numbers, got dtype {dtype}: convert it "
                "with float(), or write register_buffer(...) for what is not trained"
            )
        return _marked(leaf, requires_grad)


def empty_parameter(shape: Shape, backend: str | None) -> Any:
    """A parameter of a twin, of zeros until it is drawn or set: float32 on the tensor twin."""
    return _marked(named(backend).leaf(np.zeros(shape, np.float32), False), True)


def _marked(leaf: Any, requires_grad: bool) -> Any:
    leaf.requires_grad = requires_grad
    leaf._place = Place(leaf, is_parameter=True)
    return leaf
