"""Regularizers: their numbers and slopes, on both twins, and what they count."""

import copy
import pickle
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import twingrad
from support.twins import TWINS, numbers, operand
from twingrad import Array, Tensor, Value, nn
from twingrad.testing import gradcheck

MATRIX = [[1.0, -3.0, 0.5], [0.0, 2.0, -0.25]]
TALL = [[1.0, -3.0], [0.5, 0.0], [2.0, -0.25]]
CUBE = [[[1.0, -3.0], [0.5, 0.0]], [[2.0, -0.25], [4.0, 1.0]]]


def off_orthogonal(w):
    """The sum of the squares by which rows, or columns, are off orthonormal."""
    w = np.reshape(w, (len(w), -1))
    gram = w @ w.T if len(w) <= len(w.T) else w.T @ w
    return np.square(gram - np.eye(len(gram))).sum()


def sizes(w):
    return np.abs(w).sum()


def squares(w):
    return np.square(w).sum()


PENALTIES = {
    "L1": (nn.L1(0.3), lambda w: 0.3 * sizes(w)),
    "L2": (nn.L2(0.3), lambda w: 0.3 * squares(w)),
    "ElasticNet": (nn.ElasticNet(0.3, 0.2), lambda w: 0.3 * sizes(w) + 0.2 * squares(w)),
    "Orthogonal": (nn.Orthogonal(0.3), lambda w: 0.3 * off_orthogonal(w)),
}
each_penalty = pytest.mark.parametrize(("penalty", "formula"), PENALTIES.values(), ids=PENALTIES)
on_both = pytest.mark.parametrize("twin", TWINS)


@on_both
@each_penalty
@pytest.mark.parametrize("data", [MATRIX, TALL, CUBE], ids=["wide", "tall", "cube"])
def test_penalties_are_what_their_formulas_say(twin, penalty, formula, data):
    found = penalty(operand(twin, data))
    assert found.shape == ()
    assert found.item() == pytest.approx(formula(data), rel=1e-12)


@on_both
@each_penalty
def test_penalties_of_several_parameters_add_up(twin, penalty, formula):
    several = [operand(twin, data) for data in (MATRIX, TALL, CUBE)]
    expected = formula(MATRIX) + formula(TALL) + formula(CUBE)
    assert penalty(iter(several)).item() == pytest.approx(expected, rel=1e-12)


@each_penalty
@given(w=arrays(np.float64, (3, 2), elements=st.floats(-10, 10)))
def test_penalties_and_their_slopes_are_the_same_on_both_twins(penalty, formula, w):
    found = {}
    for twin in TWINS:
        weight = operand(twin, w, requires_grad=True)
        value = penalty(weight)
        value.backward()
        found[twin] = [*numbers(weight.grad).ravel(), value.item()]
    np.testing.assert_allclose(found["scalar"], found["tensor"], rtol=1e-12, atol=1e-9)


@each_penalty
@pytest.mark.parametrize("data", [[[1.0, -3.0, 0.5], [0.1, 2.0, -0.25]], TALL[:1] * 3])
def test_first_and_second_derivatives_are_those_of_differences(penalty, formula, data):
    gradcheck(penalty, np.array(data), order=2)


@on_both
def test_a_penalty_on_the_size_of_a_gradient_can_be_differentiated(twin):
    w = operand(twin, [[3.0, -1.0]], requires_grad=True)
    nn.L2(0.5)(w).backward(create_graph=True)
    gradient, w.grad = w.grad, None
    nn.L2(0.5)(gradient).backward()
    assert numbers(w.grad).tolist() == [[3.0, -1.0]]


@on_both
@pytest.mark.parametrize("penalty", [nn.L1(1.0), nn.L2(1.0), nn.ElasticNet(1.0, 1.0)])
def test_the_slope_at_zero_is_zero(twin, penalty):
    w = operand(twin, [[0.0, -0.0]], requires_grad=True)
    penalty(w).backward()
    assert (numbers(w.grad) == 0).all()


@on_both
def test_a_module_stands_for_its_weights_without_biases_and_scales(twin):
    model = nn.Sequential(
        nn.Linear(2, 3, backend=twin),
        nn.BatchNorm1d(3, backend=twin),
        nn.PReLU(backend=twin),
        nn.Linear(3, 1, backend=twin),
    )
    expected = squares(numbers(model[0].weight)) + squares(numbers(model[3].weight))
    assert nn.L2(1.0)(model).item() == pytest.approx(expected, rel=1e-6)
    everything = sum(squares(numbers(each)) for each in model.parameters())
    assert nn.L2(1.0)(model.parameters()).item() == pytest.approx(everything, rel=1e-6)
    assert everything > expected


@on_both
def test_a_shared_weight_counts_once(twin):
    layer = nn.Linear(2, 2, backend=twin)
    model = nn.Sequential(layer, layer)
    assert nn.L1(1.0)(model).item() == nn.L1(1.0)(layer.weight).item()


@on_both
def test_a_frozen_parameter_counts_and_has_no_slope(twin):
    model = nn.Linear(2, 1, backend=twin)
    free = nn.L2(1.0)(model).item()
    model.requires_grad_(False)
    found = nn.L2(1.0)(model)
    assert found.item() == free
    assert not found.requires_grad


def test_single_values_count_whether_given_or_in_a_module():
    values = [Value(2.0), Value(-3.0)]
    nn.L2(0.5)(values).backward()
    assert [value.grad for value in values] == [2.0, -3.0]
    neuron = nn.Neuron(2)
    assert nn.L1(1.0)(neuron).item() == sum(abs(each.data) for each in neuron.parameters())


@on_both
def test_l2_makes_the_steps_of_weight_decay_twice_its_weight(twin):
    weights = []
    for strength, decay in ((0.05, 0.0), (0.0, 0.1)):
        w = operand(twin, MATRIX, requires_grad=True)
        optimizer = twingrad.optim.SGD([w], lr=0.1, weight_decay=decay)
        for _ in range(3):
            optimizer.zero_grad()
            loss = (w - 1.0).square().sum() + nn.L2(strength)(w)
            loss.backward()
            optimizer.step()
        weights.append(numbers(w))
    np.testing.assert_allclose(*weights, rtol=1e-12)


@on_both
@pytest.mark.parametrize(
    "penalty", [nn.L1(0.0), nn.L2(0), nn.ElasticNet(0, 0), nn.Orthogonal(0.0)], ids=repr
)
def test_without_strength_the_penalty_is_a_constant_zero(twin, penalty):
    w = operand(twin, [[inf, nan], [1.0, 2.0]], requires_grad=True)
    found = penalty(w)
    assert (found.item(), found.shape, found.requires_grad) == (0.0, (), False)
    assert type(found) is type(w)
    assert twin == "scalar" or found.dtype == w.dtype


@on_both
def test_without_parameters_the_penalty_is_zero(twin):
    with twingrad.backend(twin):
        found = nn.L2(1.0)([])
        assert found.item() == nn.L2(1.0)(nn.ReLU()).item() == 0.0
    assert type(found) is (Array if twin == "scalar" else Tensor)


def test_an_iterator_that_is_used_up_is_warned_of():
    parameters = nn.Linear(2, 1).parameters()
    assert nn.L2(1.0)(parameters).item() > 0
    with pytest.warns(UserWarning, match="L2: parameters is an iterator that gives none"):
        assert nn.L2(1.0)(parameters).item() == 0


def test_strengths_may_be_changed_while_training():
    penalty = nn.L1(1.0)
    penalty.weight = 0.5
    assert penalty(twingrad.tensor([4.0])).item() == 2.0


@pytest.mark.parametrize(
    ("penalty", "text"),
    [
        (nn.L1(1), "L1(1.0)"),
        (nn.L2(0.5), "L2(0.5)"),
        (nn.ElasticNet(0.5, 1), "ElasticNet(l1=0.5, l2=1.0)"),
        (nn.Orthogonal(2), "Orthogonal(2.0)"),
        (nn.ActivityPenalty(nn.Identity(), 2), "ActivityPenalty(l1=2.0, l2=0.0)"),
    ],
)
def test_repr_shows_the_strengths(penalty, text):
    assert repr(penalty) == text


LAYER = nn.Identity()
REFUSED = {
    "L1 below 0": (lambda: nn.L1(-1), ValueError, "L1: weight must be at least 0 .*, got -1"),
    "L2 of nan": (lambda: nn.L2(nan), ValueError, "L2: weight must be at least 0"),
    "L2 of inf": (lambda: nn.L2(inf), ValueError, "L2: weight must be at least 0 and finite"),
    "l1 below 0": (lambda: nn.ElasticNet(-1, 0), ValueError, "ElasticNet: l1 must be"),
    "l2 below 0": (lambda: nn.ElasticNet(0, -1), ValueError, "ElasticNet: l2 must be"),
    "Orthogonal below 0": (lambda: nn.Orthogonal(-1), ValueError, "Orthogonal: weight must be"),
    "text": (lambda: nn.L1("1"), TypeError, "L1: weight must be a real number"),
    "activity l1": (lambda: nn.ActivityPenalty(LAYER, -1), ValueError, "Penalty: l1 must be"),
    "activity l2": (lambda: nn.ActivityPenalty(LAYER, l2=-1), ValueError, "Penalty: l2 must be"),
    "no module": (lambda: nn.ActivityPenalty(W), TypeError, "module must be a Module, got Tensor"),
    "a vector": (lambda: nn.Orthogonal(1)(V), ValueError, "two or more dimensions, got shape"),
    "numbers": (lambda: nn.L1(1)([1.0]), TypeError, "Tensors, Arrays or Values, got float as"),
    "one number": (lambda: nn.L1(1)(1.0), TypeError, "a parameter or an iterable of them, got f"),
    "a dictionary": (lambda: nn.L1(1)({"w": 1}), TypeError, "pass model.parameters"),
    "both twins": (lambda: nn.L1(1)([V, Array([1.0])]), TypeError, "must be of one twin"),
}
W = twingrad.zeros(2, 3)
V = twingrad.zeros(3)


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_with_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


class TestActivityPenalty:
    @on_both
    def test_it_is_the_mean_over_the_examples(self, twin):
        layer = nn.Identity()
        penalty = nn.ActivityPenalty(layer, l1=0.5, l2=0.25)
        layer(operand(twin, MATRIX))
        found = penalty()
        assert found.shape == ()
        assert found.item() == pytest.approx((0.5 * sizes(MATRIX) + 0.25 * squares(MATRIX)) / 2)

    @on_both
    def test_an_output_of_one_dimension_is_one_example(self, twin):
        layer = nn.Identity()
        penalty = nn.ActivityPenalty(layer, l1=1.0)
        layer(operand(twin, [1.0, -2.0]))
        assert penalty().item() == 3.0

    @on_both
    def test_its_gradient_reaches_the_layers_before(self, twin):
        model = nn.Sequential(nn.Linear(2, 2, backend=twin), nn.Linear(2, 1, backend=twin))
        penalty = nn.ActivityPenalty(model[0], l2=1.0)
        x = np.array([[1.0, 2.0], [-0.5, 0.25]], np.float32)
        loss = model(x).sum() * 0.0 + penalty()
        loss.backward()
        hidden = x @ numbers(model[0].weight).T + numbers(model[0].bias)
        np.testing.assert_allclose(numbers(model[0].weight.grad), hidden.T @ x, rtol=1e-5)
        assert (numbers(model[1].weight.grad) == 0).all()

    def test_the_last_forward_pass_counts(self):
        layer = nn.Identity()
        penalty = nn.ActivityPenalty(layer, l1=1.0)
        layer(twingrad.tensor([[5.0]]))
        layer(twingrad.tensor([[2.0], [4.0]]))
        assert penalty().item() == penalty().item() == 3.0

    def test_the_output_goes_on_as_it_is(self):
        layer = nn.Identity()
        nn.ActivityPenalty(layer, l1=1.0)
        x = twingrad.tensor([[5.0]])
        assert layer(x) is x

    def test_no_examples_make_no_penalty(self):
        layer = nn.Identity()
        penalty = nn.ActivityPenalty(layer, l1=1.0)
        layer(twingrad.zeros(0, 3))
        assert penalty().item() == 0.0

    def test_a_neuron_gives_a_value(self):
        neuron = nn.Neuron(2, nonlin=False)
        penalty = nn.ActivityPenalty(neuron, l2=1.0)
        out = neuron([1.0, -1.0])
        assert penalty().item() == out.data**2

    def test_it_asks_for_a_forward_pass(self):
        with pytest.raises(RuntimeError, match=r"ActivityPenalty: .* got no output yet"):
            nn.ActivityPenalty(nn.Identity(), l1=1.0)()

    def test_it_can_be_removed(self):
        layer = nn.Identity()
        penalty = nn.ActivityPenalty(layer, l1=1.0)
        layer(twingrad.ones(2, 2))
        penalty.remove()
        layer(twingrad.ones(2, 2))
        with pytest.raises(RuntimeError, match="no output"):
            penalty()

    def test_an_output_that_is_no_operand_is_refused(self):
        layer = nn.Identity()
        nn.ActivityPenalty(layer, l1=1.0)
        with pytest.raises(TypeError, match=r"output of Identity must be .* got tuple"):
            layer((1.0, 2.0))


@pytest.mark.parametrize("twin", TWINS)
def test_a_model_is_copied_after_a_penalty_has_seen_it(twin):
    model = nn.Sequential(nn.Linear(2, 3, backend=twin), nn.ReLU())
    penalty = nn.ActivityPenalty(model[1], l1=0.1)
    model(np.ones((4, 2)))
    copied = copy.deepcopy(model)
    assert penalty().item() >= 0
    copied(np.ones((4, 2)))
    assert [*copied.state_dict()] == [*model.state_dict()]
    assert pickle.loads(pickle.dumps(model)).training
