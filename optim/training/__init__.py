"""Fitting a model to data: the training loop, and measuring what came of it.

It calls :mod:`~twingrad.optim.callbacks` and saves :mod:`~twingrad.optim.checkpoints`; only
:mod:`~twingrad.optim.rehearsals` is built on it.
"""

from .evaluation import evaluate, predict
from .fit import fit
from .training import Training

__all__ = ["Training", "evaluate", "fit", "predict"]
