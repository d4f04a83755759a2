"""The arguments of schedulers, checked: an optimizer, counts, numbers, one number per group."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any, NamedTuple

from ...engine.operation import real_number
from ...engine.shapes import whole_numbers
from ..optimizer import Optimizer


class Range(NamedTuple):
    """Numbers that an argument may have: the rule in words, the rule as a test, the cure."""

    rule: str
    holds: Callable[[float], bool]
    cure: str


POSITIVE = Range("greater than 0 and finite", lambda x: 0 < x < inf, "give a positive number")
FROM_ZERO = Range("0 or more and finite", lambda x: 0 <= x < inf, "give 0 or a positive number")
SHARE = Range("greater than 0 and at most 1", lambda x: 0 < x <= 1, "give a share such as 0.1")
UNIT = Range("between 0 and 1", lambda x: 0 <= x <= 1, "give a share such as 0.1")
SHRINKING = Range("greater than 0 and below 1", lambda x: 0 < x < 1, "give 0.5 for half the rate")
MOMENTUM = Range("0 or more and below 1", lambda x: 0 <= x < 1, "give a momentum such as 0.9")


def checked_optimizer(optimizer: Any, scheduler: str) -> Optimizer:
    """The optimizer that a scheduler of this name is for; ``TypeError`` for anything else."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"{scheduler}: optimizer must be an Optimizer of twingrad.optim, got "
            f"{type(optimizer).__name__}: pass the optimizer first, as in "
            f"{scheduler}(SGD(model.parameters(), lr=0.1), ...)"
        )
    return optimizer


def whole(number: Any, what: str, least: int = 1) -> int:
    """A count of ``least`` or more, as an int."""
    (count,) = whole_numbers((number,), what)
    if count < least:
        raise ValueError(f"{what} must be {least} or more, got {count}: give a larger int")
    return count


def real(number: Any, what: str, allowed: Range) -> float:
    """A real number of a range, as a float."""
    found = real_number(number, what)
    if not allowed.holds(found):
        raise ValueError(f"{what} must be {allowed.rule}, got {found}: {allowed.cure}")
    return found


def chosen(choice: Any, what: str, choices: tuple[str, ...]) -> str:
    """One of the words that an argument may be."""
    if choice not in choices:
        words = " or ".join(repr(word) for word in choices)
        raise ValueError(f"{what} must be {words}, got {choice!r:.40}: choose one of them")
    return str(choice)


def per_group(given: Any, what: str, optimizer: Optimizer) -> list[Any]:
    """One item for each group of parameters, from a list or tuple of them or from one for all."""
    groups = len(optimizer.param_groups)
    if not isinstance(given, list | tuple):
        return [given] * groups
    if len(given) != groups:
        raise ValueError(
            f"{what} must have one item for each of the {groups} param_groups, got {len(given)}: "
            f"give a list of {groups}, or one item for all"
        )
    return list(given)


def reals_per_group(given: Any, what: str, optimizer: Optimizer, allowed: Range) -> list[float]:
    """One real number of a range for each group of parameters."""
    return [real(number, what, allowed) for number in per_group(given, what, optimizer)]


def functions_per_group(
    given: Any, what: str, optimizer: Optimizer
) -> list[Callable[[int], float]]:
    """One function of the epoch for each group of parameters."""
    functions = per_group(given, what, optimizer)
    for function in functions:
        if not callable(function):
            raise TypeError(
                f"{what} must be a function of the epoch, got {type(function).__name__} "
                f"{function!r:.40}: write a function such as lambda epoch: 0.95**epoch"
            )
    return functions


def milestones_in_order(given: Any, what: str, least: int) -> list[int]:
    """Epochs of ``least`` or more that never decrease, as a list of ints."""
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise TypeError(
            f"{what} must be a list of epochs, got {type(given).__name__} {given!r:.40}: "
            "write one such as [30, 80]"
        )
    milestones = [whole(milestone, what, least) for milestone in given]
    if milestones != sorted(milestones):
        raise ValueError(f"{what} must be increasing, got {milestones}: sort them")
    return milestones
