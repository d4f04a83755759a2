"""A count of changes, by which a compiled step notices that it may be out of date.

What a step was recorded with, such as the modes of modules, is compared with what is there now
only where the count has moved since: between most calls nothing has changed, and to see that has
to cost next to nothing. Who changes what a step may depend on, and is no number that a step reads
anew each time, counts it. One change too many costs a comparison; one that is not counted goes
unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from .modes import current_mode


@final
class Changes:
    """How often something has changed, in this process.

    Attributes
    ----------
    count : int
        It only grows.
    """

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


changes = Changes()
"""The one count; ``changes.count += 1`` notes a change."""


def follow(owner: object, is_kept: Callable[[], Callable[[], bool]]) -> None:
    """Have a function of Values that is being recorded be so anew once ``is_kept()()`` is False.

    It is looked at where the count of changes has moved. ``is_kept()`` is called at the first time
    for an owner, such as a module.
    """
    tape = current_mode().tape
    if tape is not None and id(owner) not in tape.followed:
        tape.followed[id(owner)] = owner, is_kept()
