"""A report as lines for a terminal: the first one says it all, the rest fits on a screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, isnan
from textwrap import wrap
from typing import TYPE_CHECKING

from ..nn.tables import aligned
from .figures import apart, relation
from .findings import Finding, Index, Judgement, Verdict
from .recording import WRONG_AT_MOST
from .snippets import UNFINISHED

if TYPE_CHECKING:
    from .blame import Blame, Culprit
    from .report import Report

_ROWS = 4
"""How many derivatives are shown; of more, only how many there are."""

_PLAIN = "the slope is another one"
"""A reason that two numbers beside each other tell as well."""

_WIDTH = 98
_HEADS = ("input", "index", "output", "index", "analytic", "numeric", "+-", "")
_NUMBERS = ("analytic", "numeric", "+-")
_SAMPLED = "sampled"
_KINDS = ("derivative", "second derivative")


def report_lines(report: Report) -> list[str]:
    """The text of a report, line by line."""
    lines = [f"gradcheck of {report.function}: {_summary(report)}"]
    if report.ok:
        return [*lines, *_doubts(report)]
    wrong = [each for each in report.findings if each.verdict is Verdict.WRONG]
    if wrong:
        at_least = any(map(_is_unfinished, report.judgements))
        lines += ["", *_indented(_table(wrong, report.counts[Verdict.WRONG], at_least))]
    for violation in report.violations:
        lines += ["", *_wrapped(violation.sentence)]
    if report.blame is not None:
        lines += _blame(report, report.blame)
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
        return _joined([_wrong(*each) for each in _by_kind(report)])
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
        for kind, judgement in _by_kind(report)
    ]
    verb = "is" if sum(number for _, number in known) == 1 else "are"
    remarks = []
    if counts[Verdict.KINK]:
        remarks.append(f"{counts[Verdict.KINK]} at a kink")
    if counts[Verdict.UNKNOWN]:
        remarks.append(f"{counts[Verdict.UNKNOWN]} more cannot be told")
    text = f"{_joined(_all(number, kind) for kind, number in known)} {verb} right"
    return f"{text} ({', '.join(remarks)})" if remarks else text


def _by_kind(report: Report) -> Iterable[tuple[str, Judgement]]:
    """The judgements with what they judge; of large functions, that is a sample."""
    for order, (kind, judgement) in enumerate(zip(_KINDS, report.judgements, strict=False)):
        is_sample = sum(judgement.counts.values()) < sum(report.sizes[order : order + 1])
        yield (f"{_SAMPLED} {kind}" if is_sample else kind), judgement


def _wrong(kind: str, judgement: Judgement) -> str:
    wrong, total = judgement.counts[Verdict.WRONG], sum(judgement.counts.values())
    if not wrong:
        return ""
    verb = "is" if wrong == 1 else "are"
    if wrong == total and kind.startswith(_SAMPLED):
        return f"{_counted(total, kind)} {verb} wrong"
    if wrong == total:
        return f"{_all(total, kind)} {verb} wrong"
    number = f"at least {wrong}" if _is_unfinished(judgement) else f"{wrong}"
    return f"{number} of {_counted(total, kind)} {verb} wrong"


def _is_unfinished(judgement: Judgement) -> bool:
    """Whether so much was wrong that the rest was not looked at."""
    counts = judgement.counts
    return counts[Verdict.WRONG] >= WRONG_AT_MOST and counts[Verdict.UNKNOWN] > 0


def _all(number: int, noun: str) -> str:
    """All there are: ``"the derivative"``, ``"both derivatives"``; empty for none."""
    if number < 2:
        return f"the {noun}" if number else ""
    return f"both {noun}s" if number == 2 else f"all {number} {noun}s"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _joined(parts: Iterable[str]) -> str:
    return " and ".join([part for part in parts if part])


def _doubts(report: Report) -> list[str]:
    """Why something cannot be told, if that is all there is to say."""
    lines = [line for note in report.notes for line in _wrapped(note)]
    if report.verdict is Verdict.UNKNOWN:
        told = [each for each in report.findings if each.verdict is Verdict.UNKNOWN]
        said = [f"  {' by '.join(_pair(each))}: {each.reason}" for each in told if each.reason]
        lines += [*dict.fromkeys(said)][:_ROWS]
    return lines


def _wrapped(sentence: str) -> list[str]:
    return wrap(sentence, _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _table(findings: Sequence[Finding], number: int, at_least: bool) -> list[str]:
    """A line for each of the first findings; columns that say nothing are left out."""
    unlike = [*dict.fromkeys(_row(each) for each in findings)]  # projections may repeat themselves
    rows = [_HEADS, *unlike[:_ROWS]]
    lines = _columns(rows)
    if max(map(len, lines)) > _WIDTH:
        lines = _with_words_below(rows)
    more = number - len(rows) + 1
    return [*lines, f"and {'at least ' if at_least else ''}{more} more"] if more else lines


def _with_words_below(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The columns of numbers, with what is said of each row, or of all, under it."""
    heads, *numbers = _columns([row[:-1] for row in rows])
    words = [row[-1] for row in rows[1:]]
    if len({*words}) == 1 < len(words):
        return [heads, *numbers, f"each: {words[0]}"]
    pairs = zip(numbers, words, strict=True)
    return [heads, *[line for row, said in pairs for line in (row, *_wrapped(said))]]


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    kept = [column for column in zip(*rows, strict=True) if any(column[1:])]
    sides = "".join([">" if column[0] in _NUMBERS else "<" for column in kept])
    return aligned(list(zip(*kept, strict=True)), sides)


def _row(finding: Finding) -> tuple[str, ...]:
    analytic, numeric = compared(finding)
    error = f"{finding.error:.0e}" if isfinite(finding.error) else ""
    return (
        finding.input,
        "a direction" if finding.index is None else index_text(finding.index),
        finding.output,
        "a sum" if finding.output_index is None else index_text(finding.output_index),
        analytic,
        numeric,
        error,
        _why(finding),
    )


def index_text(index: Index | None) -> str:
    """An index as it is written behind a name; nothing where there is none."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def _pair(finding: Finding) -> tuple[str, str]:
    """What is differentiated, and by what."""
    of = f"{finding.output}{index_text(finding.output_index)}"
    by = f"{finding.input}{index_text(finding.index)}"
    return f"a sum of {of}" if finding.output_index is None else of, by


def _named(finding: Finding) -> str:
    """A derivative, in words."""
    of, by = _pair(finding)
    return f"{of} along a direction of {by}" if finding.index is None else f"{of} by {by}"


def compared(finding: Finding) -> tuple[str, str]:
    """The analytic and the numeric number, in as many digits as show that they differ."""
    if isfinite(finding.left) and finding.left != finding.right:
        low, high = sorted((finding.left, finding.right))
        return f"{finding.analytic:.6g}", f"{low:.6g} to {high:.6g}"
    if not isfinite(finding.numeric):
        return f"{finding.analytic:.6g}", "-"
    return apart(finding.analytic, finding.numeric)


def _why(finding: Finding) -> str:
    """What is wrong, in a few words."""
    words = "" if finding.reason == _PLAIN else finding.reason
    if isnan(finding.left) and finding.index is not None:
        words = relation(finding.analytic, finding.numeric, finding.error) or words
    mode = " (forward mode)" if finding.mode == "forward" else ""
    return f"{words}{mode}".strip()


def _blame(report: Report, blame: Blame) -> list[str]:
    """The operation that is wrong by itself; if none is, where else wrong numbers come from."""
    if blame.culprit is not None:
        return ["", *_indented(_culprit(report, blame.culprit, blame.operations))]
    if not report.counts[Verdict.WRONG] or not blame.operations:
        return []
    number = blame.operations
    which = "Its one operation is" if number == 1 else f"Each of its {number} operations is"
    elsewhere = "look for detach(), item(), numpy(), hooks and changes in place."
    return ["", *_wrapped(f"{which} right by itself: {elsewhere}")]


def _culprit(report: Report, culprit: Culprit, operations: int) -> list[str]:
    """The operation that is to blame, and by what it shows."""
    where = f", at {culprit.place}" if culprit.place else ""
    count = f"Operation {culprit.position} of {operations}" if operations > 1 else "Its operation"
    if culprit.violation is not None:
        is_told = culprit.violation.rule in [each.rule for each in report.violations]
        which = "this" if is_told else "a"
        lines = [f"{count} breaks {which} promise: {culprit.name}{where}"]
        return lines if is_told else [*lines, *_wrapped(culprit.violation.sentence)]
    lines = [f"{count} is wrong: {culprit.name}{where}"]
    if culprit.finding is not None:
        analytic, numeric = compared(culprit.finding)
        formula = f", {culprit.partial}," if culprit.partial else ""
        what = f"the derivative of {_named(culprit.finding)}{formula}"
        lines += _wrapped(f"{what} is {analytic}, by differences {numeric}")
    at = f"  at {', '.join(culprit.operands)}"
    return [*lines, *([at] if len(at) <= _WIDTH else _under_each_other(culprit.operands))]


def _under_each_other(operands: Sequence[str]) -> list[str]:
    """The operands, each on a line of its own."""
    starts = ["  at ", *["     "] * (len(operands) - 1)]
    return [f"{start}{operand}" for start, operand in zip(starts, operands, strict=True)]
