"""A rule as one reads it where the numbers are known: what is done, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

from ..engine.expression import Expression, parse
from ..engine.formula import condition, number
from ..engine.updates import GRADIENT, WEIGHT
from .branches import branches_taken
from .rule import Rule


@dataclass(frozen=True, slots=True)
class TakenLine:
    """``target = expression``, conditionals replaced by the branch that is taken.

    Attributes
    ----------
    target, expression : str, Expression
        The line.
    conditions : tuple of Expression
        Conditions on computed numbers that hold, and led to the branch.
    """

    target: str
    expression: Expression
    conditions: tuple[Expression, ...] = ()

    def decided(self, known: Mapping[str, float], options: Sequence[str]) -> TakenLine:
        """The line once more numbers are known; conditions on ``options`` alone are not told.

        Conditionals on what is still not known stay as they are.
        """
        told: list[Expression] = []

        def decide(node: ast.expr) -> bool | None:
            test = parse(ast.unparse(node))
            if not known.keys() >= {*test.variables}:
                return None
            holds = condition(test, known)
            if not {*options} >= {*test.variables}:
                told.append(test if holds else _negated(test, known))
            return holds

        expression = branches_taken(self.expression, decide)
        return TakenLine(self.target, expression, (*self.conditions, *told))

    def renamed(self, names: Mapping[str, str]) -> TakenLine:
        """The line with other names for what it is computed from."""
        return TakenLine(
            self.target,
            _renamed(self.expression, names),
            tuple(_renamed(each, names) for each in self.conditions),
        )


def lines_taken(rule: Rule, scalars: Mapping[str, float]) -> list[TakenLine]:
    """The lines of a rule that say something where the numbers for all elements are these.

    Left out are lines that change nothing, that only give a number another name, and that nothing
    else needs.
    """
    known = dict(scalars)
    lines: list[TakenLine] = []
    for line in rule.lines:
        taken = TakenLine(line.target, line.expression).decided(known, rule.hyperparameters)
        if taken.expression.text == taken.target:
            continue
        if taken.target not in rule.elementwise:
            known[taken.target] = number(taken.expression, known)
        lines.append(taken)
    kept = (WEIGHT, *rule.state)
    return _needed(_read_through(lines, kept), kept)


def _read_through(lines: Sequence[TakenLine], kept: Sequence[str]) -> list[TakenLine]:
    """The lines without copies of what is computed before; the gradient's copy has its use."""
    found: list[TakenLine] = []
    names: dict[str, str] = {}
    for position, written in enumerate(lines):
        line = written.renamed(names)
        later = {each.target for each in lines[position + 1 :]}
        if (
            isinstance(line.expression.tree, ast.Name)
            and line.expression.text != GRADIENT
            and line.target not in kept
            and later.isdisjoint([line.target, line.expression.text])
        ):
            names[line.target] = line.expression.text
        else:
            found.append(line)
    return found


def _needed(lines: Sequence[TakenLine], kept: Sequence[str]) -> list[TakenLine]:
    """The lines that what is kept depends on, and the conditions on the way there."""
    found: list[TakenLine] = []
    needed: set[str] = set()
    for line in reversed(lines):
        if line.target in needed or line.target in kept:
            found.append(line)
            needed.discard(line.target)
            for each in (line.expression, *line.conditions):
                needed.update(each.variables)
    return found[::-1]


def _negated(test: Expression, known: Mapping[str, float]) -> Expression:
    """What holds instead of a comparison; with nan it is only that the comparison does not."""
    match test.tree:
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            opposite = parse(ast.unparse(ast.Compare(left, [_OPPOSITES[type(sign)]()], [right])))
            if condition(opposite, known):
                return opposite
    return parse(f"not ({test})")


_OPPOSITES: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
}


class _Renaming(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)


def _renamed(expression: Expression, names: Mapping[str, str]) -> Expression:
    if names.keys().isdisjoint(expression.variables):
        return expression
    return parse(ast.unparse(_Renaming(names).visit(deepcopy(expression.tree))))
