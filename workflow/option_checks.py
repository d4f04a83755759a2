"""What the options of a run must be, one by one: checked, and in the form that a Config keeps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import Any, get_args

from ..data.targets import Wish
from ..engine.checks import (
    FROM_ZERO,
    POSITIVE,
    Range,
    checked_count,
    checked_flag,
    checked_number,
)
from ..engine.files import is_encodable
from ..engine.wording import suggestion
from ..nn.activations import ACTIVATIONS
from ..nn.mlp import NORMS
from ..optim.names import OPTIMIZERS
from ..optim.training.scheduling import SCHEDULES
from .augmenting import checked_augmentations
from .tasks import LOSS_NAMES

Check = Callable[[Any, str], Any]
"""Takes what was given and the name of the option; gives what is kept, or raises a sentence."""

ALL = "all"
"""The size of a batch that has all rows."""

CONSTANT = "constant"
"""The schedule that is none."""

_SEED_END = 2**63
"""TOML has no whole numbers beyond."""


def checked(name: str, given: Any) -> Any:
    """An option in the form that a Config keeps.

    Raises ``TypeError`` or ``ValueError``, beginning with ``name``, for what it cannot be.
    """
    return CHECKS[name](given, name)


def _text(given: Any, what: str) -> str:
    if not isinstance(given, str):
        raise TypeError(
            f"{what} must be text, got {type(given).__name__} {given!r:.40}: put it in quotes"
        )
    if not given or "\0" in given or not is_encodable(given):
        raise ValueError(
            f"{what} must be text of one or more characters that files can hold, got "
            f"{given!r:.60}: rename it"
        )
    return str(given)


def _one_of(choices: Collection[str]) -> Check:
    def check(given: Any, what: str) -> str:
        if not isinstance(given, str) or given not in choices:
            names = ", ".join(choices)
            raise (ValueError if isinstance(given, str) else TypeError)(
                f"{what} must be one of {names}, got {given!r:.40}: "
                + suggestion(given, choices, "choose one of them")
            )
        return str(given)

    return check


def _number(allowed: Range) -> Check:
    return lambda given, what: checked_number(given, what, allowed)


def _count(at_least: int) -> Check:
    return lambda given, what: checked_count(given, what, at_least)


def _optional(check: Check) -> Check:
    return lambda given, what: None if given is None else check(given, what)


def _names(given: Any, what: str) -> tuple[str, ...]:
    return tuple(_text(each, what) for each in _several(given, what, 'names, such as ["id"]'))


def _widths(given: Any, what: str) -> tuple[int, ...]:
    """The numbers of neurons of the hidden layers, of which there may be none."""
    listed = [given] if isinstance(given, int) else _several(given, what, "numbers, such as [64]")
    return tuple(checked_count(each, what, 1) for each in listed)


def _several(given: Any, what: str, rule: str) -> Sequence[Any]:
    if not isinstance(given, list | tuple):
        raise TypeError(
            f"{what} must be a list of {rule}, got {type(given).__name__} {given!r:.40}: write a "
            "list"
        )
    return given


def _part(given: Any, what: str) -> int | float:
    """A number of rows if it is whole, else a share of them."""
    if isinstance(given, int):
        return checked_count(given, what, 0)
    return checked_number(given, what, Range("give a share such as 0.1", at_least=0, below=1))


def _rate(given: Any, what: str) -> float | str:
    if given == "auto":
        return "auto"
    if isinstance(given, str):
        raise TypeError(
            f"{what} must be a number or 'auto', got {given!r:.40}: give a rate such as 0.001"
        )
    return checked_number(given, what, POSITIVE)


def _batch_size(given: Any, what: str) -> int | str:
    return ALL if given == ALL else checked_count(given, what, 1)


def _seed(given: Any, what: str) -> int:
    seed = checked_count(given, what, 0)
    if seed >= _SEED_END:
        raise ValueError(f"{what} must be below 2**63, got {seed}: give a smaller number")
    return seed


def _augmentations(given: Any, what: str) -> tuple[str, ...]:
    return checked_augmentations(_names(given, what), what)


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "data": _text,
        "target": _optional(_text),
        "task": _one_of(get_args(Wish)),
        "ignore": _names,
        "hidden": _widths,
        "activation": _one_of(ACTIVATIONS),
        "norm": _optional(_one_of(NORMS)),
        "dropout": _number(Range("it is the share that is left out", at_least=0, below=1)),
        "optimizer": _one_of(OPTIMIZERS),
        "lr": _optional(_rate),
        "schedule": _one_of((*SCHEDULES, CONSTANT)),
        "l1": _number(FROM_ZERO),
        "l2": _number(FROM_ZERO),
        "weight_decay": _optional(_number(FROM_ZERO)),
        "loss": _one_of(("auto", *LOSS_NAMES)),
        "epochs": _optional(_count(1)),
        "batch_size": _optional(_batch_size),
        "validation": _part,
        "test": _part,
        "patience": _count(0),
        "clip": _optional(_number(Range("it is the greatest norm", above=0, below=inf))),
        "augment": _augmentations,
        "class_weight": _optional(_one_of(("balanced",))),
        "seed": _seed,
        "backend": _one_of(("tensor", "scalar")),
        "compile": checked_flag,
    }
)
"""What each option must be, by its name."""
