"""One column of a text file while it is read: numbers as long as all cells are, else text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from ..columns import MISSING, Column, numbers_from, text_column
from ..numerals import numbers_with_commas, shows_decimal_comma


@final
class Cells:
    """The cells of a column, block by block.

    Parameters
    ----------
    decimals : str
        What may separate decimals: a point, a comma, or either; nothing where the cells are text.

    Attributes
    ----------
    is_late : bool
        Whether the column began with numbers and went on with text: it is to be read again.
    shows_comma : bool
        Whether a comma was met that separates decimals, and cannot separate thousands.
    """

    def __init__(self, decimals: str) -> None:
        self._decimals = decimals
        self._parts: dict[str, list[NDArray[np.float64]]] = {each: [] for each in decimals}
        self._texts: list[NDArray[np.object_]] = []
        self._has_signs = False
        self._begun = False
        self._comma_met = False
        self.is_late = False

    def add(self, cells: Sequence[str], shared: dict[str, str]) -> None:
        """The next block; equal texts share memory with what is in ``shared``."""
        if self._parts:
            self._add_numbers(cells)
            if not self._parts:
                self.is_late = self._begun
        if not self._parts and not self.is_late:
            self._texts.append(_texts(cells, shared))
        self._begun = True

    def _add_numbers(self, cells: Sequence[str]) -> None:
        joined = "".join(cells)
        has_signs = "." in joined or "," in joined
        self._has_signs |= has_signs
        numbers = numbers_from(cells) if "." in self._parts or not has_signs else None
        commas = numbers_with_commas(cells) if "," in self._parts and has_signs else numbers
        for decimal, found in ((".", numbers), (",", commas)):
            if found is None:
                self._parts.pop(decimal, None)
            elif decimal in self._parts:
                self._parts[decimal].append(found)
        self._comma_met = self._comma_met or ("," in self._parts and shows_decimal_comma(cells))

    @property
    def shows_comma(self) -> bool:
        """See the class."""
        return self._comma_met and [*self._parts] == [","]

    @property
    def is_unclear(self) -> bool:
        """Whether there are commas, each of which may separate decimals or thousands."""
        is_comma = [*self._parts] == [","] and "." in self._decimals
        return is_comma and not self._comma_met

    @property
    def column(self) -> Column:
        """All cells: with points before decimals rather than commas, and text where neither is."""
        numbers = self._parts.get(".") or self._parts.get(",")
        return np.concatenate(numbers) if numbers else np.concatenate(self._texts)

    @property
    def has_commas(self) -> bool:
        """Whether :attr:`column` is numbers whose decimals a comma separates."""
        return self._has_signs and [*self._parts] == [","]

    @property
    def with_commas(self) -> Column | None:
        """All cells as numbers with decimal commas, if these would be others."""
        is_other = self._has_signs and "," in self._parts
        return np.concatenate(self._parts[","]) if is_other else None


def _texts(cells: Sequence[str], shared: dict[str, str]) -> NDArray[np.object_]:
    return text_column(
        [None if cell in MISSING else shared.setdefault(cell, cell) for cell in cells]
    )
