"""What a function refers to outside of itself: what its code names, and what that leads to."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Hashable, Iterator
from dis import Instruction, get_instructions
from functools import partial
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple, final

PLAIN = (bool, int, float, str, type(None))
"""Constants: they are compared by what they are, everything else by which object it is."""

_MISSING = ...
_PACKAGE = __name__.partition(".")[0]
_LASTING = (ModuleType, type, BuiltinFunctionType)
_CALLED = (FunctionType, MethodType, partial)
_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
_ROOTS = {"LOAD_GLOBAL": "global", "LOAD_NAME": "global", "LOAD_DEREF": "cell"}


class Key(NamedTuple):
    """The constant key of an entry of a dictionary."""

    key: Hashable


Part = str | Key
"""The name of an attribute, or a key."""


class Path(NamedTuple):
    """A name in code, and the parts that are asked for one after the other."""

    kind: str
    name: str
    parts: tuple[Part, ...]


class Reference(NamedTuple):
    """What gives the thing that a name stands for, and the parts to follow from there."""

    start: Callable[[], Any]
    parts: tuple[Part, ...] = ()

    def read(self) -> Any:
        """What is there now."""
        found = self.start()
        for part in self.parts:
            found = _own_part(found, part)
        return found


@final
class Surroundings:
    """What a function, and the functions that it calls by name, refer to.

    A recording holds as long as they are the same: plain numbers and texts by what they are, and
    everything else, such as models and tensors, by which object it is.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._references = [*_references(function)]

    def read(self) -> Hashable:
        """What is there now; the objects in it are told by their identity."""
        found = [each.read() for each in self._references]
        return tuple(
            [(type(each), each) if isinstance(each, PLAIN) else id(each) for each in found]
        )

    def things(self) -> list[Any]:
        """What is there now, to be kept alive where its identity is."""
        return [each.read() for each in self._references]


def plain_function(function: Any) -> tuple[FunctionType | None, Any]:
    """The function that runs where something is called, and the object that it is a method of."""
    while isinstance(function, partial):
        function = function.func
    owner = None
    if not isinstance(function, FunctionType | MethodType) and not isinstance(function, type):
        function = MethodType(type(function).__call__, function) if callable(function) else None
    if isinstance(function, MethodType):
        owner, function = function.__self__, function.__func__
    return (function, owner) if isinstance(function, FunctionType) else (None, owner)


def content(cell: CellType) -> Any:
    """What a variable of a surrounding function holds."""
    try:
        return cell.cell_contents
    except ValueError:  # not yet assigned
        return _MISSING


def _references(function: Any) -> Iterator[Reference]:
    """What a function refers to, and what the functions do that it calls by name.

    Those of other packages are not looked into, nor are those of this one.
    """
    package = _package(plain_function(function)[0])
    seen = set()
    waiting = [] if package == _PACKAGE else [function]
    while waiting:
        plain, owner = plain_function(waiting.pop())
        if plain is None or _package(plain) != package or (plain, id(owner)) in seen:
            continue
        seen.add((plain, id(owner)))
        for path in dict.fromkeys(_paths(plain.__code__)):
            start = _start(path, plain, owner)
            if start is None:
                continue
            reference, method = _followed(start, path.parts)
            thing = reference.read()
            wrapped = _own_part(thing, "__wrapped__")
            waiting += [each for each in (method, thing, wrapped) if isinstance(each, _CALLED)]
            if not isinstance(thing, _LASTING):
                yield reference


def _followed(start: Callable[[], Any], parts: tuple[Part, ...]) -> tuple[Reference, Any]:
    """The last thing that parts lead to, and the method of it that they name, if any."""
    thing = start()
    for position, part in enumerate(parts):
        found = _own_part(thing, part)
        if found is _MISSING:
            method = getattr(type(thing), part, None) if isinstance(part, str) else None
            called = MethodType(method, thing) if isinstance(method, FunctionType) else None
            return Reference(start, parts[:position]), called
        thing = found
    return Reference(start, parts), None


def _own_part(thing: Any, part: Part) -> Any:
    """What an object itself has as a part, or a constant that its class has."""
    if isinstance(part, Key):
        return thing.get(part.key, _MISSING) if type(thing) is dict else _MISSING
    if isinstance(thing, type):
        return _MISSING
    own = getattr(thing, "__dict__", {}).get(part, _MISSING)
    if own is not _MISSING:
        return own
    of_class = getattr(type(thing), part, _MISSING)
    if isinstance(of_class, MemberDescriptorType):
        return getattr(thing, part, _MISSING)
    return of_class if isinstance(of_class, PLAIN) else _MISSING


def _start(path: Path, function: FunctionType, owner: Any) -> Callable[[], Any] | None:
    """What gives the thing that a name stands for; None where that is one of the function's own."""
    code = function.__code__
    is_owner = owner is not None and code.co_argcount > 0 and path.name == code.co_varnames[0]
    if path.kind != "global" and is_owner:
        return lambda: owner
    if path.kind == "cell":
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        return partial(content, cells[path.name]) if path.name in cells else None
    namespace = function.__globals__
    if path.kind != "global" or (path.name not in namespace and path.name in vars(builtins)):
        return None
    return partial(namespace.get, path.name, _MISSING)


def _paths(code: CodeType) -> Iterator[Path]:
    """The names in code and in the functions that are written in it, with their parts."""
    path: Path | None = None
    key: Key | None = None
    for each in get_instructions(code):
        part = _part(each, key)
        key = Key(each.argval) if each.opname == "LOAD_CONST" else None
        if path is not None and part is not None:
            path = path._replace(parts=(*path.parts, part))
        elif path is not None and key is None:
            yield path
            path = None
        path = path or _root(each)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _paths(constant)


def _part(instruction: Instruction, key: Key | None) -> Part | None:
    """The part that an instruction asks for, if it does; ``key`` is what the one before loads."""
    if instruction.opname in _ATTRIBUTES and key is None:
        name: str = instruction.argval
        return name
    is_entry = instruction.opname == "BINARY_SUBSCR" or instruction.argrepr == "[]"
    return key if is_entry else None


def _root(instruction: Instruction) -> Path | None:
    """The path that begins with an instruction, if it loads what a name stands for."""
    name = instruction.argval
    if instruction.opname in _ROOTS:
        return Path(_ROOTS[instruction.opname], name, ())
    if instruction.opname.startswith("LOAD_FAST"):  # some versions load two at once
        return Path("local", name if isinstance(name, str) else name[-1], ())
    return None


def _package(function: FunctionType | None) -> str:
    """The outermost package that a function is from."""
    return "" if function is None else (function.__module__ or "").partition(".")[0]
