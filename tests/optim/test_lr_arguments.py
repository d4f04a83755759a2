"""What schedulers refuse, in one sentence each, before anything is changed."""

import pytest

from support.schedules import optimizer_of
from twingrad.optim import SGD, Adagrad, lr_scheduler
from twingrad.optim.lr_scheduler import (
    ChainedScheduler,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LRScheduler,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

NAMES = {name: getattr(lr_scheduler, name) for name in lr_scheduler.__all__}
NUMBERS = [
    ("StepLR(o, 0)", "StepLR: step_size must be at least 1, got 0: it says how many"),
    ("StepLR(o, 3, gamma=0)", "StepLR: gamma must be above 0 and finite, got 0: give a"),
    ("StepLR(o, 3, last_epoch=-2)", "StepLR: last_epoch must be at least -1, got -2"),
    ("MultiStepLR(o, [80, 30])", r"MultiStepLR: milestones must be increasing, got \[80, 30\]"),
    ("MultiStepLR(o, [-3])", "MultiStepLR: milestones must be at least 0, got -3"),
    ("MultiStepLR(o, [3], -0.1)", "MultiStepLR: gamma must be above 0"),
    ("ConstantLR(o, 0)", "ConstantLR: factor must be above 0 and at most 1, got 0:"),
    ("ConstantLR(o, 1.5)", "ConstantLR: factor must be above 0 and at most 1, got 1.5"),
    ("ConstantLR(o, 0.5, -1)", "ConstantLR: total_iters must be at least 0, got -1"),
    ("LinearLR(o, 0.0)", "LinearLR: start_factor must be above 0 and at most 1, got 0.0"),
    ("LinearLR(o, 0.5, 1.1)", "LinearLR: end_factor must be at least 0 and at most 1, got 1.1"),
    ("LinearLR(o, total_iters=-1)", "LinearLR: total_iters must be at least 0, got -1"),
    ("ExponentialLR(o, float('nan'))", "ExponentialLR: gamma must be above 0 and finite"),
    ("ExponentialLR(o, float('inf'))", "ExponentialLR: gamma must be above 0 and finite"),
    ("PolynomialLR(o, 0)", "PolynomialLR: total_iters must be at least 1, got 0"),
    ("PolynomialLR(o, 5, -1)", "PolynomialLR: power must be at least 0 and finite, got -1"),
    ("CosineAnnealingLR(o, 0)", "CosineAnnealingLR: T_max must be at least 1, got 0"),
    ("CosineAnnealingLR(o, 9, -1)", "CosineAnnealingLR: eta_min must be at least 0 and finite"),
    ("CosineAnnealingWarmRestarts(o, 0)", "CosineAnnealingWarmRestarts: T_0 must be at least 1"),
    ("CosineAnnealingWarmRestarts(o, 5, 0)", "WarmRestarts: T_mult must be at least 1, got 0"),
    ("WarmupCosineLR(o, -1, 10)", "WarmupCosineLR: warmup_steps must be at least 0, got -1"),
    ("WarmupCosineLR(o, 10, 10)", "total_steps must be more than the 10 warmup_steps, got 10: giv"),
    ("WarmupCosineLR(o, 1, 9, 0)", "WarmupCosineLR: start_factor must be above 0 and at m"),
    ("CyclicLR(o, -0.1, 1)", "CyclicLR: base_lr must be at least 0 and finite, got -0.1"),
    ("CyclicLR(o, 0.1, 1, 0)", "CyclicLR: step_size_up must be at least 1, got 0"),
    ("CyclicLR(o, 0.1, 1, 5, 0)", "CyclicLR: step_size_down must be at least 1, got 0"),
    ("CyclicLR(o, 0.1, 1, mode='up')", "mode must be 'triangular' or 'triangular2' or 'exp_range'"),
    ("CyclicLR(o, 0.1, 1, scale_mode='up')", "scale_mode must be 'cycle' or 'iterations', got 'u"),
    ("CyclicLR(o, 0.1, 1, gamma=-1)", "CyclicLR: gamma must be above 0"),
    ("CyclicLR(o, 0.1, 1, max_momentum=1)", "CyclicLR: max_momentum must be at least 0 and below"),
    ("OneCycleLR(o, 1.0)", "total_steps must be given, or both epochs and steps_per_epoch, got ep"),
    ("OneCycleLR(o, 1.0, epochs=3)", "got epochs=3 and steps_per_epoch=None: give the number of"),
    ("OneCycleLR(o, 1.0, 0)", "OneCycleLR: total_steps must be at least 1, got 0"),
    ("OneCycleLR(o, 1.0, None, 0, 3)", "OneCycleLR: epochs must be at least 1, got 0"),
    ("OneCycleLR(o, 1.0, None, 3, 0)", "OneCycleLR: steps_per_epoch must be at least 1, got 0"),
    ("OneCycleLR(o, 0.0, 9)", "OneCycleLR: max_lr must be above 0 and finite, got 0.0"),
    ("OneCycleLR(o, 1.0, 9, pct_start=0)", "pct_start must be above 0 and at most 1, got"),
    ("OneCycleLR(o, 1.0, 9, pct_start=1.1)", "pct_start must be above 0 and at most 1, go"),
    ("OneCycleLR(o, 1.0, 9, pct_start=0.6, three_phase=True)", "at most 0.5 with three_phase, got"),
    ("OneCycleLR(o, 1.0, 9, anneal_strategy='up')", "anneal_strategy must be 'cos' or 'linear', g"),
    ("OneCycleLR(o, 1.0, 9, div_factor=0)", "OneCycleLR: div_factor must be above 0"),
    ("OneCycleLR(o, 1.0, 9, final_div_factor=-1)", "final_div_factor must be above 0"),
    ("OneCycleLR(o, 1.0, 9, last_epoch=9)", "9 times at most, the total_steps, got call 10"),
    ("SWALR(o, -0.1)", "SWALR: swa_lr must be at least 0 and finite, got -0.1: give 0 or a posit"),
    ("SWALR(o, 0.1, -1)", "SWALR: anneal_epochs must be at least 0, got -1"),
    ("SWALR(o, 0.1, 9, 'up')", "SWALR: anneal_strategy must be 'cos' or 'linear', got 'up': choo"),
    ("SWALR(o, 0.1, last_epoch=-2)", "SWALR: last_epoch must be at least -1, got -2"),
    ("ReduceLROnPlateau(o, 'least')", "ReduceLROnPlateau: mode must be 'min' or 'max', got 'leas"),
    (
        "ReduceLROnPlateau(o, factor=1.0)",
        "factor must be above 0 and below 1, got 1.0: give",
    ),
    ("ReduceLROnPlateau(o, patience=-1)", "ReduceLROnPlateau: patience must be at least 0, got -1"),
    ("ReduceLROnPlateau(o, threshold=-1)", "ReduceLROnPlateau: threshold must be at least 0 and f"),
    ("ReduceLROnPlateau(o, threshold_mode='x')", "threshold_mode must be 'rel' or 'abs', got 'x'"),
    ("ReduceLROnPlateau(o, cooldown=-1)", "ReduceLROnPlateau: cooldown must be at least 0, got -1"),
    ("ReduceLROnPlateau(o, min_lr=-1)", "ReduceLROnPlateau: min_lr must be at least 0 and finite"),
    ("ReduceLROnPlateau(o, eps=-1)", "ReduceLROnPlateau: eps must be at least 0 and finite, got -"),
]
LISTS = [
    "LambdaLR(o, [lambda epoch: 1.0])",
    "MultiplicativeLR(o, [lambda epoch: 1.0])",
    "CyclicLR(o, [0.1], 1.0)",
    "CyclicLR(o, 0.1, (1.0,))",
    "CyclicLR(o, 0.1, 1.0, base_momentum=[0.8])",
    "CyclicLR(o, 0.1, 1.0, max_momentum=[0.8])",
    "OneCycleLR(o, [1.0], 9)",
    "OneCycleLR(o, 1.0, 9, base_momentum=[0.8])",
    "OneCycleLR(o, 1.0, 9, max_momentum=[0.8])",
    "ReduceLROnPlateau(o, min_lr=[0.1])",
    "SWALR(o, [0.1])",
]
TYPES = [
    ("StepLR(o, 2.5)", "StepLR: step_size must be a whole number, got float 2.5: give an int"),
    ("StepLR(o, True)", "StepLR: step_size must be a whole number, got bool True: give an int"),
    ("StepLR(o, 3, 'half')", "StepLR: gamma must be a real number, got str 'half': convert text"),
    ("MultiStepLR(o, 30)", "MultiStepLR: milestones must be a list of epochs, got int 30: write"),
    ("MultiStepLR(o, '30')", "MultiStepLR: milestones must be a list of epochs, got str '30'"),
    ("LambdaLR(o, 0.9)", "LambdaLR: lr_lambda must be a function of the epoch, got float 0.9: wr"),
    ("MultiplicativeLR(o, [abs, 1])", "MultiplicativeLR: lr_lambda must be a function of the epo"),
    ("CyclicLR(o, 0.1, 1, scale_fn=2)", "CyclicLR: scale_fn must be a function, got int 2: write"),
]
ARGUMENTS = {
    "StepLR": [3],
    "MultiStepLR": [[3]],
    "ExponentialLR": [0.5],
    "CosineAnnealingLR": [9],
    "CosineAnnealingWarmRestarts": [9],
    "LambdaLR": [abs],
    "MultiplicativeLR": [abs],
    "CyclicLR": [0.1, 1.0],
    "OneCycleLR": [1.0, 9],
    "WarmupCosineLR": [2, 9],
    "SWALR": [0.1],
    "SequentialLR": [[], []],
}


def options_of(optimizer):
    return [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]


def refuse(expression, error, message):
    optimizer = optimizer_of([0.5, 0.25], momentum=0.9)
    before = options_of(optimizer)
    with pytest.raises(error, match=message):
        eval(expression, {"o": optimizer, **NAMES})
    assert options_of(optimizer) == before


@pytest.mark.parametrize(("expression", "message"), NUMBERS, ids=[call for call, _ in NUMBERS])
def test_numbers_out_of_range_are_refused(expression, message):
    refuse(expression, ValueError, message)


@pytest.mark.parametrize("expression", LISTS)
def test_lists_of_another_length_than_the_groups_are_refused(expression):
    refuse(expression, ValueError, "must have one item for each of the 2 param_groups, got 1: give")


@pytest.mark.parametrize(("expression", "message"), TYPES, ids=[call for call, _ in TYPES])
def test_arguments_of_another_type_are_refused(expression, message):
    refuse(expression, TypeError, message)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"LRScheduler", "ChainedScheduler"}))
def test_what_is_no_optimizer_is_refused(name):
    message = f"{name}: optimizer must be an Optimizer of twingrad.optim, got list: pass"
    with pytest.raises(TypeError, match=message):
        NAMES[name]([1.0], *ARGUMENTS.get(name, []))


@pytest.mark.parametrize("call", ["CyclicLR(o, 0.1, 1.0", "OneCycleLR(o, 1.0, 9"])
def test_momentum_that_is_not_there_cannot_be_cycled(call):
    optimizer = optimizer_of([1.0], Adagrad)
    message = "optimizer must have momentum or betas when cycle_momentum is True, got Adagrad: pass"
    with pytest.raises(ValueError, match=message):
        eval(f"{call})", {"o": optimizer, **NAMES})
    schedule = eval(f"{call}, cycle_momentum=False)", {"o": optimizer, **NAMES})
    schedule.step()
    assert "momentum" not in optimizer.param_groups[0]


def test_a_resumed_scheduler_needs_the_initial_rates():
    message = r"param_groups\[0\] must have 'initial_lr' when last_epoch is not -1, got none: load"
    with pytest.raises(ValueError, match=message):
        StepLR(optimizer_of(), 3, last_epoch=7)


def test_a_scheduler_must_say_its_rates():
    with pytest.raises(TypeError, match="abstract"):
        LRScheduler(optimizer_of())


def test_rates_that_are_no_numbers_are_refused():
    with pytest.raises(TypeError, match=r"LambdaLR: rate of get_lr\(\) must be a real number, got"):
        LambdaLR(optimizer_of(), lambda epoch: 1j)


def test_a_negative_epoch_is_refused():
    schedule = CosineAnnealingWarmRestarts(optimizer_of(), 5)
    with pytest.raises(
        ValueError, match=r"epoch of step\(\) must be at least 0 and finite, got -1"
    ):
        schedule.step(-1)


def compositions(optimizer, schedulers):
    milestones = list(range(1, len(schedulers)))
    yield lambda: SequentialLR(optimizer, schedulers, milestones)
    yield lambda: ChainedScheduler(schedulers, optimizer)


def test_compositions_are_made_of_schedulers_of_one_optimizer_without_metrics():
    optimizer, other = optimizer_of(), optimizer_of()
    decay = ExponentialLR(optimizer, 0.5)
    refused = [
        ([], ValueError, "schedulers must be one or more, got none: put"),
        ([decay, 3], TypeError, r"schedulers\[1\] must be a scheduler, got int 3: make"),
        ([decay, ExponentialLR(other, 0.5)], ValueError, r"\[1\] must be of the same optimizer as"),
        (
            [decay, ReduceLROnPlateau(optimizer)],
            ValueError,
            r"\[1\] must be a scheduler whose step",
        ),
    ]
    for schedulers, error, message in refused:
        for compose in compositions(optimizer, schedulers):
            with pytest.raises(error, match=message):
                compose()
    for compose in compositions(optimizer, {}):
        with pytest.raises(TypeError, match="schedulers must be a list of schedulers, got dict"):
            compose()


@pytest.mark.parametrize(
    ("milestones", "message"),
    [
        ([3], "milestones must be 2 for 3 schedulers, got 1: give the epoch at which each"),
        ([5, 3], r"milestones must be increasing, got \[5, 3\]: sort"),
        ([3, 3], r"milestones must be increasing, got \[3, 3\]: drop"),
        ([0, 3], "milestones must be at least 1, got 0"),
    ],
)
def test_a_sequence_has_an_epoch_for_each_scheduler_but_the_first(milestones, message):
    optimizer = optimizer_of()
    parts = [ExponentialLR(optimizer, 0.5) for _ in range(3)]
    with pytest.raises(ValueError, match=message):
        SequentialLR(optimizer, parts, milestones)


def test_a_sequence_is_resumed_through_its_state_only():
    optimizer = optimizer_of()
    with pytest.raises(ValueError, match=r"last_epoch must be -1, got 7: resume with load_state_"):
        SequentialLR(optimizer, [ExponentialLR(optimizer, 0.5)], [], last_epoch=7)


def test_the_state_of_another_scheduler_is_refused():
    optimizer = optimizer_of()
    state = ExponentialLR(optimizer, 0.5).state_dict()
    message = r"missing names \['step_size'\] and unexpected names \[\]: pass what state_dict\(\)"
    with pytest.raises(ValueError, match=message):
        StepLR(optimizer, 3).load_state_dict(state)
    with pytest.raises(ValueError, match="rates for 1 param_groups, got 2: make the optimizer"):
        ExponentialLR(optimizer_of([1.0]), 0.5).load_state_dict(state)


def test_a_composition_loads_the_states_of_all_its_schedulers_or_none():
    optimizer = optimizer_of()
    decay, jumps = ExponentialLR(optimizer, 0.5), StepLR(optimizer, 3)
    chain = ChainedScheduler([decay, jumps])
    state = chain.state_dict()
    chain.step()
    wrong = {**state, "_schedulers": [state["_schedulers"][0]] * 2}
    with pytest.raises(ValueError, match="StepLR: state_dict must be the state of a StepLR"):
        chain.load_state_dict(wrong)
    assert decay.last_epoch == chain.last_epoch == 1
    with pytest.raises(ValueError, match="state_dict must be of 2 schedulers, got one of 1: make"):
        chain.load_state_dict({**state, "_schedulers": state["_schedulers"][:1]})
    chain.load_state_dict(state)
    assert decay.last_epoch == chain.last_epoch == 0


def test_an_sgd_without_momentum_gets_one_when_it_is_cycled():
    optimizer = optimizer_of([1.0], SGD)
    NAMES["CyclicLR"](optimizer, 0.1, 1.0)
    assert optimizer.param_groups[0]["momentum"] == 0.9
