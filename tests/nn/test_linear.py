"""Weighted sums and changes of shape: PyTorch's numbers on both twins, and where they begin."""

import numpy as np
import pytest
from scipy import stats

import twingrad
from support.layers import check_golden, check_twins, layer_cases
from support.twins import TWINS, numbers, operand
from twingrad import nn
from twingrad.nn import functional as F
from twingrad.testing import gradcheck

W = twingrad.ones(1, 3)
CASES = layer_cases("Linear", "Bilinear", "Flatten", "Unflatten")


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", CASES)
def test_layers_give_the_golden_numbers(case, twin):
    check_golden(case, twin)


@pytest.mark.parametrize("case", CASES)
def test_layers_agree_on_both_twins(case):
    check_twins(case)


def test_first_and_second_derivatives_are_those_of_differences():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(4, 3)), generator.normal(size=(4, 2))
    weight, bias = generator.normal(size=(5, 3)), generator.normal(size=5)
    gradcheck(F.linear, x, weight, bias, order=2)
    gradcheck(F.bilinear, x, y, generator.normal(size=(5, 3, 2)), bias, order=2)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("build", "fan_in"), [(lambda: nn.Linear(64, 80), 64), (lambda: nn.Bilinear(25, 8, 90), 25)]
)
def test_weights_and_biases_begin_uniform_within_the_root_of_the_inputs(build, fan_in, twin):
    twingrad.manual_seed(11)
    with nn.backend(twin):
        layer = build()
    bound = 1 / np.sqrt(fan_in)
    uniform = stats.uniform(-bound, 2 * bound).cdf
    for parameter in (layer.weight, layer.bias):
        assert stats.kstest(numbers(parameter).ravel(), uniform).pvalue > 1e-3
        assert np.abs(numbers(parameter)).max() <= bound
    before = numbers(layer.weight).copy()
    layer.reset_parameters()
    assert (numbers(layer.weight) != before).mean() > 0.99


@pytest.mark.parametrize("twin", TWINS)
def test_a_layer_can_have_no_bias_no_inputs_and_no_outputs(twin):
    with nn.backend(twin):
        assert nn.Linear(3, 2, bias=False).bias is None
        assert numbers(nn.Linear(0, 2).bias).tolist() == [0, 0]
        assert nn.Linear(3, 0)(np.ones((4, 3))).shape == (4, 0)


@pytest.mark.parametrize("twin", TWINS)
def test_the_identity_gives_the_input_itself_whatever_it_was_built_with(twin):
    x = operand(twin, [1.0, 2.0])
    assert nn.Identity(54, unused=True)(x) is x


@pytest.mark.parametrize("twin", TWINS)
def test_shapes_go_there_and_back(twin):
    x = operand(twin, np.arange(24.0).reshape(2, 3, 4))
    flat = nn.Flatten()(x)
    assert flat.shape == (2, 12)
    back = nn.Unflatten(-1, (3, 4))(flat)
    assert numbers(back).tolist() == numbers(x).tolist()
    assert nn.Flatten(0)(operand(twin, 5.0)).shape == (1,)


def test_plain_numbers_become_operands_of_the_selected_twin():
    with nn.backend("scalar"):
        assert type(nn.Flatten()([[[1.0], [2.0]]])).__name__ == "Array"
    assert nn.Unflatten(0, [1, 2])([1.0, 2.0]).shape == (1, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Linear(-1, 2), ValueError, "Linear: in_features must be at least 0, got -1"),
        (lambda: nn.Linear(2, 2.0), TypeError, "out_features must be a whole number, got float"),
        (lambda: nn.Bilinear(1, -2, 1), ValueError, "Bilinear: in2_features must be at least 0"),
        (
            lambda: nn.Linear(3, 2)(np.ones((4, 2))),
            ValueError,
            r"linear: the last length of input must be in_features, 3, got shape \(4, 2\)",
        ),
        (
            lambda: nn.Linear(3, 2, backend="scalar")(np.ones((4, 2))),
            ValueError,
            r"linear: the last length of input must be in_features, 3, got shape \(4, 2\)",
        ),
        (lambda: F.linear([1.0], [1.0]), ValueError, r"weight must be a matrix, of shape \(out"),
        (
            lambda: nn.Linear(2, 1)(operand("tensor", [1, 2]).long()),
            TypeError,
            r"input must be of the dtype of weight, float32, got int64: write "
            r"input.to\('float32'\)$",
        ),
        (
            lambda: nn.Linear(2, 1)(operand("tensor", [1, 2]).double()),
            TypeError,
            r"got float64: write input.to\('float32'\), or model.to\('float64'\)$",
        ),
        (lambda: nn.Linear(2, 1)(None), TypeError, "linear: input must be an operand or numbers"),
        (lambda: nn.Flatten()(operand("scalar", 1.0)), IndexError, "flatten: dim must lie between"),
        (lambda: nn.Flatten()(operand("tensor", 1.0)), IndexError, "flatten: dim must lie between"),
        (lambda: nn.Bilinear(3, 2, 1)([1.0], [2.0]), ValueError, "bilinear: input1 and input2"),
        (lambda: nn.Linear(3, 2)(operand("scalar", [1.0] * 3)), TypeError, "input and weight"),
        (
            lambda: F.linear([1.0], W, operand("scalar", [1.0])),
            TypeError,
            "weight and bias",
        ),
        (
            lambda: nn.Bilinear(3, 2, 1)(W, operand("scalar", 1.0)),
            TypeError,
            "input1 and input2",
        ),
        (lambda: nn.Unflatten(1, 6), TypeError, "unflattened_size must list the new lengths, got"),
        (lambda: nn.Unflatten(1, (2, 2.5)), TypeError, "unflattened_size must be a whole number"),
        (
            lambda: nn.Unflatten(1, (2, 2))(np.ones((4, 6))),
            ValueError,
            "sizes must hold the 6",
        ),
        (lambda: nn.Flatten(2)(np.ones((4, 6))), IndexError, "flatten: dim must lie between"),
        (lambda: nn.Flatten("1"), TypeError, "Flatten: dim must be a whole number, got str"),
        (lambda: nn.Linear(2, 1, backend="gpu"), ValueError, "backend must be 'scalar' or"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_layers_say_what_they_are():
    assert nn.Linear(3, 2).extra_repr() == "in_features=3, out_features=2, bias=True"
    assert nn.Bilinear(3, 2, 1, bias=False).extra_repr() == (
        "in1_features=3, in2_features=2, out_features=1, bias=False"
    )
    assert nn.Flatten().extra_repr() == "start_dim=1, end_dim=-1"
    assert nn.Unflatten(1, [2, 3]).extra_repr() == "dim=1, unflattened_size=(2, 3)"
