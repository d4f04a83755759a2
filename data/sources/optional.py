"""Packages that not everybody has, imported where they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def needed(package: str, what: str, extra: str = "cli") -> Any:
    """A module of a package that comes with an extra of ours.

    Raises ``ModuleNotFoundError``, beginning with ``what`` needs it, if it is not installed.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name is None or not package.startswith(error.name):
            raise
        raise ModuleNotFoundError(
            f'{what} needs {package.partition(".")[0]}: pip install "twingrad[{extra}]"',
            name=error.name,
        ) from None
