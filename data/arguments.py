"""The arguments of what handles data, checked: counts, numbers of a range, words."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, NamedTuple

from ..engine.operation import real_number
from ..engine.shapes import whole_numbers


class Range(NamedTuple):
    """Numbers that an argument may have: the rule in words, the rule as a test, the cure."""

    rule: str
    holds: Callable[[float], bool]
    cure: str


POSITIVE = Range("greater than 0 and finite", lambda x: 0 < x < inf, "give a positive number")
FROM_ZERO = Range("0 or more and finite", lambda x: 0 <= x < inf, "give 0 or a positive number")
UNIT = Range("between 0 and 1", lambda x: 0 <= x <= 1, "give a share such as 0.1")
FINITE = Range("finite", lambda x: -inf < x < inf, "give a number such as 0.0")


def whole(number: Any, what: str, least: int = 1) -> int:
    """A count of ``least`` or more, as an int."""
    (count,) = whole_numbers((number,), what)
    if count < least:
        raise ValueError(f"{what} must be {least} or more, got {count}: give a larger int")
    return count


def real(number: Any, what: str, allowed: Range) -> float:
    """A real number of a range, as a float."""
    found = real_number(number, what)
    if not allowed.holds(found):
        raise ValueError(f"{what} must be {allowed.rule}, got {found}: {allowed.cure}")
    return found


def truth(value: Any, what: str) -> bool:
    """True or False; ``TypeError`` for anything else."""
    if not isinstance(value, bool):
        raise TypeError(
            f"{what} must be True or False, got {type(value).__name__} {value!r:.40}: give one"
        )
    return value
