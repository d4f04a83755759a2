"""Loops along a few columns, written out: what they compute stays in registers.

Without the inner loop, nothing but rows is left to go through, several of which the processor can
take at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

NARROW = 4
"""The most columns that are written out."""

_ASSIGNED = re.compile(r"^\s*(t\d+) = ")


def written_out(
    lines: Sequence[str], variable: str, count: int, kept: Collection[str], sums: Collection[str]
) -> list[str]:
    """The body of a loop once for each value of its variable.

    Parameters
    ----------
    lines : sequence of str
        The body.
    variable : str
        The variable of the loop.
    count : int
        How many times it runs.
    kept : collection of str
        Memory for a row, in the place of which there are variables.
    sums : collection of str
        Memory of sums, each along the rows, in the place of which there are variables too.
    """
    own = [match[1] for line in lines if (match := _ASSIGNED.match(line))]
    found = []
    for k in range(count):
        for line in lines:
            for name in (*kept, *sums):
                line = line.replace(f"{name}[{variable}]", column(name, k))
            for name in own:
                line = re.sub(rf"\b{name}\b", f"{name}_{k}", line)
            line = re.sub(rf"\b{variable}\b", str(k), line).replace(" + 0]", "]")
            found.append(_free(line, [column(name, k) for name in sums]))
    return found


def column(name: str, k: int) -> str:
    """The variable in the place of element k of memory."""
    return f"{name}_column_{k}"


def _free(line: str, sums: Collection[str]) -> str:
    """A line that adds to a sum, with the order of the sum left open."""
    target, sign, term = line.partition(" += ")
    if sign and target.strip() in sums:
        return f"{target} = any_order_add({target.strip()}, {term})"
    return line
