"""What many checks found, in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from ..engine.trace import plain
from .findings import Verdict

if TYPE_CHECKING:
    from .report import Report


@final
@dataclass
class Tally:
    """The sums of reports.

    Attributes
    ----------
    checks : int
        How many reports were added.
    counts : dict of Verdict to int
        How many derivatives got which verdict, in all of them.
    broken : int
        How many promises about gradients were broken.
    relative : float
        The largest relative difference of a derivative from a slope that is known well.
    note : str
        Why something could not be checked, in the words of the first report that says so.
    """

    checks: int = 0
    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    broken: int = 0
    relative: float = 0.0
    note: str = ""

    @property
    def derivatives(self) -> int:
        """How many derivatives were looked at."""
        return sum(self.counts.values())

    @property
    def judged(self) -> int:
        """How many derivatives something can be said about."""
        return self.derivatives - self.counts[Verdict.UNKNOWN]

    def add(self, report: Report) -> None:
        """Count what one check found."""
        self.checks += 1
        self.broken += len(report.violations)
        self.note = self.note or " ".join(report.notes)
        for judgement in report.judgements:
            self.relative = max(self.relative, judgement.relative)
        for verdict, count in report.counts.items():
            self.counts[verdict] += count

    def merge(self, other: Tally) -> None:
        """Count what another one has counted."""
        self.checks += other.checks
        self.broken += other.broken
        self.relative = max(self.relative, other.relative)
        for verdict, count in other.counts.items():
            self.counts[verdict] += count

    def words(self) -> str:
        """What was found, verdict by verdict, without those that were not.

        >>> Tally(counts={Verdict.OK: 12, Verdict.KINK: 3, Verdict.WRONG: 0}).words()
        '12 ok, 3 at a kink'
        """
        found = [f"{count} {verdict.value}" for verdict, count in self.counts.items() if count]
        if self.broken:
            found.append(f"{self.broken} promise{'s' if self.broken > 1 else ''} broken")
        return ", ".join(found) or "nothing to compare"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data for JSON; infinity is text."""
        return {
            "checks": self.checks,
            "derivatives": self.derivatives,
            "verdicts": {verdict.value: count for verdict, count in self.counts.items()},
            "promises_broken": self.broken,
            "worst_relative_difference": plain(self.relative),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tally:
        """The opposite of :meth:`to_dict`."""
        return cls(
            data["checks"],
            {verdict: data["verdicts"][verdict.value] for verdict in Verdict},
            data["promises_broken"],
            float(data["worst_relative_difference"]),
        )
