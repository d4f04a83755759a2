"""What a rule comes to once its options are known: a program for whole arrays."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from ..engine.expression import CONSTANTS, Expression, parse
from ..engine.formula import table
from ..engine.source import FUNCTION, define, scalar_source
from ..tensor.dtypes import DType
from ..tensor.kernels.program import lines_program
from ..tensor.kernels.updates import Update
from .branches import branches_taken
from .rule import Line, Rule

Decisions = tuple[bool | None, ...]
"""Whether each condition on scalars holds; None leaves it to each update."""


class Variants:
    """The variants of one rule.

    An update asks :meth:`decide` which conditions hold, and takes the variant for that.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        kept = [name for name in rule.state if name not in rule.elementwise]
        self.scalars = (*rule.hyperparameters, "t", *kept)
        """What :meth:`decide` and :attr:`Variant.numbers` take, in this order."""
        self._tests = [*dict.fromkeys(_tests(rule))]
        changing = _changing(rule, {"t", *kept})
        self._lasts = [not _names(parse(text).tree) & changing for _, text in self._tests]
        self._variants: dict[Decisions, Variant] = {}

    @cached_property
    def decide(self) -> Callable[..., Decisions]:
        """Which of the conditions on scalars hold, as a function of the scalars."""
        code = _Code(self.rule.name)
        holds: list[str] = []
        for position, line in enumerate(self.rule.lines):
            # where it stands: a later line may give a scalar another value
            for text in [text for at, text in self._tests if at == position]:
                holds.append(f"__holds{len(holds)}__")
                code.assign(holds[-1], parse(text))
            if line.target not in self.rule.elementwise:
                code.assign(line.target, line.expression)
        return code.function(self.scalars, [f"bool({each})" for each in holds], {"bool": bool})

    def lasting(self, decisions: Decisions) -> Decisions:
        """The decisions that depend on hyperparameters alone, and None in place of the others.

        The variant for them holds for all updates, as long as the hyperparameters decide the same.
        """
        pairs = zip(decisions, self._lasts, strict=True)
        return tuple([decision if lasts else None for decision, lasts in pairs])

    def variant(self, decisions: Decisions) -> Variant:
        """The rule where these conditions hold.

        A condition that is left open is one of the numbers of the variant, not 0 if it holds.
        """
        if decisions not in self._variants:
            held = dict(zip(self._tests, decisions, strict=True))
            self._variants[decisions] = Variant(self.rule, self.scalars, held)
        return self._variants[decisions]


class Variant:
    """A rule whose conditions on scalars are decided.

    Attributes
    ----------
    lines : sequence of Line
        What is left of the rule: the branches taken, without lines that change nothing.
    state : tuple of str
        The elementwise state that it reads or writes.
    changed : tuple of str
        What it changes of ``w`` and ``state``.
    """

    def __init__(
        self, rule: Rule, scalars: Sequence[str], held: Mapping[tuple[int, str], bool | None]
    ) -> None:
        self.rule = rule
        self.lines = [
            Line(line.target, resolved)
            for position, line in enumerate(rule.lines)
            if (resolved := _resolved(line.expression, position, held)).text != line.target
        ]
        names = {each for line in self.lines for each in (line.target, *line.expression.variables)}
        targets = {line.target for line in self.lines}
        self.state = tuple(each for each in rule.state if each in names & rule.elementwise)
        self.changed = tuple(each for each in ("w", *self.state) if each in targets)
        self._scalars = tuple(scalars)
        self._kept = tuple(each for each in rule.state if each not in rule.elementwise)
        self._updates: dict[DType, Update] = {}
        self._hoist()

    def _hoist(self) -> None:
        """Part the lines into scalars, computed once, and a program for arrays."""
        code = _Code(self.rule.name)
        hoisting = _Hoisting(self.rule.elementwise, code)
        lines = []
        for line in self.lines:
            if line.target in self.rule.elementwise:
                lines.append((line.target, hoisting.visit(_copied(line.expression.tree))))
            else:
                code.assign(line.target, line.expression)
                hoisting.forget(line.target)
        self.numbers: Callable[..., Sequence[float]] = code.function(
            self._scalars, [*self._kept, *hoisting.names]
        )
        """The scalar state after the update, then the scalars of the program."""
        arrays = ("w", "grad", *self.state)
        self.program = lines_program((*arrays, *hoisting.names), lines, self.changed)
        self.texts = tuple(hoisting.texts)
        """What the scalars of the program are, as the rule says it."""
        self._positions = [arrays.index(name) for name in self.changed]
        self._arrays = len(arrays)

    @property
    def kept(self) -> tuple[str, ...]:
        """The scalar state, in the order in which :attr:`numbers` gives it."""
        return self._kept

    def update(self, dtype: DType) -> Update:
        """The program in place, on one-dimensional arrays of ``dtype``."""
        if dtype not in self._updates:
            what = f"{self.rule.name} of arrays"
            self._updates[dtype] = Update(self.program, dtype, what, self._arrays, self._positions)
        return self._updates[dtype]


class _Code:
    """Collects lines of Python over floats."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines: list[str] = []
        self._namespace: dict[str, Any] = {}

    def source(self, expression: Expression) -> str:
        """An expression as Python over floats."""
        functions = {name: table[name].evaluate for name in expression.functions}
        source, namespace = scalar_source(expression, functions)
        self._namespace |= namespace
        return source

    def assign(self, target: str, expression: Expression) -> None:
        self._lines.append(f"{target} = {self.source(expression)}")

    def function(
        self, arguments: Sequence[str], results: Sequence[str], namespace: Mapping[str, Any] = {}
    ) -> Callable[..., Any]:
        """The lines as a function that gives the tuple of these results."""
        body = [*self._lines, f"return ({''.join(f'{result}, ' for result in results)})"]
        code = f"def {FUNCTION}({', '.join(arguments)}):\n" + "".join(f"    {x}\n" for x in body)
        return define(FUNCTION, code, {**self._namespace, **namespace}, f"rule {self._name}")


class _Hoisting(ast.NodeTransformer):
    """Replaces the largest parts that are made of scalars by names, which ``code`` computes."""

    def __init__(self, elementwise: frozenset[str], code: _Code) -> None:
        self._elementwise = elementwise
        self._code = code
        self._known: dict[str, str] = {}
        self.names: list[str] = []
        self.texts: list[str] = []

    def forget(self, target: str) -> None:
        """Note that a scalar has been assigned to: what used it before is no longer the same."""
        self._known = {
            text: name
            for text, name in self._known.items()
            if target not in _names(parse(text).tree)
        }

    def visit(self, node: ast.AST) -> Any:
        if not isinstance(node, ast.expr):
            return node
        names = _names(node)
        if not names or names & self._elementwise:
            return super().visit(node) if names else node
        text = ast.unparse(node)
        if text not in self._known:
            name = f"__s{len(self.names)}__"
            self._code.assign(name, parse(text))
            self._known[text] = name
            self.names.append(name)
            self.texts.append(text)
        return ast.Name(self._known[text], ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(argument) for argument in node.args]
        return node


def _names(tree: ast.AST) -> set[str]:
    """The variables of a part of an expression, functions and constants aside."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and id(node) not in called and node.id not in CONSTANTS
    }


def _changing(rule: Rule, names: set[str]) -> set[str]:
    """These names of scalars, and the scalars that are computed from them."""
    found = {*names}
    for line in rule.lines:
        if line.target not in rule.elementwise and not found.isdisjoint(line.expression.variables):
            found.add(line.target)
    return found


def _copied(tree: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(tree), mode="eval").body


def _tests(rule: Rule) -> Iterator[tuple[int, str]]:
    """The conditions on scalars in lines for elements, with the position of their line."""
    for position, line in enumerate(rule.lines):
        if line.target in rule.elementwise:
            for node in ast.walk(line.expression.tree):
                if isinstance(node, ast.IfExp) and not _names(node.test) & rule.elementwise:
                    yield position, ast.unparse(node.test)


def _resolved(
    expression: Expression, position: int, held: Mapping[tuple[int, str], bool | None]
) -> Expression:
    return branches_taken(expression, lambda test: held.get((position, ast.unparse(test))))
