"""Fitting a model to data: the training loop, its history, callbacks and checkpoints."""

from .callbacks import Callback
from .checkpoints import Checkpoints
from .diagnosis import Diagnosis, Finding
from .dry_run import dry_run
from .evaluation import evaluate, predict
from .fit import fit
from .history import History
from .interrupting import StopOnInterrupt
from .logs import CSVLog, JSONLinesLog
from .progress import Progress
from .range_test import RangeTest, lr_find
from .tensorboard import TensorBoard
from .training import Training

__all__ = [
    "CSVLog",
    "Callback",
    "Checkpoints",
    "Diagnosis",
    "Finding",
    "History",
    "JSONLinesLog",
    "Progress",
    "RangeTest",
    "StopOnInterrupt",
    "TensorBoard",
    "Training",
    "dry_run",
    "evaluate",
    "fit",
    "lr_find",
    "predict",
]
