"""The arguments of a call: what is the same at every call, and the numbers that change."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, final

import numpy as np

from ..array import Array, array_of
from ..elements import filled
from ..operation import Operand
from ..structures import mapped
from ..value import Value

_IMMUTABLE = frozenset({int, bool, str, bytes, complex, type(None)})
"""Kinds of arguments that are told apart by what they are; others by which object it is."""


@final
class Arguments:
    """The Values and the numbers in the arguments of one call, in order.

    Floats and NumPy arrays of floats are numbers; lists, tuples and dictionaries are opened. All
    else is the same at every call that the key stands for.

    Attributes
    ----------
    key : hashable
        What calls have in common that do the same to their Values and numbers.
    values : list of Value
        Every Value once.
    numbers : list of float
        All other numbers.
    kept : list
        Objects that the key knows by their identity, which must be kept alive.

    Raises
    ------
    TypeError
        For an operand of another twin.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.values: list[Value] = []
        self.numbers: list[float] = []
        self.kept: list[Any] = []
        self.structure = (args, kwargs)
        key = self._key(args), self._key(kwargs) if kwargs else None
        repeated: tuple[int, ...] | None = None
        if len({*self.values}) < len(self.values):
            unique = dict.fromkeys(self.values)
            positions = {value: k for k, value in enumerate(unique)}
            repeated = tuple([positions[value] for value in self.values])
            self.values = [*unique]
        self.key: Hashable = (key, repeated)

    def _key(self, given: Any) -> Hashable:
        kind = type(given)
        if kind is Value:
            self.values.append(given)
            return kind, given._requires_grad, bool(given.parents)
        if kind in (list, tuple):
            return kind, *[self._key(each) for each in given]
        if kind in _IMMUTABLE:
            return kind, given
        if isinstance(given, float | np.floating):
            self.numbers.append(float(given))
            return float
        if isinstance(given, np.ndarray):
            return self._array_key(given)
        if kind is Array:
            return kind, given.shape, *[self._key(value) for value in given._elements.flat]
        if isinstance(given, list | tuple):
            return kind, *[self._key(each) for each in given]
        if isinstance(given, dict):
            return kind, *[(name, self._key(each)) for name, each in given.items()]
        if isinstance(given, np.generic):
            return kind, given.item()
        if isinstance(given, Operand):
            raise TypeError(
                f"a function compiled on the scalar twin was given a {kind.__name__}: pass Values, "
                "Arrays, NumPy arrays and numbers"
            )
        self.kept.append(given)
        return kind, id(given)

    def _array_key(self, given: Any) -> Hashable:
        if given.dtype.kind == "f":
            self.numbers += given.ravel().tolist()
            return float, given.shape
        if given.dtype == object:
            return object, given.shape, *[self._key(each) for each in given.flat]
        return given.dtype.str, given.shape, given.tobytes()

    def replaced(
        self, value: Callable[[Value], Any], number: Callable[[float], Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with others in the place of their Values and numbers."""
        args, kwargs = self.structure
        leaf = partial(_replaced, value, number)
        return mapped(leaf, args), mapped(leaf, kwargs)


def _replaced(value: Callable[[Value], Any], number: Callable[[float], Any], given: Any) -> Any:
    """A leaf of the arguments with others in the place of its Values and numbers."""
    match given:
        case Value():
            return value(given)
        case Array():
            values: list[Any] = [value(each) for each in given._elements.ravel().tolist()]
            return array_of(filled(values, given.shape))
        case np.ndarray() if given.dtype.kind == "f":
            return filled([number(float(each)) for each in given.flat], given.shape)
        case np.ndarray() if given.dtype == object:
            leaves: list[Any] = [_replaced(value, number, each) for each in given.flat]
            return filled(leaves, given.shape)
        case float() | np.floating():
            return number(float(given))
    return given
