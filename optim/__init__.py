"""How it is trained: update rules, optimizers, schedules."""

from .adam import Adam, AdamW
from .optimizer import Optimizer
from .rule import Rule
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "Rule"]
