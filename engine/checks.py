"""What arguments must be: numbers within bounds, counts, choices, functions, flags, paths."""

from __future__ import annotations

import os
from collections.abc import Collection
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from .operation import real_number
from .shapes import whole_numbers


def number_within(
    given: Any,
    what: str,
    why: str,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> float:
    """A number within these bounds.

    Raises ``TypeError`` for what is no number, and ``ValueError`` for one out of bounds and for
    nan: a sentence that begins with ``what`` and ends with ``why``.
    """
    number = real_number(given, what)
    if (
        (at_least is None or number >= at_least)
        and (above is None or number > above)
        and (at_most is None or number <= at_most)
        and (below is None or number < below)
    ):
        return number
    rules = {"at least": at_least, "above": above, "at most": at_most, "below": below}
    rule = " and ".join([f"{word} {bound}" for word, bound in rules.items() if bound is not None])
    said = rule.removeprefix("above -inf and ").replace("below inf", "finite")
    raise ValueError(f"{what} must be {said}, got {given!r}: {why}")


def ordered(what: str, **bounds: Any) -> tuple[float, float]:
    """Two bounds by name; ``ValueError``, beginning with ``what``, if the first is the greater."""
    (low_name, low), (high_name, high) = bounds.items()
    least = real_number(low, f"{what}: {low_name}")
    greatest = real_number(high, f"{what}: {high_name}")
    if not least <= greatest:
        raise ValueError(
            f"{what}: {low_name} must not be above {high_name}, got {low!r} and {high!r}: "
            "exchange them"
        )
    return least, greatest


def checked_count(given: Any, what: str, at_least: int = 0) -> int:
    """A whole number of things; an error beginning with ``what`` for what is none."""
    (number,) = whole_numbers([given], what)
    if number < at_least:
        raise ValueError(f"{what} must be at least {at_least}, got {number}: it says how many")
    return number


def check_function(given: Any, what: str) -> None:
    """Raise ``TypeError``, beginning with ``what``, for what cannot be called."""
    if not callable(given):
        raise TypeError(
            f"{what} must be a function, got {type(given).__name__} {given!r:.40}: pass the "
            "function itself"
        )


def checked_flag(given: Any, what: str) -> bool:
    """True or False; ``TypeError``, beginning with ``what``, for anything else."""
    if not isinstance(given, bool):
        raise TypeError(f"{what} must be True or False, got {given!r:.40}: it is a switch")
    return given


def checked_path(given: Any, what: str) -> Path:
    """A path; ``TypeError``, beginning with ``what``, for anything else."""
    if not isinstance(given, str | os.PathLike):
        raise TypeError(f"{what} must be a path, got {given!r:.40}: pass text or a Path")
    return Path(given)


class Range(NamedTuple):
    """The numbers that an option may be: see :func:`number_within`.

    Attributes
    ----------
    why : str
        The end of the sentence for numbers outside.
    at_least, above, at_most, below : float or None
        The bounds; ``below=inf`` is "finite".
    """

    why: str
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None


POSITIVE = Range("give a positive number", above=0, below=inf)
FROM_ZERO = Range("give 0 or a positive number", at_least=0, below=inf)
SHARE = Range("give a share such as 0.1", above=0, at_most=1)
UNIT = Range("give a share such as 0.1", at_least=0, at_most=1)
SHRINKING = Range("give 0.5 for half the rate", above=0, below=1)
FINITE = Range("give a number such as 0.0", above=-inf, below=inf)
MOMENTUM = Range("give a momentum such as 0.9", at_least=0, below=1)


def checked_number(given: Any, what: str, allowed: Range) -> float:
    """A number of a range, as a float; an error beginning with ``what`` for others."""
    return number_within(given, what, **allowed._asdict())


def checked_choice(given: Any, what: str, choices: Collection[str | None]) -> Any:
    """One of these words, or None; ``ValueError``, beginning with ``what``, for others."""
    if given not in choices:
        words = " or ".join(map(repr, choices))
        raise ValueError(f"{what} must be {words}, got {given!r:.40}: choose one of them")
    return given
