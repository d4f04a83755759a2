"""Saving a training so that nothing is lost: the last good checkpoint is always there.

What is saved is nested plain data with arrays: nothing is known here of trainings or models.
"""

from .folder import Checkpoint, Checkpoints

__all__ = ["Checkpoint", "Checkpoints"]
