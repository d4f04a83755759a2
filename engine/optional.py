"""Packages that not everybody has, imported where they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_CLI = 'pip install "twingrad[cli]"'


def needed(package: str, what: str, command: str = _CLI) -> Any:
    """A module of a package that does not come with this one.

    Raises ``ModuleNotFoundError``, beginning with ``what`` needs it, if it is not installed; it
    ends with the ``command`` that installs it.

    >>> needed("math", "area").pi
    3.141592653589793
    >>> needed("no_such_package.part", "area", "pip install no_such_package")
    Traceback (most recent call last):
    ModuleNotFoundError: area needs no_such_package: pip install no_such_package
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{package}.".startswith(f"{error.name}."):
            raise
        root = package.partition(".")[0]
        raise ModuleNotFoundError(f"{what} needs {root}: {command}", name=error.name) from None
