"""States of schedulers as PyTorch 2.13 writes them, and the rates that it goes on with."""

from collections import Counter
from copy import deepcopy
from math import inf

import pytest

from support.schedules import optimizer_of, present_rates
from twingrad.optim import lr_scheduler
from twingrad.optim.lr_scheduler import OneCycleLR

NAMES = {name: getattr(lr_scheduler, name) for name in lr_scheduler.__all__}


def state(rate, epoch=3, **settings):
    """What PyTorch saves of most schedulers of an optimizer with one group."""
    return {
        **settings,
        "base_lrs": [1.0],
        "last_epoch": epoch,
        "_step_count": epoch + 1,
        "_is_initial": False,
        "_get_lr_called_within_step": False,
        "_last_lr": [rate],
    }


CASES = [
    ("StepLR(o, 2, 0.5)", state(0.5, step_size=2, gamma=0.5), [0.25, 0.25, 0.125]),
    (
        "MultiStepLR(o, [2, 4, 4], 0.5)",
        state(0.5, milestones=Counter({4: 2, 2: 1}), gamma=0.5),
        [0.125, 0.125, 0.125],
    ),
    ("ConstantLR(o, 0.5, 4)", state(0.5, factor=0.5, total_iters=4), [1.0, 1.0, 1.0]),
    (
        "LinearLR(o, 0.5, 1.0, 4)",
        state(0.875, start_factor=0.5, end_factor=1.0, total_iters=4, verbose=False),
        [1.0, 1.0, 1.0],
    ),
    ("ExponentialLR(o, 0.5)", state(0.125, gamma=0.5), [0.0625, 0.03125, 0.015625]),
    ("PolynomialLR(o, 4, 2.0)", state(0.0625, total_iters=4, power=2.0), [0.0, 0.0, 0.0]),
    (
        "CosineAnnealingLR(o, 8)",
        state(0.6913417161825449, T_max=8, eta_min=0.0),
        [0.5, 0.30865828381745514, 0.14644660940672627],
    ),
    (
        "CosineAnnealingWarmRestarts(o, 2, 2)",
        state(0.8535533905932737, T_0=2, T_i=4, T_mult=2, eta_min=0.0, T_cur=1),
        [0.5, 0.14644660940672627, 1.0],
    ),
    (
        "LambdaLR(o, lambda epoch: 0.5**epoch)",
        state(0.125, lr_lambdas=[None]),
        [0.0625, 0.03125, 0.015625],
    ),
    (
        "MultiplicativeLR(o, lambda epoch: 0.5)",
        state(0.125, lr_lambdas=[None]),
        [0.0625, 0.03125, 0.015625],
    ),
    (
        "ReduceLROnPlateau(o, 'min', 0.5, 3)",
        {
            "factor": 0.5,
            "default_min_lr": 0,
            "min_lrs": [0],
            "patience": 3,
            "cooldown": 0,
            "eps": 1e-08,
            "last_epoch": 3,
            "_last_lr": [1.0],
            "mode_worse": inf,
            "mode": "min",
            "threshold": 0.0001,
            "threshold_mode": "rel",
            "best": 1.0,
            "cooldown_counter": 0,
            "num_bad_epochs": 2,
        },
        [1.0, 0.5, 0.5],
    ),
    (
        "SequentialLR(o, [ConstantLR(o, 0.5, 2), ExponentialLR(o, 0.5)], [2])",
        {
            "_milestones": [2],
            "last_epoch": 3,
            "_last_lr": [0.5],
            "_schedulers": [
                state(0.5, epoch=1, factor=0.5, total_iters=2),
                state(0.5, epoch=1, gamma=0.5),
            ],
        },
        [0.25, 0.125, 0.0625],
    ),
]


@pytest.mark.parametrize(("expression", "saved", "rates"), CASES, ids=[case[0] for case in CASES])
def test_a_scheduler_goes_on_from_a_state_of_pytorch(expression, saved, rates):
    optimizer = optimizer_of([1.0])
    schedule = eval(expression, {"o": optimizer, **NAMES})
    own, before = schedule.state_dict(), deepcopy(saved)
    schedule.load_state_dict(saved)
    assert schedule.get_last_lr() == saved["_last_lr"]
    optimizer.param_groups[0]["lr"] = saved["_last_lr"][0]
    for rate in rates:
        schedule.step(*([1.0] if "Plateau" in expression else []))
        assert present_rates(optimizer) == [pytest.approx(rate, rel=1e-14)]
    assert schedule.state_dict().keys() == own.keys()
    assert saved == before


def test_a_state_of_pytorch_with_other_settings_is_refused():
    schedule = OneCycleLR(optimizer_of([1.0], momentum=0.9), 1.0, 9)
    with pytest.raises(ValueError, match=r"'three_phase'\] and unexpected names \['_anneal_func"):
        schedule.load_state_dict(state(1.0, total_steps=9, _anneal_func_type="cos"))
