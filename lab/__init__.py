"""Interactive lessons: the stepper in a terminal, key by key."""

from .session import Session
from .terminal import explore, usable

__all__ = ["Session", "explore", "usable"]
