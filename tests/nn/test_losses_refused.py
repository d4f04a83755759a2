"""What losses refuse, each with one sentence, on both twins."""

import numpy as np
import pytest

from support.twins import TWINS, integers, operand
from twingrad import nn
from twingrad.nn import functional

PAIRED = [
    "mse_loss",
    "l1_loss",
    "huber_loss",
    "smooth_l1_loss",
    "log_cosh_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "focal_loss",
    "soft_margin_loss",
    "multilabel_soft_margin_loss",
    "hinge_loss",
    "squared_hinge_loss",
    "perceptron_loss",
    "hinge_embedding_loss",
    "kl_div",
    "poisson_nll_loss",
]
"""Losses of an input and a target of one shape."""

SIGNED = [
    "soft_margin_loss",
    "hinge_loss",
    "squared_hinge_loss",
    "perceptron_loss",
    "hinge_embedding_loss",
]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", PAIRED)
def test_a_target_of_another_shape_is_refused_though_it_broadcasts(twin, name):
    loss = getattr(functional, name)
    message = rf"{name}: target must have the shape of the input, \(3, 1\), got \(3,\): reshape"
    with pytest.raises(ValueError, match=message):
        loss(operand(twin, [[1.0], [1.0], [1.0]]), operand(twin, [1.0, 1.0, 1.0]))


@pytest.mark.parametrize("name", PAIRED)
@pytest.mark.parametrize(("one", "other"), [TWINS, TWINS[::-1]])
def test_a_mix_of_twins_is_refused(name, one, other):
    loss = getattr(functional, name)
    with pytest.raises(TypeError, match=f"{name}: input and target must be of one twin, got"):
        loss(operand(one, [1.0]), operand(other, [1.0]))


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", PAIRED)
def test_an_unknown_reduction_is_refused(twin, name):
    loss = getattr(functional, name)
    with pytest.raises(
        ValueError, match=r"reduction must be 'none', .*, got 'average': choose one"
    ):
        loss(operand(twin, [1.0]), [1.0], reduction="average")


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", SIGNED)
def test_classes_zero_and_one_are_refused_where_signs_belong(twin, name):
    loss = getattr(functional, name)
    with pytest.raises(ValueError, match=f"{name}: target must hold -1 and 1 only, got 0.0"):
        loss(operand(twin, [1.0, 2.0]), [1.0, 0.0])


def cross_entropy(twin, target, **options):
    """The cross-entropy of scores for two samples and three classes."""
    return functional.cross_entropy(operand(twin, np.zeros((2, 3))), target, **options)


REFUSED = [
    (
        lambda twin: cross_entropy(twin, integers(twin, [0, 3])),
        IndexError,
        r"cross_entropy: target must hold classes from 0 to 2, as the input has 3, got 3: number",
    ),
    (lambda twin: cross_entropy(twin, integers(twin, [-1, 0])), IndexError, "got -1: number"),
    (
        lambda twin: cross_entropy(twin, integers(twin, [7, 9]), ignore_index=7),
        IndexError,
        "got 9: number",
    ),
    (
        lambda twin: cross_entropy(twin, [0.0, 1.0]),
        TypeError,
        r"cross_entropy: target must hold whole numbers, got dtype float",
    ),
    (
        lambda twin: cross_entropy(twin, operand(twin, [0.0, 1.0])),
        TypeError,
        r"cross_entropy: target must hold whole numbers, got dtype",
    ),
    (
        lambda twin: cross_entropy(twin, integers(twin, [0, 1, 1])),
        ValueError,
        r"target must have the shape \(2,\) for an input of shape \(2, 3\), got \(3,\): give one",
    ),
    (
        lambda twin: cross_entropy(twin, integers(twin, [[0], [1]])),
        ValueError,
        r"target must have the shape \(2,\) for an input of shape \(2, 3\), got \(2, 1\)",
    ),
    (
        lambda twin: functional.cross_entropy(operand(twin, 1.0), integers(twin, 0)),
        ValueError,
        r"input must have a dimension for the classes, got shape \(\): give one score for each",
    ),
    (
        lambda twin: cross_entropy(twin, [0, 1], weight=[1.0, 2.0]),
        ValueError,
        r"weight must hold one number for each of the 3 classes, got shape \(2,\): give it the",
    ),
    (
        lambda twin: cross_entropy(twin, [0, 1], label_smoothing=1.5),
        ValueError,
        r"label_smoothing must be at least 0 and at most 1, got 1.5",
    ),
    (
        lambda twin: cross_entropy(twin, [0, 1], label_smoothing="much"),
        TypeError,
        r"cross_entropy: label_smoothing must be a real number, got str 'much'",
    ),
    (
        lambda twin: cross_entropy(twin, np.full((2, 3), 1 / 3), ignore_index=1),
        ValueError,
        r"ignore_index must be negative where target holds probabilities, got 1",
    ),
    (
        lambda twin: cross_entropy(twin, [0, 1], reduction="average"),
        ValueError,
        r"cross_entropy: reduction must be 'none', 'mean' or 'sum', got 'average'",
    ),
    (
        lambda twin: functional.nll_loss(operand(twin, np.zeros((2, 3))), [0, 3]),
        IndexError,
        r"nll_loss: target must hold classes from 0 to 2, as the input has 3, got 3",
    ),
    (
        lambda twin: functional.multi_margin_loss(operand(twin, np.zeros((2, 3))), [0, -100]),
        IndexError,
        r"multi_margin_loss: target must hold classes from 0 to 2, as the input has 3, got -100",
    ),
    (
        lambda twin: functional.multi_margin_loss(operand(twin, [1.0, 2.0]), 0, p=3),
        ValueError,
        r"multi_margin_loss: p must be 1 or 2, got 3",
    ),
    (
        lambda twin: functional.multi_margin_loss(operand(twin, np.zeros((1, 2, 3))), [[0, 1, 0]]),
        ValueError,
        r"multi_margin_loss: input must have shape \(N, C\) or \(C\), got \(1, 2, 3\)",
    ),
    (
        lambda twin: functional.binary_cross_entropy(operand(twin, [0.5, 1.5]), [1.0, 1.0]),
        ValueError,
        r"binary_cross_entropy: input must lie in \[0, 1\], got 1.5: apply sigmoid",
    ),
    (
        lambda twin: functional.binary_cross_entropy(operand(twin, [np.nan]), [1.0]),
        ValueError,
        r"input must lie in \[0, 1\], got nan",
    ),
    (
        lambda twin: functional.binary_cross_entropy(operand(twin, [0.5]), [1.0], [1.0, 2.0]),
        ValueError,
        r"weight must broadcast to the shape of the input, \(1,\), got \(2,\): give one weight",
    ),
    (
        lambda twin: functional.binary_cross_entropy_with_logits(
            operand(twin, [[0.5, 1.0]]), [[1.0, 1.0]], pos_weight=[1.0, 2.0, 3.0]
        ),
        ValueError,
        r"pos_weight and input: shapes \(3,\) and \(1, 2\) do not broadcast",
    ),
    (
        lambda twin: functional.focal_loss(operand(twin, [0.5]), [0.5]),
        ValueError,
        r"focal_loss: target must hold 0 and 1 only, got 0.5: write classes -1 and 1",
    ),
    (
        lambda twin: functional.hinge_loss(operand(twin, [0.5]), [1e200]),
        ValueError,
        r"hinge_loss: target must hold -1 and 1 only, got 1e\+200",
    ),
    (
        lambda twin: functional.multilabel_soft_margin_loss(operand(twin, 0.5), 1.0),
        ValueError,
        r"multilabel_soft_margin_loss: input must have shape \(\.\.\., C\) for C classes, got \(\)",
    ),
    (
        lambda twin: functional.focal_loss(operand(twin, [0.5]), [1.0], alpha=2.0),
        ValueError,
        r"focal_loss: alpha must lie in \[0, 1\], or be -1, got 2.0",
    ),
    (
        lambda twin: functional.focal_loss(operand(twin, [0.5]), [1.0], gamma=-1.0),
        ValueError,
        r"focal_loss: gamma must be at least 0, got -1.0",
    ),
    (
        lambda twin: functional.huber_loss(operand(twin, [0.5]), [1.0], delta=0.0),
        ValueError,
        r"huber_loss: delta must be above 0, got 0.0",
    ),
    (
        lambda twin: functional.smooth_l1_loss(operand(twin, [0.5]), [1.0], beta=-1.0),
        ValueError,
        r"smooth_l1_loss: beta must be above 0, got -1.0",
    ),
    (
        lambda twin: functional.quantile_loss(operand(twin, [0.5]), [1.0], q=1.0),
        ValueError,
        r"quantile_loss: q must be above 0 and below 1, got 1.0: 0.5 is the median",
    ),
    (
        lambda twin: functional.mse_loss(operand(twin, [0.5, 1.0]), [1.0, 2.0], weight=[1.0]),
        ValueError,
        r"mse_loss: weight must have the shape of the input, \(2,\), got \(1,\)",
    ),
    (
        lambda twin: functional.gaussian_nll_loss(operand(twin, [0.5]), [1.0], [-0.5]),
        ValueError,
        r"gaussian_nll_loss: var must not be negative, got -0.5: make it positive",
    ),
    (
        lambda twin: functional.gaussian_nll_loss(
            operand(twin, [[0.5, 1.0]]), [[1.0, 1.0]], [1.0, 2.0, 3.0]
        ),
        ValueError,
        r"var must have the shape of the input, \(1, 2\), the same .* got \(3,\): reshape it",
    ),
    (
        lambda twin: functional.gaussian_nll_loss(operand(twin, [[0.5]]), [1.0], [1.0]),
        ValueError,
        r"gaussian_nll_loss: target must have the shape of the input, \(1, 1\), got \(1,\)",
    ),
    (
        lambda twin: functional.margin_ranking_loss(operand(twin, [0.5]), [[1.0]], [1.0]),
        ValueError,
        r"margin_ranking_loss: input2 must have the shape of the input, \(1,\), got \(1, 1\)",
    ),
    (
        lambda twin: functional.cosine_embedding_loss(
            operand(twin, [[0.5, 1.0]]), [[1.0, 2.0]], [[1.0]]
        ),
        ValueError,
        r"input1 and target must have shapes \(N, D\) and \(N\), .*, got \(1, 2\) and \(1, 1\)",
    ),
    (
        lambda twin: functional.cosine_embedding_loss(operand(twin, [0.5]), [1.0], 0.0),
        ValueError,
        r"cosine_embedding_loss: target must hold -1 and 1 only, got 0.0",
    ),
    (
        lambda twin: functional.triplet_margin_loss(operand(twin, [[0.5]]), [1.0], [[2.0]]),
        ValueError,
        r"must have as many dimensions, got shapes \(1, 1\), \(1,\) and \(1, 1\): give all of them",
    ),
    (
        lambda twin: functional.triplet_margin_loss(operand(twin, [0.5]), [1.0], [2.0], margin=0),
        ValueError,
        r"triplet_margin_loss: margin must be above 0, got 0",
    ),
    (
        lambda twin: functional.pairwise_distance(operand(twin, [0.5]), [1.0], p=0.5),
        ValueError,
        r"pairwise_distance: p must be at least 1, got 0.5",
    ),
    (
        lambda twin: functional.kl_div(operand(twin, [0.5]), [1.0], reduction="average"),
        ValueError,
        r"kl_div: reduction must be 'none', 'mean', 'sum' or 'batchmean', got 'average'",
    ),
    (
        lambda twin: functional.mse_loss(operand(twin, [0.5]), [1.0], reduction="batchmean"),
        ValueError,
        r"mse_loss: reduction must be 'none', 'mean' or 'sum', got 'batchmean'",
    ),
]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_what_does_not_fit_is_refused_with_a_sentence(twin, call, error, message):
    with pytest.raises(error, match=message):
        call(twin)


@pytest.mark.parametrize("twin", TWINS)
def test_probabilities_that_are_whole_numbers_are_refused_as_in_pytorch(twin):
    for target in ([[1, 0, 0], [0, 1, 0]], integers(twin, [[1, 0, 0], [0, 1, 0]])):
        with pytest.raises(TypeError, match=r"must hold probabilities, got whole numbers: convert"):
            cross_entropy(twin, target)


@pytest.mark.parametrize(("one", "other"), [TWINS, TWINS[::-1]])
def test_a_weight_of_the_other_twin_is_refused(one, other):
    message = "input and weight must be of one twin"
    with pytest.raises(TypeError, match=message):
        cross_entropy(one, [0, 1], weight=operand(other, [1.0, 1.0, 1.0]))
    with pytest.raises(TypeError, match=message):
        functional.binary_cross_entropy(operand(one, [0.5]), [1.0], operand(other, [1.0]))


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss", "multi_margin_loss"])
def test_scores_and_classes_in_each_others_place_are_noticed(name, twin):
    scores, classes = operand(twin, [[1.0, 2.0, 3.0]] * 2), integers(twin, [0, 1])
    message = rf"{name}: target must not have more dimensions .* \(2, 3\) and \(2,\): exchange"
    with pytest.raises(ValueError, match=message):
        getattr(functional, name)(classes, scores)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    "kind",
    [
        nn.MSELoss,
        nn.HuberLoss,
        nn.BCELoss,
        nn.BCEWithLogitsLoss,
        nn.CrossEntropyLoss,
        nn.NLLLoss,
        nn.KLDivLoss,
        nn.HingeLoss,
    ],
)
def test_a_class_called_in_the_place_of_a_loss_says_so(kind, twin):
    scores = operand(twin, [[1.0, 2.0]])
    message = rf"^{kind.__name__}: .*: .*make a module first .* as in {kind.__name__}\(\)\(input, t"
    with pytest.raises((TypeError, ValueError), match=message):
        kind(scores, scores)


def test_shapes_of_triplets_are_named():
    one, other = np.ones((2, 3)), np.ones((2, 4))
    with pytest.raises(ValueError, match="triplet_margin_loss: anchor, positive and negative: sh"):
        functional.triplet_margin_loss(one, other, one)
    with pytest.raises(ValueError, match="pairwise_distance: x1 and x2: shapes"):
        functional.pairwise_distance(one, other)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.MSELoss(reduction="average"), ValueError, "MSELoss: reduction must be"),
        (lambda: nn.KLDivLoss("average"), ValueError, "KLDivLoss: .* 'sum' or 'batchmean', got"),
        (lambda: nn.HuberLoss(delta=0), ValueError, "HuberLoss: delta must be above 0"),
        (lambda: nn.SmoothL1Loss(beta=-1), ValueError, "SmoothL1Loss: beta must be above 0"),
        (lambda: nn.QuantileLoss(0.0), ValueError, r"QuantileLoss: q must be above 0 and below 1"),
        (
            lambda: nn.CrossEntropyLoss(label_smoothing=-0.1),
            ValueError,
            r"CrossEntropyLoss: label_smoothing must be at least 0 and at most 1, got -0.1",
        ),
        (lambda: nn.MultiMarginLoss(p=3), ValueError, "MultiMarginLoss: p must be 1 or 2, got 3"),
        (
            lambda: nn.HingeLoss("sum"),
            TypeError,
            "HingeLoss: margin must be a real",
        ),
        (lambda: nn.SquaredHingeLoss("a"), TypeError, "SquaredHingeLoss: margin must be a real"),
        (lambda: nn.MultiMarginLoss(1, "a"), TypeError, "MultiMarginLoss: margin must be a real"),
        (
            lambda: nn.HingeEmbeddingLoss("a"),
            TypeError,
            "HingeEmbeddingLoss: margin must",
        ),
        (lambda: nn.MarginRankingLoss("a"), TypeError, "MarginRankingLoss: margin must be a real"),
        (lambda: nn.CosineEmbeddingLoss("a"), TypeError, "CosineEmbeddingLoss: margin must be a"),
        (lambda: nn.TripletMarginLoss(eps="a"), TypeError, "TripletMarginLoss: eps must be a real"),
        (lambda: nn.PoissonNLLLoss(eps="a"), TypeError, "PoissonNLLLoss: eps must be a real"),
        (lambda: nn.GaussianNLLLoss(eps="a"), TypeError, "GaussianNLLLoss: eps must be a real"),
        (lambda: nn.CrossEntropyLoss(ignore_index=0.5), TypeError, "ignore_index must be a whole"),
        (lambda: nn.NLLLoss(ignore_index=None), TypeError, "NLLLoss: ignore_index must be a whole"),
        (lambda: nn.FocalLoss(gamma=-2), ValueError, "FocalLoss: gamma must be at least 0"),
        (lambda: nn.TripletMarginLoss(margin=0.0), ValueError, "TripletMarginLoss: margin must be"),
        (lambda: nn.TripletMarginLoss(p=0.5), ValueError, "TripletMarginLoss: p must be at least"),
        (lambda: nn.Loss(), TypeError, "abstract"),
    ],
)
def test_a_module_refuses_its_options_when_it_is_made(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
@pytest.mark.parametrize("target", [3.0, -0.5])
@pytest.mark.parametrize("twin", TWINS)
def test_a_target_that_is_no_probability_is_refused(name, target, twin):
    loss = getattr(functional, name)
    with pytest.raises(ValueError, match=rf"{name}: target must lie in \[0, 1\], got {target}"):
        loss(operand(twin, [0.5, 0.5]), [1.0, target])
