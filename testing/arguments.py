"""The arguments of a function down to their leaves, with the names that reports give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from inspect import Parameter, signature
from typing import Any, final

import numpy as np

from ..engine import Formula
from ..engine.structures import leaves_of, rebuilt
from ..nn import Module
from ..tensor import Primitive

BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
"""Parameters that are given in the order in which they stand."""


def function_name(function: Any) -> str:
    """What a function is called; ``"f"`` for a lambda, and the class for other objects.

    >>> import math
    >>> function_name(math.tanh), function_name(lambda x: x)
    ('tanh', 'f')
    """
    while isinstance(function, partial):
        function = function.func
    if isinstance(function, Formula | Primitive):
        return function.name
    name = getattr(function, "__name__", type(function).__name__)
    return "f" if name == "<lambda>" else str(name)


def parameters_of(function: Any) -> list[Parameter] | None:
    """What a function, a row of the table, a primitive or a module takes; None if nobody knows.

    >>> [each.name for each in parameters_of(lambda x, *rest: x)]
    ['x', 'rest']
    """
    if isinstance(function, Formula):
        return [Parameter(name, Parameter.POSITIONAL_ONLY) for name in function.arguments]
    if isinstance(function, Module | Primitive):
        return parameters_of(function.forward)
    try:
        return [*signature(function).parameters.values()]
    except (TypeError, ValueError):  # functions written in C often have no signature
        return None


def argument_names(function: Any, count: int) -> list[str]:
    """The names of the first ``count`` positional arguments, as far as a signature tells them.

    >>> argument_names(lambda x, *rest: x, 3)
    ['x', 'rest[0]', 'rest[1]']
    """
    parameters = parameters_of(function) or []
    names = [each.name for each in parameters if each.kind in BY_POSITION][:count]
    others = [each.name for each in parameters if each.kind is Parameter.VAR_POSITIONAL]
    missing = range(count - len(names))
    if others:
        return names + [f"{others[0]}[{k}]" for k in missing]
    return names + [f"argument {len(names) + k + 1}" for k in missing]


def leaf_names(structure: Any, name: str) -> list[str]:
    """How to write each leaf of a structure, in the order of ``leaves_of``.

    >>> leaf_names({"left": 1.0, "right": [2.0, 3.0]}, "batch")
    ["batch['left']", "batch['right'][0]", "batch['right'][1]"]
    """
    return [*_named(structure, name)]


def _named(structure: Any, name: str) -> Iterator[str]:
    match structure:
        case None:
            return
        case list() | tuple():
            fields = getattr(structure, "_fields", None)  # which named tuples have
            for k, each in enumerate(structure):
                yield from _named(each, f"{name}[{k}]" if fields is None else f"{name}.{fields[k]}")
        case dict():
            for key, each in structure.items():
                yield from _named(each, f"{name}[{key!r}]")
        case _:
            yield name


@final
class Arguments:
    """Positional arguments, whose leaves can be exchanged.

    Attributes
    ----------
    leaves : list
        What stands in the nested lists, tuples and dictionaries.
    names : list of str
        How each is written: ``"x"``, ``"batch['left']"``.

    Raises
    ------
    TypeError
        For an iterator among them, which a second evaluation would find empty.
    """

    def __init__(self, names: Sequence[str], given: Sequence[Any]) -> None:
        self._given = tuple(given)
        self.leaves = leaves_of(self._given)
        self.names = [
            path
            for name, each in zip(names, self._given, strict=True)
            for path in leaf_names(each, name)
        ]
        for name, leaf in zip(self.names, self.leaves, strict=True):
            if isinstance(leaf, Iterator):
                raise TypeError(
                    f"gradcheck: {name} must be the same in every evaluation, got a "
                    f"{type(leaf).__name__}, which is empty after the first one: pass list(...)"
                )

    def filled(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments with these leaves."""
        arguments: tuple[Any, ...] = rebuilt(self._given, leaves)
        return arguments

    def described(self) -> str:
        """What they are, for messages: ``"int, ndarray of int64"``."""
        kinds = [
            f"ndarray of {leaf.dtype}" if isinstance(leaf, np.ndarray) else type(leaf).__name__
            for leaf in self.leaves
        ]
        return ", ".join(kinds) or "none"
