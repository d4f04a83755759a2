"""What a check finds: one line for each element that was looked at and is worth telling."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import final

Index = tuple[int, ...]


class Verdict(Enum):
    """What is said of one number of a gradient."""

    OK = "ok"
    KINK = "at a kink"
    UNKNOWN = "cannot tell"
    WRONG = "wrong"


@final
@dataclass(frozen=True)
class Finding:
    """One derivative that was compared with differences.

    Attributes
    ----------
    order : int
        1 for a derivative of the function, 2 for one of its gradient.
    mode : str
        ``"reverse"`` or ``"forward"``.
    input, output : str
        The names of what is differentiated by, and of what is differentiated.
    index, output_index : tuple of int or None
        Which elements of them; None for a sum over all of them, along a direction.
    analytic : float
        What the function's author says.
    numeric, error : float
        The slope from differences, and its estimated error: both nan where none was found.
    left, right : float
        The slopes to either side, where they differ.
    verdict : Verdict
    reason : str
        Why, in a few words: ``"the slopes are -1 to the left and 1 to the right"``.
    """

    order: int
    mode: str
    input: str
    index: Index | None
    output: str
    output_index: Index | None
    analytic: float
    numeric: float
    error: float
    verdict: Verdict
    reason: str = ""
    left: float = float("nan")
    right: float = float("nan")

    @property
    def difference(self) -> float:
        """How far the analytic number is from the numeric one."""
        return abs(self.analytic - self.numeric)


@final
@dataclass(frozen=True)
class Violation:
    """A promise about gradients that was broken, beside their numbers.

    Attributes
    ----------
    rule : str
        Which one, in a word or two: ``"shape"``, ``"mutation"``, ``"aliasing"``, ``"repetition"``.
    sentence : str
        What was seen, what is right, and where to look.
    input : str
        The input concerned; empty where none is.
    """

    rule: str
    sentence: str
    input: str = ""


@final
@dataclass
class Judgement:
    """The outcome of comparing all the derivatives of one subject with differences.

    Attributes
    ----------
    counts : dict of Verdict to int
        How many derivatives got which verdict.
    findings : list of Finding
        The worst ones first: all that are wrong (at most some tens), then examples of the others.
    worst : float
        The largest difference in units of its tolerance: 1 and more is wrong.
    relative : float
        The largest relative difference from a slope that is known well: what a search for
        bugs makes larger.
    evaluations : int
        How often the function was evaluated.
    """

    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    findings: list[Finding] = field(default_factory=list)
    worst: float = 0.0
    relative: float = 0.0
    evaluations: int = 0
