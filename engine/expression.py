"""One line of calculus as text: parsed against a whitelist, checked, and compiled.

The formulas of the table, and the expressions a person types on the command line, are Python
expressions made of numbers, names, ``+ - * / **``, comparisons, conditionals and calls of the
table's functions. Nothing else is let through, and nothing is ever ``eval``-ed as it came: the
syntax tree is rewritten first, for one of two readers.

*Scalar* code takes and returns Python floats and follows IEEE 754 (see :mod:`.ieee`).
*Graph* code takes nodes, and returns a node that can be differentiated again; its conditions
are decided by the nodes' numbers.
"""

import ast
import linecache
import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import ieee

CONSTANTS: Mapping[str, float] = {"pi": math.pi, "inf": math.inf}
"""Names that stand for a number in every expression."""

_OPERATORS: Mapping[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not",
}
"""The operators of the whitelist, as they are written."""

_LARGEST_INTEGER = 2**1023

_DEEPEST = 100
"""How many levels of nesting an expression may have; the rewriting recurses."""


def operator_symbol(operator: ast.AST) -> str:
    """How an operator of the whitelist is written: ``+`` for ``ast.Add``, and so on."""
    return _OPERATORS[type(operator)]


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text, its tree, the variables and the functions it names.

    Variables and functions are listed in the order of their first appearance. Make one with
    :func:`parse`.
    """

    text: str
    tree: ast.expr
    variables: tuple[str, ...]
    functions: tuple[str, ...]

    def __str__(self) -> str:
        return self.text


def parse(text: str, what: str = "expression") -> Expression:
    """Parse ``text`` against the whitelist; ``what`` begins the sentence of an error.

    Raises ``ValueError`` with one sentence for anything but real numbers, names, ``+ - * / **``,
    comparisons, ``and or not``, ``a if condition else b`` and calls by position.

    >>> parse("tanh(w*x + b)").variables
    ('w', 'x', 'b')
    """
    if not isinstance(text, str):
        raise TypeError(
            f"{what} must be text such as 'a * b', got {type(text).__name__} {text!r}: "
            "write it in quotes"
        )
    if "^" in text:
        raise ValueError(f"{what} {text!r} uses '^', which is not a power here: write '**'")
    variables: dict[str, None] = {}
    functions: dict[str, None] = {}
    try:
        tree = _tree(text, what)
        _collect(tree, f"{what} {text!r}", variables, functions)
    except (RecursionError, MemoryError):
        raise ValueError(
            f"{what} {text[:40]!r}... is nested too deeply: split it into smaller parts"
        ) from None
    return Expression(text.strip(), tree, tuple(variables), tuple(functions))


def _tree(text: str, what: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # "1if x else 2" parses, with a warning
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:  # a ValueError for NUL and lone surrogates
        reason = error.msg if isinstance(error, SyntaxError) else "it is not text in UTF-8"
        raise ValueError(
            f"{what} {text!r} is not a formula ({reason}): "
            "write numbers, names, + - * / ** and calls such as tanh(x)"
        ) from None


def _collect(
    node: ast.expr,
    what: str,
    variables: dict[str, None],
    functions: dict[str, None],
    depth: int = 0,
) -> None:
    """Walk the tree in reading order; refuse what the whitelist does not hold."""
    if depth > _DEEPEST:
        raise RecursionError
    children: list[ast.expr]
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            if isinstance(number, int) and abs(number) > _LARGEST_INTEGER:
                raise ValueError(
                    f"{what[:60]}... holds an integer beyond 2**1023: "
                    "write it as a float such as 1e300"
                )
            children = []
        case ast.Name(id=name):
            if name not in CONSTANTS:
                variables[name] = None
            children = []
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            functions[name] = None
            children = arguments
        case ast.IfExp(test=test, body=body, orelse=orelse):
            children = [body, test, orelse]
        case ast.BinOp(op=operator, left=left, right=right) if type(operator) in _OPERATORS:
            children = [left, right]
        case ast.UnaryOp(op=operator, operand=operand) if type(operator) in _OPERATORS:
            children = [operand]
        case ast.BoolOp(values=values):
            children = values
        case ast.Compare(left=left, ops=operators, comparators=others) if all(
            type(operator) in _OPERATORS for operator in operators
        ):
            children = [left, *others]
        case _:
            raise ValueError(
                f"{what} holds {ast.unparse(node)!r}, which is not allowed: "
                "write only real numbers, names, + - * / **, comparisons, "
                "'a if condition else b' and calls by position such as tanh(x)"
            )
    for child in children:
        _collect(child, what, variables, functions, depth + 1)


def check_is_number(expression: Expression, what: str) -> None:
    """Refuse comparisons and logic where a number is wanted, outside of ``if``."""
    pending = [expression.tree]
    while pending:
        node = pending.pop()
        match node:
            case ast.IfExp(body=body, orelse=orelse):
                pending += [body, orelse]
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                raise ValueError(
                    f"{what} {expression.text!r} uses the condition {ast.unparse(node)!r} as a "
                    f"number: write '1 if {ast.unparse(node)} else 0'"
                )
            case _:
                pending += [
                    each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)
                ]


def check_names(
    expression: Expression,
    variables: Iterable[str],
    functions: Mapping[str, tuple[int, int]],
    what: str,
) -> None:
    """Refuse names that are not known, and calls with the wrong number of arguments.

    ``functions`` maps a name to the least and the greatest number of arguments; ``what`` begins
    the sentence of the error, such as ``"formula 'cube': value"``.
    """
    known = list(variables)
    for name in expression.variables:
        if name not in known:
            raise ValueError(
                f"{what} {expression.text!r} uses the unknown name {name!r}: "
                f"known names are {', '.join([*known, *CONSTANTS])}"
            )
    for node in ast.walk(expression.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        name = node.func.id
        if name not in functions:
            raise ValueError(
                f"{what} {expression.text!r} calls the unknown function {name!r}: "
                f"known functions are {', '.join(sorted(functions))}"
            )
        least, most = functions[name]
        if not least <= len(node.args) <= most:
            takes = str(least) if least == most else f"{least} to {most}"
            raise ValueError(
                f"{what} {expression.text!r} calls {name} with {len(node.args)} "
                f"argument{'' if len(node.args) == 1 else 's'}: {name} takes {takes}"
            )


class _ScalarCode(ast.NodeTransformer):
    """Rewrite a formula for floats: IEEE division and powers, typed and folded constants.

    ``div`` and ``pow`` are what it calls for ``/`` and ``**``.
    """

    def __init__(self, functions: Mapping[str, Callable[..., float]]) -> None:
        self.namespace: dict[str, Any] = {
            **functions,
            "div": ieee.div,
            "pow": ieee.pow,
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
            result = _call("div", node.left, node.right)
        elif isinstance(node.op, ast.Pow):
            result = _call("pow", node.left, node.right)
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
        if not _is_constant(node):
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


def _is_constant(node: ast.AST) -> bool:
    """Whether an expression is made of numbers alone, and can be computed once."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name in CONSTANTS
        case ast.UnaryOp(operand=operand):
            return _is_constant(operand)
        case ast.BinOp(left=left, right=right):
            return _is_constant(left) and _is_constant(right)
        case ast.Call(args=arguments):
            return all(map(_is_constant, arguments))
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
    source, namespace = scalar_source(expression, functions)
    code = f"def evaluate():\n    return {source}\n"
    result: float = define("evaluate", code, {**namespace, **values}, "expression")()
    return result
