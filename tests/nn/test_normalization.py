"""Normalizations: PyTorch's numbers on both twins, running statistics, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import twingrad
from support.layers import check_golden, check_twins, layer_cases
from support.twins import TWINS, numbers, operand
from twingrad import nn
from twingrad.nn import functional as F
from twingrad.testing import gradcheck

CASES = layer_cases("BatchNorm1d", "LayerNorm", "GroupNorm", "RMSNorm")
BATCH = np.array([[0.5, -1.5, 2.0], [3.25, -0.75, 1.25], [0.125, -2.5, 1.0], [4.5, -3.0, 0.25]])


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", CASES)
def test_normalizations_give_the_golden_numbers(case, twin):
    check_golden(case, twin)


@pytest.mark.parametrize("case", CASES)
def test_normalizations_agree_on_both_twins(case):
    check_twins(case)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        lambda x, w, b: F.layer_norm(x, (3,), w, b),
        lambda x, w, b: F.group_norm(x, 1, w, b),
        lambda x, w, b: F.rms_norm(x, 3, w) + b,
    ],
    ids=["batch", "layer", "group", "rms"],
)
def test_first_and_second_derivatives_are_those_of_differences(function):
    gradcheck(function, BATCH, np.array([1.5, -0.5, 2.0]), np.array([0.5, 0.0, -1.0]), order=2)


@pytest.mark.parametrize("twin", TWINS)
@given(
    arrays(np.float64, (4, 3), elements=st.floats(-1e4, 1e4)),
    st.floats(-1e4, 1e4),
    st.floats(0.5, 100),
)
def test_a_batch_is_normalized_alike_when_it_is_moved_and_stretched(twin, batch, shift, factor):
    with nn.backend(twin):
        norm = nn.BatchNorm1d(3, eps=1e-300, affine=False)
    batch = np.round(batch, 2) + np.arange(4)[:, None] * 1e5  # no channel is constant
    plain = numbers(norm(operand(twin, batch)))
    moved = numbers(norm(operand(twin, batch * factor + shift)))
    np.testing.assert_allclose(plain, moved, atol=1e-7)
    np.testing.assert_allclose(plain.mean(0), 0, atol=1e-10)
    np.testing.assert_allclose(plain.std(0), 1, atol=1e-10)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("kind", ["BatchNorm1d", "LayerNorm"])
def test_numbers_far_from_zero_are_normalized_as_those_near_it(kind, twin):
    with nn.backend(twin):
        norm = getattr(nn, kind)(4)
    batch = np.array([[0.5, -1.5, 2.0, 1.0], [3.25, -0.75, 1.25, 0.25], [0.0, 1.0, 0.75, 0.25]])
    batch = np.concatenate([batch, -batch])
    near, far = norm(operand(twin, batch)), norm(operand(twin, batch + 2.0**40))
    np.testing.assert_array_equal(numbers(near), numbers(far))


@pytest.mark.parametrize("twin", TWINS)
def test_running_statistics_begin_anew_after_a_reset(twin):
    with nn.backend(twin):
        norm = nn.BatchNorm1d(3)
    norm(operand(twin, BATCH))
    assert int(norm.num_batches_tracked) == 1
    assert numbers(norm.running_mean).any()
    norm.reset_running_stats()
    assert int(norm.num_batches_tracked) == 0
    assert numbers(norm.running_mean).tolist() == [0, 0, 0]
    assert numbers(norm.running_var).tolist() == [1, 1, 1]


def test_running_statistics_have_no_history_and_are_changed_in_place():
    norm = nn.BatchNorm1d(3)
    mean = norm.running_mean
    norm(twingrad.tensor(BATCH, dtype="float32").requires_grad_())
    assert norm.running_mean is mean
    assert not mean.requires_grad
    assert mean.dtype == np.float32


def test_running_statistics_are_seen_by_what_watches_operations_of_tensors():
    norm = nn.BatchNorm1d(3, momentum=None)
    tensors = [norm.running_mean, norm.running_var, norm.num_batches_tracked]
    before = [tensor._version for tensor in tensors]
    norm(twingrad.tensor(BATCH, dtype="float32"))
    assert all(tensor._version > old for tensor, old in zip(tensors, before, strict=True))


@pytest.mark.parametrize("twin", TWINS)
def test_state_survives_moves_to_the_last_bit(twin):
    with nn.backend(twin):
        norm = nn.BatchNorm1d(3).double()
    norm(operand(twin, BATCH))
    before = {name: each.numpy().copy() for name, each in norm.state_dict().items()}
    other = "scalar" if twin == "tensor" else "tensor"
    norm.to(other)
    assert type(norm.num_batches_tracked) is (np.ndarray if other == "scalar" else twingrad.Tensor)
    norm.to(twin)
    for name, each in norm.state_dict().items():
        assert each.numpy().tobytes() == before[name].tobytes(), name
        assert each.dtype == before[name].dtype
    norm(operand(twin, BATCH))
    assert int(norm.num_batches_tracked) == 2


@pytest.mark.parametrize("twin", TWINS)
def test_plain_numbers_are_normalized_on_the_twin_of_the_layer(twin):
    with nn.backend(twin):
        layers = [nn.BatchNorm1d(3), nn.LayerNorm(3), nn.GroupNorm(1, 3), nn.RMSNorm(3)]
    for layer in layers:
        assert layer(BATCH.tolist()).shape == (4, 3)
        assert type(layer(BATCH)).__name__ == ("Array" if twin == "scalar" else "Tensor")


def test_a_batch_of_the_other_twin_is_refused():
    with pytest.raises(TypeError, match="batch_norm: input and running_mean must be of one twin"):
        nn.BatchNorm1d(3)(operand("scalar", BATCH))
    with pytest.raises(TypeError, match="layer_norm: input and weight must be of one twin"):
        nn.LayerNorm(3)(operand("scalar", BATCH))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.BatchNorm1d(3)(np.ones((1, 3))), "input must have several numbers for each"),
        (lambda: nn.BatchNorm1d(3)(np.ones((1, 3, 1))), r"got shape \(1, 3, 1\): use larger"),
        (lambda: nn.BatchNorm1d(3)(np.ones(3)), r"must have shape \(N, C\) or \(N, C, L\), got"),
        (lambda: nn.BatchNorm1d(3)(np.ones((2, 3, 1, 1))), "BatchNorm1d: input must have shape"),
        (
            lambda: nn.BatchNorm1d(3)(np.ones((2, 4))),
            "for each number in running_mean, of",
        ),
        (lambda: nn.BatchNorm1d(-1), "BatchNorm1d: num_features must be at least 0, got -1"),
        (lambda: nn.BatchNorm1d(3, eps=0.0)(BATCH), "BatchNorm1d: eps must be above 0, got 0.0"),
        (lambda: F.batch_norm(BATCH, None, None), "running_mean and running_var must be given"),
        (lambda: F.batch_norm([1.0], None, None), r"shape \(N, C\) or \(N, C, ...\), got \(1,\)"),
        (lambda: nn.LayerNorm([]), "normalized_shape must list one or more lengths"),
        (lambda: nn.LayerNorm([2, -1]), "LayerNorm: normalized_shape must list"),
        (lambda: nn.LayerNorm(4)(BATCH), r"ends with normalized_shape, \(4,\), got \(4, 3\)"),
        (lambda: nn.LayerNorm((1, 1, 3))(BATCH), r"\(1, 1, 3\), got \(4, 3\): reshape it"),
        (lambda: F.layer_norm(BATCH, (3,), np.ones(2)), "layer_norm: weight must have the shape"),
        (lambda: nn.GroupNorm(3, 4), "num_groups must divide the 4 channels, got 3: choose a"),
        (lambda: nn.GroupNorm(0, 4), "GroupNorm: num_groups must be at least 1, got 0"),
        (lambda: F.group_norm(BATCH, 0), "group_norm: num_groups must divide the 3 channels"),
        (lambda: nn.GroupNorm(3, 3)(BATCH[:1]), "input must have several numbers for a group"),
        (
            lambda: nn.GroupNorm(2, 4)(BATCH),
            "weight, .* build the layer for 3 channels",
        ),
        (lambda: nn.RMSNorm(2)(BATCH), "rms_norm: input must have a shape that ends with"),
        (lambda: nn.RMSNorm(3, eps=-1.0)(BATCH), "RMSNorm: eps must be above 0, got -1.0"),
    ],
)
def test_what_cannot_be_normalized_is_refused_with_a_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.BatchNorm1d(3, momentum="0.1"), "BatchNorm1d: momentum must be a real number"),
        (lambda: nn.LayerNorm(3, eps="0.1")(BATCH), "LayerNorm: eps must be a real number, got"),
        (lambda: nn.BatchNorm1d(2.5), "BatchNorm1d: num_features must be a whole number, got"),
        (lambda: nn.RMSNorm((3, None)), "RMSNorm: normalized_shape must be a whole number, got"),
    ],
)
def test_options_of_the_wrong_kind_are_refused_with_a_sentence(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_layers_say_what_they_are():
    assert nn.BatchNorm1d(3).extra_repr() == (
        "3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True"
    )
    assert nn.LayerNorm(3, bias=False).extra_repr() == (
        "(3,), eps=1e-05, elementwise_affine=True, bias=False"
    )
    assert nn.GroupNorm(2, 4).extra_repr() == "2, 4, eps=1e-05, affine=True, bias=True"
    assert nn.RMSNorm(4).extra_repr() == "(4,), eps=None, elementwise_affine=True"
