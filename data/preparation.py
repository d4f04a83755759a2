"""From a table to numbers: scales and encodings, fitted on training rows and kept with a model."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from ..engine.checks import POSITIVE, checked_count, checked_number
from .answers import (
    ClassTarget,
    Label,
    NumberTarget,
    decoded,
    target_from,
    target_of_column,
    target_of_dataset,
)
from .dataset import Dataset, Task
from .noticing import comma_notes, reread_notes
from .preparing import ArrayInputs, Inputs, TableInputs, check_present, inputs_from
from .records import Record
from .table import Table
from .targets import Wish
from .wording import counted, listed

VERSION = 1
_FORMAT = "twingrad.preparation"
_TARGETS = ("target", "y", "label", "class")


@final
class Preparation:
    """How columns become the numbers that a network is trained on, learned from training rows.

    Made by :meth:`fit`, or from plain data by :meth:`from_dict`. What validation and test rows hold
    has no influence on it, so that they stay a test.

    Numbers become ``(x - mean) / std``, and 0 where all training rows had the same; missing ones
    become the median, and if any was missing in training, a further feature is 1 where one is.
    Text becomes one feature for each category, 1 where it is this one; missing is a category of its
    own if it occurred in training. Columns that are empty, and text that has more than
    ``max_categories`` different values or more than one for two rows, are left out. All of this is
    told in ``notes``. Text of which most cells are numbers is taken for an error and refused,
    unless it has at most 20 different values that occur again, such as 1, 2 and 3+. Notes tell what
    looks like dates, or like numbers with units, and which column only counts the rows.

    The target is classes or numbers by this rule: text is classes; numbers are classes if they are
    whole, of at most 20 different values, and each value occurs twice or more on average; all other
    numbers are for a regression. So 0.0 and 1.0 are classes, as are ratings from 1 to 5, but not
    0.5 and 1.5, and not whole numbers in a handful of rows. ``task`` overrules it. In arrays the
    dtype says it. Labels of classes are sorted and counted from 0; numbers are standardized.

    Attributes
    ----------
    features : tuple of str
        The names of the inputs of the network; empty for images.
    task : {"regression", "binary", "multiclass"}
    target : str
        The column that is predicted.
    classes : tuple or None
        The label of each class.
    notes : tuple of str
        What was decided, in sentences: the kind of the target, and what became of columns that
        were not simply scaled.

    Examples
    --------
    >>> from twingrad.data import Preparation, Table
    >>> train = Table({"size": [1.0, 3.0, 2.0, None], "kind": ["a", "b", "b", "a"]})
    >>> preparation = Preparation.fit(train, target="kind")
    >>> preparation.features, preparation.classes
    (('size', 'size is missing'), ('a', 'b'))
    >>> data = preparation.apply(Table({"size": [2.0, None], "kind": ["b", "a"]}))
    >>> data.x.tolist(), data.y.tolist()
    ([[0.0, 0.0], [0.0, 1.0]], [1, 0])
    >>> preparation.inverse_target([1, 0]).tolist()
    ['b', 'a']
    """

    def __init__(
        self,
        inputs: Inputs,
        target: ClassTarget | NumberTarget,
        notes: Sequence[str],
        limit: float | None = None,
        commas: Collection[str] = (),
    ) -> None:
        self._inputs = inputs
        self._target = target
        self.notes = tuple(notes)
        self._limit = limit
        self._commas = tuple(commas)

    @classmethod
    def fit(
        cls,
        data: Table | Dataset,
        *,
        target: str | None = None,
        task: Wish = "auto",
        pixels: float | None = None,
        max_categories: int = 64,
        limit: float | None = None,
    ) -> Preparation:
        """Learn scales and encodings from training rows.

        Parameters
        ----------
        data : Table or Dataset
            The training rows, and only these.
        target : str, optional
            The column to predict. If neither this nor the table says it, it is the only column
            that is called target, y, label or class.
        task : {"auto", "classification", "binary", "multiclass", "regression"}
            Whether the target is classes or numbers.
        pixels : float, optional
            Divide all inputs of a data set by this number, such as 255 for bytes, instead of
            standardizing each by itself.
        max_categories : int
            The most categories that a column of text may have.
        limit : float, optional
            How many standard deviations from the mean an input may be; what is further off counts
            as this far. Without a limit, a number that hardly ever changed in training is hundreds
            of deviations off where it does.

        Raises
        ------
        TypeError
            For arguments of other types.
        ValueError
            For a column that is not there; a target with missing cells, a single class, or as many
            classes as rows; infinities; text among numbers (row and column are named); and if no
            column is left to learn from.
        """
        most_off = None if limit is None else checked_number(limit, "Preparation: limit", POSITIVE)
        if isinstance(data, Dataset):
            _check_target(data, target)
            constant = (
                None if pixels is None else checked_number(pixels, "Preparation: pixels", POSITIVE)
            )
            answers = target_of_dataset(data, task)
            notes = [answers.described(), *data.notes]
            return cls(ArrayInputs.fit(data, constant), answers, notes, most_off)
        if not isinstance(data, Table):
            raise TypeError(
                f"Preparation: data must be a Table or a Dataset, got {type(data).__name__}: read "
                "it with load(...), or write Table({...})"
            )
        if pixels is not None:
            raise TypeError(
                f"Preparation: pixels is for arrays, got {pixels!r} and a table: leave it out"
            )
        most = checked_count(max_categories, "Preparation: max_categories", at_least=1)
        name = _target_of(data, target)
        answers = target_of_column(data.column(name), name, data.numbers, task)
        inputs, notes = TableInputs.fit(data, name, most)
        told = [answers.described(), *comma_notes(data), *notes]
        return cls(inputs, answers, told, most_off, sorted(data.decimal_commas))

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the inputs of the network; empty for images."""
        return self._inputs.features

    @property
    def task(self) -> Task:
        """What is to be learned."""
        return self._target.task

    @property
    def target(self) -> str:
        """The column that is predicted."""
        return self._target.name

    @property
    def classes(self) -> tuple[Label, ...] | None:
        """The label of each class; None in a regression."""
        return self._target.classes

    def apply(self, data: Table | Dataset, *, out: str | os.PathLike[str] | None = None) -> Dataset:
        """Rows as a data set to train, validate or test with.

        Columns are matched by name. Others than those of training are ignored, and a warning names
        them. It names as well categories that did not occur in training, which are 0 in all
        features, numbers that are missing where none was in training, and columns that are read
        with decimal commas only because training rows were.

        Parameters
        ----------
        data : Table or Dataset
            Rows of the kind that was trained on, with the target.
        out : str or path, optional
            A new .npy file to put the inputs in, as a memory map: for data larger than memory.

        Raises
        ------
        FileExistsError
            If there is a file ``out`` already.
        TypeError
            For data of another type.
        ValueError
            For missing columns, text where numbers belong, infinities, missing targets, and classes
            that did not occur in training.
        """
        x = self._applied(data, out)
        if isinstance(data, Table):
            data = data.with_commas(self._commas)
            check_present([self.target], data)
            y = self._target.encode(data.column(self.target), data.numbers)
        else:
            y = self._target.encode_dataset(data)
        found = Dataset(
            x,
            y,
            features=self.features or None,
            target=self.target,
            classes=self.classes,
            name=data.name,
        )
        found.preparation = self
        return found

    def inputs(
        self, data: Table | Dataset, *, out: str | os.PathLike[str] | None = None
    ) -> NDArray[Any]:
        """The inputs only, of shape (N, features): for rows whose target is not known yet.

        See :meth:`apply` for the arguments and what is raised.
        """
        return self._applied(data, out)

    def _applied(self, data: Table | Dataset, out: str | os.PathLike[str] | None) -> NDArray[Any]:
        if not isinstance(data, Table | Dataset):
            raise TypeError(
                f"Preparation: data must be a Table or a Dataset, got {type(data).__name__}: read "
                "it with load(...), or write Table({...})"
            )
        reread: list[str] = []
        if isinstance(data, Table):
            reread = reread_notes(data, self._commas)
            data = data.with_commas(self._commas)
        x, notes = self._inputs.apply(data, self.target, out)
        if self._limit is not None:
            np.clip(x, -self._limit, self._limit, out=x)
        if reread or notes:
            warnings.warn(f"Preparation: {'; '.join([*reread, *notes])}", stacklevel=3)
        return x

    def inverse_target(self, predicted: Any) -> NDArray[Any]:
        """Predictions as a person reads them.

        Parameters
        ----------
        predicted : array
            Classes as whole numbers of any shape, or what a regression predicts: of shape (N,),
            (N, 1) or, for k numbers in a row, (N, k).

        Returns
        -------
        array
            The labels of the classes, or numbers in the unit of the target as float64.

        Raises
        ------
        TypeError
            For what is no number, and for floats where classes are predicted.
        ValueError
            For classes that do not exist, or another k.
        """
        return decoded(self._target, predicted)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON: :meth:`from_dict` gives a preparation that does the same."""
        return {
            "format": _FORMAT,
            "version": VERSION,
            "inputs": self._inputs.to_dict(),
            "target": self._target.to_dict(),
            "notes": [*self.notes],
            "limit": self._limit,
            "decimal_commas": [*self._commas],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Preparation:
        """The preparation that :meth:`to_dict` told of.

        Raises ``ValueError`` for data that is damaged, of a later version, or something else.
        """
        record = Record(data, "Preparation.from_dict")
        record.choice("format", (_FORMAT,))
        if record.number("version") != VERSION:
            raise record.refused("version", f"{VERSION}", data["version"])
        inputs, target = inputs_from(record.record("inputs")), target_from(record.record("target"))
        limit = record.number("limit") if record.has("limit") else None
        if limit is not None and limit <= 0:
            raise record.refused("limit", "greater than 0", limit)
        commas = record.texts("decimal_commas") if record.has("decimal_commas") else []
        return cls(inputs, target, record.texts("notes"), limit, commas)

    def __repr__(self) -> str:
        size = counted(len(self.features), "feature") if self.features else "images"
        return f"<Preparation of {size} for {self._target.described()}>"


def _check_target(data: Dataset, target: str | None) -> None:
    if target is not None and target != data.target:
        raise ValueError(
            f"Preparation: target must be that of the data set, {data.target!r}, got {target!r}: "
            "leave it out"
        )


def _target_of(table: Table, target: str | None) -> str:
    """The column to predict: as it is said here, or in the table, or by one of the usual names."""
    name = table.target if target is None else target
    if name is None:
        usual = [each for each in table.names if each.lower() in _TARGETS]
        if len(usual) != 1:
            raise ValueError(
                "Preparation: target must be the column to predict, got none: choose one of "
                f"{listed(table.names)}"
            )
        (name,) = usual
    table.column(name)
    return name
