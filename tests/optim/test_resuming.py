"""A training that is broken off and gone on with ends as one that never was."""

import numpy as np
import pytest

import twingrad
from support.fitting import CLASSES, HALVES, NUMBERS, ROWS, X, network
from support.resuming import HELD_OUT, broken, check_same_course, course, of
from twingrad import data, nn, optim
from twingrad.data import Dataset
from twingrad.data.augmentation import Cutout, Mixup, Noise, Rotate
from twingrad.optim import lr_scheduler
from twingrad.optim.names import OPTIMIZERS
from twingrad.optim.training.scheduling import SCHEDULES

WEIGHTS = np.random.default_rng(2).uniform(0, 3, ROWS)
IMAGES = np.random.default_rng(3).random((ROWS, 1, 5, 5))


def optimized(make, **options):
    """The same with an optimizer of these options."""
    return of(optimizer=lambda parameters: make(parameters, **options))


def in_groups(parameters):
    first, *others = parameters
    groups = [{"params": [first], "lr": 0.1}, {"params": others, "momentum": 0.5}]
    return optim.SGD(groups, lr=0.01, momentum=0.9)


def scheduled(make, interval, optimizer="momentum"):
    return of(
        optimizer=optimizer,
        schedule=lambda optimizer, steps: (make(optimizer), interval),
        validation=HELD_OUT,
    )


def in_sequence(optimizer):
    warm_up = lr_scheduler.LinearLR(optimizer, 0.1, 1.0, 4)
    falling = lr_scheduler.ExponentialLR(optimizer, 0.8)
    return lr_scheduler.SequentialLR(optimizer, [warm_up, falling], [4])


def chained(optimizer):
    steps = lr_scheduler.StepLR(optimizer, 2)
    return lr_scheduler.ChainedScheduler([steps, lr_scheduler.ExponentialLR(optimizer, 0.9)])


def of_images():
    twingrad.manual_seed(0)
    layers = [nn.Flatten(), nn.Linear(25, 4), nn.SELU(), nn.AlphaDropout(0.3), nn.Linear(4, 3)]
    augment = [Rotate(20), Cutout(2), Noise(0.1)]
    return nn.Sequential(*layers), Dataset(IMAGES, CLASSES), {"augment": augment}


def of_words():
    twingrad.manual_seed(0)
    layers = [nn.Embedding(7, 3), nn.Flatten(), nn.LayerNorm(12), nn.Linear(12, 2)]
    words = np.random.default_rng(3).integers(0, 7, (ROWS, 4))
    return nn.Sequential(*layers), (words, HALVES), {"validation": 0.2}


NETWORKS = {
    "dropout": of(layers={"dropout": 0.4}),
    "batch norm": of(layers={"norm": "batch"}, validation=HELD_OUT),
    "both in single precision": of(layers={"norm": "batch", "dropout": 0.4, "double": False}),
    "both on the scalar twin": of(
        twin="scalar", layers={"norm": "batch", "dropout": 0.4}, validation=HELD_OUT
    ),
    "images": of_images,
    "words": of_words,
}

NAMED_OPTIMIZERS = {f"optimizer {name}": of(optimizer=name) for name in OPTIMIZERS}

OPTIMIZERS_WITH_OPTIONS = {
    "amsgrad": optimized(optim.Adam, amsgrad=True, weight_decay=0.1),
    "centered": optimized(optim.RMSprop, centered=True, momentum=0.9),
    "averages from the first step on": optimized(optim.ASGD, t0=2.0),
    "adagrad with a fall of rates": optimized(optim.Adagrad, lr_decay=0.1),
    "dampening": optimized(optim.SGD, momentum=0.9, dampening=0.5, weight_decay=0.1),
    "groups": of(optimizer=in_groups),
    "lookahead": of(optimizer=lambda p: optim.Lookahead(optim.AdamW(p), k=4)),
    "lookahead on the scalar twin": of(
        twin="scalar", optimizer=lambda p: optim.Lookahead(optim.SGD(p, lr=0.1, momentum=0.9), k=2)
    ),
    "short memory": optimized(optim.LBFGS, lr=0.1, history_size=2, max_iter=3),
    "lbfgs on the scalar twin": of(twin="scalar", optimizer="lbfgs", epochs=2),
    "adam on the scalar twin": of(twin="scalar", optimizer="adam", layers={"dropout": 0.2}),
}

NAMED_SCHEDULES = {
    f"schedule {name}": of(schedule=name, optimizer="momentum", validation=HELD_OUT)
    for name in SCHEDULES
}

OTHER_SCHEDULES = {
    "cycle of betas": of(schedule="onecycle", optimizer="adam"),
    "plateau that reduces": scheduled(
        lambda optimizer: lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=0.5),
        "epoch",
    ),
    "plateau of the training loss": of(schedule="plateau"),
    "cycles": scheduled(
        lambda optimizer: lr_scheduler.CyclicLR(optimizer, 0.001, 0.1, step_size_up=4), "step"
    ),
    "restarts": scheduled(
        lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 2, T_mult=2), "step"
    ),
    "sequence": scheduled(in_sequence, "step"),
    "chain": scheduled(chained, "step"),
    "epochs": scheduled(lambda optimizer: lr_scheduler.StepLR(optimizer, 2), "epoch"),
    "function": scheduled(
        lambda optimizer: lr_scheduler.LambdaLR(optimizer, lambda step: 0.9**step), "step"
    ),
    "products": scheduled(
        lambda optimizer: lr_scheduler.MultiplicativeLR(optimizer, lambda step: 0.9), "step"
    ),
    "averaging": scheduled(lambda optimizer: lr_scheduler.SWALR(optimizer, 0.1, 2), "epoch"),
}

OTHERS = {
    "uneven groups": of(accumulate=2),
    "one group": of(accumulate=7),
    "noise": of(augment=Noise(0.1)),
    "mixing": of(augment=[Noise(0.1), Mixup(classes=3)]),
    "weights of classes": of(class_weight={0: 2.0, 1: 0.5, 2: 1.0}),
    "weights of rows": of(
        class_weight="balanced", sample_weight=WEIGHTS, accumulate=2, validation=0.2
    ),
    "clipping": of(clip=0.05),
    "clipping by hand": of(clip=lambda each: nn.utils.clip_grad_value_(each, 0.01)),
    "penalties": of(regularizer=[nn.L1(1e-2), nn.L2(1e-2)]),
    "share of a pair": of(validation=0.3),
    "share of a data set": lambda: (
        network(3),
        Dataset(X, CLASSES),
        {"validation": 0.3, "schedule": "plateau"},
    ),
    "parts": lambda: (
        network(3),
        data.split(Dataset(X, CLASSES), validation=0.2, test=0.2, seed=0),
        {},
    ),
    "numbers": of(1, NUMBERS, loss="huber"),
    "one logit": of(1, HALVES, metrics={"mean": lambda outputs, _: outputs.mean()}, validation=0.2),
    "all rows": of(batch_size="all"),
    "single rows": of(batch_size=1, epochs=1),
}

TRAININGS = (
    NETWORKS
    | NAMED_OPTIMIZERS
    | OPTIMIZERS_WITH_OPTIONS
    | NAMED_SCHEDULES
    | OTHER_SCHEDULES
    | OTHERS
)


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_that_is_broken_off_behind_each_update_ends_as_if_it_never_was(name, tmp_path):
    make = TRAININGS[name]
    expected = course(make)
    found = broken(make, tmp_path, 2)
    assert [*found.states] == [*expected.states]
    check_same_course(found, expected)
