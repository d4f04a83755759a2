"""Numbers and dates as people write them: with decimal commas, thousands apart, signs and units."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .columns import numbers_from
from .wording import shortened

_GROUPED_BY_POINTS = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?")
_GROUPED_BY_COMMAS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")

_CURRENCY = r"(?:[$€£¥₹₽₩₪₺฿]|EUR|USD|GBP|CHF|JPY)"
_NUMERAL = re.compile(
    rf"""
    (?P<sign>[+-]?)\s*(?P<before>{_CURRENCY}?)\s*[+-]?
    (?:(?P<plain>[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?
      |(?P<thousands>[0-9]{{1,3}}([ ,.'\u2019\u00a0\u202f])[0-9]{{3}}(?:\5[0-9]{{3}})*)
       (?:\.[0-9]*|(?P<rest>,[0-9]*))?
      |(?P<comma>[0-9]*,[0-9]+))
    \s*(?P<after>{_CURRENCY}?)(?P<percent>%?)
    """,
    re.VERBOSE,
)
_TIME = (
    r"(?:[T ]\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
    r"\s*(?:Z|[AaPp][Mm]|[+-][0-9:]{4,5})?)?"
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_DATE = re.compile(
    r"(?:[0-9]{4}([-/.])[0-9]{1,2}\1[0-9]{1,2}"
    r"|[0-9]{1,2}([-/.])[0-9]{1,2}\2(?:[0-9]{4}|[0-9]{2})"
    rf"|[0-9]{{1,2}}\.?[ -]{_MONTH},?[ -](?:[0-9]{{4}}|[0-9]{{2}})"
    rf"|{_MONTH} [0-9]{{1,2}},? [0-9]{{4}}){_TIME}"
)
_LOOKED_AT = 1000
"""How many different texts are looked at: all of a long column would take seconds."""

_LONGEST = 40
"""Longer texts are neither numbers nor dates, and could take long to be looked through."""

_SIGNS = ("percent signs", "currency signs", "thousands separators", "decimal commas")
_TO_NUMBER = "write plain numbers, such as 1234.5"
_TO_DAYS = "make numbers of dates, such as the year or the days since the first"


def numbers_with_commas(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """Cells as numbers with decimal commas, as 1.234,5 is; None if one is neither that nor missing.

    >>> numbers_with_commas(["1.234,5", "-7", "0,25", ""])
    array([ 1.2345e+03, -7.0000e+00,  2.5000e-01,         nan])
    >>> numbers_with_commas(["1,5", "1.5"])
    """
    if any("." in cell and not _GROUPED_BY_POINTS.fullmatch(cell) for cell in cells):
        return None
    return numbers_from([cell.replace(".", "").replace(",", ".") for cell in cells])


def shows_decimal_comma(cells: Sequence[str]) -> bool:
    """Whether a comma in one of these numbers cannot be one that separates thousands."""
    return any("," in cell and not _GROUPED_BY_COMMAS.fullmatch(cell) for cell in cells)


def likeness(cells: Sequence[str | None], rows: Sequence[int] | NDArray[np.int64]) -> str:
    """What most of some text seems to be, if this is numbers or dates, and what to do about it.

    ``rows`` are the numbers of the rows, for what is something else.

    >>> likeness(["12%", "7.5%", "unknown", None], range(1, 5))
    "look like numbers with percent signs, all but 'unknown' in row 3: write plain numbers, such \
as 1234.5"
    """
    first = dict(reversed([(cell, row) for cell, row in zip(cells, rows) if cell is not None]))
    texts = sorted(first, key=lambda cell: first[cell])[:_LOOKED_AT]
    for found, cure in ((_signs(texts), _TO_NUMBER), (_dates(texts), _TO_DAYS)):
        what, others = found
        if what and 2 * len(others) <= len(texts):
            but = f", all but {shortened(others[0])} in row {first[others[0]]}" if others else ""
            return f"look like {what}{but}: {cure}"
    return ""


def cure_of(cell: str) -> str:
    """What to do about a cell that is no number."""
    if _match(_NUMERAL, cell):
        return _TO_NUMBER
    return _TO_DAYS if _match(_DATE, cell) else "correct it, or leave the cell empty"


def _signs(texts: Sequence[str]) -> tuple[str, list[str]]:
    """What numbers among some texts are written with, and the other texts."""
    signs = dict.fromkeys(_SIGNS, 0)
    others: list[str] = []
    for text in texts:
        found = _match(_NUMERAL, text)
        if found is None:
            others.append(text)
            continue
        signs["percent signs"] += bool(found["percent"])
        signs["currency signs"] += bool(found["before"] or found["after"])
        signs["thousands separators"] += bool(found["thousands"])
        signs["decimal commas"] += bool(found["comma"] or found["rest"])
    said = ", ".join([sign for sign, count in signs.items() if count])
    return f"numbers with {said}" if said else "", others


def _dates(texts: Sequence[str]) -> tuple[str, list[str]]:
    """That there are dates among some texts, and the other texts."""
    others = [text for text in texts if not _match(_DATE, text)]
    return "dates" if len(others) < len(texts) else "", others


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return pattern.fullmatch(text) if len(text) <= _LONGEST else None
