"""How it is trained: update rules, optimizers, schedules."""

from .adam import Adam, AdamW
from .diagnostics import Diagnostics, GradientFlow, gradient_flow
from .lookahead import Lookahead
from .optimizer import Optimizer
from .rule import Rule
from .sgd import SGD
from .stopping import EarlyStopping, TerminateOnNaN
from .swa_utils import AveragedModel, get_ema_avg_fn, get_swa_avg_fn, update_bn

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "AveragedModel",
    "Diagnostics",
    "EarlyStopping",
    "GradientFlow",
    "Lookahead",
    "Optimizer",
    "Rule",
    "TerminateOnNaN",
    "get_ema_avg_fn",
    "get_swa_avg_fn",
    "gradient_flow",
    "update_bn",
]
