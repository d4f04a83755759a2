"""A report as lines for a terminal: the first one says it all, the rest fits on a screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, isnan
from textwrap import wrap
from typing import TYPE_CHECKING

from ..nn.tables import aligned
from .figures import apart
from .findings import Finding, Index, Judgement, Verdict
from .snippets import UNFINISHED

if TYPE_CHECKING:
    from .blame import Blame, Culprit
    from .report import Report

_ROWS = 4
"""How many derivatives are shown; of more, only how many there are."""

_WIDTH = 98
_HEADS = ("input", "index", "output", "index", "analytic", "numeric", "+-", "")
_NUMBERS = ("analytic", "numeric", "+-")
_KINDS = ("derivative", "second derivative")


def report_lines(report: Report) -> list[str]:
    """The text of a report, line by line."""
    lines = [f"gradcheck of {report.function}: {_summary(report)}"]
    if report.ok:
        return [*lines, *_doubts(report)]
    wrong = [each for each in report.findings if each.verdict is Verdict.WRONG]
    if wrong:
        lines += ["", *_indented(_table(wrong, report.counts[Verdict.WRONG]))]
    for violation in report.violations:
        lines += ["", *_wrapped(violation.sentence)]
    if report.blame is not None:
        lines += _blame(report.blame, bool(wrong))
    return lines + _code(report)


def _code(report: Report) -> list[str]:
    """How to see it again; by the operation alone, if the function cannot be written out."""
    culprit = None if report.blame is None else report.blame.culprit
    if culprit is not None and culprit.alone and UNFINISHED in report.snippet:
        head, code = f"Reproduce, by {culprit.name} alone:", culprit.alone
    else:
        head, code = "Reproduce:", report.snippet
    return ["", head, "", *code.splitlines()] if code else []


def _summary(report: Report) -> str:
    """What the first line says behind the name of the function."""
    counts = report.counts
    if counts[Verdict.WRONG]:
        return _joined([_wrong(*each) for each in _by_kind(report.judgements)])
    if report.violations:
        number = len(report.violations)
        broken = "a promise is broken" if number == 1 else f"{number} promises are broken"
        right = counts[Verdict.OK] + counts[Verdict.KINK]
        return f"{broken}, though {_all_right(report)}" if right else broken
    if report.verdict is Verdict.UNKNOWN:
        number = counts[Verdict.UNKNOWN]
        if not number:
            return "cannot tell"
        return f"cannot tell, none of {_counted(number, 'derivative')} can be judged"
    if not sum(counts.values()):
        return "there is no derivative to check"
    return _all_right(report)


def _all_right(report: Report) -> str:
    counts = report.counts
    known = [
        (kind, judgement.counts[Verdict.OK] + judgement.counts[Verdict.KINK])
        for kind, judgement in _by_kind(report.judgements)
    ]
    parts = [
        f"all {number} {kind}s" if number > 1 else f"the {kind}" for kind, number in known if number
    ]
    verb = "is" if sum(number for _, number in known) == 1 else "are"
    remarks = []
    if counts[Verdict.KINK]:
        remarks.append(f"{counts[Verdict.KINK]} at a kink")
    if counts[Verdict.UNKNOWN]:
        remarks.append(f"{counts[Verdict.UNKNOWN]} more cannot be told")
    text = f"{_joined(parts)} {verb} right"
    return f"{text} ({', '.join(remarks)})" if remarks else text


def _by_kind(judgements: Sequence[Judgement]) -> Iterable[tuple[str, Judgement]]:
    return zip(_KINDS, judgements, strict=False)


def _wrong(kind: str, judgement: Judgement) -> str:
    wrong, total = judgement.counts[Verdict.WRONG], sum(judgement.counts.values())
    if not wrong:
        return ""
    if wrong == total:
        return f"all {total} {kind}s are wrong" if total > 1 else f"the {kind} is wrong"
    return f"{wrong} of {_counted(total, kind)} {'is' if wrong == 1 else 'are'} wrong"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _joined(parts: Iterable[str]) -> str:
    return " and ".join([part for part in parts if part])


def _doubts(report: Report) -> list[str]:
    """Why something cannot be told, if that is all there is to say."""
    lines = [line for note in report.notes for line in _wrapped(note)]
    if report.verdict is Verdict.UNKNOWN:
        told = [each for each in report.findings if each.verdict is Verdict.UNKNOWN]
        lines += [f"  {_named(each)}: {each.reason}" for each in told[:_ROWS] if each.reason]
    return lines


def _wrapped(sentence: str) -> list[str]:
    return wrap(sentence, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _table(findings: Sequence[Finding], number: int) -> list[str]:
    """A line for each of the first findings; columns that say nothing are left out."""
    unlike = [*dict.fromkeys(_row(each) for each in findings)]  # projections may repeat themselves
    rows = [_HEADS, *unlike[:_ROWS]]
    columns = list(zip(*rows, strict=True))
    kept = [column for column in columns if any(column[1:])]
    sides = "".join([">" if column[0] in _NUMBERS else "<" for column in kept])
    lines = aligned(list(zip(*kept, strict=True)), sides)
    more = number - len(rows) + 1
    return [*lines, f"and {more} more"] if more else lines


def _row(finding: Finding) -> tuple[str, ...]:
    analytic, numeric = compared(finding)
    error = f"{finding.error:.0e}" if isfinite(finding.error) else ""
    return (
        finding.input,
        index_text(finding.index),
        finding.output,
        index_text(finding.output_index),
        analytic,
        numeric,
        error,
        _why(finding),
    )


def index_text(index: Index | None) -> str:
    """An index as it is written behind a name; ``"sum"`` for a sum over all elements."""
    return "sum" if index is None else f"[{', '.join(map(str, index))}]" if index else ""


def _named(finding: Finding) -> str:
    by = f"{finding.input}{index_text(finding.index) if finding.index else ''}"
    of = f"{finding.output}{index_text(finding.output_index) if finding.output_index else ''}"
    return f"{of} by {by}"


def compared(finding: Finding) -> tuple[str, str]:
    """The analytic and the numeric number, in as many digits as show that they differ."""
    if not isfinite(finding.numeric):
        return f"{finding.analytic:.6g}", "-"
    return apart(finding.analytic, finding.numeric)


def _why(finding: Finding) -> str:
    """What is wrong, in a few words."""
    is_smooth = isnan(finding.left)
    words = (is_smooth and _relation(finding)) or finding.reason
    mode = " (forward mode)" if finding.mode == "forward" else ""
    return f"{words}{mode}".strip()


def _relation(finding: Finding) -> str:
    """How the analytic number is related to the numeric one."""
    analytic, numeric = finding.analytic, finding.numeric
    if not isfinite(analytic) or not isfinite(numeric):
        return ""
    if analytic == 0:
        return "nothing arrives"
    if abs(numeric) <= finding.error:
        return "should be 0"
    ratio = analytic / numeric
    if abs(ratio + 1) < 1e-6:
        return "the opposite sign"
    return f"{ratio:.6g} times as large"


def _blame(blame: Blame, is_wrong: bool) -> list[str]:
    """The operation that is wrong by itself; if none is, where else wrong numbers come from."""
    if blame.culprit is not None:
        return ["", *_indented(_culprit(blame.culprit, blame.operations))]
    if not is_wrong or not blame.operations:
        return []
    number = blame.operations
    which = "Its one operation is" if number == 1 else f"Each of its {number} operations is"
    return ["", f"  {which} right by itself: look for detach(), item(), numpy() or hooks."]


def _culprit(culprit: Culprit, operations: int) -> list[str]:
    where = f", at {culprit.place}" if culprit.place else ""
    lines = [f"Operation {culprit.position} of {operations} is wrong: {culprit.name}{where}"]
    if culprit.violation is not None:
        return [*lines, *_wrapped(culprit.violation.sentence)]
    if culprit.finding is not None:
        analytic, numeric = compared(culprit.finding)
        kind = "second derivative" if culprit.finding.order == 2 else "derivative"
        by = f"{culprit.argument}{index_text(culprit.finding.index or ())}"
        formula = f" ({culprit.partial})" if culprit.partial else ""
        lines.append(f"  its {kind} by {by}{formula} is {analytic}, by differences {numeric}")
    return [*lines, f"  at {', '.join(culprit.operands)}"]
