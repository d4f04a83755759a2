"""Placeholder, to be replaced."""

from .callbacks import Callback


class Progress(Callback):
    """Placeholder."""
