"""What training makes small."""

import numpy as np
import pytest

from support.fitting import CLASSES, HALVES, NUMBERS, ROWS, X
from support.twins import TWINS, integers, numbers, operand
from twingrad import nn
from twingrad.nn import functional as F
from twingrad.nn.losses.names import LOSSES
from twingrad.optim.training.objective import Objective
from twingrad.optim.training.outcomes import classes_of, probabilities_of, rows_right

SIGNS = 2.0 * HALVES - 1
SHARES = F.softmax(operand("tensor", X), 1).numpy()
ONE = X[:, :1]
CHANCE = 1 / (1 + np.exp(-ONE))

NAMED = {
    "bce": (CHANCE, HALVES, lambda output, y: F.binary_cross_entropy(output, y)),
    "bce_with_logits": (ONE, HALVES, lambda o, y: F.binary_cross_entropy_with_logits(o, y)),
    "cross_entropy": (X, CLASSES, lambda output, y: F.cross_entropy(output, y)),
    "focal": (ONE, HALVES, lambda output, y: F.focal_loss(output, y)),
    "hinge": (ONE, HALVES, lambda output, y: F.hinge_loss(output, 2 * y - 1)),
    "huber": (ONE, NUMBERS, lambda output, y: F.huber_loss(output, y)),
    "l1": (ONE, NUMBERS, lambda output, y: F.l1_loss(output, y)),
    "log_cosh": (ONE, NUMBERS, lambda output, y: F.log_cosh_loss(output, y)),
    "mse": (ONE, NUMBERS, lambda output, y: F.mse_loss(output, y)),
    "multi_margin": (X, CLASSES, lambda output, y: F.multi_margin_loss(output, y)),
    "nll": (np.log(SHARES), CLASSES, lambda output, y: F.nll_loss(output, y)),
    "perceptron": (ONE, HALVES, lambda output, y: F.perceptron_loss(output, 2 * y - 1)),
    "poisson_nll": (ONE, NUMBERS**2, lambda output, y: F.poisson_nll_loss(output, y)),
    "smooth_l1": (ONE, NUMBERS, lambda output, y: F.smooth_l1_loss(output, y)),
    "soft_margin": (ONE, HALVES, lambda output, y: F.soft_margin_loss(output, 2 * y - 1)),
    "squared_hinge": (ONE, HALVES, lambda output, y: F.squared_hinge_loss(output, 2 * y - 1)),
}
"""Outputs, targets as ``fit`` is given them, and the loss of targets of the shape of outputs."""


def kind_of(targets):
    return "classes" if targets.dtype.kind == "i" else "numbers"


def as_given(twin, targets):
    """Targets as they come in a batch."""
    return integers(twin, targets) if targets.dtype.kind == "i" else operand(twin, targets)


def test_every_loss_that_has_a_name_is_here():
    assert NAMED.keys() | {"mae"} == LOSSES.keys()


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", NAMED)
def test_a_loss_by_its_name_is_the_function(name, twin):
    outputs, targets, function = NAMED[name]
    output = operand(twin, outputs)
    found = Objective(name, kind_of(targets))(output, as_given(twin, targets))
    if outputs is not ONE and name != "bce":
        expected = function(output, integers(twin, targets))
    else:
        expected = function(output, operand(twin, targets[:, None]))
    assert found.shape == ()
    assert found.item() == pytest.approx(expected.item(), rel=1e-14)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", NAMED)
def test_the_mean_of_weighted_rows_is_divided_by_the_weights(name, twin):
    outputs, targets, _ = NAMED[name]
    objective = Objective(name, kind_of(targets))
    output, target = operand(twin, outputs), as_given(twin, targets)
    weights = np.random.default_rng(0).uniform(0, 2, ROWS)
    rows = [
        objective(operand(twin, outputs[[k]]), as_given(twin, targets[[k]])).item()
        for k in range(ROWS)
    ]
    found = objective(output, target, weights).item()
    assert found == pytest.approx(np.average(rows, weights=weights), rel=1e-12)
    plain = objective(output, target).item()
    assert objective(output, target, np.ones(ROWS)).item() == pytest.approx(plain, rel=1e-12)
    assert objective(output, target, np.zeros(ROWS)).item() == 0


def test_the_loss_follows_from_targets_and_outputs():
    for outputs, kind, expected in (
        (X, "classes", nn.CrossEntropyLoss),
        (ONE, "classes", nn.BCEWithLogitsLoss),
        (ONE[:, 0], "classes", nn.BCEWithLogitsLoss),
        (X, "numbers", nn.MSELoss),
        (ONE, "numbers", nn.MSELoss),
    ):
        assert type(Objective("auto", kind).chosen(operand("tensor", outputs))) is expected


@pytest.mark.parametrize("twin", TWINS)
def test_classes_0_and_1_become_numbers_where_a_loss_wants_them(twin):
    output = operand(twin, ONE)
    whole, signs = integers(twin, HALVES), integers(twin, SIGNS.astype(int))
    for name in ("hinge", "perceptron", "squared_hinge", "soft_margin"):
        objective = Objective(name, "classes")
        assert objective(output, whole).item() == objective(output, signs).item()


@pytest.mark.parametrize("twin", TWINS)
def test_functions_are_given_classes_as_they_are(twin):
    given = []

    def loss(output, target):
        given.append(target)
        return output.mean()

    target = integers(twin, CLASSES)
    Objective(loss, "classes")(operand(twin, X), target)
    assert given == [target]


OF_PAIRS = {
    "a difference": lambda output, target: (output - target).square(),
    "an absolute difference, averaged": lambda output, target: (output - target).abs().mean(),
    "outputs without their dimension": lambda output, target: (output.squeeze(1) - target).square(),
    "a column of the outputs": lambda output, target: (output[:, 0] - target).square().mean(),
    "outputs that are flattened": lambda output, target: (output.reshape(-1) - target).square(),
    "a function that refuses rows": lambda output, target: F.mse_loss(output, target) * 1,
    "with a penalty": lambda output, target: (
        (output - target).square().mean() + 0 * output.shape[0]
    ),
}


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("loss", OF_PAIRS.values(), ids=OF_PAIRS)
def test_a_function_compares_each_output_with_its_own_target(loss, twin):
    objective = Objective(loss, "numbers")
    errors = ONE[:, 0] - NUMBERS
    expected = np.abs(errors) if "abs" in loss.__code__.co_names else errors**2
    for rows in (slice(None), slice(3), slice(1)):  # what was found holds for further batches
        found = objective(operand(twin, ONE[rows]), operand(twin, NUMBERS[rows]))
        assert found.item() == pytest.approx(expected[rows].mean(), rel=1e-14)


def test_a_loss_that_is_meant_to_compare_all_with_all_gets_targets_as_they_are():
    shapes = []

    def loss(output, target):
        shapes.append(target.shape)
        far = (output - output.T).square() * (target[:, None] - target).abs()
        return far.mean()

    output = operand("tensor", ONE).requires_grad_() * 1
    Objective(loss, "numbers")(output, operand("tensor", NUMBERS))
    assert shapes[0] == (ROWS,)


def test_a_loss_is_computed_once_where_its_graph_tells():
    calls = []

    def loss(output, target):
        calls.append(target.shape)
        return (output[:, 0] - target).square().mean()

    output = operand("tensor", ONE).requires_grad_() * 1
    objective = Objective(loss, "numbers")
    for _ in range(3):
        objective(output, operand("tensor", NUMBERS))
    assert calls == [(ROWS,)] * 3


def test_our_functions_are_their_modules():
    objective = Objective(F.cross_entropy, "classes")
    output, target = operand("tensor", X), integers("tensor", CLASSES)
    weights = np.arange(1.0, ROWS + 1)
    expected = Objective("cross_entropy", "classes")(output, target, weights)
    assert objective(output, target, weights).item() == expected.item()


def test_several_classes_that_are_there_or_not_have_logits_of_their_own():
    targets = (X > 0).astype(np.int64)
    objective = Objective("auto", "classes", per_row=False)
    found = objective(operand("tensor", X), integers("tensor", targets))
    expected = F.binary_cross_entropy_with_logits(
        operand("tensor", X), operand("tensor", targets * 1.0)
    )
    assert found.item() == pytest.approx(expected.item(), rel=1e-14)


def test_floats_beside_several_outputs_are_told_apart_from_classes():
    with pytest.raises(ValueError, match=r"one output, got 2: write y.astype\(int\)"):
        Objective("auto", "numbers")(operand("tensor", X[:, :2]), operand("tensor", NUMBERS))


def test_classes_need_an_output_each():
    with pytest.raises(ValueError, match="got 1 for classes up to 2: give it 3 outputs"):
        Objective("auto", "classes")(
            operand("tensor", ONE), integers("tensor", np.arange(ROWS) % 3)
        )


def test_a_loss_of_rows_is_averaged():
    output, target = operand("tensor", X), operand("tensor", X**2)
    rows = Objective(lambda output, target: (output - target).square().sum(1), "numbers")
    assert rows(output, target).item() == pytest.approx(((X - X**2) ** 2).sum(1).mean())


def test_gradients_flow_through_weights_too():
    output = operand("tensor", ONE, requires_grad=True)
    weights = np.arange(ROWS) / 10
    Objective("mse", "numbers")(output, operand("tensor", NUMBERS), weights).backward()
    expected = 2 * (ONE[:, 0] - NUMBERS) * weights / weights.sum()
    np.testing.assert_allclose(numbers(output.grad)[:, 0], expected, rtol=1e-12)


def test_probabilities_follow_from_outputs():
    np.testing.assert_allclose(probabilities_of(nn.CrossEntropyLoss(), X), SHARES, rtol=1e-14)
    np.testing.assert_allclose(probabilities_of(nn.NLLLoss(), np.log(SHARES)), SHARES, rtol=1e-14)
    both = np.hstack([1 - CHANCE, CHANCE])
    for loss, outputs in (
        (nn.BCEWithLogitsLoss(), ONE),
        (nn.BCEWithLogitsLoss(), ONE[:, 0]),
        (nn.FocalLoss(), ONE),
        (nn.BCELoss(), CHANCE),
    ):
        np.testing.assert_allclose(probabilities_of(loss, outputs), both, rtol=1e-12, atol=1e-16)
    for loss in (nn.HingeLoss(), nn.MSELoss(), max):
        assert probabilities_of(loss, ONE) is None


@pytest.mark.parametrize(
    "loss", [nn.CrossEntropyLoss(), nn.NLLLoss(), nn.BCEWithLogitsLoss(), nn.BCELoss()]
)
def test_the_class_is_the_one_with_the_greatest_probability(loss):
    outputs = {nn.CrossEntropyLoss: X, nn.NLLLoss: np.log(SHARES), nn.BCELoss: CHANCE}
    given = outputs.get(type(loss), ONE)
    likeliest = probabilities_of(loss, given).argmax(1)
    np.testing.assert_array_equal(classes_of(loss, given), likeliest)


@pytest.mark.parametrize(
    ("outputs", "targets"),
    [
        (ONE, NUMBERS),
        (ONE, HALVES[:, None]),
        (X, np.eye(3)[CLASSES]),
        (ONE, np.arange(ROWS)),
    ],
)
def test_where_there_are_no_classes_no_row_is_right(outputs, targets):
    assert rows_right(nn.MSELoss(), outputs, targets) is None


def test_a_sum_is_refused_as_it_grows_with_the_batch():
    with pytest.raises(ValueError, match="loss must be a mean, got MSELoss with reduction='sum'"):
        Objective(nn.MSELoss(reduction="sum"), "numbers")
    rows = Objective(nn.MSELoss(reduction="none"), "numbers")
    output, target = operand("tensor", ONE), operand("tensor", NUMBERS)
    assert rows(output, target).item() == pytest.approx(
        Objective("mse", "numbers")(output, target).item(), rel=1e-14
    )


def test_what_gives_no_operand_is_refused():
    output, target = operand("tensor", ONE), operand("tensor", NUMBERS)
    for loss in (lambda output, target: 0.5, lambda output, target: None):
        with pytest.raises(TypeError, match="loss must give an operand that gradients flow"):
            Objective(loss, "numbers")(output, target)
    with pytest.raises(TypeError, match="model must give an operand, got tuple"):
        Objective("mse", "numbers")((output, output), target)
