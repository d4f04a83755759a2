"""Saving a training so that nothing is lost: the last good checkpoint is always there."""

from .folder import Checkpoint, Checkpoints

__all__ = ["Checkpoint", "Checkpoints"]
