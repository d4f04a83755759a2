"""Modules drawn as a tree, with shapes and counts."""

from __future__ import annotations

from typing import Any


def drawn(module: Any) -> str:
    """The module with what it is made of."""
    return f"{type(module).__name__}({module.extra_repr()})"


class Summary:
    """A table of the modules."""

    def __init__(self, module: Any, input_shape: Any) -> None:
        self.module = module
