"""Which twin a function works on: what it is given, and what it refers to, tells that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

from ...engine.array import Array
from ...engine.value import Value
from .references import Surroundings, plain_function


def uses_values(function: Any, arguments: Iterable[Any]) -> bool:
    """Whether a function is about Values: it is given some, or refers to some or their models."""
    near = [*arguments, *_referred(function)]
    return any(map(_is_scalar, near)) or any(
        _is_scalar(part) for each in near for part in _parts(each)
    )


def _is_scalar(thing: Any) -> bool:
    """Whether something is a Value, an Array, or a model made of them."""
    if isinstance(thing, Value | Array):
        return True
    parameters = getattr(thing, "parameters", None)
    if isinstance(thing, type | ModuleType) or not isinstance(parameters, MethodType):
        return False
    first = next(iter(parameters()), None)
    return isinstance(first, Value | Array)


def _referred(function: Any) -> Iterator[Any]:
    """What a function, a method or an object that is called refers to by name."""
    yield plain_function(function)[1]
    yield from Surroundings(function).things()


def _parts(thing: Any) -> Iterable[Any]:
    """What lists and plain objects hold."""
    if isinstance(thing, list | tuple):
        return thing[:100]
    if isinstance(thing, type | ModuleType | FunctionType):
        return ()
    found: dict[str, Any] = getattr(thing, "__dict__", {})
    return [*found.values()]
