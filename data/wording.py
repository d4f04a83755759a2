"""Parts of the sentences that errors are made of."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.wording import suggestion as suggestion  # for the other files of data

_SHOWN = 8
"""How many names a sentence lists before it says how many more there are."""


def listed(names: Sequence[object]) -> str:
    """Names with commas between them; of a long list only the first, and how many more.

    >>> listed(["a", "b"]), listed(range(100))
    ("'a', 'b'", '0, 1, 2, 3, 4, 5, 6, 7 and 92 more')
    """
    shown = ", ".join(shortened(name) for name in names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shortened(value: object) -> str:
    """What ``repr`` says, of something long only the beginning."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
