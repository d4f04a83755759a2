"""A whole training on both twins: the same text, the same numbers."""

import numpy as np
import pytest

import twingrad
from twingrad import nn, optim
from twingrad.nn import functional as F

OPTIMIZERS = {
    "SGD": lambda params: optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda params: optim.Adam(params, lr=0.05, amsgrad=True),
    "AdamW": lambda params: optim.AdamW(params, lr=0.05),
    "RMSprop": lambda params: optim.RMSprop(params, lr=0.01, centered=True, momentum=0.5),
    "Adagrad": lambda params: optim.Adagrad(params, lr=0.1, lr_decay=0.01),
}
X = np.random.default_rng(0).standard_normal((12, 3))
CLASSES = np.random.default_rng(1).integers(0, 2, 12)


def built(twin):
    """A network with everything that behaves differently in training, the same on both twins.

    It has no biases: in front of a batch norm their gradient is 0, and what rounding leaves of it
    is all that Adam would divide by its own size.
    """
    twingrad.manual_seed(0)
    model = nn.MLP(
        3, [4, 3], 2, activation="tanh", norm="batch", dropout=0.25, bias=False, backend="scalar"
    )
    return model.to(twin)


def trained(model, optimizer, steps, move_at=None):
    """The losses and the numbers of the model after some steps on mini-batches."""
    schedule = optim.lr_scheduler.WarmupCosineLR(optimizer, 2, total_steps=steps)
    penalty = nn.ElasticNet(1e-3, 1e-3)
    losses = []
    for step in range(steps):
        if step == move_at:
            model.to("tensor" if model.backend == "scalar" else "scalar")
        batch = slice(6 * (step % 2), 6 * (step % 2) + 6)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(X[batch]), _classes(model, batch)) + penalty(model)
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return losses, {name: each.numpy().copy() for name, each in model.state_dict().items()}


def _classes(model, batch):
    return CLASSES[batch] if model.backend == "scalar" else twingrad.tensor(CLASSES[batch])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_both_twins_go_the_same_way(name):
    results = []
    for twin in ("scalar", "tensor"):
        model = built(twin)
        results.append(trained(model, OPTIMIZERS[name](model.parameters()), 10))
    (losses, numbers), (others, other_numbers) = results
    np.testing.assert_allclose(losses, others, rtol=1e-12)
    assert [*numbers] == [*other_numbers]
    for path in numbers:
        np.testing.assert_allclose(numbers[path], other_numbers[path], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("twin", ["scalar", "tensor"])
def test_a_model_may_move_in_the_middle_of_its_training(name, twin):
    model = built(twin)
    stayed = trained(model, OPTIMIZERS[name](model.parameters()), 6)
    model = built(twin)
    moved = trained(model, OPTIMIZERS[name](model.parameters()), 6, move_at=3)
    np.testing.assert_allclose(moved[0], stayed[0], rtol=1e-12)
    for path, numbers in stayed[1].items():
        np.testing.assert_allclose(moved[1][path], numbers, rtol=1e-11, atol=1e-12)


def test_a_move_keeps_every_bit():
    model = built("tensor")
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    trained(model, optimizer, 3)
    model.eval()
    before = {name: each.numpy().copy() for name, each in model.state_dict().items()}
    gradients = [p.grad.numpy().copy() for p in model.parameters()]
    states = optimizer.state_dict()["state"]
    model.to("scalar")
    assert all(type(p) is twingrad.Array for p in model.parameters())
    assert all(np.array_equal(p.grad, g) for p, g in zip(model.parameters(), gradients))
    optimizer.follow()
    followed = optimizer.param_groups[0]["params"]
    assert all(p is q for p, q in zip(followed, model.parameters(), strict=True))
    model.to("tensor")
    after = {name: each.numpy() for name, each in model.state_dict().items()}
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert not any(module.training for module in model.modules())
    for number, state in optimizer.state_dict()["state"].items():
        assert state["step"] == states[number]["step"] == 3
        for key in ("exp_avg", "exp_avg_sq"):
            assert np.array_equal(state[key].numpy(), states[number][key].numpy())
