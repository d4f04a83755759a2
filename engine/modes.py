"""What is switched on around a block of code: recording of graphs, detection of anomalies.

The modes belong to the running thread or task, not to the process, and are put back when their
block ends, however it ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Mode:
    """Whether operations record their graph, and whether they refuse to make nan or inf."""

    record: bool = True
    anomaly: bool = False


_PLAIN = Mode()

_mode: ContextVar[Mode | None] = ContextVar("twingrad_mode", default=None)

special_mode = _mode.get
"""The mode in force, or None for the plain one: one test on the fast path of an operation."""


def current_mode() -> Mode:
    """The mode in force."""
    return _mode.get() or _PLAIN


@contextmanager
def _changed(**changes: bool) -> Iterator[None]:
    mode = replace(current_mode(), **changes)
    token = _mode.set(None if mode == _PLAIN else mode)
    try:
        yield
    finally:
        _mode.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Build no graph inside this block: results are constants. A decorator too.

    >>> import twingrad
    >>> x = twingrad.Value(3.0)
    >>> with twingrad.no_grad():
    ...     y = x * x
    >>> y.requires_grad, y.parents
    (False, ())
    """
    with _changed(record=False):
        yield


@contextmanager
def enable_grad() -> Iterator[None]:
    """Build graphs inside this block, within a :func:`no_grad` block too. A decorator too.

    >>> import twingrad
    >>> x = twingrad.Value(3.0)
    >>> with twingrad.no_grad(), twingrad.enable_grad():
    ...     y = x * x
    >>> y.requires_grad
    True
    """
    with _changed(record=True):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise ``FloatingPointError`` at the first operation that makes a nan or an infinity.

    Forward, an operation makes one if its value is nan and no input is, or if its value is
    infinite and its inputs are finite. Backward, a contribution ``upstream * local derivative``
    makes one if it is nan or infinite and the upstream gradient is not. The message names the
    operation, the formula and the numbers.

    >>> import twingrad
    >>> x = twingrad.Value(0.0, label="x")
    >>> with twingrad.detect_anomaly():
    ...     x.log()
    Traceback (most recent call last):
    FloatingPointError: log made the first inf: log(x) = log(0.0) = -inf; keep x > 0
    """
    with _changed(anomaly=True):
        yield
