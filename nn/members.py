"""What a module is made of: its parameters, its buffers, and other modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import methodcaller
from typing import Any, Self

import numpy as np

from ..engine.changes import changes
from .backend import backend_of
from .labels import relabel
from .making import check_arguments
from .parameter import is_parameter, place_of
from .watching import note_assignment

_KINDS = ("_parameter_names", "_buffer_names", "_module_names")
_ABSENT = object()


class Members:
    """Members by name: those that are assigned, and those of the modules among them.

    The members are plain attributes of the instance; beside them stand the names of those that
    are parameters, buffers and modules, in the order in which they were assigned.
    """

    _parameter_names: dict[str, bool]
    _buffer_names: dict[str, bool]
    _module_names: dict[str, bool]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if args or kwargs:
            check_arguments(cls, args, kwargs)
        return super().__new__(cls)

    def __init__(self) -> None:
        for names in _KINDS:
            self.__dict__[names] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        members = self.__dict__
        old = members.get(name, _ABSENT)
        if old is not value:
            changes.count += 1
        if "_parameter_names" not in members:
            if isinstance(value, Members) or is_parameter(value):
                check_initialized(self)
            object.__setattr__(self, name, value)
        elif is_parameter(value):
            self._add(name, value, "_parameter_names")
        elif name in members["_parameter_names"]:
            _check_kind(self, name, value, value is None, "a Parameter", _PARAMETER_CURE)
            members[name] = value
        elif isinstance(value, Members):
            self._add(name, value, "_module_names")
        elif name in members["_module_names"]:
            _check_kind(self, name, value, value is None, "a Module", _MODULE_CURE)
            members[name] = value
        elif name in members["_buffer_names"]:
            if isinstance(value, np.generic):
                value = np.asarray(value)
            _check_kind(self, name, value, _is_buffer(value), _BUFFER, _BUFFER_CURE)
            members[name] = value
        else:
            object.__setattr__(self, name, value)
            note_assignment(self, name, old, value)

    def __delattr__(self, name: str) -> None:
        changes.count += 1
        object.__delattr__(self, name)
        for names in _KINDS:
            self.__dict__.get(names, {}).pop(name, None)

    def __copy__(self) -> Self:
        """A module of the same members, which can be assigned anew without touching this one."""
        copied = object.__new__(type(self))
        copied.__dict__.update(self.__dict__)
        for names in _KINDS:
            copied.__dict__[names] = dict(self.__dict__[names])
        return copied

    def _add(self, name: str, value: Any, kind: str) -> None:
        """Let ``value`` be the member of this name and kind, and of no other kind."""
        changes.count += 1
        known = self.__dict__[kind]
        if name not in known:
            if _is_taken(self, name):
                _refuse_name(self, name)
            for names in _KINDS:
                self.__dict__[names].pop(name, None)
            known[name] = True
        self.__dict__[name] = value
        if kind == "_module_names" and value is not None:
            for path, parameter in value.named_parameters(prefix=name):
                relabel(parameter, path)
        elif kind == "_parameter_names" and value is not None and not place_of(value).label:
            relabel(value, name)

    def register_parameter(self, name: str, param: Any) -> None:
        """Add a parameter by name; None keeps the name free for one.

        Raises ``TypeError`` for what is no parameter, ``KeyError`` for a name that stands for
        something else, and ``ValueError`` for one with a dot.
        """
        _check_name(self, name, "_parameter_names")
        if param is not None and not is_parameter(param):
            raise TypeError(
                f"register_parameter: param must be a Parameter or None, got "
                f"{type(param).__name__}: {_PARAMETER_CURE}"
            )
        self._add(name, param, "_parameter_names")

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add numbers that belong to the module but are not trained, such as running means.

        They move with ``to`` and, if ``persistent``, stand in the ``state_dict``. Integers of the
        scalar twin are NumPy arrays. Raises as :meth:`register_parameter`.
        """
        _check_name(self, name, "_buffer_names")
        if not _is_buffer(tensor):
            raise TypeError(
                f"register_buffer: tensor must be {_BUFFER} or None, got {type(tensor).__name__}: "
                "make one of it"
            )
        self._add(name, tensor, "_buffer_names")
        self._buffer_names[name] = persistent

    def register_module(self, name: str, module: Any) -> None:
        """As :meth:`add_module`."""
        self.add_module(name, module)

    def add_module(self, name: str, module: Any) -> None:
        """Add a module by name, which may be one that is no identifier, such as ``"0"``.

        Raises as :meth:`register_parameter`.
        """
        if module is not None and not isinstance(module, Members):
            raise TypeError(
                f"add_module: module must be a Module or None, got {type(module).__name__}: "
                "write a class with parentheses, or wrap a function in a Module with a forward"
            )
        _check_name(self, name, "_module_names")
        self._add(name, module, "_module_names")

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """The modules that it is directly made of, by name; one that occurs twice is given once."""
        check_initialized(self)
        seen: set[int] = set()
        for name in self._module_names:
            module = self.__dict__[name]
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Any]:
        """The modules that it is directly made of."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[int] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """The module itself and all that it is made of at any depth, by path.

        A module that occurs twice is given once, unless ``remove_duplicate`` is False.
        """
        check_initialized(self)
        memo = set() if memo is None else memo
        if remove_duplicate:
            if id(self) in memo:
                return
            memo.add(id(self))
        yield prefix, self
        for name in self._module_names:
            module: Any = self.__dict__[name]
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def modules(self) -> Iterator[Any]:
        """The module itself and all that it is made of at any depth, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """The parameters with their paths, such as ``"0.weight"``; shared ones once."""
        return self._members(methodcaller("_own_parameters"), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """The parameters, in the order in which they were assigned; shared ones once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """The buffers with their paths; shared ones once."""
        return self._members(Members._own_buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """The buffers, in the order in which they were registered; shared ones once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _own_parameters(self) -> Iterator[tuple[str, Any]]:
        return ((name, self.__dict__[name]) for name in self._parameter_names)

    def _own_buffers(self) -> Iterator[tuple[str, Any]]:
        return ((name, self.__dict__[name]) for name in self._buffer_names)

    def _members(
        self,
        own: Callable[[Members], Iterator[tuple[str, Any]]],
        prefix: str,
        recurse: bool,
        remove_duplicate: bool,
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners: Iterable[tuple[str, Any]] = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in owners:
            check_initialized(module)
            for name, member in own(module):
                if member is None or (remove_duplicate and id(member) in seen):
                    continue
                seen.add(id(member))
                yield (f"{path}.{name}" if path else name), member

    def get_submodule(self, target: str) -> Any:
        """The module at this path, such as ``"encoder.0"``; ``AttributeError`` where none is."""
        found: Any = self
        for name in target.split(".") if target else []:
            check_initialized(found)
            if found.__dict__.get(name) is None or name not in found._module_names:
                raise AttributeError(
                    f"get_submodule: target must be the path of a module, got {target!r}: "
                    f"{type(found).__name__} has {_listed(found._module_names)}, not {name!r}"
                )
            found = found.__dict__[name]
        return found

    def get_parameter(self, target: str) -> Any:
        """The parameter at this path, such as ``"0.weight"``; ``AttributeError`` where none is."""
        return self._at(target, "_parameter_names", "get_parameter: target", "a parameter")

    def get_buffer(self, target: str) -> Any:
        """The buffer at this path, such as ``"1.running_mean"``; ``AttributeError`` if none is."""
        return self._at(target, "_buffer_names", "get_buffer: target", "a buffer")

    def _at(self, target: str, kind: str, what: str, wanted: str) -> Any:
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        names = owner.__dict__[kind]
        if name not in names:
            raise AttributeError(
                f"{what} must be the path of {wanted}, got {target!r}: {type(owner).__name__} has "
                f"{_listed(names)}, not {name!r}"
            )
        return owner.__dict__[name]


_PARAMETER_CURE = "write nn.Parameter(...), or change its numbers in place inside no_grad()"
_MODULE_CURE = "assign a Module, or delete the old one first"
_BUFFER = "a tensor, an Array, a NumPy array"
_BUFFER_CURE = "the name belongs to a buffer"


def check_initialized(module: Members) -> None:
    """Raise ``AttributeError`` for a module whose ``__init__`` has not called that of Module."""
    if "_parameter_names" not in module.__dict__:
        raise AttributeError(
            f"{type(module).__name__}: the __init__ of Module must run first, and has not: call "
            "super().__init__() at the beginning of __init__"
        )


def _check_kind(
    module: Members, name: str, value: Any, is_right: bool, wanted: str, cure: str
) -> None:
    if not is_right:
        raise TypeError(
            f"{type(module).__name__}.{name} must be {wanted} or None, got "
            f"{type(value).__name__}: {cure}"
        )


def _check_name(module: Members, name: str, kind: str) -> None:
    check_initialized(module)
    if not isinstance(name, str):
        raise TypeError(
            f"{type(module).__name__}: the name of a member must be text, got "
            f"{type(name).__name__} {name!r:.40}: write for example {str(name)!r:.40}"
        )
    if not name or "." in name:
        raise ValueError(
            f"{type(module).__name__}: the name of a member must be text without dots, got "
            f"{name!r}: dots separate the names on a path"
        )
    is_own = name in module.__dict__[kind]
    if not is_own and (_is_taken(module, name) or name in module.__dict__):
        _refuse_name(module, name)


def _is_taken(module: Members, name: str) -> bool:
    """Whether a name stands for something in the class, and not what only this Module has."""
    return name != "summary" and hasattr(type(module), name)


def _refuse_name(module: Members, name: str) -> None:
    raise KeyError(
        f"{type(module).__name__}: the name of a member must be free, got {name!r}, which is an "
        "attribute already: choose another name"
    )


def _is_buffer(value: object) -> bool:
    return value is None or backend_of(value) is not None or isinstance(value, np.ndarray)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
