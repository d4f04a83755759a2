"""Derivatives of what a compiled function gives, for those who differentiate it outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, final
from weakref import WeakKeyDictionary

from ..value import Value
from .lowering import Lowering, Node
from .program import Program
from .schedule import Schedule
from .writer import kernel, kernel_source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Gradient = Callable[["NDArray[np.float64]"], Sequence[float]]
"""The derivatives of one result of a function, from the numbers that the function began with."""


@final
class Derivatives:
    """The graph that a function has recorded, without its Values.

    Parameters
    ----------
    program, lowering : Program, Lowering
        What the function computes.
    nodes : sequence of Node
        The operations in order; an edge knows a node by its place here, a leaf by itself.
    numbered : mapping of Value to int
        The places of the nodes, which is forgotten with them.
    """

    def __init__(
        self,
        program: Program,
        lowering: Lowering,
        nodes: Sequence[Node],
        numbered: Mapping[Value, int],
    ) -> None:
        self._program = program
        self._lowering = lowering
        self._nodes = nodes
        self._numbered = WeakKeyDictionary(numbered)
        self.inputs: Sequence[int] = ()

    def of(self, value: Value, leaves: Sequence[Value]) -> Gradient:
        """The derivatives of a node by ``leaves``, compiled when they are asked for."""
        place = self._numbered[value]
        compiled: list[Gradient] = []

        def gradient(inputs: NDArray[np.float64]) -> Sequence[float]:
            if not compiled:
                compiled.append(self._compiled(place, leaves))
            return compiled[0](inputs)

        return gradient

    def _compiled(self, root: int, leaves: Sequence[Value]) -> Gradient:
        program = self._program
        under = ((k, self._nodes[k]) for k in range(root, -1, -1))
        totals = self._lowering.gradients(under, root, program.one)
        wanted = [totals[leaf] for leaf in leaves]
        schedule = Schedule(program, wanted, self.inputs, [len(program)])
        places = schedule.places(wanted)
        run = kernel(kernel_source(schedule.steps))

        def gradient(inputs: NDArray[np.float64]) -> Sequence[float]:
            numbers = schedule.numbers.copy()
            numbers[: inputs.size] = inputs
            run(numbers, schedule.groups, schedule.operands)
            found: list[float] = numbers[places].tolist()
            return found

        return gradient


def refused(inputs: NDArray[np.float64]) -> Sequence[float]:
    """The derivatives of what a function gives that calls ``backward()`` itself."""
    raise RuntimeError(
        "backward() goes through the result of a compiled function that calls backward() itself: "
        "call it inside only, or outside only"
    )
