"""What was decided, collected into a judgement."""

from __future__ import annotations

from typing import final

import numpy as np

from .deciding import Decision
from .findings import Finding, Index, Judgement, Verdict
from .flat_function import FlatFunction

WRONG_AT_MOST = 24
"""After so many wrong numbers the others are not looked at thoroughly."""

_EXAMPLES_AT_MOST = 8
_WORST_FIRST = (Verdict.WRONG, Verdict.KINK, Verdict.UNKNOWN, Verdict.OK)


@final
class Recorder:
    """Counts decisions, and keeps the ones worth telling.

    Attributes
    ----------
    judgement : Judgement
    """

    def __init__(self, function: FlatFunction, order: int) -> None:
        self.function = function
        self.order = order
        self.judgement = Judgement()

    @property
    def has_enough(self) -> bool:
        """Whether so much is wrong that no more is needed."""
        return self.judgement.counts[Verdict.WRONG] >= WRONG_AT_MOST

    def count(self, verdict: Verdict, times: int) -> None:
        """Note derivatives with a verdict, of which there is nothing more to say."""
        self.judgement.counts[verdict] += times

    def differs(self, relative: float) -> None:
        """Note the relative difference from a slope that is known well."""
        self.judgement.relative = max(self.judgement.relative, relative)

    def element(
        self, mode: str, coordinate: int, output: int | None, analytic: float, decision: Decision
    ) -> None:
        """Note the decision on one element of the Jacobian."""
        self.derivative(mode, *self.function.input_at(coordinate), output, analytic, decision)

    def derivative(
        self,
        mode: str,
        name: str,
        index: Index | None,
        output: int | None,
        analytic: float,
        decision: Decision,
    ) -> None:
        """Note the decision on a derivative by an element, or by several along a direction.

        An ``output`` of None stands for a weighted sum of all results.
        """
        judgement = self.judgement
        judgement.counts[decision.verdict] += 1
        difference = abs(analytic - decision.numeric)
        if decision.is_wrong:
            size = max(abs(analytic), abs(decision.numeric))
            self.differs(difference / size if np.isfinite(difference) and size else 1.0)
        if decision.tolerance > 0 and decision.verdict in (Verdict.OK, Verdict.WRONG):
            judgement.worst = max(judgement.worst, difference / decision.tolerance)
        alike = sum(each.verdict is decision.verdict for each in judgement.findings)
        if alike >= _EXAMPLES_AT_MOST and not decision.is_wrong:
            return
        judgement.findings.append(
            Finding(
                self.order,
                mode,
                name,
                index,
                *self._output(output),
                float(analytic),
                decision.numeric,
                decision.error,
                decision.verdict,
                decision.reason,
                decision.left,
                decision.right,
            )
        )

    def misshapen(self, mode: str) -> np.ndarray:
        """Note the gradients of another shape than their input's; the elements of these inputs."""
        function = self.function
        elements = []
        for k, shape in function.misshapen.items():
            reason = f"the gradient has the shape {shape}, the input {function.inputs[k].shape}"
            decision = Decision(Verdict.WRONG, reason=reason)
            name = function.subject.input_names[k]
            self.derivative(mode, name, None, None, float("nan"), decision)
            elements.append(np.arange(function.input_starts[k], function.input_starts[k + 1]))
        return np.concatenate(elements) if elements else np.empty(0, int)

    def finished(self) -> Judgement:
        """The judgement, with the worst findings first."""
        self.judgement.evaluations = self.function.evaluations
        self.judgement.findings.sort(key=_rank)
        return self.judgement

    def _output(self, output: int | None) -> tuple[str, Index | None]:
        if output is None:
            return " + ".join(self.function.subject.output_names()), None
        return self.function.output_at(output)


def _rank(finding: Finding) -> tuple[int, float]:
    size = max(abs(finding.analytic), abs(finding.numeric))
    relative = finding.difference / size if size else 0.0
    return _WORST_FIRST.index(finding.verdict), -relative if np.isfinite(relative) else -np.inf
