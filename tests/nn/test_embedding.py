"""Embeddings: rows by their numbers, repeated ones, padding, and where they begin."""

import numpy as np
import pytest
from scipy import stats

import twingrad
from support.layers import check_golden, check_twins, layer_cases
from support.twins import TWINS, integers, numbers, operand
from twingrad import nn
from twingrad.nn import functional as F

CASES = layer_cases("Embedding")
TABLE = np.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("case", CASES)
def test_embeddings_give_the_golden_numbers(case, twin):
    check_golden(case, twin)


@pytest.mark.parametrize("case", CASES)
def test_embeddings_agree_on_both_twins(case):
    check_twins(case)


@pytest.mark.parametrize("twin", TWINS)
def test_repeated_numbers_add_up_in_the_gradient(twin):
    weight = operand(twin, TABLE, requires_grad=True)
    F.embedding(integers(twin, [3, 1, 3, 3]), weight).sum().backward()
    assert numbers(weight.grad)[:, 0].tolist() == [0, 1, 0, 3]


@pytest.mark.parametrize("twin", TWINS)
def test_the_row_of_the_padding_is_given_but_gets_no_gradient(twin):
    weight = operand(twin, TABLE, requires_grad=True)
    found = F.embedding(integers(twin, [[3, 1], [0, 3]]), weight, padding_idx=-1)
    assert numbers(found).tolist() == TABLE[[[3, 1], [0, 3]]].tolist()
    found.sum().backward()
    assert numbers(weight.grad)[:, 0].tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("twin", TWINS)
def test_vectors_begin_normal_and_that_of_the_padding_as_zeros(twin):
    twingrad.manual_seed(3)
    with nn.backend(twin):
        layer = nn.Embedding(60, 50, padding_idx=-60)
    weight = numbers(layer.weight)
    assert layer.padding_idx == 0
    assert not weight[0].any()
    assert stats.kstest(weight[1:].ravel(), "norm").pvalue > 1e-3
    layer.reset_parameters()
    assert not numbers(layer.weight)[0].any()
    assert (numbers(layer.weight)[1:] != weight[1:]).mean() > 0.99 or twin == "tensor"


def test_both_twins_begin_alike_in_64_bits():
    twingrad.manual_seed(3)
    scalar = numbers(nn.Embedding(5, 4, backend="scalar").weight)
    twingrad.manual_seed(3)
    layer = nn.Embedding(5, 4).double()
    twingrad.manual_seed(3)
    layer.reset_parameters()
    assert scalar.tolist() == numbers(layer.weight).tolist()


@pytest.mark.parametrize("twin", TWINS)
def test_numbers_may_be_lists_and_arrays(twin):
    layer = nn.Embedding.from_pretrained(operand(twin, TABLE))
    for given in ([2, 0], np.array([2, 0]), np.array([2, 0], np.int8), integers(twin, [2, 0])):
        assert numbers(layer(given)).tolist() == TABLE[[2, 0]].tolist()
    assert numbers(layer(2)).tolist() == TABLE[2].tolist()


def test_given_vectors_are_frozen_and_share_their_memory():
    table = TABLE.copy()
    layer = nn.Embedding.from_pretrained(table, padding_idx=1)
    assert not layer.weight.requires_grad
    assert np.shares_memory(layer.weight.numpy(), table)
    assert (layer.num_embeddings, layer.embedding_dim, layer.padding_idx) == (4, 3, 1)
    assert layer.weight.numpy()[1].any()
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad


def test_given_vectors_draw_no_random_numbers():
    state = twingrad.get_rng_state()
    nn.Embedding.from_pretrained(TABLE)
    assert np.array_equal(state, twingrad.get_rng_state())


def test_rows_of_plain_numbers_are_looked_up():
    assert F.embedding([1, 0], [[1.0, 2.0], [3.0, 4.0]]).tolist() == [[3.0, 4.0], [1.0, 2.0]]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("wrong", [[4], [-1], [[0, 1], [2, 7]]])
def test_a_number_that_names_no_row_is_refused(wrong, twin):
    layer = nn.Embedding(4, 2, backend=twin)
    with pytest.raises(IndexError, match="embedding: input must lie between 0 and 3, got numbers"):
        layer(integers(twin, wrong))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.Embedding(4, 2)([0.5]), TypeError, "embedding: input must hold whole numbers"),
        (lambda: nn.Embedding(4, 2)(operand("scalar", [1])), TypeError, "must be of one twin"),
        (lambda: nn.Embedding(4, 2, padding_idx=4), IndexError, "padding_idx must lie between -4"),
        (lambda: nn.Embedding(4, 2, padding_idx=1.0), TypeError, "padding_idx must be a whole"),
        (lambda: nn.Embedding(-1, 2), ValueError, "Embedding: num_embeddings must be at least 0"),
        (lambda: nn.Embedding.from_pretrained([1.0]), ValueError, r"must have shape \(num_embed"),
        (lambda: F.embedding([0], operand("tensor", [1.0])), ValueError, "weight must have shape"),
    ],
)
def test_what_is_no_embedding_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_layer_says_what_it_is():
    assert nn.Embedding(4, 2).extra_repr() == "4, 2"
    assert nn.Embedding(4, 2, -1).extra_repr() == "4, 2, padding_idx=3"
