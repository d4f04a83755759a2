"""What a study found, as a table, as sentences and as plain data."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, final

from ..table import duration
from .inputs import SOURCES
from .records import KINDS, Mutant
from .trials import Calm, Hunt

Column = tuple[str, str]
"""A checker, and where its inputs come from."""

Row = tuple[str, ...]


@final
@dataclass(frozen=True)
class Outcome:
    """All that the checkers said, about what is right and about mutants."""

    calms: Sequence[Calm]
    hunts: Sequence[Hunt]

    @property
    def columns(self) -> list[Column]:
        """The columns of the table."""
        return list(dict.fromkeys((each.checker, each.source) for each in self.calms))

    @property
    def mutants(self) -> list[Mutant]:
        """The bugs of the study."""
        return list(dict.fromkeys(each.mutant for each in self.hunts))

    def rows(self) -> list[Row]:
        """The table: what share of each kind was caught, false alarms, the time of a check."""
        kinds = [each.kind for each in self.mutants]
        rows = [("", "bugs", *(f"{checker}, {source}" for checker, source in self.columns))]
        rows += [
            self._row(title, kinds.count(kind), partial(self._caught, [kind]))
            for kind, title in KINDS.items()
            if kind in kinds
        ]
        count = len({each.operation for each in self.calms})
        return [
            *rows,
            self._row("caught in all", len(kinds), partial(self._caught, KINDS)),
            self._row("right ones that were blamed", count, self._blamed),
            self._row("checks of right ones that failed", None, self._failed),
            self._row("a check, median", None, self._seconds),
        ]

    def _row(self, title: str, count: int | None, cell: Callable[[Column], str]) -> Row:
        return (title, "" if count is None else f"{count}", *map(cell, self.columns))

    def _calms(self, column: Column) -> list[Calm]:
        return [each for each in self.calms if (each.checker, each.source) == column]

    def _caught(self, kinds: Collection[str], column: Column) -> str:
        hunts = [each for each in self.hunts if (each.checker, each.source) == column]
        found = [each.caught is not None for each in hunts if each.mutant.kind in kinds]
        return percent(sum(found), len(found))

    def _blamed(self, column: Column) -> str:
        found = [bool(each.alarms) for each in self._calms(column)]
        return percent(sum(found), len(found))

    def _failed(self, column: Column) -> str:
        calms = self._calms(column)
        return percent(
            sum(len(each.alarms) for each in calms), sum(len(each.seconds) for each in calms)
        )

    def _seconds(self, column: Column) -> str:
        return duration(
            statistics.median(taken for each in self._calms(column) for taken in each.seconds)
        )

    def remarks(self, checker: str) -> list[str]:
        """What one checker did not catch and what it blamed, and what is no bug to another one."""
        lines = []
        for source in SOURCES:
            missed = [
                f"  {each.mutant.name}"
                for each in self.hunts
                if (each.checker, each.source) == (checker, source) and each.caught is None
            ]
            lines += [f"missed by {checker} at {source} inputs: {len(missed)}", *missed]
        for each in self.calms:
            if each.checker == checker and each.alarms:
                number, said = next(iter(each.alarms.items()))
                place = f"{each.operation.name}, {each.source} {number}"
                lines.append(f"blamed by {checker}: {place}: {said}")
        return lines + [
            f"not counted for {peer}: {mutant.name} ({reason})"
            for mutant in self.mutants
            for peer, reason in mutant.missing.items()
        ]

    def as_data(self) -> dict[str, Any]:
        """Everything as plain data."""
        right = [
            {
                "operation": each.operation.name,
                "place": each.operation.place,
                "checker": each.checker,
                "inputs": each.source,
                "checks": len(each.seconds),
                "alarms": {str(number): said for number, said in each.alarms.items()},
                "seconds": statistics.median(each.seconds),
            }
            for each in self.calms
        ]
        bugs = [
            {
                "name": each.mutant.name,
                "kind": each.mutant.kind,
                "place": each.mutant.operation.place,
                "checker": each.checker,
                "inputs": each.source,
                "caught": each.caught,
                "said": each.said,
            }
            for each in self.hunts
        ]
        return {"right": right, "bugs": bugs}


def percent(part: int, whole: int) -> str:
    """A share that is never rounded to all or nothing.

    >>> percent(1, 3), percent(0, 3), percent(1, 5000), percent(3, 3), percent(4999, 5000)
    ('33%', '0%', '0.02%', '100%', '99.98%')
    """
    if not whole:
        return "-"
    share = 100 * part / whole
    digits = 0 if part in (0, whole) or 1 <= share <= 99 else 2
    return f"{share:.{digits}f}%"


def markdown(rows: Sequence[Row]) -> list[str]:
    """The table for a page."""
    head, *others = rows
    line = "| --- |" + " ---: |" * (len(head) - 1)
    return [f"| {' | '.join(head)} |", line, *(f"| {' | '.join(row)} |" for row in others)]
