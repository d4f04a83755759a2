"""Graphs as text: what is computed from what, a line each."""

from __future__ import annotations

from collections.abc import Iterable


def listing(head: str, lines: Iterable[str]) -> str:
    """Lines in brackets behind a name, as tests that fail show what they drew.

    >>> print(listing("Program", ["x0 = 0.5", "x1 = tanh(x0)"]))
    Program(
        x0 = 0.5
        x1 = tanh(x0)
    )
    """
    return "\n".join([f"{head}(", *(f"    {line}" for line in lines), ")"])
