"""What a recording notes beside its graph: memory that outlives it, actions, and watches."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..broadcasting import NDArray

if TYPE_CHECKING:
    from ..tensor import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """Memory that outlives a step.

    Attributes
    ----------
    tensor : Tensor or None
        The tensor that it belongs to, if it is all of its memory.
    locate : callable
        Gives the array as it is now: of the shape of the value, one element behind the other.
    label : str
        What a reader may call it.
    """

    tensor: Tensor | None
    locate: Callable[[], NDArray]
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """What the host does before each run of a compiled step.

    Attributes
    ----------
    kind : str
        ``"host"`` gives floats, ``"words"`` gives whole numbers of 64 bits, ``"event"`` nothing.
    run : callable
        What it does.
    count : int
        How many numbers it gives.
    undo : callable or None
        Takes back what the last run of it changed, where the step is not run after all.
    several : callable or None
        What so many runs in a row give, where nothing else happens in between.
    """

    kind: str
    run: Callable[[], Any]
    count: int
    undo: Callable[[], None] | None = None
    several: Callable[[int], Sequence[Any]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """What a recording holds for: it is made anew where ``read`` gives something else.

    Attributes
    ----------
    read : callable
        Reads it.
    value : hashable
        What it was when the step was recorded.
    what : str
        What it is, for a reader.
    counted : bool
        Whether ``engine.changes`` counts whatever changes it, so that it need not be read before
        each run, but only where the count has moved.
    """

    read: Callable[[], Hashable]
    value: Hashable
    what: str
    counted: bool = False
