"""What the options of optimizers must be, once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from ..engine.operation import real_number
from ..engine.shapes import whole_numbers


def check_options(options: Mapping[str, Any], what: str) -> None:
    """Raise ``ValueError`` or ``TypeError``, beginning with ``what``, for an option out of range.

    Options of other names are not looked at.
    """
    for name, value in options.items():
        of = f"{what}: {name}"
        if name in _PAIRS:
            _check_pair(value, *_PAIRS[name], of)
        elif name in _SINGLE:
            test, rule = _SINGLE[name]
            _check(test(real_number(value, of)), of, rule, value)
        elif name in _COUNTS:
            _check(whole_numbers([value], of)[0] >= 1, of, _COUNTS[name], value)
        elif name in _CHOICES:
            choices, rule = _CHOICES[name]
            _check(value in choices, of, rule, value)
        elif name in _FLAGS and not isinstance(value, bool):
            raise TypeError(f"{of} must be True or False, got {value!r}: it is an option")


def _check(holds: bool, of: str, rule: str, value: Any) -> None:
    if not holds:
        raise ValueError(f"{of} must be {rule}, got {value!r}")


def _check_pair(value: Any, test: Callable[[float, float], bool], rule: str, of: str) -> None:
    _check(isinstance(value, tuple | list) and len(value) == 2, of, rule, value)
    numbers = [real_number(each, f"{of}[{k}]") for k, each in enumerate(value)]
    _check(test(*numbers), of, rule, value)


def _not_negative(x: float) -> bool:
    return x >= 0


def _fraction(x: float) -> bool:
    return 0 <= x < 1


_RATE = "at least 0: descent goes against the gradient, and maximize=True goes with it"

_SINGLE: Mapping[str, tuple[Callable[[float], bool], str]] = {
    "lr": (_not_negative, _RATE),
    "momentum": (_not_negative, "at least 0: 0 is no momentum, 0.9 is usual"),
    "dampening": (isfinite, "finite: 0 is usual"),
    "weight_decay": (_not_negative, "at least 0: it pulls towards 0"),
    "eps": (_not_negative, "at least 0: it is added to a root"),
    "alpha": (_not_negative, "at least 0"),
    "rho": (lambda x: 0 <= x <= 1, "between 0 and 1: it weighs a running average"),
    "lr_decay": (_not_negative, "at least 0"),
    "initial_accumulator_value": (_not_negative, "at least 0: it is a sum of squares"),
    "momentum_decay": (_not_negative, "at least 0: 0.004 is usual"),
    "lambd": (_not_negative, "at least 0"),
    "t0": (_not_negative, "at least 0: averaging begins there"),
    "tolerance_grad": (_not_negative, "at least 0: a step ends at a smaller gradient"),
    "tolerance_change": (_not_negative, "at least 0: a step ends at a smaller change"),
}

_PAIRS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "betas": (
        lambda a, b: _fraction(a) and _fraction(b),
        "two numbers in [0, 1): they weigh running averages, and 1 would never forget",
    ),
    "etas": (
        lambda minus, plus: 0 < minus < 1 < plus,
        "two numbers with 0 < etaminus < 1 < etaplus, by which steps shrink and grow",
    ),
    "step_sizes": (
        lambda least, most: 0 <= least <= most,
        "two numbers with 0 <= least <= greatest",
    ),
}

_COUNTS: Mapping[str, str] = {
    "max_iter": "at least 1: it counts the iterations of a step",
    "max_eval": "at least 1: it counts the calls of the closure in a step",
    "history_size": "at least 1: it counts the steps that are remembered",
}

_CHOICES: Mapping[str, tuple[tuple[Any, ...], str]] = {
    "line_search_fn": (
        ("strong_wolfe", None),
        "'strong_wolfe' or None, which goes as far as lr says",
    ),
}

_FLAGS = frozenset({"nesterov", "maximize", "amsgrad", "centered", "decoupled_weight_decay"})
