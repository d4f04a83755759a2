"""What a text file with columns looks like: its encoding, what separates cells, its header."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from ..columns import MISSING, number_in

SAMPLE = 2**20
"""How many bytes are looked at."""

SEPARATORS = (",", ";", "\t", "|")
_RECORDS = 50


def encoding_of(start: bytes) -> str:
    """The encoding that the first bytes tell: UTF-16 with its mark, else UTF-8."""
    return "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def separator_of(text: str) -> str:
    """What separates cells: gives most lines as many cells as the first, and then most cells."""
    ranks = {separator: _rank(text, separator) for separator in SEPARATORS}
    return max(SEPARATORS, key=lambda separator: ranks[separator])


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


def has_header(records: Sequence[Sequence[str]]) -> bool:
    """Whether the first line names the columns.

    It does if none of its cells is a number, or if it has text above a number.
    """
    first, *others = records
    if not any(_is_number(cell) for cell in first):
        return True
    return bool(others) and any(
        not _is_number(above) and above not in MISSING and _is_number(below)
        for above, below in zip(first, others[0])
    )


def _is_number(cell: str) -> bool:
    return number_in(cell) is not None
