"""Fitting a model to data: the training loop, and measuring what came of it."""

from .evaluation import evaluate, predict
from .fit import fit
from .training import Training

__all__ = ["Training", "evaluate", "fit", "predict"]
