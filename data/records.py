"""Plain data from a file, taken apart with care: it may be damaged, or something else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isfinite, prod
from typing import Any, final

from .wording import listed, shortened


@final
class Record:
    """A dictionary of JSON data whose entries are checked as they are taken.

    Errors are ``ValueError``; they begin with ``what`` and the place of the entry, and end with
    ``cure``.
    """

    def __init__(
        self, data: Any, what: str, place: str = "data", cure: str = "pass what to_dict() gave"
    ) -> None:
        self._what = what
        self._place = place
        self._cure = cure
        if not isinstance(data, Mapping):
            raise ValueError(_sentence(what, place, "a dictionary", data, cure))
        self._data = data

    def refused(self, key: str, rule: str, given: Any) -> ValueError:
        """The error for an entry that breaks a rule."""
        place = f"{self._place}[{key!r}]"
        return ValueError(_sentence(self._what, place, rule, given, self._cure))

    def has(self, key: str) -> bool:
        """Whether there is an entry other than None."""
        return self._data.get(key) is not None

    def record(self, key: str) -> Record:
        """A dictionary."""
        return Record(self._data.get(key), self._what, f"{self._place}[{key!r}]", self._cure)

    def mapping(self, key: str) -> Mapping[str, Any]:
        """A dictionary as it is."""
        entry = self._data.get(key)
        if not isinstance(entry, Mapping):
            raise self.refused(key, "a dictionary", entry)
        return entry

    def records(self, key: str) -> list[Record]:
        """A list of dictionaries."""
        entries = self._list(key)
        return [
            Record(entry, self._what, f"{self._place}[{key!r}][{k}]", self._cure)
            for k, entry in enumerate(entries)
        ]

    def text(self, key: str) -> str:
        """A text."""
        entry = self._data.get(key)
        if not isinstance(entry, str):
            raise self.refused(key, "text", entry)
        return entry

    def choice(self, key: str, choices: Collection[str]) -> str:
        """One of some texts."""
        entry = self._data.get(key)
        if not isinstance(entry, str) or entry not in choices:
            raise self.refused(key, f"one of {listed([*choices])}", entry)
        return entry

    def truth(self, key: str) -> bool:
        """True or False."""
        entry = self._data.get(key)
        if not isinstance(entry, bool):
            raise self.refused(key, "true or false", entry)
        return entry

    def number(self, key: str) -> float:
        """A finite number."""
        entry: Any = self._data.get(key)
        if not _is_number(entry):
            raise self.refused(key, "a finite number", entry)
        return float(entry)

    def numbers(self, key: str, count: int) -> list[float]:
        """A list of this many finite numbers."""
        entries = self._list(key)
        if len(entries) != count or not all(map(_is_number, entries)):
            raise self.refused(key, f"{count} finite numbers", entries)
        return [float(entry) for entry in entries]

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        entries = self._list(key)
        if not all(isinstance(entry, str) for entry in entries):
            raise self.refused(key, "a list of text", entries)
        return entries

    def labels(self, key: str) -> tuple[str | int | float, ...]:
        """A list of texts or finite numbers, all different."""
        entries = self._list(key)
        plain = all(isinstance(entry, str) or _is_number(entry) for entry in entries)
        if not plain or len(set(entries)) < len(entries):
            raise self.refused(key, "a list of different labels", entries)
        return tuple(entries)

    def counts(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers above 0."""
        entries = self._list(key)
        if not all(type(entry) is int and entry > 0 for entry in entries):
            raise self.refused(key, "a list of whole numbers above 0", entries)
        return tuple(entries)

    def shape(self, key: str) -> tuple[int, ...]:
        """A list of lengths; no more than a billion numbers have such a shape."""
        entries = self.counts(key)
        if len(entries) > 32 or prod(entries) > 10**9:
            raise self.refused(key, "a list of lengths", [*entries])
        return entries

    def _list(self, key: str) -> list[Any]:
        entry = self._data.get(key)
        if not isinstance(entry, list):
            raise self.refused(key, "a list", entry)
        return entry


def _is_number(entry: Any) -> bool:
    try:
        return isinstance(entry, int | float) and not isinstance(entry, bool) and isfinite(entry)
    except OverflowError:
        return False


def _sentence(what: str, place: str, rule: str, given: Any, cure: str) -> str:
    return f"{what}: {place} must be {rule}, got {shortened(given)}: {cure}"
