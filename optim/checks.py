"""What the options of optimizers must be, once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from ..engine.operation import real_number
from ..engine.shapes import whole_numbers


class Requirement(NamedTuple):
    """What an option must be.

    Attributes
    ----------
    test : callable
        Whether a value, or the two numbers of a pair, will do.
    rule, cure : str
        For the sentence of the error.
    """

    test: Callable[..., bool]
    rule: str
    cure: str


def check_options(options: Mapping[str, Any], what: str) -> None:
    """Raise ``ValueError`` or ``TypeError``, beginning with ``what``, for an option out of range.

    Options of other names are not looked at.
    """
    for name, value in options.items():
        of = f"{what}: {name}"
        if name in _PAIRS:
            _check_pair(value, _PAIRS[name], of)
        elif name in _SINGLE:
            _check(_SINGLE[name], (real_number(value, of),), value, of)
        elif name in _COUNTS:
            _check(_COUNTS[name], whole_numbers([value], of), value, of)
        elif name in _CHOICES:
            _check(_CHOICES[name], (value,), value, of)
        elif name in _FLAGS and not isinstance(value, bool):
            raise TypeError(f"{of} must be True or False, got {value!r}: it is an option")


def _check(requirement: Requirement, found: Sequence[Any], value: Any, of: str) -> None:
    if not requirement.test(*found):
        raise ValueError(f"{of} must be {requirement.rule}, got {value!r}: {requirement.cure}")


def _check_pair(value: Any, requirement: Requirement, of: str) -> None:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ValueError(f"{of} must be {requirement.rule}, got {value!r}: {requirement.cure}")
    numbers = [real_number(each, f"{of}[{k}]") for k, each in enumerate(value)]
    _check(requirement, numbers, value, of)


def _not_negative(cure: str) -> Requirement:
    return Requirement(lambda x: x >= 0, "at least 0", cure)


def _count(cure: str) -> Requirement:
    return Requirement(lambda count: count >= 1, "at least 1", cure)


_SINGLE: Mapping[str, Requirement] = {
    "lr": _not_negative("descent goes against the gradient, and maximize=True goes with it"),
    "momentum": _not_negative("0 is no momentum, 0.9 is usual"),
    "dampening": Requirement(isfinite, "finite", "0 is usual"),
    "weight_decay": _not_negative("it pulls towards 0"),
    "eps": _not_negative("it is added to a root"),
    "alpha": _not_negative("it weighs a running average, or is the power of a decay"),
    "rho": Requirement(lambda x: 0 <= x <= 1, "between 0 and 1", "it weighs a running average"),
    "lr_decay": _not_negative("the rate is divided by 1 + steps * lr_decay"),
    "initial_accumulator_value": _not_negative("it is a sum of squares"),
    "momentum_decay": _not_negative("0.004 is usual"),
    "lambd": _not_negative("it pulls towards 0, and lets the rate decay"),
    "t0": _not_negative("averaging begins there"),
    "tolerance_grad": _not_negative("a step ends at a smaller gradient"),
    "tolerance_change": _not_negative("a step ends at a smaller change"),
}

_PAIRS: Mapping[str, Requirement] = {
    "betas": Requirement(
        lambda a, b: 0 <= a < 1 and 0 <= b < 1,
        "two numbers in [0, 1)",
        "they weigh running averages, and 1 would never forget",
    ),
    "etas": Requirement(
        lambda minus, plus: 0 < minus < 1 < plus,
        "two numbers with 0 < etaminus < 1 < etaplus",
        "steps shrink by the one and grow by the other",
    ),
    "step_sizes": Requirement(
        lambda least, greatest: 0 <= least <= greatest,
        "two numbers with 0 <= least <= greatest",
        "steps stay between them",
    ),
}

_COUNTS: Mapping[str, Requirement] = {
    "max_iter": _count("it counts the iterations of a step"),
    "max_eval": _count("it counts the calls of the closure in a step"),
    "history_size": _count("it counts the steps that are remembered"),
}

_CHOICES: Mapping[str, Requirement] = {
    "line_search_fn": Requirement(
        lambda choice: choice in ("strong_wolfe", None),
        "'strong_wolfe' or None",
        "None goes as far as lr says",
    ),
}

_FLAGS = frozenset({"nesterov", "maximize", "amsgrad", "centered", "decoupled_weight_decay"})
