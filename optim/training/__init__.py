"""Fitting a model to data: the training loop, its history, callbacks and checkpoints."""

from .callbacks import Callback
from .checkpoints import Checkpoints
from .evaluation import evaluate, predict
from .fit import fit
from .history import History
from .training import Training

__all__ = [
    "Callback",
    "Checkpoints",
    "History",
    "Training",
    "evaluate",
    "fit",
    "predict",
]
