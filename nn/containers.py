"""Modules made of modules: one behind the other, in a list, by name."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, Self, final, overload

from .module import Module

_LOOP = "call the modules in it, or use nn.Sequential, which calls one after the other"


class Series(Module):
    """Modules in an order, called by their numbers. Abstract: see Sequential and ModuleList."""

    def __setitem__(self, index: int, module: Any) -> None:
        setattr(self, self._name_at(index), _checked(self, module))

    def __delitem__(self, index: int | str | slice) -> None:
        modules = [*self]
        if not isinstance(index, slice):
            index = [*self._module_names].index(self._name_at(index))
        del modules[index]
        self._renumber(modules)

    def __len__(self) -> int:
        return len(self._module_names)

    def __iter__(self) -> Iterator[Any]:
        return map(self.__dict__.__getitem__, self._module_names)

    def __iadd__(self, other: Iterable[Any]) -> Self:
        return self.extend(other)

    def append(self, module: Any) -> Self:
        """Add a module at the end."""
        number = len(self)
        while str(number) in self._module_names:  # a slice keeps the names that it had
            number += 1
        _add(self, str(number), module)
        return self

    def extend(self, modules: Iterable[Any]) -> Self:
        """Add modules at the end; ``TypeError`` for what is none."""
        for module in _listed(self, modules):
            self.append(module)
        return self

    def pop(self, index: int | str = -1) -> Any:
        """Take a module out and give it."""
        module = self.__dict__[self._name_at(index)]
        del self[index]
        return module

    def insert(self, index: int, module: Any) -> Self:
        """Put a module in before the one at ``index``; ``IndexError`` for one that is not there."""
        modules = [*self]
        if not -len(modules) <= index <= len(modules):
            raise IndexError(
                f"{type(self).__name__}: index must lie between {-len(modules)} and "
                f"{len(modules)}, got {index}: append() adds at the end"
            )
        if index == len(modules):
            return self.append(module)
        modules.insert(index, _checked(self, module))
        self._renumber(modules)
        return self

    def _name_at(self, index: int | str) -> str:
        """The name of the module at an index, which may be its name itself."""
        names = [*self._module_names]
        if isinstance(index, str) and index in names:
            return index
        try:
            name: str = names[index]  # type: ignore[index]
        except (IndexError, TypeError):
            raise IndexError(
                f"{type(self).__name__}: index must lie between {-len(names)} and "
                f"{len(names) - 1}, got {index!r}: it has {len(names)} modules"
            ) from None
        return name

    def _renumber(self, modules: Iterable[Any]) -> None:
        """Let these be the modules, called by their numbers."""
        for name in [*self._module_names]:
            delattr(self, name)
        for position, module in enumerate(modules):
            _add(self, str(position), module)


@final
class Sequential(Series):
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
        if len(modules) == 1 and isinstance(modules[0], list | tuple):
            raise TypeError(
                f"Sequential: modules must be given one by one, got a {type(modules[0]).__name__}: "
                "write nn.Sequential(*layers)"
            )
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
        return self.__dict__[self._name_at(index)]

    def __add__(self, other: Iterable[Any]) -> Sequential:
        """The modules of both, as one of its kind."""
        return Sequential(*self, *_listed(self, other))


@final
class ModuleList(Series):
    """Modules in a list, whose parameters are found; what is done with them is up to you.

    Examples
    --------
    >>> from twingrad import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> len([*layers.parameters()])
    6
    """

    _forward_cure = _LOOP

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
        return self.__dict__[self._name_at(index)]

    def __add__(self, other: Iterable[Any]) -> ModuleList:
        """The modules of both, as one of its kind."""
        return ModuleList([*self, *_listed(self, other)])


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

    _forward_cure = _LOOP

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


def _listed(container: Module, modules: Any) -> list[Any]:
    if isinstance(modules, str) or not isinstance(modules, Iterable):
        raise TypeError(
            f"{type(container).__name__}: modules must be an iterable of Modules, got "
            f"{type(modules).__name__}: write [...] around one"
        )
    return [_checked(container, module) for module in modules]
