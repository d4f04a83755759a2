"""Layers and activations in steps that are recorded: outputs, gradients, buffers, random draws."""

import numpy as np
import pytest

import twingrad
from support.layers import GOLDEN, layer_cases
from support.replaying import Replayed, check_replayed
from twingrad import Tensor, nn, tensor
from twingrad.engine.changes import changes
from twingrad.nn import activations, functional
from twingrad.nn.activations import Activation
from twingrad.tensor.autograd import grad

KINDS = (
    *("Linear", "Bilinear", "Flatten", "Unflatten", "Embedding"),
    *("BatchNorm1d", "LayerNorm", "GroupNorm", "RMSNorm"),
)
ACTIVATIONS = [
    kind
    for name in activations.__all__
    if isinstance(kind := getattr(activations, name), type) and kind is not Activation
]
OPTIONS = {"Threshold": (0.1, 20.0), "Softmax": (1,), "Softmin": (1,), "LogSoftmax": (1,)}


def data_of(names):
    """The golden inputs of these names, whole numbers as they are."""
    arrays = []
    for name in names:
        data = np.array(GOLDEN["inputs"][name], np.int64 if name in GOLDEN["whole"] else np.float64)
        arrays.append(data.reshape(GOLDEN["shapes"].get(name, data.shape)))
    return arrays


def turned(array):
    return array[::-1].copy() if array.ndim else array


def making(make, training=True):
    """A step that gives what a layer made by ``make`` gives, and all gradients."""

    def made():
        twingrad.manual_seed(0)
        layer = make().double().train(training)

        def step(*given):
            inputs = [x.requires_grad_() if x.dtype == np.float64 else x for x in given]
            output = layer(*inputs)
            leaves = [x for x in (*inputs, *layer.parameters()) if x.requires_grad]
            factors = np.cos(np.arange(output.numel())).reshape(output.shape)
            weighted = (output * tensor(factors)).sum()
            return [output, *(grad(weighted, leaves) if weighted.requires_grad else [])]

        return step, [layer]

    return made


@pytest.mark.parametrize("case", layer_cases(*KINDS))
def test_a_recorded_layer_is_that_of_other_numbers_too(case):
    first = case["steps"][0]
    data = data_of(first["inputs"])
    if not all(array.size for array in data):
        pytest.skip("there are no other numbers")
    batches = [data, [*map(turned, data)], data]

    def make():
        return getattr(nn, case["layer"])(*case["arguments"], **case["options"])

    check_replayed(making(make, first["training"]), batches)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", ACTIVATIONS, ids=lambda kind: kind.__name__)
def test_a_recorded_activation_is_that_of_other_numbers_too(kind, training):
    if kind is nn.RReLU and training:
        pytest.skip("it draws random numbers, as tested below")
    x = np.linspace(-3.0, 3.0, 24).reshape(4, 6)
    options = OPTIONS.get(kind.__name__, ())
    check_replayed(making(lambda: kind(*options), training), [[x], [turned(x)], [x * x]])


def test_a_number_that_names_no_row_is_refused_while_recording_and_checked_later():
    table = nn.Embedding(3, 2, padding_idx=0)
    good, bad = Tensor(np.array([0, 2, 2])), Tensor(np.array([0, 3, 1]))
    with pytest.raises(IndexError, match="input must lie between 0 and 2, got numbers from 0 to 3"):
        Replayed(lambda x: [table(x)])(bad)
    replayed = Replayed(lambda x: [table(x)])
    replayed(good)
    with pytest.raises(AssertionError, match="a check failed"):
        replayed(bad)


NOISES = {
    "Dropout": lambda: nn.Dropout(0.3),
    "AlphaDropout": lambda: nn.AlphaDropout(0.3),
    "GaussianNoise": lambda: nn.GaussianNoise(0.3),
    "RReLU": lambda: nn.RReLU(),
    "all": lambda: nn.Sequential(nn.Dropout(0.2), nn.GaussianNoise(), nn.RReLU(), nn.Dropout(0.5)),
}


@pytest.mark.parametrize("name", NOISES)
def test_a_recorded_layer_draws_the_numbers_that_it_would_draw_otherwise(name):
    x = np.linspace(-3.0, 3.0, 21).reshape(7, 3)
    eager, _ = making(NOISES[name])()
    expected = [eager(Tensor(x))[0].detach().numpy() for _ in range(3)]
    place = twingrad.get_rng_state()
    step, _ = making(NOISES[name])()
    replayed = Replayed(step)
    found = [replayed(Tensor(x))[0] for _ in range(3)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert twingrad.get_rng_state() == place
    assert not np.allclose(found[0], found[1])


def test_the_running_averages_of_a_batch_norm_without_momentum_are_means():
    batches = [[np.arange(8.0).reshape(4, 2) ** k] for k in range(1, 6)]
    check_replayed(making(lambda: nn.BatchNorm1d(2, momentum=None)), batches)


class Keeping(nn.Module):
    """Keeps its output for others, as well as how often it was called."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(2, 2)

    def forward(self, x):
        self.kept = self.inner(x)
        return self.kept


class Counting(Keeping):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return self.inner(x) * self.calls


class Remembering(nn.Module):
    """Its state is an attribute that is neither parameter nor buffer."""

    def __init__(self):
        super().__init__()
        self.state = twingrad.zeros(2)

    def forward(self, x):
        self.state = self.state * 0.5 + x
        return self.state


def recorded(module, *data):
    replayed = Replayed(lambda x: [module(x)])
    replayed(tensor([[1.0, 2.0], [3.0, 5.0]]))
    return replayed


CHANGES = {
    "evaluation": lambda model: model.eval(),
    "a probability": lambda model: setattr(model[1], "p", 0.25),
    "a momentum": lambda model: setattr(model[2], "momentum", 0.25),
    "an eps": lambda model: setattr(model[2], "eps", 0.25),
    "a frozen layer": lambda model: model[0].requires_grad_(False),
    "a frozen parameter": lambda model: model[0].bias.requires_grad_(False),
    "another parameter": lambda model: setattr(model[0], "bias", nn.Parameter(twingrad.ones(2))),
    "no bias": lambda model: setattr(model[0], "bias", None),
    "another dtype": lambda model: model.double(),
    "another layer": lambda model: model.append(nn.Tanh()),
    "one layer less": lambda model: model.__delitem__(1),
    "a hook before": lambda model: model[0].register_forward_pre_hook(lambda *_: None),
    "a hook behind": lambda model: model.register_forward_hook(lambda *_: None),
    "a hook in the backward pass": lambda model: model.register_full_backward_hook(lambda *_: None),
}


def network():
    return nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5), nn.BatchNorm1d(2))


@pytest.mark.parametrize("change", CHANGES)
def test_a_recording_is_outdated_where_a_module_has_changed(change):
    model = network()
    replayed = recorded(model)
    assert not replayed.is_outdated()
    before = changes.count
    CHANGES[change](model)
    assert changes.count > before, "nobody noticed"
    assert replayed.is_outdated()


SAME = {
    "training": lambda model: model.train(),
    "the same probability": lambda model: setattr(model[1], "p", 0.5),
    "gradients wanted as before": lambda model: model.requires_grad_(),
    "a hook that is taken away": lambda model: model.register_forward_hook(print).remove(),
    "to and fro": lambda model: model.eval().train(),
    "new numbers": lambda model: model[0].weight.data.zero_(),
    "no gradients": lambda model: model.zero_grad(),
    "a state": lambda model: model.load_state_dict(network().state_dict()),
}


@pytest.mark.parametrize("change", SAME)
def test_a_recording_holds_where_a_module_is_as_before(change):
    model = network()
    replayed = recorded(model)
    SAME[change](model)
    assert not replayed.is_outdated()


def test_a_mode_that_is_set_to_what_it_is_counts_as_no_change():
    model = network()
    before = changes.count
    model.train().requires_grad_().zero_grad()
    assert changes.count == before


def test_a_recording_holds_where_a_module_keeps_its_output():
    assert not recorded(Keeping()).is_outdated()


@pytest.mark.parametrize("kind", [Counting, Remembering])
def test_a_recording_is_outdated_where_a_module_changes_what_it_reads(kind):
    assert recorded(kind()).is_outdated()


def test_a_module_of_the_scalar_twin_is_refused():
    model = nn.Linear(2, 1, backend="scalar")
    with pytest.raises(RuntimeError, match="Linear: a module of a compiled step must be on"):
        Replayed(lambda x: [x.sum(), model([1.0, 2.0])])(tensor([1.0]))


def test_functions_take_what_a_step_has_computed():
    def step(x):
        norm = functional.layer_norm(x, (2,))
        return [functional.cosine_similarity(x, norm), functional.pairwise_distance(x, norm, p=3)]

    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    eager = step(Tensor(x + 1))
    replayed = Replayed(step)
    replayed(Tensor(x))
    for found, expected in zip(replayed(Tensor(x + 1)), eager, strict=True):
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-12)
