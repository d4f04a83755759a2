"""Whole parts in a graph."""

from __future__ import annotations

from ...operations.rounding import Ceil, Round, Trunc
from ..graph import Graph, Value
from ..lowering import Application, by_host, lowers
from ..values import combined


@lowers(Ceil)
def _ceil(given: Application) -> Value:
    return ceiling(given.graph, given.operands[0])


@lowers(Trunc)
def _trunc(given: Application) -> Value:
    return truncated(given.graph, given.operands[0])


@lowers(Round)
def _round(given: Application) -> Value:
    (decimals,) = given.parameters
    (x,) = given.operands
    return (
        by_host(given) if decimals or not x.dtype.startswith("float") else nearest(given.graph, x)
    )


def ceiling(graph: Graph, x: Value) -> Value:
    """The least whole number that is not below."""
    return combined(graph, "neg", combined(graph, "floor", combined(graph, "neg", x)))


def truncated(graph: Graph, x: Value) -> Value:
    """The whole part: towards 0."""
    is_below = combined(graph, "less", x, graph.constant(0.0, x.dtype))
    return combined(graph, "where", is_below, ceiling(graph, x), combined(graph, "floor", x))


def nearest(graph: Graph, x: Value) -> Value:
    """The nearest whole number, the even one of two.

    From 2**52 on, in float32 from 2**23 on, every number is whole, so that adding that much
    rounds; the sign of the zero that -0.3 gives is put back.
    """
    wide = graph.constant(2.0**52 if x.dtype == "float64" else 2.0**23, x.dtype)
    zero = graph.constant(0.0, x.dtype)
    size = combined(graph, "abs", x)
    whole = combined(graph, "sub", combined(graph, "add", size, wide), wide)
    is_below = combined(graph, "less", x, zero)
    signed = combined(graph, "where", is_below, combined(graph, "neg", whole), whole)
    is_small = combined(
        graph,
        "logical_and",
        combined(graph, "less", size, wide),
        combined(graph, "not_equal", x, zero),
    )
    return combined(graph, "where", is_small, signed, x)
