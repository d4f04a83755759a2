"""Products of matrices in a graph."""

from __future__ import annotations

from math import prod

from ....engine.shapes import broadcast_shape
from ...operations.matmul import AddMatrixProduct, Linear, Matmul, MatrixProduct
from ..graph import Value
from ..lowering import Application, lowers
from ..memories import permuted
from ..values import broadcast, combined, integral, product, reshaped


@lowers(MatrixProduct)
def _mm(given: Application) -> Value:
    a, b = given.operands
    return product(given.graph, a, b)


@lowers(Linear)
def _linear(given: Application) -> Value:
    graph = given.graph
    x, weight, *bias = given.operands
    rows = reshaped(graph, x, (prod(x.shape[:-1]), x.shape[-1]))
    out = product(graph, rows, permuted(graph, weight, (1, 0)))
    if bias:
        out = combined(graph, "add", out, bias[0])
    return reshaped(graph, out, given.shape)


@lowers(AddMatrixProduct)
def _addmm(given: Application) -> Value:
    graph = given.graph
    x, a, b = given.operands
    beta, alpha = given.parameters
    out = product(graph, a, b)
    if alpha != 1:
        out = combined(graph, "mul", out, integral(graph, alpha, given.dtype))
    if beta == 1:
        return combined(graph, "add", out, x)
    if beta == 0:
        return out
    scaled = combined(graph, "mul", x, integral(graph, beta, given.dtype))
    return combined(graph, "add", out, scaled)


@lowers(Matmul)
def _matmul(given: Application) -> Value:
    graph = given.graph
    left, right, shape = given.parameters
    a, b = reshaped(graph, given.operands[0], left), reshaped(graph, given.operands[1], right)
    stack = broadcast_shape([left[:-2], right[:-2]], "matmul")
    a, b = broadcast(graph, a, (*stack, *left[-2:])), broadcast(graph, b, (*stack, *right[-2:]))
    return reshaped(graph, product(graph, a, b), shape)
