"""How modules are made: what is said of arguments that belong elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any


def check_arguments(kind: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Raise ``TypeError`` for arguments that a class of modules does not take, with the cure.

    Those that are missing, and names that are unknown everywhere, are left to Python.
    """
    try:
        signature(kind.__init__).bind(None, *args, **kwargs)  # type: ignore[misc]
    except TypeError as error:
        if "inplace" in kwargs or (args and isinstance(args[-1], bool)):
            raise TypeError(
                f"{kind.__name__}: inplace is left out, as no module overwrites its input, got "
                f"{kwargs.get('inplace', args[-1:])!r}: write it without"
            ) from None
        if args and "positional" in str(error):
            raise TypeError(f"{kind.__name__}: {error}, got {len(args)}: {call_cure(kind)}") from None


def call_cure(kind: type) -> str:
    """What to do where a class was called in the place of a module of it."""
    forward = signature(kind.forward)  # type: ignore[attr-defined]
    inputs = ", ".join([*forward.parameters][1:])
    return f"make a module first and call that, as in {kind.__name__}()({inputs})"
