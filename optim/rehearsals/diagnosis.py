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

_OF_STEPS = frozenset(
    {
        *("vanishing gradients", "exploding gradients", "rate too high", "rate too low"),
        "no overfitting",
    }
)
"""What is measured in the steps."""
_OF_NUMBERS = _OF_STEPS | {
    *("constant outputs", "loss not finite", "loss too high", "loss too low", "dead units"),
    "saturated units",
}
"""What is measured once there are outputs."""

EXPLAINS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "inputs not finite": _OF_NUMBERS,
        "targets not finite": _OF_NUMBERS,
        "unscaled inputs": _OF_NUMBERS,
        "unscaled targets": _OF_NUMBERS | {"bounded outputs"},
        "constant targets": _OF_STEPS,
        "bounded outputs": _OF_NUMBERS,
        "constant outputs": _OF_STEPS,
        "loss not finite": _OF_NUMBERS - {"loss not finite"},
        "loss too high": _OF_STEPS | {"saturated units"},
        "equal units": _OF_STEPS | {"constant outputs", "dead units", "saturated units"},
        "dead units": _OF_STEPS | {"constant outputs"},
        "saturated units": _OF_STEPS | {"constant outputs"},
        "untrained parameters": frozenset({"rate too low", "no overfitting"}),
        "unused parameters": frozenset({"no overfitting"}),
        "vanishing gradients": frozenset({"rate too low", "no overfitting"}),
        "exploding gradients": frozenset({"rate too high", "no overfitting"}),
        "rate too high": frozenset({"no overfitting"}),
        "rate too low": frozenset({"no overfitting"}),
    }
)
"""What each kind of finding may bring about: beside its cause, an effect is not told of."""


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
    >>> from twingrad.optim.rehearsals.diagnosis import Check, Finding
    >>> found = Finding("rate too high", "0", "the loss grows", "take a smaller rate")
    >>> diagnosis = Diagnosis([Check("inputs", (), "fine"), Check("rate", (found,), "")])
    >>> diagnosis.healthy, [each.kind for each in diagnosis.findings]
    (False, ['rate too high'])
    >>> print(diagnosis)
    ok            inputs      fine
    look at this  rate        the loss grows
                              -> take a smaller rate
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
    kinds = [each.kind for check in checks for each in check.findings]
    effects = {effect for kind in kinds for effect in EXPLAINS.get(kind, ())}
    # a cause that is no effect itself comes last, and is the one that is named
    by_depth = sorted(kinds, key=lambda kind: kind not in effects)
    causes = {effect: kind for kind in by_depth for effect in EXPLAINS.get(kind, ())}
    return [_without(check, causes) for check in checks]


def _without(check: Check, causes: Mapping[str, str]) -> Check:
    left = tuple(each for each in check.findings if each.kind not in causes)
    if left or not check.findings:
        return Check(check.name, left, check.remark, check.judged)
    cause = causes[check.findings[0].kind]
    return Check(check.name, (), f"it may follow from {cause}", judged=False)


def _lines(check: Check) -> list[str]:
    state = OK if check.judged else SKIPPED
    if not check.findings:
        return _wrapped(state, check.name, check.remark)
    lines = []
    for each in check.findings:
        lines += _wrapped(LOOK, check.name, each.verdict) + _wrapped("", "", f"-> {each.cure}")
    return lines


def _wrapped(state: str, name: str, text: str) -> list[str]:
    start = f"{state:12}  {name:10}  "
    return wrap(text, _WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
