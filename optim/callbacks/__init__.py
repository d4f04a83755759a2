"""What may be done while training goes on: progress, logs, and a clean end at Ctrl-C.

Callbacks see a :class:`~twingrad.optim.Training`, its history included; how it is made and run,
they do not know, so that nothing of ``fit`` is imported here but the name of that type.
"""

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
