"""What primitives are in a graph: the registry, and what a lowering is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ...engine.shapes import Shape
from ..primitive import Primitive
from .graph import Graph, Value
from .holdings import Holdings
from .values import empty


class Recording(Protocol):
    """What a lowering needs of a recording.

    Attributes
    ----------
    graph : Graph
        What is being recorded.
    holdings : Holdings
        What is known of arrays.
    """

    graph: Graph
    holdings: Holdings

    def check(self, value: Value, expected: bool = True) -> None:
        """Let a truth value without dimensions have to come out as expected in every run."""


@dataclass(frozen=True, slots=True)
class Application:
    """One application of a primitive in a recording.

    Attributes
    ----------
    recording : Recording
        What it is recorded in.
    primitive : Primitive
        What is applied.
    operands : sequence of Value
        What it is applied to.
    parameters : tuple
        What else it is told.
    shape, dtype : tuple of int, str
        Those of the result.
    """

    recording: Recording
    primitive: Primitive
    operands: Sequence[Value]
    parameters: tuple[Any, ...]
    shape: Shape
    dtype: str

    @property
    def graph(self) -> Graph:
        """What is being recorded."""
        return self.recording.graph

    @property
    def holdings(self) -> Holdings:
        """What is known of arrays."""
        return self.recording.holdings


Lowering = Callable[[Application], Value]

lowerings: dict[type[Primitive], Lowering] = {}
"""How primitives are written in a graph, by class; what has no lowering is left to NumPy."""


def lowers(*kinds: type[Primitive]) -> Callable[[Lowering], Lowering]:
    """Declare a function to be the lowering of these primitives."""

    def declared(lowering: Lowering) -> Lowering:
        lowerings.update(dict.fromkeys(kinds, lowering))
        return lowering

    return declared


def lowered(given: Application) -> Value:
    """What a primitive gives."""
    if 0 in given.shape:
        return empty(given.graph, given.shape, given.dtype)
    return lowerings.get(type(given.primitive), by_host)(given)


def by_host(given: Application) -> Value:
    """A primitive that NumPy computes, each time the step is run."""
    forward, parameters = given.primitive.forward, given.parameters

    def run(*arrays: Any) -> Any:
        return forward(*arrays, *parameters)

    return given.graph.host(run, given.operands, given.shape, given.dtype, given.primitive.name)
