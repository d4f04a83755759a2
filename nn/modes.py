"""The modes of modules, training or evaluation, for the time of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .module import Module


@contextmanager
def modes_kept(module: Module) -> Iterator[None]:
    """Leave a module, and all in it, in their modes behind the block, whatever it sets them to."""
    modes = [(each, each.training) for each in module.modules()]
    try:
        yield
    finally:
        for each, mode in modes:
            each.training = mode
