"""A table as it comes from a file: columns of numbers and of text, some cells missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from .columns import Column, column_from
from .dataset import Task
from .rows import chosen_rows
from .targets import as_numbers, is_classes
from .wording import counted, listed, shortened, suggestion


@final
class Table:
    """Columns by name: numbers as float64 with nan for missing ones, text with None for missing.

    It is what tables in files are read into. :class:`~twingrad.data.Preparation` turns it into a
    :class:`~twingrad.data.Dataset` of numbers only.

    Parameters
    ----------
    columns : mapping of str to sequence
        The cells of each column, all of them numbers or all of them text; None and nan are missing
        cells. Truth values become the texts "False" and "True".
    target : str, optional
        The column that is to be predicted.
    name : str
        What the whole is called.

    Attributes
    ----------
    names : tuple of str
        The names of the columns, in order.
    target : str or None
    name : str
    numbers : array of shape (N,)
        The number of each row where the table was read, counted from 1. Parts keep them, so that
        errors in a part name the row as it is in the file.
    decimal_commas : frozenset of str
        The columns that were read with a comma before their decimals: see
        :func:`~twingrad.data.read_csv`.

    Raises
    ------
    TypeError
        For a column that mixes numbers and text.
    ValueError
        If there are no columns or rows, columns differ in length, or there is no such target.

    Examples
    --------
    >>> from twingrad.data import Table
    >>> table = Table({"age": [31, None, 58], "color": ["red", "blue", None]}, target="color")
    >>> table
    Table: 3 rows, 2 columns: 'age', 'color'; target 'color'
    >>> table[1:].column("age")
    array([nan, 58.])
    """

    names: tuple[str, ...]
    target: str | None
    name: str
    numbers: NDArray[np.int64]
    decimal_commas: frozenset[str]

    def __init__(
        self, columns: Mapping[str, Any], *, target: str | None = None, name: str = ""
    ) -> None:
        if not isinstance(columns, Mapping) or not all(isinstance(each, str) for each in columns):
            raise TypeError(
                f"Table: columns must be a dictionary of names and cells, got {columns!r:.60}: "
                'write Table({"age": [31, 58]})'
            )
        self._columns = {each: column_from(cells, each) for each, cells in columns.items()}
        self._others: dict[str, Column] = {}
        self.decimal_commas = frozenset()
        self.names = tuple(columns)
        self.name = name
        self.numbers = np.arange(1, _length(self._columns) + 1, dtype=np.int64)
        if target is not None:
            self.column(target)
        self.target = target

    @classmethod
    def from_frame(cls, frame: Any, *, target: str | None = None, name: str = "") -> Table:
        """The table of a pandas DataFrame; its index is left out.

        Raises ``TypeError`` for columns that hold neither numbers, text nor truth values, such as
        dates, and for two columns of one name.
        """
        names = [str(each) for each in frame.columns]
        check_names(names, "Table.from_frame")
        columns = [_series(frame.iloc[:, k]) for k in range(len(names))]
        return cls(dict(zip(names, columns, strict=True)), target=target, name=name)

    def column(self, name: str) -> Column:
        """The cells of a column; ``ValueError`` for a name that is not there."""
        if name not in self._columns:
            cure = suggestion(name, self.names, f"the columns are {listed(self.names)}")
            raise ValueError(f"Table: there is no column {shortened(name)}: {cure}")
        return self._columns[name]

    def with_target(self, target: str) -> Table:
        """The same table with another target; ``ValueError`` for a name that is not there."""
        self.column(target)
        return self._like(self._columns, self.numbers, target)

    def without(self, *names: str) -> Table:
        """The table without some columns; ``ValueError`` for a name that is not there."""
        for name in names:
            self.column(name)
        kept = {each: cells for each, cells in self._columns.items() if each not in names}
        _length(kept)
        return self._like(kept, self.numbers, self.target if self.target in kept else None)

    @property
    def unclear(self) -> frozenset[str]:
        """The columns in which a point or a comma may separate decimals or thousands."""
        return frozenset(self._others)

    def with_commas(self, names: Collection[str]) -> Table:
        """The table with these columns read with decimal commas, where the file leaves it open."""
        chosen = {name: cells for name, cells in self._others.items() if name in names}
        if not chosen:
            return self
        other = self._like(self._columns | chosen, self.numbers, self.target)
        other.decimal_commas = self.decimal_commas | {*chosen}
        other._others = {name: self._others[name] for name in self._others if name not in chosen}
        return other

    @property
    def task(self) -> Task:
        """What is to be learned, by the rule of :class:`~twingrad.data.Preparation`.

        Raises ``ValueError`` where no target is said, or it cannot be predicted.
        """
        column = self._target_column()
        if not is_classes(column, str(self.target), self.numbers):
            return "regression"
        return "binary" if len(set(column.tolist())) == 2 else "multiclass"

    @property
    def y(self) -> NDArray[Any]:
        """The target: classes as int64, counted from 0 in the order of labels, or numbers.

        It is here to be split by; raises as :attr:`task`.
        """
        column = self._target_column()
        if not is_classes(column, str(self.target), self.numbers):
            return as_numbers(column, str(self.target), self.numbers, "target")
        return np.unique(column, return_inverse=True)[1].astype(np.int64)

    def _target_column(self) -> Column:
        if self.target is None:
            raise ValueError(
                "Table: target must be said before it can be looked at, got none: write "
                f"table.with_target(...) with one of {listed(self.names)}"
            )
        return self.column(self.target)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows and of columns."""
        return len(self), len(self.names)

    def __getitem__(self, rows: Any) -> Table:
        """A table of some rows: a slice, their numbers counted from 0, or truth values for all."""
        chosen = chosen_rows(rows, len(self), "Table")
        columns = {name: cells[chosen] for name, cells in self._columns.items()}
        part = self._like(columns, self.numbers[chosen], self.target)
        part._others = {name: cells[chosen] for name, cells in self._others.items()}
        return part

    def __repr__(self) -> str:
        name = f"Table {self.name!r}" if self.name else "Table"
        size = f"{counted(len(self), 'row')}, {counted(len(self.names), 'column')}"
        target = "" if self.target is None else f"; target {self.target!r}"
        return f"{name}: {size}: {listed(self.names)}{target}"

    def _like(
        self, columns: Mapping[str, Column], numbers: NDArray[np.int64], target: str | None
    ) -> Self:
        other = object.__new__(type(self))
        other._columns = dict(columns)
        other.names = tuple(columns)
        other.name = self.name
        other.numbers = numbers
        other.target = target
        other.decimal_commas = self.decimal_commas & {*columns}
        other._others = {name: self._others[name] for name in columns if name in self._others}
        return other


def with_decimals(table: Table, commas: Collection[str], others: Mapping[str, Column]) -> Table:
    """The table as a file was read.

    ``commas`` are the columns with decimal commas, and ``others`` those in which it is not clear
    what separates decimals, as they are with commas.
    """
    read = table._like(table._columns, table.numbers, table.target)
    read.decimal_commas = frozenset(commas)
    read._others = dict(others)
    return read


def check_names(names: Sequence[str], what: str) -> None:
    """Raise ``ValueError``, beginning with ``what``, where two columns have one name."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"{what}: the names of columns must differ, got {listed(twice)} more than once: rename "
            "or remove the others"
        )


def _series(series: Any) -> Any:
    """A column of a DataFrame: numbers of any of its kinds as float64, all else cell by cell."""
    if series.dtype.kind in "iuf":
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return series.astype(object).tolist()


def _length(columns: Mapping[str, Column]) -> int:
    lengths = {name: len(cells) for name, cells in columns.items()}
    if not lengths or 0 in lengths.values():
        raise ValueError(
            f"Table: there must be at least one column and one row, got "
            f"{counted(len(lengths), 'column')} and no row: nothing can be learned from it"
        )
    first = next(iter(lengths))
    for name, length in lengths.items():
        if length != lengths[first]:
            raise ValueError(
                f"Table: columns must be equally long, got {lengths[first]} in {first!r} and "
                f"{length} in {name!r}: write None for missing cells"
            )
    return lengths[first]
