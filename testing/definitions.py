"""What a snippet imports and defines before it does anything."""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, final

import numpy as np

from ..engine.formula import Formula
from .adapters.adapter import Adapter
from .expressions import expression
from .module_code import is_module, module_state
from .sources import import_path, source_of

_CONSTANT = (bool, int, float, str, bytes, type(None), tuple)
"""What may be one object in two places without meaning the same."""

_TAKEN = ("functools", "np", "testing", "twingrad")
"""What snippets import under these names."""

_CALLABLE = (type, FunctionType, BuiltinFunctionType, np.ufunc, Formula)


@final
class Definitions:
    """Lines of code, in order, that give names to things.

    Attributes
    ----------
    imports, lines : list of str
        What is imported, and what is defined behind that.
    missing : list of str
        What could not be written: ``"draws (Generator)"``.
    has_alike : bool
        Whether large arrays were replaced by random ones that are like them.

    Examples
    --------
    >>> definitions = Definitions()
    >>> definitions.bind("w", [1.0, float("inf")])
    'w'
    >>> definitions.lines
    ['w = [1.0, float("inf")]']
    """

    def __init__(self) -> None:
        self.imports: list[str] = []
        self.lines: list[str] = []
        self.missing: list[str] = []
        self.has_alike = False
        self._named: dict[str, Any] = {}

    def bind(self, name: str, thing: Any) -> str:
        """Let a name mean something; the name that does comes back."""
        if name in self._named:
            if self._named[name] is not thing:
                self.missing.append(f"another {name} ({_kind(thing)})")
            return name
        known = self._name_of(thing)
        self._named[name] = thing
        if known:
            self.assign(name, known)
        elif isinstance(thing, ModuleType):
            self.use(thing.__name__, name)
        elif not self._import(name, thing) and not self._define(name, thing):
            code = expression(thing, self)
            if code is None:
                self.missing.append(f"{name} ({_kind(thing)})")
            self.assign(name, "..." if code is None else code)
            if is_module(thing) and code is not None:
                self.lines += [f"{name}.{line}" for line in module_state(thing, self)]
        return name

    def code(self, thing: Any) -> str | None:
        """An expression for something, a name if one means it; None if there is none."""
        if known := self._name_of(thing):
            return known
        if is_module(thing):
            return self.named("model", thing)
        if isinstance(thing, _CALLABLE):
            own = thing.name if isinstance(thing, Formula) else thing.__name__
            return self.bind(self.free(own if own.isidentifier() else "function"), thing)
        return expression(thing, self)

    def _name_of(self, thing: Any) -> str:
        """A name that means something already; empty if there is none."""
        if isinstance(thing, _CONSTANT):
            return ""
        for name, known in self._named.items():
            if known is thing:
                return name
            if is_module(known):
                for path, parameter in known.named_parameters():
                    if parameter is thing:
                        return f'{name}.get_parameter("{path}")'
        return ""

    def named(self, name: str, thing: Any) -> str:
        """An expression for something that may get this name, or one like it."""
        if isinstance(thing, Adapter):
            return expression(thing, self) or name
        if isinstance(thing, _CALLABLE) and getattr(thing, "__name__", "") != "<lambda>":
            return self.code(thing) or name
        if is_module(thing) and name == "f":
            name = "model"
        return self.bind(self.free(name), thing)

    def free(self, name: str) -> str:
        """A name like this one that means nothing yet."""
        while name in self._named or name in _TAKEN:
            name += "_"
        return name

    def assign(self, name: str, code: str) -> None:
        """Let a name mean what some code gives."""
        if code != name:
            self.lines.append(f"{name} = {code}")

    def use(self, package: str, name: str = "") -> None:
        """Import a module as a whole."""
        self._add(f"import {package}" + (f" as {name}" if name not in ("", package) else ""))

    def _add(self, line: str) -> None:
        if line not in self.imports:
            self.imports.append(line)

    def _import(self, name: str, thing: Any) -> bool:
        """Import a function or class, if it can be."""
        path = _path(thing) if isinstance(thing, _CALLABLE) else None
        if path is None:
            return False
        module, own = path
        if "." in own:
            self._add(f"from {module} import {own.partition('.')[0]}")
            self.assign(name, own)
        elif (module, own) != ("builtins", name):
            self._add(f"from {module} import {own}" + (f" as {name}" if name != own else ""))
        return True

    def _import_from(self, module: str, name: str, thing: Any) -> None:
        """Import a variable of the module that some code is from."""
        if name not in self._named and not isinstance(thing, ModuleType):
            self._named[name] = thing
            self._add(f"from {module} import {name}")
        else:
            self.bind(name, thing)

    def _define(self, name: str, thing: Any) -> bool:
        """Write the source of a function or class, and before it what that needs."""
        source = source_of(thing) if isinstance(thing, type | FunctionType) else None
        if source is None:
            return False
        if source.name:
            self._named[source.name] = thing
        for needed, what in source.needs.items():
            if source.module and vars(sys.modules[source.module]).get(needed) is what:
                self._import_from(source.module, needed, what)
            else:
                self.bind(needed, what)
        if source.name:
            self.lines += ["", source.text, ""]
        self.assign(name, source.name or source.text)
        return True


def _kind(thing: Any) -> str:
    return "class" if isinstance(thing, type) else type(thing).__name__


def _path(thing: Any) -> tuple[str, str] | None:
    """Where a function or class is imported from."""
    if isinstance(thing, Formula):
        return ("twingrad", thing.name) if thing.is_built_in else None
    if isinstance(thing, np.ufunc):
        name = thing.__name__
        return ("numpy", name) if vars(np).get(name) is thing else None
    return import_path(thing)
