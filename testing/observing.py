"""Who is told of each finished check, such as the plugin for pytest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .report import Report

_observers: ContextVar[tuple[Callable[[Report], None], ...]] = ContextVar("observers", default=())


@contextmanager
def observed(observer: Callable[[Report], None]) -> Iterator[None]:
    """Have ``observer`` called with the report of each check that ends in the block.

    Blocks may be nested: all their observers are called, the outermost first.

    Examples
    --------
    >>> from twingrad.testing import gradcheck
    >>> reports = []
    >>> with observed(reports.append):
    ...     _ = gradcheck(lambda x: x * x, 3.0)
    >>> [report.ok for report in reports]
    [True]
    """
    token = _observers.set((*_observers.get(), observer))
    try:
        yield
    finally:
        _observers.reset(token)


def tell(report: Report) -> None:
    """Hand a finished report to whoever observes, before it is returned or raised."""
    for observer in _observers.get():
        observer(report)
