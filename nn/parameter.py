"""Parameters: the operands that training changes, and how they stay themselves on either twin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.shapes import Shape, whole_numbers
from .backend import backend_of, named


class Place:
    """What a parameter is through all its moves between twins and dtypes.

    Attributes
    ----------
    operand : Tensor, Array or Value
        What stands for the parameter now. An optimizer that holds an earlier one finds it here.
    """

    __slots__ = ("operand",)

    def __init__(self, operand: Any) -> None:
        self.operand = operand


def place_of(operand: Any) -> Place:
    """The place of a parameter; an operand without one gets it."""
    place: Place | None = getattr(operand, "_place", None)
    if place is None:
        place = operand._place = Place(operand)
    return place


def is_parameter(operand: object) -> bool:
    """Whether an operand has been made a parameter."""
    return getattr(operand, "_place", None) is not None


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
    data : Tensor, Array, NumPy array or numbers
        A tensor or NumPy array of floats is not copied. Numbers become an operand of the selected
        twin.
    requires_grad : bool
        Whether derivatives by it are wanted; False for what is frozen.

    Raises
    ------
    TypeError
        If the data is no numbers.

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
        leaf = twin.leaf(data, requires_grad)
        place_of(leaf)
        return leaf


def empty_parameter(shape: Shape, backend: str | None) -> Any:
    """A parameter of a twin, of zeros until it is drawn or set: float32 on the tensor twin."""
    leaf = named(backend).leaf(np.zeros(shape, np.float32), requires_grad=True)
    place_of(leaf)
    return leaf


def length(given: Any, what: str, at_least: int = 0) -> int:
    """A number of features; an error beginning with ``what`` for what is none."""
    (number,) = whole_numbers([given], what)
    if number < at_least:
        raise ValueError(f"{what} must be at least {at_least}, got {number}: count the features")
    return number
