"""How modules are made: what is said of arguments that belong elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any


def check_arguments(kind: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Raise ``TypeError`` for arguments that a class of modules does not take, with the cure.

    What Python says well by itself is left to it.
    """
    try:
        signature(kind.__init__).bind(None, *args, **kwargs)  # type: ignore[misc]
    except TypeError as error:
        if "inplace" in kwargs or (args and isinstance(args[-1], bool)):
            cure = "leave inplace out, as no module overwrites its input"
        elif "positional" in str(error):
            cure = call_cure(kind)
        else:
            return
        raise TypeError(f"{kind.__name__}: {error}: {cure}") from None


def call_cure(kind: type) -> str:
    """What to do where a class was called in the place of a module of it."""
    forward = signature(kind.forward)  # type: ignore[attr-defined]
    inputs = ", ".join([*forward.parameters][1:])
    return f"make a module first and call that, as in {kind.__name__}()({inputs})"
