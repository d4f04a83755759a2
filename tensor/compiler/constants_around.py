"""The numbers around a function that it may have been compiled with."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from types import FunctionType, MethodType
from typing import Any

_PLAIN = (bool, int, float, str, type(None))


def constants_around(function: Any) -> Callable[[], Hashable] | None:
    """What reads the plain numbers and texts that a function refers to outside of itself.

    They are constants of a recording: where one has changed, it has to be made anew. None if there
    are no such names.
    """
    if isinstance(function, MethodType):
        function = function.__func__
    if not isinstance(function, FunctionType):
        return None
    code = function.__code__
    cells = function.__closure__ or ()
    namespace = function.__globals__
    names = [name for name in code.co_names if isinstance(namespace.get(name, ...), _PLAIN)]
    plain = [cell for cell in cells if _is_plain(cell)]
    if not names and not plain:
        return None

    def read() -> Hashable:
        found: list[Any] = [namespace.get(name) for name in names]
        for cell in plain:
            found.append(cell.cell_contents if _is_plain(cell) else ...)
        return tuple([(type(each), each) for each in found if isinstance(each, _PLAIN)])

    return read


def _is_plain(cell: Any) -> bool:
    try:
        return isinstance(cell.cell_contents, _PLAIN)
    except ValueError:  # not yet assigned
        return False
