"""Reductions in a graph: sums, means, products, extremes and norms."""

from __future__ import annotations

from ...operations.cumulative import Prod
from ...operations.extremes import Amax, Amin, Max, Min
from ...operations.norms import Norm
from ...operations.reductions import Mean, Sum
from ..graph import Value
from ..lowering import Application, lowers
from ..values import cast, combined, reduced


@lowers(Sum)
def _sum(given: Application) -> Value:
    dims, keepdim = given.parameters
    x = cast(given.graph, given.operands[0], given.dtype)
    return reduced(given.graph, "add", x, dims, keepdim)


@lowers(Mean)
def _mean(given: Application) -> Value:
    dims, keepdim, divisor = given.parameters
    total = reduced(given.graph, "add", given.operands[0], dims, keepdim)
    return combined(given.graph, "div", total, given.graph.constant(float(divisor), given.dtype))


@lowers(Prod)
def _prod(given: Application) -> Value:
    dim, keepdim = given.parameters
    x = cast(given.graph, given.operands[0], given.dtype)
    return reduced(given.graph, "mul", x, (dim,), keepdim)


@lowers(Amax, Max)
def _greatest(given: Application) -> Value:
    dims, keepdim = given.parameters
    return reduced(given.graph, "maximum", given.operands[0], dims, keepdim)


@lowers(Amin, Min)
def _smallest(given: Application) -> Value:
    dims, keepdim = given.parameters
    return reduced(given.graph, "minimum", given.operands[0], dims, keepdim)


@lowers(Norm)
def _norm(given: Application) -> Value:
    graph, (x,) = given.graph, given.operands
    dims, keepdim, p = given.parameters
    if p == 2:
        squares = reduced(graph, "add", combined(graph, "mul", x, x), dims, keepdim)
        return combined(graph, "sqrt", squares)
    powers = combined(graph, "pow", combined(graph, "abs", x), graph.constant(p, x.dtype))
    total = reduced(graph, "add", powers, dims, keepdim)
    return combined(graph, "pow", total, graph.constant(1 / p, x.dtype))
