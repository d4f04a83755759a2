"""The partial derivatives of a row as tensors, for gradients that are differentiated again.

The expression is evaluated as it stands, row by row. A conditional computes each of its branches
for the elements that take it, and for no others: where a branch is not taken its derivative, which
may be infinite there, does not count.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from ...engine.expression import CONDITIONAL, Expression, is_condition, parse
from ...engine.formula import Formula, number, table
from ...engine.shapes import broadcast_shape
from ...engine.source import is_constant
from ..dtypes import DType
from ..operations.gates import GATE
from ..operations.selection import SELECT, SPREAD
from ..quiet import quiet
from ..tracing import made, recorder
from .numpy_code import program_kernel
from .program import ARITHMETIC, condition_program


def derivative(partial: Expression, names: Mapping[str, Any]) -> Any:
    """The partial derivative as a tensor, or a number; ``names`` maps arguments to tensors."""
    return _evaluated(partial.tree, {name: names[name] for name in partial.variables})


def _evaluated(node: ast.expr, names: Mapping[str, Any]) -> Any:
    if is_constant(node):
        return number(parse(ast.unparse(node)), {})
    match node:
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluated(operand, names)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _evaluated(operand, names)
        case ast.BinOp(op=operator, left=left, right=right):
            row = table[ARITHMETIC[type(operator)]]
            return row(_evaluated(left, names), _evaluated(right, names))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _chosen(test, body, orelse, names)
        case ast.Call(func=ast.Name(id=name), args=[test, body, orelse]) if (
            name in CONDITIONAL and is_condition(test)
        ):
            return _chosen(test, body, orelse, names)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return table[name](*[_evaluated(argument, names) for argument in arguments])
    raise AssertionError(f"{ast.unparse(node)} is no formula")  # none passes the whitelist


def _chosen(test: ast.expr, body: ast.expr, orelse: ast.expr, names: Mapping[str, Any]) -> Any:
    recording = recorder()
    if recording is not None:
        return _gated(recording, test, body, orelse, names)
    arrays = [tensor.data.numpy() for tensor in names.values()]
    text = ast.unparse(test)
    called = tuple([table[name] for name in parse(text).functions])
    holds = _condition(text, tuple(names), arrays[0].dtype, called)
    (mask,) = quiet().run(holds, *arrays)
    if mask.all():
        return _evaluated(body, names)
    if not mask.any():
        return _evaluated(orelse, names)
    shape = broadcast_shape([array.shape for array in arrays], "where")
    mask = np.broadcast_to(mask, shape)
    parts = []
    for chosen, branch in ((mask, body), (~mask, orelse)):
        own = {name: SELECT(tensor.broadcast_to(shape), chosen) for name, tensor in names.items()}
        part = _evaluated(branch, own)
        if isinstance(part, float):
            (some, *_) = own.values()
            part = some.constant(np.full(some.shape, part, some.dtype))
        parts.append(SPREAD(part, chosen))
    return parts[0] + parts[1]


def _gated(
    recording: Any, test: ast.expr, body: ast.expr, orelse: ast.expr, names: Mapping[str, Any]
) -> Any:
    """The same in a recording, in which the numbers do not decide about shapes."""
    program = condition_program(tuple(names), parse(ast.unparse(test)))
    shape = broadcast_shape([tensor.shape for tensor in names.values()], "where")
    (holds,) = recording.program(program, [*names.values()])
    holds = holds.broadcast_to(shape)
    branches = []
    for chosen, branch in ((holds, body), (holds.logical_not(), orelse)):
        own = {name: GATE(tensor.broadcast_to(shape), chosen) for name, tensor in names.items()}
        part = _evaluated(branch, own)
        if isinstance(part, float):
            (some, *_) = own.values()
            part = some.constant(made(np.array(part, some.dtype)))
        branches.append(part)
    return table["where"](holds, *branches)


@lru_cache(maxsize=1024)
def _condition(
    test: str, names: tuple[str, ...], dtype: DType, called: tuple[Formula, ...]
) -> Callable[..., Any]:
    """A condition as a function of arrays; ``called`` are the rows that it calls."""
    return program_kernel(condition_program(names, parse(test)), dtype, f"condition {test}")
