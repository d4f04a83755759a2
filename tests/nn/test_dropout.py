"""Noise while training: its distribution, its gradients, and that both twins draw the same."""

import numpy as np
import pytest
from scipy import stats

import twingrad
from support.layers import check_golden, check_twins, layer_cases
from support.twins import TWINS, numbers, operand
from twingrad import nn
from twingrad.nn import functional as F

CASES = layer_cases("Dropout", "AlphaDropout")
NOISES = {
    "dropout": lambda x, **options: F.dropout(x, 0.3, **options),
    "alpha_dropout": lambda x, **options: F.alpha_dropout(x, 0.3, **options),
    "gaussian_noise": lambda x, **options: F.gaussian_noise(x, 0.3, **options),
}


@pytest.fixture(autouse=True)
def _seeded():
    twingrad.manual_seed(1)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", CASES)
def test_dropout_of_nothing_and_of_everything_gives_the_golden_numbers(case, twin):
    check_golden(case, twin)


@pytest.mark.parametrize("case", CASES)
def test_dropout_of_nothing_and_of_everything_agrees_on_both_twins(case):
    check_twins(case)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_zeroes_a_share_of_p_and_keeps_the_mean(p):
    count = 100_000
    out = numbers(F.dropout(twingrad.ones(count), p))
    zeros = int((out == 0).sum())
    assert stats.binomtest(zeros, count, p).pvalue > 1e-3
    assert set(np.unique(out)) == {0, np.float32(1 / (1 - p))}
    assert abs(out.mean() - 1) < 4 * np.sqrt(p / (1 - p) / count)


def test_elements_are_left_out_independently_of_each_other():
    left_out = numbers(F.dropout(twingrad.ones(300, 300), 0.5)) == 0
    for neighbour in (np.roll(left_out, 1, 0), np.roll(left_out, 1, 1)):
        both = int((left_out & neighbour).sum())
        assert stats.binomtest(both, left_out.size, 0.25).pvalue > 1e-3


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_alpha_dropout_keeps_mean_and_variance(p):
    count = 200_000
    out = numbers(F.alpha_dropout(twingrad.randn(count), p, training=True))
    assert abs(out.mean()) < 0.02
    assert abs(out.var() - 1) < 0.02
    lowest, share = stats.mode(out)
    scale = 1 / np.sqrt((1 - p) * (1 + p * 1.7580993408473766**2))
    assert lowest == pytest.approx(scale * (p - 1) * 1.7580993408473766, rel=1e-5)
    assert stats.binomtest(int(share), count, p).pvalue > 1e-3


@pytest.mark.parametrize("std", [0.1, 2.0])
def test_gaussian_noise_is_normal_with_its_deviation(std):
    x = twingrad.full((100_000,), 3.0, dtype="float64")
    noise = numbers(F.gaussian_noise(x, std)) - 3
    assert stats.kstest(noise / std, "norm").pvalue > 1e-3


@pytest.mark.parametrize("name", NOISES)
def test_both_twins_draw_the_same(name):
    data = np.linspace(-2, 2, 60).reshape(12, 5)
    found = []
    for twin in TWINS:
        twingrad.manual_seed(7)
        x = operand(twin, data, requires_grad=True)
        out = NOISES[name](x, training=True)
        out.backward(np.arange(60.0).reshape(12, 5))
        found.append((numbers(out), numbers(x.grad)))
    for scalar, tensor in zip(*found, strict=True):
        np.testing.assert_allclose(scalar, tensor, rtol=1e-12)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", NOISES)
def test_a_generator_draws_its_own_numbers(name, twin):
    x = operand(twin, np.ones(20))
    first, again = (
        NOISES[name](x, training=True, generator=twingrad.Generator().manual_seed(5))
        for _ in range(2)
    )
    other = NOISES[name](x, training=True)
    assert numbers(first).tolist() == numbers(again).tolist() != numbers(other).tolist()


@pytest.mark.parametrize("twin", TWINS)
def test_gradients_pass_where_elements_are_kept_and_nowhere_else(twin):
    x = operand(twin, np.ones(50), requires_grad=True)
    out = F.dropout(x, 0.2)
    out.sum().backward()
    assert numbers(x.grad).tolist() == numbers(out).tolist()
    assert set(numbers(x.grad)) == {0, 1.25}


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("layer", [nn.Dropout(), nn.AlphaDropout(), nn.GaussianNoise()])
def test_in_evaluation_the_input_is_given_as_it_is(layer, twin):
    x = operand(twin, np.ones(3))
    assert layer.eval()(x) is x
    assert layer.train()(x) is not x


@pytest.mark.parametrize("twin", TWINS)
def test_single_numbers_and_empty_arrays_are_taken(twin):
    for shape in [(), (0, 3)]:
        for layer in [nn.Dropout(), nn.AlphaDropout(), nn.GaussianNoise()]:
            assert layer(operand(twin, np.ones(shape))).shape == shape


def test_numbers_keep_their_dtype():
    for layer in [nn.Dropout(), nn.AlphaDropout(), nn.GaussianNoise(), nn.Dropout(1.0)]:
        for dtype in ("float32", "float64"):
            assert layer(twingrad.ones(3, dtype=dtype)).dtype == dtype


def test_plain_numbers_become_operands_of_the_selected_twin():
    with nn.backend("scalar"):
        assert type(nn.Dropout()([1.0, 2.0])).__name__ == "Array"
    assert type(nn.Dropout()([1.0, 2.0])).__name__ == "Tensor"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.Dropout(1.5),
            ValueError,
            "Dropout: p must be at least 0 and at most 1, got 1.5: it",
        ),
        (
            lambda: nn.AlphaDropout(-0.1),
            ValueError,
            "AlphaDropout: p must be at least 0 and at most 1",
        ),
        (lambda: F.dropout([1.0], float("nan")), ValueError, "dropout: p must be at least 0"),
        (lambda: F.alpha_dropout([1.0], 2.0), ValueError, "alpha_dropout: p must be at least 0"),
        (lambda: nn.Dropout("0.5"), TypeError, "Dropout: p must be a real number, got str '0.5'"),
        (lambda: nn.GaussianNoise(-1.0), ValueError, "std must be at least 0, got -1.0: it is a"),
        (lambda: F.gaussian_noise([1.0], -1.0), ValueError, "gaussian_noise: std must be at least"),
    ],
)
def test_what_is_no_probability_or_deviation_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_layers_say_what_they_are():
    assert [layer.extra_repr() for layer in (nn.Dropout(0.25), nn.AlphaDropout())] == [
        "p=0.25",
        "p=0.5",
    ]
    assert nn.GaussianNoise().extra_repr() == "std=0.1"
