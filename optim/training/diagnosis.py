"""What a dry run has found: one line for each check, with a verdict and a cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from types import MappingProxyType
from typing import final

from ...data.wording import counted

OK, LOOK, SKIPPED = "ok", "look at this", "not judged"
_WIDTH = 100

EXPLAINS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "inputs not finite": frozenset({"loss not finite"}),
        "unscaled inputs": frozenset(
            {
                *("loss too high", "loss too low", "dead units", "saturated units"),
                *("vanishing gradients", "exploding gradients", "constant outputs"),
                *("rate too high", "rate too low", "loss not finite", "no overfitting"),
            }
        ),
        "unscaled targets": frozenset(
            {
                *("loss too high", "loss too low", "exploding gradients", "vanishing gradients"),
                *("rate too high", "rate too low", "bounded outputs", "no overfitting"),
            }
        ),
        "equal units": frozenset(
            {
                *("dead units", "constant outputs", "vanishing gradients", "saturated units"),
                *("rate too low", "no overfitting"),
            }
        ),
        "dead units": frozenset(
            {"constant outputs", "vanishing gradients", "rate too low", "no overfitting"}
        ),
        "saturated units": frozenset(
            {
                *("constant outputs", "vanishing gradients", "exploding gradients"),
                *("rate too low", "no overfitting"),
            }
        ),
        "loss too high": frozenset(
            {"exploding gradients", "rate too high", "saturated units", "no overfitting"}
        ),
        "bounded outputs": frozenset({"vanishing gradients", "no overfitting", "loss too high"}),
        "constant outputs": frozenset({"vanishing gradients", "rate too low", "no overfitting"}),
        "unused parameters": frozenset({"no overfitting"}),
        "untrained parameters": frozenset({"rate too low", "no overfitting"}),
        "vanishing gradients": frozenset({"rate too low", "no overfitting"}),
        "exploding gradients": frozenset({"rate too high", "no overfitting"}),
        "rate too high": frozenset({"no overfitting"}),
        "rate too low": frozenset({"no overfitting"}),
    }
)
"""What each kind of finding brings about: with its cause, an effect is not told of."""


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at before training.

    Attributes
    ----------
    kind : str
        What it is, such as ``"unscaled inputs"``: see :func:`dry_run`.
    where : str
        The layer, by its path in the model; or features, classes or parameters.
    verdict : str
        What was seen, with its numbers.
    cure : str
        What to do about it.
    """

    kind: str
    where: str
    verdict: str
    cure: str

    def __str__(self) -> str:
        return f"{self.verdict}: {self.cure}"


@final
@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at.

    Attributes
    ----------
    name : str
        A word, such as ``"inputs"``.
    findings : tuple of Finding
        Empty if nothing is wrong.
    remark : str
        What was seen where nothing is wrong, or why it was not judged.
    judged : bool
        False where another finding had to be mended first.
    """

    name: str
    findings: tuple[Finding, ...]
    remark: str
    judged: bool = True


@final
class Diagnosis:
    """What a dry run has found; printed, it is a report.

    Attributes
    ----------
    checks : tuple of Check
        All that was looked at, in the order from the data to the learning rate.

    Examples
    --------
    >>> from twingrad.optim import Diagnosis
    >>> from twingrad.optim.training.diagnosis import Check, Finding
    >>> found = Finding("rate too high", "0", "the loss grows", "take a smaller rate")
    >>> diagnosis = Diagnosis([Check("inputs", (), "fine"), Check("rate", (found,), "")])
    >>> diagnosis.healthy, [each.kind for each in diagnosis.findings]
    (False, ['rate too high'])
    >>> print(diagnosis)
    ok            inputs      fine
    look at this  rate        the loss grows: take a smaller rate
    1 finding: mend it, and look again
    """

    def __init__(self, checks: Sequence[Check]) -> None:
        self.checks = tuple(checks)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, causes before effects."""
        return tuple(each for check in self.checks for each in check.findings)

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __str__(self) -> str:
        lines = [line for check in self.checks for line in _lines(check)]
        return "\n".join([*lines, self._end()])

    def _end(self) -> str:
        count = len(self.findings)
        if not count:
            return "nothing speaks against training"
        them = "it" if count == 1 else "them"
        return f"{counted(count, 'finding')}: mend {them}, and look again"

    def __repr__(self) -> str:
        kinds = ", ".join(dict.fromkeys(each.kind for each in self.findings))
        return f"<Diagnosis: {kinds or 'healthy'}>"


def without_effects(checks: Sequence[Check]) -> list[Check]:
    """The checks without findings that others bring about."""
    kinds = {each.kind for check in checks for each in check.findings}
    effects = {effect for kind in kinds for effect in EXPLAINS.get(kind, ())}
    found = []
    for check in checks:
        left = tuple(each for each in check.findings if each.kind not in effects)
        if len(left) < len(check.findings) and not left:
            causes = [kind for kind in kinds if check.findings[0].kind in EXPLAINS.get(kind, ())]
            check = Check(check.name, (), f"it follows from {sorted(causes)[0]}", judged=False)
        found.append(Check(check.name, left, check.remark, check.judged))
    return found


def _lines(check: Check) -> list[str]:
    state = OK if check.judged else SKIPPED
    if not check.findings:
        return _wrapped(state, check.name, check.remark)
    return [
        line for each in check.findings for line in _wrapped(LOOK, check.name, f"{each}")
    ]


def _wrapped(state: str, name: str, text: str) -> list[str]:
    start = f"{state:12}  {name:10}  "
    return wrap(
        text, _WIDTH, initial_indent=start, subsequent_indent=" " * len(start)
    )
