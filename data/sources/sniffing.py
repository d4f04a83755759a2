"""What a text file with columns looks like: its encoding, what separates cells, its header."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from ..columns import MISSING, number_in
from ..numerals import numbers_with_commas

SAMPLE = 2**20
"""How many bytes are looked at."""

SEPARATORS = (",", ";", "\t", "|")
_RECORDS = 50


def encoding_of(start: bytes) -> str:
    """The encoding that the first bytes tell: UTF-16 with its mark, else UTF-8."""
    return "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def separator_of(text: str) -> str:
    """What separates cells: gives most lines as many cells as the first, and then most cells.

    It is no comma where all of these are decimal ones, between semicolons or tabs.
    """
    ranks = {separator: _rank(text, separator) for separator in SEPARATORS}
    best = max(SEPARATORS, key=lambda separator: ranks[separator])
    if best == ",":
        for separator in (";", "\t"):
            if ranks[separator][0] == ranks[","][0] and _has_decimal_commas(text, separator):
                return separator
    return best


def _has_decimal_commas(text: str, separator: str) -> bool:
    """Whether each comma in the first lines is in a number."""
    cells = [cell for record in sample_records(text, separator) for cell in record if "," in cell]
    return bool(cells) and numbers_with_commas(cells) is not None


def _rank(text: str, separator: str) -> tuple[float, int]:
    """The share of lines that have as many cells as the first, and how many these are."""
    records = sample_records(text, separator)
    if not records or len(records[0]) < 2:
        return 0.0, 0
    width = len(records[0])
    return sum(len(record) == width for record in records) / len(records), width


def sample_records(text: str, separator: str) -> list[list[str]]:
    """The first lines as cells, as far as they can be told apart; empty lines are left out."""
    found: list[list[str]] = []
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        for record in reader:
            if not is_blank(record):
                found.append([cell.strip() for cell in record])
            if len(found) == _RECORDS:
                break
    except csv.Error:
        pass
    return found


def is_blank(record: Sequence[str]) -> bool:
    """Whether a line has nothing to read."""
    return len(record) < 2 and not "".join(record).strip()


def has_header(records: Sequence[Sequence[str]], may_have_commas: bool = False) -> bool:
    """Whether the first line names the columns.

    It does if none of its cells is a number, or if it has text above a number; numbers may have
    decimal commas, or not.
    """

    def is_number(cell: str) -> bool:
        return number_in(cell) is not None or (
            may_have_commas and "," in cell and numbers_with_commas([cell]) is not None
        )

    first, *others = records
    if not any(is_number(cell) for cell in first):
        return True
    return bool(others) and any(
        not is_number(above) and above not in MISSING and is_number(below)
        for above, below in zip(first, others[0])
    )
