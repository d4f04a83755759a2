"""Parts of sentences: what may have been meant, and large numbers in a few digits."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(given: object, choices: Iterable[str], otherwise: str) -> str:
    """The choice that somebody may have meant, as a question; ``otherwise`` if none is near."""
    names = {choice.lower(): choice for choice in choices}
    near = get_close_matches(str(given).lower(), [*names], n=1)
    return f"did you mean {names[near[0]]!r}?" if near else otherwise


def short_number(number: float) -> str:
    """A number of things in four digits at most, with room for a unit behind it.

    >>> short_number(950), short_number(1234), short_number(4.5e9)
    ('950 ', '1.23 k', '4.5 G')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return f"{number:.3g} " if number != round(number) else f"{round(number)} "


def short_bytes(number: int) -> str:
    """A number of bytes.

    >>> short_bytes(0), short_bytes(12_345)
    ('0 B', '12.3 kB')
    """
    return f"{short_number(number)}B"
