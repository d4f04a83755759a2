"""What a check says in the end: as an object, as text for a terminal, and as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, final

from ..engine.trace import plain
from .findings import Finding, Judgement, Verdict, Violation
from .report_text import report_lines

if TYPE_CHECKING:
    from .blame import Blame


class GradientError(AssertionError):
    """A derivative is wrong, or a promise about gradients is broken: the text is the report.

    Attributes
    ----------
    report : Report
    """

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report

    def __reduce__(self) -> tuple[type[GradientError], tuple[Report]]:
        """Copied and sent between processes with its report."""
        return type(self), (self.report,)


class GradientWarning(UserWarning):
    """Nothing at all could be said of the derivatives that were to be checked."""


@final
@dataclass
class Report:
    """The outcome of a check; true in a condition unless something is wrong.

    Attributes
    ----------
    function : str
        What was checked.
    judgements : list of Judgement
        One for each order; empty where nothing could be compared.
    violations : list of Violation
        The promises that were broken.
    notes : tuple of str
        Sentences about what could not be checked.
    blame : Blame or None
        What the operations of a graph of ours gave on their own, if something is wrong.
    snippet : str
        Code that shows the same when it is pasted; empty if nothing is wrong.
    sizes : tuple of int
        How many derivatives of each order there are, of which large functions have but a sample
        looked at; empty where that is not known.

    Examples
    --------
    >>> from twingrad import testing
    >>> report = testing.gradcheck(lambda x: x * x, 3.0, raise_exception=False)
    >>> report.ok, report.verdict.value, report.operation
    (True, 'ok', None)
    """

    function: str
    judgements: list[Judgement] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    blame: Blame | None = None
    snippet: str = ""
    sizes: tuple[int, ...] = ()

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many derivatives, of all orders, got which verdict."""
        return {
            verdict: sum(judgement.counts[verdict] for judgement in self.judgements)
            for verdict in Verdict
        }

    @property
    def findings(self) -> list[Finding]:
        """What is worth telling of single derivatives, those of the first order first."""
        return [finding for judgement in self.judgements for finding in judgement.findings]

    @property
    def verdict(self) -> Verdict:
        """Wrong if anything is; ok if any derivative is known to be right, or if there are none."""
        counts = self.counts
        if self.violations or counts[Verdict.WRONG]:
            return Verdict.WRONG
        if counts[Verdict.OK]:
            return Verdict.OK
        if counts[Verdict.KINK]:
            return Verdict.KINK
        return Verdict.UNKNOWN if counts[Verdict.UNKNOWN] or self.notes else Verdict.OK

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.verdict is not Verdict.WRONG

    @property
    def operation(self) -> str | None:
        """The name of the operation that is wrong by itself, in a graph of ours."""
        culprit = None if self.blame is None else self.blame.culprit
        return None if culprit is None else culprit.name

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return "\n".join(report_lines(self))

    def __repr__(self) -> str:
        return f"<{str(self).partition(chr(10))[0]}>"  # all of it would hide a failed assertion

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data that ``json.dumps`` takes; nan and infinities are text."""
        return {
            "function": self.function,
            "verdict": self.verdict.value,
            "ok": self.ok,
            "sizes": list(self.sizes),
            "judgements": [_judgement(each) for each in self.judgements],
            "violations": [asdict(each) for each in self.violations],
            "notes": list(self.notes),
            "operation": self.operation,
            "blame": None if self.blame is None else _blame(self.blame),
            "snippet": self.snippet,
        }


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "counts": {verdict.value: count for verdict, count in judgement.counts.items()},
        "worst": plain(judgement.worst),
        "relative": plain(judgement.relative),
        "evaluations": judgement.evaluations,
        "findings": [_finding(each) for each in judgement.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in asdict(finding).items():
        match entry:
            case Verdict():
                found[name] = entry.value
            case float():
                found[name] = plain(float(entry))
            case tuple():
                found[name] = [int(k) for k in entry]
            case _:
                found[name] = entry
    return found


def _blame(blame: Blame) -> dict[str, Any]:
    culprit = blame.culprit
    if culprit is None:
        return {"operations": blame.operations, "culprit": None}
    return {
        "operations": blame.operations,
        "culprit": {
            "name": culprit.name,
            "position": culprit.position,
            "place": culprit.place,
            "operands": list(culprit.operands),
            "argument": culprit.argument,
            "partial": culprit.partial,
            "alone": culprit.alone,
            "finding": None if culprit.finding is None else _finding(culprit.finding),
            "violation": None if culprit.violation is None else asdict(culprit.violation),
        },
    }
