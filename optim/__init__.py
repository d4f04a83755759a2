"""How it is trained: update rules, optimizers, schedules, and the training loop."""

from typing import NoReturn

from ..engine.absent import sentence
from ..nn.utils import adaptive_clip_grad_, clip_grad_norm_, clip_grad_value_
from . import lr_scheduler, swa_utils
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .asgd import ASGD
from .callbacks import Callback, CSVLog, JSONLinesLog, Progress, StopOnInterrupt, TensorBoard
from .checkpoints import Checkpoints
from .diagnostics import Diagnostics
from .flow import GradientFlow, gradient_flow
from .history import History
from .lbfgs import LBFGS
from .lion import Lion
from .lookahead import Lookahead
from .optimizer import Optimizer
from .rehearsals import Diagnosis, Finding, RangeTest, dry_run, lr_find
from .rprop import Rprop
from .rule import Rule
from .sgd import SGD
from .stopping import EarlyStopping, TerminateOnNaN
from .swa_utils import AveragedModel, get_ema_avg_fn, get_swa_avg_fn, update_bn
from .training import Training, evaluate, fit, predict

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "AveragedModel",
    "CSVLog",
    "Callback",
    "Checkpoints",
    "Diagnosis",
    "Diagnostics",
    "EarlyStopping",
    "Finding",
    "GradientFlow",
    "History",
    "JSONLinesLog",
    "Lion",
    "Lookahead",
    "NAdam",
    "Optimizer",
    "Progress",
    "RAdam",
    "RMSprop",
    "RangeTest",
    "Rprop",
    "Rule",
    "StopOnInterrupt",
    "TensorBoard",
    "TerminateOnNaN",
    "Training",
    "adaptive_clip_grad_",
    "clip_grad_norm_",
    "clip_grad_value_",
    "dry_run",
    "evaluate",
    "fit",
    "get_ema_avg_fn",
    "get_swa_avg_fn",
    "gradient_flow",
    "lr_find",
    "lr_scheduler",
    "predict",
    "swa_utils",
    "update_bn",
]


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(sentence(__name__, name))
