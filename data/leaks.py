"""What makes a test too easy: rows in two parts, and columns that give the answer away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from .columns import Column, is_missing, is_text
from .dataset import Dataset
from .holdout import Holdout, unopened
from .mapped import Numbers
from .scaling import blocks
from .splits import Parts
from .table import Table
from .targets import is_classes
from .wording import counted

NEARLY_ONE = 0.9999
"""The size of a correlation above which a column is the target in another unit."""

_GLANCE = 1000
"""How many rows show of most columns that they are not the target."""

_FEWEST = 10
"""In fewer rows anything agrees with anything."""


@final
@dataclass(frozen=True, slots=True)
class Leak:
    """Something that training rows tell about the rows they are tested on, or about the answers.

    Attributes
    ----------
    kind : {"rows", "column"}
        Rows that are in two parts, or a column that says what the target is.
    sentence : str
        What was found, and what to do.
    parts : tuple of str
        The parts that share rows, such as ``("train", "test")``; for a column ``("train",)``.
    rows : tuple of pairs of int
        The rows of the first part and of the second that are the same, counted from 0: one pair for
        each row of the second part, with the first such row of the first part.
    column : str
        The name of the column; empty for rows.
    """

    kind: Literal["rows", "column"]
    sentence: str
    parts: tuple[str, ...]
    rows: tuple[tuple[int, int], ...] = ()
    column: str = ""

    def __str__(self) -> str:
        return self.sentence


def leaks(
    train: Table | Dataset | Parts[Any],
    validation: Table | Dataset | None = None,
    test: Table | Dataset | Holdout[Any] | None = None,
) -> list[Leak]:
    """Find rows that are in two parts, and columns that give the target away.

    Rows are the same if all their inputs are, whatever their targets. A column of the training part
    gives the target away if its correlation with it is beyond ±0.9999, or, where the target is
    classes, if each class has a value of its own in it. Fewer than ten rows are not looked at for
    it. Large parts are read in blocks.

    Parameters
    ----------
    train, validation, test : Table or Dataset
        The parts, of one kind; tables must say their target. ``Parts``, as ``split`` gives them,
        are all three. A ``Holdout`` stays closed: only rows that others have are told of.

    Returns
    -------
    list of Leak
        Nothing, if all is well.

    Raises
    ------
    TypeError
        If parts are of different kinds.
    ValueError
        If tables have no target, or not the same columns.

    Examples
    --------
    >>> from twingrad.data import Dataset, leaks
    >>> train = Dataset([[1.0, 5.0], [2.0, 3.0], [3.0, 4.0]], [0.5, 0.1, 0.2])
    >>> test = Dataset([[2.0, 3.0], [9.0, 9.0]], [0.1, 0.3])
    >>> for leak in leaks(train, test=test):
    ...     print(leak)
    1 row of test is in train as well: remove copies before splitting, or split by groups
    """
    if isinstance(train, Parts):
        return leaks(train.train, train.validation, train.test)
    last = unopened(test) if isinstance(test, Holdout) else test
    named = {"train": train, "validation": validation, "test": last}
    parts = {name: part for name, part in named.items() if part is not None}
    for name, part in parts.items():
        if not isinstance(part, Table | Dataset) or type(part) is not type(train):
            raise TypeError(
                f"leaks: parts must all be Tables or all be Datasets, got {type(part).__name__} as "
                f"{name}: compare them before or after preparation"
            )
    keys = {name: _keys(part, train) for name, part in parts.items()}
    found = [_shared(keys, *pair) for pair in combinations(parts, 2)]
    return [leak for leak in found if leak] + _telling_columns(train)


def _shared(keys: dict[str, list[bytes]], first: str, second: str) -> Leak | None:
    """The rows of the second part that are in the first."""
    places = {key: row for row, key in reversed([*enumerate(keys[first])])}
    rows = [(places[key], row) for row, key in enumerate(keys[second]) if key in places]
    if not rows:
        return None
    are = "is" if len(rows) == 1 else "are"
    sentence = (
        f"{counted(len(rows), 'row')} of {second} {are} in {first} as well: remove copies before "
        "splitting, or split by groups"
    )
    return Leak("rows", sentence, (first, second), tuple(rows))


def _keys(part: Table | Dataset, train: Table | Dataset) -> list[bytes]:
    """What is equal for rows that have the same inputs."""
    if isinstance(part, Table) and isinstance(train, Table):
        target, names = _target(train), train.names
        columns = [_cells(part.column(name)) for name in names if name != target]
        return [_digest(repr(row).encode()) for row in zip(*columns)]
    return [*_array_keys(part.x)] if isinstance(part, Dataset) else []


def _array_keys(x: Numbers) -> Iterator[bytes]:
    for part in blocks(x):
        block = np.asarray(x[part], dtype=np.float64) + 0.0  # which makes -0.0 the 0.0 it equals
        for row in block.reshape(len(block), -1):
            yield _digest(row.tobytes())


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()


def _cells(column: Column) -> list[Any]:
    """Cells that are equal in ``repr`` where they are equal."""
    cells: list[Any] = column.tolist() if is_text(column) else (column + 0.0).tolist()
    return cells


def _target(table: Table) -> str:
    if table.target is None:
        raise ValueError(
            "leaks: target must be said in the table, got none: write table.with_target(...)"
        )
    return table.target


def _telling_columns(train: Table | Dataset) -> list[Leak]:
    if len(train) < _FEWEST:
        return []
    if isinstance(train, Table):
        target = _target(train)
        answers = train.column(target)
        classes = is_classes(answers, target, train.numbers)
        cells = ((name, train.column(name)) for name in train.names if name != target)
        return _told(cells, answers, classes, target)
    if train.x.ndim != 2 or train.y.ndim != 1:
        return []
    columns = ((name, np.asarray(train.x[:, k])) for k, name in enumerate(train.features))
    return _told(columns, np.asarray(train.y), train.classes is not None, train.target)


def _told(
    columns: Iterable[tuple[str, Column]], answers: NDArray[Any], classes: bool, target: str
) -> list[Leak]:
    found = []
    for name, column in columns:
        how = _agreement(column, answers, classes)
        if how:
            sentence = f"column {name!r} {how} the target {target!r}: leave it out"
            found.append(Leak("column", sentence, ("train",), column=name))
    return found


def _agreement(column: Column, answers: NDArray[Any], classes: bool) -> str:
    """In which way a column is the target, if it is."""
    if is_missing(column).any():
        return ""
    is_numbers = not is_text(column) and answers.dtype != object
    if is_numbers and np.array_equal(column, answers):
        return "is equal to"
    if classes:
        return "has a value of its own for each class of" if _one_to_one(column, answers) else ""
    if is_numbers and abs(_correlation(column, answers)) > NEARLY_ONE:
        return "is, but for its unit,"
    return ""


def _one_to_one(column: Column, answers: NDArray[Any]) -> bool:
    if len(np.unique(column[:_GLANCE])) != len(np.unique(answers[:_GLANCE])):
        return False  # as most columns, which need no further look
    values, classes = (np.unique(each, return_inverse=True) for each in (column, answers))
    pairs = set(zip(values[1].tolist(), classes[1].tolist(), strict=True))
    return len(values[0]) == len(classes[0]) == len(pairs)


def _correlation(column: Column, answers: NDArray[Any]) -> float:
    """Pearson's correlation; 0 where it is not defined."""
    a, b = (_standardized(each.astype(np.float64)) for each in (column, answers))
    return float(a @ b / len(a))


def _standardized(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.abs(numbers).max()
    shares = numbers / size if 0 < size < np.inf else np.zeros_like(numbers)
    std = shares.std()
    return (shares - shares.mean()) / std if std else np.zeros_like(numbers)
