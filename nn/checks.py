"""What the options of layers, losses and initializers must be: checks, and what is said if not."""

from __future__ import annotations

from typing import Any

from ..engine.operation import real_number
from ..engine.shapes import whole_numbers
from ..engine.wording import suggestion as suggestion  # for the other files of nn


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
    raise ValueError(f"{what} must be {rule.replace('below inf', 'finite')}, got {given!r}: {why}")


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
