"""What is switched on around a block of code: recording of graphs, detection of anomalies.

The modes belong to the running thread or task, not to the process, and are put back when their
block ends, however it ends.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ContextDecorator, contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, ClassVar, Self

Witness = Callable[[Any, Sequence[Any], Sequence[Any], Any], None]
"""Called with an operation that was just applied, its operands, its parameters, and the result."""


@dataclass(frozen=True, slots=True)
class Mode:
    """What is switched on.

    Attributes
    ----------
    record : bool
        Whether operations record their graph.
    anomaly : bool
        Whether they refuse to make nan or inf.
    recorder : Recorder or None
        What notes everything that is done on tensors, for the compiler.
    tape : Recorder or None
        What notes everything that is done on Values.
    witness : callable or None
        What is told of every operation on Values and tensors.
    """

    record: bool = True
    anomaly: bool = False
    recorder: Any = None
    tape: Any = None
    witness: Witness | None = None


_PLAIN = Mode()

_mode: ContextVar[Mode | None] = ContextVar("twingrad_mode", default=None)

special_mode = _mode.get
"""The mode in force, or None for the plain one: one test on the fast path of an operation."""


def current_mode() -> Mode:
    """The mode in force."""
    return _mode.get() or _PLAIN


class _Switch(ContextDecorator):
    """A mode for a block of code; it can be entered again, also while it is entered."""

    _changes: ClassVar[Mapping[str, Any]]

    def __init__(self) -> None:
        self._tokens: list[Token[Mode | None]] = []

    def __enter__(self) -> None:
        mode = replace(current_mode(), **self._changes)
        self._tokens.append(_mode.set(None if mode == _PLAIN else mode))

    def __exit__(self, *exception: object) -> None:
        _mode.reset(self._tokens.pop())

    def _recreate_cm(self) -> Self:
        """A switch of its own for each call of a decorated function, in whatever thread."""
        return type(self)()


class no_grad(_Switch):
    """Build no graph inside this block: results are constants. A decorator too.

    >>> import twingrad
    >>> x = twingrad.Value(3.0)
    >>> with twingrad.no_grad():
    ...     y = x * x
    >>> y.requires_grad, y.parents
    (False, ())
    """

    _changes = MappingProxyType({"record": False})


class enable_grad(_Switch):
    """Build graphs inside this block, within a :class:`no_grad` block too. A decorator too.

    >>> import twingrad
    >>> x = twingrad.Value(3.0)
    >>> with twingrad.no_grad(), twingrad.enable_grad():
    ...     y = x * x
    >>> y.requires_grad
    True
    """

    _changes = MappingProxyType({"record": True})


class detect_anomaly(_Switch):
    """Raise ``FloatingPointError`` at the first operation that makes a nan or an infinity.

    Forward, an operation makes one if its value is nan and no input is, or if its value is
    infinite and its inputs are finite. Backward, a contribution ``upstream * local derivative``
    makes one if it is nan or infinite and the upstream gradient is not, and so does a sum of
    contributions that overflows. The message names the operation, the formula and the numbers.

    >>> import twingrad
    >>> x = twingrad.Value(0.0, label="x")
    >>> with twingrad.detect_anomaly():
    ...     x.log()
    Traceback (most recent call last):
    FloatingPointError: log made the first inf: log(x) = log(0.0) = -inf; keep x > 0
    """

    _changes = MappingProxyType({"anomaly": True})


def recorder_set(recorder: Any) -> AbstractContextManager[None]:
    """Have everything that is done on tensors in this block noted by a recorder, or by none."""
    return _changed(recorder=recorder)


def tape_set(tape: Any) -> AbstractContextManager[None]:
    """Have everything that is done on Values in this block noted by a tape, or by none."""
    return _changed(tape=tape)


def witnessed(witness: Witness) -> AbstractContextManager[None]:
    """Tell a witness of every operation that is applied to Values and tensors in this block."""
    return _changed(witness=witness)


@contextmanager
def _changed(**changes: Any) -> Iterator[None]:
    mode = replace(current_mode(), **changes)
    token = _mode.set(None if mode == _PLAIN else mode)
    try:
        yield
    finally:
        _mode.reset(token)
