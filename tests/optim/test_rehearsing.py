"""Training on trial: whatever happens, everything is as it was, to the bit."""

import numpy as np
import pytest

import twingrad
from support.rehearsals import everything
from support.twins import TWINS
from twingrad import data, nn, optim
from twingrad.nn.backend import numbers_of
from twingrad.optim import rehearsing

TRIALS = {"lr_find": optim.lr_find, "dry_run": optim.dry_run}
OPTIMIZERS = {
    "adam": lambda p: optim.Adam(p, lr=0.01),
    "amsgrad": lambda p: optim.AdamW(p, lr=0.01, amsgrad=True),
    "lookahead": lambda p: optim.Lookahead(optim.SGD(p, lr=0.1, momentum=0.9), k=3),
    "nadam": lambda p: optim.NAdam(p),
    "rprop": lambda p: optim.Rprop(p),
    "sgd": lambda p: optim.SGD(p, lr=0.1),
}


def network(twin):
    twingrad.manual_seed(0)
    model = nn.MLP(2, [4, 4], 2, norm="batch", dropout=0.3).double().to(twin)
    model[1].eval()
    return model


def batches(seed=1):
    return data.DataLoader(data.toys.moons(24, seed=0), batch_size=8, shuffle=True, seed=seed)


def train(model, optimizer, loader, steps):
    """Some steps by hand, which leave gradients behind."""
    given = [batch for _ in range(steps) for batch in loader][:steps]
    for x, y in given:
        optimizer.zero_grad()
        output = model(x.numpy())
        nn.CrossEntropyLoss()(output, y.numpy()).backward()
        optimizer.step()


@pytest.fixture(params=TRIALS)
def trial(request):
    return TRIALS[request.param]


@pytest.mark.parametrize("twin", TWINS)
def test_all_is_as_it_was(trial, twin):
    model, loader = network(twin), batches()
    optimizer = optim.AdamW(model.parameters(), lr=0.01)
    train(model, optimizer, loader, 2)
    next(iter(loader))
    before = everything(model, optimizer, loader)
    trial(model, loader, optimizer=optimizer)
    assert everything(model, optimizer, loader) == before


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("steps", [0, 2])
def test_training_goes_on_as_if_there_had_been_no_trial(trial, name, steps):
    ends = []
    for tries in (False, True):
        model, loader = network("tensor"), batches()
        optimizer = OPTIMIZERS[name](model.parameters())
        train(model, optimizer, loader, steps)
        if tries:
            trial(model, loader, optimizer=optimizer)
        train(model, optimizer, loader, 4)
        ends.append(everything(model, optimizer, loader))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_errors_and_interrupts_leave_all_as_it_was(trial, twin, error):
    model, loader = network(twin), batches()
    optimizer = optim.Adam(model.parameters())
    train(model, optimizer, loader, 1)
    calls = []

    def loss(output, target):
        calls.append(output)
        if len(calls) == 7:
            raise error
        return nn.functional.cross_entropy(output, target)

    before = everything(model, optimizer, loader)
    with pytest.raises(type(error)):
        trial(model, loader, optimizer=optimizer, loss=loss)
    assert everything(model, optimizer, loader) == before


def test_a_second_interrupt_while_all_is_put_back_does_no_harm(trial, monkeypatch):
    model = network("tensor")
    before = everything(model)
    put_back = rehearsing._Kept.put_back
    calls = []

    def impatient(kept):
        calls.append(kept)
        if len(calls) == 1:
            raise KeyboardInterrupt
        put_back(kept)

    monkeypatch.setattr(rehearsing._Kept, "put_back", impatient)
    with pytest.raises(KeyboardInterrupt):
        trial(model, data.toys.moons(24, seed=0))
    assert everything(model) == before


def test_attributes_that_a_forward_sets_are_put_back(trial):
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.calls = 0
            self.register_buffer("last", twingrad.zeros(1), persistent=False)

        def forward(self, x):
            self.calls += 1
            self.latest = x
            self.last = self.last + 1
            return self.layer(x)

    model = Counting()
    buffer = model.last
    trial(model, data.toys.moons(24, seed=0))
    assert model.calls == 0
    assert not hasattr(model, "latest")
    assert model.last is buffer
    assert buffer.tolist() == [0.0]


def test_a_loss_with_parameters_is_put_back(trial):
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(twingrad.ones(1))

        def forward(self, output, target):
            return nn.functional.cross_entropy(output * self.scale, target)

    model, loss = network("tensor"), Scaled()
    optimizer = optim.SGD([*model.parameters(), *loss.parameters()], lr=0.1)
    before = everything(model, optimizer), everything(loss)
    trial(model, data.toys.moons(24, seed=0), loss=loss, optimizer=optimizer)
    assert (everything(model, optimizer), everything(loss)) == before


def test_gradients_of_single_values_are_put_back_one_by_one(trial):
    model = nn.Linear(2, 2, backend="scalar")
    model.weight[0, 1].backward()
    before = [element.grad for element in model.weight.flatten()]
    assert before == [None, 1.0, None, None]
    trial(model, data.toys.moons(24, seed=0))
    assert [element.grad for element in model.weight.flatten()] == before


def test_values_stay_the_same_objects(trial):
    model = nn.Linear(2, 2, backend="scalar")
    weight, element = model.weight, model.weight[0, 1]
    trial(model, data.toys.moons(24, seed=0))
    assert model.weight is weight
    assert model.weight[0, 1] is element


def test_frozen_parameters_stay_frozen(trial):
    model = nn.MLP(2, [4], 2)
    model[0].requires_grad_(False)
    trial(model, data.toys.moons(24, seed=0))
    assert [each.requires_grad for each in model.parameters()] == [False, False, True, True]


def test_odd_bits_of_weights_are_kept(trial):
    model = nn.MLP(2, [4], 2)
    weight = numbers_of(model[2].weight)
    weight[0, 0] = -0.0
    before = everything(model)
    trial(model, data.toys.moons(24, seed=0))
    assert everything(model) == before


def test_without_a_seed_the_same_is_found_again(trial):
    model = network("tensor")
    moons = data.toys.moons(50, seed=0)
    assert str(trial(model, moons)) == str(trial(model, moons))


def test_of_parts_only_the_training_part_is_used(trial):
    parts = data.split(data.toys.moons(60, seed=0), validation=0.2, test=0.2)
    trial(nn.MLP(2, [4], 2), parts)
    assert len(parts.test.open()) == 12


def test_batches_may_come_from_a_list(trial):
    x, y = data.toys.moons(32, seed=0).x, data.toys.moons(32, seed=0).y
    given = [(x[:16], y[:16]), (x[16:], y[16:])]
    assert trial(nn.MLP(2, [4], 2), given, seed=0) is not None


@pytest.mark.parametrize("rows", [2, 5])
def test_a_few_rows_are_enough(trial, rows):
    x = np.linspace(-1, 1, rows)[:, None]
    trial(nn.MLP(1, [4], 1), (x, x[:, 0] * 0.5), seed=0)


@pytest.mark.parametrize("model", [None, "mlp", nn.MLP])
def test_what_is_no_model_is_refused(trial, model):
    with pytest.raises(TypeError, match=rf"{trial.__name__}: model must be a Module, got"):
        trial(model, data.toys.moons(24, seed=0))
