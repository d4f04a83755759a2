"""``gradcheck``: whether the derivatives that somebody wrote are those of the function."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.checks import checked_count, checked_flag
from .blame import Blame, blame, blame_for_promises, quick_projections
from .findings import Verdict
from .glance import looks_wrong_at
from .hidden_kinks import excused, is_hidden_kink
from .judging import judge
from .observing import tell
from .parameters import lasting
from .promises import broken_promises
from .report import GradientError, GradientWarning, Report
from .snippets import UNFINISHED, snippet
from .subject import Subject
from .subjects import subject_of


def gradcheck(
    f: Any,
    *inputs: Any,
    order: int = 1,
    projections: int | None = None,
    parameters: Any = None,
    seed: int = 0,
    raise_exception: bool = True,
) -> Report:
    """Check the gradient of a function against differences of its values.

    No tolerance is asked for: steps are chosen for each element, from many scales, and every
    slope comes with an estimate of its error, rounding included. At a kink any number between the
    slopes to both sides is right. Checked as well is that nothing is changed in place or shared,
    that gradients have the right shape and dtype, come out the same again, and add up.

    Parameters
    ----------
    f : callable or Module
        A function of Tensors, Values or Arrays, or of nested tuples, lists and dictionaries of
        them, which gives one or several; or what ``from_torch``, ``from_jax``,
        ``from_autograd`` or ``from_numpy`` made.
    *inputs
        Where it is checked. NumPy arrays and Python floats are taken as float64 operands, those
        of float32 as such. If any operand requires a gradient, only those that do are
        differentiated by; else all floating point ones.
    order : int
        2 to check the second derivatives too, which are those of the gradient.
    projections : int, optional
        Along how many random directions large functions are checked. If not given, functions
        of few numbers are checked element by element, and others along some directions.
    parameters : Module, mapping, or iterable of operands, optional
        Leaves that f uses without being passed them. A Module's own are found by themselves.
    seed : int
        For random directions.
    raise_exception : bool
        False to have the report given back, whatever it says.

    Returns
    -------
    Report
        True in a condition if nothing is wrong.

    Raises
    ------
    GradientError
        If a derivative is wrong or a promise is broken; its text is the report.
    TypeError
        If f is no function, gives nothing to differentiate, or cannot be differentiated twice.
    ValueError
        If there is nothing to differentiate by, or ``order`` is not 1 or 2.

    Warns
    -----
    GradientWarning
        If there are derivatives, and nothing can be said about any of them.

    Examples
    --------
    >>> import twingrad
    >>> from twingrad.testing import gradcheck
    >>> print(gradcheck(twingrad.tanh, 0.5))
    gradcheck of tanh: the derivative is right
    >>> cube = twingrad.formula("wrong_cube", "x", "x * x * x", "2 * x * x")
    >>> report = gradcheck(cube, 0.5, raise_exception=False)
    >>> report.verdict.value, report.operation
    ('wrong', 'wrong_cube')
    >>> cube.remove()
    """
    __tracebackhide__ = True  # pytest shows the line of the caller
    if checked_count(order, "gradcheck: order", at_least=1) > 2:
        raise ValueError(
            f"gradcheck: order must be 1 or 2, got {order}: check the gradient as a function "
            "of its own for more"
        )
    if projections is not None:
        checked_count(projections, "gradcheck: projections", at_least=1)
    checked_count(seed, "gradcheck: seed")
    checked_flag(raise_exception, "gradcheck: raise_exception")
    parameters = lasting(parameters)
    with np.errstate(all="ignore"):
        subject = subject_of(f, inputs, parameters)
        report = examined(subject, order, projections, seed)
        if not report.ok:
            report.blame = _blame(report, subject, seed)
            if is_hidden_kink(report, subject, seed):
                report.judgements = [excused(each) for each in report.judgements]
                report.blame = None
        if not report.ok:
            report.snippet = _snippet(report, f, inputs, parameters, order, projections, seed)
    tell(report)
    if report.verdict is Verdict.UNKNOWN:
        warnings.warn(str(report), GradientWarning, stacklevel=2)
    if raise_exception and not report.ok:
        raise GradientError(report)
    return report


def _snippet(
    report: Report,
    f: Any,
    inputs: Sequence[Any],
    parameters: Any,
    order: int,
    projections: int | None,
    seed: int,
) -> str:
    """Code that shows the same failure."""

    def fails(others: Sequence[Any]) -> bool:
        subject = subject_of(f, others, parameters)
        many = projections or quick_projections(subject)
        return _seems_wrong(report, subject) or not examined(subject, order, many, seed).ok

    defaults = {"order": 1, "projections": None, "seed": 0}
    given = {"order": order, "projections": projections, "seed": seed}
    options = {name: value for name, value in given.items() if value != defaults[name]}
    try:
        return snippet(f, inputs, parameters, fails, **options)
    except Exception as error:  # some object that cannot be looked into: the report matters more
        return f"{UNFINISHED}: everything, for {type(error).__name__}: {error}"


def _seems_wrong(report: Report, subject: Subject) -> bool:
    """Whether the worst derivative of a report is wrong in a subject of other numbers, too.

    To look for what is wrong costs much more than to look at it again.
    """
    worst = report.findings[0] if report.findings else None
    if worst is None or worst.verdict is not Verdict.WRONG or worst.index is None:
        return False
    return looks_wrong_at(worst, subject if worst.order == 1 else subject.derived())


def examined(
    subject: Subject, order: int = 1, projections: int | None = None, seed: int = 0
) -> Report:
    """What can be said of a subject, without a search for the operation that is to blame."""
    broken = broken_promises(subject, seed)
    notes = tuple(each.sentence for each in broken if each.rule == "random")
    violations = [each for each in broken if each.rule != "random"]
    judgements = []
    if not notes and not any(each.rule == "shape" for each in violations):
        judgements = judge(subject, order=order, projections=projections, seed=seed)
    report = Report(subject.name, judgements, violations, notes)
    report.sizes = _sizes(subject, order)
    return report


def _sizes(subject: Subject, order: int) -> tuple[int, ...]:
    """How many derivatives there are of each order."""
    variables = sum(array.size for array in subject.inputs)
    results = sum(array.size for array in subject.values(subject.inputs))
    return (variables * results, (variables + results) * variables)[:order]


def _blame(report: Report, subject: Subject, seed: int) -> Blame:
    """The operation because of which something is wrong."""
    wrong = [each.counts[Verdict.WRONG] > 0 for each in report.judgements]
    found = blame(subject, wrong.index(True) + 1, seed) if any(wrong) else None
    if found is not None and (found.culprit or not found.operations):
        return found
    return blame_for_promises(subject, seed)
