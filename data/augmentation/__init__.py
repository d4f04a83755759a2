"""Random changes of training batches, which show a network more data than there is.

Each takes and gives a batch as NumPy arrays ``(x, y)`` and never changes one in place. A
:class:`~twingrad.data.DataLoader` applies them, seeded by epoch and batch; data to validate or test
with goes through a loader without any.
"""

from .base import Augmentation, Compose
from .images import Cutout, HorizontalFlip, Rotate, Shift
from .numbers import Mixup, Noise

__all__ = [
    "Augmentation",
    "Compose",
    "Cutout",
    "HorizontalFlip",
    "Mixup",
    "Noise",
    "Rotate",
    "Shift",
]
