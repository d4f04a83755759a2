"""Schedulers as the golden cases write them: expressions of an optimizer with two groups."""

import json
from pathlib import Path

from support.twins import operand
from twingrad.optim import SGD, Adam, lr_scheduler

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "schedulers.json").read_text())
KINDS = {"SGD": SGD, "Adam": Adam}


def case_name(case):
    """How a golden case is called in reports."""
    return case["expression"] + (" changed by hand" if case["by_hand"] else "")


def optimizer_of(rates=GOLDEN["initial_rates"], kind=SGD, twin="tensor", **options):
    """An optimizer with a group for each rate."""
    weights = [operand(twin, [1.0], requires_grad=True) for _ in rates]
    groups = [{"params": [w], "lr": lr} for w, lr in zip(weights, rates, strict=True)]
    return kind(groups, lr=1.0, **options)


def made(expression, kind="SGD"):
    """The optimizer and the schedulers of a golden case."""
    options = {"momentum": 0.9} if kind == "SGD" else {}
    optimizer = optimizer_of(kind=KINDS[kind], **options)
    names = {name: getattr(lr_scheduler, name) for name in lr_scheduler.__all__}
    found = eval(expression, {"optimizer": optimizer, **names})
    return optimizer, found if isinstance(found, list) else [found]


def resumed(expression, kind, optimizer, schedulers):
    """The same, made anew and loaded with the states, which went through JSON as text."""
    again, copies = made(expression, kind)
    for copy, scheduler in zip(copies, schedulers, strict=True):
        copy.load_state_dict(json.loads(json.dumps(scheduler.state_dict())))
    again.load_state_dict(optimizer.state_dict())
    return again, copies


def present_rates(optimizer):
    """The rate of each group."""
    return [group["lr"] for group in optimizer.param_groups]


def present_momenta(optimizer):
    """The momentum of each group, or its first beta."""
    groups = optimizer.param_groups
    return [group["betas"][0] if "betas" in group else group["momentum"] for group in groups]


def rates_along(scheduler, count):
    """The rates of the first group now and after each of some steps."""
    seen = [scheduler.optimizer.param_groups[0]["lr"]]
    for _ in range(count):
        scheduler.step()
        seen.append(scheduler.optimizer.param_groups[0]["lr"])
    return seen
