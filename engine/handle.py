"""Hooks, and the handles by which they are taken away again."""

from collections.abc import Callable
from itertools import count
from typing import Any, Self

from .changes import changes
from .checks import check_function

Hook = Callable[..., Any]

_keys = count()


class Handle:
    """What registering a hook gives: a way to take the hook away again."""

    __slots__ = ("_hooks", "_key")

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks = hooks
        self._key = key

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Take the hook away; a second time it does nothing."""
        changes.count += 1
        self._hooks.pop(self._key, None)


def added(hooks: dict[int, Any], hook: Hook, what: str) -> Handle:
    """Register a hook; ``TypeError``, beginning with ``what``, for what cannot be called."""
    check_function(hook, f"{what}: hook")
    changes.count += 1
    key = next(_keys)
    hooks[key] = hook
    return Handle(hooks, key)
