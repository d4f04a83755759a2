"""Write schedulers.json: the rates and momenta that PyTorch's schedulers set, step by step.

Run with PyTorch 2.13: ``python tests/golden/make_schedulers.py``. Every case is an expression of
``optimizer``, which has two groups, and which the tests evaluate as it stands here. A list of
schedulers is stepped one by one. Each case is also interrupted and resumed from the states of
scheduler and optimizer; since the numbers must not change by it, they are written once.
"""

import json
import math
from pathlib import Path

import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import SWALR

STEPS = 200
INTERRUPTION = 77
RATES = [0.1, 0.025]
HAND = {"at": 60, "rates": [0.3, 0.004]}

SGD = [
    "StepLR(optimizer, 30)",
    "StepLR(optimizer, step_size=7, gamma=0.9)",
    "MultiStepLR(optimizer, [30, 80])",
    "MultiStepLR(optimizer, milestones=[0, 11, 11, 150, 500], gamma=0.5)",
    "ConstantLR(optimizer)",
    "ConstantLR(optimizer, factor=0.7, total_iters=100)",
    "LinearLR(optimizer)",
    "LinearLR(optimizer, start_factor=0.01, total_iters=150)",
    "LinearLR(optimizer, 1.0, 0.0, 120)",
    "ExponentialLR(optimizer, 0.98)",
    "PolynomialLR(optimizer)",
    "PolynomialLR(optimizer, total_iters=150, power=2.0)",
    "PolynomialLR(optimizer, 400, power=0.5)",
    "CosineAnnealingLR(optimizer, 200)",
    "CosineAnnealingLR(optimizer, T_max=30, eta_min=0.001)",
    "CosineAnnealingLR(optimizer, 1)",
    "CosineAnnealingWarmRestarts(optimizer, 25)",
    "CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2, eta_min=0.001)",
    "LambdaLR(optimizer, lambda epoch: 0.95**epoch)",
    "LambdaLR(optimizer, [lambda epoch: 1 / (1 + epoch), lambda epoch: epoch // 30])",
    "MultiplicativeLR(optimizer, lambda epoch: 0.97)",
    "MultiplicativeLR(optimizer, [lambda epoch: 1 - 1 / (epoch + 5), lambda epoch: 1.01])",
    "SequentialLR(optimizer, [LinearLR(optimizer, 0.01, total_iters=20),"
    " CosineAnnealingLR(optimizer, 180, 0.001)], [20])",
    "SequentialLR(optimizer, [ConstantLR(optimizer, 0.1, 10), StepLR(optimizer, 20, 0.5),"
    " ExponentialLR(optimizer, 0.97)], [20, 100])",
    "SequentialLR(optimizer, [ExponentialLR(optimizer, 0.99), PolynomialLR(optimizer, 60),"
    " CosineAnnealingWarmRestarts(optimizer, 20)], milestones=[40, 77])",
    "SequentialLR(optimizer, [LinearLR(optimizer, total_iters=30),"
    " MultiplicativeLR(optimizer, lambda epoch: 0.98),"
    " CyclicLR(optimizer, 0.01, 0.1, 20, cycle_momentum=False)], [30, 120])",
    "ChainedScheduler([StepLR(optimizer, 30, 0.5), ExponentialLR(optimizer, 0.99)])",
    "ChainedScheduler([ConstantLR(optimizer, 0.1, 20), CosineAnnealingLR(optimizer, 200),"
    " MultiStepLR(optimizer, [50, 90])], optimizer)",
    "[StepLR(optimizer, 30, 0.5), ExponentialLR(optimizer, 0.99)]",
    "[LinearLR(optimizer, 0.1, 1.0, 15), StepLR(optimizer, 40, 0.3)]",
    "CyclicLR(optimizer, 0.001, 0.1, 20)",
    "CyclicLR(optimizer, [0.001, 0.01], [0.1, 0.2], 13, 28, mode='triangular2',"
    " base_momentum=0.7, max_momentum=0.95)",
    "CyclicLR(optimizer, 0.01, 0.1, 25, mode='exp_range', gamma=0.99, cycle_momentum=False)",
    "CyclicLR(optimizer, 0.001, 0.1, 20, scale_fn=lambda x: 1 / (5**(x * 0.0001)),"
    " scale_mode='iterations', cycle_momentum=False)",
    "OneCycleLR(optimizer, 1.0, 200)",
    "OneCycleLR(optimizer, max_lr=[1.0, 0.3], epochs=21, steps_per_epoch=10, pct_start=0.4,"
    " anneal_strategy='linear', base_momentum=0.5, max_momentum=[0.9, 0.99])",
    "OneCycleLR(optimizer, 0.5, total_steps=200, three_phase=True, pct_start=0.45,"
    " cycle_momentum=False, div_factor=10, final_div_factor=100)",
    "SWALR(optimizer, 0.05)",
    "SWALR(optimizer, [0.5, 0.001], anneal_epochs=90, anneal_strategy='linear')",
    "SWALR(optimizer, 0.02, anneal_epochs=0)",
    "[ExponentialLR(optimizer, 0.99), SWALR(optimizer, 0.05, anneal_epochs=60)]",
    "SequentialLR(optimizer, [ExponentialLR(optimizer, 0.97), SWALR(optimizer, 0.05, 30)], [50])",
    "SequentialLR(optimizer, [SWALR(optimizer, 0.05, 30, 'linear'), StepLR(optimizer, 20)], [50])",
]  # fmt: skip
ADAM = [
    "CyclicLR(optimizer, 0.001, 0.1, 20, scale_fn=lambda x: 0.8**x)",
    "OneCycleLR(optimizer, 0.5, 230, three_phase=True, pct_start=0.2, anneal_strategy='linear')",
]
PLATEAU = [
    "ReduceLROnPlateau(optimizer)",
    "ReduceLROnPlateau(optimizer, factor=0.5, patience=3, threshold=0.01, cooldown=5)",
    "ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.02, threshold_mode='abs',"
    " min_lr=[0.001, 0.0002], eps=1e-3)",
    "ReduceLROnPlateau(optimizer, mode='max', factor=0.9, patience=2, threshold_mode='abs')",
    "ReduceLROnPlateau(optimizer, 'max', 0.8, 1, 0.1, 'rel', 2, 0.01)",
]
BY_HAND = [
    "StepLR(optimizer, 30, 0.5)",
    "CosineAnnealingLR(optimizer, 200, 0.001)",
    "LambdaLR(optimizer, lambda epoch: 0.95**epoch)",
]

FALLING = [2 / (1 + 0.1 * epoch) + 0.05 * math.sin(3.0 * epoch) for epoch in range(90)]
WAVERING = [0.3 + 0.01 * math.cos(epoch) for epoch in range(90, STEPS)]
METRICS = [*FALLING[:5], math.nan, *FALLING[6:], *WAVERING]


def optimizer_of(kind):
    weights = [torch.zeros(1, requires_grad=True) for _ in RATES]
    groups = [{"params": [w], "lr": lr} for w, lr in zip(weights, RATES, strict=True)]
    return torch.optim.SGD(groups, momentum=0.9) if kind == "SGD" else torch.optim.Adam(groups)


def made(expression, kind):
    optimizer = optimizer_of(kind)
    names = {"optimizer": optimizer, "SWALR": SWALR, **vars(lr_scheduler)}
    found = eval(expression, names)
    return optimizer, found if isinstance(found, list) else [found]


def resumed(expression, kind, optimizer, schedulers):
    again, copies = made(expression, kind)
    for copy, scheduler in zip(copies, schedulers, strict=True):
        copy.load_state_dict(scheduler.state_dict())
    again.load_state_dict(optimizer.state_dict())
    return again, copies


def present(optimizer):
    """The rates and the momenta of the groups."""
    groups = optimizer.param_groups
    momenta = [group["betas"][0] if "betas" in group else group["momentum"] for group in groups]
    return [group["lr"] for group in groups], momenta


def trajectory(expression, kind, metrics, by_hand, interrupted):
    optimizer, schedulers = made(expression, kind)
    seen = [present(optimizer)]
    for step in range(STEPS):
        if by_hand and step == by_hand["at"]:
            for group, rate in zip(optimizer.param_groups, by_hand["rates"], strict=True):
                group["lr"] = rate
        if interrupted and step == INTERRUPTION:
            optimizer, schedulers = resumed(expression, kind, optimizer, schedulers)
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step(*([METRICS[step]] if metrics else []))
        seen.append(present(optimizer))
    return seen


def case(expression, kind="SGD", metrics=False, by_hand=None):
    seen = trajectory(expression, kind, metrics, by_hand, interrupted=False)
    assert seen == trajectory(expression, kind, metrics, by_hand, interrupted=True), expression
    rates, momenta = zip(*seen, strict=True)
    golden = {"expression": expression, "optimizer": kind, "metrics": metrics, "by_hand": by_hand}
    golden["rates"] = by_group(rates)
    if any(momentum != momenta[0] for momentum in momenta):
        golden["momenta"] = by_group(momenta)
    return golden


def by_group(numbers):
    """A list for each group, rounded to 13 digits, which keeps the file small."""
    return [[float(f"{number:.13g}") for number in of_group] for of_group in zip(*numbers)]


def main():
    golden = {
        "interruption": INTERRUPTION,
        "initial_rates": RATES,
        "metrics": METRICS,
        "cases": [
            *[case(each) for each in SGD],
            *[case(each, "Adam") for each in ADAM],
            *[case(each, metrics=True) for each in PLATEAU],
            *[case(each, by_hand=HAND) for each in BY_HAND],
        ],
    }
    text = json.dumps(golden, separators=(",", ":")).replace('{"expression"', '\n{"expression"')
    Path(__file__).with_name("schedulers.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
