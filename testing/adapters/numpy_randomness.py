"""The global generator of NumPy, put back behind each evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final

import numpy as np

from ...engine.structures import leaves_of


@final
class NumpyRandomness:
    """The same random numbers in every evaluation of a function.

    The first evaluation shows whether the function draws any. If not, the generator is left
    alone from then on: to put it back takes longer than a small function.
    """

    def __init__(self) -> None:
        self._start = np.random.get_state(legacy=False)
        self._is_used: bool | None = None

    @contextmanager
    def again(self) -> Iterator[None]:
        """A block that draws from the start on; behind it, it is as if nothing had been drawn."""
        if self._is_used is False:
            yield
            return
        before = np.random.get_state(legacy=False)
        np.random.set_state(self._start)
        try:
            yield
        finally:
            if self._is_used is None:
                self._is_used = not _is_same(np.random.get_state(legacy=False), self._start)
            np.random.set_state(before)


def _is_same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    pairs = zip(leaves_of(first), leaves_of(second), strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)
