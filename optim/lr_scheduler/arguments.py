"""The arguments of schedulers, checked: one item per group of parameters, milestones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...engine.checks import Range, checked_count, checked_number
from ..optimizer import Optimizer


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
    return [checked_number(number, what, allowed) for number in per_group(given, what, optimizer)]


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
    milestones = [checked_count(milestone, what, least) for milestone in given]
    if milestones != sorted(milestones):
        raise ValueError(f"{what} must be increasing, got {milestones}: sort them")
    return milestones
