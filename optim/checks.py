"""What the options of optimizers must be, once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from ..engine.operation import real_number


def check_options(options: Mapping[str, Any], what: str) -> None:
    """Raise ``ValueError`` or ``TypeError``, beginning with ``what``, for an option out of range.

    Options of other names are not looked at.
    """
    for name, value in options.items():
        if name in _PAIRS:
            check, rule = _PAIRS[name]
            if not isinstance(value, tuple | list) or len(value) != 2:
                raise ValueError(f"{what}: {name} must be two numbers, got {value!r}: {rule}")
            numbers = [real_number(each, f"{what}: {name}[{k}]") for k, each in enumerate(value)]
            if not check(*numbers):
                raise ValueError(f"{what}: {name} must be {rule}, got {value!r}")
        elif name in _SINGLE:
            test, rule = _SINGLE[name]
            number = real_number(value, f"{what}: {name}")
            if not test(number):
                raise ValueError(f"{what}: {name} must be {rule}, got {value!r}")
        elif name in _FLAGS and not isinstance(value, bool):
            raise TypeError(f"{what}: {name} must be True or False, got {value!r}: it is an option")


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
}

_PAIRS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "betas": (
        lambda a, b: _fraction(a) and _fraction(b),
        "two numbers in [0, 1): they weigh running averages, and 1 would never forget",
    ),
    "etas": (
        lambda minus, plus: 0 < minus < 1 < plus,
        "0 < etaminus < 1 < etaplus: steps shrink by the one and grow by the other",
    ),
    "step_sizes": (lambda least, most: 0 <= least <= most, "0 <= least <= greatest"),
}

_FLAGS = frozenset({"nesterov", "maximize", "amsgrad", "centered", "decoupled_weight_decay"})
