"""Handles: how hooks are taken away again."""

from typing import Any, Self


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
        self._hooks.pop(self._key, None)
