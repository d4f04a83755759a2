"""Expressions as Python source, for one of two readers.

*Scalar* code takes and returns Python floats and follows IEEE 754 (see :mod:`.ieee`). *Graph*
code takes nodes, and returns a node that can be differentiated again; its conditions are decided
by the nodes' numbers. Nothing is ever ``eval``-ed as it came: the tree is rewritten first.
"""

from __future__ import annotations

import ast
import linecache
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from . import ieee
from .expression import CONSTANTS, Expression, is_condition, parse

FUNCTION = "__function__"
"""What generated functions are called: a name that no row and no variable has."""


class _ScalarCode(ast.NodeTransformer):
    """Rewrite a formula for floats: IEEE division and powers, typed and folded constants.

    ``__div__`` and ``__pow__`` are what it calls for ``/`` and ``**``.
    """

    def __init__(self, functions: Mapping[str, Callable[..., float]]) -> None:
        self.namespace: dict[str, Any] = {
            **functions,
            "__div__": ieee.div,
            "__pow__": ieee.pow,
            "__builtins__": {},
        }

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Constant(float(node.value))  # type: ignore[arg-type]  # numbers only, by parse

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(CONSTANTS[node.id]) if node.id in CONSTANTS else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return self._fold(node, [node.operand])

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        result: ast.expr = node
        divisor_is_safe = isinstance(node.right, ast.Constant) and node.right.value != 0
        if isinstance(node.op, ast.Div) and not divisor_is_safe:
            result = _call("__div__", node.left, node.right)
        elif isinstance(node.op, ast.Pow):
            result = _call("__pow__", node.left, node.right)
        return self._fold(result, [node.left, node.right])

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(argument) for argument in node.args]
        return self._fold(node, node.args)

    def _fold(self, node: ast.expr, parts: list[ast.expr]) -> ast.expr:
        if not all(isinstance(part, ast.Constant) for part in parts):
            return node
        code = compile(ast.fix_missing_locations(ast.Expression(node)), "<constant>", "eval")
        result = eval(code, self.namespace)  # a whitelisted tree of constants
        if result != result:  # there is no way to write nan as a constant
            return ast.BinOp(ast.Constant(math.inf), ast.Sub(), ast.Constant(math.inf))
        return ast.Constant(result)


class _ConditionCode(_ScalarCode):
    """Rewrite a condition so that it is decided by the numbers of the nodes it names."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        named = super().visit_Name(node)
        if isinstance(named, ast.Constant):
            return named
        return ast.Attribute(value=named, attr="data", ctx=ast.Load())


class _GraphCode(ast.NodeTransformer):
    """Rewrite a formula for nodes: its conditions, and what is made of constants alone."""

    def __init__(self, conditions: _ConditionCode) -> None:
        self.conditions = conditions

    def visit(self, node: ast.AST) -> Any:
        if not is_constant(node):
            return super().visit(node)
        folded = self.conditions.visit(node)
        if isinstance(folded, ast.Constant) and math.copysign(1, folded.value) < 0:  # type: ignore[arg-type]
            # as a negated number it is put in parentheses where it is the base of a power
            return ast.UnaryOp(ast.USub(), ast.Constant(-folded.value))  # type: ignore[operator]
        return folded

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        node.test = self.conditions.visit(node.test)
        node.body = self.visit(node.body)
        node.orelse = self.visit(node.orelse)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [
            self.conditions.visit(each) if is_condition(each) else self.visit(each)
            for each in node.args
        ]
        return node


def is_constant(node: ast.AST) -> bool:
    """Whether an expression is made of numbers alone, and can be computed once."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name in CONSTANTS
        case ast.UnaryOp(operand=operand):
            return is_constant(operand)
        case ast.BinOp(left=left, right=right):
            return is_constant(left) and is_constant(right)
        case ast.Call(args=arguments):
            return all(map(is_constant, arguments))
    return False


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=list(arguments), keywords=[])


def scalar_source(
    expression: Expression, functions: Mapping[str, Callable[..., float]]
) -> tuple[str, dict[str, Any]]:
    """Python source of ``expression`` over floats, and the names that it needs to run."""
    writer = _ScalarCode(functions)
    return ast.unparse(writer.visit(_copy(expression.tree))), writer.namespace


def graph_source(
    expression: Expression, functions: Mapping[str, Callable[..., Any]]
) -> tuple[str, dict[str, Any]]:
    """Python source of ``expression`` over nodes, and the names that it needs to run.

    The functions are called with nodes and, inside conditions, with floats.
    """
    conditions = _ConditionCode(functions)
    source = ast.unparse(_GraphCode(conditions).visit(_copy(expression.tree)))
    return source, {**conditions.namespace, **functions}


def _copy(tree: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(tree), mode="eval").body


def define(name: str, source: str, namespace: Mapping[str, Any], what: str) -> Callable[..., Any]:
    """Run generated ``source``, which defines the function ``name``, and return that function.

    The source is registered with :mod:`linecache`, so that tracebacks and debuggers show it.
    """
    filename = f"<twingrad {what}>"
    scope = dict(namespace)
    exec(compile(source, filename, "exec"), scope)  # only ever source written by this module
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    function: Callable[..., Any] = scope[name]
    return function


def evaluate(
    expression: Expression,
    values: Mapping[str, float],
    functions: Mapping[str, Callable[..., float]],
) -> float:
    """An expression as a float, for these numbers; ``functions`` are those that it calls."""
    compiled = _compiled(expression.text, expression.variables, tuple(functions.items()))
    result: float = compiled(*[values[name] for name in expression.variables])
    return result


@lru_cache(maxsize=1024)
def _compiled(
    text: str,
    variables: tuple[str, ...],
    functions: tuple[tuple[str, Callable[..., float]], ...],
) -> Callable[..., Any]:
    source, namespace = scalar_source(parse(text), dict(functions))
    code = f"def {FUNCTION}({', '.join(variables)}):\n    return {source}\n"
    return define(FUNCTION, code, namespace, "expression")
