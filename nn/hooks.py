"""Hooks of modules: functions that are called before and after ``forward``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from ..engine.handle import Handle

Hook = Callable[..., Any]

_keys = count()


class Hooks:
    """The hooks of one module, in the order in which they were registered."""

    __slots__ = ("after", "before")

    def __init__(self) -> None:
        self.before: dict[int, tuple[Hook, bool]] = {}
        self.after: dict[int, tuple[Hook, bool]] = {}


def add(hooks: dict[int, tuple[Hook, bool]], hook: Hook, with_kwargs: bool, what: str) -> Handle:
    """Register a hook; ``TypeError`` for what cannot be called."""
    if not callable(hook):
        raise TypeError(
            f"{what}: hook must be a function, got {type(hook).__name__} {hook!r:.40}: pass the "
            "function itself"
        )
    key = next(_keys)
    hooks[key] = (hook, with_kwargs)
    return Handle(hooks, key)


def called(module: Any, hooks: Hooks, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The output of a module between its hooks.

    What a hook before ``forward`` gives replaces the arguments, and what one behind it gives the
    output; None leaves them as they are.
    """
    for hook, with_kwargs in [*hooks.before.values()]:
        if with_kwargs:
            changed = hook(module, args, kwargs)
            if changed is not None:
                args, kwargs = changed
        else:
            changed = hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
    output = module.forward(*args, **kwargs)
    for hook, with_kwargs in [*hooks.after.values()]:
        changed = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
        if changed is not None:
            output = changed
    return output
