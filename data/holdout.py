"""The part of the data that is looked at once, when everything is decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Generic, TypeVar, final

from numpy.typing import NDArray

from .dataset import Dataset
from .table import Table
from .wording import counted

Data = TypeVar("Data", Dataset, Table, Table | Dataset)
"""What has rows that can be divided; either, where a source does not say which it gives."""

_training: ContextVar[bool] = ContextVar("twingrad_training", default=False)


@contextmanager
def training() -> Iterator[None]:
    """Training is going on inside this block: no :class:`Holdout` opens.

    It belongs to the running thread or task, can be entered again while it is entered, and ends
    with its block, however that ends. A training loop enters it; so can a search by hand.

    Examples
    --------
    >>> from twingrad import data
    >>> from twingrad.data import toys
    >>> parts = data.split(toys.moons(100))
    >>> with data.training():
    ...     parts.test.open()
    Traceback (most recent call last):
    RuntimeError: Holdout: the test part must stay closed while training is going on
    """
    token = _training.set(True)
    try:
        yield
    finally:
        _training.reset(token)


def unopened(part: Holdout[Data]) -> Data:
    """The rows of a part, for what tells nothing of them but whether they are those of others.

    Raises ``RuntimeError`` while training is going on.
    """
    part.check_closed()
    return part._data[part._rows]


def is_training() -> bool:
    """Whether a :func:`training` block is around the caller."""
    return _training.get()


@final
class Holdout(Generic[Data]):
    """A part of data that opens once, for the last test, and never during training.

    What has been looked at has been chosen by: a measure on data that had a say in any choice is
    too good. Its length and its description are free.

    Parameters
    ----------
    data : Dataset or Table
        The whole.
    rows : array of shape (N,)
        The rows of it that are held out.

    Examples
    --------
    >>> from twingrad import data
    >>> from twingrad.data import toys
    >>> parts = data.split(toys.moons(200))
    >>> parts.test
    <20 rows of moons, held out for the last test>
    >>> test = parts.test.open()
    >>> len(test), parts.test
    (20, <20 rows of moons, opened for the last test>)
    """

    _data: Data

    def __init__(self, data: Data, rows: NDArray[Any]) -> None:
        self._data = data
        self._rows = rows
        self._opened = False
        self._lock = Lock()

    @property
    def opened(self) -> bool:
        """Whether it has been opened."""
        return self._opened

    def open(self) -> Data:
        """The rows, once.

        Raises ``RuntimeError`` where it has been opened before, and while training is going on.
        """
        self.check_closed()
        with self._lock:
            if self._opened:
                raise RuntimeError(
                    "Holdout: the test part opens once, and has been opened: keep what open() "
                    "gave, or split off a new test part that had no say in any choice"
                )
            found = self._data[self._rows]
            self._opened = True
        return found

    def check_closed(self) -> None:
        """Raise ``RuntimeError`` while training is going on."""
        if is_training():
            raise RuntimeError(
                "Holdout: the test part must stay closed while training is going on: choose by "
                "the validation part, and open it once when all is decided"
            )

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        word = "opened" if self._opened else "held out"
        whole = self._data.name or "a data set"
        return f"<{counted(len(self), 'row')} of {whole}, {word} for the last test>"
