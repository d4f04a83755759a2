"""How fast training goes, and how long it will take: calm numbers from restless clocks."""

from __future__ import annotations

from math import exp
from typing import NamedTuple, final

_SHORTEST_MEMORY = 10.0
_SHARE_REMEMBERED = 1 / 3
_TOLERANCE = 0.05
_LEAST = 0.5
"""What share of the time that steps would need is said to remain at least, if an epoch is late."""


class _Mark(NamedTuple):
    """A time in seconds, or seconds that passed, and what was done."""

    seconds: float
    epochs: float
    samples: float

    def since(self, other: _Mark) -> _Mark:
        """What came between."""
        return _Mark(*[now - before for now, before in zip(self, other, strict=True)])

    def plus(self, other: _Mark, kept: float = 1.0) -> _Mark:
        """The sum, of the other one a share."""
        return _Mark(*[mine + kept * its for mine, its in zip(self, other, strict=True)])


@final
class Pace:
    r"""What an epoch takes, and how many rows are done in a second.

    An epoch takes the mean of those that were seen from end to end, validation included; in the
    first one, what its steps have taken so far says it. Of an epoch that ended :math:`s` seconds
    before the last one, :math:`\exp(-s / \max(10, e / 3))` counts, with :math:`e` the seconds
    since the beginning: the first ones, when caches were cold, are forgotten.

    The time that remains is that to a moment that stays, and is set anew only when it is off by
    more than a second and by more than 5 percent: it counts down like a clock.

    Parameters
    ----------
    now : float
        The time in seconds, of any clock.
    epochs : float
        The epochs that are done, of the present one the share.
    samples : int
        The rows that are done.

    Examples
    --------
    >>> pace = Pace(100.0, epochs=0.0, samples=0)
    >>> pace.note(102.0, epochs=0.5, samples=1000)
    >>> pace.samples_per_second
    500.0
    >>> pace.remaining(epochs=9.5)
    38.0
    """

    def __init__(self, now: float, epochs: float, samples: int) -> None:
        self._began = self._ended = self._last = _Mark(now, epochs, samples)
        self._kept = _Mark(0.0, 0.0, 0.0)
        self._arrival: float | None = None

    def note(self, now: float, epochs: float, samples: int, *, is_epoch: bool = False) -> None:
        """Take account of what was done until now, which may be the end of an epoch."""
        self._last = _Mark(now, epochs, samples)
        if is_epoch:
            self._end_epoch()

    def _end_epoch(self) -> None:
        since = self._last.since(self._ended)
        self._ended = self._last
        if since.epochs < 0.5:  # begun shortly before its end: validation would count for too much
            return
        memory = max(_SHORTEST_MEMORY, _SHARE_REMEMBERED * self._last.since(self._began).seconds)
        self._kept = since.plus(self._kept, exp(-since.seconds / memory))

    @property
    def samples_per_second(self) -> float | None:
        """The rows of a second, validation included; None as long as nothing is known."""
        seen = self._last.since(self._ended).plus(self._kept)
        return seen.samples / seen.seconds if seen.samples and seen.seconds else None

    def remaining(self, epochs: float) -> float | None:
        """The seconds that so many epochs will take; None as long as nothing is known."""
        since = self._last.since(self._ended)
        seen = self._kept if self._kept.epochs else since
        if not seen.epochs:
            return None
        each, now = seen.seconds / seen.epochs, self._last.seconds
        seconds = epochs * each
        if seen is self._kept:  # by the clock: steps do not say how long validation will take
            seconds = max(seconds + since.epochs * each - since.seconds, _LEAST * seconds)
        if self._arrival is None or _is_off(self._arrival - now, seconds):
            self._arrival = now + seconds
        return max(0.0, self._arrival - now)


def _is_off(said: float, seconds: float) -> bool:
    return abs(said - seconds) > max(1.0, _TOLERANCE * seconds)
