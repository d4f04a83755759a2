"""What a module is made of: its parameters, its buffers, and other modules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .backend import backend_of, is_array
from .parameter import is_parameter


class Members:
    """Members by name: those that are assigned, and those of the modules among them.

    The members are plain attributes of the instance; beside them stand the names of those that
    are parameters, buffers and modules, in the order in which they were assigned.
    """

    _parameter_names: dict[str, bool]
    _buffer_names: dict[str, bool]
    _module_names: dict[str, bool]

    def __init__(self) -> None:
        self.__dict__["_parameter_names"] = {}
        self.__dict__["_buffer_names"] = {}
        self.__dict__["_module_names"] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        members = self.__dict__
        if "_parameter_names" not in members:
            if isinstance(value, Members) or is_parameter(value):
                check_initialized(self)
            members[name] = value
            return
        if isinstance(value, Members):
            self._assigned(name, "_module_names")
        elif is_parameter(value):
            self._assigned(name, "_parameter_names")
        elif value is not None and name in members["_parameter_names"]:
            raise TypeError(
                f"{type(self).__name__}.{name} must be a Parameter or None, got "
                f"{type(value).__name__}: write nn.Parameter(...), or change its numbers in place "
                "inside no_grad()"
            )
        elif name in members["_buffer_names"]:
            if value is not None and not _is_buffer(value):
                raise TypeError(
                    f"{type(self).__name__}.{name} must be a tensor, an Array, a NumPy array or "
                    f"None, got {type(value).__name__}: it is a buffer"
                )
        elif value is not None and name in members["_module_names"]:
            raise TypeError(
                f"{type(self).__name__}.{name} must be a Module or None, got "
                f"{type(value).__name__}: assign a Module, or delete it first"
            )
        object.__setattr__(self, name, value)

    def _assigned(self, name: str, kind: str) -> None:
        """Note that a member of this kind has this name, and of no other."""
        for names in ("_parameter_names", "_buffer_names", "_module_names"):
            if names != kind:
                self.__dict__[names].pop(name, None)
        self.__dict__[kind].setdefault(name, True)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        for names in (self._parameter_names, self._buffer_names, self._module_names):
            names.pop(name, None)

    def register_parameter(self, name: str, param: Any) -> None:
        """Add a parameter by name; None keeps the name free for one."""
        _check_name(self, name)
        if param is not None and not is_parameter(param):
            raise TypeError(
                f"register_parameter: param must be a Parameter or None, got "
                f"{type(param).__name__}: write nn.Parameter(...)"
            )
        self._assigned(name, "_parameter_names")
        object.__setattr__(self, name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add numbers that belong to the module but are not trained, such as running means.

        They move with ``to`` and, if ``persistent``, stand in the ``state_dict``. Integers of the
        scalar twin are NumPy arrays.
        """
        _check_name(self, name)
        if tensor is not None and not _is_buffer(tensor):
            raise TypeError(
                f"register_buffer: tensor must be a tensor, an Array, a NumPy array or None, got "
                f"{type(tensor).__name__}: make one of it"
            )
        self._assigned(name, "_buffer_names")
        self._buffer_names[name] = persistent
        object.__setattr__(self, name, tensor)

    def register_module(self, name: str, module: Any) -> None:
        """Add a module by name."""
        self.add_module(name, module)

    def add_module(self, name: str, module: Any) -> None:
        """Add a module by name, which may be one that is no identifier, such as ``"0"``."""
        _check_name(self, name)
        if module is not None and not isinstance(module, Members):
            raise TypeError(
                f"add_module: module must be a Module or None, got {type(module).__name__}: "
                "wrap a function in a Module with a forward"
            )
        self._assigned(name, "_module_names")
        object.__setattr__(self, name, module)

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """The modules that it is directly made of, by name."""
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
        return self._members(Members._own_parameters, prefix, recurse, remove_duplicate)

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
            for name, member in own(module):
                if member is None or (remove_duplicate and id(member) in seen):
                    continue
                seen.add(id(member))
                yield (f"{path}.{name}" if path else name), member

    def get_submodule(self, target: str) -> Any:
        """The module at this path, such as ``"encoder.0"``; ``AttributeError`` where none is."""
        found: Any = self
        for name in target.split(".") if target else []:
            if not isinstance(found, Members) or name not in found._module_names:
                raise AttributeError(
                    f"get_submodule: target {target!r} names no module, as {name!r} is none of "
                    f"{type(found).__name__}: its modules are {_listed(found)}"
                )
            found = found.__dict__[name]
        return found

    def get_parameter(self, target: str) -> Any:
        """The parameter at this path, such as ``"0.weight"``; ``AttributeError`` where none is."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        if name not in owner._parameter_names:
            raise AttributeError(
                f"get_parameter: target {target!r} names no parameter: those of "
                f"{type(owner).__name__} are {', '.join(owner._parameter_names) or 'none'}"
            )
        return owner.__dict__[name]


def check_initialized(module: Members) -> None:
    """Raise ``AttributeError`` for a module whose ``__init__`` has not called that of Module."""
    if "_parameter_names" not in module.__dict__:
        raise AttributeError(
            f"{type(module).__name__}: call super().__init__() first in __init__, before "
            "assigning parameters or modules, or calling the module"
        )


def _check_name(module: Members, name: str) -> None:
    check_initialized(module)
    if not isinstance(name, str) or not name or "." in name:
        raise ValueError(
            f"{type(module).__name__}: the name of a member must be text without dots, got "
            f"{name!r}: dots separate the names on a path"
        )
    if hasattr(type(module), name) or (
        name in module.__dict__
        and name not in module._parameter_names | module._buffer_names | module._module_names
    ):
        raise KeyError(
            f"{type(module).__name__} has an attribute {name!r} already: choose another name"
        )


def _is_buffer(value: object) -> bool:
    return backend_of(value) is not None or is_array(value)


def _listed(module: Any) -> str:
    return ", ".join(getattr(module, "_module_names", ())) or "none"
