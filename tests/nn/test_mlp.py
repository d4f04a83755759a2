"""``MLP``: what it is made of, that it trains alike on both twins, and what it refuses."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twingrad
from support.twins import TWINS, numbers, operand
from twingrad import nn

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "mlp.json").read_text())


def classes(model):
    return [type(module).__name__ for module in model]


def test_each_hidden_layer_is_a_sum_a_normalization_an_activation_and_dropout():
    model = nn.MLP(2, [4, 3], 1, activation="tanh", norm="batch", dropout=0.1)
    hidden = ["Linear", "BatchNorm1d", "Tanh", "Dropout"]
    assert classes(model) == [*hidden, *hidden, "Linear"]
    assert (model[4].in_features, model[4].out_features) == (4, 3)
    assert (model[-1].in_features, model[-1].out_features) == (3, 1)
    assert len(model) == 9
    assert model[3].p == 0.1


def test_what_is_not_asked_for_is_left_out():
    assert classes(nn.MLP(2, [4], 1)) == ["Linear", "ReLU", "Linear"]
    assert classes(nn.MLP(2, 4, 1)) == ["Linear", "ReLU", "Linear"]
    assert classes(nn.MLP(2, (), 1)) == ["Linear"]
    assert [*nn.MLP(2, [4], 1, bias=False).state_dict()] == ["0.weight", "2.weight"]


@pytest.mark.parametrize(
    ("norm", "kind"),
    [
        ("batch", "BatchNorm1d"),
        ("layer", "LayerNorm"),
        ("rms", "RMSNorm"),
        (nn.LayerNorm, "LayerNorm"),
        (partial(nn.GroupNorm, 2), "GroupNorm"),
    ],
)
@pytest.mark.parametrize("twin", TWINS)
def test_normalizations_go_by_name_or_are_made_of_a_width(norm, kind, twin):
    model = nn.MLP(3, [4], 2, norm=norm, backend=twin)
    assert classes(model)[1] == kind
    assert model.backend == twin
    assert model(np.ones((5, 3))).shape == (5, 2)


@pytest.mark.parametrize("activation", ["selu", nn.SELU, nn.SELU()])
def test_activations_go_by_name_by_class_or_are_copied(activation):
    model = nn.MLP(3, [4, 4], 2, activation=activation)
    assert classes(model)[1::2] == ["SELU", "SELU"]
    assert model[1] is not model[3]


def test_activations_with_parameters_are_built_on_the_twin_of_the_network():
    model = nn.MLP(2, [3], 1, activation="prelu", backend="scalar")
    assert type(model[1].weight).__name__ == "Array"
    assert model(np.ones((4, 2))).shape == (4, 1)


def test_state_dicts_fit_a_sequence_of_the_same_layers():
    model = nn.MLP(2, [4], 1, norm="batch")
    layers = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    layers.load_state_dict(model.state_dict())
    x = twingrad.ones(3, 2)
    assert numbers(model.eval()(x)).tolist() == numbers(layers.eval()(x)).tolist()


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: str(case["options"]))
def test_a_checkpoint_of_pytorch_predicts_the_same_here_and_has_the_same_gradients(case, twin):
    model = nn.MLP(*case["arguments"], **case["options"], backend=twin).double()
    model.load_state_dict({name: np.array(each) for name, each in case["state"].items()})
    for step in case["steps"]:
        model.train(step["training"])
        model.zero_grad()
        x = operand(twin, GOLDEN["inputs"][step["input"]], requires_grad=True)
        output = model(x)
        np.testing.assert_allclose(numbers(output), step["output"], atol=1e-10, rtol=1e-10)
        (output * output).sum().backward()
        np.testing.assert_allclose(numbers(x.grad), step["input gradient"], atol=1e-10, rtol=1e-10)
        for name, parameter in model.named_parameters():
            np.testing.assert_allclose(
                numbers(parameter.grad), step["gradients"][name], atol=1e-10, rtol=1e-10
            )
        for name, buffer in model.named_buffers():
            np.testing.assert_allclose(numbers(buffer), step["buffers"][name], rtol=1e-10)


def trained(model, twin, steps):
    """The losses, gradients and states of some steps of descent."""
    generator = np.random.default_rng(0)
    x = operand(twin, generator.normal(size=(12, 2)), requires_grad=True)
    y = generator.normal(size=(12, 1))
    found = []
    for _ in range(steps):
        model.zero_grad()
        x.grad = None
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        gradients = {name: numbers(each.grad) for name, each in model.named_parameters()}
        state = {name: each.numpy().copy() for name, each in model.state_dict().items()}
        found.append([numbers(loss), numbers(x.grad), *gradients.values(), *state.values()])
        new = {name: state[name] - 0.1 * gradient for name, gradient in gradients.items()}
        model.load_state_dict(state | new)
    return found


def built(twin, **options):
    twingrad.manual_seed(5)
    model = nn.MLP(2, [6, 5], 1, backend="scalar", **options)
    return model.to(twin)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_both_twins_train_alike_with_batch_normalization_and_dropout(activation):
    found = []
    for twin in TWINS:
        model = built(twin, activation=activation, norm="batch", dropout=0.2)
        twingrad.manual_seed(9)
        found.append(trained(model, twin, steps=4))
    for scalar, tensor in zip(*found, strict=True):
        for own, other in zip(scalar, tensor, strict=True):
            np.testing.assert_allclose(own, other, rtol=1e-12, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    widths=st.lists(st.integers(1, 5), max_size=3),
    activation=st.sampled_from(["relu", "gelu", "silu", "softplus", "selu", "prelu"]),
    norm=st.sampled_from([None, "batch", "layer", "rms"]),
    dropout=st.sampled_from([0.0, 0.3]),
    bias=st.booleans(),
)
def test_any_network_gives_the_same_on_both_twins(widths, activation, norm, dropout, bias):
    options = {"activation": activation, "norm": norm, "dropout": dropout, "bias": bias}
    data = np.random.default_rng(1).normal(size=(4, 3))
    found = []
    for twin in TWINS:
        twingrad.manual_seed(2)
        model = nn.MLP(3, widths, 2, **options, backend="scalar").to(twin)
        found.append(numbers(model(operand(twin, data))))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12, atol=1e-12)


def test_moving_there_and_back_keeps_everything_to_the_last_bit():
    model = nn.MLP(2, [6, 5], 1, norm="batch", dropout=0.2).double()
    trained(model, "tensor", steps=2)
    model.eval()
    state = {name: each.numpy().copy() for name, each in model.state_dict().items()}
    gradients = {name: numbers(each.grad).copy() for name, each in model.named_parameters()}
    model.to("scalar").to("tensor")
    assert not any(module.training for module in model.modules())
    for name, each in model.state_dict().items():
        assert each.numpy().tobytes() == state[name].tobytes(), name
    for name, each in model.named_parameters():
        assert numbers(each.grad).tobytes() == gradients[name].tobytes(), name


def test_any_weight_can_be_opened_on_the_scalar_twin():
    model = nn.MLP(2, [3], 1).to("scalar")
    loss = model([[0.5, -1.0]]).sum()
    loss.backward()
    weight = model[0].weight[2, 1]
    assert type(weight).__name__ == "Value"
    assert weight.grad == model[0].weight.grad[2, 1]


def test_the_repr_is_a_tree_of_its_layers():
    lines = repr(nn.MLP(2, [3], 1, norm="layer")).splitlines()
    assert lines[0].startswith("MLP(")
    assert "(1): LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)" in lines[2]
    assert lines[-1] == "19 parameters, all trainable"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.MLP(2, [3], 1, "rleu"), ValueError, "did you mean 'relu'"),
        (lambda: nn.MLP(2, [3], 1, 3.0), TypeError, "activation must be a name such as 'relu'"),
        (lambda: nn.MLP(2, [3], 1, norm="bach"), ValueError, "got 'bach': did you mean 'batch'"),
        (lambda: nn.MLP(2, [3], 1, norm="x"), ValueError, "write for example nn.LayerNorm"),
        (lambda: nn.MLP(2, [3], 1, norm=3), TypeError, "norm must be one of 'batch', 'layer', '"),
        (lambda: nn.MLP(2, [3], 1, norm=nn.LayerNorm(3)), TypeError, "or a function of a width"),
        (lambda: nn.MLP(2, [3], 1, norm=abs), TypeError, "norm must give a Module, got int for"),
        (lambda: nn.MLP(2, [3, -1], 1), ValueError, "a number in hidden must be at least 1, got"),
        (lambda: nn.MLP(2, [0], 1), ValueError, "a number in hidden must be at least 1, got 0"),
        (lambda: nn.MLP(0, [3], 1), ValueError, "MLP: in_features must be at least 1, got 0"),
        (lambda: nn.MLP(2, [3], 0), ValueError, "MLP: out_features must be at least 1, got 0"),
        (lambda: nn.MLP(2, [3], "1"), TypeError, "MLP: out_features must be a whole number, got"),
        (lambda: nn.MLP(2, [3.5], 1), TypeError, "a number in hidden must be a whole number, got"),
        (lambda: nn.MLP(2, 3.5, 1), TypeError, "hidden must list the neurons of each layer, got"),
        (lambda: nn.MLP(2, "16", 1), TypeError, "hidden must list the neurons of each layer, got"),
        (lambda: nn.MLP(2, [3], 1, dropout=1.0), ValueError, "below 1, got 1.0: it is the share"),
        (lambda: nn.MLP(2, [3], 1, dropout=-0.1), ValueError, "dropout must be at least 0 and"),
        (lambda: nn.MLP(2, [3], 1, dropout="no"), TypeError, "dropout must be a real number, got"),
        (lambda: nn.MLP(2, [3], 1, backend="gpu"), ValueError, "backend must be 'scalar' or"),
        (lambda: nn.MLP(2, [3, 1], backend="tensor"), ValueError, "backend must be 'scalar' where"),
        (lambda: nn.MLP(2, [3, 1], activation="tanh"), ValueError, "activation must be 'relu' whe"),
        (lambda: nn.MLP(2, [3, 1], norm="batch"), ValueError, "norm must be None where out_feat"),
        (lambda: nn.MLP(2, [3, 1], dropout=0.5), ValueError, "dropout must be 0.0 where out_feat"),
        (lambda: nn.MLP(2, [3, 1], bias=False), ValueError, "bias must be True where out_feature"),
    ],
)
def test_what_is_no_network_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
