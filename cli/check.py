"""``twingrad check``: the gradient of a function of one's own, against differences."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Iterable
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated

import typer

from . import inputs
from .mistakes import answering_mistakes
from .output import Failure, answer, telling_failures

if TYPE_CHECKING:
    from ..testing.named import Named
    from ..testing.tally import Tally
    from ..testing.trials import Trial

WRONG = 1
"""The exit code where a gradient is wrong, as a test that fails has."""

CHECK_HELP = """\
Check the gradient of MODULE:FUNCTION against differences, at many places.

MODULE is a file or the name of a module. FUNCTION takes tensors or Values, is a module of nn, or \
is made by from_torch, from_jax, from_autograd or from_numpy of twingrad.testing. Where no shapes \
are given, they are drawn as well.

\b
twingrad check losses.py:huber
twingrad check losses.py:huber --shape x=3,4 --order 2
twingrad check losses.py:nll --shape scores=5,3 --values target=0,2,1,1,0
"""

EXIT_CODES = "Exit codes: 0 right, 1 wrong, 2 it could not be checked, and one sentence says why."


def check(
    function: Annotated[
        str, typer.Argument(metavar="MODULE:FUNCTION", help="Such as losses.py:huber.")
    ],
    shape: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=SIZES",
            show_default=False,
            help="The shape of an argument, such as x=3,4; x= is a single number. Once for each.",
        ),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUES",
            show_default=False,
            help="What an argument is in every example: numbers such as y=0.5,-1; whole ones, a "
            "word, True, False or None are passed on and not differentiated by. Once for each.",
        ),
    ] = None,
    order: Annotated[
        str, typer.Option(metavar="ORDER", help="1, or 2 for second derivatives as well.")
    ] = "1",
    dtype: Annotated[
        str | None,
        typer.Option(
            metavar="DTYPE",
            help="Of what is drawn: float64 or float32. Default: float64, or what a module has.",
        ),
    ] = None,
    examples: Annotated[
        str, typer.Option(metavar="COUNT", help="How many places are drawn, from 1.")
    ] = "100",
    seed: Annotated[
        str,
        typer.Option(metavar="NUMBER", help="From 0: the same one draws the same places."),
    ] = "0",
) -> None:
    """Check the gradient of a function of one's own against differences."""
    with telling_failures("check"), answering_mistakes():
        trial = _trial(shape or (), values or (), order, dtype, examples, seed)
        raise typer.Exit(_checked(function, trial))


def _trial(
    shape: Iterable[str],
    values: Iterable[str],
    order: str,
    dtype: str | None,
    examples: str,
    seed: str,
) -> Trial:
    """What the options ask for."""
    from ..testing.trials import Trial

    shapes, given = inputs.shapes(shape), inputs.values(values)
    for name in shapes.keys() & given.keys():
        given[name] = inputs.reshaped(name, given[name], shapes.pop(name))
    return Trial(
        shapes=shapes,
        values=given,
        order=int(_choice("--order", order, ("1", "2"))),
        dtype=dtype and _choice("--dtype", dtype, ("float64", "float32")),
        examples=_whole("--examples", examples, 1),
        seed=_whole("--seed", seed, 0),
    )


def _choice(option: str, given: str, choices: tuple[str, ...]) -> str:
    if given not in choices:
        raise Failure(f"{option} must be {' or '.join(choices)}, got {given!r:.40}")
    return given


def _whole(option: str, given: str, at_least: int) -> int:
    if not (given.isdecimal() and int(given) >= at_least):
        raise Failure(f"{option} must be a whole number from {at_least}, got {given!r:.40}")
    return int(given)


def _checked(text: str, trial: Trial) -> int:
    """Check, say what was found, and give the exit code."""
    from ..testing import named
    from ..testing.report import GradientError

    try:
        with redirect_stdout(sys.stderr):  # what somebody's code prints is no result of ours
            target = named.find(text)
            tally = _tally(target, trial)
    except GradientError as error:
        answer(str(error))
        return WRONG
    answer(_conclusion(target.name, tally))
    return 0


def _tally(target: Named, trial: Trial) -> Tally:
    """What is found at all examples; a :class:`Failure` if the function itself fails."""
    from ..testing import named, trials
    from ..testing.report import GradientError, GradientWarning

    if not trials.can_be_checked(target.found):
        raise Failure(_no_function(target))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GradientWarning)  # all examples are told of at the end
            return trials.run(target.found, trial)
    except GradientError:
        raise
    except (Exception, SystemExit) as error:
        where = target.line_of(error)
        if not where:
            raise
        raised = f"{target.name} raised {named.said(error)} ({where})"
        raise Failure(f"{raised}: {_cure(trial)}") from error


def _no_function(target: Named) -> str:
    name = target.name
    if inspect.isclass(target.found):
        return (
            f"{name} is a class, and what is checked is a function or a module: make one of it, "
            f"such as `check_me = {name}(...)`, and give the name of that"
        )
    return (
        f"{name} is of type {type(target.found).__name__}, and what is checked is a function or a "
        "module: give the name of one"
    )


def _cure(trial: Trial) -> str:
    if trial.shapes or trial.values:
        return "see whether it takes such shapes, numbers and dtypes"
    return "say what it takes, as in --shape x=3,4 and --values y=0,2,1"


def _conclusion(name: str, tally: Tally) -> str:
    """One line; a :class:`Failure` where nothing is known."""
    from ..testing.findings import Verdict

    places = f"{tally.checks} place{'' if tally.checks == 1 else 's'}"
    if not tally.judged and tally.note:
        raise Failure(tally.note)
    if not tally.derivatives:
        raise Failure(f"{name} gave nothing to differentiate at {places}: see what it takes")
    if not tally.judged:
        raise Failure(
            f"none of {tally.derivatives} derivatives of {name} at {places} can be told from "
            "differences: its results may not be finite there, choose places with --values"
        )
    kinks, unknown = tally.counts[Verdict.KINK], tally.counts[Verdict.UNKNOWN]
    remarks = [f"{kinks} at a kink"] if kinks else []
    remarks += [f"{unknown} more cannot be told"] if unknown else []
    remarks += [f"relative differences up to {tally.relative:.0e}"] if tally.relative else []
    remark = f" ({', '.join(remarks)})" if remarks else ""
    right = f"all {tally.judged} derivatives" if tally.judged > 1 else "the derivative"
    return f"{name}: {right} at {places} {'are' if tally.judged > 1 else 'is'} right{remark}"
