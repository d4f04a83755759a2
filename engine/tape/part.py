"""A stretch of a recorded function, with what is read before it and written behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..value import Value


@dataclass(eq=False)
class Part:
    """A stretch of the program that runs without a stop.

    Attributes
    ----------
    data, gradients : dict of Value to int
        What is read at its beginning: the numbers of Values, and their gradients.
    without_gradient : list of Value
        Those that were found to have no gradient then.
    draws : list of (callable, list of int)
        What gives more numbers at its beginning.
    new_data, new_gradients : dict of Value to int or None
        What is written at its end.
    action : callable or None
        What Python does behind it.
    """

    data: dict[Value, int] = field(default_factory=dict)
    gradients: dict[Value, int] = field(default_factory=dict)
    without_gradient: list[Value] = field(default_factory=list)
    new_data: dict[Value, int] = field(default_factory=dict)
    new_gradients: dict[Value, int | None] = field(default_factory=dict)
    draws: list[tuple[Callable[[], NDArray[np.float64]], list[int]]] = field(default_factory=list)
    action: Callable[[], object] | None = None
