"""The source of functions and classes, and where they can be imported from."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from textwrap import dedent
from types import FunctionType, ModuleType
from typing import Any, NamedTuple


class Source(NamedTuple):
    """The code of a function or class.

    Attributes
    ----------
    text : str
        A ``def``, a ``class``, or the expression of a lambda.
    name : str
        What it defines; empty for a lambda.
    needs : mapping of str to object
        The names that it takes from around it, and what these are.
    module : str
        Where those of them can be imported from that are no variables of a function around it;
        empty if that module cannot be.
    """

    text: str
    name: str
    needs: Mapping[str, Any]
    module: str


def source_of(thing: Any) -> Source | None:
    """The code of a function or class; None where it cannot be found."""
    try:
        is_lambda = isinstance(thing, FunctionType) and thing.__name__ == "<lambda>"
        text = _lambda_text(thing) if is_lambda else _definition(thing)
        tree = ast.parse(text)
    except (OSError, TypeError, SyntaxError):  # typed in, made by a library, or changed since
        return None
    name = "" if is_lambda else thing.__name__
    around = _around(inspect.unwrap(thing))
    needs = {each: around[each] for each in _names(tree) if each in around and each != name}
    module = sys.modules.get(thing.__module__)
    is_found = module is not None and is_importable(module)
    return Source(text, name, needs, thing.__module__ if is_found else "")


def _definition(thing: Any) -> str:
    """The ``def`` or ``class``, with those decorators that made ``thing`` what it is."""
    text = dedent(inspect.getsource(thing)).rstrip()
    (node,) = ast.parse(text).body
    if isinstance(node, ast.FunctionDef) and inspect.unwrap(thing) is thing:
        return "\n".join(text.splitlines()[node.lineno - 1 :])
    return text


def _lambda_text(function: FunctionType) -> str:
    """The expression of a lambda, found by the place of its body in the file."""
    lines, _ = inspect.findsource(function)
    text = "".join(lines)
    places = set(function.__code__.co_positions())
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Lambda):
            body = node.body
            place = body.lineno, body.end_lineno, body.col_offset, body.end_col_offset
            if place in places and node.lineno == function.__code__.co_firstlineno:
                found = ast.get_source_segment(text, node) or ""
                return f"({found})" if "\n" in found else found
    raise OSError("the file has changed")


def _around(thing: Any) -> dict[str, Any]:
    """What names mean in the code of a function or class: module, then closures."""
    if isinstance(thing, FunctionType):
        return {**thing.__globals__, **_closure(thing)}
    around = dict(vars(sys.modules[thing.__module__]))
    for member in vars(thing).values():
        if isinstance(member, FunctionType):
            around |= _closure(member)
    return around


def _closure(function: FunctionType) -> dict[str, Any]:
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    found.pop("__class__", None)
    return found


def _names(tree: ast.AST) -> list[str]:
    """The names that code reads without having set them, in order."""
    read: dict[str, None] = {}
    own: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(name, ast.Load()):
                read[name] = None
            case ast.Name(name) | ast.arg(name):
                own.add(name)
    return [name for name in read if name not in own]


def import_path(thing: Any) -> tuple[str, str] | None:
    """The module and the name in it by which something can be imported anywhere; else None.

    Of several modules that hold it, it is the outermost. The name of a method has a dot in it.

    >>> import numpy as np
    >>> import_path(np.linalg.norm), import_path(lambda x: x)
    (('numpy.linalg', 'norm'), None)
    """
    names = {getattr(thing, "__name__", ""), getattr(thing, "__qualname__", "")}
    parts = (getattr(thing, "__module__", None) or type(thing).__module__).split(".")
    for length in range(1, len(parts) + 1):
        path = ".".join(parts[:length])
        module = sys.modules.get(path)
        for name in sorted(names):
            if module is not None and _part(module, name) is thing and is_importable(module):
                return path, name
    return None


def _part(module: ModuleType, path: str) -> Any:
    """What stands in a module under a name, or under names with dots between; None if nothing."""
    found: Any = module
    for name in path.split("."):
        if isinstance(found, ModuleType):
            found = vars(found).get(name)
        else:
            found = getattr(found, name, None) if isinstance(found, type) else None
    return found


def is_importable(module: ModuleType) -> bool:
    """Whether another process finds this module; files of tests are taken for such it does not."""
    file = Path(getattr(module, "__file__", None) or "")
    if module.__name__ == "__main__" or file.stem.startswith(("test_", "conftest")):
        return False
    spec = _spec(module.__name__)
    return spec is not None and (
        spec.origin in (None, "built-in", "frozen") or Path(spec.origin) == file
    )


def _spec(name: str) -> ModuleSpec | None:
    """What Python's finders know of a module, whether or not it is loaded."""
    found: ModuleSpec | None = None
    path = None
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        found = next(_found(".".join(parts[:length]), path), None)
        if found is None:
            return None
        path = found.submodule_search_locations
    return found


def _found(name: str, path: Any) -> Iterator[ModuleSpec]:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path)
        if spec is not None:
            yield spec
