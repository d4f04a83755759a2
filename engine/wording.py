"""Parts of the sentences that errors are made of."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(given: object, choices: Iterable[str], otherwise: str) -> str:
    """The choice that somebody may have meant, as a question; ``otherwise`` if none is near."""
    names = {choice.lower(): choice for choice in choices}
    near = get_close_matches(str(given).lower(), [*names], n=1)
    return f"did you mean {names[near[0]]!r}?" if near else otherwise
