"""A count of changes, by which a compiled step notices that it may be out of date.

What a step was recorded with, such as the modes of modules, is compared with what is there now
only where the count has moved since: between most calls nothing has changed, and to see that has
to cost next to nothing. Who changes what a step may depend on, and is no number that a step reads
anew each time, counts it. One change too many costs a comparison; one that is not counted goes
unnoticed.
"""

from typing import final


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
