"""Rows, which are text, as functions of the arrays of any library."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from itertools import pairwise
from typing import Any

from twingrad.engine.expression import CONSTANTS, parse

from .records import Derivative, Rule

_BINARY: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.And: operator.and_,
    ast.Or: operator.or_,
}


def as_rule(derivative: Derivative) -> Rule:
    """The rule that a row stands for; a rule as it is."""
    if isinstance(derivative, Rule):
        return derivative
    row = derivative
    value = parse(row.value).tree
    partials = [parse(each).tree for each in row.partials]

    def forward(xp: Any, *inputs: Any) -> Any:
        return _evaluated(value, dict(zip(row.arguments, inputs, strict=True)), {}, xp)

    def vjp(xp: Any, g: Any, out: Any, *inputs: Any) -> tuple[Any, ...]:
        names = dict(zip(row.arguments, inputs, strict=True)) | {"out": out}
        helpers = {name: xp.custom(as_rule(helper)) for name, helper in row.helpers.items()}
        return tuple(g * _evaluated(partial, names, helpers, xp) for partial in partials)

    return Rule(forward, vjp)


def _evaluated(
    tree: ast.expr, names: Mapping[str, Any], helpers: Mapping[str, Callable[..., Any]], xp: Any
) -> Any:
    """The value of an expression; conditions choose element by element."""

    def value(node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=number):
                return number
            case ast.Name(id=name):
                return names[name] if name in names else CONSTANTS[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.BinOp(op=sign, left=left, right=right):
                return _BINARY[type(sign)](value(left), value(right))
            case ast.BoolOp(op=word, values=values):
                return reduce(_BINARY[type(word)], map(value, values))
            case ast.Compare(left=left, ops=signs, comparators=others):
                pairs = zip(signs, pairwise([value(left), *map(value, others)]), strict=True)
                return reduce(operator.and_, [_BINARY[type(sign)](*pair) for sign, pair in pairs])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return xp.where(value(test), value(body), value(orelse))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return called(name, [value(argument) for argument in arguments])
        raise ValueError(f"a row holds {ast.dump(node)}, which is not known here")

    def called(name: str, arguments: list[Any]) -> Any:
        if name in helpers:
            return helpers[name](*arguments)
        if all(isinstance(each, int | float) for each in arguments):
            return getattr(math, name)(*arguments)
        return getattr(xp, name)(*arguments)

    return value(tree)
