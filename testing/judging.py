"""Every derivative of a subject beside differences: right, wrong, at a kink, or not to be told."""

from __future__ import annotations

import warnings
from math import nan

import numpy as np

from .deciding import Decision
from .elements import Elements
from .findings import Judgement, Verdict
from .flat_function import FlatFunction
from .projections import Projections
from .recording import Recorder
from .single_precision import compare
from .subject import Subject

_EVALUATIONS_AT_MOST = 1200
_PROJECTIONS = 3


def judge(
    subject: Subject, *, order: int = 1, projections: int | None = None, seed: int = 0
) -> list[Judgement]:
    """Compare the derivatives of a function, up to an order, with differences of its values.

    Parameters
    ----------
    subject : Subject
        The function, where it is checked, and its derivatives.
    order : int
        1 for the gradient; 2 to go on with the gradient as a function of its own.
    projections : int or None
        How many random directions large functions are checked along; None is decided by size:
        small ones are checked element by element.
    seed : int
        Of the directions.

    Returns
    -------
    list of Judgement
        One for each order.
    """
    judgements = []
    for level in range(1, order + 1):
        if level > 1:
            subject = subject.derived()
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            judgements.append(_judged(subject, level, projections, np.random.default_rng(seed)))
    return judgements


def _judged(
    subject: Subject, order: int, projections: int | None, generator: np.random.Generator
) -> Judgement:
    function = FlatFunction(subject, order)
    precise = subject.precise() if function.is_coarse else None
    if precise is None:
        recorder = Recorder(function, order)
        _look(function, recorder, projections, generator)
        return recorder.finished()
    double = FlatFunction(precise, order)
    recorder = Recorder(double, order)
    _look(double, recorder, projections, generator)
    compare(function, double, recorder, generator)
    judgement = recorder.finished()
    judgement.evaluations += function.evaluations
    return judgement


def _look(
    function: FlatFunction,
    recorder: Recorder,
    projections: int | None,
    generator: np.random.Generator,
) -> None:
    if not function.repeats():
        entries = function.size * function.center.size
        names = ", ".join(function.subject.input_names)
        decision = Decision(Verdict.UNKNOWN, reason="the same inputs give other values each time")
        recorder.derivative("reverse", names, None, None, nan, decision)
        recorder.count(Verdict.UNKNOWN, max(entries - 1, 0))
        return
    evaluations = 4 * function.size + function.center.size
    if projections is None and evaluations <= _EVALUATIONS_AT_MOST:
        Elements(function, recorder, generator).judge()
    else:
        count = _PROJECTIONS if projections is None else projections
        Projections(function, recorder, generator, count).judge()
