"""How the learning rate changes in ``fit``: schedules by name, and when they step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from ...engine.checks import checked_choice
from ...engine.wording import suggestion
from .. import lr_scheduler
from ..lr_scheduler import LRScheduler
from ..optimizer import Optimizer

Interval = Literal["step", "epoch"]

WARM_UP = 0.05
"""The share of all steps in which the rate of ``"warmup"`` rises."""


class Schedule(NamedTuple):
    """A scheduler, and whether it steps with every update or with every epoch."""

    scheduler: LRScheduler | None
    interval: Interval


def scheduled(given: Any, optimizer: Optimizer, total_steps: int | None) -> Schedule:
    """The schedule that was asked for; see ``schedule`` of :func:`twingrad.fit`."""
    if given is None:
        return Schedule(None, "epoch")
    if isinstance(given, LRScheduler):
        return _own(given, optimizer, _usual_interval(given))
    if isinstance(given, tuple):
        return _pair(given, optimizer)
    if isinstance(given, str) and given not in SCHEDULES:
        raise ValueError(
            f"fit: schedule must be one of {', '.join(SCHEDULES)}, got {given!r}: "
            + suggestion(given, SCHEDULES, "or pass a scheduler of optim.lr_scheduler")
        )
    if not isinstance(given, str) and (isinstance(given, type) or not callable(given)):
        raise TypeError(
            f"fit: schedule must be a name, a scheduler, a pair (scheduler, 'step' or 'epoch') or "
            f"a function of the optimizer and the number of steps, got {given!r:.40}: write for "
            "example schedule='onecycle'"
        )
    if total_steps is None:
        raise ValueError(
            "fit: schedule must know the number of steps, got batches that cannot be counted: pass "
            "a Dataset or a DataLoader, or a scheduler of your own"
        )
    if isinstance(given, str):
        scheduler = SCHEDULES[given](optimizer, total_steps)
        return Schedule(scheduler, "epoch" if given == "plateau" else "step")
    return _made(given, optimizer, total_steps)


def _made(function: Callable[..., Any], optimizer: Optimizer, total_steps: int) -> Schedule:
    """The schedule that a function gives, of the optimizer, or of it and the number of steps."""
    takes_steps = _takes_steps(function)
    made = function(optimizer, total_steps) if takes_steps else function(optimizer)
    if isinstance(made, tuple):
        return _pair(made, optimizer)
    if not isinstance(made, LRScheduler):
        raise TypeError(
            f"fit: schedule must give a scheduler of optim.lr_scheduler, got "
            f"{type(made).__name__}: return what sets the rates"
        )
    return _own(made, optimizer, "step" if takes_steps else _usual_interval(made))


def _takes_steps(function: Callable[..., Any]) -> bool:
    """Whether a function takes the number of steps besides the optimizer."""
    try:
        signature(function).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # of what is not written in Python nothing is known
        pass
    return True


def _pair(given: tuple[Any, ...], optimizer: Optimizer) -> Schedule:
    if len(given) != 2 or not isinstance(given[0], LRScheduler):
        raise TypeError(
            f"fit: schedule must be a pair of a scheduler and 'step' or 'epoch', got {given!r:.60}:"
            " write for example schedule=(scheduler, 'step')"
        )
    interval = checked_choice(given[1], "fit: schedule: when it steps", ("step", "epoch"))
    return _own(given[0], optimizer, interval)


def _own(scheduler: LRScheduler, optimizer: Optimizer, interval: Interval) -> Schedule:
    if scheduler.optimizer is not optimizer:
        raise ValueError(
            "fit: schedule must set the rates of the optimizer that is used, got a scheduler of "
            "another: make it with the optimizer that you pass"
        )
    if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau) and interval == "step":
        raise ValueError(
            "fit: schedule must step with epochs for ReduceLROnPlateau, got 'step': it waits for "
            "the loss of an epoch"
        )
    return Schedule(scheduler, interval)


def _usual_interval(scheduler: LRScheduler) -> Interval:
    """When a scheduler usually steps: those that are made for batches, with every update."""
    by_steps = (lr_scheduler.OneCycleLR, lr_scheduler.CyclicLR, lr_scheduler.WarmupCosineLR)
    return "step" if isinstance(scheduler, by_steps) else "epoch"


def _one_cycle(optimizer: Optimizer, steps: int) -> LRScheduler:
    # plain descent would become one with momentum
    cycles = "betas" in optimizer.defaults or bool(optimizer.defaults.get("momentum"))
    return lr_scheduler.OneCycleLR(
        optimizer, _rates(optimizer), total_steps=max(2, steps), cycle_momentum=cycles
    )


def _warm_up(optimizer: Optimizer, steps: int) -> LRScheduler:
    rising = min(max(1, round(WARM_UP * steps)), steps - 1) if steps > 1 else 0
    return lr_scheduler.WarmupCosineLR(optimizer, rising, steps)


def _cosine(optimizer: Optimizer, steps: int) -> LRScheduler:
    return lr_scheduler.CosineAnnealingLR(optimizer, steps)


def _linear(optimizer: Optimizer, steps: int) -> LRScheduler:
    return lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)


def _steps(optimizer: Optimizer, steps: int) -> LRScheduler:
    return lr_scheduler.MultiStepLR(optimizer, [-(-steps // 2), -(-3 * steps // 4)], gamma=0.1)


def _plateau(optimizer: Optimizer, steps: int) -> LRScheduler:
    return lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=5)


def _rates(optimizer: Optimizer) -> list[float]:
    return [float(group["lr"]) for group in optimizer.param_groups]


SCHEDULES: Mapping[str, Callable[[Optimizer, int], LRScheduler]] = MappingProxyType(
    {
        "cosine": _cosine,
        "linear": _linear,
        "onecycle": _one_cycle,
        "plateau": _plateau,
        "step": _steps,
        "warmup": _warm_up,
    }
)
"""The schedules that go by a name: from the optimizer and the number of all steps."""
