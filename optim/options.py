"""What the options of optimizers must be, once for all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import inf
from typing import Any

from ..engine.checks import (
    Range,
    checked_choice,
    checked_count,
    checked_flag,
    checked_number,
    ordered,
)


def check_options(options: Mapping[str, Any], what: str) -> None:
    """Raise ``ValueError`` or ``TypeError``, beginning with ``what``, for an option out of range.

    Options of other names are not looked at.
    """
    for name, value in options.items():
        of = f"{what}: {name}"
        if name in _NUMBERS:
            checked_number(value, of, _NUMBERS[name])
        elif name in _PAIRS:
            _check_pair(value, of, *_PAIRS[name])
        elif name in _COUNTS:
            checked_count(value, of, 1)
        elif name in _CHOICES:
            checked_choice(value, of, _CHOICES[name])
        elif name in _FLAGS:
            checked_flag(value, of)
    if "step_sizes" in options:
        least, greatest = options["step_sizes"]
        ordered(f"{what}: step_sizes", least=least, greatest=greatest)


def _check_pair(value: Any, of: str, first: Range, second: Range) -> None:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ValueError(
            f"{of} must be two numbers, got {value!r}: write them in parentheses, as in the default"
        )
    for k, allowed in enumerate((first, second)):
        checked_number(value[k], f"{of}[{k}]", allowed)


def _from_zero(why: str) -> Range:
    return Range(why, at_least=0, below=inf)


_NUMBERS: Mapping[str, Range] = {
    "lr": _from_zero("descent goes against the gradient, and maximize=True goes with it"),
    "momentum": _from_zero("0 is no momentum, 0.9 is usual"),
    "dampening": Range("0 is usual", above=-inf, below=inf),
    "weight_decay": _from_zero("it pulls towards 0"),
    "eps": _from_zero("it keeps a divisor from being 0"),
    "alpha": _from_zero("it weighs a running average, or is the power of a decay"),
    "rho": Range("it weighs a running average", at_least=0, at_most=1),
    "lr_decay": _from_zero("the rate is divided by 1 + steps * lr_decay"),
    "initial_accumulator_value": _from_zero("it is a sum of squares"),
    "momentum_decay": _from_zero("0.004 is usual"),
    "lambd": _from_zero("it pulls towards 0, and lets the rate decay"),
    "t0": Range("averaging begins there", at_least=0),
    "tolerance_grad": _from_zero("a step ends at a smaller gradient"),
    "tolerance_change": _from_zero("a step ends at a smaller change"),
}

_AVERAGE = Range("it weighs a running average, and 1 would never forget", at_least=0, below=1)
_STEP_SIZE = _from_zero("steps stay between the two")

_PAIRS: Mapping[str, tuple[Range, Range]] = {
    "betas": (_AVERAGE, _AVERAGE),
    "etas": (
        Range("steps shrink by it", above=0, below=1),
        Range("steps grow by it", above=1, below=inf),
    ),
    "step_sizes": (_STEP_SIZE, _STEP_SIZE),
}

_COUNTS = frozenset({"max_iter", "max_eval", "history_size"})

_CHOICES: Mapping[str, Collection[str | None]] = {"line_search_fn": ("strong_wolfe", None)}

_FLAGS = frozenset({"nesterov", "maximize", "amsgrad", "centered", "decoupled_weight_decay"})
