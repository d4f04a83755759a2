"""One line of calculus as text, parsed against a whitelist and checked.

The formulas of the table, and the expressions a person types on the command line, are Python
expressions made of numbers, names, ``+ - * / **``, comparisons, conditionals and calls of the
table's functions. Nothing else is let through; :mod:`.source` makes code of what is.
"""

import ast
import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

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

CONDITIONAL = frozenset({"where"})
"""Functions whose first argument may be a condition."""

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


def variable(name: str) -> Expression:
    """The expression that is one variable."""
    return Expression(name, ast.Name(name, ast.Load()), (name,), ())


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
        if is_condition(node):
            raise ValueError(
                f"{what} {expression.text!r} uses the condition {ast.unparse(node)!r} as a "
                f"number: write '1 if {ast.unparse(node)} else 0'"
            )
        match node:
            case ast.IfExp(body=body, orelse=orelse):
                pending += [body, orelse]
            case ast.Call(func=ast.Name(id=name), args=[first, *others]) if (
                name in CONDITIONAL and is_condition(first)
            ):
                pending += others
            case _:
                pending += [
                    each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)
                ]


def is_condition(node: ast.AST) -> bool:
    """Whether a part of an expression is true or false, not a number."""
    return isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


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
            near = get_close_matches(name, functions, n=1)
            raise ValueError(
                f"{what} {expression.text!r} calls the unknown function {name!r}"
                f"{f' (the nearest is {near[0]!r})' if near else ''}: "
                f"known functions are {', '.join(sorted(functions))}"
            )
        least, most = functions[name]
        if not least <= len(node.args) <= most:
            takes = str(least) if least == most else f"{least} to {most}"
            raise ValueError(
                f"{what} {expression.text!r} calls {name} with {len(node.args)} "
                f"argument{'' if len(node.args) == 1 else 's'}: {name} takes {takes}"
            )
