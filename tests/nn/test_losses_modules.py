"""Losses as modules: they compute what the functions compute, and move like other modules."""

import inspect

import numpy as np
import pytest

from support.twins import TWINS, integers, numbers, operand
from twingrad import nn
from twingrad.nn import functional
from twingrad.nn.losses import Loss

X = [[0.5, -1.5, 2.0], [0.25, 1.25, -0.125]]
Y = [[0.25, -1.0, 2.0], [1.5, 0.75, 0.5]]
ONES = [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
SIGNS = [[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]]
SHARES = [[0.25, 0.5, 0.25], [0.125, 0.75, 0.125]]
WEIGHT = [0.5, 2.0, 1.25]

MODULES = [
    (nn.MSELoss, "mse_loss", {}, [X, Y]),
    (nn.L1Loss, "l1_loss", {}, [X, Y]),
    (nn.HuberLoss, "huber_loss", {"delta": 0.3}, [X, Y]),
    (nn.SmoothL1Loss, "smooth_l1_loss", {"beta": 0.3}, [X, Y]),
    (nn.SmoothL1Loss, "smooth_l1_loss", {"beta": 0.0}, [X, Y]),
    (nn.LogCoshLoss, "log_cosh_loss", {}, [X, Y]),
    (nn.QuantileLoss, "quantile_loss", {"q": 0.2}, [X, Y]),
    (nn.CrossEntropyLoss, "cross_entropy", {"weight": WEIGHT, "ignore_index": 1}, [X, [2, 1]]),
    (nn.CrossEntropyLoss, "cross_entropy", {"label_smoothing": 0.2}, [X, SHARES]),
    (nn.NLLLoss, "nll_loss", {"weight": WEIGHT, "ignore_index": 1}, [X, [2, 1]]),
    (nn.MultiMarginLoss, "multi_margin_loss", {"p": 2, "margin": 0.5}, [X, [2, 1]]),
    (nn.MultiMarginLoss, "multi_margin_loss", {"weight": WEIGHT}, [X, [2, 1]]),
    (nn.BCELoss, "binary_cross_entropy", {"weight": WEIGHT}, [SHARES, ONES]),
    (
        nn.BCEWithLogitsLoss,
        "binary_cross_entropy_with_logits",
        {"weight": WEIGHT, "pos_weight": WEIGHT},
        [X, ONES],
    ),
    (nn.FocalLoss, "focal_loss", {"alpha": 0.75, "gamma": 1.5}, [X, ONES]),
    (nn.SoftMarginLoss, "soft_margin_loss", {}, [X, SIGNS]),
    (nn.MultiLabelSoftMarginLoss, "multilabel_soft_margin_loss", {"weight": WEIGHT}, [X, ONES]),
    (nn.HingeLoss, "hinge_loss", {"margin": 2.0}, [X, SIGNS]),
    (nn.SquaredHingeLoss, "squared_hinge_loss", {"margin": 2.0}, [X, SIGNS]),
    (nn.PerceptronLoss, "perceptron_loss", {}, [X, SIGNS]),
    (nn.KLDivLoss, "kl_div", {}, [X, SHARES]),
    (nn.KLDivLoss, "kl_div", {"log_target": True}, [X, Y]),
    (nn.PoissonNLLLoss, "poisson_nll_loss", {"full": True}, [X, ONES]),
    (nn.PoissonNLLLoss, "poisson_nll_loss", {"log_input": False, "eps": 0.5}, [SHARES, ONES]),
    (nn.GaussianNLLLoss, "gaussian_nll_loss", {"full": True, "eps": 0.2}, [X, Y, SHARES]),
    (nn.HingeEmbeddingLoss, "hinge_embedding_loss", {"margin": 1.5}, [X, SIGNS]),
    (nn.MarginRankingLoss, "margin_ranking_loss", {"margin": 0.5}, [X, Y, SIGNS]),
    (nn.CosineEmbeddingLoss, "cosine_embedding_loss", {"margin": 0.25}, [X, Y, [1.0, -1.0]]),
    (
        nn.TripletMarginLoss,
        "triplet_margin_loss",
        {"margin": 2.0, "p": 1, "eps": 0.1, "swap": True},
        [X, Y, SIGNS],
    ),
]


def operands_of(twin, arguments):
    """Lists of floats as operands, lists of ints as whole numbers."""
    return [
        integers(twin, each) if np.array(each).dtype.kind == "i" else operand(twin, each)
        for each in arguments
    ]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(("kind", "name", "options", "arguments"), MODULES)
def test_a_module_computes_what_its_function_does(twin, reduction, kind, name, options, arguments):
    given = operands_of(twin, arguments)
    with nn.backend(twin):
        module = kind(reduction=reduction, **options)
    found = module(*given)
    expected = getattr(functional, name)(*given, reduction=reduction, **options)
    np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-12)


def test_every_loss_module_is_tested_here_and_final():
    kinds = {kind for kind, *_ in MODULES}
    public = {
        item
        for item in vars(nn).values()
        if inspect.isclass(item) and issubclass(item, Loss) and item is not Loss
    }
    assert public == kinds
    assert all(getattr(kind, "__final__", False) for kind in kinds)


@pytest.mark.parametrize(("kind", "name", "options", "_"), MODULES)
def test_the_function_takes_every_option_of_the_module_with_its_default(kind, name, options, _):
    of_function = inspect.signature(getattr(functional, name)).parameters
    for option in inspect.signature(kind).parameters.values():
        assert of_function[option.name].default == option.default


def test_weights_are_buffers_that_move_with_the_module():
    weight = np.array([0.1, 0.7, 1.3])
    loss = nn.CrossEntropyLoss(weight)
    assert list(loss.state_dict()) == ["weight"]
    assert loss.weight.dtype == np.float64
    on_tensors = loss(operand("tensor", X), integers("tensor", [2, 1])).item()
    loss.to("scalar")
    assert type(loss.weight).__name__ == "Array"
    on_values = loss(operand("scalar", X), integers("scalar", [2, 1])).item()
    assert on_values == pytest.approx(on_tensors, rel=1e-12)


def test_a_loss_without_weights_has_an_empty_state_dict_and_no_parameters():
    loss = nn.BCEWithLogitsLoss()
    assert loss.state_dict() == {}
    assert list(loss.parameters()) == []
    assert repr(loss).startswith("BCEWithLogitsLoss(")


@pytest.mark.parametrize("twin", TWINS)
def test_batchmean_divides_by_the_first_length(twin):
    x = operand(twin, X)
    total = nn.KLDivLoss(reduction="sum")(x, SHARES).item()
    assert nn.KLDivLoss(reduction="batchmean")(x, SHARES).item() == total / 2
