"""The steps of a program: rows of the table, their partial derivatives, and sums of products.

Each is written from the table, as Python that Numba compiles and as a function of floats.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import gt, lt
from typing import final

from ..expression import Expression
from ..formula import Formula, number, table
from ..primitives import AMAX, AMIN, Extreme
from ..source import FUNCTION, define, is_constant, scalar_source

GRADIENT = "__gradient__"
"""What the upstream gradient is called in a step: no argument of a row can have the name."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One way to compute a number from others.

    Attributes
    ----------
    name, title : str
        What it is called in compiled code, and what it computes, for people.
    arguments : tuple of str
        The names of its operands; empty if there may be any number of them.
    source : str
        The result as an expression of the arguments, in Python that Numba compiles.
    rows : tuple of Formula
        The rows that the expression calls, each behind those that it calls itself.
    evaluate : callable
        The same as a function of floats.
    """

    name: str
    title: str
    arguments: tuple[str, ...]
    source: str
    rows: tuple[Formula, ...]
    evaluate: Callable[..., float]


def _sum_of_products(*factors: float) -> float:
    total = factors[0] * factors[1]
    for k in range(2, len(factors), 2):
        total += factors[k] * factors[k + 1]
    return total


PRODUCTS = Step("products", "a1*b1 + a2*b2 + ...", (), "", (), _sum_of_products)
"""``a1*b1 + a2*b2 + ...``, of ``a1, b1, a2, b2, ...``."""


def _share(found: float, *numbers: float) -> float:
    return 1.0 / sum([x == found or (x != x and found != found) for x in numbers])


def _extreme(primitive: Extreme) -> Callable[..., float]:
    return lambda *numbers: primitive.linearize(*numbers)[0]


GREATEST = Step("greatest", "max(x1, x2, ...)", (), ">", (), _extreme(AMAX))
SMALLEST = Step("smallest", "min(x1, x2, ...)", (), "<", (), _extreme(AMIN))
SHARE = Step("share", "1 / how many of x1, x2, ... are out", (), "==", (), _share)
"""The slope of an extreme by those that are equal to it, of ``out, x1, x2, ...``."""


def _hit(gradient: float, x: float, out: float, share: float) -> float:
    return gradient * (share if x == out or (x != x and out != out) else 0.0)


HIT = Step(
    "hit",
    "gradient * (share if x == out else 0)",
    (GRADIENT, "x", "out", "share"),
    f"{GRADIENT} * (share if x == out or (x != x and out != out) else 0.0)",
    (),
    _hit,
)
"""What one number of an extreme gets of its gradient."""

EXTREMES: Mapping[Callable[[float, float], bool], Step] = {gt: GREATEST, lt: SMALLEST}


@lru_cache(maxsize=1024)
def value_step(row: Formula) -> Step:
    """The value of a row."""
    head, value = str(row.head), str(row.value)
    title = head if head == value else f"{head} = {value}"
    return _step(row.name, title, row.arguments, row, row.value, "")


@dataclass(frozen=True, slots=True)
class Slope:
    """A partial derivative of a row.

    It is a constant, or one of the arguments or the value, by its place behind them, or a step
    from the gradient and these, that gives their product.
    """

    constant: float | None = None
    place: int | None = None
    step: Step | None = None
    places: tuple[int, ...] = ()


@lru_cache(maxsize=1024)
def slope(row: Formula, position: int) -> Slope:
    """The partial derivative of a row by one of its arguments."""
    partial = row.partials[position]
    names = (*row.arguments, "out")
    if is_constant(partial.tree):
        return Slope(constant=float(number(partial, {})))
    if partial.text in names:
        return Slope(place=names.index(partial.text))
    used = tuple(name for name in names if name in partial.variables)
    argument = row.arguments[position]
    title = f"gradient * d{row.name}/d{argument} = gradient * ({partial})"
    step = _step(
        f"{row.name}_by_{argument}", title, (GRADIENT, *used), row, partial, f"{GRADIENT} * "
    )
    return Slope(step=step, places=tuple(names.index(name) for name in used))


def _step(
    name: str,
    title: str,
    arguments: tuple[str, ...],
    row: Formula,
    expression: Expression,
    factor: str,
) -> Step:
    functions = {
        called: (row if called == row.name else table[called]) for called in expression.functions
    }
    source, namespace = scalar_source(
        expression, {called: each.evaluate for called, each in functions.items()}
    )
    code = f"{factor}({_renamed(source, functions.values())})"
    evaluate = define(
        FUNCTION,
        f"def {FUNCTION}({', '.join(arguments)}):\n    return {factor}({source})\n",
        namespace,
        f"compiled: {title}",
    )
    rows: dict[str, Formula] = {}
    for each in functions.values():
        _collect(each, rows)
    return Step(name, title, arguments, code, tuple(rows.values()), evaluate)


def _collect(row: Formula, called: dict[str, Formula]) -> None:
    """Put a row that is no elementary function behind the rows that its value calls."""
    if row.is_elementary or row.name in called:
        return
    for name in row.value.functions:
        _collect(table[name], called)
    called[row.name] = row


def row_source(row: Formula) -> str:
    """The value of a row as an expression of its arguments."""
    functions = {name: table[name] for name in row.value.functions}
    source, _ = scalar_source(row.value, {name: each.evaluate for name, each in functions.items()})
    return _renamed(source, functions.values())


def function_name(row: Formula) -> str:
    """What the value of a row is called in compiled code: nothing else is called so there."""
    return row.name if row.is_elementary else f"__{row.name}__"


def _renamed(source: str, rows: Iterable[Formula]) -> str:
    for row in rows:
        source = re.sub(rf"\b{row.name}\(", f"{function_name(row)}(", source)
    return ast.unparse(_Division().visit(ast.parse(source, mode="eval")))


class _Division(ast.NodeTransformer):
    """Divide by the operator, which follows IEEE 754 in compiled code."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "__div__":
            left, right = node.args
            return ast.BinOp(left, ast.Div(), right)
        return node
