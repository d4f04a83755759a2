"""Losses by name, as configurations and :func:`twingrad.fit` give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ...engine.wording import suggestion
from .. import functional
from .base import Loss
from .binary import BCELoss, BCEWithLogitsLoss, FocalLoss, SoftMarginLoss
from .classification import CrossEntropyLoss, NLLLoss
from .hinges import HingeLoss, MultiMarginLoss, PerceptronLoss, SquaredHingeLoss
from .likelihoods import PoissonNLLLoss
from .regression import HuberLoss, L1Loss, LogCoshLoss, MSELoss, SmoothL1Loss

LOSSES: Mapping[str, Callable[[], Loss]] = MappingProxyType(
    {
        "bce": BCELoss,
        "bce_with_logits": BCEWithLogitsLoss,
        "cross_entropy": CrossEntropyLoss,
        "focal": FocalLoss,
        "hinge": HingeLoss,
        "huber": HuberLoss,
        "l1": L1Loss,
        "log_cosh": LogCoshLoss,
        "mae": L1Loss,
        "mse": MSELoss,
        "multi_margin": MultiMarginLoss,
        "nll": NLLLoss,
        "perceptron": PerceptronLoss,
        "poisson_nll": PoissonNLLLoss,
        "smooth_l1": SmoothL1Loss,
        "soft_margin": SoftMarginLoss,
        "squared_hinge": SquaredHingeLoss,
    }
)
"""The losses of predictions and targets that go by a name, with their default options."""

OF_FUNCTIONS: Mapping[Callable[..., object], Callable[[], Loss]] = MappingProxyType(
    {
        functional.binary_cross_entropy: BCELoss,
        functional.binary_cross_entropy_with_logits: BCEWithLogitsLoss,
        functional.cross_entropy: CrossEntropyLoss,
        functional.focal_loss: FocalLoss,
        functional.hinge_loss: HingeLoss,
        functional.huber_loss: HuberLoss,
        functional.l1_loss: L1Loss,
        functional.log_cosh_loss: LogCoshLoss,
        functional.mse_loss: MSELoss,
        functional.multi_margin_loss: MultiMarginLoss,
        functional.nll_loss: NLLLoss,
        functional.perceptron_loss: PerceptronLoss,
        functional.poisson_nll_loss: PoissonNLLLoss,
        functional.smooth_l1_loss: SmoothL1Loss,
        functional.soft_margin_loss: SoftMarginLoss,
        functional.squared_hinge_loss: SquaredHingeLoss,
    }
)
"""The modules of the functions of predictions and targets."""


def loss_named(name: str, what: str) -> Loss:
    """A new loss of this name; ``ValueError``, beginning with ``what``, for a name that is none."""
    if name not in LOSSES:
        names = ", ".join(LOSSES)
        raise ValueError(
            f"{what} must be the name of a loss, a module or a function, got {name!r}: "
            + suggestion(name, LOSSES, f"the names are {names}")
        )
    return LOSSES[name]()
