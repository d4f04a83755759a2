"""Numbers as text."""

from __future__ import annotations

from math import ceil, isfinite, log10

_FEWEST, _MOST = 6, 17


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
