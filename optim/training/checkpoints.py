"""Placeholder, to be replaced."""


class Checkpoints:
    """Placeholder."""

    def __init__(self, folder, *, every_steps=None, every_seconds=5.0, keep=2): ...
