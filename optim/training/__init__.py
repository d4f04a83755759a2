"""Fitting a model to data: the training loop, its history, callbacks and checkpoints."""

from .callbacks import Callback
from .checkpoints import Checkpoints
from .evaluation import evaluate, predict
from .fit import fit
from .history import History
from .interrupting import StopOnInterrupt
from .logs import CSVLog, JSONLinesLog
from .progress import Progress
from .tensorboard import TensorBoard
from .training import Training

__all__ = [
    "CSVLog",
    "Callback",
    "Checkpoints",
    "History",
    "JSONLinesLog",
    "Progress",
    "StopOnInterrupt",
    "TensorBoard",
    "Training",
    "evaluate",
    "fit",
    "predict",
]
