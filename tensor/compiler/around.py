"""What stands around a function: plain numbers that it refers to, and the twin that it works on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

from ...engine.array import Array
from ...engine.value import Value

_PLAIN = (bool, int, float, str, type(None))


def constants_around(function: Any) -> Callable[[], Hashable] | None:
    """What reads the plain numbers and texts that a function refers to outside of itself.

    They are constants of a recording: where one has changed, it has to be made anew. None if there
    are no such names.
    """
    function = _plain_function(function)
    if function is None:
        return None
    namespace = function.__globals__
    names = [
        name for name in function.__code__.co_names if isinstance(namespace.get(name, ...), _PLAIN)
    ]
    cells = [cell for cell in function.__closure__ or () if isinstance(_content(cell), _PLAIN)]
    if not names and not cells:
        return None

    def read() -> Hashable:
        found = [namespace.get(name, ...) for name in names]
        found += [_content(cell) for cell in cells]
        return tuple([(type(each), each) for each in found if isinstance(each, _PLAIN)])

    return read


def uses_values(function: Any, arguments: Iterable[Any]) -> bool:
    """Whether a function is about Values: it is given some, or refers to some or to their models."""
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
    if isinstance(function, MethodType):
        yield function.__self__
    plain = _plain_function(function)
    if plain is None:
        yield function
        return
    yield from [plain.__globals__.get(name) for name in plain.__code__.co_names]
    yield from [_content(cell) for cell in plain.__closure__ or ()]


def _parts(thing: Any) -> Iterable[Any]:
    """What lists and plain objects hold."""
    if isinstance(thing, list | tuple):
        return thing[:100]
    if isinstance(thing, type | ModuleType | FunctionType):
        return ()
    found: dict[str, Any] = getattr(thing, "__dict__", {})
    return [*found.values()]


def _plain_function(function: Any) -> FunctionType | None:
    function = getattr(function, "__func__", function)
    return function if isinstance(function, FunctionType) else None


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet assigned
        return ...
