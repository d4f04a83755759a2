"""Values of a graph, made as lean as they can be: what everything that is recorded goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, prod
from typing import Any

import numpy as np

from ...engine.shapes import Shape, broadcast_shape
from ..dtypes import FLOATS, DType
from ..kernels.numpy_code import array_function
from ..kernels.program import CONDITIONS, GRADIENT, Constant, Operand, Program
from .graph import Graph, Value
from .slices import added
from .strides import tight_strides

__all__ = [
    "all_true", "broadcast", "cast", "combined", "empty", "gradients", "integral", "narrowed",
    "product", "reduced", "reshaped", "results", "truth", "within",
]  # fmt: skip

_OF_TRUTHS = {
    "add": "logical_or",
    "maximum": "logical_or",
    "mul": "logical_and",
    "minimum": "logical_and",
}
"""What arithmetic on truth values is."""

_LOGIC = frozenset({"logical_and", "logical_or", "logical_not"})


def reshaped(graph: Graph, value: Value, shape: Shape) -> Value:
    """The elements of a value, in their order, in another shape."""
    return graph.view(value, shape, tight_strides(shape))


def broadcast(graph: Graph, value: Value, shape: Shape) -> Value:
    """A value repeated to fill a shape."""
    if value.shape == shape:
        return value
    if value.size == prod(shape):
        return reshaped(graph, value, shape)
    own = tight_strides(value.shape)
    strides = [0] * (len(shape) - len(own)) + [
        0 if n == 1 else stride for n, stride in zip(value.shape, own, strict=True)
    ]
    return graph.view(value, shape, strides)


def narrowed(graph: Graph, value: Value) -> Value:
    """A value without the dimensions along which it is only repeated."""
    if value.kind != "view" or not value.size:
        return value
    strides, offset = value.attributes
    shape = tuple([1 if s == 0 else n for n, s in zip(value.shape, strides, strict=True)])
    if shape == value.shape:
        return value
    kept = next((d for d, n in enumerate(shape) if n > 1), len(shape))
    return graph.view(value.operands[0], shape[kept:], strides[kept:], offset)


def cast(graph: Graph, value: Value, dtype: Any) -> Value:
    """A value in another dtype."""
    return value if value.dtype == str(dtype) else combined(graph, "cast", value, dtype=dtype)


def truth(graph: Graph, value: Value) -> Value:
    """Where a value is not 0."""
    if value.dtype == "bool":
        return value
    return combined(graph, "not_equal", value, graph.constant(0, value.dtype))


def combined(graph: Graph, function: str, *operands: Value, dtype: Any = None) -> Value:
    """A step of a program, element by element, in the shape that the operands broadcast to."""
    shape = broadcast_shape([operand.shape for operand in operands], function)
    short = [narrowed(graph, operand) for operand in operands]
    if function in _LOGIC:
        short = [truth(graph, each) for each in short]
    name = None if dtype is None else str(dtype)
    found = _settled(graph, function, short, name)
    if found is None:
        found = graph.elementwise(function, *short, dtype=name)
    return broadcast(graph, found, shape)


def _settled(
    graph: Graph, function: str, operands: Sequence[Value], dtype: str | None
) -> Value | None:
    """The value of a step that constants decide."""
    constants = [each.attributes[0] for each in operands if each.kind == "constant"]
    if len(constants) == len(operands):
        return _folded(graph, function, operands, dtype)
    if function == "add":
        return added(graph, *operands)
    last = operands[-1]
    if function == "where" and operands[0].kind == "constant":
        return operands[1 if operands[0].attributes[0] else 2]
    if function == "pow" and last.kind == "constant":
        base, exponent = operands[0], last.attributes[0]
        if exponent == 1:
            return base
        if exponent in (2, 3) and base.dtype.startswith("float"):
            square = graph.elementwise("square", base)
            return square if exponent == 2 else graph.elementwise("mul", square, base)
    return None


def _folded(graph: Graph, function: str, operands: Sequence[Value], dtype: str | None) -> Value:
    """What a step gives for constants."""
    numbers = [np.array(each.attributes[0]).astype(each.dtype) for each in operands]
    if function in ("cast", "mask"):
        (number,) = numbers
        return graph.constant(number.astype(dtype).item(), dtype or "")
    with np.errstate(all="ignore"):
        found = np.asarray(array_function(function)(*numbers))
    return graph.constant(found.item(), str(found.dtype))


def empty(graph: Graph, shape: Shape, dtype: Any, number: float = 0.0) -> Value:
    """One number for every element, of which there may be none."""
    kind = np.dtype(dtype).type
    return broadcast(graph, graph.constant(kind(number).item(), str(np.dtype(dtype))), shape)


def reduced(
    graph: Graph, function: str, value: Value, dims: Shape | None, keepdim: bool = False
) -> Value:
    """A sum, product or extreme along dimensions, None for all of them."""
    ndim = len(value.shape)
    along = tuple(range(ndim)) if dims is None else tuple([d % ndim for d in dims])
    shape = tuple([1 if d in along else n for d, n in enumerate(value.shape)])
    if not keepdim:
        shape = tuple([n for d, n in enumerate(value.shape) if d not in along])
    if not value.size:
        if not prod(shape):
            return empty(graph, shape, "int64" if function.startswith("arg") else value.dtype)
        least = {"add": 0.0, "mul": 1.0, "maximum": -inf, "minimum": inf}[function]
        return empty(graph, shape, value.dtype, least)
    is_needed = function in ("argmax", "argmin") or any([value.shape[d] > 1 for d in along])
    found = graph.reduce(function, value, along) if is_needed else value
    return reshaped(graph, found, shape)


def all_true(graph: Graph, value: Value, dims: Shape | None = None, keepdim: bool = False) -> Value:
    """Whether all numbers along dimensions are other than 0."""
    whole = cast(graph, truth(graph, value), "int64")
    return truth(graph, reduced(graph, "minimum", whole, dims, keepdim))


def within(graph: Graph, value: Value, least: int, end: int) -> Value:
    """Which whole numbers are not below one number, and below another."""
    low, high = graph.constant(least, value.dtype), graph.constant(end, value.dtype)
    is_above = combined(graph, "greater_equal", value, low)
    return combined(graph, "logical_and", is_above, combined(graph, "less", value, high))


def product(graph: Graph, a: Value, b: Value) -> Value:
    """The product of two (stacks of) matrices of the same stack: ``(..., n, k) @ (..., k, m)``."""
    *stack, n, k = a.shape
    m = b.shape[-1]
    shape = (*stack, n, m)
    if not prod(shape) or not k:
        return empty(graph, shape, a.dtype)
    if k == 1:
        return combined(graph, "mul", a, b)
    if np.dtype(a.dtype) in FLOATS:
        return graph.value("matmul", (a, b), (), shape, a.dtype)
    rows = reshaped(graph, a, (*a.shape, 1))
    columns = reshaped(graph, b, (*stack, 1, k, m))
    return reduced(graph, "add", combined(graph, "mul", rows, columns), (len(stack) + 1,))


def results(
    graph: Graph, program: Program, arguments: Mapping[str, Value], dtype: DType
) -> list[Value]:
    """What a program gives for values of one dtype, or truth values."""
    known: dict[Operand, Value] = {}
    known.update(arguments)

    def found(operand: Operand, like: Value | None = None) -> Value:
        if isinstance(operand, Constant):
            kind = str(dtype) if like is None else like.dtype
            return integral(graph, operand.value, kind)
        return known[operand]

    for step in program.steps:
        given = [known[each] for each in step.operands if not isinstance(each, Constant)]
        if step.function in CONDITIONS and step.function not in _LOGIC:
            operands = [found(each, given[0]) for each in step.operands]
        else:
            operands = [found(each) for each in step.operands]
        known[step.target] = _step(graph, step.function, operands, dtype)
    return [found(result) for result in program.results]


def gradients(
    graph: Graph,
    program: Program,
    gradient: Value,
    operands: Mapping[str, Value],
    dtype: DType,
) -> list[Value]:
    """What a backward program gives for an upstream gradient."""
    return results(graph, program, {GRADIENT: gradient, **operands}, dtype)


def integral(graph: Graph, number: float, dtype: str) -> Value:
    """A number of a program as a constant of a dtype."""
    kind = np.dtype(dtype)
    if kind in FLOATS:
        return graph.constant(float(number), dtype)
    with np.errstate(invalid="ignore"):
        return graph.constant(np.array(number).astype(kind).item(), dtype)


def _step(graph: Graph, function: str, operands: Sequence[Value], dtype: DType) -> Value:
    if function == "mask":
        return combined(graph, function, *operands, dtype=dtype)
    if dtype.kind == "b" and function in _OF_TRUTHS:
        return combined(graph, _OF_TRUTHS[function], *operands)
    if function == "not_equal" and _is_truth_of(operands):
        return operands[0]
    if dtype.kind != "f" and function == "floor":
        return operands[0]
    return combined(graph, function, *operands)


def _is_truth_of(operands: Sequence[Value]) -> bool:
    """Whether truth values are asked whether they are true."""
    first, second = operands
    return first.dtype == "bool" and second.kind == "constant" and not second.attributes[0]
