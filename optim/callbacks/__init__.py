"""What may be done while training goes on: progress, logs, and a clean end at Ctrl-C."""

from .base import Callback
from .interrupting import StopOnInterrupt
from .logs import CSVLog, JSONLinesLog
from .progress import Progress
from .tensorboard import TensorBoard

__all__ = [
    "CSVLog",
    "Callback",
    "JSONLinesLog",
    "Progress",
    "StopOnInterrupt",
    "TensorBoard",
]
