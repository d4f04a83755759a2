"""Numbers as text, and in words how one is related to another."""

from __future__ import annotations

from math import ceil, isfinite, log10

_FEWEST, _MOST = 6, 17
_SAME, _CLOSE = 1e-6, 0.05
_SIMPLE = {1 / 3: "a third of", 1 / 2: "half of", 2 / 3: "2/3 of", 1.5: "1.5 times", 2.0: "twice"}


def apart(first: float, second: float) -> tuple[str, str]:
    """Two numbers, in as many digits as show that they differ, and by how much.

    >>> apart(1.0, 2.5)
    ('1', '2.5')
    >>> apart(1 / 3, 1 / 3 + 1e-9)
    ('0.333333333333', '0.333333334333')
    """
    digits = _FEWEST
    size, difference = max(abs(first), abs(second)), abs(first - second)
    if isfinite(size) and 0 < difference < size:
        digits = min(max(digits, ceil(log10(size / difference)) + 3), _MOST)
    return f"{first:.{digits}g}", f"{second:.{digits}g}"


def relation(found: float, right: float, error: float = 0.0) -> str:
    """What is wrong with a number, where a few words say it; else nothing.

    Parameters
    ----------
    found, right : float
        What there is, and what there should be.
    error : float
        By how much the latter may be off.

    Examples
    --------
    >>> relation(6.0, 3.0), relation(3.0003, 3.0)
    ('twice what it should be', '1.0001 times what it should be')
    >>> relation(-3.0, 3.0), relation(0.0, 3.0), relation(7.3, 3.0)
    ('the opposite sign', 'nothing arrives', '')
    """
    if not isfinite(found) or not isfinite(right):
        return ""
    if found == 0:
        return "nothing arrives"
    if abs(right) <= error:
        return "should be 0"
    slack = max(_SAME, 2 * error / abs(right))
    size = abs(found / right)
    if (found < 0) != (right < 0):
        return "the opposite sign" if abs(size - 1) <= slack else "the wrong sign"
    times = _times(size, slack)
    return f"{times} what it should be" if times else ""


def _times(size: float, slack: float) -> str:
    """A factor in words; empty for one that is not simple."""
    if size == 0 or not isfinite(size):
        return ""
    if abs(size - 1) <= _CLOSE:
        digits = 2 - int(log10(max(abs(size - 1), 1e-15)) // 1)
        return f"{size:.{digits}g} times"
    for simple, words in _SIMPLE.items():
        if abs(size / simple - 1) <= slack:
            return words
    larger = max(size, 1 / size)
    if larger * slack < _CLOSE and abs(larger - round(larger)) <= larger * slack:
        return f"{round(larger)} times" if size > 1 else f"1/{round(larger)} of"
    for simple in (0.5, 2.0):  # what is nearly another factor is so by chance
        if abs(size / simple - 1) <= _CLOSE:
            return f"about {_SIMPLE[simple]}"
    return ""
