"""Modules made of modules: one behind the other, in a list, by name."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, Self, final, overload

from .module import Module


@final
class Sequential(Module):
    """Modules one behind the other: each gets what the one before it gives.

    Parameters
    ----------
    modules : Module, or one mapping of str to Module
        They are called ``"0"``, ``"1"``, ... or by the names of the mapping.

    Raises
    ------
    TypeError
        For what is no Module.

    Examples
    --------
    >>> from twingrad import nn
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    >>> len(model), model[-1].weight.shape
    (3, (1, 3))
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], Mapping) else None
        for name, module in named.items() if named is not None else enumerate(modules):
            _add(self, str(name), module)

    def forward(self, input: Any) -> Any:
        """What the last module gives."""
        for name in self._module_names:
            input = self.__dict__[name](input)
        return input

    @overload
    def __getitem__(self, index: int | str) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | str | slice) -> Any:
        names = [*self._module_names]
        if isinstance(index, slice):
            return Sequential({name: self.__dict__[name] for name in names[index]})
        return self.__dict__[_name_at(self, index)]

    def __setitem__(self, index: int, module: Any) -> None:
        setattr(self, _name_at(self, index), _checked(self, module))

    def __delitem__(self, index: int | slice) -> None:
        _delete(self, index)

    def __len__(self) -> int:
        return len(self._module_names)

    def __iter__(self) -> Iterator[Any]:
        return map(self.__dict__.__getitem__, self._module_names)

    def append(self, module: Any) -> Self:
        """Add a module at the end."""
        _append(self, module)
        return self

    def extend(self, modules: Iterable[Any]) -> Self:
        """Add modules at the end; ``TypeError`` for what is none."""
        for module in _listed(self, modules):
            _append(self, module)
        return self

    def __add__(self, other: Iterable[Any]) -> Sequential:
        """The modules of both, as one of its kind."""
        return Sequential(*self, *_listed(self, other))

    def __iadd__(self, other: Iterable[Any]) -> Self:
        return self.extend(other)

    def pop(self, index: int | str = -1) -> Any:
        """Take a module out and give it."""
        module = self[index]
        _delete(self, index)
        return module

    def insert(self, index: int, module: Any) -> Self:
        """Put a module in before the one at ``index``."""
        _insert(self, index, module)
        return self


@final
class ModuleList(Module):
    """Modules in a list, whose parameters are found; what is done with them is up to you.

    Examples
    --------
    >>> from twingrad import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> len([*layers.parameters()])
    6
    """

    def __init__(self, modules: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(modules)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return ModuleList([*self][index])
        return self.__dict__[_name_at(self, index)]

    def __setitem__(self, index: int, module: Any) -> None:
        setattr(self, _name_at(self, index), _checked(self, module))

    def __delitem__(self, index: int | slice) -> None:
        _delete(self, index)

    def __len__(self) -> int:
        return len(self._module_names)

    def __iter__(self) -> Iterator[Any]:
        return map(self.__dict__.__getitem__, self._module_names)

    def append(self, module: Any) -> Self:
        """Add a module at the end."""
        _append(self, module)
        return self

    def extend(self, modules: Iterable[Any]) -> Self:
        """Add modules at the end; ``TypeError`` for what is none."""
        for module in _listed(self, modules):
            _append(self, module)
        return self

    def __add__(self, other: Iterable[Any]) -> ModuleList:
        """The modules of both, as one of its kind."""
        return ModuleList([*self, *_listed(self, other)])

    def __iadd__(self, other: Iterable[Any]) -> Self:
        return self.extend(other)

    def pop(self, index: int = -1) -> Any:
        """Take a module out and give it."""
        module = self[index]
        _delete(self, index)
        return module

    def insert(self, index: int, module: Any) -> None:
        """Put a module in before the one at ``index``."""
        _insert(self, index, module)


@final
class ModuleDict(Module):
    """Modules by name, whose parameters are found.

    Examples
    --------
    >>> from twingrad import nn
    >>> heads = nn.ModuleDict({"mean": nn.Linear(4, 1), "scale": nn.Linear(4, 1)})
    >>> [*heads.keys()]
    ['mean', 'scale']
    """

    def __init__(self, modules: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def __getitem__(self, key: str) -> Any:
        if key not in self._module_names:
            raise KeyError(
                f"ModuleDict: there is no module {key!r}: the names are "
                f"{', '.join(self._module_names) or 'none'}"
            )
        return self.__dict__[key]

    def __setitem__(self, key: str, module: Any) -> None:
        _add(self, key, module)

    def __delitem__(self, key: str) -> None:
        self[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._module_names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._module_names)

    def __contains__(self, key: object) -> bool:
        return key in self._module_names

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._by_name().keys()

    def values(self) -> ValuesView[Any]:
        """The modules."""
        return self._by_name().values()

    def items(self) -> ItemsView[str, Any]:
        """The names and the modules."""
        return self._by_name().items()

    def _by_name(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in self._module_names}

    def update(self, modules: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add modules by name, or put them in the place of others."""
        for name, module in modules.items() if isinstance(modules, Mapping) else modules:
            self[name] = module

    def pop(self, key: str) -> Any:
        """Take a module out and give it."""
        module = self[key]
        del self[key]
        return module

    def clear(self) -> None:
        """Take all modules out."""
        for name in [*self]:
            del self[name]


def _checked(container: Module, module: Any) -> Any:
    if not isinstance(module, Module):
        raise TypeError(
            f"{type(container).__name__}: modules must be Modules, got {type(module).__name__}: "
            "write the class with parentheses, or wrap a function in a Module"
        )
    return module


def _add(container: Module, name: str, module: Any) -> None:
    container.add_module(name, _checked(container, module))


def _append(container: Module, module: Any) -> None:
    number = len(container._module_names)
    while str(number) in container._module_names:  # a slice keeps the names that it had
        number += 1
    _add(container, str(number), module)


def _listed(container: Module, modules: Any) -> list[Any]:
    if isinstance(modules, str) or not isinstance(modules, Iterable):
        raise TypeError(
            f"{type(container).__name__}: modules must be an iterable of Modules, got "
            f"{type(modules).__name__}: write [...] around one"
        )
    return [_checked(container, module) for module in modules]


def _name_at(container: Module, index: Any) -> str:
    """The name of the module at an index, which may be its name itself."""
    names = [*container._module_names]
    if isinstance(index, str) and index in names:
        return index
    try:
        name: str = names[index]
    except (IndexError, TypeError):
        raise IndexError(
            f"{type(container).__name__}: index must lie between {-len(names)} and "
            f"{len(names) - 1}, got {index!r}: it has {len(names)} modules"
        ) from None
    return name


def _renumbered(container: Module, modules: list[Any]) -> None:
    """Let these be the modules, called by their numbers."""
    for name in [*container._module_names]:
        delattr(container, name)
    for position, module in enumerate(modules):
        _add(container, str(position), module)


def _delete(container: Module, index: int | str | slice) -> None:
    modules = [container.__dict__[name] for name in container._module_names]
    if not isinstance(index, slice):
        index = [*container._module_names].index(_name_at(container, index))
    del modules[index]
    _renumbered(container, modules)


def _insert(container: Module, index: int, module: Any) -> None:
    modules = [container.__dict__[name] for name in container._module_names]
    if not -len(modules) <= index <= len(modules):
        raise IndexError(
            f"{type(container).__name__}: index must lie between {-len(modules)} and "
            f"{len(modules)}, got {index}: append() adds at the end"
        )
    if index == len(modules):
        _append(container, module)
        return
    modules.insert(index, _checked(container, module))
    _renumbered(container, modules)
