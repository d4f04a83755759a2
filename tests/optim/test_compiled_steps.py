"""Compiled training steps of any model and optimizer do what they do without, for many steps."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import twingrad
from support.steps_apart import Pair, inputs, labels
from support.training import KINDS
from twingrad import nn, optim, tensor
from twingrad.nn import functional
from twingrad.optim import lr_scheduler

STEPS = 100

LAYERS = {
    "batch norm": lambda: nn.BatchNorm1d(6),
    "layer norm": lambda: nn.LayerNorm(6),
    "dropout": lambda: nn.Dropout(0.3),
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid,
    "linear": lambda: nn.Linear(6, 6),
    "without bias": lambda: nn.Linear(6, 6, bias=False),
}

LOSSES = {
    "cross entropy": functional.cross_entropy,
    "weighted": lambda out, y: functional.cross_entropy(
        out, y, weight=tensor(np.array([1.0, 2.0, 0.5]))
    ),
    "smoothed": lambda out, y: functional.cross_entropy(out, y, label_smoothing=0.1),
    "squares": lambda out, y: functional.mse_loss(out, twingrad.one_hot(y, 3).to("float64")),
    "two": lambda out, y: functional.cross_entropy(out, y) + 0.1 * out.square().mean(),
}

SCHEDULERS = {
    "none": None,
    "one cycle": lambda each: lr_scheduler.OneCycleLR(
        each, 0.05, total_steps=STEPS, cycle_momentum=False
    ),
    "exponential": lambda each: lr_scheduler.ExponentialLR(each, 0.98),
    "cosine": lambda each: lr_scheduler.CosineAnnealingLR(each, 40),
}


def smooth(name):
    """Options that go well with numbers that only differ by rounding."""
    options = dict(KINDS[name])
    if name in ("Adam", "AdamW", "NAdam", "RAdam", "RMSprop", "Adamax", "Adadelta"):
        options["eps"] = 1e-3  # a gradient of 0, but for rounding, stays next to nothing
    return options


settings_of_steps = st.fixed_dictionaries(
    {
        "layers": st.lists(st.sampled_from([*LAYERS]), max_size=3),
        "optimizer": st.sampled_from([name for name in KINDS if name not in ("Lion", "Rprop")]),
        "loss": st.sampled_from([*LOSSES]),
        "scheduler": st.sampled_from([*SCHEDULERS]),
        "clip": st.sampled_from([None, "norm", "value"]),
        "regularizer": st.sampled_from([None, nn.L2(0.01), nn.L1(0.001)]),
        "in_groups": st.booleans(),
        "frozen": st.booleans(),
        "noise": st.booleans(),
        "penalty": st.booleans(),
    }
)


def training(chosen, dtype="float64"):
    """A model with an optimizer, and a step of its training."""
    twingrad.manual_seed(3)
    inner = [LAYERS[name]() for name in chosen["layers"]]
    model = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), *inner, nn.Linear(6, 3)).to(dtype)
    if chosen["frozen"]:
        model[0].weight.requires_grad_(False)
    parameters = [each for each in model.parameters() if each.requires_grad]
    groups = parameters
    if chosen["in_groups"]:
        groups = [{"params": parameters[:1], "lr": 0.002}, {"params": parameters[1:]}]
    name = chosen["optimizer"]
    optimizer = getattr(optim, name)(groups, **({"lr": 0.01} | smooth(name)))
    make_scheduler = SCHEDULERS[chosen["scheduler"]]
    scheduler = make_scheduler and make_scheduler(optimizer)

    def step(x, y):
        optimizer.zero_grad()
        if chosen["noise"]:
            x = x + 0.1 * twingrad.randn(*x.shape, dtype=x.dtype)
        loss = LOSSES[chosen["loss"]](model(x), y)
        if chosen["regularizer"] is not None:
            loss = loss + chosen["regularizer"](model)
        if chosen["penalty"]:
            point = x.detach().requires_grad_()
            (slope,) = twingrad.autograd.grad(model(point).sum(), [point], create_graph=True)
            loss = loss + 0.1 * slope.square().sum(1).mean()
        loss.backward()
        if chosen["clip"] == "norm":
            nn.utils.clip_grad_norm_(parameters, 0.5)
        elif chosen["clip"] == "value":
            nn.utils.clip_grad_value_(parameters, 0.05)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        return loss

    return SimpleNamespace(model=model, optimizer=optimizer, step=step)


@settings(max_examples=8, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(settings_of_steps)
def test_many_steps_of_any_training(chosen):
    pair = Pair(lambda: training(chosen), tolerance=1e-9)
    for k in range(STEPS):
        pair.step(inputs(k % 7), labels(k % 7))
    pair.check()


PLAIN = {
    "layers": ["dropout"], "optimizer": "Adam", "loss": "cross entropy", "scheduler": "one cycle",
    "clip": "norm", "regularizer": None, "in_groups": False, "frozen": False, "noise": True,
    "penalty": False,
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_every_optimizer(name):
    pair = Pair(lambda: training(PLAIN | {"optimizer": name, "layers": []}))
    for k in range(8):
        pair.step(inputs(k), labels(k))
    pair.check()


def test_float32_differs_by_rounding():
    chosen = PLAIN | {"layers": ["batch norm", "gelu", "dropout"], "noise": False}
    pair = Pair(lambda: training(chosen, "float32"), tolerance=2e-4)
    for k in range(STEPS):
        pair.step(inputs(k).float(), labels(k))
    pair.check()


def test_two_passes_of_one_batch_norm():
    def make():
        part = training(PLAIN | {"optimizer": "SGD", "layers": ["batch norm", "dropout"]})

        def step(x, y):
            part.optimizer.zero_grad()
            for half in (slice(0, 4), slice(4, 8)):
                functional.cross_entropy(part.model(x[half]), y[half]).backward()
            part.optimizer.step()

        part.step = step
        return part

    pair = Pair(make)
    for k in range(20):
        pair.step(inputs(k), labels(k))
    pair.check()


def test_two_optimizers_and_losses_in_one_step():
    """A generator and a critic, trained in turn."""

    def make():
        twingrad.manual_seed(0)
        generator = nn.MLP(3, [5], 3, activation="tanh").to("float64")
        critic = nn.MLP(3, [5], 1, activation="tanh").to("float64")
        model = nn.ModuleList([generator, critic])
        optimizers = [optim.SGD(each.parameters(), lr=0.05, momentum=0.5) for each in model]

        def step(x):
            fake = generator(twingrad.randn(*x.shape, dtype=x.dtype))
            optimizers[1].zero_grad()
            judged = functional.softplus(-critic(x)).mean()
            judged = judged + functional.softplus(critic(fake.detach())).mean()
            judged.backward()
            optimizers[1].step()
            optimizers[0].zero_grad()
            deceived = functional.softplus(-critic(fake)).mean()
            deceived.backward()
            optimizers[0].step()
            return judged, deceived

        return SimpleNamespace(model=model, optimizer=optimizers[0], step=step)

    pair = Pair(make)
    for k in range(30):
        pair.step(inputs(k))
    pair.check()


PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:]
import twingrad
from support.steps_apart import inputs, labels
from test_compiled_steps import PLAIN, training

part = training(PLAIN)
twingrad.manual_seed(5)
step = twingrad.compile(part.step)
losses = [step(inputs(k % 3), labels(k % 3)).item().hex() for k in range(20)]
print(losses, [each.detach().numpy().tobytes().hex() for each in part.model.parameters()])
"""


def test_compiled_runs_are_the_same_to_the_bit_with_a_cold_and_a_warm_cache(tmp_path, request):
    tests = request.config.rootpath / "tests"
    command = [sys.executable, "-c", PROGRAM, str(tests), str(tests / "optim")]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    found = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert found[0] == found[1]
    assert "0x" in found[0]
