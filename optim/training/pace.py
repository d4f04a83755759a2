"""How fast training goes, and how long it will take: calm numbers from restless clocks."""

from __future__ import annotations

from math import exp
from typing import final

_SHORTEST_MEMORY = 10.0
_SHARE_REMEMBERED = 1 / 3
_TOLERANCE = 0.05


@final
class Pace:
    r"""Means of the recent past, of what is done in a second.

    At times :math:`t_k`, what was done since the time before weighs

    .. math:: \prod_{j > k} \exp\left(-\frac{t_j - t_{j-1}}{\max(10, (t_j - t_0) / 3)}\right),

    so that about the last third counts: what came first, when compiled code and caches were cold,
    is forgotten, and a validation at the end of each epoch is spread evenly.

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
        self._began = now
        self._last = (now, epochs, samples)
        self._seconds = self._epochs = self._samples = 0.0
        self._end: float | None = None

    def note(self, now: float, epochs: float, samples: int) -> None:
        """Take account of what was done until now."""
        before, epochs_before, samples_before = self._last
        passed = now - before
        memory = max(_SHORTEST_MEMORY, (now - self._began) * _SHARE_REMEMBERED)
        kept = exp(-passed / memory)
        self._seconds = self._seconds * kept + passed
        self._epochs = self._epochs * kept + epochs - epochs_before
        self._samples = self._samples * kept + samples - samples_before
        self._last = (now, epochs, samples)

    @property
    def samples_per_second(self) -> float | None:
        """The rows of a second; None as long as nothing is known."""
        return self._samples / self._seconds if self._samples and self._seconds else None

    def remaining(self, epochs: float) -> float | None:
        """The seconds that so many epochs will take; None as long as nothing is known."""
        if self._epochs <= 0:
            return None
        now = self._last[0]
        seconds = epochs * self._seconds / self._epochs
        if self._end is None or abs(now + seconds - self._end) > max(1, _TOLERANCE * seconds):
            self._end = now + seconds
        return max(0.0, self._end - now)
