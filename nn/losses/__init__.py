"""Losses: how far predictions are from what they should be.

Every loss is a module here and a function in :mod:`twingrad.nn.functional`. A loss of one's own
needs neither: it is a plain function of operands, written with their arithmetic, and runs on both
twins. This one costs three times as much where a prediction is too small:

>>> import twingrad
>>> from twingrad import Array
>>> def asymmetric_loss(input, target):
...     errors = target - input
...     return twingrad.maximum(3 * errors, -errors).mean()
>>> x = Array([2.0, 6.0])
>>> loss = asymmetric_loss(x, [4.0, 4.0])
>>> loss.backward()
>>> loss.item(), x.grad.tolist()
(4.0, [-1.5, 0.5])
"""

from .base import Loss
from .binary import (
    BCELoss,
    BCEWithLogitsLoss,
    FocalLoss,
    MultiLabelSoftMarginLoss,
    SoftMarginLoss,
)
from .classification import CrossEntropyLoss, NLLLoss
from .hinges import HingeLoss, MultiMarginLoss, PerceptronLoss, SquaredHingeLoss
from .likelihoods import GaussianNLLLoss, KLDivLoss, PoissonNLLLoss
from .margins import (
    CosineEmbeddingLoss,
    HingeEmbeddingLoss,
    MarginRankingLoss,
    TripletMarginLoss,
)
from .regression import (
    HuberLoss,
    L1Loss,
    LogCoshLoss,
    MSELoss,
    QuantileLoss,
    SmoothL1Loss,
)

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "FocalLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "LogCoshLoss",
    "Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PerceptronLoss",
    "PoissonNLLLoss",
    "QuantileLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "SquaredHingeLoss",
    "TripletMarginLoss",
]
