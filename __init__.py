"""twingrad."""

from .engine.value import Value
from .engine.formula import formula
from .engine.modes import detect_anomaly, enable_grad, no_grad
