"""Initializers: what they draw from, the same on both twins."""

import json
from math import inf, nan, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import twingrad
from support.twins import TWINS, numbers, operand
from twingrad import Array, Value, nn
from twingrad.nn import init
from twingrad.nn.init import distributions

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "init.json").read_text())
MANY = (40, 250)


def filled(function, *arguments, shape=MANY, twin="tensor", seed=1, **options):
    """The numbers that an initializer fills an operand with, from a seed."""
    twingrad.manual_seed(seed)
    return numbers(function(operand(twin, np.full(shape, 7.0)), *arguments, **options))


def check_distribution(sample, distribution):
    """The Kolmogorov-Smirnov test: it fails for one of a thousand samples of a distribution."""
    assert stats.kstest(sample.ravel(), distribution.cdf).pvalue > 1e-3


DRAWING = {
    "uniform_": (init.uniform_, (-2.0, 3.0), stats.uniform(-2.0, 5.0)),
    "uniform_ by default": (init.uniform_, (), stats.uniform(0.0, 1.0)),
    "normal_": (init.normal_, (1.5, 0.5), stats.norm(1.5, 0.5)),
    "normal_ by default": (init.normal_, (), stats.norm()),
    "trunc_normal_ by default": (init.trunc_normal_, (), stats.truncnorm(-2, 2)),
    "trunc_normal_": (init.trunc_normal_, (1.0, 0.5, 0.0, 1.25), stats.truncnorm(-2, 0.5, 1, 0.5)),
    "trunc_normal_, upper tail": (init.trunc_normal_, (0.0, 1.0, 5.0, 6.0), stats.truncnorm(5, 6)),
    "trunc_normal_, far above": (init.trunc_normal_, (0, 1, 30, 40), stats.truncnorm(30, 40)),
    "trunc_normal_, far below": (init.trunc_normal_, (0, 1, -40, -30), stats.truncnorm(-40, -30)),
    "trunc_normal_, one side": (init.trunc_normal_, (0, 1, 0.5, inf), stats.truncnorm(0.5, inf)),
    "trunc_normal_, no side": (init.trunc_normal_, (0, 1, -inf, inf), stats.norm()),
    "xavier_uniform_": (
        init.xavier_uniform_,
        (2.0,),
        stats.uniform(-2 * sqrt(6 / 290), 4 * sqrt(6 / 290)),
    ),
    "xavier_normal_": (init.xavier_normal_, (2.0,), stats.norm(0, 2 * sqrt(2 / 290))),
    "kaiming_uniform_": (
        init.kaiming_uniform_,
        (),
        stats.uniform(-sqrt(6 / 250), 2 * sqrt(6 / 250)),
    ),
    "kaiming_normal_": (init.kaiming_normal_, (0, "fan_out"), stats.norm(0, sqrt(2 / 40))),
}


@pytest.mark.parametrize(("function", "arguments", "distribution"), DRAWING.values(), ids=DRAWING)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_numbers_come_from_the_stated_distribution(function, arguments, distribution, seed):
    check_distribution(filled(function, *arguments, seed=seed), distribution)


@pytest.mark.parametrize(("function", "arguments"), [each[:2] for each in DRAWING.values()])
def test_both_twins_draw_the_same_numbers(function, arguments):
    drawn = [filled(function, *arguments, shape=(3, 4), twin=twin) for twin in TWINS]
    assert (drawn[0] == drawn[1]).all()


@pytest.mark.parametrize(("function", "arguments"), [each[:2] for each in DRAWING.values()])
def test_numbers_come_from_the_generator_that_is_given(function, arguments):
    generator = twingrad.Generator().manual_seed(5)
    one = filled(function, *arguments, shape=(3, 4), seed=1, generator=generator)
    other = filled(function, *arguments, shape=(3, 4), seed=2, generator=generator.manual_seed(5))
    assert (one == other).all()
    assert (one != filled(function, *arguments, shape=(3, 4), seed=1)).any()


@pytest.mark.parametrize(("low", "high"), [(-0.5, 0.5), (3.0, 3.5), (-9.0, -8.0), (2.0, 2.0)])
def test_truncated_numbers_stay_between_the_ends(low, high):
    found = filled(init.trunc_normal_, 0.0, 1.0, low, high)
    assert low <= found.min() <= found.max() <= high


def test_truncated_numbers_of_an_open_side_are_finite_even_where_0_is_drawn(monkeypatch):
    monkeypatch.setattr(distributions, "uniforms64", lambda shape, generator: np.zeros(shape))
    found = filled(init.trunc_normal_, 0, 1, -inf, inf, shape=(1,))
    assert found == pytest.approx(stats.norm.ppf(2.0**-54))


@pytest.mark.parametrize("twin", TWINS)
def test_constants_are_exact(twin):
    w = operand(twin, [[1.0, 2.0], [3.0, 4.0]])
    assert numbers(init.constant_(w, 0.3)).tolist() == [[0.3, 0.3], [0.3, 0.3]]
    assert numbers(init.ones_(w)).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert numbers(init.zeros_(w)).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (2, 2), (0, 3)])
def test_eye_is_the_identity_as_far_as_it_goes(twin, shape):
    assert (filled(init.eye_, shape=shape, twin=twin) == np.eye(*shape)).all()


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (8, 3), (4, 2, 3), (1, 6)])
@pytest.mark.parametrize("gain", [1.0, 1.5, -2.0])
def test_rows_or_columns_of_orthogonal_are_orthonormal(shape, gain):
    found = filled(init.orthogonal_, gain, shape=shape).reshape(shape[0], -1)
    gram = found @ found.T if len(found) <= len(found.T) else found.T @ found
    np.testing.assert_allclose(gram, gain**2 * np.eye(len(gram)), rtol=0, atol=1e-12)


def test_orthogonal_is_the_same_on_both_twins():
    drawn = [filled(init.orthogonal_, shape=(3, 4), twin=twin) for twin in TWINS]
    assert (drawn[0] == drawn[1]).all()


def test_orthogonal_matrices_are_drawn_evenly():
    """Each entry of an even orthogonal 3x3 matrix is uniform on [-1, 1], by Archimedes."""
    twingrad.manual_seed(0)
    matrices = np.array([init.orthogonal_(twingrad.zeros(3, 3)).numpy() for _ in range(1500)])
    for row in range(3):
        check_distribution(matrices[:, row, row], stats.uniform(-1, 2))
    assert abs(np.mean(np.linalg.det(matrices) > 0) - 0.5) < 0.05


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(("sparsity", "zeros"), [(0.0, 0), (0.1, 1), (0.25, 3), (0.3, 3), (1, 10)])
def test_every_column_of_sparse_has_its_share_of_zeros(twin, sparsity, zeros):
    found = filled(init.sparse_, sparsity, shape=(10, 6), twin=twin)
    assert ((found == 0).sum(axis=0) == zeros).all()


def test_sparse_draws_zeros_evenly_and_the_others_from_the_normal_distribution():
    found = filled(init.sparse_, 0.5, 0.2, shape=(20, 1000))
    check_distribution(found[found != 0], stats.norm(0, 0.2))
    counts = (found == 0).sum(axis=1)
    assert stats.chisquare(counts).pvalue > 1e-3
    assert len(set(map(bytes, (found.T == 0)))) > 990


@pytest.mark.parametrize(("nonlinearity", "param", "gain"), GOLDEN["gains"])
def test_gains_are_those_of_pytorch(nonlinearity, param, gain):
    assert init.calculate_gain(nonlinearity, param) == pytest.approx(gain, rel=1e-15)


def test_other_functions_than_leaky_relu_have_no_slope():
    assert init.calculate_gain("tanh", 3.0) == 5 / 3


@pytest.mark.parametrize(
    "case",
    GOLDEN["spreads"],
    ids=lambda case: f"{case['function']}{tuple(case['shape'])}{[*case['options'].values()]}",
)
def test_weights_are_drawn_as_far_as_in_pytorch(case):
    shape, spread = case["shape"], case["spread"]
    found = filled(getattr(init, case["function"]), shape=shape, **case["options"])
    if "uniform" in case["function"]:
        expected = filled(init.uniform_, -spread, spread, shape=shape)
    else:
        expected = filled(init.normal_, 0.0, spread, shape=shape)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", GOLDEN["dirac"], ids=lambda case: str(tuple(case["shape"])))
def test_dirac_weights_are_those_of_pytorch(twin, case):
    w = operand(twin, np.full(case["shape"], 7.0))
    assert init.dirac_(w, case["groups"]) is w
    np.testing.assert_array_equal(numbers(w), np.array(case["weight"]).reshape(case["shape"]))


ALL = {
    "uniform_": (),
    "normal_": (),
    "trunc_normal_": (),
    "constant_": (0.5,),
    "ones_": (),
    "zeros_": (),
    "eye_": (),
    "xavier_uniform_": (),
    "xavier_normal_": (),
    "kaiming_uniform_": (),
    "kaiming_normal_": (),
    "orthogonal_": (),
    "sparse_": (0.5,),
}


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(("name", "arguments"), ALL.items())
def test_parameters_are_filled_in_place_without_history(twin, name, arguments):
    layer = nn.Linear(3, 2, backend=twin)
    weight = layer.weight
    before = numbers(weight).copy()
    assert getattr(init, name)(weight, *arguments) is weight
    assert (numbers(weight) != before).any()
    layer(np.ones((1, 3), np.float32)).sum().backward()
    assert numbers(weight.grad).tolist() == [[1.0] * 3] * 2, "it is a leaf still"


@pytest.mark.parametrize(("name", "arguments"), ALL.items())
def test_dtype_is_kept(name, arguments):
    w = getattr(init, name)(twingrad.zeros(3, 4), *arguments)
    assert w.dtype == twingrad.float32


@pytest.mark.parametrize(("name", "arguments"), ALL.items())
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nothing_is_drawn_for_no_elements(name, arguments, shape):
    assert getattr(init, name)(twingrad.zeros(*shape), *arguments).shape == shape


def test_rows_of_an_array_are_filled_where_they_are():
    w = Array([[1.0, 2.0], [3.0, 4.0]])
    init.constant_(w[0], 0.5)
    assert w.tolist() == [[0.5, 0.5], [3.0, 4.0]]


def test_a_single_value_is_filled():
    value = Value(3.0)
    assert init.uniform_(value, 5.0, 6.0) is value
    assert 5 <= value.data < 6


def test_elements_are_drawn_in_their_order_whatever_the_layout():
    w = twingrad.zeros(4, 3, dtype=twingrad.float64).T
    twingrad.manual_seed(1)
    init.uniform_(w)
    assert (w.numpy() == filled(init.uniform_, shape=(3, 4))).all()


def test_linear_layers_begin_as_they_are_drawn_by_uniform():
    twingrad.manual_seed(3)
    layer = nn.Linear(4, 2)
    twingrad.manual_seed(3)
    assert (init.uniform_(twingrad.zeros(2, 4), -0.5, 0.5) == layer.weight).all()


W = twingrad.zeros(2, 3)
KERNEL = twingrad.zeros(4, 3, 2)
V = twingrad.zeros(3)
REFUSED = {
    "no operand": (lambda: init.ones_([1.0]), TypeError, "tensor must be a Tensor or an Array"),
    "a NumPy array": (lambda: init.normal_(np.zeros(3)), TypeError, "got ndarray"),
    "integers": (lambda: init.uniform_(twingrad.tensor([1, 2])), TypeError, "got dtype int64"),
    "ends swapped": (lambda: init.uniform_(W, 1, 0), ValueError, "a must not be above b, got 1"),
    "an end of nan": (lambda: init.uniform_(W, nan, 0), ValueError, "a must not be above b"),
    "an infinite end": (lambda: init.uniform_(W, 0, inf), ValueError, "must be finite"),
    "text": (lambda: init.uniform_(W, "0"), TypeError, "uniform_: a must be a real number"),
    "a spread below 0": (lambda: init.normal_(W, 0, -1), ValueError, "std must be at least 0"),
    "a spread of nan": (lambda: init.normal_(W, 0, nan), ValueError, "std must be at least 0"),
    "no spread": (
        lambda: init.trunc_normal_(W, 0, 0),
        ValueError,
        "std must be above 0 and finite, got 0",
    ),
    "cut ends swapped": (
        lambda: init.trunc_normal_(W, a=1, b=-1),
        ValueError,
        "trunc_normal_: a must not be above b, got 1 and -1",
    ),
    "no constant": (lambda: init.constant_(W, None), TypeError, "val must be a real number"),
    "eye of a vector": (lambda: init.eye_(V), ValueError, "two dimensions, got shape \\(3,\\)"),
    "eye of a cube": (lambda: init.eye_(twingrad.zeros(1, 2, 3)), ValueError, "two dimensions"),
    "fans of a vector": (lambda: init.xavier_normal_(V), ValueError, "two or more dimensions"),
    "fan of a vector": (lambda: init.kaiming_uniform_(V), ValueError, "two or more dimensions"),
    "a Dirac matrix": (
        lambda: init.dirac_(W),
        ValueError,
        r"three to five dimensions, got .*\(2, 3",
    ),
    "unequal groups": (
        lambda: init.dirac_(KERNEL, 3),
        ValueError,
        "must divide the 4 outputs, got",
    ),
    "no groups": (lambda: init.dirac_(KERNEL, 0), ValueError, "dirac_: groups must be at least 1"),
    "a gain below 0": (lambda: init.xavier_uniform_(W, -1), ValueError, "gain must be at least 0"),
    "a nonlinearity": (
        lambda: init.calculate_gain("leakyrelu"),
        ValueError,
        "nonlinearity must be one of linear, .*, got 'leakyrelu': did you mean 'leaky_relu'",
    ),
    "a smooth relu": (
        lambda: init.kaiming_uniform_(W, nonlinearity="gelu"),
        ValueError,
        "got 'gelu': write 'relu', which gelu is like",
    ),
    "nothing alike": (lambda: init.calculate_gain("xyz"), ValueError, "write one of these"),
    "a mode": (
        lambda: init.kaiming_normal_(W, mode="fanin"),
        ValueError,
        "kaiming_normal_: mode must be one of fan_in, fan_out, got 'fanin': did you mean 'fan_in'",
    ),
    "a slope": (lambda: init.calculate_gain("leaky_relu", True), TypeError, "param must be a real"),
    "orthogonal vector": (lambda: init.orthogonal_(V), ValueError, "two or more dimensions"),
    "sparse vector": (lambda: init.sparse_(V, 0.5), ValueError, "two dimensions, got shape"),
    "a share above 1": (lambda: init.sparse_(W, 1.5), ValueError, "sparsity must be at least 0"),
    "a share below 0": (lambda: init.sparse_(W, -0.1), ValueError, "sparsity must be at least 0"),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_modes_are_read_in_any_case_as_in_pytorch():
    assert (
        filled(init.kaiming_normal_, 0, "FAN_OUT") == filled(init.kaiming_normal_, 0, "fan_out")
    ).all()
