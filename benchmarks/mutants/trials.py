"""How a checker fares with an operation and with its mutants."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import final

import numpy as np

from ..checkers.base import Check, Checker
from .inputs import Inputs
from .records import Mutant, Operation


@final
@dataclass(frozen=True)
class Calm:
    """A checker on an operation whose derivative is right.

    Attributes
    ----------
    alarms : dict of int to str
        The inputs at which it found a fault, by number, and the beginning of what it said.
    seconds : list of float
        What each check took.
    """

    operation: Operation
    checker: str
    source: str
    alarms: dict[int, str]
    seconds: list[float]


@final
@dataclass(frozen=True)
class Hunt:
    """A checker on a mutant.

    Attributes
    ----------
    caught : int or None
        The number of the first inputs at which it told the mutant from the right derivative:
        it found a fault there, and none with the right one.
    said : str
        The beginning of what it said there.
    """

    mutant: Mutant
    checker: str
    source: str
    caught: int | None
    said: str


def calm(operation: Operation, checker: Checker, source: str, examples: Sequence[Inputs]) -> Calm:
    """Check the right derivative at all inputs."""
    alarms: dict[int, str] = {}
    seconds = []
    with _quiet(), checker.checking(operation, operation.make()) as check:
        for number, inputs in enumerate(examples):
            start = time.perf_counter()
            said = _fault(check, inputs)
            seconds.append(time.perf_counter() - start)
            if said is not None:
                alarms[number] = said
    return Calm(operation, checker.name, source, alarms, seconds)


def hunt(mutant: Mutant, checker: Checker, right: Calm, examples: Sequence[Inputs]) -> Hunt:
    """Check a mutant until it is told from the right derivative, or the inputs are used up."""
    with _quiet(), checker.checking(mutant.operation, mutant.make()) as check:
        for number, inputs in enumerate(examples):
            if number not in right.alarms:
                said = _fault(check, inputs)
                if said is not None:
                    return Hunt(mutant, checker.name, right.source, number, said)
    return Hunt(mutant, checker.name, right.source, None, "")


def _fault(check: Check, inputs: Inputs) -> str | None:
    """What a checker raises, which is what the user of it would see; None if it is content."""
    try:
        check([each.copy() for each in inputs])
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split()):.300}"
    return None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings of overflow and the like, which the inputs cause on purpose."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
