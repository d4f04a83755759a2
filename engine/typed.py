"""From what a person types to a graph: ``"tanh(w*x + b)"`` and ``"w=0.8"`` to Values.

The parsed tree is walked; nothing is compiled or evaluated as Python. Values come by the rows
of the table, so whatever the table knows can be typed.
"""

from __future__ import annotations

import ast
import operator
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from .expression import CONSTANTS, Expression, check_names, parse
from .formulas import table
from .value import Value

ROOT_NAMES = ("out", "L", "J", "y", "root")
"""What the result is called: the first of these that is not a variable."""

_BINARY: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
}
_UNARY: Mapping[type[ast.unaryop], str] = {ast.USub: "neg", ast.UAdd: "pos"}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def graph(text: str, values: Mapping[str, float]) -> Value:
    """Build the graph of an expression, and give its root.

    A variable is one Value, however often it is used, and carries its name; numbers are
    constants, and what is made of constants alone is one constant. Conditions are decided by
    the numbers. The root is called ``out``, or ``L``, ``J``, ... where a variable has that name.

    Parameters
    ----------
    text : str
        The expression, see :func:`~twingrad.engine.expression.parse`.
    values : mapping of str to float
        A number for every variable of the expression, and for no other name.

    Raises
    ------
    ValueError
        One sentence, for anything that is not on the whitelist, unknown functions, variables
        without a number, numbers without a variable, and expressions whose result does not
        depend on any variable.

    Examples
    --------
    >>> for step in graph("w*x + w", {"w": 3.0, "x": 2.0}).steps():
    ...     print(step)
    v1 = w * x = 3.0 * 2.0 = 6.0
    out = v1 + w = 6.0 + 3.0 = 9.0
    dout/dout = 1.0
    dout/dv1 += dout/dout * dout/dv1 = 1.0 * 1.0 = 1.0
    dout/dw += dout/dout * dout/dw = 1.0 * 1.0 = 1.0
    dout/dw += dout/dv1 * dv1/dw = 1.0 * 2.0 = 2.0
    dout/dx += dout/dv1 * dv1/dx = 1.0 * 3.0 = 3.0
    """
    expression = parse(text)
    _check_functions(expression, "expression")
    _check_values(expression, values)
    builder = _Builder(expression, {name: Value(x, name) for name, x in values.items()})
    root = builder.node(expression.tree)
    if not isinstance(root, Value):
        where = "the branch taken of " if expression.variables else ""
        raise ValueError(
            f"{where}expression {text!r} does not depend on any variable, so there is nothing to "
            "differentiate by: use a name such as x in it, and give it a number as x=2"
        )
    if not root.is_leaf:
        root.label = next(name for name in _root_names() if name not in values)
    return root


def number(text: str, what: str) -> float:
    """A typed number: ``"2"``, ``"-1e-3"``, ``"-inf"``, ``"nan"``, ``"1/3"``, ``"pi/2"``.

    ``what`` begins the sentence of the ``ValueError`` for anything else.
    """
    try:
        return float(text)
    except ValueError:
        pass
    cure = "write a number such as 0.5, -1e-3, 1/3, pi/2 or inf"
    if not text.strip():
        raise ValueError(f"{what} has no number behind '=': {cure}")
    try:
        expression = parse(text)
        if expression.variables:
            raise ValueError(f"the name {expression.variables[0]!r} has no number here")
        _check_functions(expression, "it")
        result = _Builder(expression, {}).node(expression.tree)
    except ValueError as error:
        reason = str(error).partition(": ")[0]
        raise ValueError(f"{what} must be a number, got {text!r} ({reason}): {cure}") from None
    assert isinstance(result, float)  # there is no variable to make it a Value
    return result


def looks_assigned(text: str) -> bool:
    """Whether a word is meant as ``NAME=VALUE``: an ``=`` of its own, outside of a call."""
    return re.match(r"[^(]*?(?<![<>=!])=(?!=)", text) is not None


def assignments(words: Iterable[str]) -> dict[str, float]:
    """The numbers of words such as ``w=0.8``, by name.

    Raises ``ValueError``, one sentence, for what is no ``NAME=VALUE``, no number, a name given
    twice, or one that stands for a constant.

    >>> assignments(["w=0.8", "b=-1/4"])
    {'w': 0.8, 'b': -0.25}
    """
    values: dict[str, float] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = unicodedata.normalize("NFKC", name.strip())  # as Python does with names
        if not equals or not name.isidentifier():
            raise ValueError(
                f"{word!r} is not of the form NAME=VALUE: write a name, '=' and a number "
                "without spaces between them, such as x=2"
            )
        if name in CONSTANTS:
            raise ValueError(
                f"{word!r} gives a number to {name!r}, which stands for {CONSTANTS[name]:.6g} "
                "in every expression: choose another name"
            )
        if name in values:
            raise ValueError(
                f"{name!r} is given a number twice, the second time by {word!r}: give it once"
            )
        values[name] = number(value, name)
    return values


class _Builder:
    """Walks a parsed tree: floats for what is constant, Values for the rest."""

    def __init__(self, expression: Expression, leaves: Mapping[str, Value]) -> None:
        self.expression = expression
        self.leaves = leaves

    def node(self, tree: ast.expr) -> Value | float:
        match tree:
            case ast.Constant(value=int() | float() as constant):
                return float(constant)
            case ast.Name(id=name):
                return CONSTANTS[name] if name in CONSTANTS else self.leaves[name]
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self.apply(name, *arguments)
            case ast.BinOp(op=sign, left=left, right=right):
                return self.apply(_BINARY[type(sign)], left, right)
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _UNARY:
                return self.apply(_UNARY[type(sign)], operand)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.node(body if self.holds(test) else orelse)
        condition = ast.unparse(tree)
        raise ValueError(
            f"expression {self.expression.text!r} has the condition {condition!r} where a number "
            f"is needed: write (1 if {condition} else 0)"
        )

    def apply(self, name: str, *operands: ast.expr) -> Value | float:
        row = table[name]
        nodes = [
            float(self.holds(operand))
            if row.accepts_bool and _is_condition(operand)
            else self.node(operand)
            for operand in operands
        ]
        result: Value | float = row(*nodes)
        return result

    def holds(self, test: ast.expr) -> bool:
        """Whether a condition is true of the numbers."""
        match test:
            case ast.BoolOp(op=ast.And(), values=parts):
                return all(self.holds(part) for part in parts)
            case ast.BoolOp(values=parts):
                return any(self.holds(part) for part in parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.holds(operand)
            case ast.Compare(left=left, ops=signs, comparators=others):
                numbers = [float(self.node(each)) for each in (left, *others)]
                return all(
                    _COMPARISONS[type(sign)](a, b)
                    for sign, a, b in zip(signs, numbers, numbers[1:], strict=False)
                )
        return bool(float(self.node(test)))


def _is_condition(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Compare | ast.BoolOp) or (
        isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
    )


def _check_functions(expression: Expression, what: str) -> None:
    arities = {row.name: row.arity for row in table.values()}
    check_names(expression, expression.variables, arities, what)


def _check_values(expression: Expression, values: Mapping[str, float]) -> None:
    missing = [name for name in expression.variables if name not in values]
    if missing:
        functions = [name for name in missing if name in table]
        raise ValueError(
            f"{_listed(missing)} {'has' if len(missing) == 1 else 'have'} no value: "
            f"add {' '.join(f'{name}=...' for name in missing)}"
            + (f", or call the function: {functions[0]}(...)" if functions else "")
        )
    surplus = [name for name in values if name not in expression.variables]
    if surplus:
        known = _listed(expression.variables)
        raise ValueError(
            f"{surplus[0]} is given a number but does not occur in {expression.text!r}: "
            + (
                f"its variable{'s are' if len(expression.variables) > 1 else ' is'} {known}"
                if known
                else "it has no variables"
            )
        )


def _listed(names: Iterable[str]) -> str:
    """``a, b and c``."""
    *first, last = [*names] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _root_names() -> Iterable[str]:
    yield from ROOT_NAMES
    k = 1
    while True:
        yield f"out{k}"
        k += 1
