"""A formula as a straight line of elementary steps: what every array kernel is written from.

``g * (1 - out * out)`` becomes ``t1 = out * out; t2 = 1 - t1; t3 = g * t2``. Rows that a formula
calls are written out in place, steps that occur twice are taken once, and what is made of
constants alone is computed here. Both branches of a conditional are computed, and one of them is
chosen element by element.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...engine import ieee
from ...engine.expression import CONDITIONAL, Expression, is_condition, parse
from ...engine.formula import number, table
from ...engine.source import is_constant

GRADIENT = "__gradient__"
"""The name of the upstream gradient in a program for a backward pass: no row can have it."""

ARITHMETIC = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow"}
"""The rows that the operators of a formula stand for."""

_COMPARISONS = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}

CONDITIONS = frozenset({*_COMPARISONS.values(), "logical_and", "logical_or", "logical_not"})
"""Steps whose result is true or false."""

NAMED = frozenset({"maximum", "minimum", "sign", "square"})
"""Rows that are steps of their own, because every array library has a function for them."""

EXACT = CONDITIONS | frozenset(
    {"add", "sub", "mul", "div", "neg", "sqrt", "abs", "floor", "where", "mask", *NAMED}
)
"""Steps that IEEE 754 rounds correctly, so that every implementation gives the same bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A number in a program; 0 and -0 are two."""

    value: float

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and repr(self.value) == repr(other.value)

    def __hash__(self) -> int:
        return hash(repr(self.value))


Operand = str | Constant
"""The name of an argument or of an earlier step, or a number."""


@dataclass(frozen=True, slots=True)
class Step:
    """``target = function(*operands)``."""

    target: str
    function: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """Steps over arguments; ``results`` names what they are for."""

    arguments: tuple[str, ...]
    steps: tuple[Step, ...]
    results: tuple[Operand, ...]

    @property
    def is_exact(self) -> bool:
        """Whether every step is rounded correctly, so that all kernels agree to the bit."""
        return all(step.function in EXACT for step in self.steps)

    @property
    def used(self) -> frozenset[str]:
        """The arguments that the results depend on."""
        named = {operand for step in self.steps for operand in step.operands}
        return frozenset(self.arguments) & {*named, *self.results}


def value_program(arguments: Sequence[str], value: Expression) -> Program:
    """The program of a formula's value."""
    names = _renamed(arguments)
    writer = _Writer()
    return writer.program([*names.values()], [writer.written(value.tree, names)])


def gradient_program(arguments: Sequence[str], partials: Sequence[Expression]) -> Program:
    """The program of the upstream gradient times partial derivatives, over it and ``out`` too."""
    names = {**_renamed(arguments), "out": "out"}
    writer = _Writer()
    results = [
        writer.product(GRADIENT, writer.written(partial.tree, names)) for partial in partials
    ]
    return writer.program([GRADIENT, *names.values()], results)


def condition_program(arguments: Sequence[str], test: Expression) -> Program:
    """The program of a condition; its value is true or false."""
    names = _renamed(arguments)
    writer = _Writer()
    return writer.program([*names.values()], [writer.condition(test.tree, names)])


def lines_program(
    arguments: Sequence[str], lines: Sequence[tuple[str, ast.expr]], results: Sequence[str]
) -> Program:
    """The program of assignments one after the other; ``results`` are names at their end."""
    renamed = _renamed(arguments)
    names: dict[str, Operand] = {**renamed}
    writer = _Writer()
    for target, tree in lines:
        names[target] = writer.written(tree, names)
    return writer.program([*renamed.values()], [names[result] for result in results])


def argument_name(position: int) -> str:
    """What the argument at this position is called in a program: nothing else is called so."""
    return f"a{position}"


def _renamed(arguments: Sequence[str]) -> dict[str, str]:
    return {name: argument_name(position) for position, name in enumerate(arguments)}


class _Writer:
    """Collects the steps of one program."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, tuple[Operand, ...]], str] = {}

    def program(self, arguments: Sequence[str], results: Sequence[Operand]) -> Program:
        """The steps that the results need, in order."""
        needed = {*results}
        kept = []
        for (function, operands), target in reversed(self._steps.items()):
            if target in needed:
                needed |= {*operands}
                kept.append(Step(target, function, operands))
        return Program(tuple(arguments), tuple(reversed(kept)), tuple(results))

    def product(self, gradient: str, derivative: Operand) -> Operand:
        """``gradient * derivative``; a derivative of 1 leaves the gradient as it is."""
        if derivative == Constant(1.0):
            return gradient
        return self._step("mul", gradient, derivative)

    def written(self, node: ast.expr, names: Mapping[str, Operand]) -> Operand:
        """The operand that holds the value of an expression, in which ``names`` are known."""
        if is_constant(node):
            return Constant(number(parse(ast.unparse(node)), {}))
        match node:
            case ast.Name(id=name):
                return names[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._step("neg", self.written(operand, names))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.written(operand, names)
            case ast.BinOp(op=operator, left=left, right=right):
                return self._step(
                    ARITHMETIC[type(operator)],
                    self.written(left, names),
                    self.written(right, names),
                )
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._choice(
                    test, self.written(body, names), self.written(orelse, names), names
                )
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, arguments, names)
        raise AssertionError(f"{ast.unparse(node)} is no formula")  # none passes the whitelist

    def _call(
        self, name: str, arguments: Sequence[ast.expr], names: Mapping[str, Operand]
    ) -> Operand:
        row = table[name]
        if name in CONDITIONAL and is_condition(arguments[0]):
            _, body, orelse = arguments
            return self._choice(
                arguments[0], self.written(body, names), self.written(orelse, names), names
            )
        operands = [self.written(argument, names) for argument in arguments]
        if row.is_elementary or name in NAMED:
            return self._step(name, *operands)
        bound: dict[str, Operand] = {name: Constant(x) for name, x in row.defaults.items()}
        return self.written(row.value.tree, bound | dict(zip(row.arguments, operands)))

    def _choice(
        self, test: ast.expr, body: Operand, orelse: Operand, names: Mapping[str, Operand]
    ) -> Operand:
        """``body if test else orelse``, in the shortest form that gives the same.

        It gives the same for nan too, but not always the same sign of a zero.
        """
        condition = self.condition(test, names)
        match test:
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if isinstance(
                body, Constant
            ):
                sides = (self.written(left, names), self.written(right, names))
                if isinstance(operator, ast.Lt) and sides == (orelse, body):
                    return self._step("maximum", orelse, body)
                if isinstance(operator, ast.Gt) and sides == (orelse, body):
                    return self._step("minimum", orelse, body)
        if (body, orelse) == (Constant(1.0), Constant(0.0)):
            return self._step("mask", condition)
        if (body, orelse) == (Constant(0.0), Constant(1.0)):
            return self._step("mask", self._step("logical_not", condition))
        return self._step("where", condition, body, orelse)

    def condition(self, node: ast.expr, names: Mapping[str, Operand]) -> Operand:
        """The operand that tells whether a condition holds; a number holds if it is not 0."""
        match node:
            case ast.Compare(left=left, ops=operators, comparators=others):
                sides = [self.written(side, names) for side in (left, *others)]
                tests = [
                    self._step(_COMPARISONS[type(operator)], sides[k], sides[k + 1])
                    for k, operator in enumerate(operators)
                ]
                return self._all("logical_and", tests)
            case ast.BoolOp(op=operator, values=values):
                tests = [self.condition(value, names) for value in values]
                return self._all(
                    "logical_and" if isinstance(operator, ast.And) else "logical_or", tests
                )
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._step("logical_not", self.condition(operand, names))
        return self._step("not_equal", self.written(node, names), Constant(0.0))

    def _all(self, function: str, tests: Sequence[Operand]) -> Operand:
        result = tests[0]
        for test in tests[1:]:
            result = self._step(function, result, test)
        return result

    def _step(self, function: str, *operands: Operand) -> Operand:
        if all(isinstance(operand, Constant) for operand in operands) and hasattr(ieee, function):
            values = [operand.value for operand in operands if isinstance(operand, Constant)]
            return Constant(getattr(ieee, function)(*values))
        key = (function, operands)
        return self._steps.setdefault(key, f"t{len(self._steps) + 1}")
